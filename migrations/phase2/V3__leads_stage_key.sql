-- The column is empty until the board is used, and indexed since phase 1.

ALTER TABLE public.leads
    DROP CONSTRAINT IF EXISTS leads_pipeline_stage_id_fkey,
    ADD CONSTRAINT leads_pipeline_stage_id_fkey
        FOREIGN KEY (pipeline_stage_id) REFERENCES public.pipeline_stages (id) NOT VALID;
