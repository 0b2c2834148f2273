-- The valid checks spare the scan. Defaults come last: before, a NULL tells the backfill what is still to do.

ALTER TABLE public.leads
    ALTER COLUMN client_id SET NOT NULL,
    ALTER COLUMN status_bucket SET NOT NULL,
    ALTER COLUMN status_bucket SET DEFAULT 'P3',
    ALTER COLUMN win_probability SET DEFAULT 0,
    ALTER COLUMN created_at SET NOT NULL,
    ALTER COLUMN created_at SET DEFAULT now(),
    ALTER COLUMN updated_at SET NOT NULL,
    ALTER COLUMN updated_at SET DEFAULT now(),
    ALTER COLUMN id SET DEFAULT gen_random_uuid();
