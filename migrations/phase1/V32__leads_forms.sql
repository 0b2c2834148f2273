-- What becomes of a lead that is written in the old form. Nothing of it is rejected.

-- The client of a lead that names none: who has its e-mail, whose firm it is, else one made of it. A blank e-mail is
-- nobody's: it would make one client of all leads that have it.
CREATE OR REPLACE FUNCTION align.client_for_lead(lead uuid, firm text, person text, mail text, number text) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    client uuid;
    label  text;
BEGIN
    IF btrim(mail) = '' THEN
        mail := NULL;
    END IF;
    SELECT c.id INTO client FROM public.clients AS c WHERE c.email = mail;
    IF client IS NULL AND btrim(firm) <> '' THEN
        SELECT c.id INTO client FROM public.clients AS c WHERE c.client_name = btrim(firm);
    END IF;
    IF client IS NULL THEN
        label := align.free_client_name(
            coalesce(nullif(btrim(firm), ''), nullif(btrim(person), ''), nullif(btrim(mail), ''), 'Unknown'),
            NULL, md5('align:clients:' || lead)::uuid);
        INSERT INTO public.clients (id, name, client_name, company, email, phone)
        VALUES (md5('align:clients:' || lead)::uuid, left(label, 255), label, firm, mail, number)
        ON CONFLICT DO NOTHING
        RETURNING id INTO client;
        IF client IS NULL THEN
            SELECT c.id INTO client FROM public.clients AS c
            WHERE c.email = mail OR c.id = md5('align:clients:' || lead)::uuid OR c.client_name = label
            LIMIT 1;
        ELSE
            PERFORM align.note_filled('clients', client, '*', to_jsonb(lead));
        END IF;
    END IF;
    PERFORM align.note_filled('leads', lead, 'client_id', to_jsonb(client));
    RETURN client;
END
$$;

CREATE OR REPLACE FUNCTION align.sync_lead() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    -- An old writer knows none of the new columns; defaults are all they hold.
    old_form boolean := TG_OP = 'INSERT'
        AND (NEW.contact_person, NEW.lead_source, NEW.last_touch_date, NEW.first_touch_date, NEW.agent_id,
             NEW.progress_details, NEW.next_step, NEW.deal_value, NEW.tags, NEW.notes, NEW.expected_close_date,
             NEW.campaign_id, NEW.utm_source, NEW.utm_medium, NEW.utm_campaign, NEW.referrer_url, NEW.industry,
             NEW.follow_up_due_date, NEW.pipeline_stage_id, NEW.lost_reason) IS NULL
        AND coalesce(NEW.status_bucket, 'P3') = 'P3' AND coalesce(NEW.win_probability, 0) = 0;
    convert  boolean := old_form OR NEW.status_bucket IS NULL;
