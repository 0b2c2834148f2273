-- The mapping's rules for single values, each in one place for the backfill, the triggers and the way back.

-- clients.company_size: of a range the first number, of an open one the end it has; words stand for a number.
CREATE OR REPLACE FUNCTION align.company_size(written text) RETURNS integer
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = '' AS $$
DECLARE
    said  text;
    parts text[];
    low   numeric;
    high  numeric;
BEGIN
    -- Most say it plainly, and a backfill has many.
    IF written ~ '^[0-9]{1,9}(-[0-9]{1,9})?$' THEN
        IF strpos(written, '-') = 0 OR split_part(written, '-', 1)::integer <= split_part(written, '-', 2)::integer THEN
            RETURN split_part(written, '-', 1)::integer;
        END IF;
        RETURN NULL;
    END IF;
    said := lower(btrim(translate(written, E'\u2010\u2011\u2012\u2013\u2014\u2212\u00a0', '------ ')));
    IF written IN ('', '-', 'n/a', 'N/A', 'unknown', 'Unknown') THEN
        RETURN NULL;
    END IF;
    CASE said
        WHEN 'startup' THEN RETURN 10;
        WHEN 'small' THEN RETURN 25;
        WHEN 'medium' THEN RETURN 100;
        WHEN 'large' THEN RETURN 500;
        WHEN 'enterprise' THEN RETURN 1000;
        ELSE
    END CASE;
    said := regexp_replace(said, '\s*(employees|people|staff|persons)$', '');
    -- Three digits after a dot may be thousands: '1.000' says nothing.
    parts := regexp_match(said,
        '^(?:>=?|<=?|~|over|under|up to|about|more than|less than|fewer than|at least|at most)?\s*'
        '([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+(?:\.[0-9]{1,2})?)\s*([km]?)\s*'
        '(?:\+|(?:-|to)\s*([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+(?:\.[0-9]{1,2})?)\s*([km]?))?$');
    IF parts IS NULL THEN
        RETURN NULL;
    END IF;
    low := replace(parts[1], ',', '')::numeric * CASE parts[2] WHEN 'k' THEN 1000 WHEN 'm' THEN 1000000 ELSE 1 END;
    high := replace(parts[3], ',', '')::numeric * CASE parts[4] WHEN 'k' THEN 1000 WHEN 'm' THEN 1000000 ELSE 1 END;
    -- '10-50k' may mean 10 or 10,000, and '200-50' is no range.
    IF parts[2] = '' AND parts[4] <> '' OR high < low OR low <> trunc(low) OR low > 2147483647 THEN
        RETURN NULL;
    END IF;
    RETURN low::integer;
END
$$;

