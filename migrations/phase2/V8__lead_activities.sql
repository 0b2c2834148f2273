-- The timeline of a lead.

-- An entry without an author was written by the voice agent; where she has no account, by the lead's agent.
CALL align.adapt($ddl$
CREATE OR REPLACE FUNCTION public.fill_activity_author() RETURNS trigger
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
$$
$ddl$);

CALL align.rights_of_function('public.fill_activity_author()', false);

CREATE TABLE IF NOT EXISTS public.lead_activities (
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

CREATE INDEX IF NOT EXISTS idx_lead_activities_lead_id ON public.lead_activities (lead_id);
CREATE INDEX IF NOT EXISTS idx_lead_activities_created_by ON public.lead_activities (created_by);
CREATE INDEX IF NOT EXISTS idx_lead_activities_activity_date ON public.lead_activities (activity_date);

CREATE OR REPLACE TRIGGER fill_lead_activity_author
    BEFORE INSERT ON public.lead_activities
    FOR EACH ROW EXECUTE FUNCTION public.fill_activity_author();

CREATE OR REPLACE TRIGGER update_lead_activities_updated_at
    BEFORE UPDATE ON public.lead_activities
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- What hangs on a lead is seen with it and changed by its author.
CALL align.adapt($ddl$
CREATE POLICY lead_activities_select ON public.lead_activities FOR SELECT TO authenticated
    USING (public.can_see_lead(lead_id))
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY lead_activities_insert ON public.lead_activities FOR INSERT TO authenticated
    WITH CHECK ((created_by = (SELECT auth.uid()) AND public.can_see_lead(lead_id))
        OR (SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY lead_activities_update ON public.lead_activities FOR UPDATE TO authenticated
    USING ((created_by = (SELECT auth.uid()) AND public.can_see_lead(lead_id))
        OR (SELECT public.get_current_user_role()) = 'super_admin')
    WITH CHECK ((created_by = (SELECT auth.uid()) AND public.can_see_lead(lead_id))
        OR (SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY lead_activities_delete ON public.lead_activities FOR DELETE TO authenticated
    USING ((created_by = (SELECT auth.uid()) AND public.can_see_lead(lead_id))
        OR (SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

ALTER TABLE public.lead_activities ENABLE ROW LEVEL SECURITY;

CALL align.rights_of_table('public.lead_activities');

COMMENT ON TABLE public.lead_activities IS 'Timeline of a lead.';
COMMENT ON COLUMN public.lead_activities.created_by IS 'Author; filled from the session or with the voice agent when left out.';
