SELECT
    'policy' AS kind,
    p.polrelid::int8 AS relation,
    p.polname::text AS name,
    p.polcmd::text AS command,
    p.polpermissive AS permissive,
    (
        SELECT json_agg(CASE WHEN r.oid = 0 THEN 'public' ELSE pg_get_userbyid(r.oid) END)::text
        FROM unnest(p.polroles) AS r (oid)
    ) AS roles,
    pg_get_expr(p.polqual, p.polrelid) AS using_expression,
    pg_get_expr(p.polwithcheck, p.polrelid) AS check_expression,
    d.description AS comment
FROM pg_policy p
JOIN pg_class c ON c.oid = p.polrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_description d
    ON d.objoid = p.oid AND d.classoid = 'pg_policy'::regclass AND d.objsubid = 0
WHERE n.oid = ANY (current_setting('align.namespaces')::oid[]);
