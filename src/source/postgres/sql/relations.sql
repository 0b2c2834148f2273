SELECT
    'relation' AS kind,
    c.oid::int8 AS oid,
    n.nspname::text AS namespace,
    c.relname::text AS name,
    c.relkind::text AS sort,
    c.relpersistence = 'u' AS unlogged,
    c.relrowsecurity AS rls_enabled,
    c.relforcerowsecurity AS rls_forced,
    CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS partition_key,
    CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid) END AS partition_bound,
    (
        SELECT json_agg(
            json_build_object('namespace', pn.nspname, 'name', p.relname) ORDER BY i.inhseqno
        )::text
        FROM pg_inherits i
        JOIN pg_class p ON p.oid = i.inhparent
        JOIN pg_namespace pn ON pn.oid = p.relnamespace
        WHERE i.inhrelid = c.oid
    ) AS parents,
    s.srvname::text AS server,
    CASE WHEN c.relkind IN ('v', 'm') THEN to_json(c.reloptions)::text END AS options,
    CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END AS query,
    pg_get_userbyid(c.relowner)::text AS owner,
    to_json(c.relacl::text[])::text AS acl,
    d.description AS comment
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_foreign_table ft ON ft.ftrelid = c.oid
LEFT JOIN pg_foreign_server s ON s.oid = ft.ftserver
LEFT JOIN pg_description d
    ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
WHERE n.oid = ANY (current_setting('align.namespaces')::oid[])
    AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
    AND NOT EXISTS (
        SELECT FROM pg_depend x
        WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid AND x.deptype = 'e'
    );
