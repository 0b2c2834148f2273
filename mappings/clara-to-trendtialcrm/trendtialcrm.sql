-- TrendtialCRM, the target: 21 tables, 242 columns.
-- The 226 columns its authors ship, plus 16 that the voice agent and the screens already use
-- (calls 7, users 4, follow_ups 3, meetings 2); repaired where the shipped schema defeats them:
-- keys the screens can embed, row security everywhere, triggers that let a service key write.
-- Needs Supabase: schema auth with users, uid() and role(); roles anon, authenticated, service_role.

-- Types

CREATE TYPE public.attendance_status_enum AS ENUM ('CheckedOut', 'CheckedIn', 'OnLeave');
CREATE TYPE public.team_type_enum AS ENUM ('telesales', 'linkedin', 'cold_email');
CREATE TYPE public.todo_status AS ENUM ('pending', 'in_progress', 'completed', 'cancelled');
CREATE TYPE public.todo_priority AS ENUM ('low', 'medium', 'high', 'urgent');

-- People

CREATE TABLE public.users (
    id         uuid PRIMARY KEY REFERENCES auth.users (id) ON DELETE CASCADE,
    full_name  text,
    email      text UNIQUE,
    role       text NOT NULL DEFAULT 'agent' CHECK (role IN ('agent', 'manager', 'super_admin')),
    manager_id uuid REFERENCES public.users (id) ON DELETE SET NULL,
    is_active  boolean NOT NULL DEFAULT true,
    avatar_url text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT users_not_own_manager CHECK (manager_id <> id)
);

-- Sales

