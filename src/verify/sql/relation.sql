-- The columns of a relation with their types, and which of them are its primary key; no row for a relation that
-- is not there. A domain is shown as what it is made of, an enum with its labels.
SELECT a.attname::text AS name,
       format_type(b.type, b.modifier) AS type,
       n.nspname::text AS namespace,
       t.typname::text AS type_name,
       CASE WHEN t.typtype = 'e'
           THEN ARRAY(SELECT e.enumlabel::text FROM pg_enum AS e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)
       END AS labels,
       a.attgenerated <> '' AS generated,
       EXISTS (
           SELECT FROM pg_index AS i
           WHERE i.indrelid = a.attrelid AND i.indisprimary AND a.attnum = ANY (i.indkey)
       ) AS is_key
FROM pg_attribute AS a
CROSS JOIN LATERAL (
    WITH RECURSIVE made (type, modifier) AS (
        SELECT a.atttypid, a.atttypmod
        UNION ALL
        SELECT d.typbasetype, CASE WHEN m.modifier = -1 THEN d.typtypmod ELSE m.modifier END
        FROM made AS m
        JOIN pg_type AS d ON d.oid = m.type AND d.typtype = 'd'
    )
    SELECT m.type, m.modifier FROM made AS m JOIN pg_type AS y ON y.oid = m.type WHERE y.typtype <> 'd'
) AS b
JOIN pg_type AS t ON t.oid = b.type
JOIN pg_namespace AS n ON n.oid = t.typnamespace
WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
