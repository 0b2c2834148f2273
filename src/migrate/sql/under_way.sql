SELECT phase, step, checksum, statements_done, rows_done, keys_done, keys_total, quarantined, windows_done,
       to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS at
FROM align.progress
WHERE pair = $1
ORDER BY phase, step
