//! A pair of its own, whose old form stands in another namespace: what is compared, and how a row is found.

use std::fs;

use super::cluster::{self, Database};
use super::{align, ended, verify};

/// What the target promises.
const TARGET: &str = "
    CREATE TYPE public.mood AS ENUM ('calm', 'cross');
    CREATE TABLE public.same (id integer PRIMARY KEY, v text, w text, left_alone text);
    CREATE TABLE public.people (id text PRIMARY KEY, mood public.mood, origin text, nick text, twice integer GENERATED ALWAYS AS (2) STORED);
    CREATE TABLE public.orders (nr bigint PRIMARY KEY, total numeric);
    CREATE TABLE public.plain (id integer PRIMARY KEY, v text);";
const OLD: &str = r#"
    CREATE SCHEMA legacy;
    CREATE TABLE legacy.same (id integer PRIMARY KEY, v text, left_alone text);
    INSERT INTO legacy.same VALUES (1, 'a', 'x'), (2, 'b', 'y'), (3, 'c', NULL);
    CREATE TABLE legacy.staff (id integer PRIMARY KEY, state text, nick text, twice text);
    INSERT INTO legacy.staff SELECT n, CASE n % 2 WHEN 0 THEN 'ok' ELSE 'bad' END, 'n' || n, 'no' FROM generate_series(1, 20) AS n;
    CREATE TABLE legacy."Order" ("Nr" varchar(9) PRIMARY KEY, total numeric);
    INSERT INTO legacy."Order" SELECT n, n FROM generate_series(1, 20) AS n;
    CREATE TABLE legacy.plain (id integer PRIMARY KEY, v text);
    INSERT INTO legacy.plain VALUES (1, 'a');"#;
const NEW: &str = r#"
    INSERT INTO public.same SELECT id, v, v, left_alone FROM legacy.same;
    INSERT INTO public.people SELECT id::text, (CASE state WHEN 'ok' THEN 'calm' ELSE 'cross' END)::public.mood, 'legacy', nick FROM legacy.staff;
    INSERT INTO public.orders SELECT "Nr"::bigint, total FROM legacy."Order";
    INSERT INTO public.plain SELECT * FROM legacy.plain;"#;
const MAPPING: &str = r##"format = 1
[from]
source = "sql:from.sql"
schemas = ["legacy"]
[to]
source = "sql:to.sql"
schemas = ["public"]
[[table]]
from = "staff"
to = "people"
[[table]]
from = '"Order"'
to = "orders"
[[column]]
from = "same.v"
to = "same.w"
[[column]]
from = "staff.state"
to = "people.mood"
values = { ok = "calm", bad = "cross" }
[[column]]
to = "people.origin"
value = "legacy"
[[column]]
from = '"Order"."Nr"'
to = "orders.nr"
cast = "bigint"
"##;

fn pair(name: &str) -> (Database<'static>, tempfile::TempDir) {
    let db = cluster::database(&format!("verify_{name}"));
    db.psql(TARGET);
    db.psql(OLD);
    db.psql(NEW);
    let folder = tempfile::tempdir().unwrap();
    for (file, text) in [
        ("from.sql", OLD),
        ("to.sql", TARGET),
        ("mapping.toml", MAPPING),
    ] {
        fs::write(folder.path().join(file), text).unwrap();
    }
    (db, folder)
}

#[test]
fn every_row_and_column_that_came_from_elsewhere_is_compared() {
    let (db, folder) = pair("pairs");
    let mapping = folder.path().join("mapping.toml");
    let args = ["--map", mapping.to_str().unwrap(), "--only", "values"];
    let (document, code) = verify(&db, &args);
    assert_eq!(ended(&document, "failed"), []);
    let skipped = ended(&document, "skipped");
    let skipped: Vec<&str> = skipped.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(skipped, ["values: quarantine is empty or settled"]);
    assert_eq!(code, 0, "{document:#}");

    for (fault, check) in [
        (
            "DELETE FROM public.same WHERE id = 2",
            "rows of same are in same",
        ),
        ("DELETE FROM public.plain", "rows of plain are in plain"),
        (
            "DELETE FROM public.orders WHERE nr = 7",
            "rows of \"Order\" are in orders",
        ),
        (
            "DELETE FROM public.people WHERE id = '7'",
            "rows of staff are in people",
        ),
        (
            "UPDATE public.same SET w = 'wrong' WHERE id = 1",
            "same.v → same.w",
        ),
        (
            "UPDATE public.same SET left_alone = '' WHERE id = 3",
            "same.left_alone → same.left_alone",
        ),
        ("UPDATE public.plain SET v = 'wrong'", "plain.v → plain.v"),
        (
            "UPDATE public.people SET mood = 'calm' WHERE id = '3'",
            "staff.state → people.mood",
        ),
        (
            "UPDATE public.people SET origin = NULL WHERE id = '3'",
            "a constant of staff → people.origin",
        ),
        (
            "UPDATE public.people SET nick = 'wrong' WHERE id = '3'",
            "staff.nick → people.nick",
        ),
        (
            "UPDATE public.orders SET total = 0 WHERE nr = 3",
            "\"Order\".total → orders.total",
        ),
    ] {
        let db = db.cluster.copy(&db.name, "verify_pairs_fault");
        db.psql(fault);
        let (document, code) = verify(&db, &args);
        let failed: Vec<String> = ended(&document, "failed")
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(failed, [format!("values: {check}")], "{fault}");
        assert_eq!(code, 1, "{fault}");
    }
}

