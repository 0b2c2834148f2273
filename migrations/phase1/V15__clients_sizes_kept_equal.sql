-- From here on every row that is written has its number. Before the names: a row with a client_name counts as done.

CREATE OR REPLACE TRIGGER align_client_size
    BEFORE INSERT OR UPDATE ON public.clients
    FOR EACH ROW
    WHEN (current_setting('align.backfill', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION align.sync_client_size();
