INSERT INTO align.quarantine AS q (table_name, key, column_name, code)
SELECT $1::text,
       jsonb_build_object($2::text, $3::text::/* type */),
       coalesce(
           $4::text,
           -- A constraint on one column says which.
           (SELECT a.attname::text
            FROM pg_constraint c
            JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
            WHERE c.conname = $6::text AND c.conrelid = to_regclass($7::text) AND cardinality(c.conkey) = 1),
           $8::text
       ),
       coalesce($5::text, '')
ON CONFLICT (table_name, key, column_name) DO UPDATE
SET code = excluded.code, run = excluded.run, at = excluded.at, resolved_at = NULL
