-- Takes phase 2 back. What no activity of Clara's says goes to align.archive first.

DO $$
DECLARE
    one text;
BEGIN
    PERFORM set_config('align.backfill', 'on', true);

    IF to_regclass('public.lead_activities') IS NOT NULL THEN
        LOCK TABLE public.activities IN SHARE ROW EXCLUSIVE MODE;
        LOCK TABLE public.lead_activities IN ACCESS EXCLUSIVE MODE;
        INSERT INTO align.archive (phase, table_name, key, row_data)
        SELECT 'phase2', 'lead_activities', jsonb_build_object('id', l.id), to_jsonb(l)
        FROM public.lead_activities AS l
        WHERE NOT EXISTS (
            SELECT FROM public.activities AS a
            WHERE a.id = l.id
              AND (l.lead_id, l.activity_type, l.subject, l.description, l.created_by, l.activity_date, l.metadata,
                   l.is_automated) IS NOT DISTINCT FROM
                  (a.lead_id, align.activity_type(a.activity_type), a.activity_type, a.description, align.voice_agent(),
                   a.created_at, align.activity_metadata(a.metadata, a.message_content, a.agent_response, a.session_id,
                                                         a.intent, a.confidence), true)
        );
        DROP TRIGGER IF EXISTS align_activity ON public.activities;
        DROP TABLE public.lead_activities;
    END IF;

    FOREACH one IN ARRAY ARRAY['follow_ups', 'meetings'] LOOP
        CONTINUE WHEN to_regclass('public.' || one) IS NULL;
        EXECUTE format('LOCK TABLE public.%I IN ACCESS EXCLUSIVE MODE', one);
        EXECUTE format($sql$
            INSERT INTO align.archive (phase, table_name, key, row_data)
            SELECT 'phase2', %L, jsonb_build_object('id', t.id), to_jsonb(t) FROM public.%I AS t
        $sql$, one, one);
        EXECUTE format('DROP FUNCTION IF EXISTS public.%I(jsonb)', 'upsert_' || one || '_bulk');
        EXECUTE format('DROP TABLE public.%I', one);
    END LOOP;

    IF to_regclass('public.pipeline_stages') IS NOT NULL THEN
        LOCK TABLE public.pipeline_stages IN ACCESS EXCLUSIVE MODE;
        LOCK TABLE public.leads IN SHARE ROW EXCLUSIVE MODE;
        INSERT INTO align.archive (phase, table_name, key, row_data)
        SELECT 'phase2', 'pipeline_stages', jsonb_build_object('id', t.id), to_jsonb(t) FROM public.pipeline_stages AS t
        UNION ALL
        SELECT 'phase2', 'leads', jsonb_build_object('id', l.id), jsonb_build_object('pipeline_stage_id', l.pipeline_stage_id)
        FROM public.leads AS l WHERE l.pipeline_stage_id IS NOT NULL;
        UPDATE public.leads SET pipeline_stage_id = NULL WHERE pipeline_stage_id IS NOT NULL;
        ALTER TABLE public.leads DROP CONSTRAINT IF EXISTS leads_pipeline_stage_id_fkey;
        DROP TABLE public.pipeline_stages;
    END IF;

    -- Only if it was this phase that added the table.
    IF EXISTS (
        SELECT FROM pg_publication_rel AS r JOIN pg_publication AS p ON p.oid = r.prpubid
        WHERE p.pubname = 'supabase_realtime' AND r.prrelid = 'public.leads'::regclass
    ) THEN
        FOR one IN SELECT definition FROM align.original WHERE kind = 'publication' LOOP
            EXECUTE one;
        END LOOP;
    END IF;
    DELETE FROM align.original WHERE kind = 'publication';
END
$$;

DROP FUNCTION IF EXISTS public.fill_activity_author(), public.validate_engagement_changes(), public.capitalise_status(),
    align.sync_activity();

NOTIFY pgrst, 'reload schema';
