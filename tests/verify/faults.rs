//! Single faults of the migrated pair, each found by the check that should, and none by chance.

use super::{copy, ended, verify};

/// A fault, the check that must find it, and a part of what it must say.
const FAULTS: &[(&str, &str, &str, &str)] = &[
    (
        "policy dropped",
        "DROP POLICY leads_select ON leads",
        "access: leads",
        "agent cannot select",
    ),
    (
        "policy dropped, as promised",
        "DROP POLICY leads_delete ON leads",
        "structure: row security is the target's",
        "leads.leads_delete",
    ),
    (
        "a table that nobody speaks of, open to visitors",
        "CREATE TABLE drafts (id uuid PRIMARY KEY)",
        "structure: grants are the target's",
        "drafts: anon may SELECT, INSERT, UPDATE, DELETE",
    ),
    (
        "a view that shows a table by its owner's rights",
        "CREATE VIEW open_leads AS SELECT id, email FROM leads; REVOKE ALL ON open_leads FROM anon; GRANT SELECT ON open_leads TO anon",
        "structure: grants are the target's",
        "open_leads: anon may SELECT",
    ),
    (
        "row security off",
        "ALTER TABLE calls DISABLE ROW LEVEL SECURITY",
        "access: calls",
        "colleague can select",
    ),
    (
        "policy that lets all in",
        "ALTER POLICY meetings_select ON meetings USING (true)",
        "access: meetings",
        "outsider can select, and should not",
    ),
    (
        "policy beside the promised ones",
        "CREATE POLICY more ON todos FOR SELECT TO anon USING (true); GRANT SELECT ON todos TO anon",
        "access: todos",
        "anon can select, and should not",
    ),
    (
        "policy without a check",
        "DROP POLICY leads_insert ON leads; CREATE POLICY leads_insert ON leads FOR INSERT TO authenticated WITH CHECK (true);
         DROP TRIGGER before_lead_engagement_changes_validation ON leads",
        "access: leads",
        "colleague can insert",
    ),
    (
        "policy of another role",
        "ALTER POLICY clients_select ON clients TO anon",
        "access: clients",
        "agent cannot select",
    ),
    (
        "grant to anon",
        "GRANT SELECT ON users TO anon",
        "structure: grants are the target's",
        "anon may SELECT",
    ),
    (
        "grant of the public form taken away",
        "REVOKE INSERT ON user_links FROM anon",
        "statements: the public form leaves a contact",
        "permission denied",
    ),
    (
        "grant taken away",
        "REVOKE UPDATE ON follow_ups FROM authenticated",
        "access: follow_ups",
        "agent cannot update: no column is granted",
    ),
    (
        "grant of one column",
        "REVOKE SELECT ON notifications FROM authenticated; GRANT SELECT (id) ON notifications TO authenticated",
        "structure: grants are the target's",
        "notifications",
    ),
    (
        "grant of service_role taken away",
        "REVOKE INSERT ON meetings FROM service_role",
        "access: meetings",
        "service_role cannot insert",
    ),
    (
        "function anybody may call",
        "GRANT EXECUTE ON FUNCTION upsert_meetings_bulk(jsonb) TO anon",
        "structure: grants are the target's",
        "upsert_meetings_bulk",
    ),
    (
        "function that answers wrong",
        "CREATE OR REPLACE FUNCTION public.get_current_user_role() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$ SELECT 'super_admin' $$",
        "access: clients",
        "delete, and should not",
    ),
    (
        "second foreign key to users",
        "ALTER TABLE leads ADD COLUMN created_by uuid REFERENCES users (id)",
        "structure: nothing blocks",
        "more than one way leads from `leads` to `users`",
    ),
    (
        "foreign key dropped",
        "ALTER TABLE calls DROP CONSTRAINT calls_user_id_fkey",
        "structure: nothing blocks",
        "user_id",
    ),
    (
        "foreign key of another action",
        "ALTER TABLE follow_ups DROP CONSTRAINT follow_ups_lead_id_fkey;
         ALTER TABLE follow_ups ADD CONSTRAINT follow_ups_lead_id_fkey FOREIGN KEY (lead_id) REFERENCES leads (id)",
        "structure: everything of the target is there",
        "follow_ups.follow_ups_lead_id_fkey",
    ),
    (
        "second foreign key on the way of a query",
        "ALTER TABLE meetings ADD COLUMN host uuid REFERENCES users (id)",
        "selects: meetings: *,leads(*,clients(client_name)),users(full_name)",
        "2 foreign keys lead from `meetings` to `users`",
    ),
    (
        "embed that its reader may not see",
        "ALTER POLICY calls_select ON calls USING (false)",
        "selects: calls: *,user:user_id(id,full_name,avatar_url)",
        "agent gets no row, and one is there for them",
    ),
    (
        "not null dropped",
        "ALTER TABLE leads ALTER COLUMN status_bucket DROP NOT NULL",
        "structure: everything of the target is there",
        "leads.status_bucket: nullable",
    ),
    (
        "default dropped",
        "ALTER TABLE leads ALTER COLUMN sync_lock DROP DEFAULT",
        "structure: everything of the target is there",
        "leads.sync_lock",
    ),
    (
        "default changed",
        "ALTER TABLE follow_ups ALTER COLUMN status SET DEFAULT 'Completed'",
        "structure: everything of the target is there",
        "follow_ups.status",
    ),
    (
        "column dropped",
        "ALTER TABLE meetings DROP COLUMN location",
        "structure: everything of the target is there",
        "meetings.location",
    ),
    (
        "column of another type",
        "ALTER TABLE calls ALTER COLUMN lead_score_after TYPE text",
        "structure: everything of the target is there",
        "calls.lead_score_after",
    ),
    (
        "column narrower than the target's",
        "ALTER TABLE meetings ALTER COLUMN location TYPE varchar(50)",
        "structure: no column is narrower than the target's",
        "meetings.location: varchar(50) holds less than text, which the target has",
    ),
    (
        "right to a view of the old form taken away",
        "REVOKE UPDATE ON clara.leads FROM service_role",
        "access: clara.leads",
        "service_role cannot update: no column is granted",
    ),
    (
        "view of the old form that anybody reads",
        "ALTER VIEW clara.clients RESET (security_invoker);
         GRANT USAGE ON SCHEMA clara TO anon; GRANT SELECT ON clara.clients TO anon",
        "access: clara.clients",
        "anon can select, and should not",
    ),
    (
        "table dropped",
        "DROP TABLE todo_attachments",
        "structure: nothing blocks",
        "todo_attachments",
    ),
    (
        "check dropped",
        "ALTER TABLE leads DROP CONSTRAINT leads_win_probability_check",
        "structure: everything of the target is there",
        "leads_win_probability_check",
    ),
    (
        "check narrower",
        "ALTER TABLE calls DROP CONSTRAINT calls_call_type_check;
         ALTER TABLE calls ADD CONSTRAINT calls_call_type_check CHECK (call_type IN ('inbound', 'outbound', 'ai_voice'))",
        "statements: clara starts a call",
        "calls_call_type_check",
    ),
    (
        "check never validated",
        "ALTER TABLE leads ADD CONSTRAINT later CHECK (lead_score < 1000) NOT VALID",
        "structure: every constraint is validated",
        "constraint later of leads is NOT VALID",
    ),
    (
        "invalid index",
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'idx_leads_agent_id'::regclass",
        "structure: every index is valid",
        "idx_leads_agent_id",
    ),
    (
        "index dropped",
        "DROP INDEX idx_leads_agent_id",
        "structure: everything of the target is there",
        "leads.idx_leads_agent_id",
    ),
    (
        "unique index no longer unique",
        "DROP INDEX calls_session_id_key; CREATE INDEX calls_session_id_key ON calls (session_id) WHERE session_id IS NOT NULL",
        "structure: everything of the target is there",
        "calls.calls_session_id_key",
    ),
    (
        "unique key dropped",
        "ALTER TABLE clients DROP CONSTRAINT clients_client_name_key",
        "statements: an import upserts a client",
        "no unique or exclusion constraint",
    ),
    (
        "trigger disabled",
        "ALTER TABLE leads DISABLE TRIGGER update_leads_updated_at",
        "structure: every trigger is on",
        "update_leads_updated_at",
    ),
    (
        "trigger dropped",
        "DROP TRIGGER before_user_update_validation ON users",
        "statements: an agent cannot promote themselves",
        "gave 1 row",
    ),
    (
        "trigger of the voice flow dropped",
        "DROP TRIGGER align_conversation_to_call ON conversations",
        "flow: a conversation becomes a call of its lead",
        "step 4 of 14",
    ),
    (
        "transcript not written",
        "CREATE OR REPLACE FUNCTION align.transcript(messages jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT NULL::text $$",
        "flow: a conversation becomes a call of its lead",
        "step 6 of 14",
    ),
    (
        "outcome not mapped",
        "CREATE OR REPLACE FUNCTION align.call_outcome(status text, ended_at timestamptz) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'in_progress'::text $$",
        "flow: a conversation becomes a call of its lead",
        "step 8 of 14",
    ),
    (
        "lead rule lets an agent hand over",
        "CREATE OR REPLACE FUNCTION public.validate_lead_engagement_changes() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
         ALTER POLICY leads_update ON leads WITH CHECK (true); ALTER POLICY leads_select ON leads USING (true)",
        "statements: an agent cannot hand a lead over",
        "gave 1 row",
    ),
    (
        "service_role no longer passes the rules",
        "CREATE OR REPLACE FUNCTION public.bypasses_validation() RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT false $$",
        "access: there are rows to try things on",
        "a lead goes to yourself or to someone you manage",
    ),
    (
        "sequence behind",
        "INSERT INTO user_links (id, email) OVERRIDING SYSTEM VALUE VALUES (5, 'a@b.c')",
        "structure: every sequence is ahead of its column",
        "user_links",
    ),
    (
        "view that shows what its reader may not see",
        "ALTER TABLE clara.clients RESET (security_invoker)",
        "structure: every view lets its reader's rights decide",
        "clara.clients",
    ),
    (
        "value changed",
        "ALTER TABLE leads DISABLE TRIGGER USER; UPDATE leads SET contact_person = 'Eve' WHERE name = 'Ann'; ALTER TABLE leads ENABLE TRIGGER USER",
        "values: leads.name → leads.contact_person",
        "1 of 3 rows are not what the mapping says: d1000000-0000-4000-8000-000000000001",
    ),
    (
        "number changed",
        "ALTER TABLE clients DISABLE TRIGGER USER; UPDATE clients SET company_size = 51 WHERE company_size = 50; ALTER TABLE clients ENABLE TRIGGER USER",
        "values: clients.company_size → clients.company_size",
        "1 of 3 rows",
    ),
    (
        "lookup that points at the wrong user",
        "ALTER TABLE leads DISABLE TRIGGER USER; UPDATE leads SET agent_id = NULL WHERE assigned_agent = 'sales_agent'; ALTER TABLE leads ENABLE TRIGGER USER",
        "values: leads.assigned_agent → leads.agent_id",
        "2 of 3 rows",
    ),
    (
        "row missing",
        "DELETE FROM lead_activities WHERE description = 'second'",
        "values: rows of activities are in lead_activities",
        "1 of 2 rows have no counterpart",
    ),
    (
        "rows swapped",
        "ALTER TABLE leads DISABLE TRIGGER USER;
         UPDATE leads SET status_bucket = CASE status_bucket WHEN 'P1' THEN 'P3' ELSE 'P1' END; ALTER TABLE leads ENABLE TRIGGER USER",
        "values: leads.lead_score, leads.qualification_status → leads.status_bucket",
        "3 of 3 rows",
    ),
    (
        "file edited after it was applied",
        "UPDATE align.\"clara-to-trendtialcrm_phase1_history\" SET checksum = '1' WHERE version = 7",
        "structure: history and files agree",
        "was applied with checksum 0000000000000001",
    ),
    (
        "file renamed after it was applied",
        "UPDATE align.\"clara-to-trendtialcrm_phase2_history\" SET name = 'stages' WHERE version = 2",
        "structure: history and files agree",
        "`V2__stages`",
    ),
    (
        "applied file that is missing",
        "INSERT INTO align.\"clara-to-trendtialcrm_phase2_history\" (version, name, applied_on, checksum)
         SELECT 99, 'gone', applied_on, '1' FROM align.\"clara-to-trendtialcrm_phase2_history\" WHERE version = 1",
        "structure: history and files agree",
        "V99__gone",
    ),
    (
        "phase whose folder is missing",
        "CREATE TABLE align.\"clara-to-trendtialcrm_phase9_history\" (version int4 PRIMARY KEY)",
        "structure: history and files agree",
        "phase9: it was run here, and there is no such folder",
    ),
    (
        "file that is pending",
        "DELETE FROM align.\"clara-to-trendtialcrm_phase2_history\" WHERE version >= 11",
        "structure: history and files agree",
        "phase2: 2 are pending, `V11__",
    ),
    (
        "phase that is pending",
        "DROP TABLE align.\"clara-to-trendtialcrm_phase2_history\"",
        "structure: history and files agree",
        "phase2: 12 are pending",
    ),
    (
        "step that did not end",
        "INSERT INTO align.progress (pair, phase, step, checksum, run) VALUES ('clara-to-trendtialcrm', 'phase1', 'V24__x', '1', gen_random_uuid())",
        "structure: no run left anything behind",
        "phase1 V24__x did not end",
    ),
    (
        "stage of a copy",
        "CREATE UNLOGGED TABLE align.copy_stage_1 (k1 uuid)",
        "structure: no run left anything behind",
        "align.copy_stage_1",
    ),
    (
        "constraint of a migration",
        "ALTER TABLE leads ADD CONSTRAINT align_client_id_not_null CHECK (client_id IS NOT NULL)",
        "structure: no run left anything behind",
        "align_client_id_not_null",
    ),
    (
        "index of a rebuild",
        "CREATE INDEX idx_leads_agent_id_ccnew ON leads (agent_id)",
        "structure: no run left anything behind",
        "idx_leads_agent_id_ccnew",
    ),
    (
        "function of a trigger that is gone",
        "DROP TRIGGER align_take_over_call ON calls",
        "structure: no run left anything behind",
        "function align.take_over_call() is called by no trigger",
    ),
    (
        "reference that leads nowhere",
        "SET session_replication_role = replica; UPDATE leads SET agent_id = gen_random_uuid() WHERE name = 'Ann'",
        "values: no row refers to one that is not there",
        "1 rows of leads.leads_agent_id_fkey refer to a row of users",
    ),
    (
        "key that occurs twice",
        "ALTER TABLE clients DROP CONSTRAINT clients_client_name_key; ALTER TABLE clients DISABLE TRIGGER USER;
         UPDATE clients SET client_name = 'Acme'; ALTER TABLE clients ENABLE TRIGGER USER",
        "values: no key of the target occurs twice",
        "1 values of clients (client_name) occur more than once",
    ),
    (
        "session of two calls",
        "DROP INDEX calls_session_id_key; ALTER TABLE calls DISABLE TRIGGER USER;
         INSERT INTO calls (lead_id, call_type, outcome, call_start_time, session_id)
         SELECT lead_id, call_type, outcome, call_start_time, 's1' FROM calls WHERE session_id = 's1'; ALTER TABLE calls ENABLE TRIGGER USER",
        "values: no key of the target occurs twice",
        "calls_session_id_key does not let in",
    ),
    (
        "value outside the domain",
        "ALTER TABLE leads DROP CONSTRAINT leads_win_probability_check; ALTER TABLE leads DISABLE TRIGGER USER;
         UPDATE leads SET win_probability = 4000 WHERE name = 'Bob'; ALTER TABLE leads ENABLE TRIGGER USER",
        "values: every value is one that the target takes",
        "1 rows of leads are outside the target's leads_win_probability_check",
    ),
    (
        "row in quarantine",
        "INSERT INTO align.quarantine (table_name, key, column_name, value, code) VALUES ('clients', '{\"id\": 1}', 'company_size', 'x', 'range.unreadable')",
        "values: quarantine is empty or settled",
        "1 row of clients.company_size: range.unreadable, listed by `align quarantine list`",
    ),
    (
        "row security off on a table of before",
        "ALTER TABLE conversations DISABLE ROW LEVEL SECURITY",
        "access: conversations",
        "colleague can select",
    ),
    (
        "audit that can be rewritten",
        "CREATE POLICY rewrite ON admin_audit FOR UPDATE TO authenticated USING (true)",
        "structure: row security is the target's",
        "admin_audit.rewrite",
    ),
    (
        "forced row security",
        "ALTER TABLE leads FORCE ROW LEVEL SECURITY",
        "structure: row security is the target's",
        "leads",
    ),
];

/// Databases that are copied and looked at side by side.
const WORKERS: usize = 3;

#[test]
fn every_fault_is_found_by_the_check_that_should() {
    let share = FAULTS.len().div_ceil(WORKERS);
    let missed: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = FAULTS
            .chunks(share)
            .map(|faults| scope.spawn(|| faults.iter().filter_map(missed).collect::<Vec<_>>()))
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap())
            .collect()
    });
    assert!(missed.is_empty(), "{}", missed.join("\n\n"));
}

/// What went wrong, unless the check that should finds it.
fn missed((name, sql, check, says): &(&str, &str, &str, &str)) -> Option<String> {
    let db = copy(&name.replace(|c: char| !c.is_alphanumeric(), "_"));
    if let Err(message) = db.try_psql(sql) {
        return Some(format!("{name}: {message}"));
    }
    let section = check.split(':').next()?;
    let (document, code) = verify(&db, &["--only", section]);
    let failed = ended(&document, "failed");
    let found = failed.iter().find(|(name, _)| name == check);
    if code == 1 && found.is_some_and(|(_, said)| said.contains(says)) {
        return None;
    }
    Some(format!(
        "{name}: {check} says {found:?}; others: {failed:?}"
    ))
}
