-- align: no-transaction
-- A column of a new type has no statistics, and plans would be poor without.

ANALYZE public.clients;
ANALYZE public.leads;
