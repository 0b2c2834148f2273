SELECT current_database()::text AS database,
       session_user::text AS role,
       pg_is_in_recovery() AS standby,
       current_setting('default_transaction_read_only')::boolean AS read_only,
       current_setting('server_version_num')::integer AS version,
       current_setting('server_version') AS release,
       has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') AS may_identify,
       to_regclass('align.ledger') IS NOT NULL AS has_ledger,
       to_regnamespace('align') IS NOT NULL AS has_schema,
       CASE
           WHEN to_regnamespace('align') IS NULL
               THEN has_database_privilege(current_database(), 'CREATE')
           ELSE has_schema_privilege(to_regnamespace('align')::oid, 'CREATE, USAGE')
       END AS may_keep_ledger,
       ARRAY (
           SELECT name
           FROM unnest($1::text[]) AS asked (name)
           WHERE to_regclass(name) IS NOT NULL
       ) AS tables_here
