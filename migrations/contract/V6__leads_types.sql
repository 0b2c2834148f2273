-- align: lock-timeout=2s
-- The check is made anew, or the change of type would scan the table for it under the lock.

ALTER TABLE public.leads
    ALTER COLUMN email TYPE text,
    ALTER COLUMN phone TYPE text,
    DROP CONSTRAINT IF EXISTS leads_qualification_status_check,
    ALTER COLUMN qualification_status TYPE text,
    ADD CONSTRAINT leads_qualification_status_check CHECK (
        qualification_status IN ('unqualified', 'marketing_qualified', 'sales_qualified', 'opportunity')
    ) NOT VALID;
