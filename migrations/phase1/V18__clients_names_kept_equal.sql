-- From here on every row that is written has both names; taking the lock waits for those who began before.

CREATE OR REPLACE TRIGGER align_client_name
    BEFORE INSERT OR UPDATE ON public.clients
    FOR EACH ROW
    WHEN (current_setting('align.backfill', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION align.sync_client_name();
