-- Tables and views of the namespace $1 that have a table of their name in the namespace $2.
SELECT c.relname::text AS name
FROM pg_class AS c
JOIN pg_class AS t ON t.relname = c.relname AND t.relkind IN ('r', 'p')
WHERE c.relnamespace = to_regnamespace(quote_ident($1)) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND NOT c.relispartition
  AND t.relnamespace = to_regnamespace(quote_ident($2)) AND c.oid <> t.oid
ORDER BY 1
