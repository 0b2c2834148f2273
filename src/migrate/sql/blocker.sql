SELECT a.pid,
       coalesce(a.usename::text, '') AS role,
       coalesce(a.application_name, '') AS application,
       coalesce(a.state, '') AS state,
       extract(epoch FROM clock_timestamp() - coalesce(a.xact_start, a.backend_start))::bigint AS seconds
FROM unnest(pg_blocking_pids($1)) AS blocking (pid)
JOIN pg_stat_activity a ON a.pid = blocking.pid
ORDER BY seconds DESC NULLS LAST
LIMIT 1
