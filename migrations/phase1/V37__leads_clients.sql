-- align: batch table=leads key=id size=1000 passes=1
-- align: lock-timeout=200ms
-- A lead without a client gets the one it is about. Most tables have few of them. In the order of their keys, because
-- a client made for one may be found by the next.

WITH quiet AS MATERIALIZED (SELECT set_config('align.backfill', 'on', true)),
waiting AS MATERIALIZED (
    SELECT id, company, name, email, phone FROM public.leads
    WHERE client_id IS NULL /* align:window */
    ORDER BY id FOR NO KEY UPDATE
),
found AS MATERIALIZED (
    SELECT w.id, align.client_for_lead(w.id, w.company, w.name, w.email, w.phone) AS client_id
    -- Clients that are made here are no writer's: their triggers rest.
    FROM quiet CROSS JOIN waiting AS w
)
UPDATE public.leads AS l
SET client_id = f.client_id
FROM found AS f
WHERE l.id = f.id;
