-- Columns of tables and views, and fields of composite types.
SELECT
    'column' AS kind,
    a.attrelid::int8 AS relation,
    a.attname::text AS name,
    format_type(a.atttypid, a.atttypmod) AS "type",
    a.attnotnull AS not_null,
    pg_get_expr(ad.adbin, ad.adrelid) AS expression,
    a.attidentity::text AS identity,
    a.attgenerated::text AS generated,
    c.relkind = 'v' AND pg_column_is_updatable(c.oid, a.attnum, false) AS updatable,
    co.collname::text AS collation,
    pg_get_userbyid(c.relowner)::text AS owner,
    to_json(a.attacl::text[])::text AS acl,
    d.description AS comment
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef ad ON ad.adrelid = a.attrelid AND ad.adnum = a.attnum
LEFT JOIN pg_collation co ON co.oid = a.attcollation AND a.attcollation <> t.typcollation
LEFT JOIN pg_description d
    ON d.objoid = a.attrelid AND d.classoid = 'pg_class'::regclass AND d.objsubid = a.attnum
WHERE n.oid = ANY (current_setting('align.namespaces')::oid[])
    AND c.relkind IN ('r', 'p', 'f', 'c', 'v', 'm')
    AND a.attnum > 0
    AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum;
