-- The number needs a name of its own while company_size is still the text; after the swap it has company_size.

DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_attribute
        WHERE attrelid = 'public.clients'::regclass AND attname = 'company_size_raw' AND NOT attisdropped
    ) THEN
        ALTER TABLE public.clients ADD COLUMN IF NOT EXISTS company_size_number integer;
    END IF;
END
$$;
