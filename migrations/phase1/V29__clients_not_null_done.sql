-- The columns say it themselves now.

ALTER TABLE public.clients
    DROP CONSTRAINT IF EXISTS align_client_name_not_null,
    DROP CONSTRAINT IF EXISTS align_created_at_not_null,
    DROP CONSTRAINT IF EXISTS align_updated_at_not_null;
