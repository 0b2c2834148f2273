-- align: no-transaction

CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS clients_client_name_key ON public.clients (client_name);
