-- A compatibility schema holds views and no tables.
SELECT coalesce(bool_and(c.relkind = 'v'), false) AS is_one,
       to_regclass('align.old_writers') IS NOT NULL AS has_writers,
       coalesce(has_table_privilege(to_regclass('align.old_writers'), 'SELECT'), false) AS may_see_writers
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
