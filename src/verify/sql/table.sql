-- A relation, and for one role the columns it may fill and one that it may change. What a view makes by a rule
-- is nobody's to write.
SELECT c.oid::regclass::text AS name,
       c.relkind::text AS kind,
       array(
           SELECT quote_ident(a.attname) FROM pg_attribute AS a
           WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
             AND a.attgenerated = '' AND a.attidentity <> 'a'
             AND (c.relkind <> 'v' OR pg_column_is_updatable(c.oid, a.attnum, true))
             AND has_column_privilege(r.oid, c.oid, a.attnum, 'INSERT')
           ORDER BY a.attnum
       ) AS fills,
       (
           SELECT quote_ident(a.attname) FROM pg_attribute AS a
           WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
             AND a.attgenerated = '' AND a.attidentity = ''
             AND (c.relkind <> 'v' OR pg_column_is_updatable(c.oid, a.attnum, true))
             AND has_column_privilege(r.oid, c.oid, a.attnum, 'UPDATE')
           ORDER BY EXISTS (
               SELECT FROM pg_index AS i WHERE i.indrelid = c.oid AND a.attnum = ANY (i.indkey)
           ), a.attnum
           LIMIT 1
       ) AS changes
FROM pg_class AS c, pg_roles AS r
WHERE c.oid = to_regclass($1) AND r.rolname = $2
