SELECT pg_export_snapshot() AS snapshot,
       pg_snapshot_xmin(pg_current_snapshot())::text AS since,
       pg_snapshot_xmax(pg_current_snapshot())::text AS now
