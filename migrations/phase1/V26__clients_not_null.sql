-- NOT VALID: new rows are held to it at once, and nothing is scanned under the lock.

ALTER TABLE public.clients
    DROP CONSTRAINT IF EXISTS align_client_name_not_null,
    ADD CONSTRAINT align_client_name_not_null CHECK (client_name IS NOT NULL) NOT VALID,
    DROP CONSTRAINT IF EXISTS align_created_at_not_null,
    ADD CONSTRAINT align_created_at_not_null CHECK (created_at IS NOT NULL) NOT VALID,
    DROP CONSTRAINT IF EXISTS align_updated_at_not_null,
    ADD CONSTRAINT align_updated_at_not_null CHECK (updated_at IS NOT NULL) NOT VALID;
