-- A user goes with the account. The table is new and empty, so nothing is scanned.

DO $$
BEGIN
    IF NOT align.has_accounts() THEN
        ALTER TABLE public.users ALTER COLUMN id SET DEFAULT gen_random_uuid();
    ELSIF NOT EXISTS (
        SELECT FROM pg_constraint WHERE conrelid = 'public.users'::regclass AND conname = 'users_id_fkey'
    ) THEN
        ALTER TABLE public.users
            ADD CONSTRAINT users_id_fkey FOREIGN KEY (id) REFERENCES auth.users (id) ON DELETE CASCADE;
    END IF;
END
$$;
