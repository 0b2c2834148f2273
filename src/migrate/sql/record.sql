INSERT INTO align.events
    (run, pair, phase, version, name, event, duration_ms, sqlstate, checksum, tool_version,
     operator, host, consents, reason, fingerprint, lsn)
VALUES
    ($1::uuid, $2, $3, $4, $5, $6, $7, $8, $9, $10,
     $11, $12, $13, $14, $15, CASE WHEN $16 THEN pg_current_wal_lsn() END)