CREATE TABLE public.clients (
    id                    uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    client_name           text NOT NULL UNIQUE,
    company               text,
    industry              text,
    location              text,
    phone                 text,
    physical_meeting_info text,
    expected_value        numeric,
    company_size          integer,
    email                 text,
    created_at            timestamptz NOT NULL DEFAULT now(),
    updated_at            timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE public.pipeline_stages (
    id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name           text NOT NULL,
    description    text,
    order_position integer NOT NULL UNIQUE,
    probability    integer DEFAULT 0 CHECK (probability >= 0 AND probability <= 100),
    is_active      boolean DEFAULT true,
    color_code     text DEFAULT '#6366f1',
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now()
);

-- Only agent_id may point at public.users: a second way there makes users(...) ambiguous.
CREATE TABLE public.leads (
    id                   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    client_id            uuid NOT NULL REFERENCES public.clients (id) ON DELETE CASCADE,
    agent_id             uuid REFERENCES public.users (id) ON DELETE SET NULL,
    status_bucket        text NOT NULL DEFAULT 'P3' CHECK (status_bucket IN ('P1', 'P2', 'P3')),
    lead_score           integer DEFAULT 0,
    qualification_status text DEFAULT 'unqualified'
        CHECK (qualification_status IN ('unqualified', 'marketing_qualified', 'sales_qualified', 'opportunity')),
    campaign_id          text,
    utm_source           text,
    utm_medium           text,
    utm_campaign         text,
    referrer_url         text,
    first_touch_date     timestamptz,
    last_touch_date      timestamptz,
    progress_details     text,
    next_step            text,
    lead_source          text,
    contact_person       text,
    email                text,
    phone                text,
    deal_value           numeric,
    tags                 text[],
    follow_up_due_date   timestamptz,
    sync_lock            boolean NOT NULL DEFAULT false,
    notes                text,
    pipeline_stage_id    uuid REFERENCES public.pipeline_stages (id),
    expected_close_date  date,
    win_probability      integer DEFAULT 0 CHECK (win_probability >= 0 AND win_probability <= 100),
    lost_reason          text,
    industry             text,
    created_at           timestamptz NOT NULL DEFAULT now(),
    updated_at           timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE public.lead_activities (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    lead_id       uuid NOT NULL REFERENCES public.leads (id) ON DELETE CASCADE,
    activity_type text NOT NULL
        CHECK (activity_type IN ('email', 'call', 'meeting', 'note', 'status_change', 'document', 'task', 'demo', 'ai_interaction')),
    subject       text,
    description   text,
    created_by    uuid NOT NULL REFERENCES public.users (id) ON DELETE RESTRICT,
    activity_date timestamptz DEFAULT now(),
    metadata      jsonb DEFAULT '{}'::jsonb,
    is_automated  boolean DEFAULT false,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now()
);

-- Both vocabularies are the union of what the screens, the seed and the voice agent write.
CREATE TABLE public.calls (
    id                   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    lead_id              uuid NOT NULL REFERENCES public.leads (id) ON DELETE CASCADE,
    user_id              uuid REFERENCES public.users (id) ON DELETE SET NULL,
    duration             integer CHECK (duration >= 0),
    call_type            text NOT NULL
        CHECK (call_type IN ('inbound', 'outbound', 'callback', 'voicemail', 'ai_voice', 'ai_outbound', 'ai_inbound')),
    outcome              text NOT NULL DEFAULT 'in_progress'
        CHECK (outcome IN ('in_progress', 'completed', 'no_answer', 'busy', 'failed', 'voicemail', 'qualified',
                           'not_interested', 'callback_requested', 'follow_up_scheduled', 'cancelled')),
    notes                text,
    call_start_time      timestamptz NOT NULL DEFAULT now(),
    session_id           varchar(255),
    ai_session_id        varchar(255),
    transcript           text,
    sentiment_score      numeric(3,2) CHECK (sentiment_score >= -1 AND sentiment_score <= 1),
    lead_score_after     integer,
    qualification_status text
        CHECK (qualification_status IN ('unqualified', 'marketing_qualified', 'sales_qualified', 'opportunity')),
    bant_assessment      jsonb,
    created_at           timestamptz NOT NULL DEFAULT now(),
    updated_at           timestamptz NOT NULL DEFAULT now()
);

-- created_by points at auth.users, which the API does not expose, so users(...) stays unambiguous.
CREATE TABLE public.follow_ups (
    id                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    lead_id           uuid NOT NULL REFERENCES public.leads (id) ON DELETE CASCADE,
    agent_id          uuid NOT NULL REFERENCES public.users (id) ON DELETE RESTRICT,
    due_date          timestamptz NOT NULL,
    status            text NOT NULL DEFAULT 'Pending'
        CHECK (status IN ('Pending', 'Completed', 'Rescheduled', 'Cancelled')),
    notes             text,
    created_by        uuid DEFAULT auth.uid() REFERENCES auth.users (id) ON DELETE SET NULL,
    suggested_by_ai   boolean NOT NULL DEFAULT false,
    ai_recommendation text,
    completed_at      timestamptz,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE public.meetings (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    lead_id         uuid REFERENCES public.leads (id) ON DELETE SET NULL,
    agent_id        uuid NOT NULL REFERENCES public.users (id) ON DELETE RESTRICT,
    title           text NOT NULL,
    start_time      timestamptz NOT NULL,
    end_time        timestamptz NOT NULL,
    location        text,
    notes           text,
    status          text DEFAULT 'Scheduled'
        CHECK (status IN ('Scheduled', 'Completed', 'Pending', 'Cancelled')),
    created_by      uuid DEFAULT auth.uid() REFERENCES auth.users (id) ON DELETE SET NULL,
    scheduled_by_ai boolean NOT NULL DEFAULT false,
    meeting_type    text,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT meetings_end_after_start CHECK (end_time > start_time)
);

CREATE TABLE public.lead_scoring_criteria (
    id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name               text NOT NULL,
    category           text NOT NULL
        CHECK (category IN ('demographic', 'behavioral', 'engagement', 'firmographic')),
    condition_field    text NOT NULL,
    condition_operator text NOT NULL
        CHECK (condition_operator IN ('equals', 'contains', 'greater_than', 'less_than', 'in_range')),
    condition_value    text NOT NULL,
    score_points       integer NOT NULL,
    is_active          boolean DEFAULT true,
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now()
);

-- Nurturing

CREATE TABLE public.nurture_sequences (
    id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name               text NOT NULL,
    description        text,
    created_by         uuid REFERENCES public.users (id) ON DELETE SET NULL,
    trigger_conditions jsonb DEFAULT '{}'::jsonb,
    is_active          boolean DEFAULT true,
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE public.nurture_steps (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    sequence_id   uuid NOT NULL REFERENCES public.nurture_sequences (id) ON DELETE CASCADE,
    step_order    integer NOT NULL,
    name          text NOT NULL,
    action_type   text NOT NULL CHECK (action_type IN ('email', 'task', 'call', 'sms', 'notification')),
    content       text,
    delay_days    integer DEFAULT 0,
    template_data jsonb DEFAULT '{}'::jsonb,
    is_active     boolean DEFAULT true,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE public.lead_nurture_enrollments (
    id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    lead_id          uuid NOT NULL REFERENCES public.leads (id) ON DELETE CASCADE,
    sequence_id      uuid NOT NULL REFERENCES public.nurture_sequences (id) ON DELETE CASCADE,
    current_step     integer DEFAULT 1,
    status           text DEFAULT 'active' CHECK (status IN ('active', 'paused', 'completed', 'cancelled')),
    enrolled_at      timestamptz DEFAULT now(),
    completed_at     timestamptz,
    next_action_date timestamptz,
    created_by       uuid REFERENCES public.users (id) ON DELETE SET NULL,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now()
);

-- Team

CREATE TABLE public.todos (
    id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id        uuid NOT NULL REFERENCES public.users (id) ON DELETE CASCADE,
    title          text NOT NULL,
    description    text,
    due_date       timestamptz,
    category       text,
    assigned_by    uuid REFERENCES public.users (id) ON DELETE SET NULL,
    completed_at   timestamptz,
    status         public.todo_status DEFAULT 'pending',
    priority       public.todo_priority DEFAULT 'medium',
    tags           text[] DEFAULT '{}',
    order_position integer DEFAULT 0,
    is_team_task   boolean DEFAULT false,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE public.todo_comments (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    todo_id    uuid NOT NULL REFERENCES public.todos (id) ON DELETE CASCADE,
    user_id    uuid NOT NULL REFERENCES public.users (id) ON DELETE CASCADE,
    comment    text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE public.todo_attachments (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    todo_id     uuid NOT NULL REFERENCES public.todos (id) ON DELETE CASCADE,
    filename    text NOT NULL,
    file_url    text NOT NULL,
    file_size   integer,
    uploaded_by uuid NOT NULL REFERENCES public.users (id) ON DELETE CASCADE,
    created_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE public.notifications (
    id                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id           uuid NOT NULL REFERENCES public.users (id) ON DELETE CASCADE,
    type              text NOT NULL
        CHECK (type IN ('follow_up_reminder', 'meeting_reminder', 'overdue_follow_up', 'upcoming_meeting', 'lead_update', 'system_alert')),
    title             text NOT NULL,
    message           text NOT NULL,
    entity_type       text CHECK (entity_type IN ('follow_up', 'meeting', 'lead', 'system')),
    entity_id         uuid,
    scheduled_for     timestamptz,
    is_read           boolean DEFAULT false,
    notification_date timestamptz NOT NULL DEFAULT now(),
    delivery_method   text[] DEFAULT ARRAY['in_app'],
    metadata          jsonb DEFAULT '{}'::jsonb,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE public.notification_preferences (
    id                   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id              uuid NOT NULL REFERENCES public.users (id) ON DELETE CASCADE,
    notification_type    text NOT NULL
        CHECK (notification_type IN ('follow_up_reminder', 'meeting_reminder', 'overdue_follow_up', 'upcoming_meeting', 'lead_update', 'system_alert')),
    enabled              boolean DEFAULT true,
    reminder_minutes     integer[] DEFAULT ARRAY[15, 60, 1440],
    delivery_methods     text[] DEFAULT ARRAY['in_app', 'sound'],
    email_enabled        boolean DEFAULT false,
    browser_push_enabled boolean DEFAULT true,
    sound_enabled        boolean DEFAULT true,
    sound_type           text DEFAULT 'info' CHECK (sound_type IN ('success', 'error', 'info')),
    created_at           timestamptz NOT NULL DEFAULT now(),
    updated_at           timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE public.attendance (
    id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id        uuid NOT NULL REFERENCES public.users (id) ON DELETE CASCADE,
    date           date NOT NULL,
    check_in_time  timestamptz,
    check_out_time timestamptz,
    status         public.attendance_status_enum NOT NULL DEFAULT 'CheckedOut',
    notes          text,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE public.daily_reports (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    agent_id        uuid NOT NULL REFERENCES public.users (id) ON DELETE CASCADE,
    manager_id      uuid REFERENCES public.users (id) ON DELETE SET NULL,
    report_date     date NOT NULL,
    team_type       public.team_type_enum NOT NULL,
    outreach_count  integer,
    responses_count integer,
    comments_done   integer,
    content_posted  boolean,
    emails_sent     integer,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now()
);

-- Office

CREATE TABLE public.admin_audit (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id       uuid REFERENCES public.users (id) ON DELETE SET NULL,
    action        text NOT NULL,
    target_entity text,
    target_id     uuid,
    details       jsonb,
    created_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE public.user_links (
    id               bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    email            text NOT NULL,
    instagram_link   text,
    linkedin_link    text,
    instagram_handle text,
    created_at       timestamptz NOT NULL DEFAULT now()
);

-- The order is the board's; a closed deal is won or lost, hence 100 and 0.
INSERT INTO public.pipeline_stages (name, order_position, probability) VALUES
    ('New Lead', 1, 10),
    ('Qualified', 2, 25),
    ('Demo Scheduled', 3, 40),
    ('Proposal Sent', 4, 60),
    ('Negotiation', 5, 80),
    ('Closed Won', 6, 100),
    ('Closed Lost', 7, 0);

-- Indexes: every foreign key, then what lists filter and sort by

CREATE INDEX idx_users_manager_id ON public.users (manager_id);
CREATE INDEX idx_leads_client_id ON public.leads (client_id);
CREATE INDEX idx_leads_agent_id ON public.leads (agent_id);
CREATE INDEX idx_leads_pipeline_stage_id ON public.leads (pipeline_stage_id);
CREATE INDEX idx_lead_activities_lead_id ON public.lead_activities (lead_id);
CREATE INDEX idx_lead_activities_created_by ON public.lead_activities (created_by);
CREATE INDEX idx_calls_lead_id ON public.calls (lead_id);
CREATE INDEX idx_calls_user_id ON public.calls (user_id);
CREATE INDEX idx_follow_ups_lead_id ON public.follow_ups (lead_id);
CREATE INDEX idx_follow_ups_agent_id ON public.follow_ups (agent_id);
CREATE INDEX idx_follow_ups_created_by ON public.follow_ups (created_by);
CREATE INDEX idx_meetings_lead_id ON public.meetings (lead_id);
CREATE INDEX idx_meetings_agent_id ON public.meetings (agent_id);
CREATE INDEX idx_meetings_created_by ON public.meetings (created_by);
CREATE INDEX idx_nurture_sequences_created_by ON public.nurture_sequences (created_by);
CREATE INDEX idx_nurture_steps_sequence_id ON public.nurture_steps (sequence_id);
CREATE INDEX idx_lead_nurture_enrollments_lead_id ON public.lead_nurture_enrollments (lead_id);
CREATE INDEX idx_lead_nurture_enrollments_sequence_id ON public.lead_nurture_enrollments (sequence_id);
CREATE INDEX idx_lead_nurture_enrollments_created_by ON public.lead_nurture_enrollments (created_by);
CREATE INDEX idx_todos_user_id ON public.todos (user_id);
CREATE INDEX idx_todos_assigned_by ON public.todos (assigned_by);
CREATE INDEX idx_todo_comments_todo_id ON public.todo_comments (todo_id);
CREATE INDEX idx_todo_comments_user_id ON public.todo_comments (user_id);
CREATE INDEX idx_todo_attachments_todo_id ON public.todo_attachments (todo_id);
CREATE INDEX idx_todo_attachments_uploaded_by ON public.todo_attachments (uploaded_by);
CREATE INDEX idx_notifications_user_id ON public.notifications (user_id);
CREATE INDEX idx_notification_preferences_user_id ON public.notification_preferences (user_id);
CREATE INDEX idx_attendance_user_id ON public.attendance (user_id);
CREATE INDEX idx_daily_reports_agent_id ON public.daily_reports (agent_id);
CREATE INDEX idx_daily_reports_manager_id ON public.daily_reports (manager_id);
CREATE INDEX idx_admin_audit_user_id ON public.admin_audit (user_id);

CREATE INDEX idx_leads_status_bucket ON public.leads (status_bucket);
CREATE INDEX idx_leads_email ON public.leads (email);
CREATE INDEX idx_leads_created_at ON public.leads (created_at);
CREATE INDEX idx_lead_activities_activity_date ON public.lead_activities (activity_date);
CREATE INDEX idx_calls_call_start_time ON public.calls (call_start_time);
CREATE INDEX idx_follow_ups_due_date ON public.follow_ups (due_date);
CREATE INDEX idx_meetings_start_time ON public.meetings (start_time);

-- One call a voice session; calls dialled by hand have none.
CREATE UNIQUE INDEX calls_session_id_key ON public.calls (session_id) WHERE session_id IS NOT NULL;

-- Who is asking. Definer rights: a policy on users must not need a policy on users.

CREATE FUNCTION public.get_current_user_role() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT u.role FROM public.users AS u WHERE u.id = auth.uid()
$$;

CREATE FUNCTION public.is_manager_of(manager_user_id uuid, agent_user_id uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT EXISTS (
        SELECT 1 FROM public.users AS u WHERE u.id = agent_user_id AND u.manager_id = manager_user_id
    )
$$;

CREATE FUNCTION public.can_see_lead(lead uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT EXISTS (
        SELECT 1
        FROM public.leads AS l
        WHERE l.id = lead
          AND (l.agent_id = auth.uid()
               OR public.is_manager_of(auth.uid(), l.agent_id)
               OR public.get_current_user_role() = 'super_admin')
    )
$$;

CREATE FUNCTION public.can_see_todo(todo uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT EXISTS (
        SELECT 1
        FROM public.todos AS t
        WHERE t.id = todo
          AND (auth.uid() IN (t.user_id, t.assigned_by)
               OR public.is_manager_of(auth.uid(), t.user_id)
               OR public.get_current_user_role() = 'super_admin')
    )
$$;

CREATE FUNCTION public.can_edit_sequence(sequence uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT EXISTS (
        SELECT 1
        FROM public.nurture_sequences AS s
        WHERE s.id = sequence
          AND (s.created_by = auth.uid()
               OR public.is_manager_of(auth.uid(), s.created_by)
               OR public.get_current_user_role() = 'super_admin')
    )
$$;

-- The rules below are for people at screens. A service key, a super_admin and a session without
-- claims (psql, a migration, a dump) are not held to them.
CREATE FUNCTION public.bypasses_validation() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT coalesce(auth.role() = 'service_role', false)
        OR (auth.role() IS NULL AND auth.uid() IS NULL)
        OR coalesce(public.get_current_user_role() = 'super_admin', false)
$$;

-- Trigger functions

CREATE FUNCTION public.update_updated_at_column() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END
$$;

CREATE FUNCTION public.set_completed_at() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    IF NEW.status = 'completed' THEN
        NEW.completed_at := coalesce(NEW.completed_at, now());
    ELSE
        NEW.completed_at := NULL;
    END IF;
    RETURN NEW;
END
$$;

-- Some writers say 'pending'; the check and every reader want 'Pending'.
CREATE FUNCTION public.capitalise_status() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    NEW.status := initcap(NEW.status);
    RETURN NEW;
END
$$;

-- The voice agent writes ai_session_id, everything else session_id.
CREATE FUNCTION public.sync_call_session_ids() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.session_id := coalesce(NEW.session_id, NEW.ai_session_id);
    ELSIF NEW.session_id IS NOT DISTINCT FROM OLD.session_id THEN
        NEW.session_id := NEW.ai_session_id;
    END IF;
    NEW.ai_session_id := NEW.session_id;
    RETURN NEW;
END
$$;

-- An entry without an author was written by the voice agent; where she has no account, by the lead's agent.
CREATE FUNCTION public.fill_activity_author() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    NEW.created_by := coalesce(
        NEW.created_by,
        auth.uid(),
        (SELECT u.id FROM public.users AS u WHERE u.email = 'clara@trendtialcrm.ai'),
        (SELECT l.agent_id FROM public.leads AS l WHERE l.id = NEW.lead_id)
    );
    RETURN NEW;
END
$$;

CREATE FUNCTION public.validate_client_changes() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF public.bypasses_validation() THEN
        RETURN NEW;
    END IF;
    IF btrim(NEW.client_name) = '' THEN
        RAISE EXCEPTION 'a client needs a name' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION public.validate_lead_engagement_changes() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    me      uuid := auth.uid();
    my_role text := public.get_current_user_role();
    moved   boolean := TG_OP = 'INSERT';
BEGIN
    IF public.bypasses_validation() THEN
        RETURN NEW;
    END IF;
    IF my_role IS NULL THEN
        RAISE EXCEPTION 'leads are written by people with a profile' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        moved := NEW.agent_id IS DISTINCT FROM OLD.agent_id;
        IF my_role = 'agent' AND (moved OR NEW.client_id <> OLD.client_id) THEN
            RAISE EXCEPTION 'an agent cannot hand over a lead or change its client' USING ERRCODE = 'insufficient_privilege';
        END IF;
    END IF;
    IF moved
       AND NEW.agent_id IS DISTINCT FROM me
       AND NOT (my_role = 'manager' AND public.is_manager_of(me, NEW.agent_id)) THEN
        RAISE EXCEPTION 'a lead goes to yourself or to someone you manage' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;

-- Follow-ups and meetings: the same rule as for leads, plus sight of the lead.
CREATE FUNCTION public.validate_engagement_changes() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    me       uuid := auth.uid();
    my_role  text := public.get_current_user_role();
    moved    boolean := TG_OP = 'INSERT';
    relinked boolean := TG_OP = 'INSERT';
BEGIN
    IF public.bypasses_validation() THEN
        RETURN NEW;
    END IF;
    IF my_role IS NULL THEN
        RAISE EXCEPTION '% are written by people with a profile', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        moved := NEW.agent_id <> OLD.agent_id;
        relinked := NEW.lead_id IS DISTINCT FROM OLD.lead_id;
        IF my_role = 'agent' AND moved THEN
            RAISE EXCEPTION 'an agent cannot hand over % to others', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
        END IF;
    END IF;
    IF moved
       AND NEW.agent_id IS DISTINCT FROM me
       AND NOT (my_role = 'manager' AND public.is_manager_of(me, NEW.agent_id)) THEN
        RAISE EXCEPTION '% go to yourself or to someone you manage', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF relinked AND NEW.lead_id IS NOT NULL AND NOT public.can_see_lead(NEW.lead_id) THEN
        RAISE EXCEPTION 'no such lead, or not one of yours' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;

-- Row security lets people edit their own row; this keeps them from promoting themselves.
CREATE FUNCTION public.validate_user_update() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF public.bypasses_validation() THEN
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.email, NEW.role, NEW.is_active) IS DISTINCT FROM (OLD.id, OLD.email, OLD.role, OLD.is_active) THEN
        RAISE EXCEPTION 'id, email, role and is_active are changed by a super_admin' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.manager_id IS DISTINCT FROM OLD.manager_id
       AND NOT (OLD.manager_id IS NOT DISTINCT FROM auth.uid() AND NEW.manager_id IS NULL) THEN
        RAISE EXCEPTION 'a manager may only release a report; a super_admin assigns one' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;

-- The role is never taken from the sign-up form: its metadata is the user's own to write.
CREATE FUNCTION public.handle_new_user() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    INSERT INTO public.users (id, full_name, email, avatar_url)
    VALUES (NEW.id, NEW.raw_user_meta_data ->> 'full_name', NEW.email, NEW.raw_user_meta_data ->> 'avatar_url')
    ON CONFLICT DO NOTHING;
    RETURN NEW;
END
$$;

-- Called by the screens

-- Rows without an id are new; caller's rights, so row security and the triggers apply.
CREATE FUNCTION public.upsert_follow_ups_bulk(follow_ups_data jsonb) RETURNS void
LANGUAGE sql SET search_path = '' AS $$
    INSERT INTO public.follow_ups AS f (id, lead_id, agent_id, due_date, status, notes)
    SELECT coalesce(r.id, gen_random_uuid()), r.lead_id, r.agent_id, r.due_date, coalesce(r.status, 'Pending'), r.notes
    FROM jsonb_to_recordset(follow_ups_data)
        AS r (id uuid, lead_id uuid, agent_id uuid, due_date timestamptz, status text, notes text)
    ON CONFLICT (id) DO UPDATE
    SET lead_id = excluded.lead_id,
        agent_id = excluded.agent_id,
        due_date = excluded.due_date,
        status = excluded.status,
        notes = coalesce(excluded.notes, f.notes)
$$;

CREATE FUNCTION public.upsert_meetings_bulk(meetings_data jsonb) RETURNS void
LANGUAGE sql SET search_path = '' AS $$
    INSERT INTO public.meetings AS m (id, lead_id, agent_id, title, start_time, end_time, location, notes, status)
    SELECT coalesce(r.id, gen_random_uuid()), r.lead_id, r.agent_id, r.title, r.start_time, r.end_time,
           r.location, r.notes, coalesce(r.status, 'Scheduled')
    FROM jsonb_to_recordset(meetings_data)
        AS r (id uuid, lead_id uuid, agent_id uuid, title text, start_time timestamptz, end_time timestamptz,
              location text, notes text, status text)
    ON CONFLICT (id) DO UPDATE
    SET lead_id = excluded.lead_id,
        agent_id = excluded.agent_id,
        title = excluded.title,
        start_time = excluded.start_time,
        end_time = excluded.end_time,
        location = coalesce(excluded.location, m.location),
        notes = coalesce(excluded.notes, m.notes),
        status = excluded.status
$$;

-- Triggers

CREATE TRIGGER on_auth_user_created
    AFTER INSERT ON auth.users
    FOR EACH ROW EXECUTE FUNCTION public.handle_new_user();

CREATE TRIGGER before_user_update_validation
    BEFORE UPDATE ON public.users
    FOR EACH ROW EXECUTE FUNCTION public.validate_user_update();

CREATE TRIGGER before_client_changes_validation
    BEFORE INSERT OR UPDATE ON public.clients
    FOR EACH ROW EXECUTE FUNCTION public.validate_client_changes();

CREATE TRIGGER before_lead_engagement_changes_validation
    BEFORE INSERT OR UPDATE ON public.leads
    FOR EACH ROW EXECUTE FUNCTION public.validate_lead_engagement_changes();

CREATE TRIGGER before_follow_up_changes_validation
    BEFORE INSERT OR UPDATE ON public.follow_ups
    FOR EACH ROW EXECUTE FUNCTION public.validate_engagement_changes();

CREATE TRIGGER before_meeting_changes_validation
    BEFORE INSERT OR UPDATE ON public.meetings
    FOR EACH ROW EXECUTE FUNCTION public.validate_engagement_changes();

CREATE TRIGGER capitalise_follow_up_status
    BEFORE INSERT OR UPDATE OF status ON public.follow_ups
    FOR EACH ROW EXECUTE FUNCTION public.capitalise_status();

CREATE TRIGGER capitalise_meeting_status
    BEFORE INSERT OR UPDATE OF status ON public.meetings
    FOR EACH ROW EXECUTE FUNCTION public.capitalise_status();

CREATE TRIGGER sync_call_session_ids
    BEFORE INSERT OR UPDATE OF session_id, ai_session_id ON public.calls
    FOR EACH ROW EXECUTE FUNCTION public.sync_call_session_ids();

CREATE TRIGGER fill_lead_activity_author
    BEFORE INSERT ON public.lead_activities
    FOR EACH ROW EXECUTE FUNCTION public.fill_activity_author();

CREATE TRIGGER set_todo_completed_at
    BEFORE INSERT OR UPDATE OF status ON public.todos
    FOR EACH ROW EXECUTE FUNCTION public.set_completed_at();

CREATE TRIGGER update_users_updated_at
    BEFORE UPDATE ON public.users
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

CREATE TRIGGER update_clients_updated_at
    BEFORE UPDATE ON public.clients
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

CREATE TRIGGER update_pipeline_stages_updated_at
    BEFORE UPDATE ON public.pipeline_stages
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

CREATE TRIGGER update_leads_updated_at
    BEFORE UPDATE ON public.leads
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

CREATE TRIGGER update_lead_activities_updated_at
    BEFORE UPDATE ON public.lead_activities
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

CREATE TRIGGER update_calls_updated_at
    BEFORE UPDATE ON public.calls
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

CREATE TRIGGER update_follow_ups_updated_at
    BEFORE UPDATE ON public.follow_ups
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

CREATE TRIGGER update_meetings_updated_at
    BEFORE UPDATE ON public.meetings
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

CREATE TRIGGER update_lead_scoring_criteria_updated_at
    BEFORE UPDATE ON public.lead_scoring_criteria
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

CREATE TRIGGER update_nurture_sequences_updated_at
    BEFORE UPDATE ON public.nurture_sequences
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

CREATE TRIGGER update_nurture_steps_updated_at
    BEFORE UPDATE ON public.nurture_steps
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

CREATE TRIGGER update_lead_nurture_enrollments_updated_at
    BEFORE UPDATE ON public.lead_nurture_enrollments
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

CREATE TRIGGER update_todos_updated_at
    BEFORE UPDATE ON public.todos
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

CREATE TRIGGER update_notifications_updated_at
    BEFORE UPDATE ON public.notifications
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

CREATE TRIGGER update_notification_preferences_updated_at
    BEFORE UPDATE ON public.notification_preferences
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

CREATE TRIGGER update_attendance_updated_at
    BEFORE UPDATE ON public.attendance
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

CREATE TRIGGER update_daily_reports_updated_at
    BEFORE UPDATE ON public.daily_reports
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- Row security: on everywhere, at most one policy a table and action

ALTER TABLE public.users ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.clients ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.pipeline_stages ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.leads ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.lead_activities ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.calls ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.follow_ups ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.meetings ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.lead_scoring_criteria ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.nurture_sequences ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.nurture_steps ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.lead_nurture_enrollments ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.todos ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.todo_comments ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.todo_attachments ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.notifications ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.notification_preferences ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.attendance ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.daily_reports ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.admin_audit ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.user_links ENABLE ROW LEVEL SECURITY;

-- Names of colleagues stand on every screen; only people with a profile see them.
CREATE POLICY users_select ON public.users FOR SELECT TO authenticated
    USING ((SELECT public.get_current_user_role()) IS NOT NULL);

CREATE POLICY users_insert ON public.users FOR INSERT TO authenticated
    WITH CHECK ((SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY users_update ON public.users FOR UPDATE TO authenticated
    USING (id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), id)
        OR (SELECT public.get_current_user_role()) = 'super_admin')
    WITH CHECK (id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), id)
        OR (SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY users_delete ON public.users FOR DELETE TO authenticated
    USING ((SELECT public.get_current_user_role()) = 'super_admin');

-- Clients are shared. Deleting one takes leads of others with it, so that is for a super_admin.
CREATE POLICY clients_select ON public.clients FOR SELECT TO authenticated
    USING ((SELECT public.get_current_user_role()) IS NOT NULL);

CREATE POLICY clients_insert ON public.clients FOR INSERT TO authenticated
    WITH CHECK ((SELECT public.get_current_user_role()) IS NOT NULL);

CREATE POLICY clients_update ON public.clients FOR UPDATE TO authenticated
    USING ((SELECT public.get_current_user_role()) IS NOT NULL)
    WITH CHECK ((SELECT public.get_current_user_role()) IS NOT NULL);

CREATE POLICY clients_delete ON public.clients FOR DELETE TO authenticated
    USING ((SELECT public.get_current_user_role()) = 'super_admin');

-- Settings: read by all members.
CREATE POLICY pipeline_stages_select ON public.pipeline_stages FOR SELECT TO authenticated
    USING ((SELECT public.get_current_user_role()) IS NOT NULL);

CREATE POLICY pipeline_stages_insert ON public.pipeline_stages FOR INSERT TO authenticated
    WITH CHECK ((SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY pipeline_stages_update ON public.pipeline_stages FOR UPDATE TO authenticated
    USING ((SELECT public.get_current_user_role()) = 'super_admin')
    WITH CHECK ((SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY pipeline_stages_delete ON public.pipeline_stages FOR DELETE TO authenticated
    USING ((SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY lead_scoring_criteria_select ON public.lead_scoring_criteria FOR SELECT TO authenticated
    USING ((SELECT public.get_current_user_role()) IS NOT NULL);

CREATE POLICY lead_scoring_criteria_insert ON public.lead_scoring_criteria FOR INSERT TO authenticated
    WITH CHECK ((SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY lead_scoring_criteria_update ON public.lead_scoring_criteria FOR UPDATE TO authenticated
    USING ((SELECT public.get_current_user_role()) = 'super_admin')
    WITH CHECK ((SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY lead_scoring_criteria_delete ON public.lead_scoring_criteria FOR DELETE TO authenticated
    USING ((SELECT public.get_current_user_role()) = 'super_admin');

-- A lead without an agent is seen by super_admins only.
CREATE POLICY leads_select ON public.leads FOR SELECT TO authenticated
    USING (agent_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), agent_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY leads_insert ON public.leads FOR INSERT TO authenticated
    WITH CHECK (agent_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), agent_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY leads_update ON public.leads FOR UPDATE TO authenticated
    USING (agent_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), agent_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin')
    WITH CHECK (agent_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), agent_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY leads_delete ON public.leads FOR DELETE TO authenticated
    USING (agent_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), agent_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY follow_ups_select ON public.follow_ups FOR SELECT TO authenticated
    USING (agent_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), agent_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY follow_ups_insert ON public.follow_ups FOR INSERT TO authenticated
    WITH CHECK (agent_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), agent_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY follow_ups_update ON public.follow_ups FOR UPDATE TO authenticated
    USING (agent_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), agent_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin')
    WITH CHECK (agent_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), agent_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY follow_ups_delete ON public.follow_ups FOR DELETE TO authenticated
    USING (agent_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), agent_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY meetings_select ON public.meetings FOR SELECT TO authenticated
    USING (agent_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), agent_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY meetings_insert ON public.meetings FOR INSERT TO authenticated
    WITH CHECK (agent_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), agent_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY meetings_update ON public.meetings FOR UPDATE TO authenticated
    USING (agent_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), agent_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin')
    WITH CHECK (agent_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), agent_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY meetings_delete ON public.meetings FOR DELETE TO authenticated
    USING (agent_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), agent_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin');

-- What hangs on a lead is seen with it and changed by its author.
CREATE POLICY lead_activities_select ON public.lead_activities FOR SELECT TO authenticated
    USING (public.can_see_lead(lead_id));

CREATE POLICY lead_activities_insert ON public.lead_activities FOR INSERT TO authenticated
    WITH CHECK ((created_by = (SELECT auth.uid()) AND public.can_see_lead(lead_id))
        OR (SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY lead_activities_update ON public.lead_activities FOR UPDATE TO authenticated
    USING ((created_by = (SELECT auth.uid()) AND public.can_see_lead(lead_id))
        OR (SELECT public.get_current_user_role()) = 'super_admin')
    WITH CHECK ((created_by = (SELECT auth.uid()) AND public.can_see_lead(lead_id))
        OR (SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY lead_activities_delete ON public.lead_activities FOR DELETE TO authenticated
    USING ((created_by = (SELECT auth.uid()) AND public.can_see_lead(lead_id))
        OR (SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY calls_select ON public.calls FOR SELECT TO authenticated
    USING (public.can_see_lead(lead_id));

CREATE POLICY calls_insert ON public.calls FOR INSERT TO authenticated
    WITH CHECK ((user_id = (SELECT auth.uid()) AND public.can_see_lead(lead_id))
        OR (SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY calls_update ON public.calls FOR UPDATE TO authenticated
    USING ((user_id = (SELECT auth.uid()) AND public.can_see_lead(lead_id))
        OR (SELECT public.get_current_user_role()) = 'super_admin')
    WITH CHECK ((user_id = (SELECT auth.uid()) AND public.can_see_lead(lead_id))
        OR (SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY calls_delete ON public.calls FOR DELETE TO authenticated
    USING ((SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY lead_nurture_enrollments_select ON public.lead_nurture_enrollments FOR SELECT TO authenticated
    USING (public.can_see_lead(lead_id));

CREATE POLICY lead_nurture_enrollments_insert ON public.lead_nurture_enrollments FOR INSERT TO authenticated
    WITH CHECK (public.can_see_lead(lead_id));

CREATE POLICY lead_nurture_enrollments_update ON public.lead_nurture_enrollments FOR UPDATE TO authenticated
    USING (public.can_see_lead(lead_id))
    WITH CHECK (public.can_see_lead(lead_id));

CREATE POLICY lead_nurture_enrollments_delete ON public.lead_nurture_enrollments FOR DELETE TO authenticated
    USING (public.can_see_lead(lead_id));

-- Sequences are shared to read; an author, their manager or a super_admin changes them.
CREATE POLICY nurture_sequences_select ON public.nurture_sequences FOR SELECT TO authenticated
    USING ((SELECT public.get_current_user_role()) IS NOT NULL);

CREATE POLICY nurture_sequences_insert ON public.nurture_sequences FOR INSERT TO authenticated
    WITH CHECK (created_by = (SELECT auth.uid())
        OR (SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY nurture_sequences_update ON public.nurture_sequences FOR UPDATE TO authenticated
    USING (created_by = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), created_by)
        OR (SELECT public.get_current_user_role()) = 'super_admin')
    WITH CHECK (created_by = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), created_by)
        OR (SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY nurture_sequences_delete ON public.nurture_sequences FOR DELETE TO authenticated
    USING (created_by = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), created_by)
        OR (SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY nurture_steps_select ON public.nurture_steps FOR SELECT TO authenticated
    USING ((SELECT public.get_current_user_role()) IS NOT NULL);

CREATE POLICY nurture_steps_insert ON public.nurture_steps FOR INSERT TO authenticated
    WITH CHECK (public.can_edit_sequence(sequence_id));

CREATE POLICY nurture_steps_update ON public.nurture_steps FOR UPDATE TO authenticated
    USING (public.can_edit_sequence(sequence_id))
    WITH CHECK (public.can_edit_sequence(sequence_id));

CREATE POLICY nurture_steps_delete ON public.nurture_steps FOR DELETE TO authenticated
    USING (public.can_edit_sequence(sequence_id));

-- A manager hands out tasks, hence the insert rule.
CREATE POLICY todos_select ON public.todos FOR SELECT TO authenticated
    USING (user_id = (SELECT auth.uid())
        OR assigned_by = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), user_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY todos_insert ON public.todos FOR INSERT TO authenticated
    WITH CHECK (user_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), user_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY todos_update ON public.todos FOR UPDATE TO authenticated
    USING (user_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), user_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin')
    WITH CHECK (user_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), user_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY todos_delete ON public.todos FOR DELETE TO authenticated
    USING (user_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), user_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY todo_comments_select ON public.todo_comments FOR SELECT TO authenticated
    USING (public.can_see_todo(todo_id));

CREATE POLICY todo_comments_insert ON public.todo_comments FOR INSERT TO authenticated
    WITH CHECK (user_id = (SELECT auth.uid()) AND public.can_see_todo(todo_id));

CREATE POLICY todo_comments_update ON public.todo_comments FOR UPDATE TO authenticated
    USING (user_id = (SELECT auth.uid()) AND public.can_see_todo(todo_id))
    WITH CHECK (user_id = (SELECT auth.uid()) AND public.can_see_todo(todo_id));

CREATE POLICY todo_comments_delete ON public.todo_comments FOR DELETE TO authenticated
    USING (user_id = (SELECT auth.uid())
        OR (SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY todo_attachments_select ON public.todo_attachments FOR SELECT TO authenticated
    USING (public.can_see_todo(todo_id));

CREATE POLICY todo_attachments_insert ON public.todo_attachments FOR INSERT TO authenticated
    WITH CHECK (uploaded_by = (SELECT auth.uid()) AND public.can_see_todo(todo_id));

CREATE POLICY todo_attachments_update ON public.todo_attachments FOR UPDATE TO authenticated
    USING (uploaded_by = (SELECT auth.uid()) AND public.can_see_todo(todo_id))
    WITH CHECK (uploaded_by = (SELECT auth.uid()) AND public.can_see_todo(todo_id));

CREATE POLICY todo_attachments_delete ON public.todo_attachments FOR DELETE TO authenticated
    USING (uploaded_by = (SELECT auth.uid())
        OR (SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY notifications_select ON public.notifications FOR SELECT TO authenticated
    USING (user_id = (SELECT auth.uid()));

CREATE POLICY notifications_insert ON public.notifications FOR INSERT TO authenticated
    WITH CHECK (user_id = (SELECT auth.uid()));

CREATE POLICY notifications_update ON public.notifications FOR UPDATE TO authenticated
    USING (user_id = (SELECT auth.uid()))
    WITH CHECK (user_id = (SELECT auth.uid()));

CREATE POLICY notifications_delete ON public.notifications FOR DELETE TO authenticated
    USING (user_id = (SELECT auth.uid()));

CREATE POLICY notification_preferences_select ON public.notification_preferences FOR SELECT TO authenticated
    USING (user_id = (SELECT auth.uid()));

CREATE POLICY notification_preferences_insert ON public.notification_preferences FOR INSERT TO authenticated
    WITH CHECK (user_id = (SELECT auth.uid()));

CREATE POLICY notification_preferences_update ON public.notification_preferences FOR UPDATE TO authenticated
    USING (user_id = (SELECT auth.uid()))
    WITH CHECK (user_id = (SELECT auth.uid()));

CREATE POLICY notification_preferences_delete ON public.notification_preferences FOR DELETE TO authenticated
    USING (user_id = (SELECT auth.uid()));

-- A day's attendance is kept by its owner and read by the manager's team page.
CREATE POLICY attendance_select ON public.attendance FOR SELECT TO authenticated
    USING (user_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), user_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY attendance_insert ON public.attendance FOR INSERT TO authenticated
    WITH CHECK (user_id = (SELECT auth.uid())
        OR (SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY attendance_update ON public.attendance FOR UPDATE TO authenticated
    USING (user_id = (SELECT auth.uid())
        OR (SELECT public.get_current_user_role()) = 'super_admin')
    WITH CHECK (user_id = (SELECT auth.uid())
        OR (SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY attendance_delete ON public.attendance FOR DELETE TO authenticated
    USING ((SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY daily_reports_select ON public.daily_reports FOR SELECT TO authenticated
    USING (agent_id = (SELECT auth.uid())
        OR manager_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), agent_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY daily_reports_insert ON public.daily_reports FOR INSERT TO authenticated
    WITH CHECK (agent_id = (SELECT auth.uid())
        OR (SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY daily_reports_update ON public.daily_reports FOR UPDATE TO authenticated
    USING (agent_id = (SELECT auth.uid())
        OR (SELECT public.get_current_user_role()) = 'super_admin')
    WITH CHECK (agent_id = (SELECT auth.uid())
        OR (SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY daily_reports_delete ON public.daily_reports FOR DELETE TO authenticated
    USING (agent_id = (SELECT auth.uid())
        OR (SELECT public.get_current_user_role()) = 'super_admin');

-- A log: no update and no delete, for nobody.
CREATE POLICY admin_audit_select ON public.admin_audit FOR SELECT TO authenticated
    USING ((SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY admin_audit_insert ON public.admin_audit FOR INSERT TO authenticated
    WITH CHECK (user_id = (SELECT auth.uid()));

-- The only thing a visitor may do: leave a contact on the public form.
CREATE POLICY user_links_select ON public.user_links FOR SELECT TO authenticated
    USING ((SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY user_links_insert ON public.user_links FOR INSERT TO anon, authenticated
    WITH CHECK (email LIKE '%_@_%');

CREATE POLICY user_links_update ON public.user_links FOR UPDATE TO authenticated
    USING ((SELECT public.get_current_user_role()) = 'super_admin')
    WITH CHECK ((SELECT public.get_current_user_role()) = 'super_admin');

CREATE POLICY user_links_delete ON public.user_links FOR DELETE TO authenticated
    USING ((SELECT public.get_current_user_role()) = 'super_admin');

-- Grants, stated: what a project grants by default differs between projects.

REVOKE ALL ON TABLE
    public.users, public.clients, public.pipeline_stages, public.leads, public.lead_activities, public.calls,
    public.follow_ups, public.meetings, public.lead_scoring_criteria, public.nurture_sequences,
    public.nurture_steps, public.lead_nurture_enrollments, public.todos, public.todo_comments,
    public.todo_attachments, public.notifications, public.notification_preferences, public.attendance,
    public.daily_reports, public.admin_audit, public.user_links
    FROM anon, authenticated;

GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE
    public.users, public.clients, public.pipeline_stages, public.leads, public.lead_activities, public.calls,
    public.follow_ups, public.meetings, public.lead_scoring_criteria, public.nurture_sequences,
    public.nurture_steps, public.lead_nurture_enrollments, public.todos, public.todo_comments,
    public.todo_attachments, public.notifications, public.notification_preferences, public.attendance,
    public.daily_reports, public.admin_audit, public.user_links
    TO authenticated;

GRANT ALL ON TABLE
    public.users, public.clients, public.pipeline_stages, public.leads, public.lead_activities, public.calls,
    public.follow_ups, public.meetings, public.lead_scoring_criteria, public.nurture_sequences,
    public.nurture_steps, public.lead_nurture_enrollments, public.todos, public.todo_comments,
    public.todo_attachments, public.notifications, public.notification_preferences, public.attendance,
    public.daily_reports, public.admin_audit, public.user_links
    TO service_role;

GRANT INSERT ON TABLE public.user_links TO anon;

REVOKE ALL ON FUNCTION
    public.get_current_user_role(), public.is_manager_of(uuid, uuid), public.can_see_lead(uuid),
    public.can_see_todo(uuid), public.can_edit_sequence(uuid), public.bypasses_validation(),
    public.upsert_follow_ups_bulk(jsonb), public.upsert_meetings_bulk(jsonb),
    public.update_updated_at_column(), public.set_completed_at(), public.capitalise_status(),
    public.sync_call_session_ids(), public.fill_activity_author(), public.validate_client_changes(),
    public.validate_lead_engagement_changes(), public.validate_engagement_changes(),
    public.validate_user_update(), public.handle_new_user()
    FROM PUBLIC, anon, authenticated;

GRANT EXECUTE ON FUNCTION
    public.get_current_user_role(), public.is_manager_of(uuid, uuid), public.can_see_lead(uuid),
    public.can_see_todo(uuid), public.can_edit_sequence(uuid),
    public.upsert_follow_ups_bulk(jsonb), public.upsert_meetings_bulk(jsonb)
    TO authenticated, service_role;

-- Comments

COMMENT ON TABLE public.users IS 'People who sign in, one row an account; the voice agent is one of them.';
COMMENT ON COLUMN public.users.id IS 'Equal to auth.users.id; the row goes with the account.';
COMMENT ON COLUMN public.users.role IS 'Decides what row security shows; changed by a super_admin only.';
COMMENT ON COLUMN public.users.manager_id IS 'Direct manager: sees and assigns this person''s leads.';
COMMENT ON COLUMN public.users.is_active IS 'Whether lists offer this person; it does not block signing in.';
COMMENT ON TABLE public.clients IS 'Firms that leads belong to.';
COMMENT ON COLUMN public.clients.client_name IS 'The firm''s name, unique: imports match on it.';
COMMENT ON COLUMN public.clients.company_size IS 'Number of employees; of a range, the first number.';
COMMENT ON TABLE public.pipeline_stages IS 'Columns of the sales board, in order.';
COMMENT ON COLUMN public.pipeline_stages.probability IS 'Chance of winning in percent.';
COMMENT ON TABLE public.leads IS 'Sales opportunities.';
COMMENT ON COLUMN public.leads.agent_id IS 'Owner; without one only super_admins see the lead.';
COMMENT ON COLUMN public.leads.status_bucket IS 'Priority: P1 hot, P2 warm, P3 the rest.';
COMMENT ON COLUMN public.leads.lead_source IS 'Channel; voice sessions write voice_call or voice_assistant.';
COMMENT ON COLUMN public.leads.sync_lock IS 'True keeps the spreadsheet import from overwriting the row.';
COMMENT ON COLUMN public.leads.win_probability IS 'Percent.';
COMMENT ON TABLE public.lead_activities IS 'Timeline of a lead.';
COMMENT ON COLUMN public.lead_activities.created_by IS 'Author; filled from the session or with the voice agent when left out.';
COMMENT ON TABLE public.calls IS 'Phone and voice calls with a lead.';
COMMENT ON COLUMN public.calls.duration IS 'Seconds; empty while the call runs.';
COMMENT ON COLUMN public.calls.session_id IS 'Voice session, as in conversations.session_id; unique where set.';
COMMENT ON COLUMN public.calls.ai_session_id IS 'The voice agent''s name for session_id; a trigger keeps both equal.';
COMMENT ON COLUMN public.calls.sentiment_score IS 'From -1, hostile, to 1, friendly.';
COMMENT ON COLUMN public.calls.lead_score_after IS 'The lead''s score when the call ended.';
COMMENT ON COLUMN public.calls.bant_assessment IS 'Budget, authority, need and timeline as heard in the call.';
COMMENT ON TABLE public.follow_ups IS 'Promises to get back to a lead.';
COMMENT ON COLUMN public.follow_ups.created_by IS 'The account that wrote the row; agent_id does the work.';
COMMENT ON TABLE public.meetings IS 'Appointments, with a lead or without.';
COMMENT ON COLUMN public.meetings.created_by IS 'The account that wrote the row; agent_id holds the meeting.';
COMMENT ON TABLE public.lead_scoring_criteria IS 'Rules that add points to a lead''s score.';
COMMENT ON TABLE public.nurture_sequences IS 'Automatic campaigns.';
COMMENT ON TABLE public.nurture_steps IS 'Steps of a campaign, by step_order.';
COMMENT ON TABLE public.lead_nurture_enrollments IS 'Which lead is at which step of which campaign.';
COMMENT ON TABLE public.todos IS 'Tasks of one person, set by themselves or a manager.';
COMMENT ON TABLE public.todo_comments IS 'Remarks on a task.';
COMMENT ON TABLE public.todo_attachments IS 'Files of a task; the bytes are in storage.';
COMMENT ON TABLE public.notifications IS 'Messages to one person.';
COMMENT ON COLUMN public.notifications.entity_id IS 'Row of the kind in entity_type; no foreign key, since the table varies.';
COMMENT ON TABLE public.notification_preferences IS 'How a person wants to be told about what.';
COMMENT ON COLUMN public.notification_preferences.reminder_minutes IS 'Minutes ahead, one reminder each.';
COMMENT ON TABLE public.attendance IS 'Presence, a row a person and day.';
COMMENT ON TABLE public.daily_reports IS 'What an agent did in a day.';
COMMENT ON TABLE public.admin_audit IS 'Log of administrative actions; rows are only added.';
COMMENT ON TABLE public.user_links IS 'Contacts left on the public form.';
