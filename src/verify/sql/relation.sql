-- The columns of a relation with their types, and which of them are its primary key; no row for a relation that
-- is not there.
SELECT a.attname::text AS name,
       format_type(a.atttypid, a.atttypmod) AS type,
       EXISTS (
           SELECT FROM pg_index AS i
           WHERE i.indrelid = a.attrelid AND i.indisprimary AND a.attnum = ANY (i.indkey)
       ) AS is_key
FROM pg_attribute AS a
WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
