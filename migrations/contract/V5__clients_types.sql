-- align: lock-timeout=2s
-- From varchar(n) to text nothing is rewritten, neither the table nor its indexes.

ALTER TABLE public.clients
    ALTER COLUMN company TYPE text,
    ALTER COLUMN industry TYPE text,
    ALTER COLUMN phone TYPE text,
    ALTER COLUMN email TYPE text;
