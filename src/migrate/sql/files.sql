SELECT c.oid::bigint AS id, format('%I.%I', n.nspname, c.relname) AS name, c.relkind = 'i' AS is_index,
       c.relfilenode::bigint AS file
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm', 'v', 'f', 'i') AND n.nspname !~ '^pg_'
  AND n.nspname NOT IN ('information_schema', 'align')
