//! `align map rows`: rows through a pipe.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::run::{Place, Run};

const OLD: &str = "\
CREATE TABLE clients (
    id uuid PRIMARY KEY, name varchar(255) NOT NULL, company_size varchar(50), tier text,
    tags text[], info jsonb, fax text, weight numeric, created_at timestamptz);
CREATE TABLE leads (id integer PRIMARY KEY, agent text, score integer);
CREATE TABLE notes (id integer PRIMARY KEY);
";
const NEW: &str = "\
CREATE TYPE tier AS ENUM ('gold', 'silver');
CREATE TABLE users (id uuid PRIMARY KEY, email text UNIQUE);
CREATE TABLE clients (
    id uuid PRIMARY KEY, client_name text NOT NULL, company_size integer, tier tier,
    tags text[], info jsonb, weight numeric, created_at timestamptz);
CREATE TABLE deals (
    id bigint PRIMARY KEY, agent_id uuid REFERENCES users, hot boolean NOT NULL DEFAULT false);
";
const MAPPING: &str = r#"format = 1
[from]
name = "old"
source = "sql:old.sql"
[to]
name = "new"
source = "sql:new.sql"

[[table]]
from = "leads"
to = "deals"
where = "score >= 0"

[[column]]
from = "clients.name"
to = "clients.client_name"

[[column]]
from = "clients.company_size"
to = "clients.company_size"
range = { rule = "lower", open = "end" }
nulls = [""]

[[column]]
from = "clients.tier"
to = "clients.tier"
values = { A = "gold", B = "silver" }

[[column]]
from = "clients.weight"
to = "clients.weight"
scale = { factor = 0.5 }

[[column]]
from = "leads.agent"
to = "deals.agent_id"
lookup = { table = "users", match = "email", take = "id", on_missing = "null" }

[[column]]
from = "leads.score"
to = "deals.hot"
when = [ { if = "score >= 70", value = true } ]
otherwise = false
"#;

const ONE: &str = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
const USERS: &str = "{\"id\":\"A0EEBC999C0B4EF8BB6D6BB9BD380A11\",\"email\":\"clara@x\"}\n";

fn place() -> Place {
    Place::with(&[
        ("mappings/p/mapping.toml", MAPPING),
        ("mappings/p/old.sql", OLD),
        ("mappings/p/new.sql", NEW),
        ("users.jsonl", USERS),
        (
            "users.csv",
            "id,email\na0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11,clara@x\n",
        ),
    ])
}

fn rows(place: &Place, args: &[&str], input: &[u8]) -> Run {
    let args = [&["map", "rows"], args].concat();
    let mut child = place
        .command(&args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        // A program that refuses reads nothing.
        drop(stdin.write_all(&input));
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Run {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).expect(line))
        .collect()
}

#[test]
fn names_and_values_become_those_of_the_other_side() {
    let place = place();
    let input = json!({
        "id": ONE.to_uppercase(), "name": "Ä \"B\"\n", "company_size": "1,000–5,000", "tier": "A",
        "tags": ["x", null], "info": {"n": 1, "a": [true]}, "weight": 3, "fax": "0",
        "created_at": "2024-01-01 10:00+02",
    });
    let input = format!("{input}\n\n{{\"id\":\"{ONE}\",\"name\":\"C\"}}\n");
    let run = rows(&place, &["--table", "clients"], input.as_bytes()).ends_with(0);
    assert_eq!(
        lines(&run.stdout),
        [
            json!({
                "id": ONE, "client_name": "Ä \"B\"\n", "company_size": 1000, "tier": "gold",
                "tags": ["x", null], "info": {"a": [true], "n": 1}, "weight": 1.5,
                "created_at": "2024-01-01T08:00:00+00:00",
            }),
            // what a row does not say stays unsaid
            json!({"id": ONE, "client_name": "C"}),
        ]
    );
    assert!(
        run.stderr.contains("2 rows read, 2 written"),
        "{}",
        run.stderr
    );
    assert!(!run.stderr.contains("warning"), "{}", run.stderr);
}

