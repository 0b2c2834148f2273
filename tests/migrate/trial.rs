//! `--dry-run=rollback`: everything runs, and nothing stays.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::json::page as json;
use crate::{Run, Shop, output};

const TRIAL: &str = "--dry-run=rollback";

fn statements(page: &Value, name: &str) -> Vec<Value> {
    let steps = page["steps"].as_array().expect("an array");
    let step = steps.iter().find(|step| step["name"] == name);
    step.unwrap_or_else(|| panic!("no {name} in {page:#}"))["statements"]
        .as_array()
        .expect("an array")
        .clone()
}

#[test]
fn it_runs_everything_says_what_it_saw_and_leaves_no_trace() {
    let shop = Shop::new("trial");
    let before = shop.everything();
    let run = shop.migrate(&[TRIAL]).ends_with(0);
    for words in [
        "pair shop-to-crm, 4 migrations to run",
        "one V1__add_columns  1 statement  ",
        "    locks public.clients ACCESS EXCLUSIVE\n",
        "  substituted: one statement in place of windows of 100 rows of clients by id\n",
        "    substituted: without CONCURRENTLY, so that its lock is the stronger one\n",
        "    locks public.clients SHARE\n",
        "strongest locks, each held to the end\n",
        ", from one V1__add_columns:1\n",
        " of WAL: nothing was changed\n",
        "public.clients takes ",
    ] {
        assert!(run.stdout.contains(words), "no `{words}` in {}", run.stdout);
    }
    assert!(run.stderr.contains("takes its locks for real"), "{run:#?}");
    assert_eq!(shop.everything(), before);
    assert_eq!(shop.db.psql("SELECT to_regnamespace('align') IS NULL"), "t");
    let dry = shop.align(&["migrate", "--dry-run"]).ends_with(0);
    let fingerprint = |run: &Run| {
        let mut lines = run.stdout.lines();
        lines
            .find(|line| line.starts_with("fingerprint "))
            .map(str::to_owned)
    };
    assert_eq!(fingerprint(&dry), fingerprint(&run));
    shop.migrate(&[]).ends_with(0);
    let again = shop.align(&["migrate", TRIAL]).ends_with(0);
    assert_eq!(again.stdout, "nothing is pending\n");
    let ledger = shop.everything();
    let undo = shop.migrate(&["--undo", "two", TRIAL]).ends_with(0);
    assert!(
        undo.stdout.contains("locks public.stages ACCESS EXCLUSIVE"),
        "{undo:#?}"
    );
    assert_eq!(shop.everything(), ledger);
}

#[test]
fn programs_read_locks_rewrites_wal_and_what_no_rollback_takes_back() {
    let shop = Shop::new("trial_json");
    shop.db.psql(
        "CREATE TABLE log (id bigserial PRIMARY KEY, what text);
         CREATE TABLE parent (id int PRIMARY KEY);
         CREATE TABLE child (p int REFERENCES parent DEFERRABLE INITIALLY DEFERRED)",
    );
    shop.write(
        "migrations/two/V2__types.sql",
        "ALTER TABLE clients ALTER COLUMN size TYPE integer USING size::integer;\n\
         INSERT INTO log (what) SELECT 'x' FROM generate_series(1, 3);\n",
    );
    shop.write(
        "migrations/two/V3__late.sql",
        "INSERT INTO child VALUES (1);\nINSERT INTO parent VALUES (1);\n",
    );
    shop.write(
        "migrations/two/V4__after.sql",
        "ALTER TABLE child ADD COLUMN x int;\nINSERT INTO child VALUES (2);\nINSERT INTO parent VALUES (2);\n",
    );
    shop.write(
        "migrations/two/V5__clean.sql",
        "-- align: no-transaction\nVACUUM clients;\n",
    );
    shop.write(
        "migrations/two/V6__every_row.sql",
        "-- align: batch table=clients key=id size=100\nUPDATE clients SET size = size WHERE /* align:window */;\n",
    );
    let before = shop.everything();
    let page = json(&shop.migrate(&[TRIAL, "--format", "json"]).ends_with(0));
    assert_eq!(page["command"], "migrate");
    assert_eq!(page["dry_run"], "rollback");
    assert_eq!(page["time_limit_ms"], 60_000);
    assert_eq!(page["error"], Value::Null);
    let types = statements(&page, "V2__types");
    let rewrites = types[0]["rewrites"].as_array().unwrap();
    assert!(
        rewrites.contains(&"public.clients".into())
            && rewrites.contains(&"public.clients_pkey".into()),
        "{types:#?}"
    );
    assert_eq!(types[1]["rows"], 3);
    assert_eq!(types[1]["rewrites"], Value::Array(Vec::new()));
    let filled = statements(&page, "V2__fill_names");
    assert_eq!(filled[0]["rows"], 1000);
    assert_eq!(filled[0]["substituted"]["by"], "whole");
    let every = statements(&page, "V6__every_row");
    assert_eq!(every[0]["rows"], 1000);
    assert!(
        filled[0]["wal_bytes"].as_i64().unwrap() > 50_000,
        "{filled:#?}"
    );
    let index = statements(&page, "V3__index_names");
    let plain = "CREATE INDEX clients_client_name ON public.clients (client_name)";
    assert_eq!(index[0]["substituted"]["sql"], plain);
    assert_eq!(
        statements(&page, "V5__clean")[0]["substituted"]["by"],
        "nothing"
    );
    let sequences = page["sequences_not_rolled_back"].as_array().unwrap();
    assert_eq!(sequences[0]["name"], "public.log_id_seq");
    assert_eq!(sequences[0]["after"], 3);
    let locks = page["locks"].as_array().unwrap();
    let clients = locks
        .iter()
        .find(|lock| lock["relation"] == "public.clients");
    assert_eq!(clients.unwrap()["mode"], "ACCESS EXCLUSIVE");
    assert_eq!(clients.unwrap()["name"], "V1__add_columns");
    assert!(
        !locks.iter().any(|lock| lock["relation"] == "public.stages"),
        "what the trial made itself is nobody else's: {locks:#?}"
    );
    assert_eq!(shop.everything(), before);
    let text = shop.migrate(&[TRIAL]).ends_with(0).stdout;
    for words in [
        "sequence public.log_id_seq went from 3 to 6: a rollback does not take it back",
        "    rewrites public.clients\n",
        "not run, for the server refuses it in a transaction",
    ] {
        assert!(text.contains(words), "no `{words}` in {text}");
    }
}

