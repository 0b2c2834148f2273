-- align: batch table=clients key=id size=10000
-- align: lock-timeout=200ms
-- Sizes that are no number. The text stays in the row; the list tells where to look. Read from the compatibility schema,
-- which has the text under one name before and after the swap; who gave a number beside it has said what it means.

INSERT INTO align.quarantine (table_name, key, column_name, value, code)
SELECT 'clients', jsonb_build_object('id', id), 'company_size', company_size, 'RANGE'
FROM clara.clients AS c
WHERE align.is_no_company_size(company_size) /* align:window */
  AND NOT EXISTS (
    SELECT FROM public.clients AS p WHERE p.id = c.id AND jsonb_typeof(to_jsonb(p) -> 'company_size') = 'number'
  )
ON CONFLICT (table_name, key, column_name) DO NOTHING;
