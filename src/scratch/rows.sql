-- Rows for every table of the namespaces, awkward ones among them, in the order of foreign keys. A row that a
-- constraint refuses is tried again without the constraint's columns, and then left out.
-- The settings align.rows and align.namespaces say how many, and where.
DO $rows$
DECLARE
    wanted integer := current_setting('align.rows')::integer;
    awkward text[] := ARRAY['50-200', '10k', '', 'Acme', 'Acme', ' Acme ', 'unknown', 'O''Brien & Co', '1,000+', 'n/a', '50+', 'Ümläut', '-1', 'null', '2-1'];
    done oid[] := '{}';
    this regclass;
    refused int2[];
    broken text;
    names text;
    items text;
BEGIN
    LOOP
        SELECT c.oid INTO this
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' AND n.nspname = ANY (string_to_array(current_setting('align.namespaces'), ','))
          AND NOT c.oid = ANY (done)
        -- What refers to fewer tables that have no rows yet comes first.
        ORDER BY (SELECT count(*) FROM pg_constraint k
                  WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.confrelid <> c.oid
                    AND NOT k.confrelid = ANY (done)), c.relname
        LIMIT 1;
        EXIT WHEN NOT FOUND;
        done := done || this::oid;
        FOR i IN 1..wanted LOOP
            refused := '{}';
            FOR attempt IN 1..6 LOOP
                SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum),
                       string_agg(CASE
                    WHEN f.confrelid IS NOT NULL AND i % 5 = 0 AND NOT a.attnotnull THEN 'NULL'
                    WHEN f.confrelid IS NOT NULL THEN format(
                        '(SELECT %1$I FROM %2$s ORDER BY 1 OFFSET %3$s %% greatest(1, (SELECT count(*) FROM %2$s)) LIMIT 1)',
                        f.attname, f.confrelid::regclass, i)
                    WHEN v.words IS NOT NULL THEN format('%L', v.words[1 + i % cardinality(v.words)])
                    WHEN t.typtype = 'e' THEN format('%L', (SELECT min(e.enumlabel) FROM pg_enum e WHERE e.enumtypid = t.oid))
                    WHEN t.typcategory = 'S' THEN format('%L::text::%s',
                        CASE WHEN a.atttypmod > 4 THEN left(w.word, a.atttypmod - 4) ELSE w.word END, format_type(a.atttypid, a.atttypmod))
                    WHEN t.typcategory = 'N' THEN format('%s', CASE WHEN t.typname = 'numeric' THEN (i % 10) / 10.0 ELSE i % 100 END)
                    WHEN t.typcategory = 'B' THEN format('%L', i % 2 = 0)
                    WHEN t.typname IN ('date', 'timestamp', 'timestamptz') THEN format('now() - interval ''%s hours''', i)
                    WHEN t.typcategory = 'A' OR t.typname IN ('json', 'jsonb') THEN '''{}'''
                    WHEN t.typname = 'uuid' THEN 'gen_random_uuid()'
                    ELSE 'NULL' END, ', ' ORDER BY a.attnum)
                INTO names, items
                FROM pg_attribute a
                JOIN pg_type t ON t.oid = a.atttypid
                LEFT JOIN LATERAL (
                    SELECT k.confrelid, r.attname FROM pg_constraint k
                    JOIN pg_attribute r ON r.attrelid = k.confrelid AND r.attnum = k.confkey[1]
                    WHERE k.conrelid = this AND k.contype = 'f' AND k.conkey = ARRAY[a.attnum] LIMIT 1) f ON true
                -- A vocabulary is what its check spells out.
                LEFT JOIN LATERAL (
                    SELECT array_agg(m.word[1]) AS words FROM pg_constraint k,
                        regexp_matches(pg_get_constraintdef(k.oid), '''([^'']*)''', 'g') AS m(word)
                    WHERE k.conrelid = this AND k.contype = 'c' AND k.conkey = ARRAY[a.attnum]) v ON true
                CROSS JOIN LATERAL (
                    SELECT awkward[1 + (i * 7 + a.attnum) % cardinality(awkward)]
                        || CASE WHEN EXISTS (SELECT FROM pg_index x WHERE x.indrelid = this AND x.indisunique
                               AND a.attnum = ANY (x.indkey::int2[])) THEN i::text ELSE '' END AS word) w
                WHERE a.attrelid = this AND a.attnum > 0 AND NOT a.attisdropped
                  AND a.attgenerated = '' AND a.attidentity = '' AND NOT a.attnum = ANY (refused)
                  AND NOT (a.atthasdef AND (i % 3 = 0 OR t.typname = 'uuid'));
                EXIT WHEN names IS NULL;
                BEGIN
                    EXECUTE format('INSERT INTO %s (%s) VALUES (%s)', this, names, items);
                    EXIT;
                EXCEPTION WHEN integrity_constraint_violation OR data_exception OR datatype_mismatch THEN
                    GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME;
                    refused := refused || coalesce(
                        (SELECT k.conkey FROM pg_constraint k WHERE k.conrelid = this AND k.conname = broken),
                        (SELECT array_agg(a.attnum) FROM pg_attribute a
                         WHERE a.attrelid = this AND a.attnum > 0 AND NOT a.attnotnull));
                END;
            END LOOP;
        END LOOP;
    END LOOP;
END
$rows$;
