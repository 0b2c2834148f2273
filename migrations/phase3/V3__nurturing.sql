-- Campaigns that nurture leads.

CREATE TABLE IF NOT EXISTS public.nurture_sequences (
    id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name               text NOT NULL,
    description        text,
    created_by         uuid REFERENCES public.users (id) ON DELETE SET NULL,
    trigger_conditions jsonb DEFAULT '{}'::jsonb,
    is_active          boolean DEFAULT true,
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX IF NOT EXISTS idx_nurture_sequences_created_by ON public.nurture_sequences (created_by);

CREATE OR REPLACE TRIGGER update_nurture_sequences_updated_at
    BEFORE UPDATE ON public.nurture_sequences
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- Sequences are shared to read; an author, their manager or a super_admin changes them.
CALL align.adapt($ddl$
CREATE POLICY nurture_sequences_select ON public.nurture_sequences FOR SELECT TO authenticated
    USING ((SELECT public.get_current_user_role()) IS NOT NULL)
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY nurture_sequences_insert ON public.nurture_sequences FOR INSERT TO authenticated
    WITH CHECK (created_by = (SELECT auth.uid())
        OR (SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY nurture_sequences_update ON public.nurture_sequences FOR UPDATE TO authenticated
    USING (created_by = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), created_by)
        OR (SELECT public.get_current_user_role()) = 'super_admin')
    WITH CHECK (created_by = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), created_by)
        OR (SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY nurture_sequences_delete ON public.nurture_sequences FOR DELETE TO authenticated
    USING (created_by = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), created_by)
        OR (SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

ALTER TABLE public.nurture_sequences ENABLE ROW LEVEL SECURITY;

CALL align.rights_of_table('public.nurture_sequences');

COMMENT ON TABLE public.nurture_sequences IS 'Automatic campaigns.';

CALL align.adapt($ddl$
CREATE OR REPLACE FUNCTION public.can_edit_sequence(sequence uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT EXISTS (
        SELECT 1
        FROM public.nurture_sequences AS s
        WHERE s.id = sequence
          AND (s.created_by = auth.uid()
               OR public.is_manager_of(auth.uid(), s.created_by)
               OR public.get_current_user_role() = 'super_admin')
    )
$$
$ddl$);

CALL align.rights_of_function('public.can_edit_sequence(uuid)', true);

CREATE TABLE IF NOT EXISTS public.nurture_steps (
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

CREATE INDEX IF NOT EXISTS idx_nurture_steps_sequence_id ON public.nurture_steps (sequence_id);

CREATE OR REPLACE TRIGGER update_nurture_steps_updated_at
    BEFORE UPDATE ON public.nurture_steps
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

CALL align.adapt($ddl$
CREATE POLICY nurture_steps_select ON public.nurture_steps FOR SELECT TO authenticated
    USING ((SELECT public.get_current_user_role()) IS NOT NULL)
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY nurture_steps_insert ON public.nurture_steps FOR INSERT TO authenticated
    WITH CHECK (public.can_edit_sequence(sequence_id))
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY nurture_steps_update ON public.nurture_steps FOR UPDATE TO authenticated
    USING (public.can_edit_sequence(sequence_id))
    WITH CHECK (public.can_edit_sequence(sequence_id))
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY nurture_steps_delete ON public.nurture_steps FOR DELETE TO authenticated
    USING (public.can_edit_sequence(sequence_id))
$ddl$);

ALTER TABLE public.nurture_steps ENABLE ROW LEVEL SECURITY;

CALL align.rights_of_table('public.nurture_steps');

COMMENT ON TABLE public.nurture_steps IS 'Steps of a campaign, by step_order.';

CREATE TABLE IF NOT EXISTS public.lead_nurture_enrollments (
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

CREATE INDEX IF NOT EXISTS idx_lead_nurture_enrollments_lead_id ON public.lead_nurture_enrollments (lead_id);
CREATE INDEX IF NOT EXISTS idx_lead_nurture_enrollments_sequence_id ON public.lead_nurture_enrollments (sequence_id);
CREATE INDEX IF NOT EXISTS idx_lead_nurture_enrollments_created_by ON public.lead_nurture_enrollments (created_by);

CREATE OR REPLACE TRIGGER update_lead_nurture_enrollments_updated_at
    BEFORE UPDATE ON public.lead_nurture_enrollments
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

CALL align.adapt($ddl$
CREATE POLICY lead_nurture_enrollments_select ON public.lead_nurture_enrollments FOR SELECT TO authenticated
    USING (public.can_see_lead(lead_id))
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY lead_nurture_enrollments_insert ON public.lead_nurture_enrollments FOR INSERT TO authenticated
    WITH CHECK (public.can_see_lead(lead_id))
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY lead_nurture_enrollments_update ON public.lead_nurture_enrollments FOR UPDATE TO authenticated
    USING (public.can_see_lead(lead_id))
    WITH CHECK (public.can_see_lead(lead_id))
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY lead_nurture_enrollments_delete ON public.lead_nurture_enrollments FOR DELETE TO authenticated
    USING (public.can_see_lead(lead_id))
$ddl$);

ALTER TABLE public.lead_nurture_enrollments ENABLE ROW LEVEL SECURITY;

CALL align.rights_of_table('public.lead_nurture_enrollments');

COMMENT ON TABLE public.lead_nurture_enrollments IS 'Which lead is at which step of which campaign.';
