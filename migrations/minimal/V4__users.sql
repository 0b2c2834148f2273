-- People. With Supabase a row is an account; without, the table stands alone and makes its own ids.

CREATE TABLE IF NOT EXISTS public.users (
    id         uuid PRIMARY KEY,
    full_name  text,
    email      text UNIQUE,
    role       text NOT NULL DEFAULT 'agent' CHECK (role IN ('agent', 'manager', 'super_admin')),
    manager_id uuid REFERENCES public.users (id) ON DELETE SET NULL,
    is_active  boolean NOT NULL DEFAULT true,
    avatar_url text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT users_not_own_manager CHECK (manager_id <> id)
);

CREATE INDEX IF NOT EXISTS idx_users_manager_id ON public.users (manager_id);
-- Leads name their agent by e-mail or name, in whatever case.
CREATE INDEX IF NOT EXISTS idx_users_lower_email ON public.users (lower(btrim(email)));
CREATE INDEX IF NOT EXISTS idx_users_lower_full_name ON public.users (lower(btrim(full_name)));

ALTER TABLE public.users ENABLE ROW LEVEL SECURITY;

CALL align.rights_of_table('public.users');

COMMENT ON TABLE public.users IS 'People who sign in, one row an account; the voice agent is one of them.';
COMMENT ON COLUMN public.users.id IS 'Equal to auth.users.id; the row goes with the account.';
COMMENT ON COLUMN public.users.role IS 'Decides what row security shows; changed by a super_admin only.';
COMMENT ON COLUMN public.users.manager_id IS 'Direct manager: sees and assigns this person''s leads.';
COMMENT ON COLUMN public.users.is_active IS 'Whether lists offer this person; it does not block signing in.';
