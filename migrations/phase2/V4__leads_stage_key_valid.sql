-- Scans the table beside its writers.

ALTER TABLE public.leads VALIDATE CONSTRAINT leads_pipeline_stage_id_fkey;
