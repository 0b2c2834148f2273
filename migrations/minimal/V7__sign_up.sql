-- Who signs up gets a row in users, role agent.

-- The role is never taken from the sign-up form: its metadata is the user's own to write.
CREATE OR REPLACE FUNCTION public.handle_new_user() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    INSERT INTO public.users (id, full_name, email, avatar_url)
    VALUES (NEW.id, NEW.raw_user_meta_data ->> 'full_name', NEW.email, NEW.raw_user_meta_data ->> 'avatar_url')
    ON CONFLICT DO NOTHING;
    RETURN NEW;
END
$$;

CALL align.rights_of_function('public.handle_new_user()', false);

DO $$
BEGIN
    IF align.has_accounts() THEN
        CREATE OR REPLACE TRIGGER on_auth_user_created
            AFTER INSERT ON auth.users
            FOR EACH ROW EXECUTE FUNCTION public.handle_new_user();
    END IF;
END
$$;
