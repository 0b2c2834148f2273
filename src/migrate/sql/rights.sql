-- What the role `$1` may do with each thing that is asked for: kind, name as SQL writes it, privilege. NULL asks
-- for a role that is still to be made, which may do nothing. Read from the catalogs: looking a name up the usual
-- way fails where the role may not even look into the schema.
WITH asked AS (
    SELECT at, kind, privilege, parse_ident(name) AS parts
    FROM unnest($2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS a (kind, name, privilege, at)
), named AS (
    SELECT at, kind, privilege, parts[cardinality(parts)] AS name,
           CASE WHEN kind = 'schema' THEN ARRAY[parts[1]::name]
                WHEN cardinality(parts) > 1 THEN ARRAY[parts[1]::name]
                WHEN kind = 'create' THEN ARRAY[current_schema()]
                ELSE current_schemas(false) END AS path
    FROM asked
), role AS (
    SELECT r.oid, r.rolsuper, r.rolbypassrls FROM (SELECT 1) AS one LEFT JOIN pg_roles r ON r.rolname = $1
)
SELECT a.at,
       n.nspname::text AS schema,
       coalesce(o.name, a.name)::text AS name,
       CASE a.kind WHEN 'schema' THEN n.oid IS NOT NULL
                   WHEN 'create' THEN n.oid IS NOT NULL
                   ELSE o.oid IS NOT NULL END AS is_there,
       owner.rolname::text AS owner,
       coalesce(owner.rolsuper, false) AS owner_is_super,
       coalesce(pg_has_role(role.oid, o.owner, 'USAGE'), false) AS acts_for_owner,
       coalesce(has_schema_privilege(role.oid, n.oid, 'USAGE'), false) AS may_look,
       coalesce(CASE a.kind
           WHEN 'schema' THEN has_database_privilege(role.oid, current_database(), 'CREATE')
           WHEN 'create' THEN has_schema_privilege(role.oid, n.oid, 'CREATE')
           WHEN 'relation' THEN
               CASE WHEN o.is_sequence THEN true
                    WHEN a.privilege IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
                        THEN has_table_privilege(role.oid, o.oid, a.privilege)
                             OR has_any_column_privilege(role.oid, o.oid, a.privilege)
                    ELSE has_table_privilege(role.oid, o.oid, a.privilege) END
       END, false) AS is_allowed,
       -- Of rows that a policy hides, nothing would tell that they were left out.
       coalesce(o.has_policies AND NOT coalesce(role.rolsuper OR role.rolbypassrls, false)
           AND (o.is_forced OR NOT coalesce(pg_has_role(role.oid, o.owner, 'USAGE'), false)), false) AS hides_rows
FROM named AS a
CROSS JOIN role
LEFT JOIN LATERAL (
    SELECT n.oid, n.nspname, array_position(a.path, n.nspname) AS place
    FROM pg_namespace AS n
    WHERE n.nspname = ANY (a.path)
) AS n ON a.kind IN ('schema', 'create') OR EXISTS (
    SELECT FROM pg_class AS c WHERE a.kind IN ('own', 'relation') AND c.relnamespace = n.oid AND c.relname = a.name
) OR EXISTS (
    SELECT FROM pg_proc AS p WHERE a.kind = 'routine' AND p.pronamespace = n.oid AND p.proname = a.name
)
LEFT JOIN LATERAL (
    SELECT c.oid, c.relowner AS owner, c.relname::text AS name, c.relkind = 'S' AS is_sequence,
           c.relrowsecurity AS has_policies, c.relforcerowsecurity AS is_forced
    FROM pg_class AS c
    WHERE a.kind IN ('own', 'relation') AND c.relnamespace = n.oid AND c.relname = a.name
    UNION ALL
    SELECT p.oid, p.proowner, format('%I(%s)', p.proname, pg_get_function_identity_arguments(p.oid)), false, false, false
    FROM pg_proc AS p
    WHERE a.kind = 'routine' AND p.pronamespace = n.oid AND p.proname = a.name
) AS o ON true
LEFT JOIN pg_roles AS owner ON owner.oid = o.owner
ORDER BY a.at, n.place, name
