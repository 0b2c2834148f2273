-- Schema `align`: what the change needs beside the two applications' own tables. API roles get nothing in it.
-- Looks first whether this is a database the phase is made for, and says what it found.

DO $$
DECLARE
    accounts oid := (
        SELECT c.oid FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = 'auth' AND c.relname = 'users' AND c.relkind IN ('r', 'p')
          AND 2 = (
            SELECT count(*) FROM pg_proc AS p
            WHERE p.pronamespace = n.oid AND p.proname IN ('uid', 'role') AND p.pronargs = 0
          )
    );
    missing  text;
BEGIN
    IF current_setting('server_version_num')::integer < 150000 THEN
        RAISE EXCEPTION 'PostgreSQL 15 or newer is needed, this is %', current_setting('server_version')
            USING ERRCODE = 'feature_not_supported',
                  HINT = 'upgrade the server: before 15 a view reads with its owner''s rights, so Clara''s views over tables with row security would show every row';
    END IF;

    SELECT string_agg(format('`public.%s`', name), ', ') INTO missing
    FROM unnest(ARRAY['clients', 'leads', 'activities', 'conversations']) AS name
    WHERE to_regclass('public.' || name) IS NULL;
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'not a database of Clara''s: % is missing', missing
            USING ERRCODE = 'undefined_table', HINT = 'look at the name of the database in the URL';
    END IF;

    IF NOT EXISTS (
        SELECT FROM pg_attribute WHERE attrelid = 'public.clients'::regclass AND attname = 'name' AND NOT attisdropped
    ) THEN
        RAISE EXCEPTION '`public.clients` has no column `name`'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'after `contract` there is nothing left to do here; otherwise this is no database of Clara''s';
    END IF;

    SELECT string_agg(format('`%s`', wanted.col), ', ') INTO missing
    FROM (VALUES ('users', 'full_name'), ('users', 'role'), ('users', 'manager_id'),
                 ('calls', 'lead_id'), ('calls', 'user_id'), ('calls', 'call_type'), ('calls', 'session_id'))
        AS wanted (tab, col)
    WHERE to_regclass('public.' || wanted.tab) IS NOT NULL
      AND NOT EXISTS (
        SELECT FROM pg_attribute AS a
        WHERE a.attrelid = to_regclass('public.' || wanted.tab) AND a.attname = wanted.col AND NOT a.attisdropped
      );
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'a table `public.users` or `public.calls` is here that is not TrendtialCRM''s: it lacks %', missing
            USING ERRCODE = 'duplicate_table', HINT = 'move it into a schema of its own first';
    END IF;

    IF to_regrole('authenticated') IS NULL THEN
        RAISE NOTICE 'no role `authenticated`: policies are for PUBLIC, show nothing to a session without claims, and nobody is granted a table; GRANT them to the role that your API sets claims for, and to no other';
    END IF;
    IF accounts IS NULL THEN
        RAISE NOTICE 'no accounts of Supabase in schema `auth`: `public.users` stands alone, and claims are read by functions in schema `align`';
        RETURN;
    END IF;
    SELECT string_agg(wanted, ', ') INTO missing
    FROM unnest(ARRAY['SELECT', 'INSERT', 'REFERENCES', 'TRIGGER']) AS wanted
    WHERE NOT has_table_privilege(accounts, wanted);
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'role `%` lacks % on `auth.users`', current_user, missing
            USING ERRCODE = 'insufficient_privilege',
                  HINT = format('GRANT %s ON auth.users TO %I;', missing, current_user);
    END IF;
    IF EXISTS (
        SELECT FROM pg_trigger AS t
        WHERE t.tgrelid = accounts AND t.tgname = 'on_auth_user_created'
          AND t.tgfoid::regproc::text NOT IN ('handle_new_user', 'public.handle_new_user', 'align.ignore_new_user')
    ) THEN
        RAISE EXCEPTION 'trigger `on_auth_user_created` on `auth.users` is another application''s'
            USING ERRCODE = 'duplicate_object', HINT = 'give that trigger another name first';
    END IF;
    RAISE NOTICE 'table `auth.users` found: every row of `public.users` is an account';
END
$$;

CREATE SCHEMA IF NOT EXISTS align;

-- Values that could not be converted. `run` is the driver's, when it says one.
CREATE TABLE IF NOT EXISTS align.quarantine (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run         text DEFAULT current_setting('align.run', true),
    at          timestamptz NOT NULL DEFAULT now(),
    table_name  text NOT NULL,
    key         jsonb NOT NULL,
    column_name text NOT NULL,
    value       text,
    code        text NOT NULL,
    resolved_at timestamptz,
    UNIQUE (table_name, key, column_name)
);