-- Whether something is written that is no number, as opposed to nothing.
CREATE OR REPLACE FUNCTION align.is_no_company_size(written text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = '' AS $$
BEGIN
    RETURN written NOT IN ('', '-', 'n/a', 'N/A', 'unknown', 'Unknown') AND align.company_size(written) IS NULL;
END
$$;

-- leads.status_bucket
CREATE OR REPLACE FUNCTION align.status_bucket(lead_score integer, qualification_status text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = '' AS $$
BEGIN
    RETURN CASE
        WHEN qualification_status = 'opportunity' OR lead_score >= 70 THEN 'P1'
        WHEN qualification_status = 'sales_qualified' OR lead_score >= 50 THEN 'P2'
        ELSE 'P3'
    END;
END
$$;

-- leads.win_probability
CREATE OR REPLACE FUNCTION align.win_probability(lead_score integer) RETURNS integer
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = '' AS $$
BEGIN
    RETURN CASE
        WHEN lead_score >= 80 THEN 75
        WHEN lead_score >= 60 THEN 50
        WHEN lead_score >= 40 THEN 25
        WHEN lead_score >= 20 THEN 10
        ELSE 5
    END;
END
$$;

-- leads.expected_close_date
CREATE OR REPLACE FUNCTION align.expected_close_date(created_at timestamptz, timeline text) RETURNS date
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = '' AS $$
BEGIN
    RETURN (created_at AT TIME ZONE 'UTC')::date + CASE timeline
        WHEN 'immediate' THEN 7
        WHEN 'this_quarter' THEN 90
        WHEN 'future' THEN 180
        WHEN 'no_timeline' THEN 365
    END;
END
$$;

-- leads.notes: a line for each that is known
CREATE OR REPLACE FUNCTION align.lead_notes(budget text, authority text, need text, timeline text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = '' AS $$
BEGIN
    RETURN nullif(concat_ws(E'\n', 'budget: ' || budget, 'authority: ' || authority, 'need: ' || need,
                            'timeline: ' || timeline), '');
END
$$;

-- leads.deal_value: asks before it casts, since an error that is caught costs a subtransaction a row
CREATE OR REPLACE FUNCTION align.deal_value(budget text) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = '' AS $$
BEGIN
    RETURN CASE
        WHEN budget ~ '^\s*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?\s*$' THEN budget::numeric
    END;
END
$$;

-- leads.agent_id: an e-mail, a full name or an id, in this order; whom nobody or several answer to is nobody. Each look
-- is one into an index.
CREATE OR REPLACE FUNCTION align.find_agent(written text) RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    wanted text;
    found  uuid[];
BEGIN
    IF written IS NULL OR written IN ('', 'none', 'unassigned') THEN
        RETURN NULL;
    END IF;
    wanted := lower(btrim(CASE
        WHEN written IN ('sales_agent', 'support_agent', 'marketing_agent') THEN 'clara@trendtialcrm.ai'
        ELSE written
    END));
    found := ARRAY(SELECT u.id FROM public.users AS u WHERE lower(btrim(u.email)) = wanted LIMIT 2);
    IF cardinality(found) = 0 THEN
        found := ARRAY(SELECT u.id FROM public.users AS u WHERE lower(btrim(u.full_name)) = wanted LIMIT 2);
    END IF;
    IF cardinality(found) = 0 AND wanted ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
        found := ARRAY(SELECT u.id FROM public.users AS u WHERE u.id = wanted::uuid);
    END IF;
    RETURN CASE WHEN cardinality(found) = 1 THEN found[1] END;
END
$$;

-- lead_activities.activity_type
CREATE OR REPLACE FUNCTION align.activity_type(written text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = '' AS $$
BEGIN
    RETURN CASE
        WHEN written IN ('email', 'call', 'meeting', 'note', 'status_change', 'document', 'task', 'demo', 'ai_interaction')
            THEN written
        WHEN written = 'voice_call' THEN 'call'
        ELSE 'note'
    END;
END
$$;

-- lead_activities.metadata: what an AI's turn says beside it, under its own names; a key that is there stays
CREATE OR REPLACE FUNCTION align.activity_metadata(
    metadata jsonb, message_content text, agent_response text, session_id text, intent text, confidence numeric
) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = '' AS $$
BEGIN
    RETURN jsonb_strip_nulls(jsonb_build_object('message_content', message_content, 'agent_response', agent_response,
                                                'session_id', session_id, 'intent', intent, 'confidence', confidence))
        || CASE jsonb_typeof(metadata)
            WHEN 'object' THEN metadata
            WHEN 'null' THEN '{}'
            ELSE coalesce(jsonb_build_object('metadata', metadata), '{}')
        END;
END
$$;

-- calls.outcome: the words of calls pass; of others only whether the session is over counts
CREATE OR REPLACE FUNCTION align.call_outcome(status text, ended_at timestamptz) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = '' AS $$
BEGIN
    RETURN CASE
        WHEN status IN ('completed', 'no_answer', 'busy', 'failed', 'voicemail', 'qualified', 'not_interested',
                        'callback_requested', 'follow_up_scheduled', 'cancelled') THEN status
        WHEN status IN ('ended', 'closed', 'done', 'finished') OR ended_at IS NOT NULL THEN 'completed'
        WHEN status = 'abandoned' THEN 'cancelled'
        WHEN status = 'error' THEN 'failed'
        ELSE 'in_progress'
    END;
END
$$;

-- calls.transcript: a line a turn; a turn is {role, content}, {role, text} or bare text
CREATE OR REPLACE FUNCTION align.transcript(messages jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = '' AS $$
BEGIN
    IF jsonb_typeof(messages) IS DISTINCT FROM 'array' THEN
        RETURN nullif(messages #>> '{}', '{}');
    END IF;
    RETURN (
        SELECT string_agg(
            nullif(concat_ws(': ', upper(turn ->> 'role'),
                   CASE jsonb_typeof(turn) WHEN 'object' THEN coalesce(turn ->> 'content', turn ->> 'text')
                                           ELSE turn #>> '{}' END), ''),
            E'\n' ORDER BY place)
        FROM jsonb_array_elements(messages) WITH ORDINALITY AS m (turn, place)
    );
END
$$;

-- calls.duration in seconds; clocks that ran backwards give 0
CREATE OR REPLACE FUNCTION align.call_duration(started_at timestamptz, ended_at timestamptz) RETURNS integer
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = '' AS $$
BEGIN
    IF (isfinite(started_at) AND isfinite(ended_at)) IS NOT TRUE THEN
        RETURN NULL;
    END IF;
    RETURN trunc(least(greatest(extract(epoch FROM ended_at - started_at), 0), 2147483647))::integer;
END
$$;
