-- Appointments. Without accounts created_by is just an id: a second way
-- to public.users would make the screens' users(...) ambiguous.

CALL align.adapt($ddl$
CREATE TABLE IF NOT EXISTS public.meetings (
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
    created_by      uuid DEFAULT auth.uid(),
    scheduled_by_ai boolean NOT NULL DEFAULT false,
    meeting_type    text,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT meetings_end_after_start CHECK (end_time > start_time)
)
$ddl$);

CREATE INDEX IF NOT EXISTS idx_meetings_lead_id ON public.meetings (lead_id);
CREATE INDEX IF NOT EXISTS idx_meetings_agent_id ON public.meetings (agent_id);
CREATE INDEX IF NOT EXISTS idx_meetings_created_by ON public.meetings (created_by);
CREATE INDEX IF NOT EXISTS idx_meetings_start_time ON public.meetings (start_time);

CREATE OR REPLACE TRIGGER before_meeting_changes_validation
    BEFORE INSERT OR UPDATE ON public.meetings
    FOR EACH ROW EXECUTE FUNCTION public.validate_engagement_changes();

CREATE OR REPLACE TRIGGER capitalise_meeting_status
    BEFORE INSERT OR UPDATE OF status ON public.meetings
    FOR EACH ROW EXECUTE FUNCTION public.capitalise_status();

CREATE OR REPLACE TRIGGER update_meetings_updated_at
    BEFORE UPDATE ON public.meetings
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

CALL align.adapt($ddl$
CREATE POLICY meetings_select ON public.meetings FOR SELECT TO authenticated
    USING (agent_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), agent_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY meetings_insert ON public.meetings FOR INSERT TO authenticated
    WITH CHECK (agent_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), agent_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY meetings_update ON public.meetings FOR UPDATE TO authenticated
    USING (agent_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), agent_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin')
    WITH CHECK (agent_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), agent_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY meetings_delete ON public.meetings FOR DELETE TO authenticated
    USING (agent_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), agent_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

ALTER TABLE public.meetings ENABLE ROW LEVEL SECURITY;

CALL align.rights_of_table('public.meetings');

COMMENT ON TABLE public.meetings IS 'Appointments, with a lead or without.';
COMMENT ON COLUMN public.meetings.created_by IS 'The account that wrote the row; agent_id holds the meeting.';

CREATE OR REPLACE FUNCTION public.upsert_meetings_bulk(meetings_data jsonb) RETURNS void
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

CALL align.rights_of_function('public.upsert_meetings_bulk(jsonb)', true);

DO $$
BEGIN
    IF align.has_accounts() AND NOT EXISTS (
        SELECT FROM pg_constraint
        WHERE conrelid = 'public.meetings'::regclass AND conname = 'meetings_created_by_fkey'
    ) THEN
        ALTER TABLE public.meetings
            ADD CONSTRAINT meetings_created_by_fkey FOREIGN KEY (created_by) REFERENCES auth.users (id) ON DELETE SET NULL;
    END IF;
END
$$;
