-- Calls. The table is new: nobody waits for anything here.

-- The voice agent writes ai_session_id, everything else session_id.
CREATE OR REPLACE FUNCTION public.sync_call_session_ids() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.session_id := coalesce(NEW.session_id, NEW.ai_session_id);
    ELSIF NEW.session_id IS NOT DISTINCT FROM OLD.session_id THEN
        NEW.session_id := NEW.ai_session_id;
    END IF;
    NEW.ai_session_id := NEW.session_id;
    RETURN NEW;
END
$$;

CREATE TABLE IF NOT EXISTS public.calls (
    id                   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    lead_id              uuid NOT NULL REFERENCES public.leads (id) ON DELETE CASCADE,
    user_id              uuid REFERENCES public.users (id) ON DELETE SET NULL,
    duration             integer CHECK (duration >= 0),
    call_type            text NOT NULL
        CHECK (call_type IN ('inbound', 'outbound', 'callback', 'voicemail', 'ai_voice', 'ai_outbound', 'ai_inbound')),
    outcome              text NOT NULL DEFAULT 'in_progress'
        CHECK (outcome IN ('in_progress', 'completed', 'no_answer', 'busy', 'failed', 'voicemail', 'qualified',
                           'not_interested', 'callback_requested', 'follow_up_scheduled', 'cancelled')),
    notes                text,
    call_start_time      timestamptz NOT NULL DEFAULT now(),
    session_id           varchar(255),
    ai_session_id        varchar(255),
    transcript           text,
    sentiment_score      numeric(3,2) CHECK (sentiment_score >= -1 AND sentiment_score <= 1),
    lead_score_after     integer,
    qualification_status text
        CHECK (qualification_status IN ('unqualified', 'marketing_qualified', 'sales_qualified', 'opportunity')),
    bant_assessment      jsonb,
    created_at           timestamptz NOT NULL DEFAULT now(),
    updated_at           timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX IF NOT EXISTS idx_calls_lead_id ON public.calls (lead_id);
CREATE INDEX IF NOT EXISTS idx_calls_user_id ON public.calls (user_id);
CREATE INDEX IF NOT EXISTS idx_calls_call_start_time ON public.calls (call_start_time);

-- One call a voice session; calls dialled by hand have none.
CREATE UNIQUE INDEX IF NOT EXISTS calls_session_id_key ON public.calls (session_id) WHERE session_id IS NOT NULL;

CREATE OR REPLACE TRIGGER sync_call_session_ids
    BEFORE INSERT OR UPDATE OF session_id, ai_session_id ON public.calls
    FOR EACH ROW EXECUTE FUNCTION public.sync_call_session_ids();

CREATE OR REPLACE TRIGGER update_calls_updated_at
    BEFORE UPDATE ON public.calls
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

CALL align.adapt($ddl$
CREATE OR REPLACE FUNCTION public.can_see_lead(lead uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT EXISTS (
        SELECT 1
        FROM public.leads AS l
        WHERE l.id = lead
          AND (l.agent_id = auth.uid()
               OR public.is_manager_of(auth.uid(), l.agent_id)
               OR public.get_current_user_role() = 'super_admin')
    )
$$
$ddl$);


CALL align.adapt($ddl$
CREATE POLICY calls_select ON public.calls FOR SELECT TO authenticated
    USING (public.can_see_lead(lead_id))
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY calls_insert ON public.calls FOR INSERT TO authenticated
    WITH CHECK ((user_id = (SELECT auth.uid()) AND public.can_see_lead(lead_id))
        OR (SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY calls_update ON public.calls FOR UPDATE TO authenticated
    USING ((user_id = (SELECT auth.uid()) AND public.can_see_lead(lead_id))
        OR (SELECT public.get_current_user_role()) = 'super_admin')
    WITH CHECK ((user_id = (SELECT auth.uid()) AND public.can_see_lead(lead_id))
        OR (SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

CALL align.adapt($ddl$
CREATE POLICY calls_delete ON public.calls FOR DELETE TO authenticated
    USING ((SELECT public.get_current_user_role()) = 'super_admin')
$ddl$);

ALTER TABLE public.calls ENABLE ROW LEVEL SECURITY;

CALL align.rights_of_table('public.calls');

CALL align.rights_of_function('public.can_see_lead(uuid)', true);
CALL align.rights_of_function('public.sync_call_session_ids()', false);

COMMENT ON TABLE public.calls IS 'Phone and voice calls with a lead.';
COMMENT ON COLUMN public.calls.duration IS 'Seconds; empty while the call runs.';
COMMENT ON COLUMN public.calls.session_id IS 'Voice session, as in conversations.session_id; unique where set.';
COMMENT ON COLUMN public.calls.ai_session_id IS 'The voice agent''s name for session_id; a trigger keeps both equal.';
COMMENT ON COLUMN public.calls.sentiment_score IS 'From -1, hostile, to 1, friendly.';
COMMENT ON COLUMN public.calls.lead_score_after IS 'The lead''s score when the call ended.';
COMMENT ON COLUMN public.calls.bant_assessment IS 'Budget, authority, need and timeline as heard in the call.';
