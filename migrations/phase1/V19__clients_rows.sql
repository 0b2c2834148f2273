-- align: batch table=clients key=id size=5000
-- align: lock-timeout=200ms
-- A window is short, and gives up soon: a writer of several rows that it has crossed must not wait so long that the server
-- looks for a deadlock and ends the writer instead.
-- Names that nobody shares, and of those that several share the first row's.

WITH quiet AS MATERIALIZED (SELECT set_config('align.backfill', 'on', true))
UPDATE public.clients AS c
SET client_name = c.name,
    company_size_number = coalesce(c.company_size_number, align.company_size(c.company_size))
FROM quiet
WHERE c.client_name IS NULL
  AND NOT EXISTS (
    SELECT FROM public.clients AS o
    WHERE o.name = c.name AND o.id <> c.id AND (o.client_name = c.name OR (o.client_name IS NULL AND o.id < c.id))
  )
  AND NOT EXISTS (SELECT FROM align.name_collisions AS n WHERE n.client_name = c.name)
  /* align:window */;
