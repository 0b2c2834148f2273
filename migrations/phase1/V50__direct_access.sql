-- Row security is about to close Clara's tables to whoever no policy names. A role that holds grants of its own and is
-- no API role keeps what the grants give: row security is for people at screens.

CREATE OR REPLACE PROCEDURE align.keep_direct_access(one regclass)
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    roles text;
BEGIN
    SELECT string_agg(DISTINCT CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(r.rolname) END, ', ') INTO roles
    FROM pg_class AS c
    CROSS JOIN aclexplode(c.relacl) AS g
    LEFT JOIN pg_roles AS r ON r.oid = g.grantee
    WHERE c.oid = one AND g.grantee <> c.relowner
      AND g.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
      -- PUBLIC holds the API roles as well, where there are any.
      AND CASE WHEN g.grantee = 0 THEN to_regrole('authenticated') IS NULL
               ELSE r.rolname NOT IN ('anon', 'authenticated') AND NOT r.rolbypassrls AND NOT r.rolsuper END;
    IF roles IS NOT NULL THEN
        EXECUTE format('DROP POLICY IF EXISTS align_direct_access ON %s', one);
        EXECUTE format('CREATE POLICY align_direct_access ON %s TO %s USING (true) WITH CHECK (true)', one, roles);
        RAISE NOTICE 'row security of `%` lets % through as before', one, roles;
    END IF;
END
$$;
