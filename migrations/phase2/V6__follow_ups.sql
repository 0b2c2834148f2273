-- Promises to get back to a lead. Without accounts created_by is just an id: a second way
-- to public.users would make the screens' users(...) ambiguous.

CALL align.adapt($ddl$
CREATE TABLE IF NOT EXISTS public.follow_ups (
    id                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    lead_id           uuid NOT NULL REFERENCES public.leads (id) ON DELETE CASCADE,
    agent_id          uuid NOT NULL REFERENCES public.users (id) ON DELETE RESTRICT,
    due_date          timestamptz NOT NULL,
    status            text NOT NULL DEFAULT 'Pending'
        CHECK (status IN ('Pending', 'Completed', 'Rescheduled', 'Cancelled')),
    notes             text,
    created_by        uuid DEFAULT auth.uid(),
    suggested_by_ai   boolean NOT NULL DEFAULT false,
    ai_recommendation text,
    completed_at      timestamptz,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now()
)
$ddl$);

CREATE INDEX IF NOT EXISTS idx_follow_ups_lead_id ON public.follow_ups (lead_id);
CREATE INDEX IF NOT EXISTS idx_follow_ups_agent_id ON public.follow_ups (agent_id);
CREATE INDEX IF NOT EXISTS idx_follow_ups_created_by ON public.follow_ups (created_by);
CREATE INDEX IF NOT EXISTS idx_follow_ups_due_date ON public.follow_ups (due_date);

CREATE OR REPLACE TRIGGER before_follow_up_changes_validation
    BEFORE INSERT OR UPDATE ON public.follow_ups
    FOR EACH ROW EXECUTE FUNCTION public.validate_engagement_changes();

CREATE OR REPLACE TRIGGER capitalise_follow_up_status
    BEFORE INSERT OR UPDATE OF status ON public.follow_ups
    FOR EACH ROW EXECUTE FUNCTION public.capitalise_status();

CREATE OR REPLACE TRIGGER update_follow_ups_updated_at
    BEFORE UPDATE ON public.follow_ups
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

CALL align.adapt($ddl$
CREATE POLICY follow_ups_select ON public.follow_ups FOR SELECT TO authenticated
    USING (agent_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), agent_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY follow_ups_insert ON public.follow_ups FOR INSERT TO authenticated
    WITH CHECK (agent_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), agent_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY follow_ups_update ON public.follow_ups FOR UPDATE TO authenticated
    USING (agent_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), agent_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin')
    WITH CHECK (agent_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), agent_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY follow_ups_delete ON public.follow_ups FOR DELETE TO authenticated
    USING (agent_id = (SELECT auth.uid())
        OR public.is_manager_of((SELECT auth.uid()), agent_id)
        OR (SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

ALTER TABLE public.follow_ups ENABLE ROW LEVEL SECURITY;

CALL align.rights_of_table('public.follow_ups');

COMMENT ON TABLE public.follow_ups IS 'Promises to get back to a lead.';
COMMENT ON COLUMN public.follow_ups.created_by IS 'The account that wrote the row; agent_id does the work.';

-- Rows without an id are new; caller's rights, so row security and the triggers apply.
CREATE OR REPLACE FUNCTION public.upsert_follow_ups_bulk(follow_ups_data jsonb) RETURNS void
LANGUAGE sql SET search_path = '' AS $$
    INSERT INTO public.follow_ups AS f (id, lead_id, agent_id, due_date, status, notes)
    SELECT coalesce(r.id, gen_random_uuid()), r.lead_id, r.agent_id, r.due_date, coalesce(r.status, 'Pending'), r.notes
    FROM jsonb_to_recordset(follow_ups_data)
        AS r (id uuid, lead_id uuid, agent_id uuid, due_date timestamptz, status text, notes text)
    ON CONFLICT (id) DO UPDATE
    SET lead_id = excluded.lead_id,
        agent_id = excluded.agent_id,
        due_date = excluded.due_date,
        status = excluded.status,
        notes = coalesce(excluded.notes, f.notes)
$$;

CALL align.rights_of_function('public.upsert_follow_ups_bulk(jsonb)', true);

DO $$
BEGIN
    IF align.has_accounts() AND NOT EXISTS (
        SELECT FROM pg_constraint
        WHERE conrelid = 'public.follow_ups'::regclass AND conname = 'follow_ups_created_by_fkey'
    ) THEN
        ALTER TABLE public.follow_ups
            ADD CONSTRAINT follow_ups_created_by_fkey FOREIGN KEY (created_by) REFERENCES auth.users (id) ON DELETE SET NULL;
    END IF;
END
$$;
