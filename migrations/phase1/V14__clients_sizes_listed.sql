-- A size that is no number is listed as soon as it is written.

CREATE OR REPLACE TRIGGER align_list_client_size
    AFTER INSERT OR UPDATE ON public.clients
    FOR EACH ROW
    WHEN (current_setting('align.backfill', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION align.list_client_size('company_size', 'company_size_number');
