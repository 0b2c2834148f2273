-- align: batch table=clients key=id size=500
-- align: lock-timeout=200ms
-- The others get a name of their own, in the order of their keys, so that another run would number them alike. Rows are
-- locked before names are: a writer that renames a row holds them in this order, too.

WITH quiet AS MATERIALIZED (SELECT set_config('align.backfill', 'on', true)),
waiting AS MATERIALIZED (
    SELECT id, name, company FROM public.clients
    WHERE client_name IS NULL /* align:window */
    ORDER BY id FOR NO KEY UPDATE
),
named AS MATERIALIZED (
    SELECT w.id, align.shared_client_name(w.id, w.name, w.company) AS client_name FROM waiting AS w
)
UPDATE public.clients AS c
SET client_name = n.client_name
FROM named AS n, quiet
WHERE c.id = n.id;
