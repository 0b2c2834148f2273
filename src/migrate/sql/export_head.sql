
BEGIN
    IF EXISTS (SELECT FROM {history} WHERE version = {version}) THEN
        RAISE EXCEPTION '{label} is applied already'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'tell Supabase so: `supabase migration repair --status applied` with the number in this file''s name';
    END IF;
END
