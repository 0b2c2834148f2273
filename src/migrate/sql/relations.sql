SELECT asked.name,
       CASE WHEN c.reltuples < 0 THEN NULL ELSE c.reltuples::bigint END AS rows,
       CASE WHEN c.relkind IN ('r', 'm', 'p', 'i') THEN pg_total_relation_size(c.oid) ELSE 0 END AS bytes
FROM unnest($1::text[]) WITH ORDINALITY AS asked (name, at)
CROSS JOIN LATERAL (SELECT parse_ident(asked.name)) AS written (parts)
CROSS JOIN LATERAL (
    -- By the catalogs: naming it fails where the role may not look into the schema.
    SELECT c.oid, c.reltuples, c.relkind
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL (
        SELECT CASE WHEN cardinality(parts) > 1 THEN ARRAY[parts[1]::name] ELSE current_schemas(false) END
    ) AS searched (path)
    WHERE c.relname = parts[cardinality(parts)] AND n.nspname = ANY (path)
    ORDER BY array_position(path, n.nspname)
    LIMIT 1
) AS c
ORDER BY asked.at
