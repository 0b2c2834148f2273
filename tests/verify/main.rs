//! `align verify` on the migrated pair: it passes there, it leaves nothing behind, and it finds every
//! single fault that is put in, by the check that should.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails where it is"
)]

#[path = "../cluster/mod.rs"]
mod cluster;
mod faults;
mod minimal;
mod pairs;
mod told;

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use assert_cmd::Command;
use cluster::{Cluster, Database};
use serde_json::Value;

/// A migrated database that others are copied from; nothing connects to it once it is made.
fn template() -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| {
        let db = cluster::database("verify_template");
        db.load_shim();
        db.load("mappings/clara-to-trendtialcrm/clara.sql");
        db.load("tests/fixtures/verify/rows.sql");
        migrate(&db);
        db.name
    })
}

fn migrate(db: &Database<'_>) {
    let mut command = align(db);
    command.args(["migrate", "--yes", "--allow", "breaks-clients"]);
    for phase in ["phase1", "phase2", "phase3"] {
        command.args(["--phase", phase]);
    }
    command.assert().success();
}

fn copy(name: &str) -> Database<'static> {
    let template = template();
    let name = format!("verify_{name}");
    let create = format!("CREATE DATABASE \"{name}\" TEMPLATE \"{template}\"");
    let cluster = Cluster::shared();
    cluster.named("postgres").psql(&create);
    cluster.named(&name)
}

