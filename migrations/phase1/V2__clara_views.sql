-- Clara's four tables as they were, in a schema of their own: for clients that cannot change with the tables.
-- `search_path = clara, public` reaches them; over PostgREST, `clara` among its schemas and the profile header do.
-- Every column is a plain one, so the views take INSERT, UPDATE, DELETE and ON CONFLICT; a view follows the
-- column it was made from, whatever that is called later. Row security is the caller's.
-- One that is there stays as it is: after the swap of the sizes it could not be made like this again.

CREATE SCHEMA IF NOT EXISTS clara;

DO $$
DECLARE
    made  name[] := '{}';
    given record;
BEGIN
    IF to_regclass('clara.clients') IS NULL THEN
        CREATE VIEW clara.clients WITH (security_invoker = true) AS
        SELECT id, name, email, phone, company, industry, company_size, website, created_at, updated_at, notes, tags, status
        FROM public.clients;
        made := made || 'clients'::name;
    END IF;
    IF to_regclass('clara.leads') IS NULL THEN
        CREATE VIEW clara.leads WITH (security_invoker = true) AS
        SELECT id, client_id, name, email, phone, company, title, budget, authority, need, timeline, qualification_status,
               lead_score, score_grade, source, conversation_summary, extracted_info, assigned_agent, last_interaction,
               created_at, updated_at, status
        FROM public.leads;
        made := made || 'leads'::name;
    END IF;
    IF to_regclass('clara.activities') IS NULL THEN
        CREATE VIEW clara.activities WITH (security_invoker = true) AS
        SELECT id, client_id, lead_id, activity_type, agent_type, description, outcome, message_content, agent_response,
               session_id, intent, confidence, created_at, metadata
        FROM public.activities;
        made := made || 'activities'::name;
    END IF;
    IF to_regclass('clara.conversations') IS NULL THEN
        CREATE VIEW clara.conversations WITH (security_invoker = true) AS
        SELECT id, session_id, client_id, lead_id, agent_type, status, messages, started_at, ended_at, last_activity, summary
        FROM public.conversations;
        made := made || 'conversations'::name;
    END IF;

    -- Who may use a table may use its view; a browser's roles reach the old form no more.
    FOR given IN
        SELECT c.relname, g.privilege_type,
               CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END AS grantee
        FROM pg_class AS c
        CROSS JOIN aclexplode(c.relacl) AS g
        WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY (made)
          AND g.grantee <> c.relowner
          AND (g.grantee = 0 OR pg_get_userbyid(g.grantee) NOT IN ('anon', 'authenticated'))
          AND g.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
    LOOP
        EXECUTE format('GRANT %s ON clara.%I TO %s', given.privilege_type, given.relname, given.grantee);
        EXECUTE format('GRANT USAGE ON SCHEMA clara TO %s', given.grantee);
    END LOOP;
END
$$;
