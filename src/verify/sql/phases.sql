-- The phases of a pair that have a history.
SELECT substr(c.relname, length($1) + 2, length(c.relname) - length($1) - length('_history') - 1) AS phase
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = 'align' AND c.relkind = 'r'
  AND starts_with(c.relname, $1 || '_') AND c.relname LIKE '%\_history'
ORDER BY 1
