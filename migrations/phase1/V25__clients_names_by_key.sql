-- With the key there, who has a name is one look into its index.

CREATE OR REPLACE FUNCTION align.client_name_taken(wanted text, self uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    RETURN EXISTS (SELECT FROM public.clients AS c WHERE c.client_name = wanted AND c.id <> self);
END
$$;
