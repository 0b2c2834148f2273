SELECT current_database()::text AS database,
       (SELECT oid::text FROM pg_database WHERE datname = current_database()) AS oid,
       has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') AS may_identify,
       pg_postmaster_start_time()::text AS started,
       current_setting('block_size')::bigint AS block_size