BEGIN
    -- A row that waits for the backfill gets its values on the way, whoever writes it: the backfill takes a row with a
    -- bucket for done.
    IF TG_OP = 'UPDATE' THEN
        convert := convert OR OLD.status_bucket IS NULL;
    END IF;
    IF NEW.qualification_status NOT IN ('unqualified', 'marketing_qualified', 'sales_qualified', 'opportunity') THEN
        INSERT INTO align.quarantine (table_name, key, column_name, value, code)
        VALUES ('leads', jsonb_build_object('id', NEW.id), 'qualification_status', NEW.qualification_status, 'VALUE_UNKNOWN')
        ON CONFLICT (table_name, key, column_name) DO UPDATE SET value = excluded.value, resolved_at = NULL;
        NEW.qualification_status := NULL;
    END IF;

    -- Both names of one value: who changes one changes the other.
    IF TG_OP = 'INSERT' THEN
        IF NEW.lead_source IS NULL AND NOT convert AND NEW.source = 'voice_call' THEN
            NEW.source := NULL;      -- the old column's default, which a new writer never meant
        END IF;
        IF NEW.lead_source IS NOT NULL AND coalesce(NEW.source, 'voice_call') = 'voice_call' THEN
            NEW.source := left(NEW.lead_source, 100);
        END IF;
        NEW.lead_source := coalesce(NEW.lead_source, NEW.source);
        NEW.contact_person := coalesce(NEW.contact_person, NEW.name);
        NEW.name := coalesce(NEW.name, left(NEW.contact_person, 255));
        NEW.last_touch_date := coalesce(NEW.last_touch_date, NEW.last_interaction);
        NEW.last_interaction := coalesce(NEW.last_interaction, NEW.last_touch_date);
    ELSE
        IF NEW.contact_person IS DISTINCT FROM OLD.contact_person THEN
            NEW.name := left(NEW.contact_person, 255);
        ELSIF NEW.name IS DISTINCT FROM OLD.name THEN
            NEW.contact_person := NEW.name;
        END IF;
        IF NEW.lead_source IS DISTINCT FROM OLD.lead_source THEN
            NEW.source := left(NEW.lead_source, 100);
        ELSIF NEW.source IS DISTINCT FROM OLD.source THEN
            NEW.lead_source := NEW.source;
        END IF;
        IF NEW.last_touch_date IS DISTINCT FROM OLD.last_touch_date THEN
            NEW.last_interaction := NEW.last_touch_date;
        ELSIF NEW.last_interaction IS DISTINCT FROM OLD.last_interaction THEN
            NEW.last_touch_date := NEW.last_interaction;
        END IF;
        -- What is converted once is filled later, too, as long as nobody has said otherwise.
        IF NEW.assigned_agent IS DISTINCT FROM OLD.assigned_agent AND OLD.agent_id IS NULL THEN
            NEW.agent_id := coalesce(NEW.agent_id, align.find_agent(NEW.assigned_agent));
        END IF;
        IF NEW.conversation_summary IS DISTINCT FROM OLD.conversation_summary AND OLD.progress_details IS NULL THEN
            NEW.progress_details := coalesce(NEW.progress_details, NEW.conversation_summary);
        END IF;
        IF NEW.timeline IS DISTINCT FROM OLD.timeline AND OLD.expected_close_date IS NULL THEN
            NEW.expected_close_date := coalesce(NEW.expected_close_date,
                align.expected_close_date(NEW.created_at, NEW.timeline));
        END IF;
        IF NEW.budget IS DISTINCT FROM OLD.budget AND OLD.deal_value IS NULL THEN
            NEW.deal_value := coalesce(NEW.deal_value, align.deal_value(NEW.budget));
        END IF;
        IF (NEW.budget, NEW.authority, NEW.need, NEW.timeline)
               IS DISTINCT FROM (OLD.budget, OLD.authority, OLD.need, OLD.timeline) AND OLD.notes IS NULL THEN
            NEW.notes := coalesce(NEW.notes, align.lead_notes(NEW.budget, NEW.authority, NEW.need, NEW.timeline));
        END IF;
    END IF;

    IF convert THEN
        NEW.contact_person := coalesce(NEW.contact_person, NEW.name);
        NEW.lead_source := coalesce(NEW.lead_source, NEW.source);
        NEW.last_touch_date := coalesce(NEW.last_touch_date, NEW.last_interaction);
        IF old_form OR NEW.status_bucket IS NULL THEN
            NEW.status_bucket := align.status_bucket(NEW.lead_score, NEW.qualification_status);
        END IF;
        IF old_form OR NEW.win_probability IS NULL THEN
            NEW.win_probability := align.win_probability(NEW.lead_score);
        END IF;
        NEW.expected_close_date := coalesce(NEW.expected_close_date, align.expected_close_date(NEW.created_at, NEW.timeline));
        NEW.first_touch_date := coalesce(NEW.first_touch_date, NEW.created_at);
        NEW.notes := coalesce(NEW.notes, align.lead_notes(NEW.budget, NEW.authority, NEW.need, NEW.timeline));
        NEW.progress_details := coalesce(NEW.progress_details, NEW.conversation_summary);
        NEW.deal_value := coalesce(NEW.deal_value, align.deal_value(NEW.budget));
        NEW.agent_id := coalesce(NEW.agent_id, align.find_agent(NEW.assigned_agent));
    END IF;

    IF NEW.created_at IS NULL THEN
        NEW.created_at := now();
        PERFORM align.note_filled('leads', NEW.id, 'created_at', to_jsonb(NEW.created_at));
    END IF;
    NEW.updated_at := coalesce(NEW.updated_at, now());
    NEW.sync_lock := coalesce(NEW.sync_lock, false);
    IF NEW.client_id IS NULL THEN
        NEW.client_id := align.client_for_lead(NEW.id, NEW.company, NEW.contact_person, NEW.email, NEW.phone);
    END IF;

    IF old_form OR TG_OP = 'UPDATE'
       AND (NEW.name, NEW.source, NEW.last_interaction, NEW.assigned_agent)
               IS DISTINCT FROM (OLD.name, OLD.source, OLD.last_interaction, OLD.assigned_agent)
       AND (NEW.contact_person, NEW.lead_source, NEW.last_touch_date, NEW.agent_id)
               IS NOT DISTINCT FROM (OLD.contact_person, OLD.lead_source, OLD.last_touch_date, OLD.agent_id) THEN
        PERFORM align.saw_old_writer('leads', 'name');
    END IF;
    RETURN NEW;
END
$$;
