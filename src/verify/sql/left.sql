-- Objects that a migration or a copy makes for itself, and takes away when it ends.
SELECT format('table align.%I is of a copy that did not end', c.relname) AS message
FROM pg_class AS c
WHERE c.relnamespace = to_regnamespace('align') AND c.relname ~ '^copy_(stage|bad|match|row)_[0-9]+$'
UNION ALL
SELECT format('constraint %I of %s is of a migration that did not end', k.conname, k.conrelid::regclass)
FROM pg_constraint AS k JOIN pg_namespace AS n ON n.oid = k.connamespace
WHERE n.nspname = ANY ($1::text[]) AND k.contype = 'c' AND starts_with(k.conname, 'align_')
UNION ALL
SELECT format('index %s is of a migration that did not end', c.oid::regclass)
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1::text[]) AND c.relkind = 'i'
  AND (starts_with(c.relname, 'align_') OR c.relname ~ '_cc(new|old)[0-9]*$')
UNION ALL
SELECT format('function %s is called by no trigger', p.oid::regprocedure)
FROM pg_proc AS p
WHERE p.pronamespace = to_regnamespace('align') AND p.prorettype = 'trigger'::regtype
  AND NOT EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgfoid = p.oid)
  AND strpos($2, format('align.%I(', p.proname)) = 0
ORDER BY 1
