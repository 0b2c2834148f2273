-- Takes phase 1 back, whole or half applied: Clara's tables are as they were, with every row her writers and the CRM's
-- have written since. What only the new columns and tables say goes to align.archive first.

DO $$
DECLARE
    here text;
BEGIN
    SELECT string_agg(phase, ', ') INTO here
    FROM (VALUES ('contract', NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'public.clients'::regclass
                                          AND attname = 'name' AND NOT attisdropped)),
                 ('phase2', to_regclass('public.pipeline_stages') IS NOT NULL
                            OR to_regclass('public.lead_activities') IS NOT NULL),
                 ('phase3', to_regclass('public.todos') IS NOT NULL OR to_regclass('public.nurture_sequences') IS NOT NULL
                            OR to_regclass('public.admin_audit') IS NOT NULL),
                 ('minimal', to_regnamespace('trendtial') IS NOT NULL)) AS stands (phase, so)
    WHERE so;
    IF here LIKE '%contract%' THEN
        RAISE EXCEPTION 'there is no way back from `contract`: the old names are gone'
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'restore the backup that was confirmed';
    ELSIF here IS NOT NULL THEN
        RAISE EXCEPTION 'phase1 carries %', here
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = format('align migrate --undo %s', (string_to_array(here, ', '))[array_upper(string_to_array(here, ', '), 1)]);
    END IF;
END
$$;

-- Writers wait from here on, readers do not yet.
LOCK TABLE public.clients, public.leads, public.activities, public.conversations IN SHARE ROW EXCLUSIVE MODE;

-- Columns are asked for by name and not named: half a phase has half of them.
DO $$
DECLARE
    raw text;
BEGIN
    PERFORM set_config('align.backfill', 'on', true);

    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'public.clients'::regclass AND attname = 'company_size_raw'
               AND NOT attisdropped) THEN
        raw := 'company_size_raw';
    END IF;
    IF to_regprocedure('align.status_bucket(integer,text)') IS NULL OR to_regclass('public.users') IS NULL THEN
        -- Nothing can have been converted yet.
        RETURN;
    END IF;
    INSERT INTO align.archive (phase, table_name, key, row_data)
    SELECT 'phase1', 'clients', jsonb_build_object('id', id), said
    FROM (
        SELECT c.id, jsonb_strip_nulls(jsonb_build_object(
            'client_name', CASE WHEN j ->> 'client_name' <> c.name THEN j -> 'client_name' END,
            'location', j -> 'location',
            'physical_meeting_info', j -> 'physical_meeting_info',
            'expected_value', j -> 'expected_value',
            'company_size', CASE WHEN (j ->> 'company_size')::text IS DISTINCT FROM align.company_size(j ->> raw)::text
                                 AND raw IS NOT NULL THEN j -> 'company_size' END)) AS said
        FROM public.clients AS c CROSS JOIN LATERAL to_jsonb(c) AS j
    ) AS only_here
    WHERE said <> '{}';

    INSERT INTO align.archive (phase, table_name, key, row_data)
    SELECT 'phase1', 'leads', jsonb_build_object('id', id), said
    FROM (
        SELECT l.id, jsonb_strip_nulls(
            jsonb_build_object(
                'campaign_id', j -> 'campaign_id', 'utm_source', j -> 'utm_source', 'utm_medium', j -> 'utm_medium',
                'utm_campaign', j -> 'utm_campaign', 'referrer_url', j -> 'referrer_url',
                'next_step', j -> 'next_step', 'tags', j -> 'tags', 'follow_up_due_date', j -> 'follow_up_due_date',
                'lost_reason', j -> 'lost_reason', 'industry', j -> 'industry',
                'pipeline_stage_id', j -> 'pipeline_stage_id',
                'sync_lock', CASE WHEN j ->> 'sync_lock' = 'true' THEN j -> 'sync_lock' END)
            || (SELECT jsonb_object_agg(here.col, CASE WHEN j -> here.col IS DISTINCT FROM coalesce(here.derived, 'null')
                                                       THEN j -> here.col END)
                FROM (VALUES
                    ('contact_person', to_jsonb(l.name)), ('lead_source', to_jsonb(l.source)),
                    ('last_touch_date', to_jsonb(l.last_interaction)),
                    ('agent_id', to_jsonb(align.find_agent(l.assigned_agent))),
                    ('status_bucket', to_jsonb(align.status_bucket(l.lead_score, l.qualification_status))),
                    ('win_probability', to_jsonb(align.win_probability(l.lead_score))),
                    ('expected_close_date', to_jsonb(align.expected_close_date(l.created_at, l.timeline))),
                    ('first_touch_date', to_jsonb(l.created_at)),
                    ('notes', to_jsonb(align.lead_notes(l.budget, l.authority, l.need, l.timeline))),
                    ('progress_details', to_jsonb(l.conversation_summary)),
                    ('deal_value', to_jsonb(align.deal_value(l.budget)))) AS here (col, derived))) AS said
        FROM public.leads AS l CROSS JOIN LATERAL to_jsonb(l) AS j
    ) AS only_here
    WHERE said <> '{}';

    IF to_regclass('public.calls') IS NOT NULL AND to_regprocedure('align.call_of(text)') IS NOT NULL THEN
        INSERT INTO align.archive (phase, table_name, key, row_data)
        SELECT 'phase1', 'calls', jsonb_build_object('id', c.id), to_jsonb(c)
        FROM public.calls AS c
        WHERE NOT EXISTS (
            SELECT FROM public.conversations AS s
            WHERE s.session_id = c.session_id AND c.id = align.call_of(s.session_id)
              AND (c.lead_id, c.duration, c.call_type, c.outcome, c.notes, c.transcript, c.sentiment_score,
                   c.lead_score_after, c.qualification_status, c.bant_assessment) IS NOT DISTINCT FROM
                  (s.lead_id, align.call_duration(s.started_at, s.ended_at), 'ai_voice'::text,
                   align.call_outcome(s.status, s.ended_at), s.summary, align.transcript(s.messages), NULL::numeric,
                   NULL::integer, NULL::text, NULL::jsonb)
        );
    END IF;
    IF to_regclass('public.users') IS NOT NULL THEN
        INSERT INTO align.archive (phase, table_name, key, row_data)
        SELECT 'phase1', 'users', jsonb_build_object('id', u.id), to_jsonb(u) FROM public.users AS u;
    END IF;
