UPDATE align.quarantine AS q
SET resolved_at = now(), resolution = $5
WHERE ($1::text IS NULL OR q.table_name = $1)
  AND ($2::text IS NULL OR q.code = $2)
  AND ($3::text IS NULL OR q.run = $3)
  AND (cardinality($4::bigint[]) = 0 OR q.id = ANY ($4))
  AND q.resolved_at IS NULL
