-- align: batch table=clients key=id size=10000
-- align: lock-timeout=200ms
-- Sizes that are no number. The text stays in the row; the list tells where to look.

INSERT INTO align.quarantine (table_name, key, column_name, value, code)
SELECT 'clients', jsonb_build_object('id', id), 'company_size', written, 'RANGE'
FROM align.client_sizes
WHERE number IS NULL AND align.is_no_company_size(written) /* align:window */
ON CONFLICT (table_name, key, column_name) DO NOTHING;
