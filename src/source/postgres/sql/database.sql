-- What belongs to the database as a whole. Extensions that every new database has (plpgsql) were
-- made before the first user's object, whose oid is 16384.
SELECT 'extension' AS kind, e.extname::text AS name, NULL::text AS detail
FROM pg_extension e
WHERE e.oid >= 16384
UNION ALL
SELECT
    'publication',
    p.pubname::text,
    json_build_object(
        'all_tables', p.puballtables,
        'insert', p.pubinsert,
        'update', p.pubupdate,
        'delete', p.pubdelete,
        'truncate', p.pubtruncate,
        'tables', (
            SELECT coalesce(json_agg(json_build_object('namespace', n.nspname, 'name', c.relname)), '[]')
            FROM pg_publication_rel r
            JOIN pg_class c ON c.oid = r.prrelid
            JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE r.prpubid = p.oid
                AND n.oid = ANY (current_setting('align.namespaces')::oid[])
        ),
        -- pg_publication_namespace (its oid is 6237) came with PostgreSQL 15, and a query that
        -- names it fails on 14; each of its rows depends on both ends.
        'namespaces', (
            SELECT coalesce(json_agg(n.nspname), '[]')
            FROM pg_depend a
            JOIN pg_depend b ON b.classid = a.classid AND b.objid = a.objid
            JOIN pg_namespace n ON n.oid = b.refobjid
            WHERE a.refclassid = 'pg_publication'::regclass
                AND a.refobjid = p.oid
                AND a.classid = 6237
                AND b.refclassid = 'pg_namespace'::regclass
        )
    )::text
FROM pg_publication p;
