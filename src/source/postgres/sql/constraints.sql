-- Constraints of tables and of domains. NOT NULL, which PostgreSQL 18 keeps here as well, is read
-- with the columns.
SELECT
    'constraint' AS kind,
    con.oid::int8 AS oid,
    con.conrelid::int8 AS relation,
    con.conname::text AS name,
    con.contype::text AS sort,
    n.nspname::text AS namespace,
    dom.typname::text AS domain,
    (
        SELECT json_agg(a.attname ORDER BY k.place)::text
        FROM unnest(con.conkey) WITH ORDINALITY AS k (number, place)
        JOIN pg_attribute a ON a.attrelid = con.conrelid AND a.attnum = k.number
    ) AS columns,
    fn.nspname::text AS referenced_namespace,
    f.relname::text AS referenced_name,
    CASE WHEN con.contype = 'f' THEN (
        SELECT json_agg(a.attname ORDER BY k.place)::text
        FROM unnest(con.confkey) WITH ORDINALITY AS k (number, place)
        JOIN pg_attribute a ON a.attrelid = con.confrelid AND a.attnum = k.number
    ) END AS referenced_columns,
    con.confupdtype::text AS on_update,
    con.confdeltype::text AS on_delete,
    -- The column came with PostgreSQL 15.
    CASE WHEN con.confdeltype IN ('n', 'd') THEN (
        SELECT json_agg(a.attname ORDER BY k.place)::text
        FROM jsonb_array_elements_text(
            coalesce(nullif(to_jsonb(con) -> 'confdelsetcols', 'null'), '[]')
        ) WITH ORDINALITY AS k (number, place)
        JOIN pg_attribute a ON a.attrelid = con.conrelid AND a.attnum = k.number::int2
    ) END AS delete_columns,
    con.confmatchtype = 'f' AS match_full,
    con.condeferrable AS is_deferrable,
    con.condeferred AS is_deferred,
    NOT con.convalidated AS not_valid,
    con.connoinherit AS no_inherit,
    CASE WHEN con.contype = 'c' THEN pg_get_expr(con.conbin, con.conrelid) END AS expression
FROM pg_constraint con
JOIN pg_namespace n ON n.oid = con.connamespace
LEFT JOIN pg_type dom ON dom.oid = con.contypid
LEFT JOIN pg_class f ON f.oid = con.confrelid
LEFT JOIN pg_namespace fn ON fn.oid = f.relnamespace
WHERE n.oid = ANY (current_setting('align.namespaces')::oid[])
    AND con.contype IN ('p', 'u', 'f', 'c', 'x')
    -- What a partition or a child has only because its parent does is the parent's.
    AND con.conparentid = 0
    AND con.conislocal;
