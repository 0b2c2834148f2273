-- Rows that `align verify` tries the rules on, in a transaction that is always rolled back. One row a table, all of the
-- agent's. A table that is not there has no row, and is not tried.

DO $$
DECLARE
    agent    constant uuid := 'a11a0000-0000-4000-8000-000000000001';
    manager  constant uuid := 'a11a0000-0000-4000-8000-000000000003';
    admin    constant uuid := 'a11a0000-0000-4000-8000-000000000005';
    client   constant uuid := 'a11a0000-0000-4000-8000-000000000011';
    lead     constant uuid := 'a11a0000-0000-4000-8000-000000000012';
    stage    constant uuid := 'a11a0000-0000-4000-8000-000000000013';
    sequence constant uuid := 'a11a0000-0000-4000-8000-000000000014';
    todo     constant uuid := 'a11a0000-0000-4000-8000-000000000015';
    row_of   constant uuid := 'a11a0000-0000-4000-8000-000000000019';
    people   constant jsonb := '[
        {"id": "a11a0000-0000-4000-8000-000000000005", "role": "super_admin"},
        {"id": "a11a0000-0000-4000-8000-000000000003", "role": "manager"},
        {"id": "a11a0000-0000-4000-8000-000000000004", "role": "manager"},
        {"id": "a11a0000-0000-4000-8000-000000000001", "role": "agent", "manager": "a11a0000-0000-4000-8000-000000000003"},
        {"id": "a11a0000-0000-4000-8000-000000000002", "role": "agent", "manager": "a11a0000-0000-4000-8000-000000000004"}]';
