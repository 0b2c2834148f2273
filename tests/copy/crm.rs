//! What `TrendtialCRM`'s own database does to a copy, as its authors ship it.

use super::cluster::database;
use super::{Pair, SHIPPED};

const TABLES: &str = "
    CREATE TABLE follow_ups (id uuid PRIMARY KEY, lead_id uuid NOT NULL, agent_id uuid NOT NULL, due_date timestamptz NOT NULL, status text NOT NULL);
    CREATE TABLE meetings (id uuid PRIMARY KEY, agent_id uuid NOT NULL, title text NOT NULL, start_time timestamptz NOT NULL, end_time timestamptz NOT NULL);
    INSERT INTO follow_ups VALUES (gen_random_uuid(), '33333333-0000-0000-0000-000000000001', '11111111-0000-0000-0000-000000000002', now(), 'open');
    INSERT INTO meetings VALUES (gen_random_uuid(), '11111111-0000-0000-0000-000000000002', 'First', now(), now());";
const ROWS: &str = "
    INSERT INTO auth.users (id, email, raw_user_meta_data) VALUES
        ('11111111-0000-0000-0000-000000000001', 'root@x.io', '{\"full_name\": \"Root\"}'),
        ('11111111-0000-0000-0000-000000000002', 'ann@x.io', '{\"full_name\": \"Ann\"}');
    ALTER TABLE users DISABLE TRIGGER USER;
    UPDATE users SET role = 'super_admin' WHERE email = 'root@x.io';
    ALTER TABLE users ENABLE TRIGGER USER;
    SELECT set_config('request.jwt.claims', '{\"role\":\"service_role\"}', false), set_config('request.jwt.claim.role', 'service_role', false);
    INSERT INTO clients (id, client_name) VALUES ('22222222-0000-0000-0000-000000000001', 'Acme');
    INSERT INTO leads (id, client_id, status_bucket) VALUES ('33333333-0000-0000-0000-000000000001', '22222222-0000-0000-0000-000000000001', 'P1');";

#[test]
fn a_trigger_that_lets_no_service_key_pass_is_named_with_what_to_say() {
    let to = database("crm_triggers");
    to.load_shim();
    to.load(SHIPPED);
    let pair = Pair::into(to, "triggers", TABLES, ROWS, "");
    for (table, trigger, words) in [
        (
            "follow_ups",
            "before_follow_up_changes_validation",
            "Permission denied to insert follow-up for this role.",
        ),
        (
            "meetings",
            "before_meeting_changes_validation",
            "Permission denied to insert meeting for this role.",
        ),
    ] {
        pair.copy(&["--table", table]).ends_with(2).says(&[
            &format!("error: cannot publish `{table}`"),
            &format!("trigger `{trigger}` of `{table}` refuses a row: {words} (P0001)"),
            "hint: say who writes with `--claims`, such as",
        ]);
        assert_eq!(pair.to.psql(&format!("SELECT count(*) FROM {table}")), "0");
    }
    let root = r#"{"role":"authenticated","sub":"11111111-0000-0000-0000-000000000001"}"#;
    let run = pair.copy(&["--claims", root]).ends_with(0);
    assert_eq!(run.counts("follow_ups"), [1, 1, 0, 0]);
    assert_eq!(run.counts("meetings"), [1, 1, 0, 0]);
}
