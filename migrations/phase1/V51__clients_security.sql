-- Policies first, then the switch: no moment without both.

CALL align.keep_direct_access('public.clients');

-- Clients are shared. Deleting one takes leads of others with it, so that is for a super_admin.
CALL align.adapt($ddl$
CREATE POLICY clients_select ON public.clients FOR SELECT TO authenticated
    USING ((SELECT public.get_current_user_role()) IS NOT NULL)
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY clients_insert ON public.clients FOR INSERT TO authenticated
    WITH CHECK ((SELECT public.get_current_user_role()) IS NOT NULL)
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY clients_update ON public.clients FOR UPDATE TO authenticated
    USING ((SELECT public.get_current_user_role()) IS NOT NULL)
    WITH CHECK ((SELECT public.get_current_user_role()) IS NOT NULL)
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY clients_delete ON public.clients FOR DELETE TO authenticated
    USING ((SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

ALTER TABLE public.clients ENABLE ROW LEVEL SECURITY;

CALL align.rights_of_table('public.clients');

COMMENT ON TABLE public.clients IS 'Firms that leads belong to.';
COMMENT ON COLUMN public.clients.client_name IS 'The firm''s name, unique: imports match on it.';
COMMENT ON COLUMN public.clients.company_size IS 'Number of employees; of a range, the first number.';