BEGIN
    IF to_regclass('public.users') IS NULL THEN
        RETURN;
    END IF;
    IF to_regclass('auth.users') IS NOT NULL THEN
        INSERT INTO auth.users (id, email)
        SELECT (p ->> 'id')::uuid, (p ->> 'id') || '@align.invalid' FROM jsonb_array_elements(people) AS p;
    END IF;
    -- a sign-up trigger, where there is one, has made profiles, and only of agents
    DELETE FROM public.users WHERE id IN (SELECT (p ->> 'id')::uuid FROM jsonb_array_elements(people) AS p);
    INSERT INTO public.users (id, full_name, email, role, manager_id)
    SELECT (p ->> 'id')::uuid, 'align ' || (p ->> 'role'), (p ->> 'id') || '@align.invalid', p ->> 'role', (p ->> 'manager')::uuid
    FROM jsonb_array_elements(people) AS p;

    -- rules that hold people at screens to their own rows let a super_admin through
    PERFORM set_config('request.jwt.claims', json_build_object('sub', admin, 'role', 'authenticated')::text, true);
    IF to_regclass('public.clients') IS NOT NULL THEN
        INSERT INTO public.clients (id, client_name) VALUES (client, 'align verify');
    END IF;
    IF to_regclass('public.leads') IS NOT NULL THEN
        INSERT INTO public.leads (id, client_id, agent_id, contact_person, status_bucket)
        VALUES (lead, client, agent, 'align verify', 'P3');
    END IF;
    IF to_regclass('public.pipeline_stages') IS NOT NULL THEN
        INSERT INTO public.pipeline_stages (id, name, order_position) VALUES (stage, 'align verify', -1);
    END IF;
    IF to_regclass('public.lead_activities') IS NOT NULL THEN
        INSERT INTO public.lead_activities (id, lead_id, activity_type, created_by) VALUES (row_of, lead, 'note', agent);
    END IF;
    IF to_regclass('public.calls') IS NOT NULL THEN
        INSERT INTO public.calls (id, lead_id, user_id, call_type, outcome, call_start_time)
        VALUES (row_of, lead, agent, 'outbound', 'completed', now());
    END IF;
    IF to_regclass('public.follow_ups') IS NOT NULL THEN
        INSERT INTO public.follow_ups (id, lead_id, agent_id, due_date, status)
        VALUES (row_of, lead, agent, now() + interval '1 day', 'Pending');
    END IF;
    IF to_regclass('public.meetings') IS NOT NULL THEN
        INSERT INTO public.meetings (id, lead_id, agent_id, title, start_time, end_time, status)
        VALUES (row_of, lead, agent, 'align verify', now() + interval '1 day', now() + interval '25 hours', 'Scheduled');
    END IF;
    IF to_regclass('public.lead_scoring_criteria') IS NOT NULL THEN
        INSERT INTO public.lead_scoring_criteria
            (id, name, category, condition_field, condition_operator, condition_value, score_points)
        VALUES (row_of, 'align verify', 'behavioral', 'lead_source', 'equals', 'voice_call', 1);
    END IF;
    IF to_regclass('public.nurture_sequences') IS NOT NULL THEN
        INSERT INTO public.nurture_sequences (id, name, created_by) VALUES (sequence, 'align verify', agent);
    END IF;
    IF to_regclass('public.nurture_steps') IS NOT NULL THEN
        INSERT INTO public.nurture_steps (id, sequence_id, step_order, name, action_type)
        VALUES (row_of, sequence, 1, 'align verify', 'email');
    END IF;
    IF to_regclass('public.lead_nurture_enrollments') IS NOT NULL THEN
        INSERT INTO public.lead_nurture_enrollments (id, lead_id, sequence_id, created_by)
        VALUES (row_of, lead, sequence, agent);
    END IF;
    IF to_regclass('public.todos') IS NOT NULL THEN
        INSERT INTO public.todos (id, user_id, title, assigned_by) VALUES (todo, agent, 'align verify', manager);
    END IF;
    IF to_regclass('public.todo_comments') IS NOT NULL THEN
        INSERT INTO public.todo_comments (id, todo_id, user_id, comment) VALUES (row_of, todo, agent, 'align verify');
    END IF;
    IF to_regclass('public.todo_attachments') IS NOT NULL THEN
        INSERT INTO public.todo_attachments (id, todo_id, filename, file_url, uploaded_by)
        VALUES (row_of, todo, 'align verify', 'align verify', agent);
    END IF;
    IF to_regclass('public.notifications') IS NOT NULL THEN
        INSERT INTO public.notifications (id, user_id, type, title, message)
        VALUES (row_of, agent, 'system_alert', 'align verify', 'align verify');
    END IF;
    IF to_regclass('public.notification_preferences') IS NOT NULL THEN
        INSERT INTO public.notification_preferences (id, user_id, notification_type)
        VALUES (row_of, agent, 'system_alert');
    END IF;
    IF to_regclass('public.attendance') IS NOT NULL THEN
        INSERT INTO public.attendance (id, user_id, date) VALUES (row_of, agent, date '2000-01-01');
    END IF;
    IF to_regclass('public.daily_reports') IS NOT NULL THEN
        INSERT INTO public.daily_reports (id, agent_id, manager_id, report_date, team_type)
        VALUES (row_of, agent, manager, date '2000-01-01', 'telesales');
    END IF;
    IF to_regclass('public.admin_audit') IS NOT NULL THEN
        INSERT INTO public.admin_audit (id, user_id, action) VALUES (row_of, agent, 'align verify');
    END IF;
    -- with an id of its own: a sequence keeps what a rolled back transaction took
    IF to_regclass('public.user_links') IS NOT NULL THEN
        INSERT INTO public.user_links (id, email) VALUES (-1, 'verify@align.invalid');
    END IF;
    IF to_regclass('public.activities') IS NOT NULL THEN
        INSERT INTO public.activities (id, lead_id, activity_type) VALUES (stage, lead, 'note');
    END IF;
    IF to_regclass('public.conversations') IS NOT NULL THEN
        INSERT INTO public.conversations (id, session_id, lead_id) VALUES (row_of, 'align verify', lead);
    END IF;
    PERFORM set_config('request.jwt.claims', '', true);
END
$$;
