-- Sequences that fill a column, with what they would give next.
SELECT s.oid::regclass::text AS sequence,
       d.refobjid::regclass::text AS of_table,
       quote_ident(a.attname) AS of_column,
       q.seqincrement > 0 AS up
FROM pg_class AS s
JOIN pg_sequence AS q ON q.seqrelid = s.oid
JOIN pg_depend AS d ON d.classid = 'pg_class'::regclass AND d.objid = s.oid
    AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE s.relkind = 'S' AND s.relnamespace IN (SELECT n.oid FROM pg_namespace AS n WHERE n.nspname = ANY ($1::text[]))
ORDER BY 1
