-- The columns of the sales board. The ids come from the places, so a repeated run makes the same rows.

CREATE TABLE IF NOT EXISTS public.pipeline_stages (
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

CREATE OR REPLACE TRIGGER update_pipeline_stages_updated_at
    BEFORE UPDATE ON public.pipeline_stages
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- Settings: read by all members.
CALL align.adapt($ddl$
CREATE POLICY pipeline_stages_select ON public.pipeline_stages FOR SELECT TO authenticated
    USING ((SELECT public.get_current_user_role()) IS NOT NULL)
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY pipeline_stages_insert ON public.pipeline_stages FOR INSERT TO authenticated
    WITH CHECK ((SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY pipeline_stages_update ON public.pipeline_stages FOR UPDATE TO authenticated
    USING ((SELECT public.get_current_user_role()) = 'super_admin')
    WITH CHECK ((SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY pipeline_stages_delete ON public.pipeline_stages FOR DELETE TO authenticated
    USING ((SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

ALTER TABLE public.pipeline_stages ENABLE ROW LEVEL SECURITY;

CALL align.rights_of_table('public.pipeline_stages');

COMMENT ON TABLE public.pipeline_stages IS 'Columns of the sales board, in order.';
COMMENT ON COLUMN public.pipeline_stages.probability IS 'Chance of winning in percent.';

INSERT INTO public.pipeline_stages (id, name, order_position, probability)
SELECT md5('align:pipeline_stages:' || place)::uuid, name, place, probability
FROM (VALUES
    ('New Lead', 1, 10),
    ('Qualified', 2, 25),
    ('Demo Scheduled', 3, 40),
    ('Proposal Sent', 4, 60),
    ('Negotiation', 5, 80),
    ('Closed Won', 6, 100),
    ('Closed Lost', 7, 0)
) AS stage (name, place, probability)
ON CONFLICT DO NOTHING;
