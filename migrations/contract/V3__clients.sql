-- align: lock-timeout=2s
-- The old form of clients goes in one step: without the trigger a row that names only client_name would lack a name.

DO $$
BEGIN
    IF to_regnamespace('clara') IS NOT NULL THEN
        DROP VIEW IF EXISTS clara.clients, clara.leads, clara.activities, clara.conversations;
    END IF;
END
$$;
DROP SCHEMA IF EXISTS clara;
DROP TRIGGER IF EXISTS align_client_name ON public.clients;
DROP TRIGGER IF EXISTS align_client_size ON public.clients;
DROP TRIGGER IF EXISTS align_list_client_name ON public.clients;
DROP TRIGGER IF EXISTS align_list_client_size ON public.clients;
ALTER TABLE public.clients
    DROP CONSTRAINT IF EXISTS clients_email_key,
    DROP COLUMN IF EXISTS name;
