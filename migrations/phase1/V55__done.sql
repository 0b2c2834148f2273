-- Every update counts as one again.

CREATE OR REPLACE FUNCTION public.update_updated_at_column() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END
$$;

CALL align.rights_of_function('public.update_updated_at_column()', false);

NOTIFY pgrst, 'reload schema';
