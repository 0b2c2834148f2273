-- The column is empty until the board is used, and indexed since phase 1. NOT VALID: nothing is scanned under the lock,
-- which keeps writers out and no reader.

DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_constraint
        WHERE conrelid = 'public.leads'::regclass AND conname = 'leads_pipeline_stage_id_fkey'
    ) THEN
        ALTER TABLE public.leads
            ADD CONSTRAINT leads_pipeline_stage_id_fkey
                FOREIGN KEY (pipeline_stage_id) REFERENCES public.pipeline_stages (id) NOT VALID;
    END IF;
END
$$;
