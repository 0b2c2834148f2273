-- Clara's tables under TrendtialCRM's names, in a schema of their own. What is a plain column there can be written
-- through the view; what is made by a rule is read only. Row security is the caller's.

CREATE SCHEMA IF NOT EXISTS trendtial;

CREATE OR REPLACE VIEW trendtial.users WITH (security_invoker = true) AS
SELECT id, full_name, email, role, manager_id, is_active, avatar_url, created_at, updated_at
FROM public.users;

CREATE OR REPLACE VIEW trendtial.clients WITH (security_invoker = true) AS
SELECT id, name AS client_name, company, industry, NULL::text AS location, phone, NULL::text AS physical_meeting_info,
       NULL::numeric AS expected_value, align.company_size(company_size) AS company_size, email, created_at, updated_at
FROM public.clients;

CREATE OR REPLACE VIEW trendtial.leads WITH (security_invoker = true) AS
SELECT id, client_id, align.find_agent(assigned_agent) AS agent_id,
       align.status_bucket(lead_score, qualification_status) AS status_bucket, lead_score, qualification_status,
       NULL::text AS campaign_id, NULL::text AS utm_source, NULL::text AS utm_medium, NULL::text AS utm_campaign,
       NULL::text AS referrer_url, created_at AS first_touch_date, last_interaction AS last_touch_date,
       conversation_summary AS progress_details, NULL::text AS next_step, source AS lead_source, name AS contact_person,
       email, phone, align.deal_value(budget) AS deal_value, NULL::text[] AS tags,
       NULL::timestamptz AS follow_up_due_date, false AS sync_lock,
       align.lead_notes(budget, authority, need, timeline) AS notes, NULL::uuid AS pipeline_stage_id,
       align.expected_close_date(created_at, timeline) AS expected_close_date,
       align.win_probability(lead_score) AS win_probability, NULL::text AS lost_reason, NULL::text AS industry,
       created_at, updated_at
FROM public.leads;

CREATE OR REPLACE VIEW trendtial.lead_activities WITH (security_invoker = true) AS
SELECT id, lead_id, align.activity_type(activity_type) AS activity_type, activity_type AS subject, description,
       align.voice_agent() AS created_by, created_at AS activity_date,
       align.activity_metadata(metadata, message_content, agent_response, session_id, intent, confidence) AS metadata,
       true AS is_automated, created_at, created_at AS updated_at
FROM public.activities
WHERE lead_id IS NOT NULL;

CREATE OR REPLACE VIEW trendtial.calls WITH (security_invoker = true) AS
SELECT id, lead_id, user_id, duration, call_type, outcome, notes, call_start_time, session_id, ai_session_id, transcript,
       sentiment_score, lead_score_after, qualification_status, bant_assessment, created_at, updated_at
FROM public.calls;

-- The views pass on what a role may do with the tables, and nothing else; a visitor gets nothing.
DO $$
DECLARE
    given record;
BEGIN
    FOR given IN
        SELECT v.relname, g.privilege_type, quote_ident(r.rolname) AS grantee
        FROM pg_class AS c
        CROSS JOIN aclexplode(c.relacl) AS g
        JOIN pg_roles AS r ON r.oid = g.grantee
        JOIN pg_class AS v ON v.relnamespace = 'trendtial'::regnamespace
            AND v.relname = CASE c.relname WHEN 'activities' THEN 'lead_activities' ELSE c.relname END
        WHERE c.oid IN ('public.users'::regclass, 'public.clients'::regclass, 'public.leads'::regclass,
                        'public.activities'::regclass, 'public.calls'::regclass)
          AND g.grantee <> c.relowner AND r.rolname <> 'anon'
          AND g.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
    LOOP
        EXECUTE format('GRANT %s ON trendtial.%I TO %s', given.privilege_type, given.relname, given.grantee);
        EXECUTE format('GRANT USAGE ON SCHEMA trendtial TO %s', given.grantee);
    END LOOP;
END
$$;

NOTIFY pgrst, 'reload schema';
