-- The only way from leads to users: a second one would make the screens' users(...) ambiguous.

ALTER TABLE public.leads
    DROP CONSTRAINT IF EXISTS leads_agent_id_fkey,
    ADD CONSTRAINT leads_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES public.users (id) ON DELETE SET NULL NOT VALID;
