SELECT format('%I.%I', n.nspname, c.relname) AS table_name,
       format_type(a.atttypid, a.atttypmod) AS key_type,
       format_type(a.atttypid, NULL) AS base_type,
       a.attnotnull AS not_null,
       EXISTS (
           SELECT FROM pg_index i
           WHERE i.indrelid = c.oid AND i.indkey[0] = a.attnum AND i.indisvalid AND i.indpred IS NULL
       ) AS indexed,
       CASE WHEN c.reltuples < 0 THEN NULL ELSE c.reltuples::bigint END AS rows,
       -- Read several times, a table had better stay in memory.
       abs(coalesce(s.correlation, 0)) > 0.5
           AND pg_relation_size(c.oid) < pg_size_bytes(current_setting('effective_cache_size')) / 2 AS in_order
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = $2 AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_stats s
    ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname AND NOT s.inherited
WHERE c.oid = to_regclass($1)
