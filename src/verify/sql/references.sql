-- Foreign keys of the namespaces, with what tells a row whose counterpart is not there.
SELECT format('%s.%I', k.conrelid::regclass, k.conname) AS name,
       k.conrelid::regclass::text AS of_table,
       k.confrelid::regclass::text AS to_table,
       (SELECT string_agg(format('c.%I = p.%I', a.attname, b.attname), ' AND ' ORDER BY at.n)
        FROM unnest(k.conkey, k.confkey) WITH ORDINALITY AS at (of_column, to_column, n)
        JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = at.of_column
        JOIN pg_attribute AS b ON b.attrelid = k.confrelid AND b.attnum = at.to_column) AS same,
       (SELECT string_agg(format('c.%I IS NOT NULL', a.attname), ' AND ' ORDER BY a.attnum)
        FROM pg_attribute AS a WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)) AS given
FROM pg_constraint AS k JOIN pg_namespace AS n ON n.oid = k.connamespace
WHERE k.contype = 'f' AND n.nspname = ANY ($1::text[])
ORDER BY 1
