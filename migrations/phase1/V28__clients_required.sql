-- The valid checks spare the scan.

ALTER TABLE public.clients
    ALTER COLUMN client_name SET NOT NULL,
    ALTER COLUMN created_at SET NOT NULL,
    ALTER COLUMN created_at SET DEFAULT now(),
    ALTER COLUMN updated_at SET NOT NULL,
    ALTER COLUMN updated_at SET DEFAULT now(),
    ALTER COLUMN id SET DEFAULT gen_random_uuid();
