-- The screens listen to these tables, where there is a publication to listen to.

DO $$
DECLARE
    missing text;
BEGIN
    SELECT string_agg(format('public.%I', wanted), ', ') INTO missing
    FROM unnest(ARRAY['leads', 'follow_ups', 'meetings']) AS wanted
    WHERE NOT EXISTS (
        SELECT FROM pg_publication_tables AS t
        WHERE t.pubname = 'supabase_realtime' AND t.schemaname = 'public' AND t.tablename = wanted
    );
    IF missing IS NULL OR NOT EXISTS (SELECT FROM pg_publication WHERE pubname = 'supabase_realtime') THEN
        RETURN;
    END IF;
    IF NOT EXISTS (
        SELECT FROM pg_publication WHERE pubname = 'supabase_realtime' AND pg_has_role(pubowner, 'USAGE')
    ) THEN
        RAISE WARNING 'publication `supabase_realtime` is another role''s: its owner types ALTER PUBLICATION supabase_realtime ADD TABLE %', missing;
        RETURN;
    END IF;
    IF missing LIKE '%public.leads%' THEN
        INSERT INTO align.original (kind, name, definition)
        VALUES ('publication', 'leads', 'ALTER PUBLICATION supabase_realtime DROP TABLE public.leads')
        ON CONFLICT DO NOTHING;
    END IF;
    EXECUTE 'ALTER PUBLICATION supabase_realtime ADD TABLE ' || missing;
END
$$;

NOTIFY pgrst, 'reload schema';
