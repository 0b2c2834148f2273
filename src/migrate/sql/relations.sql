SELECT asked.name,
       CASE WHEN c.reltuples < 0 THEN NULL ELSE c.reltuples::bigint END AS rows,
       CASE WHEN c.relkind IN ('r', 'm', 'p', 'i') THEN pg_total_relation_size(c.oid) ELSE 0 END AS bytes,
       CASE
           WHEN NOT pg_has_role(c.relowner, 'USAGE') THEN pg_get_userbyid(c.relowner)::text
       END AS foreign_owner
FROM unnest($1::text[]) WITH ORDINALITY AS asked (name, at)
JOIN pg_class c ON c.oid = to_regclass(asked.name)
ORDER BY asked.at
