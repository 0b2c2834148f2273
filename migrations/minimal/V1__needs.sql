-- `minimal` is for a database that stays Clara's. After phase 1 there is nothing left for it to do.

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('public.clients') AND attname = 'client_name'
               AND NOT attisdropped) THEN
        RAISE EXCEPTION 'phase1 is applied: its tables have TrendtialCRM''s names already'
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'align migrate --undo phase1';
    END IF;
END
$$;
