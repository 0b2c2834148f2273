-- What a visitor may do with relations that nobody speaks of, where no policy decides which rows.
WITH p (place, name) AS (
    VALUES (1, 'SELECT'), (2, 'INSERT'), (3, 'UPDATE'), (4, 'DELETE')
)
SELECT format('%s: %s may %s, and neither the target nor the mapping speaks of it', c.oid::regclass, quote_ident(r.rolname),
              (SELECT string_agg(p.name, ', ' ORDER BY p.place) FROM p
               WHERE has_table_privilege(r.oid, c.oid, p.name)))
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_roles AS r ON r.rolname = $2
WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND has_schema_privilege(r.oid, n.oid, 'USAGE')
  AND EXISTS (SELECT FROM p WHERE has_table_privilege(r.oid, c.oid, p.name))
  AND NOT c.relrowsecurity
  AND NOT coalesce((SELECT o.option_value::boolean FROM pg_options_to_table(c.reloptions) AS o
                    WHERE o.option_name = 'security_invoker'), false)
  AND format('%I.%I', n.nspname, c.relname) <> ALL ($3::text[])
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY c.oid::regclass::text
