SELECT coalesce(nullif(application_name, ''), 'pid ' || pid) AS name,
       -- What a role may not see is NULL, and a state never is.
       state IS NULL AS hidden,
       (replay_lsn - '0/0'::pg_lsn)::bigint AS replayed,
       (extract(epoch FROM replay_lag) * 1000)::bigint AS reported,
       (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint AS written
FROM pg_stat_replication
WHERE state IS NULL OR state IN ('streaming', 'catchup')
