SELECT
    'sequence' AS kind,
    n.nspname::text AS namespace,
    c.relname::text AS name,
    format_type(s.seqtypid, NULL) AS "type",
    s.seqstart AS start,
    s.seqincrement AS increment,
    s.seqmin AS min,
    s.seqmax AS max,
    s.seqcache AS cache,
    s.seqcycle AS is_cycle,
    tn.nspname::text AS owner_namespace,
    t.relname::text AS owner_table,
    a.attname::text AS owner_column,
    pg_get_userbyid(c.relowner)::text AS owner,
    to_json(c.relacl::text[])::text AS acl,
    d.description AS comment
FROM pg_sequence s
JOIN pg_class c ON c.oid = s.seqrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
-- 'a' is OWNED BY, 'i' the sequence of an identity column.
LEFT JOIN pg_depend o
    ON o.classid = 'pg_class'::regclass
    AND o.objid = c.oid
    AND o.objsubid = 0
    AND o.refclassid = 'pg_class'::regclass
    AND o.refobjsubid > 0
    AND o.deptype IN ('a', 'i')
LEFT JOIN pg_class t ON t.oid = o.refobjid
LEFT JOIN pg_namespace tn ON tn.oid = t.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = o.refobjid AND a.attnum = o.refobjsubid
LEFT JOIN pg_description d
    ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
WHERE n.oid = ANY (current_setting('align.namespaces')::oid[])
    AND o.deptype IS DISTINCT FROM 'i'
    AND NOT EXISTS (
        SELECT FROM pg_depend x
        WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid AND x.deptype = 'e'
    );
