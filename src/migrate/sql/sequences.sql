SELECT format('%I.%I', s.schemaname, s.sequencename) AS name, s.last_value
FROM pg_catalog.pg_sequences AS s
WHERE s.schemaname !~ '^pg_' AND s.schemaname <> 'information_schema'
ORDER BY 1
