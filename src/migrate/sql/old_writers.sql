-- The same list and the same time that `contract` asks.
SELECT application, role, table_name, column_name,
       to_char(last_seen AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS last_seen,
       last_seen > now() - coalesce(nullif(current_setting('align.quiet_period', true), ''), '1 day')::interval
           AS is_recent
FROM align.old_writers AS w
ORDER BY w.last_seen DESC, application, role, table_name, column_name
LIMIT 100
