-- Whether rows may go straight into a table: one of its own, to which nothing is written by rule, with no
-- line of an earlier copy open, while no earlier copy of the pair remembers a row under another key.
SELECT EXISTS (SELECT FROM pg_class WHERE oid = to_regclass($1) AND relkind = 'r' AND NOT relhasrules)
   AND NOT EXISTS (SELECT FROM align.quarantine WHERE table_name = $2 AND resolved_at IS NULL)
   AND NOT EXISTS (SELECT FROM align.matched WHERE pair = $3) AS may
