INSERT INTO align.progress
    (pair, phase, step, checksum, run, statements_done, position, upper_end,
     passes, pass, rows_done, keys_done, keys_total, quarantined, windows_done)
VALUES ($1, $2, $3, $4, $5::uuid, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
ON CONFLICT (pair, phase, step) DO UPDATE
SET checksum = excluded.checksum,
    run = excluded.run,
    statements_done = excluded.statements_done,
    position = excluded.position,
    upper_end = excluded.upper_end,
    passes = excluded.passes,
    pass = excluded.pass,
    rows_done = excluded.rows_done,
    keys_done = excluded.keys_done,
    keys_total = excluded.keys_total,
    quarantined = excluded.quarantined,
    windows_done = excluded.windows_done,
    at = clock_timestamp()
