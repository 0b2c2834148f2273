-- Scans the table beside its writers.

ALTER TABLE public.clients
    VALIDATE CONSTRAINT align_client_name_not_null,
    VALIDATE CONSTRAINT align_created_at_not_null,
    VALIDATE CONSTRAINT align_updated_at_not_null;
