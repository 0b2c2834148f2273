-- A backfill leaves updated_at as it was: for as long as the phase runs, Clara's own trigger function looks whether
-- the transaction is one. Replacing the function locks no table and reaches every session at once.

CREATE OR REPLACE FUNCTION public.update_updated_at_column() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    IF current_setting('align.backfill', true) = 'on' THEN
        RETURN NEW;
    END IF;
    NEW.updated_at := now();
    RETURN NEW;
END
$$;