-- What only new columns and tables hold, put here before a way back or `contract` removes them.
CREATE TABLE IF NOT EXISTS align.archive (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run        text DEFAULT current_setting('align.run', true),
    at         timestamptz NOT NULL DEFAULT now(),
    phase      text NOT NULL,
    table_name text NOT NULL,
    key        jsonb NOT NULL,
    row_data   jsonb NOT NULL
);

-- NULLs that were filled because the CRM takes none, and rows made for that; `*` is a whole row.
CREATE TABLE IF NOT EXISTS align.filled (
    table_name  text NOT NULL,
    key         jsonb NOT NULL,
    column_name text NOT NULL,
    value       jsonb NOT NULL,
    at          timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (table_name, key, column_name)
);

-- How things were, as the statements that bring them back.
CREATE TABLE IF NOT EXISTS align.original (
    kind       text NOT NULL,
    name       text NOT NULL,
    definition text,
    PRIMARY KEY (kind, name)
);

ALTER TABLE align.quarantine ENABLE ROW LEVEL SECURITY;
ALTER TABLE align.archive ENABLE ROW LEVEL SECURITY;
ALTER TABLE align.filled ENABLE ROW LEVEL SECURITY;
ALTER TABLE align.original ENABLE ROW LEVEL SECURITY;

