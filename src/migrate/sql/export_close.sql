-- What `align status` and `align migrate` go by.
INSERT INTO {history} (version, name, applied_on, checksum)
VALUES ({version}, {name}, to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '{checksum}');
INSERT INTO align.events (run, pair, phase, version, name, event, checksum, tool_version, reason)
VALUES ('{run}', {pair}, '{phase}', {version}, {title}, 'ok', '{checksum}', '{tool}', 'exported');
