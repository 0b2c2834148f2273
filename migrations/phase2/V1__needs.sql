-- Phase 2 stands on what phase 1 made.

DO $$
BEGIN
    IF to_regprocedure('align.has_accounts()') IS NULL OR to_regclass('public.calls') IS NULL OR NOT EXISTS (
        SELECT FROM pg_attribute
        WHERE attrelid = 'public.leads'::regclass AND attname = 'agent_id' AND NOT attisdropped
    ) THEN
        RAISE EXCEPTION 'phase1 is not applied yet'
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'align migrate --phase phase1';
    END IF;
END
$$;
