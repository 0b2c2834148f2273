-- Types of every namespace that users have, so that a column's type can be told from an
-- extension's; only those of the namespaces in question are part of the model.
SELECT
    'type' AS kind,
    n.nspname::text AS namespace,
    t.typname::text AS name,
    n.oid = ANY (current_setting('align.namespaces')::oid[]) AS modelled,
    CASE WHEN t.typtype = 'c' AND c.relkind <> 'c' THEN 'row' ELSE t.typtype::text END AS sort,
    t.typrelid::int8 AS relation,
    CASE WHEN t.typtype = 'e' THEN (
        SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder)::text
        FROM pg_enum e
        WHERE e.enumtypid = t.oid
    ) END AS labels,
    CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END AS base,
    t.typnotnull AS not_null,
    CASE WHEN t.typtype = 'd' THEN pg_get_expr(t.typdefaultbin, 0) END AS "default",
    co.collname::text AS collation,
    d.description AS comment
FROM pg_type t
JOIN pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_class c ON c.oid = t.typrelid
LEFT JOIN pg_type base ON base.oid = t.typbasetype
LEFT JOIN pg_collation co ON co.oid = t.typcollation AND t.typcollation <> base.typcollation
LEFT JOIN pg_description d
    ON d.objoid = t.oid AND d.classoid = 'pg_type'::regclass AND d.objsubid = 0
WHERE t.typtype IN ('e', 'd', 'c', 'r', 'm')
    AND n.nspname NOT LIKE 'pg\_%'
    AND n.nspname <> 'information_schema'
    AND NOT EXISTS (
        SELECT FROM pg_depend x
        WHERE x.classid = 'pg_type'::regclass AND x.objid = t.oid AND x.deptype = 'e'
    )
    AND NOT EXISTS (
        SELECT FROM pg_depend x
        WHERE x.classid = 'pg_class'::regclass AND x.objid = t.typrelid AND x.deptype = 'e'
    )
-- A domain's base is known by then, a domain under a domain too, since it was made before.
ORDER BY t.typtype = 'd', t.oid;
