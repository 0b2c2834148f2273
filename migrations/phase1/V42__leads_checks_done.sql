-- The columns say it themselves now.

ALTER TABLE public.leads
    DROP CONSTRAINT IF EXISTS align_client_id_not_null,
    DROP CONSTRAINT IF EXISTS align_status_bucket_not_null,
    DROP CONSTRAINT IF EXISTS align_created_at_not_null,
    DROP CONSTRAINT IF EXISTS align_updated_at_not_null;
