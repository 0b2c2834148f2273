-- Rules that score leads.

CREATE TABLE IF NOT EXISTS public.lead_scoring_criteria (
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

CREATE OR REPLACE TRIGGER update_lead_scoring_criteria_updated_at
    BEFORE UPDATE ON public.lead_scoring_criteria
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

CALL align.adapt($ddl$
CREATE POLICY lead_scoring_criteria_select ON public.lead_scoring_criteria FOR SELECT TO authenticated
    USING ((SELECT public.get_current_user_role()) IS NOT NULL)
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY lead_scoring_criteria_insert ON public.lead_scoring_criteria FOR INSERT TO authenticated
    WITH CHECK ((SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY lead_scoring_criteria_update ON public.lead_scoring_criteria FOR UPDATE TO authenticated
    USING ((SELECT public.get_current_user_role()) = 'super_admin')
    WITH CHECK ((SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY lead_scoring_criteria_delete ON public.lead_scoring_criteria FOR DELETE TO authenticated
    USING ((SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

ALTER TABLE public.lead_scoring_criteria ENABLE ROW LEVEL SECURITY;

CALL align.rights_of_table('public.lead_scoring_criteria');

COMMENT ON TABLE public.lead_scoring_criteria IS 'Rules that add points to a lead''s score.';