#[test]
fn it_needs_consent_a_free_lock_and_an_end_in_time() {
    let shop = Shop::new("trial_refused");
    shop.write("migrations/two/V2__slow.sql", "SELECT pg_sleep(60);\n");
    let before = shop.everything();
    shop.align(&["migrate", TRIAL]).ends_with(3).says(&[
        "it holds up others",
        "--yes",
        "takes its locks for real",
    ]);
    let began = Instant::now();
    let run = shop.migrate(&[TRIAL, "--time-limit", "1s"]).ends_with(2);
    assert!(began.elapsed() < Duration::from_secs(60), "{run:#?}");
    assert!(run.stdout.contains("one V1__add_columns"), "{run:#?}");
    let run = run.says(&[
        "it took longer than 1 s and was rolled back",
        "--time-limit",
    ]);
    drop(run);
    assert_eq!(shop.everything(), before);

    shop.write("migrations/two/V2__slow.sql", "SELECT 1 / 0;\n");
    let run = shop.migrate(&[TRIAL, "--format", "json"]).ends_with(2);
    let page = json(&run);
    assert!(
        page["error"]["message"]
            .as_str()
            .unwrap()
            .contains("two V2__slow"),
        "{page:#}"
    );
    run.says(&["division by zero", "V2__slow.sql:1"]);
    assert_eq!(shop.everything(), before);

    let mut holder = Command::new("sh");
    let hold = "BEGIN; LOCK TABLE clients IN ACCESS SHARE MODE; SELECT pg_sleep(20)";
    holder.args([
        "-c",
        "psql -X -d \"$0\" -c \"$1\" >/dev/null 2>&1",
        &shop.url,
        hold,
    ]);
    let mut holder = holder.stdin(Stdio::null()).spawn().unwrap();
    shop.wait_for(
        "SELECT count(*) FROM pg_locks WHERE relation = 'clients'::regclass AND mode = 'AccessShareLock'",
        "1",
    );
    shop.migrate(&[TRIAL])
        .ends_with(2)
        .says(&["lock timeout", "in the way: pid "]);
    assert_eq!(shop.everything(), before);
    shop.db.psql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'BEGIN; LOCK%'",
    );
    holder.wait().unwrap();
}

#[test]
fn a_killed_trial_leaves_no_lock_and_no_trace() {
    let shop = Shop::new("trial_killed");
    shop.write("migrations/two/V2__slow.sql", "SELECT pg_sleep(60);\n");
    let before = shop.everything();
    let mut killed = shop.start(&[TRIAL]);
    let sleeping = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                    AND query LIKE 'SELECT pg_sleep%' AND state = 'active'";
    shop.wait_for(sleeping, "1");
    killed.kill().unwrap();
    output(killed);
    // Long before the statement would have ended.
    let held = "SELECT count(*) FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database \
                WHERE d.datname = current_database() AND (l.relation = 'clients'::regclass OR l.locktype = 'advisory')";
    shop.wait_for(held, "0");
    assert_eq!(shop.everything(), before);
}
