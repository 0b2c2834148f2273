SELECT
    'function' AS kind,
    n.nspname::text AS namespace,
    p.proname::text AS name,
    p.prokind = 'p' AS procedure,
    (
        SELECT json_agg(format_type(a.type, NULL) ORDER BY a.place)::text
        FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) WITH ORDINALITY AS a (type, place)
    ) AS types,
    to_json(p.proargmodes::text[])::text AS modes,
    to_json(p.proargnames)::text AS names,
    CASE WHEN p.pronargdefaults > 0 THEN (
        SELECT json_agg(pg_get_function_arg_default(p.oid, a.place::int4) ORDER BY a.place)::text
        FROM generate_series(1, coalesce(cardinality(p.proallargtypes), p.pronargs)) AS a (place)
    ) END AS defaults,
    format_type(p.prorettype, NULL) AS returns,
    p.proretset AS returns_set,
    l.lanname::text AS language,
    p.provolatile::text AS volatility,
    p.proisstrict AS strict,
    p.prosecdef AS security_definer,
    p.proleakproof AS leakproof,
    p.proparallel::text AS parallel,
    to_json(p.proconfig)::text AS settings,
    p.prosrc AS source,
    CASE WHEN p.prosqlbody IS NOT NULL THEN pg_get_function_sqlbody(p.oid) END AS parsed,
    pg_get_userbyid(p.proowner)::text AS owner,
    to_json(p.proacl::text[])::text AS acl,
    d.description AS comment
FROM pg_proc p
JOIN pg_namespace n ON n.oid = p.pronamespace
JOIN pg_language l ON l.oid = p.prolang
LEFT JOIN pg_description d
    ON d.objoid = p.oid AND d.classoid = 'pg_proc'::regclass AND d.objsubid = 0
WHERE n.oid = ANY (current_setting('align.namespaces')::oid[])
    AND p.prokind IN ('f', 'p')
    -- 'i' are the constructors of a range type.
    AND NOT EXISTS (
        SELECT FROM pg_depend x
        WHERE x.classid = 'pg_proc'::regclass AND x.objid = p.oid AND x.deptype IN ('e', 'i')
    );
