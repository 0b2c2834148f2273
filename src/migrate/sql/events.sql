SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS at,
       run::text AS run,
       phase,
       name,
       event,
       duration_ms,
       sqlstate,
       concat_ws(', ', database_user, operator || coalesce('@' || host, '')) AS by,
       reason
FROM (
    SELECT * FROM align.events WHERE pair = $1 ORDER BY id DESC LIMIT $2
) AS latest
ORDER BY id
