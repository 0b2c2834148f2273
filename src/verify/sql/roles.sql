-- A role that is not there cannot be asked whether somebody is its member.
SELECT n.name,
       r.oid IS NOT NULL AS there,
       coalesce(pg_has_role(r.oid, 'MEMBER'), false) AS member,
       current_user::text AS me
FROM (SELECT DISTINCT name FROM unnest($1::text[]) AS name) AS n
LEFT JOIN pg_roles AS r ON r.rolname = n.name
