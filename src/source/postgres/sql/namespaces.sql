-- Leaves the oids of the namespaces in a setting, so that the queries that follow need no
-- parameter and travel together in one message.
SELECT
    set_config(
        'align.namespaces',
        coalesce(array_agg(oid) FILTER (WHERE nspname = ANY ($1)), '{}')::text,
        true
    ) AS oids,
    json_agg(nspname ORDER BY nspname::text COLLATE "C")::text AS names
FROM pg_namespace
