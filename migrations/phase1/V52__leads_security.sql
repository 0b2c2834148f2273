-- Policies first, then the switch: no moment without both.

CALL align.keep_direct_access('public.leads');

-- A lead without an agent is seen by super_admins only.
CALL align.adapt($ddl$
CREATE POLICY leads_select ON public.leads FOR SELECT TO authenticated
    USING (agent_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), agent_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY leads_insert ON public.leads FOR INSERT TO authenticated
    WITH CHECK (agent_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), agent_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY leads_update ON public.leads FOR UPDATE TO authenticated
    USING (agent_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), agent_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin')
    WITH CHECK (agent_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), agent_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY leads_delete ON public.leads FOR DELETE TO authenticated
    USING (agent_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), agent_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

ALTER TABLE public.leads ENABLE ROW LEVEL SECURITY;

CALL align.rights_of_table('public.leads');

COMMENT ON TABLE public.leads IS 'Sales opportunities.';
COMMENT ON COLUMN public.leads.agent_id IS 'Owner; without one only super_admins see the lead.';
COMMENT ON COLUMN public.leads.status_bucket IS 'Priority: P1 hot, P2 warm, P3 the rest.';
COMMENT ON COLUMN public.leads.lead_source IS 'Channel; voice sessions write voice_call or voice_assistant.';
COMMENT ON COLUMN public.leads.sync_lock IS 'True keeps the spreadsheet import from overwriting the row.';
COMMENT ON COLUMN public.leads.win_probability IS 'Percent.';