#[test]
fn a_row_that_lies_in_quarantine_is_not_missing() {
    let (db, folder) = pair("put_aside");
    db.psql(
        "TRUNCATE public.same, public.people, public.orders, public.plain;
         INSERT INTO legacy.staff (id, state) VALUES (21, 'odd')",
    );
    let mapping = folder.path().join("mapping.toml");
    let mapping = mapping.to_str().unwrap();
    let source = "env:DATABASE_URL";
    let mut command = align(&db);
    let copy = ["copy", "--map", mapping, "--from", source, "--to", source];
    command
        .args(copy)
        .args(["--max-errors", "1", "--yes"])
        .assert()
        .success();
    let (document, _) = verify(&db, &["--map", mapping, "--only", "values"]);
    let failed = ended(&document, "failed");
    let failed: Vec<&str> = failed.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(failed, ["values: quarantine is empty or settled"]);
    db.psql("DELETE FROM public.people WHERE id = '7'");
    let (document, _) = verify(&db, &["--map", mapping, "--only", "values"]);
    let failed = ended(&document, "failed");
    let said = failed
        .iter()
        .find(|(name, _)| name == "values: rows of staff are in people");
    assert!(
        said.is_some_and(|(_, said)| said.contains("1 of 21 rows have no counterpart: 7")),
        "{failed:?}"
    );
}

#[test]
fn what_the_server_says_of_a_value_is_told_without_it() {
    let (db, folder) = pair("told");
    let mapping = folder.path().join("mapping.toml");
    let text = MAPPING.replace(
        "values = { ok = \"calm\", bad = \"cross\" }",
        "sql = \"((s.nick::integer)::text)::public.mood\"",
    );
    fs::write(&mapping, text).unwrap();
    let args = ["--map", mapping.to_str().unwrap(), "--only", "values"];
    let (document, code) = verify(&db, &args);
    assert_eq!(code, 1);
    let failed = ended(&document, "failed");
    let [(name, said)] = &failed[..] else {
        panic!("{failed:?}");
    };
    assert_eq!(name, "values: staff.state → people.mood");
    assert!(
        said.contains("invalid input syntax for type integer") && said.contains("22P02"),
        "{said}"
    );
    assert!(!document.to_string().contains("n1"), "{said}");
}

/// Sequences are not taken back with their transaction, unless they are held.
#[test]
fn an_insert_that_is_tried_moves_no_sequence() {
    let (db, folder) = pair("counters");
    let mapping = folder.path().join("mapping.toml");
    let tried = "
        [[expect.statement]]
        name = 'a ticket is written'
        sql = \"insert into tickets (note) values ('x')\"
        rows = 1";
    fs::write(&mapping, format!("{MAPPING}{tried}")).unwrap();
    db.psql(
        "CREATE TABLE tickets (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, \"Odd no\" serial, note text);
         ALTER SEQUENCE \"tickets_Odd no_seq\" CACHE 20;
         INSERT INTO tickets (note) VALUES ('first')",
    );
    let state = "SELECT last_value, is_called FROM tickets_id_seq UNION ALL SELECT last_value, is_called FROM \"tickets_Odd no_seq\"";
    let before = db.psql(state);
    let args = ["--map", mapping.to_str().unwrap(), "--only", "statements"];
    let (document, code) = verify(&db, &args);
    assert_eq!(ended(&document, "passed").len(), 1, "{document:#}");
    assert_eq!(ended(&document, "skipped"), []);
    assert_eq!(code, 0);
    assert_eq!(db.psql(state), before);

    // Somebody who writes a row keeps it until the end, and then it is said.
    let (document, code) = std::thread::scope(|scope| {
        scope.spawn(|| {
            db.try_psql("BEGIN; INSERT INTO tickets (note) VALUES ('long'); SELECT pg_sleep(60)")
        });
        let asleep = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
        while db.psql(asleep) == "0" {}
        let found = verify(&db, &args);
        db.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'");
        found
    });
    assert_eq!(code, 0, "{document:#}");
    let checks = document["checks"].as_array().unwrap();
    let said = checks.iter().find(|check| check["verdict"] == "skipped");
    let said = said.unwrap_or_else(|| panic!("{document:#}")).to_string();
    assert!(
        said.contains("sequences stay where they are") && said.contains("tickets_id_seq"),
        "{said}"
    );
}
