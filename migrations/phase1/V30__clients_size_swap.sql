-- align: lock-timeout=2s
-- The swap: the text becomes company_size_raw and stays for good, the number becomes company_size. Who still needs the
-- text under its old name reads clara.clients, which follows. Names, trigger and list must change together: a writer
-- meets either all of the old form or all of the new one.

DO $$
BEGIN
    IF EXISTS (
        SELECT FROM pg_attribute
        WHERE attrelid = 'public.clients'::regclass AND attname = 'company_size_number' AND NOT attisdropped
    ) THEN
        ALTER TABLE public.clients RENAME COLUMN company_size TO company_size_raw;
        ALTER TABLE public.clients RENAME COLUMN company_size_number TO company_size;
        CREATE OR REPLACE TRIGGER align_client_size
            BEFORE INSERT OR UPDATE ON public.clients
            FOR EACH ROW
            WHEN (current_setting('align.backfill', true) IS DISTINCT FROM 'on')
            EXECUTE FUNCTION align.sync_client_size_swapped();
        CREATE OR REPLACE TRIGGER align_list_client_size
            AFTER INSERT OR UPDATE ON public.clients
            FOR EACH ROW
            WHEN (current_setting('align.backfill', true) IS DISTINCT FROM 'on')
            EXECUTE FUNCTION align.list_client_size('company_size_raw', 'company_size');
    END IF;
END
$$;
