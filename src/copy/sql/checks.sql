SELECT format('%I.%I', n.nspname, t.relname) AS table_name,
       c.conname::text AS name,
       pg_get_expr(c.conbin, c.conrelid) AS expression,
       coalesce((
           SELECT array_agg(a.attname::text ORDER BY a.attnum)
           FROM pg_attribute AS a
           WHERE a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
       ), '{}') AS columns
FROM pg_constraint AS c
JOIN pg_class AS t ON t.oid = c.conrelid
JOIN pg_namespace AS n ON n.oid = t.relnamespace
WHERE c.contype = 'c'
  AND c.conrelid IN (SELECT to_regclass(name) FROM unnest($1::text[]) AS asked (name))
ORDER BY 1, 2
