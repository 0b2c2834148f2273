-- With the key there, who has a name is one look into its index, and the key sees to it that nobody else has it.

CREATE OR REPLACE FUNCTION align.client_name_taken(wanted text, self uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET enable_seqscan = off AS $$
BEGIN
    RETURN EXISTS (SELECT FROM public.clients AS c WHERE c.client_name = wanted AND c.id <> self);
END
$$;

CREATE OR REPLACE FUNCTION align.note_client_name(name text, number integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    -- A row that has the name is found by it, though it be of the same statement.
END
$$;

-- Waits for a moment, and less than the server waits before it looks for a deadlock: the rest is for the key to decide.
CREATE OR REPLACE FUNCTION align.await_client_name(one bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET lock_timeout = '300ms' AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(one);
EXCEPTION WHEN lock_not_available THEN
    RAISE DEBUG 'another transaction is handing out this client''s name';
END
$$;

-- The first number after those in use, found in steps that double and then halve. One that somebody else is about to
-- take is passed by.
CREATE OR REPLACE FUNCTION align.numbered_client_name(base text, self uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    used integer := 1;
    step integer := 1;
BEGIN
    WHILE align.client_name_taken(format('%s (%s)', base, used + step), self) LOOP
        used := used + step;
        step := step * 2;
    END LOOP;
    WHILE step > 1 LOOP
        step := step / 2;
        IF align.client_name_taken(format('%s (%s)', base, used + step), self) THEN
            used := used + step;
        END IF;
    END LOOP;
    used := used + 1;
    WHILE NOT align.claim_client_name(format('%s (%s)', base, used), base, self) LOOP
        used := used + 1;
    END LOOP;
    RETURN format('%s (%s)', base, used);
END
$$;

CREATE OR REPLACE FUNCTION align.make_room_for_client_name(wanted text, self uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    -- There is a key that says who may have it.
END
$$;
