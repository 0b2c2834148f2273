-- Whether the view $1 shows the rows of the table $2 itself: one that takes inserts, updates and deletes by itself is
-- over one table, without a join or a count.
SELECT (pg_relation_is_updatable(to_regclass($1), false) & 28) = 28 AND EXISTS (
    SELECT FROM pg_rewrite AS r
    JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
    WHERE r.ev_class = to_regclass($1) AND r.ev_class <> to_regclass($2)
      AND d.refclassid = 'pg_class'::regclass AND d.refobjid = to_regclass($2)
) AS shown
