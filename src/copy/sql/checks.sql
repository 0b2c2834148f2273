-- The checks of tables, of the domains of their columns as checks of the row `r`, and that a partition takes a
-- row.
WITH RECURSIVE asked AS (
    SELECT DISTINCT to_regclass(name) AS relation FROM unnest($1::text[]) AS asked (name)
), typed AS (
    SELECT a.attrelid AS relation, a.attname AS name, t.oid AS type, t.typbasetype AS base, t.typnotnull AS not_null, 1 AS depth
    FROM pg_attribute AS a
    JOIN pg_type AS t ON t.oid = a.atttypid
    WHERE a.attrelid IN (SELECT relation FROM asked) AND a.attnum > 0 AND NOT a.attisdropped AND t.typtype = 'd'
    UNION ALL
    SELECT d.relation, d.name, t.oid, t.typbasetype, t.typnotnull, d.depth + 1
    FROM typed AS d
    JOIN pg_type AS t ON t.oid = d.base
    WHERE t.typtype = 'd'
), checks AS (
    SELECT c.conrelid AS relation, c.conname::text AS name, pg_get_expr(c.conbin, c.conrelid) AS expression,
           coalesce((
               SELECT array_agg(a.attname::text ORDER BY a.attnum)
               FROM pg_attribute AS a
               WHERE a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
           ), '{}') AS columns,
           false AS is_null
    FROM pg_constraint AS c
    WHERE c.contype = 'c' AND c.conrelid IN (SELECT relation FROM asked)
    UNION ALL
    -- A domain calls the value VALUE.
    SELECT d.relation, c.conname::text,
           format('(SELECT %s FROM (SELECT r.%I AS value) AS d)', pg_get_expr(c.conbin, 0), d.name),
           ARRAY[d.name::text], false
    FROM typed AS d
    JOIN pg_constraint AS c ON c.contypid = d.type AND c.contype = 'c'
    UNION ALL
    SELECT d.relation, 'not null', format('r.%I IS NOT NULL', d.name), ARRAY[d.name::text], true
    FROM typed AS d
    WHERE d.not_null
    UNION ALL
    SELECT parts.relation, 'partitions', coalesce(parts.bounds, 'false'), parts.columns, false
    FROM (
        SELECT asked.relation,
               string_agg(format('(%s)', pg_get_partition_constraintdef(tree.relid)), ' OR ')
                   FILTER (WHERE tree.isleaf AND tree.level > 0) AS bounds,
               array_agg(DISTINCT a.attname::text) FILTER (WHERE a.attname IS NOT NULL) AS columns,
               bool_or(p.partexprs IS NOT NULL) AS has_expressions
        FROM asked
        CROSS JOIN LATERAL pg_partition_tree(asked.relation) AS tree
        LEFT JOIN pg_partitioned_table AS p ON p.partrelid = tree.relid
        LEFT JOIN pg_attribute AS a ON a.attrelid = tree.relid AND a.attnum = ANY (p.partattrs::smallint[]) AND a.attnum > 0
        WHERE asked.relation IN (SELECT partrelid FROM pg_partitioned_table)
        GROUP BY asked.relation
    ) AS parts
    WHERE NOT coalesce(parts.has_expressions, false)
)
SELECT format('%I.%I', n.nspname, t.relname) AS table_name, c.name, c.expression, c.columns, c.is_null
FROM checks AS c
JOIN pg_class AS t ON t.oid = c.relation
JOIN pg_namespace AS n ON n.oid = t.relnamespace
ORDER BY 1, 2, 3
