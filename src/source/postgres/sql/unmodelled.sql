-- What is in the namespaces and has no place in the model.
WITH scope AS MATERIALIZED (
    SELECT oid, nspname
    FROM pg_namespace
    WHERE oid = ANY (current_setting('align.namespaces')::oid[])
),
seen (what, classid, oid, name) AS (
    SELECT
        CASE p.prokind WHEN 'a' THEN 'aggregate' ELSE 'window function' END,
        'pg_proc'::regclass,
        p.oid,
        format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid))
    FROM pg_proc p JOIN scope n ON n.oid = p.pronamespace
    WHERE p.prokind IN ('a', 'w')
    UNION ALL
    SELECT 'rule', 'pg_rewrite'::regclass, r.oid,
        format('%I on %I.%I', r.rulename, n.nspname, c.relname)
    FROM pg_rewrite r
    JOIN pg_class c ON c.oid = r.ev_class
    JOIN scope n ON n.oid = c.relnamespace
    WHERE r.rulename <> '_RETURN'
    UNION ALL
    SELECT CASE t.typtype WHEN 'r' THEN 'range type' ELSE 'base type' END,
        'pg_type'::regclass, t.oid, format('%I.%I', n.nspname, t.typname)
    FROM pg_type t JOIN scope n ON n.oid = t.typnamespace
    WHERE t.typtype IN ('b', 'r', 'p')
    UNION ALL
    SELECT 'operator', 'pg_operator'::regclass, o.oid,
        format('%I.%s(%s, %s)', n.nspname, o.oprname,
            CASE WHEN o.oprleft = 0 THEN 'NONE' ELSE format_type(o.oprleft, NULL) END,
            format_type(o.oprright, NULL))
    FROM pg_operator o JOIN scope n ON n.oid = o.oprnamespace
    UNION ALL
    SELECT 'operator class', 'pg_opclass'::regclass, o.oid, format('%I.%I', n.nspname, o.opcname)
    FROM pg_opclass o JOIN scope n ON n.oid = o.opcnamespace
    UNION ALL
    -- A class makes a family of its own name unless it is told another.
    SELECT 'operator family', 'pg_opfamily'::regclass, o.oid, format('%I.%I', n.nspname, o.opfname)
    FROM pg_opfamily o JOIN scope n ON n.oid = o.opfnamespace
    WHERE NOT EXISTS (SELECT FROM pg_opclass oc WHERE oc.opcfamily = o.oid)
    UNION ALL
    SELECT 'cast', 'pg_cast'::regclass, c.oid,
        format('%s as %s', format_type(c.castsource, NULL), format_type(c.casttarget, NULL))
    FROM pg_cast c
    JOIN pg_type s ON s.oid = c.castsource
    JOIN pg_type t ON t.oid = c.casttarget
    WHERE c.oid >= 16384
        AND EXISTS (SELECT FROM scope n WHERE n.oid IN (s.typnamespace, t.typnamespace))
    UNION ALL
    SELECT 'collation', 'pg_collation'::regclass, c.oid, format('%I.%I', n.nspname, c.collname)
    FROM pg_collation c JOIN scope n ON n.oid = c.collnamespace
    UNION ALL
    SELECT 'conversion', 'pg_conversion'::regclass, c.oid, format('%I.%I', n.nspname, c.conname)
    FROM pg_conversion c JOIN scope n ON n.oid = c.connamespace
    UNION ALL
    SELECT 'text search configuration', 'pg_ts_config'::regclass, c.oid,
        format('%I.%I', n.nspname, c.cfgname)
    FROM pg_ts_config c JOIN scope n ON n.oid = c.cfgnamespace
    UNION ALL
    SELECT 'text search dictionary', 'pg_ts_dict'::regclass, c.oid,
        format('%I.%I', n.nspname, c.dictname)
    FROM pg_ts_dict c JOIN scope n ON n.oid = c.dictnamespace
    UNION ALL
    SELECT 'text search parser', 'pg_ts_parser'::regclass, c.oid,
        format('%I.%I', n.nspname, c.prsname)
    FROM pg_ts_parser c JOIN scope n ON n.oid = c.prsnamespace
    UNION ALL
    SELECT 'text search template', 'pg_ts_template'::regclass, c.oid,
        format('%I.%I', n.nspname, c.tmplname)
    FROM pg_ts_template c JOIN scope n ON n.oid = c.tmplnamespace
    UNION ALL
    SELECT 'statistics object', 'pg_statistic_ext'::regclass, s.oid,
        format('%I.%I', n.nspname, s.stxname)
    FROM pg_statistic_ext s JOIN scope n ON n.oid = s.stxnamespace
    UNION ALL
    SELECT 'options of a foreign table', 'pg_class'::regclass, c.oid,
        format('%I.%I', n.nspname, c.relname)
    FROM pg_foreign_table f
    JOIN pg_class c ON c.oid = f.ftrelid
    JOIN scope n ON n.oid = c.relnamespace
    WHERE f.ftoptions IS NOT NULL
    UNION ALL
    SELECT 'event trigger', 'pg_event_trigger'::regclass, e.oid, format('%I', e.evtname)
    FROM pg_event_trigger e
    JOIN pg_proc p ON p.oid = e.evtfoid
    JOIN scope n ON n.oid = p.pronamespace
    UNION ALL
    -- Both came with PostgreSQL 18.
    SELECT
        CASE WHEN to_jsonb(c) ->> 'conperiod' = 'true'
            THEN 'period of a constraint' ELSE 'constraint that is not enforced' END,
        'pg_constraint'::regclass, c.oid, format('%I on %I.%I', c.conname, n.nspname, r.relname)
    FROM pg_constraint c
    JOIN pg_class r ON r.oid = c.conrelid
    JOIN scope n ON n.oid = r.relnamespace
    WHERE current_setting('server_version_num')::int4 >= 180000
        AND c.conparentid = 0
        AND (to_jsonb(c) ->> 'conperiod' = 'true' OR to_jsonb(c) ->> 'conenforced' = 'false')
)
SELECT 'unmodelled' AS kind, s.what, s.name
FROM seen s
-- 'i' belongs to another object: a range's multirange and its cast, an array's type.
WHERE NOT EXISTS (
    SELECT FROM pg_depend x
    WHERE x.classid = s.classid AND x.objid = s.oid AND x.deptype IN ('e', 'i')
);
