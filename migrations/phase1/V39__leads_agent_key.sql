-- The only way from leads to users: a second one would make the screens' users(...) ambiguous. NOT VALID: nothing is
-- scanned under the lock, which keeps writers out and no reader.

DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_constraint WHERE conrelid = 'public.leads'::regclass AND conname = 'leads_agent_id_fkey'
    ) THEN
        ALTER TABLE public.leads
            ADD CONSTRAINT leads_agent_id_fkey
                FOREIGN KEY (agent_id) REFERENCES public.users (id) ON DELETE SET NULL NOT VALID;
    END IF;
END
$$;
