-- What follow-ups and meetings share.

-- Some writers say 'pending'; the check and every reader want 'Pending'.
CREATE OR REPLACE FUNCTION public.capitalise_status() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    NEW.status := initcap(NEW.status);
    RETURN NEW;
END
$$;

-- Follow-ups and meetings: the same rule as for leads, plus sight of the lead.
CALL align.adapt($ddl$
CREATE OR REPLACE FUNCTION public.validate_engagement_changes() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    me       uuid := auth.uid();
    my_role  text := public.get_current_user_role();
    moved    boolean := TG_OP = 'INSERT';
    relinked boolean := TG_OP = 'INSERT';
BEGIN
    IF public.bypasses_validation() THEN
        RETURN NEW;
    END IF;
    IF my_role IS NULL THEN
        RAISE EXCEPTION '% are written by people with a profile', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        moved := NEW.agent_id <> OLD.agent_id;
        relinked := NEW.lead_id IS DISTINCT FROM OLD.lead_id;
        IF my_role = 'agent' AND moved THEN
            RAISE EXCEPTION 'an agent cannot hand over % to others', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
        END IF;
    END IF;
    IF moved
       AND NEW.agent_id IS DISTINCT FROM me
       AND NOT (my_role = 'manager' AND public.is_manager_of(me, NEW.agent_id)) THEN
        RAISE EXCEPTION '% go to yourself or to someone you manage', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF relinked AND NEW.lead_id IS NOT NULL AND NOT public.can_see_lead(NEW.lead_id) THEN
        RAISE EXCEPTION 'no such lead, or not one of yours' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$
$ddl$);

CALL align.rights_of_function('public.capitalise_status()', false);
CALL align.rights_of_function('public.validate_engagement_changes()', false);
