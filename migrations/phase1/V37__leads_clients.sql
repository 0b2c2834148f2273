-- align: batch table=leads key=id size=5000 passes=1
-- align: lock-timeout=200ms
-- A lead without a client gets the one it is about. Most tables have few of them.

WITH quiet AS MATERIALIZED (SELECT set_config('align.backfill', 'on', true))
UPDATE public.leads AS l
SET client_id = align.client_for_lead(l.id, l.company, l.name, l.email, l.phone)
FROM quiet
WHERE l.client_id IS NULL
  AND l.id = ANY (ARRAY(
    SELECT id FROM public.leads WHERE client_id IS NULL /* align:window */ ORDER BY id FOR NO KEY UPDATE
  ));
