-- The size of a table that another session has locked is an estimate: to measure it is to wait for that session.
SELECT asked.name,
       CASE WHEN c.reltuples < 0 THEN NULL ELSE c.reltuples::bigint END AS rows,
       CASE
           WHEN c.relkind NOT IN ('r', 'm', 'p', 'i') THEN 0
           WHEN held.is_locked THEN (
               SELECT coalesce(sum(greatest(p.relpages, 0)), 0)::bigint * current_setting('block_size')::bigint
               FROM pg_class AS p
               WHERE p.oid IN (c.oid, c.reltoastrelid)
                  OR p.oid IN (SELECT i.indexrelid FROM pg_index AS i WHERE i.indrelid = c.oid)
           )
           ELSE pg_total_relation_size(c.oid)
       END AS bytes,
       -- Not even dead rows.
       c.relkind = 'r' AND CASE WHEN held.is_locked THEN false ELSE pg_relation_size(c.oid) = 0 END AS empty
FROM unnest($1::text[]) WITH ORDINALITY AS asked (name, at)
CROSS JOIN LATERAL (SELECT parse_ident(asked.name)) AS written (parts)
CROSS JOIN LATERAL (
    -- By the catalogs: naming it fails where the role may not look into the schema.
    SELECT c.oid, c.reltuples, c.relkind, c.reltoastrelid
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL (
        SELECT CASE WHEN cardinality(parts) > 1 THEN ARRAY[parts[1]::name] ELSE current_schemas(false) END
    ) AS searched (path)
    WHERE c.relname = parts[cardinality(parts)] AND n.nspname = ANY (path)
    ORDER BY array_position(path, n.nspname)
    LIMIT 1
) AS c
CROSS JOIN LATERAL (
    SELECT EXISTS (
        SELECT FROM pg_locks AS l
        WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock'
          AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
          AND (l.relation = c.oid OR l.relation IN (SELECT i.indexrelid FROM pg_index AS i WHERE i.indrelid = c.oid))
    ) AS is_locked
) AS held
ORDER BY asked.at
