-- align: batch table=clients key=id size=500
-- align: lock-timeout=200ms
-- The others get a name of their own. Rows are locked before names are: a writer that renames a row holds them in
-- this order, too.

WITH quiet AS MATERIALIZED (SELECT set_config('align.backfill', 'on', true))
UPDATE public.clients AS c
SET client_name = align.shared_client_name(c.id, c.name, c.company)
FROM quiet
WHERE c.client_name IS NULL
  AND c.id = ANY (ARRAY(
    SELECT id FROM public.clients WHERE client_name IS NULL /* align:window */ ORDER BY id FOR NO KEY UPDATE
  ));
