-- align: batch table=leads key=id size=20000
-- align: lock-timeout=200ms
-- Words the CRM does not know are put aside; the column is left empty, which both sides read as not yet qualified.

WITH quiet AS MATERIALIZED (SELECT set_config('align.backfill', 'on', true)),
strange AS MATERIALIZED (
    SELECT id, qualification_status
    FROM public.leads
    WHERE qualification_status NOT IN ('unqualified', 'marketing_qualified', 'sales_qualified', 'opportunity')
      /* align:window */
    FOR NO KEY UPDATE
),
listed AS (
    INSERT INTO align.quarantine (table_name, key, column_name, value, code)
    SELECT 'leads', jsonb_build_object('id', id), 'qualification_status', qualification_status, 'VALUE_UNKNOWN'
    FROM strange
    ON CONFLICT (table_name, key, column_name) DO UPDATE SET value = excluded.value, resolved_at = NULL
)
UPDATE public.leads AS l
SET qualification_status = NULL
FROM strange AS s, quiet
WHERE l.id = s.id;
