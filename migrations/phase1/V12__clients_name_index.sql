-- align: no-transaction
-- To find who has the same name, and the first of them. On the old column, so that filling the new one touches no index.

CREATE INDEX CONCURRENTLY IF NOT EXISTS align_clients_name ON public.clients (name, id);
