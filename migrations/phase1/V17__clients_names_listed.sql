-- First the list, then the names: no row may get another name unlisted.

CREATE OR REPLACE TRIGGER align_list_client_name
    AFTER INSERT OR UPDATE ON public.clients
    FOR EACH ROW
    WHEN (current_setting('align.backfill', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION align.list_client_name();