#[test]
fn rejects_are_kept_with_line_column_and_code() {
    let place = place();
    let input = format!(
        "{{\"id\":\"{ONE}\",\"name\":\"ok\",\"color\":1}}\n\
         {{\"id\":\"nonsense\",\"name\":\"a\"}}\n\
         {{\"id\":\"{ONE}\",\"name\":null,\"tier\":\"Z\"}}\n\
         not json\n\
         [1]\n\
         {{\"id\":\"{ONE}\",\"name\":\"\\u0000\"}}\n\
         {{\"id\":\"{ONE}\",\"name\":\"b\",\"company_size\":\"many\"}}"
    );
    let args = ["--table", "clients", "--rejects", "bad.jsonl"];
    let run = rows(&place, &args, input.as_bytes()).ends_with(1);
    assert_eq!(
        lines(&run.stdout),
        [json!({"id": ONE, "client_name": "ok"})]
    );
    let rejects = lines(&place.text("bad.jsonl"));
    let told: Vec<(u64, Option<&str>, &str)> = rejects
        .iter()
        .map(|reject| {
            let line = reject["line"].as_u64().unwrap();
            (
                line,
                reject["column"].as_str(),
                reject["code"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (2, Some("id"), "source.invalid"),
            (3, Some("client_name"), "null.not_allowed"),
            (3, Some("tier"), "values.unknown"),
            (4, None, "line.unreadable"),
            (5, None, "line.unreadable"),
            (6, Some("client_name"), "source.invalid"),
            (7, Some("company_size"), "range.unreadable"),
        ]
    );
    assert_eq!(rejects[6]["row"]["company_size"], "many");
    assert!(
        run.stderr.contains("7 rows read, 1 written, 6 rejected"),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr
            .contains("not columns of `clients`, and left out: color")
    );
    // a value is nobody's business but the file's
    assert!(!run.stderr.contains("many"), "{}", run.stderr);
}

#[test]
fn a_lookup_needs_its_rows() {
    let place = place();
    let input = b"{\"id\":1,\"agent\":\"clara@x\",\"score\":80}\n{\"id\":2,\"agent\":\"dana\",\"score\":1}\n{\"id\":3,\"score\":-1}\n";
    for file in ["users=users.jsonl", "public.users=users.csv"] {
        let args = ["--table", "leads", "--lookup", file];
        let run = rows(&place, &args, input).ends_with(0);
        assert_eq!(
            lines(&run.stdout),
            [
                json!({"id": 1, "agent_id": ONE, "hot": true}),
                json!({"id": 2, "agent_id": null, "hot": false}),
            ]
        );
        assert!(
            run.stderr.contains("`agent_id`: 1 times replaced"),
            "{}",
            run.stderr
        );
        assert!(
            run.stderr.contains("1 left out by the mapping's `where`"),
            "{}",
            run.stderr
        );
    }
    let run = rows(&place, &["--table", "leads"], input).ends_with(2);
    assert!(
        run.stderr.contains("`--lookup users=FILE`"),
        "{}",
        run.stderr
    );
    assert_eq!(run.stdout, "");
    let run = rows(&place, &["--table", "leads", "--partial"], input).ends_with(0);
    assert_eq!(lines(&run.stdout)[0], json!({"id": 1, "hot": true}));
    let args = ["--table", "leads", "--lookup", "users=mapping.toml"];
    let run = rows(&place, &args, input).ends_with(2);
    assert!(
        run.stderr
            .contains("cannot read `mapping.toml` for `users`"),
        "{}",
        run.stderr
    );
}

#[test]
fn csv_keeps_null_and_empty_apart() {
    let place = place();
    let input = "name,id,company_size,fax,info\r\n\
                 \"a \"\"b\"\",\nc\",a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11,50+,1,\"{\"\"k\"\": 1}\"\r\n\
                 \"\",a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11,,,\r\n\
                 ,a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11,,,\r\n\
                 x,a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\n";
    let args = [
        "--table",
        "clients",
        "--format",
        "csv",
        "--rejects",
        "bad.jsonl",
    ];
    let run = rows(&place, &args, input.as_bytes()).ends_with(1);
    assert_eq!(
        run.stdout,
        format!(
            "id,client_name,company_size,info\n\
             {ONE},\"a \"\"b\"\",\nc\",50,\"{{\"\"k\"\": 1}}\"\n\
             {ONE},\"\",,\n"
        )
    );
    let rejects = lines(&place.text("bad.jsonl"));
    assert_eq!(rejects.len(), 2, "{rejects:?}");
    assert_eq!(
        (&rejects[0]["line"], &rejects[0]["code"]),
        (&json!(5), &json!("null.not_allowed"))
    );
    assert_eq!(
        (&rejects[1]["line"], &rejects[1]["code"]),
        (&json!(6), &json!("line.unreadable"))
    );
    let run = rows(
        &place,
        &["--table", "clients", "--format", "csv"],
        b"id,id\n",
    )
    .ends_with(2);
    assert!(run.stderr.contains("names `id` twice"), "{}", run.stderr);
    let args = ["--table", "clients", "--format", "csv"];
    let run = rows(&place, &args, b"id;name\n1;x\n").ends_with(2);
    assert!(
        run.stderr.contains("the header names no column"),
        "{}",
        run.stderr
    );
    assert_eq!(run.stdout, "");
}

#[test]
fn the_way_back_is_taken_where_there_is_one() {
    let place = place();
    let input = json!({
        "id": ONE, "client_name": "A", "company_size": 50, "tier": "silver", "weight": 1.5,
    });
    let input = format!("{input}\n");
    let run = rows(
        &place,
        &["--table", "clients", "--reverse"],
        input.as_bytes(),
    )
    .ends_with(2);
    assert!(
        run.stderr
            .contains("`company_size`: `range` has no way back"),
        "{}",
        run.stderr
    );
    let args = ["--table", "clients", "--reverse", "--partial"];
    let run = rows(&place, &args, input.as_bytes()).ends_with(0);
    assert_eq!(
        lines(&run.stdout),
        [json!({"id": ONE, "name": "A", "tier": "B", "weight": 3.0})]
    );
    // the other side's table has another name
    let input = format!("{{\"id\":7,\"agent_id\":\"{ONE}\"}}\n");
    let args = [
        "--table",
        "deals",
        "--reverse",
        "--partial",
        "--lookup",
        "users=users.jsonl",
    ];
    let run = rows(&place, &args, input.as_bytes()).ends_with(0);
    assert_eq!(lines(&run.stdout), [json!({"id": 7, "agent": "clara@x"})]);
}

#[test]
fn tables_are_found_or_asked_for() {
    let place = place();
    let run = rows(&place, &["--table", "client"], b"").ends_with(2);
    assert!(
        run.stderr.contains("did you mean `clients`?"),
        "{}",
        run.stderr
    );
    let run = rows(&place, &["--table", "notes"], b"").ends_with(2);
    assert!(run.stderr.contains("has no counterpart"), "{}", run.stderr);
    let run = rows(
        &place,
        &["--table", "notes", "--into", "clients"],
        b"{\"id\":5}\n",
    );
    // its id is no uuid, which only the row tells
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""));
    let run = rows(&place, &["--table", "clients"], b"").ends_with(0);
    assert_eq!(run.stdout, "");
}

