-- align: batch table=activities key=id size=5000
-- align: lock-timeout=200ms

INSERT INTO public.lead_activities
    (id, lead_id, activity_type, subject, description, created_by, activity_date, metadata, is_automated,
     created_at, updated_at)
SELECT id, lead_id, align.activity_type(activity_type), activity_type, description, align.voice_agent(), created_at,
       align.activity_metadata(metadata, message_content, agent_response, session_id, intent, confidence), true,
       coalesce(created_at, now()), coalesce(created_at, now())
FROM public.activities
WHERE lead_id IS NOT NULL /* align:window */
  -- A lead that is being deleted must not be found gone at the end, nor an activity written that is no more.
  AND EXISTS (SELECT FROM public.leads AS l WHERE l.id = lead_id FOR KEY SHARE)
FOR KEY SHARE
ON CONFLICT (id) DO NOTHING;
