INSERT INTO align.progress
    (pair, phase, step, checksum, run, statements_done, position, upper_end, rows_done, windows_done)
VALUES ($1, $2, $3, $4, $5::uuid, $6, $7, $8, $9, $10)
ON CONFLICT (pair, phase, step) DO UPDATE
SET checksum = excluded.checksum,
    run = excluded.run,
    statements_done = excluded.statements_done,
    position = excluded.position,
    upper_end = excluded.upper_end,
    rows_done = excluded.rows_done,
    windows_done = excluded.windows_done,
    at = clock_timestamp()
