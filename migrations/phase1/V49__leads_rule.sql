-- The CRM's rule for leads: people at screens hand over what is theirs. Services and sessions without claims pass.

CALL align.adapt($ddl$
CREATE OR REPLACE FUNCTION public.validate_lead_engagement_changes() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    me      uuid := auth.uid();
    my_role text := public.get_current_user_role();
    moved   boolean := TG_OP = 'INSERT';
BEGIN
    IF public.bypasses_validation() THEN
        RETURN NEW;
    END IF;
    IF my_role IS NULL THEN
        RAISE EXCEPTION 'leads are written by people with a profile' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        moved := NEW.agent_id IS DISTINCT FROM OLD.agent_id;
        IF my_role = 'agent' AND (moved OR NEW.client_id <> OLD.client_id) THEN
            RAISE EXCEPTION 'an agent cannot hand over a lead or change its client' USING ERRCODE = 'insufficient_privilege';
        END IF;
    END IF;
    IF moved
       AND NEW.agent_id IS DISTINCT FROM me
       AND NOT (my_role = 'manager' AND public.is_manager_of(me, NEW.agent_id)) THEN
        RAISE EXCEPTION 'a lead goes to yourself or to someone you manage' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$
$ddl$);

CALL align.rights_of_function('public.validate_lead_engagement_changes()', false);

CREATE OR REPLACE TRIGGER before_lead_engagement_changes_validation
    BEFORE INSERT OR UPDATE ON public.leads
    FOR EACH ROW EXECUTE FUNCTION public.validate_lead_engagement_changes();
