-- name and client_name are kept equal. The CRM matches clients by name, so a row that comes without a client_name
-- gets a free one: the name itself, the firm appended, then a number. Those that differ are listed.

CREATE TABLE IF NOT EXISTS align.name_collisions (
    client_id   uuid PRIMARY KEY,
    name        text NOT NULL,
    client_name text NOT NULL,
    at          timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS name_collisions_client_name ON align.name_collisions (client_name);

-- Names that several want, with the numbers appended to them; 1 is none. Rows are only added: nobody waits for a number.
CREATE TABLE IF NOT EXISTS align.name_numbers (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name   text NOT NULL,
    number integer NOT NULL
);
CREATE INDEX IF NOT EXISTS name_numbers_name ON align.name_numbers (name, number);

-- Who still writes the old form, noted once a minute.
CREATE TABLE IF NOT EXISTS align.old_writers (
    table_name  text NOT NULL,
    column_name text NOT NULL,
    role        text NOT NULL,
    application text NOT NULL,
    last_seen   timestamptz NOT NULL,
    PRIMARY KEY (table_name, column_name, role, application)
);

ALTER TABLE align.name_collisions ENABLE ROW LEVEL SECURITY;
ALTER TABLE align.name_numbers ENABLE ROW LEVEL SECURITY;
ALTER TABLE align.old_writers ENABLE ROW LEVEL SECURITY;
CALL align.adapt('CREATE POLICY nobody ON align.name_collisions USING (false)');
CALL align.adapt('CREATE POLICY nobody ON align.name_numbers USING (false)');
CALL align.adapt('CREATE POLICY nobody ON align.old_writers USING (false)');

-- Writers never wait for each other here: who finds the note being written leaves it to the other.
CREATE OR REPLACE FUNCTION align.saw_old_writer(tab text, col text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    app text := coalesce(current_setting('application_name', true), '');
BEGIN
    IF EXISTS (
        SELECT FROM align.old_writers AS w
        WHERE w.table_name = tab AND w.column_name = col AND w.role = session_user AND w.application = app
          AND w.last_seen > now() - interval '1 minute'
    ) OR NOT pg_try_advisory_xact_lock(hashtextextended(concat_ws('|', 'align:old_writers', tab, col, session_user, app), 0))
    THEN
        RETURN;
    END IF;
    INSERT INTO align.old_writers (table_name, column_name, role, application, last_seen)
    VALUES (tab, col, session_user, app, now())
    ON CONFLICT (table_name, column_name, role, application) DO UPDATE SET last_seen = excluded.last_seen;
END
$$;

-- Whether another row has the name or is about to get it. There is no index on client_name yet: rows that hold
-- `wanted` under a longer name are found by the name they come from, or in the list; and of a name that several want
-- nobody looks through all their rows again. A session that was there while the tables were small has plans that read
-- all of one, and keeps them for a while after it has grown; of a name that many want it may look some hundred times.
CREATE OR REPLACE FUNCTION align.client_name_taken(wanted text, self uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET enable_seqscan = off AS $$
BEGIN
    RETURN EXISTS (SELECT FROM align.name_numbers AS n WHERE n.name = wanted)
        OR EXISTS (
            SELECT FROM public.clients AS c
            WHERE c.name = left(wanted, 255) AND c.id <> self AND (c.client_name IS NULL OR c.client_name = wanted)
        ) OR EXISTS (
            SELECT FROM align.name_collisions AS n WHERE n.client_name = wanted AND n.client_id <> self
        );
END
$$;

-- A name that is handed out is noted at once: the row itself may be listed a statement later.
CREATE OR REPLACE FUNCTION align.note_client_name(name text, number integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    INSERT INTO align.name_numbers (name, number) VALUES (note_client_name.name, note_client_name.number);
END
$$;

-- A name is handed out under a lock of its own, kept to the end of the transaction. Who finds it locked does not wait,
-- or two that write several rows could wait for each other: the name counts as taken, which it most likely is about to be.
-- A server has room for some thousand locks. A transaction of many names goes on with one lock for all of them, which the
-- others wait for, and only looks whether a name is locked. They lock the name first and look for the one lock then, it
-- the other way round: none misses the other. The locks it lets go at once are taken and let go in one expression, since
-- an error between the two would leave them to the session.
CREATE OR REPLACE FUNCTION align.claim_client_name(wanted text, said text, self uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    many   bigint := hashtextextended('align:client_names', 0);
    one    bigint := hashtextextended('align:client_name:' || wanted, 0);
    claims integer := coalesce(nullif(current_setting('align.claims', true), '')::integer, 0);
BEGIN
    IF align.client_name_taken(wanted, self) THEN
        RETURN false;
    END IF;
    IF claims < 512 THEN
        IF NOT pg_try_advisory_xact_lock(one) THEN
            RETURN false;
        END IF;
        PERFORM set_config('align.claims', (claims + 1)::text, true);
        PERFORM pg_advisory_lock_shared(many), pg_advisory_unlock_shared(many);
    ELSE
        PERFORM pg_advisory_xact_lock(many);
        IF NOT (CASE WHEN pg_try_advisory_lock(one) THEN pg_advisory_unlock(one) ELSE false END) THEN
            RETURN false;
        END IF;
    END IF;
    -- Once more: who held the lock until now may have taken the name.
    IF align.client_name_taken(wanted, self) THEN
        RETURN false;
    END IF;
    IF wanted <> said THEN
        PERFORM align.note_client_name(wanted, 1);
    END IF;
    RETURN true;
END
$$;

-- The same for a name that somebody chose. It is waited for: the key that is to come would make the two wait as well.
CREATE OR REPLACE FUNCTION align.announce_client_name(wanted text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    many   bigint := hashtextextended('align:client_names', 0);
    one    bigint := hashtextextended('align:client_name:' || wanted, 0);
    claims integer := coalesce(nullif(current_setting('align.claims', true), '')::integer, 0);
BEGIN
    IF claims < 512 THEN
        IF NOT pg_try_advisory_xact_lock_shared(one) THEN
            PERFORM align.await_client_name(one);
        END IF;
        PERFORM set_config('align.claims', (claims + 1)::text, true);
        PERFORM pg_advisory_lock_shared(many), pg_advisory_unlock_shared(many);
    ELSE
        PERFORM pg_advisory_xact_lock(many);
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION align.await_client_name(one bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(one);
END
$$;

-- The next number that is free.
CREATE OR REPLACE FUNCTION align.numbered_client_name(base text, self uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET enable_seqscan = off AS $$
DECLARE
    next integer := coalesce((SELECT max(n.number) FROM align.name_numbers AS n WHERE n.name = base), 1) + 1;
BEGIN
    WHILE NOT align.claim_client_name(format('%s (%s)', base, next), base, self) LOOP
        next := next + 1;
    END LOOP;
    PERFORM align.note_client_name(base, next);
    RETURN format('%s (%s)', base, next);
END
$$;

-- A client_name nobody has.
CREATE OR REPLACE FUNCTION align.free_client_name(wanted text, firm text, self uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    base text := wanted;
BEGIN
    IF align.claim_client_name(wanted, wanted, self) THEN
        RETURN wanted;
    END IF;
    IF btrim(coalesce(firm, '')) NOT IN ('', wanted) THEN
        base := btrim(wanted || ' (' || btrim(firm) || ')');
        IF align.claim_client_name(base, wanted, self) THEN
            RETURN base;
        END IF;
    END IF;
    RETURN align.numbered_client_name(base, self);
END
$$;

-- The same for a row of the backfill, listed at once: there the row is known to be one. Of a name that several share
-- nobody need look through all their rows again.
CREATE OR REPLACE FUNCTION align.shared_client_name(self uuid, written text, firm text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET enable_seqscan = off AS $$
DECLARE
    free text := align.free_client_name(written, firm, self);
BEGIN
    IF free <> written THEN
        INSERT INTO align.name_numbers (name, number)
        SELECT written, 1 WHERE NOT EXISTS (SELECT FROM align.name_numbers AS n WHERE n.name = written);
        INSERT INTO align.name_collisions (client_id, name, client_name) VALUES (self, written, free)
        ON CONFLICT (client_id) DO UPDATE SET name = excluded.name, client_name = excluded.client_name;
    END IF;
    RETURN free;
END
$$;

-- Makes room for a name that somebody chose, before there is a key. The row that is to get it by the backfill gets
-- another one first, so that the two do not pass each other; where a row has it already, this says what the key would.
CREATE OR REPLACE FUNCTION align.make_room_for_client_name(wanted text, self uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET enable_seqscan = off AS $$
DECLARE
    first uuid;
BEGIN
    -- The key is there when this is run again: it lets upserts pass.
    IF EXISTS (
        SELECT FROM pg_index AS i WHERE i.indexrelid = to_regclass('public.clients_client_name_key') AND i.indisvalid
    ) THEN
        RETURN;
    END IF;
    SELECT c.id INTO first FROM public.clients AS c WHERE c.name = wanted ORDER BY c.id LIMIT 1;
    IF EXISTS (SELECT FROM public.clients AS c WHERE c.id = first AND c.id <> self AND c.client_name IS NULL) THEN
        PERFORM align.note_client_name(wanted, 1);
        PERFORM set_config('align.backfill', 'on', true);
        UPDATE public.clients AS c SET client_name = align.shared_client_name(c.id, c.name, c.company)
        WHERE c.id = first AND c.client_name IS NULL;
        PERFORM set_config('align.backfill', '', true);
    END IF;
    IF EXISTS (SELECT FROM public.clients AS c WHERE c.name = left(wanted, 255) AND c.client_name = wanted AND c.id <> self)
        OR EXISTS (SELECT FROM align.name_collisions AS n WHERE n.client_name = wanted AND n.client_id <> self)
    THEN
        RAISE EXCEPTION 'duplicate key value violates unique constraint "clients_client_name_key"'
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'clients_client_name_key', TABLE = 'clients', SCHEMA = 'public';
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION align.sync_client_name() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NEW.created_at IS NULL THEN
        NEW.created_at := now();
        PERFORM align.note_filled('clients', NEW.id, 'created_at', to_jsonb(NEW.created_at));
    END IF;
    NEW.updated_at := coalesce(NEW.updated_at, now());
    -- Without a name either, the old form's own NOT NULL speaks.
    IF NEW.client_name IS NULL AND NEW.name IS NOT NULL THEN
        -- A row that waits for the backfill and keeps its name is left to it: no lock is taken on the way.
        IF TG_OP = 'INSERT' OR NEW.name IS DISTINCT FROM OLD.name OR OLD.client_name IS NOT NULL THEN
            PERFORM align.saw_old_writer('clients', 'name');
            NEW.client_name := align.free_client_name(NEW.name, NEW.company, NEW.id);
        END IF;
    ELSIF TG_OP = 'INSERT' OR NEW.client_name IS DISTINCT FROM OLD.client_name THEN
        -- Whoever hands out names must know that this one is about to be taken.
        PERFORM align.announce_client_name(NEW.client_name);
        PERFORM align.make_room_for_client_name(NEW.client_name, NEW.id);
        IF TG_OP = 'INSERT' THEN
            NEW.name := coalesce(NEW.name, left(NEW.client_name, 255));
        ELSIF NEW.name IS NOT DISTINCT FROM OLD.name THEN
            NEW.name := left(NEW.client_name, 255);
        END IF;
    ELSIF NEW.name IS DISTINCT FROM OLD.name AND NEW.name IS NOT NULL THEN
        PERFORM align.saw_old_writer('clients', 'name');
        NEW.client_name := align.free_client_name(NEW.name, NEW.company, NEW.id);
    END IF;
    RETURN NEW;
END
$$;

-- After the row, because an upsert that finds its row first offers one that never comes to be.
CREATE OR REPLACE FUNCTION align.list_client_name() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NEW.client_name IS NULL THEN
        RETURN NULL;
    END IF;
    IF NEW.name IS DISTINCT FROM left(NEW.client_name, 255) THEN
        INSERT INTO align.name_collisions (client_id, name, client_name) VALUES (NEW.id, NEW.name, NEW.client_name)
        ON CONFLICT (client_id) DO UPDATE SET name = excluded.name, client_name = excluded.client_name;
    ELSIF TG_OP = 'UPDATE' AND OLD.name IS DISTINCT FROM left(OLD.client_name, 255) THEN
        DELETE FROM align.name_collisions AS n WHERE n.client_id = NEW.id;
    END IF;
    RETURN NULL;
END
$$;
