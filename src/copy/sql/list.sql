SELECT q.id,
       q.run,
       to_char(q.at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS at,
       q.table_name,
       q.key::text AS key,
       q.column_name,
       q.code,
       to_jsonb(q) ->> 'message' AS message,
       q.value,
       to_jsonb(q) ->> 'row_data' AS row_data,
       to_char(q.resolved_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS resolved_at,
       to_jsonb(q) ->> 'resolution' AS resolution
FROM align.quarantine AS q
WHERE ($1::text IS NULL OR q.table_name = $1)
  AND ($2::text IS NULL OR q.code = $2)
  AND ($3::text IS NULL OR q.run = $3)
  AND (cardinality($4::bigint[]) = 0 OR q.id = ANY ($4))
  AND ($5 OR q.resolved_at IS NULL)
ORDER BY q.id
