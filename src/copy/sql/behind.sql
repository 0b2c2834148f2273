-- What of a table is cheaper to make when its rows are there, as the statements that take it away and bring
-- it back. Only what comes back exactly as it was. With $2 the keys, too, and what refers to them. Both
-- sides of a foreign key are locked meanwhile, of which `of` is the other one. A trigger may look rows up for
-- each that comes, by an index that must be there.
WITH t AS (
    SELECT oid, format('%I.%I', relnamespace::regnamespace::text, relname) AS name
    FROM pg_class
    WHERE oid = to_regclass($1) AND relkind = 'r' AND NOT relispartition AND pg_has_role(relowner, 'USAGE')
), watched AS (
    SELECT
    FROM pg_trigger AS g
    JOIN t ON t.oid = g.tgrelid
    -- For each row (1) that is inserted (4).
    WHERE NOT g.tgisinternal AND g.tgenabled IN ('O', 'A') AND g.tgtype & 5 = 5
), plain AS (
    SELECT i.indexrelid, i.indisunique, format('%I.%I', n.nspname, x.relname) AS name, x.reloptions
    FROM pg_index AS i
    JOIN t ON t.oid = i.indrelid
    JOIN pg_class AS x ON x.oid = i.indexrelid
    JOIN pg_namespace AS n ON n.oid = x.relnamespace
    WHERE i.indisvalid AND i.indisready AND NOT i.indisexclusion AND NOT EXISTS (SELECT FROM watched)
      AND NOT i.indisclustered AND NOT i.indisreplident AND x.reltablespace = 0
      AND NOT EXISTS (SELECT FROM pg_description AS d
                      WHERE d.objoid = x.oid AND d.classoid = 'pg_class'::regclass)
      AND NOT EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = x.oid AND a.attstattarget > 0)
), others AS (
    SELECT c.oid, c.conname, c.conrelid, c.confrelid, c.contype,
           format('%I.%I', o.relnamespace::regnamespace::text, o.relname) AS name,
           format('%I.%I', p.relnamespace::regnamespace::text, p.relname) AS parent
    FROM pg_constraint AS c
    JOIN pg_class AS o ON o.oid = c.conrelid
    JOIN pg_class AS p ON p.oid = c.confrelid
    WHERE c.contype = 'f' AND c.convalidated AND c.conparentid = 0 AND c.conislocal
      AND o.relkind = 'r' AND NOT o.relispartition AND pg_has_role(o.relowner, 'USAGE')
      -- One that was switched off would come back switched on.
      AND NOT EXISTS (SELECT FROM pg_trigger AS g WHERE g.tgconstraint = c.oid AND g.tgenabled <> 'O')
      AND NOT EXISTS (SELECT FROM pg_description AS d
                      WHERE d.objoid = c.oid AND d.classoid = 'pg_constraint'::regclass)
)
SELECT 'ALTER TABLE ' || o.name || ' DROP CONSTRAINT ' || quote_ident(o.conname) AS away,
       'ALTER TABLE ' || o.name || ' ADD CONSTRAINT ' || quote_ident(o.conname) || ' '
           || pg_get_constraintdef(o.oid) AS back,
       CASE WHEN o.conrelid = t.oid THEN 3 ELSE 4 END AS step,
       CASE WHEN o.conrelid = t.oid THEN o.parent ELSE o.name END AS of
FROM others AS o
JOIN t ON o.conrelid = t.oid OR ($2 AND o.confrelid = t.oid)
UNION ALL
SELECT 'ALTER TABLE ' || t.name || ' DROP CONSTRAINT ' || quote_ident(c.conname),
       'ALTER TABLE ' || t.name || ' ADD CONSTRAINT ' || quote_ident(c.conname) || ' '
           || pg_get_constraintdef(c.oid),
       2, t.name
FROM t
JOIN pg_constraint AS c ON c.conrelid = t.oid
JOIN plain AS i ON i.indexrelid = c.conindid
WHERE $2 AND c.contype IN ('p', 'u') AND c.conparentid = 0 AND c.conislocal AND i.reloptions IS NULL
  AND NOT EXISTS (SELECT FROM pg_description AS d
                  WHERE d.objoid = c.oid AND d.classoid = 'pg_constraint'::regclass)
UNION ALL
SELECT 'DROP INDEX ' || i.name, pg_get_indexdef(i.indexrelid), 1, t.name
FROM plain AS i, t
WHERE NOT i.indisunique
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.refobjid = i.indexrelid AND d.refclassid = 'pg_class'::regclass)
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.objid = i.indexrelid AND d.classid = 'pg_class'::regclass AND d.deptype NOT IN ('a', 'n'))
ORDER BY 3, 1