END
$$;

-- Triggers first: nothing below is a writer's.
DROP TRIGGER IF EXISTS align_client_name ON public.clients;
DROP TRIGGER IF EXISTS align_client_size ON public.clients;
DROP TRIGGER IF EXISTS align_list_client_name ON public.clients;
DROP TRIGGER IF EXISTS align_list_client_size ON public.clients;
DROP TRIGGER IF EXISTS before_client_changes_validation ON public.clients;
DROP TRIGGER IF EXISTS align_lead ON public.leads;
DROP TRIGGER IF EXISTS before_lead_engagement_changes_validation ON public.leads;
DROP TRIGGER IF EXISTS align_conversation_to_call ON public.conversations;

-- Policies, grants, comments, defaults and the like, as they were noted.
DO $$
DECLARE
    one  record;
    rule text;
BEGIN
    FOR one IN
        SELECT p.polname, c.relname FROM pg_policy AS p JOIN pg_class AS c ON c.oid = p.polrelid
        WHERE c.oid IN ('public.clients'::regclass, 'public.leads'::regclass,
                        'public.activities'::regclass, 'public.conversations'::regclass)
          AND p.polname IN ('align_direct_access', c.relname || '_select', c.relname || '_insert',
                            c.relname || '_update', c.relname || '_delete')
    LOOP
        EXECUTE format('DROP POLICY %I ON public.%I', one.polname, one.relname);
    END LOOP;
    FOR one IN SELECT definition FROM align.original WHERE kind IN ('column', 'comment', 'security') LOOP
        EXECUTE one.definition;
    END LOOP;
    FOR one IN
        SELECT c.relname, c.relacl, c.relowner, o.definition
        FROM align.original AS o JOIN pg_class AS c ON c.oid = to_regclass('public.' || o.name)
        WHERE o.kind = 'grants'
    LOOP
        CALL align.restore_grants(format('TABLE public.%I', one.relname), one.relacl, one.relowner, one.definition);
    END LOOP;
    FOR one IN SELECT definition FROM align.original WHERE kind = 'function' LOOP
        EXECUTE one.definition;
    END LOOP;
    FOR one IN
        SELECT o.name, p.proacl, p.proowner, o.definition
        FROM align.original AS o JOIN pg_proc AS p ON p.oid = o.name::regprocedure
        WHERE o.kind = 'function grants'
    LOOP
        CALL align.restore_grants('FUNCTION ' || one.name, one.proacl, one.proowner, one.definition);
    END LOOP;
