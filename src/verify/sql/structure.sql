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
)
SELECT kind, count(*) OVER (PARTITION BY kind) AS seen, message
FROM found
ORDER BY kind, message NULLS LAST
