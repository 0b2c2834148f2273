-- align: batch table=clients key=id size=20000
-- align: lock-timeout=200ms
-- The CRM takes no row without its times. One that has none gets the other's, or now, and is noted.

WITH quiet AS MATERIALIZED (SELECT set_config('align.backfill', 'on', true)),
timeless AS MATERIALIZED (
    SELECT id, created_at, updated_at, coalesce(created_at, updated_at, now()) AS created,
           coalesce(updated_at, created_at, now()) AS updated
    FROM public.clients
    WHERE (created_at IS NULL OR updated_at IS NULL) /* align:window */
    FOR NO KEY UPDATE
),
noted AS (
    INSERT INTO align.filled (table_name, key, column_name, value)
    SELECT 'clients', jsonb_build_object('id', t.id), f.column_name, f.value
    FROM timeless AS t
    CROSS JOIN LATERAL (
        VALUES ('created_at', to_jsonb(t.created), t.created_at), ('updated_at', to_jsonb(t.updated), t.updated_at)
    ) AS f (column_name, value, was)
    WHERE f.was IS NULL
    ON CONFLICT (table_name, key, column_name) DO UPDATE SET value = excluded.value
)
UPDATE public.clients AS r
SET created_at = t.created, updated_at = t.updated
FROM timeless AS t, quiet
WHERE r.id = t.id;
