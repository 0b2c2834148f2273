-- align: batch table=clients key=id size=5000
-- align: lock-timeout=200ms
-- A window is short, and gives up soon: a writer of several rows that it has crossed must not wait so long that the server
-- looks for a deadlock and ends the writer instead.
-- Names that nobody shares, and of those that several share the first row's.

WITH quiet AS MATERIALIZED (SELECT set_config('align.backfill', 'on', true))
UPDATE public.clients AS c
SET client_name = c.name
FROM quiet
WHERE c.client_name IS NULL
  -- In this form each look is one into an index; as a join it would read the whole table for every window.
  AND CASE
    WHEN c.id = (SELECT o.id FROM public.clients AS o WHERE o.name = c.name ORDER BY o.id LIMIT 1)
        THEN (SELECT o.id FROM public.clients AS o WHERE o.name = c.name AND o.client_name = c.name LIMIT 1) IS NULL
            AND (SELECT n.client_id FROM align.name_collisions AS n WHERE n.client_name = c.name LIMIT 1) IS NULL
  END
  /* align:window */;
