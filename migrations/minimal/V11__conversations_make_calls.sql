-- First the trigger, then the sessions of the past: what is written meanwhile is not missed.

CREATE OR REPLACE TRIGGER align_conversation_to_call
    AFTER INSERT OR UPDATE OF lead_id, status, messages, started_at, ended_at, summary ON public.conversations
    FOR EACH ROW EXECUTE FUNCTION align.conversation_to_call();
