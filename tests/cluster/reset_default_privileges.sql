DO $$
DECLARE
    given record;
BEGIN
    FOR given IN
        SELECT DISTINCT
            d.defaclrole::regrole::text AS maker,
            CASE WHEN n.nspname IS NOT NULL THEN 'IN SCHEMA ' || quote_ident(n.nspname) ELSE '' END AS place,
            CASE d.defaclobjtype
                WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS'
                WHEN 'T' THEN 'TYPES' ELSE 'SCHEMAS'
            END AS kind,
            CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS grantee
        FROM pg_default_acl d
        LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
        CROSS JOIN aclexplode(d.defaclacl) a
        -- A whole-database entry also spells out the maker's own rights, which are no gift.
        WHERE a.grantee <> d.defaclrole AND (d.defaclnamespace <> 0 OR a.grantee <> 0)
    LOOP
        EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %s %s REVOKE ALL ON %s FROM %s',
            given.maker, given.place, given.kind, given.grantee);
    END LOOP;
END
$$;
