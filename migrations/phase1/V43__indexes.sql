-- align: no-transaction
-- After the backfill: until here the new columns could be filled without touching an index.

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_leads_agent_id ON public.leads (agent_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_leads_pipeline_stage_id ON public.leads (pipeline_stage_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_leads_status_bucket ON public.leads (status_bucket);
DROP INDEX CONCURRENTLY IF EXISTS public.align_clients_name;
ANALYZE public.clients;
ANALYZE public.leads;
