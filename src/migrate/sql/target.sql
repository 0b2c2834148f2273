-- Names are looked up in the catalogs: the usual way fails where the role may not look into the schema.
SELECT current_database()::text AS database,
       session_user::text AS role,
       current_user::text AS acts_as,
       pg_is_in_recovery() AS standby,
       current_setting('default_transaction_read_only')::boolean AS read_only,
       current_setting('server_version_num')::integer AS version,
       current_setting('server_version') AS release,
       has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') AS may_identify,
       EXISTS (
           SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE n.nspname = 'align' AND c.relname = 'ledger'
       ) AS has_ledger,
       -- Anybody may have a schema and a table of these names.
       (
           SELECT count(*) = 2
           FROM pg_attribute a
           JOIN pg_class c ON c.oid = a.attrelid
           JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE n.nspname = 'align' AND c.relname = 'ledger' AND c.relkind = 'r'
             AND a.attname IN ('format', 'system_identifier') AND NOT a.attisdropped
       ) AS is_ours,
       EXISTS (
           SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE n.nspname = 'align' AND c.relname = 'ledger'
             AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
       ) AS may_read_ledger,
       ARRAY (
           SELECT name
           FROM unnest($1::text[]) AS asked (name)
           WHERE EXISTS (
               SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = (parse_ident(name))[1] AND c.relname = (parse_ident(name))[2]
           )
       ) AS tables_here
