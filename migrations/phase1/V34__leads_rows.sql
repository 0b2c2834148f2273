-- align: batch table=leads key=id size=5000
-- align: lock-timeout=200ms

WITH quiet AS MATERIALIZED (SELECT set_config('align.backfill', 'on', true))
UPDATE public.leads AS l
SET contact_person = coalesce(l.contact_person, l.name),
    lead_source = coalesce(l.lead_source, l.source),
    last_touch_date = coalesce(l.last_touch_date, l.last_interaction),
    agent_id = coalesce(l.agent_id, align.find_agent(l.assigned_agent)),
    status_bucket = align.status_bucket(l.lead_score, l.qualification_status),
    win_probability = coalesce(l.win_probability, align.win_probability(l.lead_score)),
    expected_close_date = coalesce(l.expected_close_date, align.expected_close_date(l.created_at, l.timeline)),
    first_touch_date = coalesce(l.first_touch_date, l.created_at),
    notes = coalesce(l.notes, align.lead_notes(l.budget, l.authority, l.need, l.timeline)),
    progress_details = coalesce(l.progress_details, l.conversation_summary),
    deal_value = coalesce(l.deal_value, align.deal_value(l.budget))
FROM quiet
WHERE l.status_bucket IS NULL /* align:window */;
