-- Names are looked up in the catalogs: the usual way fails where the role may not look into the schema.
SELECT EXISTS (
           SELECT FROM pg_class c
           JOIN pg_namespace n ON n.oid = c.relnamespace
           JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'statements' AND a.atttypid = 'text[]'::regtype
           WHERE n.nspname = 'supabase_migrations' AND c.relname = 'schema_migrations'
             AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
       ) AS has_list,
       EXISTS (
           SELECT FROM pg_class c
           JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE n.nspname = 'align' AND c.relname = 'events'
             AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
       ) AS has_ledger
