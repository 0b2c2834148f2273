-- The trigger of one of those tables whose function has raised what has that context, the innermost first.
SELECT t.tgname::text AS name, format('%I.%I', n.nspname, c.relname) AS table_name
FROM pg_trigger AS t
JOIN pg_class AS c ON c.oid = t.tgrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_proc AS p ON p.oid = t.tgfoid
JOIN pg_namespace AS o ON o.oid = p.pronamespace
CROSS JOIN LATERAL (
    SELECT min(nullif(strpos($2, ' function ' || form || '() line '), 0)) AS place
    FROM unnest(ARRAY[quote_ident(p.proname), format('%I.%I', o.nspname, p.proname)]) AS f (form)
) AS raised
WHERE t.tgrelid IN (SELECT to_regclass(name) FROM unnest($1::text[]) AS asked (name))
  AND NOT t.tgisinternal AND raised.place IS NOT NULL
ORDER BY raised.place, t.tgname
LIMIT 1
