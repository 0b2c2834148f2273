-- Policies first, then the switch: no moment without both.

CALL align.keep_direct_access('public.activities');

-- Clara's own table: services write it, people see what belongs to a lead they see.
CALL align.adapt($ddl$
CREATE POLICY activities_select ON public.activities FOR SELECT TO authenticated
    USING (public.can_see_lead(lead_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

ALTER TABLE public.activities ENABLE ROW LEVEL SECURITY;

