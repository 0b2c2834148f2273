SELECT statements_done, position, upper_end, passes, pass, rows_done, keys_done, keys_total, quarantined, windows_done
FROM align.progress
WHERE pair = $1 AND phase = $2 AND step = $3 AND checksum = $4
