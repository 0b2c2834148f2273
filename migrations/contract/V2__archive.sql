-- What the new names do not say word for word: names that collided, texts that were too long for the old column.

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'public.clients'::regclass AND attname = 'name' AND NOT attisdropped) THEN
        INSERT INTO align.archive (phase, table_name, key, row_data)
        SELECT 'contract', 'clients', jsonb_build_object('id', c.id), jsonb_build_object('name', c.name)
        FROM public.clients AS c
        WHERE c.name IS DISTINCT FROM c.client_name
          AND NOT EXISTS (
            SELECT FROM align.archive AS a
            WHERE a.phase = 'contract' AND a.table_name = 'clients' AND a.key = jsonb_build_object('id', c.id)
          );
    END IF;
END
$$;
