-- From here on every row that is written has its number, those of the backfill, too: it names neither column, so it can
-- be run again when they have changed their names. Before the names: a row with a client_name counts as done.

DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_attribute
        WHERE attrelid = 'public.clients'::regclass AND attname = 'company_size_raw' AND NOT attisdropped
    ) THEN
        CREATE OR REPLACE TRIGGER align_client_size
            BEFORE INSERT OR UPDATE ON public.clients
            FOR EACH ROW EXECUTE FUNCTION align.sync_client_size();
    END IF;
END
$$;