#[test]
fn a_line_without_an_end_takes_no_memory() {
    let place = place();
    let mut input = vec![b'x'; 40 << 20];
    input.extend(format!("\n{{\"id\":\"{ONE}\",\"name\":\"after\"}}\n").bytes());
    let args = ["--table", "clients", "--rejects", "bad.jsonl"];
    let run = rows(&place, &args, &input).ends_with(1);
    assert_eq!(
        lines(&run.stdout),
        [json!({"id": ONE, "client_name": "after"})]
    );
    let rejects = lines(&place.text("bad.jsonl"));
    assert_eq!(rejects[0]["code"], "line.too_large");
}

#[test]
fn a_rule_that_fails_the_run_stops_it() {
    let mapping = MAPPING.replace("nulls = [\"\"]", "on_error = \"fail\"");
    let place = Place::with(&[
        ("mappings/p/mapping.toml", mapping.as_str()),
        ("mappings/p/old.sql", OLD),
        ("mappings/p/new.sql", NEW),
    ]);
    let row =
        |size: &str| format!("{{\"id\":\"{ONE}\",\"name\":\"a\",\"company_size\":\"{size}\"}}\n");
    let input = [row("5"), row("x"), row("6")].concat();
    let run = rows(&place, &["--table", "clients"], input.as_bytes()).ends_with(2);
    assert_eq!(lines(&run.stdout).len(), 1);
    assert!(run.stderr.contains("stopped at line 2"), "{}", run.stderr);
}

#[test]
fn a_row_that_is_rejected_is_kept_as_it_came() {
    let place = place();
    let bad = r#"{"id":"no","color":0.1000000000000000055511151231257827,"n":1.10,"big":123456789012345678901234567890,"n":2}"#;
    let args = ["--table", "clients", "--rejects", "bad.jsonl"];
    rows(&place, &args, format!("  {bad} \n").as_bytes()).ends_with(1);
    let rejects = place.text("bad.jsonl");
    assert!(rejects.contains(&format!("\"row\":{bad}")), "{rejects}");
}

#[test]
fn a_column_that_csv_lacks_stays_lacking() {
    let place = place();
    let args = ["--table", "clients", "--format", "csv"];
    let input = format!("name,id\nAnn,{ONE}\n");
    let run = rows(&place, &args, input.as_bytes()).ends_with(0);
    let header = run.stdout.lines().next().unwrap();
    let columns: Vec<&str> = header.split(',').collect();
    assert!(
        columns.contains(&"id") && columns.contains(&"client_name"),
        "{header}"
    );
    assert!(
        !columns.contains(&"company_size") && !columns.contains(&"tier"),
        "{header}"
    );
    for line in run.stdout.lines() {
        assert_eq!(line.split(',').count(), columns.len(), "{}", run.stdout);
    }
}
