
-- Which server this is, where the role may ask.
DO $$
BEGIN
    IF EXISTS (SELECT FROM align.ledger) THEN
        RETURN;
    END IF;
    INSERT INTO align.ledger (format, system_identifier) VALUES ({format}, NULL);
    IF has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') THEN
        UPDATE align.ledger SET system_identifier = (SELECT s.system_identifier::text FROM pg_control_system() AS s);
    END IF;
END
$$;
