-- What of a table is cheaper to make when its rows are there, as the statements that take it away and bring
-- it back. Only what comes back exactly as it was.
SELECT 'ALTER TABLE ' || t.name || ' DROP CONSTRAINT ' || quote_ident(c.conname) AS away,
       'ALTER TABLE ' || t.name || ' ADD CONSTRAINT ' || quote_ident(c.conname) || ' '
           || pg_get_constraintdef(c.oid) AS back,
       2 AS step
FROM (SELECT oid, format('%I.%I', relnamespace::regnamespace::text, relname) AS name, relowner
      FROM pg_class WHERE oid = to_regclass($1) AND relkind = 'r' AND NOT relispartition) AS t
JOIN pg_constraint AS c ON c.conrelid = t.oid
WHERE c.contype = 'f' AND c.convalidated AND c.conparentid = 0 AND c.conislocal
  AND pg_has_role(t.relowner, 'USAGE')
  AND NOT EXISTS (SELECT FROM pg_description AS d WHERE d.objoid = c.oid AND d.classoid = 'pg_constraint'::regclass)
UNION ALL
SELECT 'DROP INDEX ' || format('%I.%I', n.nspname, x.relname), pg_get_indexdef(i.indexrelid), 1
FROM pg_index AS i
JOIN pg_class AS x ON x.oid = i.indexrelid
JOIN pg_namespace AS n ON n.oid = x.relnamespace
JOIN pg_class AS t ON t.oid = i.indrelid
WHERE i.indrelid = to_regclass($1) AND t.relkind = 'r' AND NOT t.relispartition
  AND i.indisvalid AND i.indisready AND NOT i.indisunique AND NOT i.indisexclusion
  AND NOT i.indisclustered AND NOT i.indisreplident
  AND x.reltablespace = 0 AND pg_has_role(t.relowner, 'USAGE')
  AND NOT EXISTS (SELECT FROM pg_description AS d WHERE d.objoid = x.oid AND d.classoid = 'pg_class'::regclass)
  AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.refobjid = x.oid AND d.refclassid = 'pg_class'::regclass)
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.objid = x.oid AND d.classid = 'pg_class'::regclass AND d.deptype NOT IN ('a', 'n'))
  AND NOT EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = x.oid AND a.attstattarget > 0)
ORDER BY 3, 1