END
$$;

ALTER TABLE public.leads
    DROP CONSTRAINT IF EXISTS leads_qualification_status_check,
    DROP CONSTRAINT IF EXISTS align_client_id_not_null,
    DROP CONSTRAINT IF EXISTS align_created_at_not_null,
    DROP CONSTRAINT IF EXISTS align_updated_at_not_null;

ALTER TABLE public.clients
    DROP CONSTRAINT IF EXISTS align_created_at_not_null,
    DROP CONSTRAINT IF EXISTS align_updated_at_not_null;

-- Values that were put aside or filled go back to where they were, unless somebody has written there since. The
-- function of updated_at is Clara's own by now, so her triggers rest meanwhile.
ALTER TABLE public.leads DISABLE TRIGGER update_leads_updated_at;
ALTER TABLE public.clients DISABLE TRIGGER update_clients_updated_at;

UPDATE public.leads AS l
SET qualification_status = q.value
FROM align.quarantine AS q
WHERE q.table_name = 'leads' AND q.column_name = 'qualification_status' AND q.resolved_at IS NULL
  AND q.key ->> 'id' = l.id::text AND l.qualification_status IS NULL;

UPDATE public.leads AS l SET client_id = NULL
FROM align.filled AS f
WHERE f.table_name = 'leads' AND f.column_name = 'client_id' AND f.key ->> 'id' = l.id::text
  AND f.value = to_jsonb(l.client_id);

UPDATE public.leads AS l SET created_at = NULL
FROM align.filled AS f
WHERE f.table_name = 'leads' AND f.column_name = 'created_at' AND f.key ->> 'id' = l.id::text
  AND f.value = to_jsonb(l.created_at);

UPDATE public.leads AS l SET updated_at = NULL
FROM align.filled AS f
WHERE f.table_name = 'leads' AND f.column_name = 'updated_at' AND f.key ->> 'id' = l.id::text
  AND f.value = to_jsonb(l.updated_at);

UPDATE public.clients AS c SET created_at = NULL
FROM align.filled AS f
WHERE f.table_name = 'clients' AND f.column_name = 'created_at' AND f.key ->> 'id' = c.id::text
  AND f.value = to_jsonb(c.created_at);

UPDATE public.clients AS c SET updated_at = NULL
FROM align.filled AS f
WHERE f.table_name = 'clients' AND f.column_name = 'updated_at' AND f.key ->> 'id' = c.id::text
  AND f.value = to_jsonb(c.updated_at);

-- Clients that were made for a lead and have nothing else by now.
WITH made AS (
    DELETE FROM public.clients AS c
    USING align.filled AS f
    WHERE f.table_name = 'clients' AND f.column_name = '*' AND f.key ->> 'id' = c.id::text
      AND NOT EXISTS (SELECT FROM public.leads AS l WHERE l.client_id = c.id)
      AND NOT EXISTS (SELECT FROM public.activities AS a WHERE a.client_id = c.id)
      AND NOT EXISTS (SELECT FROM public.conversations AS s WHERE s.client_id = c.id)
    RETURNING c.*
)
INSERT INTO align.archive (phase, table_name, key, row_data)
SELECT 'phase1', 'clients', jsonb_build_object('id', m.id), to_jsonb(m) FROM made AS m;

ALTER TABLE public.leads ENABLE TRIGGER update_leads_updated_at;
ALTER TABLE public.clients ENABLE TRIGGER update_clients_updated_at;

-- The compatibility views show the columns that go now; the tables themselves have the old form again.
DROP VIEW IF EXISTS align.client_sizes;
DROP VIEW IF EXISTS clara.clients, clara.leads, clara.activities, clara.conversations;
DROP SCHEMA IF EXISTS clara;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'public.clients'::regclass AND attname = 'company_size_raw'
               AND NOT attisdropped) THEN
        ALTER TABLE public.clients DROP COLUMN company_size;
        ALTER TABLE public.clients RENAME COLUMN company_size_raw TO company_size;
    END IF;
