-- NOT VALID: new rows are held to them at once, and nothing is scanned under the lock.

ALTER TABLE public.leads
    DROP CONSTRAINT IF EXISTS leads_status_bucket_check,
    ADD CONSTRAINT leads_status_bucket_check CHECK (status_bucket IN ('P1', 'P2', 'P3')) NOT VALID,
    DROP CONSTRAINT IF EXISTS leads_qualification_status_check,
    ADD CONSTRAINT leads_qualification_status_check CHECK (
        qualification_status IN ('unqualified', 'marketing_qualified', 'sales_qualified', 'opportunity')
    ) NOT VALID,
    DROP CONSTRAINT IF EXISTS leads_win_probability_check,
    ADD CONSTRAINT leads_win_probability_check CHECK (win_probability >= 0 AND win_probability <= 100) NOT VALID,
    DROP CONSTRAINT IF EXISTS align_client_id_not_null,
    ADD CONSTRAINT align_client_id_not_null CHECK (client_id IS NOT NULL) NOT VALID,
    DROP CONSTRAINT IF EXISTS align_status_bucket_not_null,
    ADD CONSTRAINT align_status_bucket_not_null CHECK (status_bucket IS NOT NULL) NOT VALID,
    DROP CONSTRAINT IF EXISTS align_created_at_not_null,
    ADD CONSTRAINT align_created_at_not_null CHECK (created_at IS NOT NULL) NOT VALID,
    DROP CONSTRAINT IF EXISTS align_updated_at_not_null,
    ADD CONSTRAINT align_updated_at_not_null CHECK (updated_at IS NOT NULL) NOT VALID;
