-- First the trigger, then the activities of the past: what is written meanwhile is not missed.

CREATE OR REPLACE TRIGGER align_activity
    AFTER INSERT OR UPDATE OR DELETE ON public.activities
    FOR EACH ROW EXECUTE FUNCTION align.sync_activity();
