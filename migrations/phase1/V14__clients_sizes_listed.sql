-- A size that is no number is listed as soon as it is written. After the swap the trigger has the names of then.

DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_attribute
        WHERE attrelid = 'public.clients'::regclass AND attname = 'company_size_raw' AND NOT attisdropped
    ) THEN
        CREATE OR REPLACE TRIGGER align_list_client_size
            AFTER INSERT OR UPDATE ON public.clients
            FOR EACH ROW
            WHEN (current_setting('align.backfill', true) IS DISTINCT FROM 'on')
            EXECUTE FUNCTION align.list_client_size('company_size', 'company_size_number');
    END IF;
END
$$;
