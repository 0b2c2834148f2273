-- From here on every lead that is written has both forms; taking the lock waits for those who began before.

CREATE OR REPLACE TRIGGER align_lead
    BEFORE INSERT OR UPDATE ON public.leads
    FOR EACH ROW
    WHEN (current_setting('align.backfill', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION align.sync_lead();
