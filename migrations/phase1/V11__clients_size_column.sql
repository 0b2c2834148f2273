-- The number needs a name of its own while company_size is still the text.

ALTER TABLE public.clients ADD COLUMN IF NOT EXISTS company_size_number integer;
