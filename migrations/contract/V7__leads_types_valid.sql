-- Scans the table beside its writers.

ALTER TABLE public.leads VALIDATE CONSTRAINT leads_qualification_status_check;
