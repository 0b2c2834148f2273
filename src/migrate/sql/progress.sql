SELECT statements_done, position, upper_end, rows_done, windows_done
FROM align.progress
WHERE pair = $1 AND phase = $2 AND step = $3 AND checksum = $4
