-- Nullable and without defaults: the catalog changes, no row does.

ALTER TABLE public.clients
    ADD COLUMN IF NOT EXISTS client_name text,
    ADD COLUMN IF NOT EXISTS location text,
    ADD COLUMN IF NOT EXISTS physical_meeting_info text,
    ADD COLUMN IF NOT EXISTS expected_value numeric;
