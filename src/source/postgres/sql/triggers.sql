SELECT
    'trigger' AS kind,
    t.tgrelid::int8 AS relation,
    t.tgname::text AS name,
    t.tgtype::int8 AS flags,
    t.tgenabled::text AS enabled,
    (
        SELECT json_agg(a.attname ORDER BY k.place)::text
        FROM unnest(t.tgattr::int2[]) WITH ORDINALITY AS k (number, place)
        JOIN pg_attribute a ON a.attrelid = t.tgrelid AND a.attnum = k.number
    ) AS columns,
    -- A condition over OLD and NEW has two relations, which pg_get_expr refuses.
    CASE WHEN t.tgqual IS NOT NULL THEN pg_get_triggerdef(t.oid) END AS definition,
    pn.nspname::text AS function_namespace,
    p.proname::text AS function_name,
    encode(t.tgargs, 'hex') AS arguments,
    t.tgconstraint <> 0 AS is_constraint,
    t.tgdeferrable AS is_deferrable,
    t.tginitdeferred AS is_deferred,
    t.tgoldtable::text AS old_table,
    t.tgnewtable::text AS new_table,
    d.description AS comment
FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_proc p ON p.oid = t.tgfoid
JOIN pg_namespace pn ON pn.oid = p.pronamespace
LEFT JOIN pg_description d
    ON d.objoid = t.oid AND d.classoid = 'pg_trigger'::regclass AND d.objsubid = 0
WHERE n.oid = ANY (current_setting('align.namespaces')::oid[])
    AND NOT t.tgisinternal
    -- Not the copies that a partitioned table's trigger has on its partitions.
    AND t.tgparentid = 0;
