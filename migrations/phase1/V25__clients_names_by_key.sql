-- With the key there, who has a name is one look into its index.

CREATE OR REPLACE FUNCTION align.client_name_taken(wanted text, self uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    RETURN EXISTS (SELECT FROM public.clients AS c WHERE c.client_name = wanted AND c.id <> self);
END
$$;

-- Two that choose one name meet at the key.
CREATE OR REPLACE FUNCTION align.claim_client_name(wanted text, self uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    PERFORM align.hold_client_name(wanted);
END
$$;

-- Numbers are only where to begin to look: one in ten is enough, and a name that no row gets in the end leaves none.
CREATE OR REPLACE FUNCTION align.note_client_number(wanted text, number integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF number > 10 + coalesce((SELECT max(n.last) FROM align.name_numbers AS n WHERE n.name = wanted), 1) THEN
        INSERT INTO align.name_numbers (name, last) VALUES (wanted, number);
    END IF;
END
$$;
