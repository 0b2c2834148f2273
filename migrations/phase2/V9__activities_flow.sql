-- An activity of Clara's that has a lead is an entry of its timeline, under the same id. One without a lead has no
-- timeline to be on, and stays where it is.

CREATE OR REPLACE FUNCTION align.sync_activity() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.lead_id IS NULL THEN
        DELETE FROM public.lead_activities AS l WHERE l.id = OLD.id;
        RETURN NULL;
    END IF;
    INSERT INTO public.lead_activities AS l
        (id, lead_id, activity_type, subject, description, created_by, activity_date, metadata, is_automated,
         created_at, updated_at)
    VALUES (NEW.id, NEW.lead_id, align.activity_type(NEW.activity_type), NEW.activity_type, NEW.description,
            align.voice_agent(), NEW.created_at,
            align.activity_metadata(NEW.metadata, NEW.message_content, NEW.agent_response, NEW.session_id, NEW.intent,
                                    NEW.confidence),
            true, coalesce(NEW.created_at, now()), coalesce(NEW.created_at, now()))
    ON CONFLICT (id) DO UPDATE
    SET lead_id = excluded.lead_id,
        activity_type = excluded.activity_type,
        subject = excluded.subject,
        description = excluded.description,
        activity_date = excluded.activity_date,
        metadata = excluded.metadata;
    RETURN NULL;
END
$$;
