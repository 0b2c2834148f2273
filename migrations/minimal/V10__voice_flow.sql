-- A voice session whose lead is known is a call. What makes one of the other: the trigger, the backfill, and functions
-- for code that would rather call than write.

-- The call of a session; its id comes from the session, so a repeated run makes the same one.
CREATE OR REPLACE FUNCTION align.call_of(session text) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = '' AS $$
    SELECT md5('align:calls:' || session)::uuid
$$;

CREATE OR REPLACE FUNCTION align.voice_agent() RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT u.id FROM public.users AS u WHERE lower(u.email) = 'clara@trendtialcrm.ai' ORDER BY u.id LIMIT 1
$$;

-- What somebody else wrote into the call stays: only what is empty, or what the session said before, is replaced.
CREATE OR REPLACE FUNCTION align.conversation_to_call() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    was_lead       uuid;
    was_transcript text;
    was_summary    text;
    was_outcome    text := 'in_progress';
    was_duration   integer;
BEGIN
    IF NEW.lead_id IS NULL THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        was_lead := OLD.lead_id;
        was_transcript := align.transcript(OLD.messages);
        was_summary := OLD.summary;
        was_outcome := align.call_outcome(OLD.status, OLD.ended_at);
        was_duration := align.call_duration(OLD.started_at, OLD.ended_at);
    END IF;
    INSERT INTO public.calls AS c
        (id, lead_id, user_id, duration, call_type, outcome, notes, call_start_time, session_id, transcript,
         created_at, updated_at)
    VALUES (align.call_of(NEW.session_id), NEW.lead_id, align.voice_agent(),
            align.call_duration(NEW.started_at, NEW.ended_at), 'ai_voice',
            align.call_outcome(NEW.status, NEW.ended_at), NEW.summary, coalesce(NEW.started_at, NEW.last_activity, NEW.ended_at, now()), NEW.session_id,
            align.transcript(NEW.messages), coalesce(NEW.started_at, NEW.last_activity, NEW.ended_at, now()),
            coalesce(NEW.last_activity, NEW.ended_at, NEW.started_at, now()))
    ON CONFLICT (session_id) WHERE session_id IS NOT NULL DO UPDATE
    SET lead_id = CASE WHEN c.lead_id = was_lead THEN excluded.lead_id ELSE c.lead_id END,
        duration = CASE WHEN c.duration IS NULL OR c.duration = was_duration THEN excluded.duration ELSE c.duration END,
        outcome = CASE WHEN c.outcome IN ('in_progress', was_outcome) THEN excluded.outcome ELSE c.outcome END,
        notes = CASE WHEN c.notes IS NULL OR c.notes = was_summary THEN excluded.notes ELSE c.notes END,
        transcript = CASE WHEN c.transcript IS NULL OR c.transcript = was_transcript THEN excluded.transcript
                          ELSE c.transcript END;
    RETURN NULL;
END
$$;

-- Clara's own code may write a call for a session that has one by now. Hers takes its place and keeps what it knew.
CREATE OR REPLACE FUNCTION align.take_over_call() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    session text := coalesce(NEW.session_id, NEW.ai_session_id);
    made    public.calls;
BEGIN
    IF session IS NULL OR NEW.id = align.call_of(session) THEN
        RETURN NEW;
    END IF;
    DELETE FROM public.calls AS c WHERE c.id = align.call_of(session) AND c.session_id = session RETURNING * INTO made;
    IF made.id IS NOT NULL THEN
        NEW.user_id := coalesce(NEW.user_id, made.user_id);
        NEW.duration := coalesce(NEW.duration, made.duration);
        NEW.notes := coalesce(NEW.notes, made.notes);
        NEW.transcript := coalesce(NEW.transcript, made.transcript);
        NEW.sentiment_score := coalesce(NEW.sentiment_score, made.sentiment_score);
        IF NEW.outcome = 'in_progress' THEN
            NEW.outcome := made.outcome;
        END IF;
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER align_take_over_call
    BEFORE INSERT ON public.calls
    FOR EACH ROW EXECUTE FUNCTION align.take_over_call();

-- Starts a session, or says whose it is; the call's id as soon as there is one.
CREATE OR REPLACE FUNCTION public.call_start(session text, lead uuid DEFAULT NULL, agent text DEFAULT 'sales') RETURNS uuid
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    INSERT INTO public.conversations AS s (session_id, lead_id, agent_type) VALUES (session, lead, agent)
    ON CONFLICT (session_id) DO UPDATE SET lead_id = coalesce(excluded.lead_id, s.lead_id);
    RETURN (SELECT c.id FROM public.calls AS c WHERE c.session_id = session);
END
$$;

-- Ends a session, with what is known of it by then; NULL when its lead was never known.
CREATE OR REPLACE FUNCTION public.call_end(
    session text, outcome text DEFAULT 'completed', summary text DEFAULT NULL, messages jsonb DEFAULT NULL
) RETURNS uuid
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    UPDATE public.conversations AS s
    SET status = call_end.outcome,
        ended_at = coalesce(s.ended_at, now()),
        summary = coalesce(call_end.summary, s.summary),
        messages = coalesce(call_end.messages, s.messages)
    WHERE s.session_id = session;
    RETURN (SELECT c.id FROM public.calls AS c WHERE c.session_id = session);
END
$$;

CALL align.rights_of_function('public.call_start(text, uuid, text)', false);
CALL align.rights_of_function('public.call_end(text, text, text, jsonb)', false);

DO $$
BEGIN
    IF to_regrole('service_role') IS NOT NULL THEN
        GRANT EXECUTE ON FUNCTION public.call_start(text, uuid, text), public.call_end(text, text, text, jsonb)
            TO service_role;
    END IF;
END
$$;