END
$$;

ALTER TABLE public.clients
    DROP COLUMN IF EXISTS company_size_number,
    DROP COLUMN IF EXISTS client_name,
    DROP COLUMN IF EXISTS location,
    DROP COLUMN IF EXISTS physical_meeting_info,
    DROP COLUMN IF EXISTS expected_value;

DROP INDEX IF EXISTS public.align_clients_name;
DROP TABLE IF EXISTS public.calls;

ALTER TABLE public.leads
    DROP COLUMN IF EXISTS agent_id,
    DROP COLUMN IF EXISTS status_bucket,
    DROP COLUMN IF EXISTS campaign_id,
    DROP COLUMN IF EXISTS utm_source,
    DROP COLUMN IF EXISTS utm_medium,
    DROP COLUMN IF EXISTS utm_campaign,
    DROP COLUMN IF EXISTS referrer_url,
    DROP COLUMN IF EXISTS first_touch_date,
    DROP COLUMN IF EXISTS last_touch_date,
    DROP COLUMN IF EXISTS progress_details,
    DROP COLUMN IF EXISTS next_step,
    DROP COLUMN IF EXISTS lead_source,
    DROP COLUMN IF EXISTS contact_person,
    DROP COLUMN IF EXISTS deal_value,
    DROP COLUMN IF EXISTS tags,
    DROP COLUMN IF EXISTS follow_up_due_date,
    DROP COLUMN IF EXISTS sync_lock,
    DROP COLUMN IF EXISTS notes,
    DROP COLUMN IF EXISTS pipeline_stage_id,
    DROP COLUMN IF EXISTS expected_close_date,
    DROP COLUMN IF EXISTS win_probability,
    DROP COLUMN IF EXISTS lost_reason,
    DROP COLUMN IF EXISTS industry;

DROP FUNCTION IF EXISTS
    public.call_start(text, uuid, text), public.call_end(text, text, text, jsonb), public.can_see_lead(uuid),
    public.sync_call_session_ids(), public.validate_client_changes(), public.validate_lead_engagement_changes();

DO $$
BEGIN
    -- Only the owner of a table may drop a trigger; who may not leaves one that does nothing.
    IF EXISTS (
        SELECT FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = 'auth' AND c.relname = 'users' AND t.tgname = 'on_auth_user_created'
    ) THEN
        IF pg_has_role((SELECT relowner FROM pg_class WHERE oid = 'auth.users'::regclass), 'USAGE') THEN
            DROP TRIGGER on_auth_user_created ON auth.users;
        ELSE
            CREATE OR REPLACE FUNCTION align.ignore_new_user() RETURNS trigger
            LANGUAGE plpgsql SET search_path = '' AS $f$
            BEGIN
                RETURN NEW;
            END
            $f$;
            CREATE OR REPLACE TRIGGER on_auth_user_created
                AFTER INSERT ON auth.users
                FOR EACH ROW EXECUTE FUNCTION align.ignore_new_user();
            RAISE NOTICE 'trigger `on_auth_user_created` stays on `auth.users` and does nothing; its owner may drop it';
        END IF;
    END IF;
END
$$;

DROP FUNCTION IF EXISTS public.handle_new_user();
DROP TABLE IF EXISTS public.users;
DROP FUNCTION IF EXISTS
    public.validate_user_update(), public.bypasses_validation(), public.is_manager_of(uuid, uuid),
    public.get_current_user_role();

DO $$
DECLARE
    clara uuid;
BEGIN
    SELECT (key ->> 'id')::uuid INTO clara FROM align.filled WHERE table_name = 'auth.users';
    IF clara IS NULL THEN
        RETURN;
    ELSIF has_table_privilege('auth.users', 'DELETE') THEN
        DELETE FROM auth.users AS a WHERE a.id = clara;
    ELSE
        RAISE NOTICE 'the account clara@trendtialcrm.ai stays in `auth.users`, where role `%` may not delete', current_user;
    END IF;
END
$$;

-- What served the phase alone. The archive stays.
DELETE FROM align.quarantine WHERE table_name IN ('clients', 'leads');
DROP TABLE IF EXISTS align.filled, align.original, align.name_collisions, align.name_numbers, align.old_writers;

NOTIFY pgrst, 'reload schema';
