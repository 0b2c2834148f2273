-- The index becomes the key that imports match on. UNIQUE (email) stays until `contract`: upserts of Clara's rest on it.

DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_constraint
        WHERE conrelid = 'public.clients'::regclass AND conname = 'clients_client_name_key'
    ) THEN
        ALTER TABLE public.clients ADD CONSTRAINT clients_client_name_key UNIQUE USING INDEX clients_client_name_key;
    END IF;
END
$$;
