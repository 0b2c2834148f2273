-- One digest over what the migrations rest on: the named namespaces' relations, columns, constraints,
-- indexes, triggers, policies and routines. Sizes and contents do not count.
WITH namespaces AS (
    SELECT oid, nspname FROM pg_namespace WHERE nspname = ANY ($1::text[])
), relations AS (
    SELECT c.oid, n.nspname, c.relname, c.relkind, c.relrowsecurity, c.relforcerowsecurity
    FROM pg_class c JOIN namespaces n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
), facts (fact) AS (
    SELECT concat_ws('|', 'relation', nspname, relname, relkind, relrowsecurity, relforcerowsecurity,
                     CASE WHEN relkind IN ('v', 'm') THEN md5(pg_get_viewdef(oid)) END)
    FROM relations
    UNION ALL
    SELECT concat_ws('|', 'column', r.nspname, r.relname, a.attname, a.attnum,
                     format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attgenerated, a.attidentity,
                     md5(pg_get_expr(d.adbin, d.adrelid)))
    FROM relations r
    JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    UNION ALL
    SELECT concat_ws('|', 'constraint', r.nspname, r.relname, c.conname, c.convalidated,
                     md5(pg_get_constraintdef(c.oid)))
    FROM relations r JOIN pg_constraint c ON c.conrelid = r.oid
    UNION ALL
    SELECT concat_ws('|', 'index', r.nspname, r.relname, i.indisvalid, md5(pg_get_indexdef(i.indexrelid)))
    FROM relations r JOIN pg_index i ON i.indrelid = r.oid
    UNION ALL
    SELECT concat_ws('|', 'trigger', r.nspname, r.relname, t.tgname, t.tgenabled, md5(pg_get_triggerdef(t.oid)))
    FROM relations r JOIN pg_trigger t ON t.tgrelid = r.oid AND NOT t.tgisinternal
    UNION ALL
    SELECT concat_ws('|', 'policy', r.nspname, r.relname, p.polname, p.polcmd, p.polpermissive, p.polroles::regrole[],
                     md5(pg_get_expr(p.polqual, p.polrelid)), md5(pg_get_expr(p.polwithcheck, p.polrelid)))
    FROM relations r JOIN pg_policy p ON p.polrelid = r.oid
    UNION ALL
    SELECT concat_ws('|', 'routine', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid), p.prosecdef,
                     p.proconfig, md5(p.prosrc))
    FROM pg_proc p JOIN namespaces n ON n.oid = p.pronamespace
)
SELECT md5(coalesce(string_agg(fact, E'\n' ORDER BY fact COLLATE "C"), '')) AS digest FROM facts
