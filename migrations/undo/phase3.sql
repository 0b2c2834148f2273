-- Takes phase 3 back. Its tables have no counterpart of Clara's, so every row goes to align.archive first.

DO $$
DECLARE
    one text;
    key text;
BEGIN
    FOREACH one IN ARRAY ARRAY['todo_attachments', 'todo_comments', 'todos', 'notification_preferences', 'notifications',
                               'lead_nurture_enrollments', 'nurture_steps', 'nurture_sequences', 'lead_scoring_criteria',
                               'attendance', 'daily_reports', 'admin_audit', 'user_links'] LOOP
        CONTINUE WHEN to_regclass('public.' || one) IS NULL;
        EXECUTE format('LOCK TABLE public.%I IN ACCESS EXCLUSIVE MODE', one);
        EXECUTE format($sql$
            INSERT INTO align.archive (phase, table_name, key, row_data)
            SELECT 'phase3', %L, jsonb_build_object('id', t.id), to_jsonb(t) FROM public.%I AS t
        $sql$, one, one);
        -- Their policies use each other's functions, which use the tables: policies go first.
        FOR key IN SELECT polname FROM pg_policy WHERE polrelid = to_regclass('public.' || one) LOOP
            EXECUTE format('DROP POLICY %I ON public.%I', key, one);
        END LOOP;
        EXECUTE format('DROP TABLE public.%I', one);
    END LOOP;
END
$$;

DROP FUNCTION IF EXISTS public.can_edit_sequence(uuid), public.can_see_todo(uuid), public.set_completed_at();
DROP TYPE IF EXISTS public.todo_status, public.todo_priority, public.attendance_status_enum, public.team_type_enum;

NOTIFY pgrst, 'reload schema';
