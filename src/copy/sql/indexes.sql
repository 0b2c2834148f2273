-- Unique indexes that no constraint of their columns stands for: over expressions, or over some of the rows. A
-- column that is not copied takes its default, unless the server counts or computes it.
SELECT format('%I.%I', n.nspname, t.relname) AS table_name, c.relname::text AS name,
       ARRAY(
           SELECT pg_get_indexdef(i.indexrelid, k, false) FROM generate_series(1, i.indnkeyatts) AS k
       ) AS keys,
       pg_get_expr(i.indpred, i.indrelid) AS predicate,
       coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false) AS nulls_not_distinct,
       used.columns, used.defaults
FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indexrelid
JOIN pg_class AS t ON t.oid = i.indrelid
JOIN pg_namespace AS n ON n.oid = t.relnamespace
CROSS JOIN LATERAL (
    SELECT array_agg(a.attname::text ORDER BY a.attnum) AS columns,
           array_agg(
               CASE WHEN a.attidentity = '' AND a.attgenerated = ''
                   AND coalesce(pg_get_expr(d.adbin, d.adrelid), '') NOT LIKE '%nextval(%'
                   THEN format('(%s)::%s', coalesce(pg_get_expr(d.adbin, d.adrelid), 'NULL'),
                               format_type(a.atttypid, a.atttypmod))
               END
               ORDER BY a.attnum
           ) AS defaults
    FROM pg_attribute AS a
    LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = i.indrelid AND a.attnum IN (
        SELECT p.refobjsubid FROM pg_depend AS p
        WHERE p.classid = 'pg_class'::regclass AND p.objid = i.indexrelid
          AND p.refclassid = 'pg_class'::regclass AND p.refobjid = i.indrelid
    )
) AS used
WHERE i.indrelid = ANY (SELECT to_regclass(name) FROM unnest($1::text[]) AS asked (name))
  AND i.indisunique AND i.indisvalid AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL)
  AND used.columns IS NOT NULL
ORDER BY 1, 2
