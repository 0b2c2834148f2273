-- Who is asking, and what people may change about themselves. The table of users is not in use yet.

CALL align.adapt($ddl$
CREATE OR REPLACE FUNCTION public.get_current_user_role() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT u.role FROM public.users AS u WHERE u.id = auth.uid()
$$
$ddl$);

CREATE OR REPLACE FUNCTION public.is_manager_of(manager_user_id uuid, agent_user_id uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT EXISTS (
        SELECT 1 FROM public.users AS u WHERE u.id = agent_user_id AND u.manager_id = manager_user_id
    )
$$;

-- The rules below are for people at screens. A service key, a super_admin and a session without
-- claims (psql, a migration, a dump) are not held to them.
CALL align.adapt($ddl$
CREATE OR REPLACE FUNCTION public.bypasses_validation() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT coalesce(auth.role() = 'service_role', false)
        OR (auth.role() IS NULL AND auth.uid() IS NULL)
        OR coalesce(public.get_current_user_role() = 'super_admin', false)
$$
$ddl$);

-- Row security lets people edit their own row; this keeps them from promoting themselves.
CALL align.adapt($ddl$
CREATE OR REPLACE FUNCTION public.validate_user_update() RETURNS trigger
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
$$
$ddl$);

CREATE OR REPLACE TRIGGER before_user_update_validation
    BEFORE UPDATE ON public.users
    FOR EACH ROW EXECUTE FUNCTION public.validate_user_update();

CREATE OR REPLACE TRIGGER update_users_updated_at
    BEFORE UPDATE ON public.users
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- Names of colleagues stand on every screen; only people with a profile see them.
CALL align.adapt($ddl$
CREATE POLICY users_select ON public.users FOR SELECT TO authenticated
    USING ((SELECT public.get_current_user_role()) IS NOT NULL)
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY users_insert ON public.users FOR INSERT TO authenticated
    WITH CHECK ((SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY users_update ON public.users FOR UPDATE TO authenticated
    USING (id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), id)
        OR (SELECT public.get_current_user_role()) = 'super_admin')
    WITH CHECK (id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), id)
        OR (SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY users_delete ON public.users FOR DELETE TO authenticated
    USING ((SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

CALL align.rights_of_function('public.get_current_user_role()', true);
CALL align.rights_of_function('public.is_manager_of(uuid, uuid)', true);
CALL align.rights_of_function('public.bypasses_validation()', false);
CALL align.rights_of_function('public.validate_user_update()', false);