fn align(db: &Database<'_>) -> Command {
    let mut command = Command::cargo_bin("align").unwrap();
    command.env("DATABASE_URL", db.url());
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

/// The document, and whether all of it holds by the exit code.
fn verify(db: &Database<'_>, args: &[&str]) -> (Value, i32) {
    let output = align(db)
        .args(["verify", "--format", "json"])
        .args(args)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let document = serde_json::from_slice(&output.stdout);
    let document = document.unwrap_or_else(|error| panic!("{error}: {said}"));
    (document, output.status.code().unwrap())
}

/// `section: name` of every check that ended so, with what it found.
fn ended(document: &Value, verdict: &str) -> Vec<(String, String)> {
    let checks = document["checks"].as_array().unwrap().iter();
    let ended = checks.filter(|check| check["verdict"] == verdict);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    ended
        .map(|check| {
            let name = format!("{}: {}", text(&check["section"]), text(&check["name"]));
            let findings = check["findings"].as_array().unwrap().iter();
            let said: Vec<String> = findings.map(|finding| text(&finding["message"])).collect();
            (name, said.join("\n"))
        })
        .collect()
}

#[test]
fn the_migrated_pair_holds_and_nothing_stays_behind() {
    let db = copy("holds");
    let before = dump(&db);
    let (document, code) = verify(&db, &[]);
    assert_eq!(ended(&document, "failed"), []);
    assert_eq!(ended(&document, "skipped"), []);
    assert_eq!(code, 0);
    assert_eq!(document["passed"], true);
    assert!(dump(&db) == before, "something stayed behind");
}

/// An application that signs in as a role of its own, with grants of its own, keeps what it had: the phases
/// make a policy for it, and that is no fault. Nobody else may hold what the target's roles do not.
#[test]
fn a_role_that_had_grants_before_is_shown_and_fails_nothing() {
    let cluster = Cluster::start(&cluster::Settings::default());
    let db = cluster.database("verify_direct");
    db.load_shim();
    db.load("mappings/clara-to-trendtialcrm/clara.sql");
    cluster.role("clara_app", "LOGIN");
    cluster.role("nosy", "LOGIN");
    db.psql("GRANT SELECT, INSERT, UPDATE, DELETE ON clients, leads TO clara_app");
    migrate(&db);
    let (document, code) = verify(&db, &["--only", "structure"]);
    assert_eq!(ended(&document, "failed"), []);
    assert_eq!(code, 0);
    let known = ended(&document, "known");
    let shown = |check: &str, words: &str| {
        let found = known.iter().find(|(name, _)| name == check);
        assert!(
            found.is_some_and(|(_, said)| said.contains(words)),
            "{known:#?}"
        );
    };
    shown(
        "structure: row security is the target's",
        "clients.align_direct_access",
    );
    shown("structure: grants are the target's", "leads.clara_app");

    db.psql("GRANT SELECT ON leads TO nosy");
    let (document, code) = verify(&db, &["--only", "structure"]);
    assert_eq!(code, 1);
    let [(name, said)] = &ended(&document, "failed")[..] else {
        panic!("{document:#}");
    };
    assert_eq!(name, "structure: grants are the target's");
    assert!(
        said.contains("leads.nosy") && !said.contains("clara_app"),
        "{said}"
    );
}

/// A phase that refused at its first step has run nothing, and nothing of the phases before it is left over.
#[test]
fn a_phase_that_was_refused_leaves_nothing_behind() {
    let db = copy("refused");
    db.psql("INSERT INTO clients (name) VALUES ('written by the old name')");
    let all = "deletes-data,breaks-clients,blocks-writes,rewrites-table,not-reversible";
    let mut contract = align(&db);
    contract.args(["migrate", "--phase", "contract", "--yes", "--allow", all]);
    let refused = contract.args(["--confirm-backup", "none"]).assert().code(2);
    let said = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(said.contains("the old form was written"), "{said}");
    let (document, _) = verify(&db, &["--only", "structure,values"]);
    assert_eq!(ended(&document, "failed"), []);
}

#[test]
fn without_roles_and_auth_the_rest_holds_and_they_are_skipped_by_name() {
    let cluster = Cluster::start(&cluster::Settings::default());
    let db = cluster.database("verify_plain");
    db.load("mappings/clara-to-trendtialcrm/clara.sql");
    db.load("tests/fixtures/verify/rows.sql");
    migrate(&db);
    let (document, code) = verify(&db, &[]);
    assert_eq!(ended(&document, "failed"), []);
    assert_eq!(code, 0);
    let checks = document["checks"].as_array().unwrap();
    let leads = checks
        .iter()
        .find(|check| check["section"] == "access" && check["name"] == "leads");
    let why = leads.unwrap()["why"].as_str().unwrap();
    assert!(why.contains("anon: there is no role `anon`"), "{why}");
    let flow = checks.iter().find(|check| check["section"] == "flow");
    let flow = flow.unwrap();
    assert_eq!(flow["verdict"], "passed");
    assert_eq!(
        flow["looked_at"], 8,
        "what Clara does, and what comes of it"
    );
    let left_out = flow["findings"].as_array().unwrap();
    assert_eq!(left_out.len(), 6, "who reads it");
    assert_eq!(
        left_out[0]["message"],
        "step 9 of 14 is left out as agent: there is no role `authenticated`"
    );
    let sent = checks
        .iter()
        .filter(|check| check["section"] == "statements" && check["verdict"] == "passed");
    assert!(sent.count() >= 5, "Clara's own statements");
    let skipped = checks
        .iter()
        .filter(|check| check["verdict"] == "skipped" && check["section"] == "access");
    let skipped: Vec<&str> = skipped
        .map(|check| check["name"].as_str().unwrap())
        .collect();
    assert!(skipped.len() > 3, "{skipped:?}");
    for (flags, each) in [
        (&["verify", "--only", "access"][..], false),
        (&["verify", "--only", "access", "--all"], true),
    ] {
        let output = align(&db).args(flags).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(text.contains("checks skipped: "), !each, "{text}");
        let lines = skipped.iter().filter(|name| {
            text.lines()
                .any(|line| line.contains(&format!(" {name}  skipped: ")))
        });
        assert_eq!(
            lines.count(),
            if each { skipped.len() } else { 0 },
            "{text}"
        );
    }
    db.psql("DROP TRIGGER align_conversation_to_call ON conversations");
    let (document, code) = verify(&db, &["--only", "flow"]);
    assert_eq!(code, 1);
    let failed = ended(&document, "failed");
    assert!(failed[0].1.contains("step 4 of 14"), "{failed:?}");
    let structure = checks
        .iter()
        .filter(|check| check["section"] == "structure" && check["verdict"] == "passed");
    assert_eq!(
        structure.count(),
        11,
        "all but the grants and what is known"
    );
}

#[test]
fn the_crm_as_its_authors_ship_it_has_the_faults_that_are_known() {
    let db = cluster::database("verify_shipped");
    db.load_shim();
    db.load("tests/fixtures/trendtialcrm-as-shipped/schema.sql");
    let (document, code) = verify(&db, &[]);
    assert_eq!(code, 1);
    let failed = ended(&document, "failed");
    for (check, says) in [
        ("access: users", "anon can select, and should not"),
        (
            "access: users",
            "service_role fails to update: function auth.is_claims_admin() does not exist",
        ),
        (
            "access: calls",
            "anon can select, insert, update, delete, and should not",
        ),
        (
            "access: follow_ups",
            "service_role cannot insert: Permission denied",
        ),
        (
            "access: meetings",
            "service_role cannot insert: Permission denied",
        ),
        ("access: todos", "manager cannot insert"),
        (
            "statements: a session without claims adds a lead",
            "Permission denied to insert lead for this role.",
        ),
        (
            "structure: everything of the target is there",
            "users.avatar_url",
        ),
        (
            "structure: everything of the target is there",
            "leads.idx_leads_agent_id",
        ),
        (
            "structure: nothing blocks",
            "more than one way leads from `meetings` to `users`",
        ),
        (
            "statements: clara starts a call",
            "column \"ai_session_id\" of relation \"calls\" does not exist",
        ),
        (
            "statements: clara saves its own user",
            "auth.is_claims_admin()",
        ),
        (
            "selects: calls: *,user:user_id(id,full_name,avatar_url)",
            "no foreign key leads from `calls` to `user_id`",
        ),
        (
            "selects: meetings: *,leads(*,clients(client_name)),users(full_name)",
            "2 foreign keys lead",
        ),
    ] {
        let found = failed.iter().find(|(name, _)| name == check);
        assert!(
            found.is_some_and(|(_, said)| said.contains(says)),
            "{check}: {found:?}"
        );
    }
    let known: Vec<String> = ended(&document, "known")
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(
        known,
        [
            "selects: follow_ups: id,due_date,notes,user_id,leads!inner(contact_person)",
            "selects: meetings: id,start_time,title,user_id",
        ]
    );
    let skipped = ended(&document, "skipped");
    assert!(
        skipped
            .iter()
            .any(|(name, _)| name == "access: conversations")
    );
}

#[test]
fn without_probes_nothing_is_tried() {
    let db = copy("unprobed");
    let (document, code) = verify(&db, &["--no-write-probe"]);
    assert_eq!(code, 0);
    let checks = document["checks"].as_array().unwrap();
    let reads = |check: &Value| check["section"] == "structure" || check["section"] == "values";
    assert!(
        checks
            .iter()
            .all(|check| reads(check) || check["verdict"] == "skipped")
    );
    // Each that would try something is named.
    let names = |document: &Value| -> Vec<String> {
        let checks = document["checks"].as_array().unwrap().iter();
        let name = |check: &Value| format!("{}: {}", check["section"], check["name"]);
        checks.map(name).collect()
    };
    let (whole, _) = verify(&db, &[]);
    assert_eq!(names(&document), names(&whole));
    let (document, _) = verify(
        &db,
        &["--only", "flow", "--only", "statements", "--skip", "flow"],
    );
    let checks = document["checks"].as_array().unwrap();
    assert!(checks.iter().all(|check| check["section"] == "statements"));
    assert!(!checks.is_empty());
    assert_eq!(
        document["left_out"],
        serde_json::json!(["structure", "values", "access", "flow", "selects"])
    );
    let mut none = align(&db);
    let none = none.args(["verify", "--only", "flow", "--skip", "flow"]);
    let none = none.output().unwrap();
    assert_eq!(none.status.code(), Some(2));
    let said = String::from_utf8_lossy(&none.stderr);
    assert!(said.contains("nothing is left to check"), "{said}");
}

#[test]
fn rows_that_are_hidden_from_a_role_are_no_proof() {
    let db = copy("hidden");
    Cluster::shared().role("verify_reader", "LOGIN NOBYPASSRLS");
    db.psql(
        "DO $$ DECLARE n text; BEGIN
             FOR n IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_|^information_schema$' LOOP
                 EXECUTE format('GRANT USAGE ON SCHEMA %I TO verify_reader', n);
                 EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO verify_reader', n);
                 EXECUTE format('GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA %I TO verify_reader', n);
             END LOOP;
         END $$",
    );
    let mut command = align(&db);
    command.env("DATABASE_URL", db.url_as("verify_reader"));
    let output = command
        .args(["verify", "--format", "json", "--only", "values"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let failed = ended(&document, "failed");
    let hidden = |said: &str| said.contains("row-level security");
    assert!(failed.iter().all(|(_, said)| hidden(said)), "{failed:#?}");
    let protected = db.psql("SELECT string_agg(relname, ' ') FROM pg_class WHERE relrowsecurity AND relnamespace = 'public'::regnamespace");
    assert!(protected.contains("leads"), "{protected}");
    // Nothing that reads such a table passes, whatever it is called.
    let checks = document["checks"].as_array().unwrap();
    let passed = checks.iter().filter(|check| check["verdict"] == "passed");
    let passed: Vec<&str> = passed
        .map(|check| check["name"].as_str().unwrap())
        .collect();
    for name in passed {
        for table in protected.split_whitespace() {
            assert!(!name.contains(&format!("{table}.")), "{name}");
        }
    }
    assert!(failed.len() > 10, "{failed:#?}");
}

#[test]
fn what_takes_too_long_fails_and_the_rest_goes_on() {
    let db = copy("slow");
    db.psql(
        "ALTER TABLE leads DISABLE TRIGGER USER;
         INSERT INTO leads (client_id, name, contact_person, status_bucket)
         SELECT (SELECT id FROM clients LIMIT 1), 'n' || n, 'n' || n, 'P3' FROM generate_series(1, 30000) AS n;
         ALTER TABLE leads ENABLE TRIGGER USER;",
    );
    let (document, code) = verify(&db, &["--only", "values", "--budget", "1ms"]);
    assert_eq!(code, 1);
    let failed = ended(&document, "failed");
    let unfinished = "it did not end within the time that a check may take, so nothing is known";
    assert!(
        failed.iter().any(|(_, said)| said.contains(unfinished)),
        "{failed:?}"
    );
    db.psql(
        "CREATE FUNCTION waits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$;
         CREATE TRIGGER waits BEFORE UPDATE ON attendance FOR EACH ROW EXECUTE FUNCTION waits();",
    );
    let (document, code) = verify(&db, &["--only", "access", "--budget", "500ms"]);
    assert_eq!(code, 1);
    assert_eq!(document["budget_milliseconds"], 500);
    let failed = ended(&document, "failed");
    let [(name, said)] = failed.as_slice() else {
        panic!("{failed:?}");
    };
    assert_eq!(name, "access: attendance");
    assert!(said.contains("fails to update: it did not end"), "{said}");
}

fn dump(db: &Database<'_>) -> String {
    let dump = db.dump();
    let token = |line: &&str| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict");
    dump.lines().filter(token).collect::<Vec<_>>().join("\n")
}

#[test]
fn killed_at_any_moment_it_leaves_nothing_behind() {
    let db = copy("killed");
    let sequences = || {
        db.psql(
            "SELECT string_agg(format('%s %s', schemaname || '.' || sequencename, last_value), ' ' ORDER BY schemaname, sequencename)
             FROM pg_sequences",
        )
    };
    let before = (dump(&db), sequences());
    let began = Instant::now();
    verify(&db, &[]);
    let mut whole = began.elapsed();
    let moments = match std::env::var("ALIGN_DRILL").as_deref() {
        Ok("full") => 25,
        _ => 5,
    };
    let mut killed = 0;
    for moment in 1..=moments {
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_align"))
            .args(["verify", "--format", "json"])
            .env("DATABASE_URL", db.url())
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(whole * moment / (moments + 1));
        child.kill().unwrap();
        if child.wait().unwrap().code().is_none() {
            killed += 1;
        } else {
            // The first run was a slow one.
            whole /= 2;
        }
        let began = Instant::now();
        let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
        while db.psql(others).trim() != "0" {
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "its session goes on"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        let after = (dump(&db), sequences());
        assert!(after == before, "moment {moment} left something behind");
    }
    assert!(killed > 0, "every run ended before it was killed");
}
