-- Scans the table beside its writers.

ALTER TABLE public.leads
    VALIDATE CONSTRAINT leads_status_bucket_check,
    VALIDATE CONSTRAINT leads_qualification_status_check,
    VALIDATE CONSTRAINT leads_win_probability_check,
    VALIDATE CONSTRAINT leads_agent_id_fkey,
    VALIDATE CONSTRAINT align_client_id_not_null,
    VALIDATE CONSTRAINT align_status_bucket_not_null,
    VALIDATE CONSTRAINT align_created_at_not_null,
    VALIDATE CONSTRAINT align_updated_at_not_null;
