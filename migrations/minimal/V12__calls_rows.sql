-- align: batch table=conversations key=id size=5000
-- align: lock-timeout=200ms

INSERT INTO public.calls
    (id, lead_id, user_id, duration, call_type, outcome, notes, call_start_time, session_id, transcript,
     created_at, updated_at)
SELECT align.call_of(session_id), lead_id, align.voice_agent(), align.call_duration(started_at, ended_at), 'ai_voice',
       align.call_outcome(status, ended_at), summary, coalesce(started_at, last_activity, ended_at, now()), session_id,
       align.transcript(messages), coalesce(started_at, last_activity, ended_at, now()),
       coalesce(last_activity, ended_at, started_at, now())
FROM public.conversations
WHERE lead_id IS NOT NULL /* align:window */
  -- A lead that is being deleted must not be found gone at the end.
  AND EXISTS (SELECT FROM public.leads AS l WHERE l.id = lead_id FOR KEY SHARE)
ON CONFLICT DO NOTHING;
