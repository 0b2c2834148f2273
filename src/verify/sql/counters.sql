-- Sequences of the namespaces, as SQL names them, with what they give a session at once.
SELECT format('%I.%I', n.nspname, c.relname) AS name, q.seqcache AS cache
FROM pg_sequence AS q
JOIN pg_class AS c ON c.oid = q.seqrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1) AND c.relpersistence <> 't'
ORDER BY 1
