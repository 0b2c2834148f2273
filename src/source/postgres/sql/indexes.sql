-- One row an element. Indexes that a constraint owns are here only for what pg_constraint lacks:
-- INCLUDE columns, NULLS NOT DISTINCT, the elements of an exclusion.
SELECT
    'index' AS kind,
    i.indexrelid::int8 AS oid,
    i.indrelid::int8 AS relation,
    ic.relname::text AS name,
    con.oid::int8 AS constraint_oid,
    am.amname::text AS method,
    i.indisunique AS is_unique,
    NOT i.indisvalid AS invalid,
    nulls.not_distinct AS nulls_not_distinct,
    CASE WHEN e.place = 1 THEN pg_get_expr(i.indpred, i.indrelid) END AS predicate,
    e.place > i.indnkeyatts AS included,
    a.attname::text AS column_name,
    CASE WHEN e.number = 0 THEN pg_get_indexdef(i.indexrelid, e.place::int4, false) END AS expression,
    CASE
        WHEN e.number <> 0 THEN co.collname::text
        -- The server alone knows the collation an expression has by itself; it prints the
        -- element's when that is another.
        WHEN co.oid IS NOT NULL AND strpos(
            pg_get_indexdef(i.indexrelid),
            pg_get_indexdef(i.indexrelid, e.place::int4, false) || ' COLLATE '
        ) > 0 THEN co.collname::text
    END AS collation,
    CASE WHEN NOT oc.opcdefault THEN oc.opcname::text END AS opclass,
    coalesce(e.option & 1 <> 0, false) AS descending,
    coalesce(e.option & 2 <> 0, false) AS nulls_first,
    op.oprname::text AS operator
FROM pg_index i
JOIN pg_class ic ON ic.oid = i.indexrelid
JOIN pg_namespace n ON n.oid = ic.relnamespace
JOIN pg_am am ON am.oid = ic.relam
-- By the table first: pg_constraint has an index for that, and none for conindid.
LEFT JOIN pg_constraint con
    ON con.conrelid = i.indrelid
    AND con.conindid = i.indexrelid
    AND con.contype IN ('p', 'u', 'x')
-- The column came with PostgreSQL 15.
CROSS JOIN LATERAL (
    SELECT CASE WHEN i.indisunique
        THEN coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false)
        ELSE false
    END AS not_distinct
) AS nulls
CROSS JOIN LATERAL unnest(
    i.indkey::int2[],
    i.indclass::oid[],
    i.indcollation::oid[],
    i.indoption::int2[],
    con.conexclop
) WITH ORDINALITY AS e (number, opclass, collation_oid, option, operator, place)
LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = e.number AND e.number <> 0
LEFT JOIN pg_opclass oc ON oc.oid = e.opclass
LEFT JOIN pg_collation co
    ON co.oid = e.collation_oid
    -- 100 is the database's own.
    AND e.collation_oid <> coalesce(a.attcollation, 100)
LEFT JOIN pg_operator op ON op.oid = e.operator
WHERE n.oid = ANY (current_setting('align.namespaces')::oid[])
    -- Attached to the index of a partitioned table.
    AND NOT ic.relispartition
    AND (
        con.oid IS NULL
        OR con.contype = 'x'
        OR i.indnatts <> i.indnkeyatts
        OR nulls.not_distinct
    )
ORDER BY i.indexrelid, e.place;
