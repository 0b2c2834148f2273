-- The number needs a name of its own while company_size is still the text; after the swap it has company_size. The view
-- follows both.

DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_attribute
        WHERE attrelid = 'public.clients'::regclass AND attname = 'company_size_raw' AND NOT attisdropped
    ) THEN
        ALTER TABLE public.clients ADD COLUMN IF NOT EXISTS company_size_number integer;
        CREATE OR REPLACE VIEW align.client_sizes WITH (security_invoker = true) AS
        SELECT id, company_size AS written, company_size_number AS number
        FROM public.clients;
    END IF;
END
$$;
