-- Looks whether the old names may go. They may not while something still stands on them.

DO $$
DECLARE
    quiet   interval := coalesce(nullif(current_setting('align.quiet_period', true), ''), '1 day')::interval;
    found   text;
    strays  bigint;
BEGIN
    IF to_regprocedure('align.sync_lead()') IS NULL OR to_regclass('public.lead_activities') IS NULL THEN
        -- Applied already, or nothing to contract.
        IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'public.clients'::regclass AND attname = 'name' AND NOT attisdropped) THEN
            RAISE EXCEPTION 'phase1 and phase2 are not applied yet'
                USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'align migrate';
        END IF;
        RETURN;
    END IF;

    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'public.clients'::regclass AND attname = 'name' AND NOT attisdropped) THEN
        SELECT count(*) INTO strays
        FROM public.clients AS c
        WHERE c.name IS DISTINCT FROM left(c.client_name, 255)
          AND NOT EXISTS (
            SELECT FROM align.name_collisions AS n
            WHERE n.client_id = c.id AND n.name = c.name AND n.client_name = c.client_name
          );
        IF strays > 0 THEN
            RAISE EXCEPTION '% rows of `clients` differ in name and client_name and are not on the list of collisions', strays
                USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'look at align.name_collisions';
        END IF;
    END IF;
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'public.leads'::regclass AND attname = 'name' AND NOT attisdropped) THEN
        SELECT count(*) INTO strays
        FROM public.leads AS l
        WHERE (l.name, l.source, l.last_interaction)
            IS DISTINCT FROM (left(l.contact_person, 255), left(l.lead_source, 100), l.last_touch_date);
        IF strays > 0 THEN
            RAISE EXCEPTION '% rows of `leads` differ in their old and new names', strays
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      HINT = 'compare name, source, last_interaction with contact_person, lead_source, last_touch_date';
        END IF;
    END IF;

    -- Views other than the compatibility schema's own, and policies.
    SELECT string_agg(DISTINCT format('`%s`', CASE
            WHEN d.classid = 'pg_policy'::regclass THEN (SELECT p.polname || ' on ' || p.polrelid::regclass::text FROM pg_policy AS p WHERE p.oid = d.objid)
            ELSE (SELECT r.ev_class::regclass::text FROM pg_rewrite AS r WHERE r.oid = d.objid) END), ', ')
    INTO found
    FROM pg_depend AS d
    JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE d.refclassid = 'pg_class'::regclass
      AND d.classid IN ('pg_policy'::regclass, 'pg_rewrite'::regclass)
      AND ((d.refobjid = 'public.clients'::regclass AND a.attname = 'name')
           OR (d.refobjid = 'public.leads'::regclass AND a.attname IN ('name', 'source', 'last_interaction')))
      AND NOT EXISTS (
        SELECT FROM pg_rewrite AS r JOIN pg_class AS v ON v.oid = r.ev_class
        WHERE d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid AND v.relnamespace = to_regnamespace('clara')
      );
    IF found IS NOT NULL THEN
        RAISE EXCEPTION 'the old names are still read by %', found
            USING ERRCODE = 'dependent_objects_still_exist', HINT = 'change or drop them first';
    END IF;

    -- Of a column that a view or a policy reads the type cannot be changed.
    SELECT string_agg(DISTINCT format('`%s`', CASE
            WHEN d.classid = 'pg_policy'::regclass THEN (SELECT p.polname || ' on ' || p.polrelid::regclass::text FROM pg_policy AS p WHERE p.oid = d.objid)
            ELSE (SELECT r.ev_class::regclass::text FROM pg_rewrite AS r WHERE r.oid = d.objid) END), ', ')
    INTO found
    FROM pg_depend AS d
    JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE d.refclassid = 'pg_class'::regclass
      AND d.classid IN ('pg_policy'::regclass, 'pg_rewrite'::regclass)
      AND a.atttypid = 'varchar'::regtype
      AND ((d.refobjid = 'public.clients'::regclass AND a.attname IN ('company', 'industry', 'phone', 'email'))
           OR (d.refobjid = 'public.leads'::regclass AND a.attname IN ('email', 'phone', 'qualification_status')))
      AND NOT EXISTS (
        SELECT FROM pg_rewrite AS r JOIN pg_class AS v ON v.oid = r.ev_class
        WHERE d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid AND v.relnamespace = to_regnamespace('clara')
      );
    IF found IS NOT NULL THEN
        RAISE EXCEPTION 'columns that become text are still read by %', found
            USING ERRCODE = 'dependent_objects_still_exist', HINT = 'drop them first, and make them again afterwards';
    END IF;

    SELECT string_agg(format('`%s` as %s (%s.%s, %s)', w.application, w.role, w.table_name, w.column_name, w.last_seen), ', ')
    INTO found
    FROM align.old_writers AS w
    WHERE w.last_seen > now() - quiet;
    IF found IS NOT NULL THEN
        RAISE EXCEPTION 'the old form was written within the last %: %', quiet, found
            USING ERRCODE = 'object_in_use', HINT = 'move these writers to the new names, or wait';
    END IF;

    -- A rehearsal has nothing to lose.
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'public.clients'::regclass AND attname = 'name' AND NOT attisdropped)
       AND current_setting('align.rehearsal', true) IS DISTINCT FROM 'on'
       AND NOT EXISTS (
        SELECT FROM align.original AS o WHERE o.kind = 'backup' AND o.name::timestamptz > now() - interval '1 day'
    ) THEN
        RAISE EXCEPTION 'no backup of the last day is confirmed, and there is no way back from `contract`'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'make one, see that it can be restored, and type SELECT align.confirm_backup(''where it is'')';
    END IF;
END
$$;
