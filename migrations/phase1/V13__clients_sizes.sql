-- The text and the number of company_size, kept equal under the names they have before and after the swap.

-- Before: only the text has readers.
CREATE OR REPLACE FUNCTION align.sync_client_size() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF TG_OP = 'INSERT' OR NEW.company_size IS DISTINCT FROM OLD.company_size THEN
        NEW.company_size_number := align.company_size(NEW.company_size);
    ELSIF NEW.company_size_number IS NULL THEN
        NEW.company_size_number := align.company_size(NEW.company_size);
    END IF;
    RETURN NEW;
END
$$;

-- After: who writes the text is an old writer, who writes the number a new one, who writes both is taken at their word.
CREATE OR REPLACE FUNCTION align.sync_client_size_swapped() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    text_written   boolean := NEW.company_size_raw IS NOT NULL;
    number_written boolean := NEW.company_size IS NOT NULL;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        text_written := NEW.company_size_raw IS DISTINCT FROM OLD.company_size_raw;
        number_written := NEW.company_size IS DISTINCT FROM OLD.company_size;
    END IF;
    IF text_written AND NOT number_written THEN
        PERFORM align.saw_old_writer('clients', 'company_size');
        NEW.company_size := align.company_size(NEW.company_size_raw);
    ELSIF number_written AND NOT text_written THEN
        -- '1-10' already says 1; a text that says another number gives way to the number.
        IF align.company_size(NEW.company_size_raw) IS DISTINCT FROM NEW.company_size THEN
            NEW.company_size_raw := NEW.company_size::text;
        END IF;
    END IF;
    RETURN NEW;
END
$$;

-- Lists a size that is no number, and takes it off the list when it becomes one. Arguments: the columns' names now.
CREATE OR REPLACE FUNCTION align.list_client_size() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    written text := to_jsonb(NEW) ->> TG_ARGV[0];
    number  text := to_jsonb(NEW) ->> TG_ARGV[1];
BEGIN
    IF number IS NULL AND align.is_no_company_size(written) THEN
        INSERT INTO align.quarantine AS q (table_name, key, column_name, value, code)
        VALUES ('clients', jsonb_build_object('id', NEW.id), 'company_size', written, 'RANGE')
        ON CONFLICT (table_name, key, column_name) DO UPDATE SET value = excluded.value, resolved_at = NULL
        WHERE q.value IS DISTINCT FROM excluded.value OR q.resolved_at IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' AND (to_jsonb(OLD) ->> TG_ARGV[0], to_jsonb(OLD) ->> TG_ARGV[1]) IS DISTINCT FROM (written, number) THEN
        UPDATE align.quarantine AS q SET resolved_at = now()
        WHERE q.table_name = 'clients' AND q.key = jsonb_build_object('id', NEW.id) AND q.column_name = 'company_size'
          AND q.resolved_at IS NULL;
    END IF;
    RETURN NULL;
END
$$;
