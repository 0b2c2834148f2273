-- One row a trouble; a kind without any has one row with no message. `seen` is how many were looked at.
WITH spaces AS (
    SELECT n.oid FROM pg_namespace AS n WHERE n.nspname = ANY ($1::text[])
),
found AS (
    SELECT 'every index is valid' AS kind,
           CASE WHEN NOT (i.indisvalid AND i.indisready) THEN
               format('index %s of %s is invalid: no query uses it, every write keeps it', c.oid::regclass, i.indrelid::regclass)
           END AS message
    FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
    WHERE c.relnamespace IN (SELECT oid FROM spaces)
    UNION ALL
    SELECT 'every constraint is validated',
           CASE WHEN NOT k.convalidated THEN
               format('constraint %s of %s is NOT VALID: rows of before were never checked', quote_ident(k.conname), k.conrelid::regclass)
           END
    FROM pg_constraint AS k
    WHERE k.connamespace IN (SELECT oid FROM spaces) AND k.contype IN ('c', 'f') AND k.conrelid <> 0
    UNION ALL
    SELECT 'every trigger is on',
           CASE WHEN t.tgenabled IN ('D', 'R') THEN
               format('trigger %s of %s is off', quote_ident(t.tgname), t.tgrelid::regclass)
           END
    FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid
    WHERE c.relnamespace IN (SELECT oid FROM spaces)
    UNION ALL
    -- Rights and row security of a plain view are its owner's, whoever reads it.
    SELECT 'every view lets its reader''s rights decide',
           CASE WHEN NOT coalesce((
               SELECT o.option_value::boolean FROM pg_options_to_table(v.reloptions) AS o
               WHERE o.option_name = 'security_invoker'
           ), false) THEN
               format('%s shows rows of %s by the rights of its owner', v.oid::regclass, string_agg(t.oid::regclass::text, ', ' ORDER BY t.oid))
           END
    FROM pg_class AS v
    JOIN pg_rewrite AS w ON w.ev_class = v.oid
    JOIN (SELECT DISTINCT objid, refobjid FROM pg_depend
          WHERE classid = 'pg_rewrite'::regclass AND refclassid = 'pg_class'::regclass) AS d ON d.objid = w.oid
    JOIN pg_class AS t ON t.oid = d.refobjid AND t.relkind IN ('r', 'p') AND t.relrowsecurity
    WHERE v.relkind = 'v' AND t.relnamespace IN (SELECT oid FROM spaces)
    GROUP BY v.oid, v.reloptions
)
SELECT kind, count(*) OVER (PARTITION BY kind) AS seen, message
FROM found
ORDER BY kind, message NULLS LAST
