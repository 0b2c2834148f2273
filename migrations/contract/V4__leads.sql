-- align: lock-timeout=2s
-- assigned_agent stays: its words cannot be made of agent_id again.

DROP TRIGGER IF EXISTS align_lead ON public.leads;
ALTER TABLE public.leads
    DROP COLUMN IF EXISTS name,
    DROP COLUMN IF EXISTS source,
    DROP COLUMN IF EXISTS last_interaction;
