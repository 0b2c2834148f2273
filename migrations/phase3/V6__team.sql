-- Presence and daily work.

DO $$
BEGIN
    CREATE TYPE public.attendance_status_enum AS ENUM ('CheckedOut', 'CheckedIn', 'OnLeave');
EXCEPTION WHEN duplicate_object THEN
    RAISE DEBUG 'type `attendance_status_enum` is there';
END
$$;

DO $$
BEGIN
    CREATE TYPE public.team_type_enum AS ENUM ('telesales', 'linkedin', 'cold_email');
EXCEPTION WHEN duplicate_object THEN
    RAISE DEBUG 'type `team_type_enum` is there';
END
$$;

CREATE TABLE IF NOT EXISTS public.attendance (
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

CREATE INDEX IF NOT EXISTS idx_attendance_user_id ON public.attendance (user_id);

CREATE OR REPLACE TRIGGER update_attendance_updated_at
    BEFORE UPDATE ON public.attendance
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- A day's attendance is kept by its owner and read by the manager's team page.
CALL align.adapt($ddl$
CREATE POLICY attendance_select ON public.attendance FOR SELECT TO authenticated
    USING (user_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), user_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY attendance_insert ON public.attendance FOR INSERT TO authenticated
    WITH CHECK (user_id = (SELECT auth.uid())
        OR (SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY attendance_update ON public.attendance FOR UPDATE TO authenticated
    USING (user_id = (SELECT auth.uid())
        OR (SELECT public.get_current_user_role()) = 'super_admin')
    WITH CHECK (user_id = (SELECT auth.uid())
        OR (SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY attendance_delete ON public.attendance FOR DELETE TO authenticated
    USING ((SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

ALTER TABLE public.attendance ENABLE ROW LEVEL SECURITY;

CALL align.rights_of_table('public.attendance');

COMMENT ON TABLE public.attendance IS 'Presence, a row a person and day.';

CREATE TABLE IF NOT EXISTS public.daily_reports (
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

CREATE INDEX IF NOT EXISTS idx_daily_reports_agent_id ON public.daily_reports (agent_id);
CREATE INDEX IF NOT EXISTS idx_daily_reports_manager_id ON public.daily_reports (manager_id);

CREATE OR REPLACE TRIGGER update_daily_reports_updated_at
    BEFORE UPDATE ON public.daily_reports
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

CALL align.adapt($ddl$
CREATE POLICY daily_reports_select ON public.daily_reports FOR SELECT TO authenticated
    USING (agent_id = (SELECT auth.uid())
        OR manager_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), agent_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY daily_reports_insert ON public.daily_reports FOR INSERT TO authenticated
    WITH CHECK (agent_id = (SELECT auth.uid())
        OR (SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY daily_reports_update ON public.daily_reports FOR UPDATE TO authenticated
    USING (agent_id = (SELECT auth.uid())
        OR (SELECT public.get_current_user_role()) = 'super_admin')
    WITH CHECK (agent_id = (SELECT auth.uid())
        OR (SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY daily_reports_delete ON public.daily_reports FOR DELETE TO authenticated
    USING (agent_id = (SELECT auth.uid())
        OR (SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

ALTER TABLE public.daily_reports ENABLE ROW LEVEL SECURITY;

CALL align.rights_of_table('public.daily_reports');

COMMENT ON TABLE public.daily_reports IS 'What an agent did in a day.';