CREATE OR REPLACE FUNCTION align.note_filled(tab text, id uuid, col text, val jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    INSERT INTO align.filled (table_name, key, column_name, value)
    VALUES (tab, jsonb_build_object('id', id), col, val)
    ON CONFLICT (table_name, key, column_name) DO UPDATE SET value = excluded.value;
END
$$;

-- Claims as PostgREST hands them over, for a database without schema auth.
CREATE OR REPLACE FUNCTION align.uid() RETURNS uuid
LANGUAGE sql STABLE SET search_path = '' AS $$
    SELECT (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid
$$;

CREATE OR REPLACE FUNCTION align.role() RETURNS text
LANGUAGE sql STABLE SET search_path = '' AS $$
    SELECT nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role'
$$;

-- By the catalog: naming `auth.users` fails for a role that may not even look into the schema.
CREATE OR REPLACE FUNCTION align.has_accounts() RETURNS boolean
LANGUAGE sql STABLE SET search_path = '' AS $$
    SELECT EXISTS (
        SELECT FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = 'auth' AND c.relname = 'users' AND c.relkind IN ('r', 'p')
    ) AND 2 = (
        SELECT count(*) FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
        WHERE n.nspname = 'auth' AND p.proname IN ('uid', 'role') AND p.pronargs = 0
    )
$$;

-- Runs a statement written for Supabase. Without schema auth its claims are those of schema `align`; without a
-- role `authenticated` its policies are for everybody whom grants let near the table.
CREATE OR REPLACE PROCEDURE align.adapt(statement text)
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    IF NOT align.has_accounts() THEN
        statement := replace(replace(statement, 'auth.uid()', 'align.uid()'), 'auth.role()', 'align.role()');
    END IF;
    IF to_regrole('authenticated') IS NULL THEN
        statement := regexp_replace(statement, '\mTO (anon, )?authenticated\M', 'TO PUBLIC');
    END IF;
    EXECUTE statement;
EXCEPTION WHEN duplicate_object THEN
    RAISE DEBUG '%', SQLERRM;
END
$$;

-- For nobody but the owner, said so that a linter need not ask.
CALL align.adapt('CREATE POLICY nobody ON align.quarantine USING (false)');
CALL align.adapt('CREATE POLICY nobody ON align.archive USING (false)');
CALL align.adapt('CREATE POLICY nobody ON align.filled USING (false)');
CALL align.adapt('CREATE POLICY nobody ON align.original USING (false)');

-- Grants, stated, to those of the three API roles that are here: what a project grants by default differs.
CREATE OR REPLACE PROCEDURE align.rights_of_table(one regclass)
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    IF to_regrole('anon') IS NOT NULL THEN
        EXECUTE format('REVOKE ALL ON TABLE %s FROM anon', one);
    END IF;
    IF to_regrole('authenticated') IS NOT NULL THEN
        EXECUTE format('REVOKE ALL ON TABLE %s FROM authenticated', one);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE %s TO authenticated', one);
    END IF;
    IF to_regrole('service_role') IS NOT NULL THEN
        EXECUTE format('GRANT ALL ON TABLE %s TO service_role', one);
    END IF;
END
$$;

-- Where policies are for everybody, everybody must be able to run what they call, so nothing is revoked there.
CREATE OR REPLACE PROCEDURE align.rights_of_function(one regprocedure, callable boolean)
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    IF to_regrole('authenticated') IS NULL THEN
        RETURN;
    END IF;
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC, authenticated', one);
    IF to_regrole('anon') IS NOT NULL THEN
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM anon', one);
    END IF;
    IF to_regrole('service_role') IS NOT NULL THEN
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM service_role', one);
    END IF;
    IF callable THEN
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO authenticated', one);
        IF to_regrole('service_role') IS NOT NULL THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO service_role', one);
        END IF;
    END IF;
END
$$;

-- The grants of others than the owner, as statements in their order.
CREATE OR REPLACE FUNCTION align.grants_of(object text, acl aclitem[], owner oid) RETURNS text
LANGUAGE sql STABLE SET search_path = '' AS $$
    SELECT string_agg(
        format('GRANT %s ON %s TO %s%s', g.privilege_type, object,
               CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END,
               CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END),
        E';\n' ORDER BY g.ordinality)
    FROM aclexplode(acl) WITH ORDINALITY AS g
    WHERE g.grantee <> owner
$$;

-- Takes every grant but the owner's back and gives those that are noted.
CREATE OR REPLACE PROCEDURE align.restore_grants(object text, acl aclitem[], owner oid, noted text)
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    grantee oid;
BEGIN
    FOR grantee IN SELECT DISTINCT g.grantee FROM aclexplode(acl) AS g WHERE g.grantee <> owner LOOP
        EXECUTE format('REVOKE ALL ON %s FROM %s', object,
            CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END);
    END LOOP;
    IF noted IS NOT NULL THEN
        EXECUTE noted;
    END IF;
END
$$;

-- `contract` has no way back but a backup. Who has one says so here, and where it is.
CREATE OR REPLACE FUNCTION align.confirm_backup(place text) RETURNS timestamptz
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    IF btrim(coalesce(place, '')) = '' THEN
        RAISE EXCEPTION 'no place of the backup is given' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO align.original (kind, name, definition) VALUES ('backup', clock_timestamp()::text, place);
    RETURN now();
END
$$;

-- Notes how Clara's tables and functions are, once: a second run finds them changed already.
DO $$
DECLARE
    path text := current_setting('search_path');
BEGIN
    -- With an empty path every name in a definition is printed with its schema.
    PERFORM set_config('search_path', '', true);

    INSERT INTO align.original (kind, name, definition)
    SELECT 'column', format('%s.%I', c.relname, a.attname),
           format('ALTER TABLE public.%I ALTER COLUMN %I %s NOT NULL, ALTER COLUMN %I %s', c.relname, a.attname,
                  CASE WHEN a.attnotnull THEN 'SET' ELSE 'DROP' END, a.attname,
                  coalesce('SET DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), 'DROP DEFAULT'))
    FROM pg_class AS c
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.oid IN ('public.clients'::regclass, 'public.leads'::regclass)
      AND a.attname IN ('id', 'client_id', 'created_at', 'updated_at')
    ON CONFLICT DO NOTHING;

    INSERT INTO align.original (kind, name, definition)
    SELECT 'comment', c.relname, format('COMMENT ON TABLE public.%I IS %L', c.relname, obj_description(c.oid, 'pg_class'))
    FROM pg_class AS c WHERE c.oid IN ('public.clients'::regclass, 'public.leads'::regclass)
    UNION ALL
    SELECT 'security', c.relname,
           format('ALTER TABLE public.%I %s ROW LEVEL SECURITY', c.relname,
                  CASE WHEN c.relrowsecurity THEN 'ENABLE' ELSE 'DISABLE' END)
    FROM pg_class AS c
    WHERE c.oid IN ('public.clients'::regclass, 'public.leads'::regclass,
                    'public.activities'::regclass, 'public.conversations'::regclass)
    UNION ALL
    SELECT 'grants', c.relname, align.grants_of(format('TABLE public.%I', c.relname), c.relacl, c.relowner)
    FROM pg_class AS c WHERE c.oid IN ('public.clients'::regclass, 'public.leads'::regclass)
    ON CONFLICT DO NOTHING;

    INSERT INTO align.original (kind, name, definition)
    SELECT 'function', p.oid::regprocedure::text, pg_get_functiondef(p.oid)
    FROM pg_proc AS p
    WHERE p.pronamespace = 'public'::regnamespace AND p.proname = 'update_updated_at_column' AND p.pronargs = 0
    UNION ALL
    SELECT 'function grants', p.oid::regprocedure::text,
           align.grants_of('FUNCTION ' || p.oid::regprocedure, coalesce(p.proacl, acldefault('f', p.proowner)), p.proowner)
    FROM pg_proc AS p
    WHERE p.pronamespace = 'public'::regnamespace AND p.proname = 'update_updated_at_column' AND p.pronargs = 0
    ON CONFLICT DO NOTHING;

    PERFORM set_config('search_path', path, true);
END
$$;
