//! `align map check` against the rows of a live database.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails where it is"
)]

mod cluster;

use std::path::Path;
use std::process::Command;

use cluster::{Cluster, database};
use serde_json::{Value, json};

struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn check(folder: &Path, from: &str, to: &str, args: &[&str]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_align"))
        .args(["map", "check"])
        .args(args)
        .current_dir(folder)
        .env_clear()
        .env("LC_ALL", "C.UTF-8")
        .env("FROM", from)
        .env("TO", to)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run {
        code: output.status.code(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

fn answer(folder: &Path, from: &str, to: &str, args: &[&str]) -> (Option<i32>, Value) {
    let run = check(folder, from, to, &[args, &["--format", "json"]].concat());
    let answer = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}", run.stderr));
    (run.code, answer)
}

const FROM: &str = "
CREATE TABLE public.people (id integer PRIMARY KEY, state text, size text, age text, agent text, tag text, gone boolean NOT NULL DEFAULT false);
INSERT INTO people VALUES
    (1, 'new', '50-200', '7', 'Ann', 'a', false),
    (2, 'secret-word', 'lots', 'x', ' ann ', 'b', false),
    (3, 'secret-word', NULL, '7.5', 'Twin', 'c', false),
    (4, 'other', '10k', '99999999999', 'nobody', NULL, false),
    (5, 'hidden by where', 'hidden', 'hidden', 'hidden', 'hidden', true);";
const TO: &str = "
CREATE TABLE public.customers (id integer PRIMARY KEY, bucket text NOT NULL, size integer, age integer, agent_id integer, tag text);
CREATE TABLE public.users (id integer PRIMARY KEY, name text);
INSERT INTO users VALUES (1, 'ANN'), (2, 'Twin'), (3, 'twin');";
const MAPPING: &str = r#"format = 1
[[table]]
from = "people"
to = "customers"
where = "gone = false"
[[column]]
from = "people.state"
to = "customers.bucket"
values = { new = "P3", hot = "P1" }
[[column]]
from = "people.size"
to = "customers.size"
range = { rule = "lower", open = "end" }
on_error = "fail"
[[column]]
from = "people.age"
to = "customers.age"
cast = "integer"
on_error = "null"
[[column]]
from = "people.agent"
to = "customers.agent_id"
lookup = { table = "users", match = "name", normalize = ["trim", "lower"], take = "id", on_missing = "null" }
[[column]]
from = "people.tag"
to = "customers.tag"
values = { a = "a", b = "b" }
on_unknown = "keep"
"#;

fn pair() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("mapping.toml", MAPPING),
        ("from.sql", FROM),
        ("to.sql", TO),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

const BOTH: [&str; 6] = [
    "--map",
    "mapping.toml",
    "--from",
    "env:FROM",
    "--to",
    "env:TO",
];

#[test]
fn values_that_no_rule_covers_are_counted() {
    let (from, to, folder) = (database("from"), database("to"), pair());
    from.psql(FROM);
    to.psql(TO);
    let (code, found) = answer(folder.path(), &from.url(), &to.url(), &BOTH);
    assert_eq!(code, Some(1));
    assert_eq!(found["passed"], false);
    let gaps: Vec<Value> = found["data"]["gaps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|gap| {
            let keys = ["from", "code", "then", "decided", "rows", "values"];
            keys.iter().map(|key| gap[*key].clone()).collect()
        })
        .collect();
    assert_eq!(
        Value::from(gaps),
        json!([
            ["people.state", "values.unknown", "quarantine", false, 3, 2],
            ["people.size", "range.unreadable", "fail", false, 1, 1],
            ["people.age", "cast.invalid", "null", true, 1, 1],
            ["people.age", "cast.out_of_range", "null", true, 1, 1],
            ["people.age", "cast.inexact", "null", true, 1, 1],
            [
                "people.agent",
                "lookup.ambiguous",
                "quarantine",
                false,
                1,
                1
            ],
            ["people.agent", "lookup.missing", "null", true, 1, 1],
        ])
    );
    let backs: Vec<&Value> = found["correspondences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| &line["back"])
        .collect();
    assert_eq!(
        json!(backs),
        json!([null, "exact", "lossy", "lossy", "none", "none"])
    );

    from.psql(
        "UPDATE people SET state = 'hot' WHERE state <> 'new'; UPDATE people SET size = '1' WHERE size = 'lots';
         UPDATE people SET agent = 'Ann' WHERE agent = 'Twin';",
    );
    let (code, found) = answer(folder.path(), &from.url(), &to.url(), &BOTH);
    assert_eq!(code, Some(0), "what the mapping decided is no trouble");
    assert_eq!(found["data"]["gaps"].as_array().unwrap().len(), 4);
}

#[test]
fn values_are_shown_only_when_asked_for() {
    let (from, to, folder) = (database("from"), database("to"), pair());
    from.psql(FROM);
    to.psql(TO);
    for format in ["text", "json"] {
        let args = [&BOTH[..], &["--format", format]].concat();
        let run = check(folder.path(), &from.url(), &to.url(), &args);
        assert_eq!(run.code, Some(1));
        assert!(run.stdout.contains("values.unknown"), "{}", run.stdout);
        for value in ["secret-word", "lots", "Twin"] {
            assert!(!run.stdout.contains(value), "{}", run.stdout);
            assert!(!run.stderr.contains(value), "{}", run.stderr);
        }
        let args = [&args[..], &["--show-values"]].concat();
        let run = check(folder.path(), &from.url(), &to.url(), &args);
        assert!(run.stdout.contains("secret-word"), "{}", run.stdout);
    }
    let args = [&BOTH[..], &["--no-rows"]].concat();
    let run = check(folder.path(), &from.url(), &to.url(), &args);
    assert_eq!(run.code, Some(0), "{}", run.stdout);
    assert!(!run.stdout.contains("values.unknown"), "{}", run.stdout);
}

#[test]
fn a_lookup_without_a_table_is_named() {
    let (from, folder) = (database("from"), pair());
    from.psql(FROM);
    let args = [
        "--map",
        "mapping.toml",
        "--from",
        "env:FROM",
        "--to",
        "to.sql",
    ];
    let (_, found) = answer(folder.path(), &from.url(), "", &args);
    assert_eq!(
        found["data"]["unasked"],
        json!([{"line": 20, "from": "people.agent", "to": "customers.agent_id", "why": "table `users` cannot be looked up here"}])
    );
    // Beside the table itself it is found.
    from.psql("CREATE TABLE users (id integer PRIMARY KEY, name text); INSERT INTO users VALUES (1, 'Ann');");
    let (_, found) = answer(folder.path(), &from.url(), "", &args);
    assert_eq!(found["data"]["unasked"], json!([]));
}

/// Fewer rows would mean fewer gaps.
#[test]
fn a_role_that_sees_less_is_refused() {
    let (from, folder) = (database("from"), pair());
    Cluster::shared().role("coverage_half", "LOGIN");
    from.psql(&format!(
        "{FROM} ALTER TABLE people ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON people USING (id = 1);
         GRANT SELECT ON people TO coverage_half;"
    ));
    let args = [
        "--map",
        "mapping.toml",
        "--from",
        "env:FROM",
        "--to",
        "to.sql",
    ];
    let run = check(folder.path(), &from.url_as("coverage_half"), "", &args);
    assert_eq!(run.code, Some(2), "{}", run.stdout);
    assert!(run.stderr.contains("row-level security"), "{}", run.stderr);
    let run = check(folder.path(), &from.url(), "", &args);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
}

#[test]
fn the_bundled_pair_over_awkward_rows() {
    let db = database("clara");
    db.load("mappings/clara-to-trendtialcrm/clara.sql");
    db.psql(include_str!("fixtures/phases/awkward.sql"));
    db.log_statements();
    let folder = tempfile::tempdir().unwrap();
    let args = ["--map", "clara-to-trendtialcrm", "--from", "env:FROM"];
    let (code, found) = answer(folder.path(), &db.url(), "", &args);
    assert_eq!(code, Some(1));
    assert_eq!(found["data"]["tables"], 2);
    let rows = |from: &str, code: &str| {
        let gaps = found["data"]["gaps"].as_array().unwrap().iter();
        let of_it = gaps.filter(|gap| gap["from"] == from && gap["code"] == code);
        of_it
            .map(|gap| gap["rows"].as_u64().unwrap())
            .sum::<u64>()
            .to_string()
    };
    for (from, code, sql) in [
        (
            "leads.qualification_status",
            "values.unknown",
            "SELECT count(*) FROM leads WHERE qualification_status IN ('hot', 'Sales Qualified')",
        ),
        (
            "clients.company_size",
            "range.unreadable",
            "SELECT count(*) FROM clients WHERE company_size IN ('lots', '10-50k', '1.000-5.000', '''; DROP TABLE clients; --')",
        ),
        (
            "clients.company_size",
            "range.reversed",
            "SELECT count(*) FROM clients WHERE company_size = '200-50'",
        ),
        (
            "clients.company_size",
            "cast.out_of_range",
            "SELECT count(*) FROM clients WHERE company_size = '99999999999'",
        ),
    ] {
        assert_eq!(rows(from, code), db.psql(sql), "{from} {code}: {found:#}");
    }
    let log = db.log();
    let asked = log
        .iter()
        .filter(|entry| entry.contains("AS v (rule, code, note, input)"));
    assert_eq!(asked.count(), 2, "one query a table");
    assert!(log.iter().any(|entry| entry.contains("READ ONLY")));
}

#[test]
fn a_rule_of_sql_is_said_not_to_be_looked_at() {
    let (from, folder) = (database("from"), pair());
    from.psql(FROM);
    let mapping = folder.path().join("mapping.toml");
    let text = std::fs::read_to_string(&mapping).unwrap();
    let line = text.lines().count() + 1;
    let rule = "[[column]]\nfrom = \"people.id\"\nto = \"customers.id\"\nsql = \"(s.id::text)::integer\"\n";
    std::fs::write(&mapping, format!("{text}{rule}")).unwrap();
    let args = [
        "--map",
        "mapping.toml",
        "--from",
        "env:FROM",
        "--to",
        "to.sql",
    ];
    let (_, found) = answer(folder.path(), &from.url(), "", &args);
    let unasked = found["data"]["unasked"].as_array().unwrap();
    let said = unasked.iter().find(|rule| rule["line"] == line);
    let said = said.unwrap_or_else(|| panic!("{found:#}"));
    assert_eq!(
        said["why"],
        "whether its `sql` takes a value, only running it shows"
    );
}

#[test]
fn a_lookup_whose_row_cannot_be_told_has_no_exact_way_back() {
    let (from, to, folder) = (database("from"), database("to"), pair());
    from.psql(FROM);
    to.psql(TO);
    to.psql("ALTER TABLE users ADD COLUMN team integer");
    let rule = "lookup = { table = \"users\", match = \"name\", normalize = [\"trim\", \"lower\"], take = \"id\", on_missing = \"null\" }";
    assert!(MAPPING.contains(rule));
    for (take, unique, expected) in [
        ("id", "", "exact"),
        ("team", "", "lossy"),
        ("team", "CREATE UNIQUE INDEX ON users (team, name)", "lossy"),
        ("team", "CREATE UNIQUE INDEX ON users (team)", "exact"),
    ] {
        to.psql(unique);
        let with = format!("lookup = {{ table = \"users\", match = \"name\", take = \"{take}\" }}");
        std::fs::write(
            folder.path().join("mapping.toml"),
            MAPPING.replace(rule, &with),
        )
        .unwrap();
        let (_, found) = answer(folder.path(), &from.url(), &to.url(), &BOTH);
        let lines = found["correspondences"].as_array().unwrap();
        let line = lines
            .iter()
            .find(|line| line["from"] == "people.agent")
            .unwrap();
        assert_eq!(line["back"], expected, "{take} {unique}: {line}");
    }
}
