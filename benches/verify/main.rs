//! What proof of the values costs: `align verify` in one database against `SELECT count(*)` of the same
//! rows, and between two databases against `reladiff`, with 0 and with 10 differences.
//! Run with `cargo bench --bench verify`.
//!
//! `VERIFY_ROWS` (2000000) and `VERIFY_RUNS` (3) make it smaller; a time is the median of the runs.
//! `RELADIFF` names the program where it is not on the path.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "../../tests/cluster/mod.rs"]
mod cluster;

use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use cluster::{Cluster, Database, Settings};

const CONFIGURATION: [&str; 5] = [
    "fsync = off",
    "autovacuum = off",
    "shared_buffers = 1GB",
    "effective_cache_size = 4GB",
    "max_wal_size = 8GB",
];
const INSTALL: &str = "python3 -m venv /tmp/reladiff && /tmp/reladiff/bin/pip install 'reladiff[postgresql]'; \
    RELADIFF=/tmp/reladiff/bin/reladiff cargo bench --bench verify";
const ROWS: &str =
    "CREATE TABLE leads (id bigint PRIMARY KEY, name text NOT NULL, email varchar(80), \
    amount numeric(12, 2), created timestamptz, active boolean, note text, ref uuid);
    INSERT INTO leads SELECT n, 'name ' || n, 'mail' || n || '@example.org', n * 1.25, \
    '2024-01-01 00:00:00+00'::timestamptz + n * interval '1 minute', n % 2 = 0, \
    CASE WHEN n % 7 = 0 THEN NULL ELSE repeat('x', (n % 40)::int) END, md5(n::text)::uuid \
    FROM generate_series(1, {rows}) AS n;
    VACUUM (FREEZE, ANALYZE) leads;";
/// Both forms of the values in one table, as a migration leaves them.
const BOTH: &str = "CREATE TABLE leads (id bigint PRIMARY KEY, name text NOT NULL, company_size text, amount numeric(12, 2), \
    client_name text, seats integer, total numeric(12, 2), created timestamptz);
    INSERT INTO leads SELECT n, 'name ' || n, (n % 500)::text, n * 1.25, 'name ' || n, n % 500, n * 1.25, \
    '2024-01-01 00:00:00+00'::timestamptz + n * interval '1 minute' FROM generate_series(1, {rows}) AS n;
    VACUUM (FREEZE, ANALYZE) leads;";
const MAPPING: &str = r#"format = 1
[[column]]
from = "leads.name"
to = "leads.client_name"
[[column]]
from = "leads.company_size"
to = "leads.seats"
[[column]]
from = "leads.amount"
to = "leads.total"
"#;

fn main() {
    let rows = number("VERIFY_ROWS", 2_000_000);
    let runs = number("VERIFY_RUNS", 3).max(1);
    let cluster = Cluster::start(&Settings {
        tcp: true,
        configuration: &CONFIGURATION,
        ..Settings::default()
    });
    println!("{rows} rows of 8 columns, each time the median of {runs}");
    within(&cluster, rows, runs);
    between(&cluster, rows, runs);
}

fn within(cluster: &Cluster, rows: u64, runs: u64) {
    let database = filled(cluster, "within", BOTH, rows);
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("mapping.toml"), MAPPING).expect("a file");
    let map = folder.path().display().to_string();
    let scan = median(runs, || {
        let start = Instant::now();
        assert_eq!(
            database.psql("SELECT count(*) FROM leads"),
            rows.to_string()
        );
        start.elapsed()
    });
    let args = [
        "verify",
        "--map",
        &map,
        "--only",
        "values",
        "--database",
        "env:TO",
        "--to",
        "env:TO",
        "--format",
        "json",
    ];
    let mut checks = Vec::new();
    let verify = median(runs, || {
        let (took, output) = align(&args, &[("TO", &database)]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        checks.push(of_rows(&output.stdout));
        took
    });
    checks.sort();
    let checks = checks[checks.len() / 2];
    println!("in one database");
    line("SELECT count(*)", scan);
    line("align verify --only values", verify);
    println!("  {:.2}× the scan", ratio(verify, scan));
    line("the checks of rows alone", checks);
    println!("  {:.2}× the scan", ratio(checks, scan));
    database.remove();
}

/// What the checks took by themselves, as the report says.
fn of_rows(report: &[u8]) -> Duration {
    let report: serde_json::Value = serde_json::from_slice(report).expect("JSON");
    let checks = report["checks"].as_array().expect("an array");
    let each = checks.iter().map(|check| check["milliseconds"].as_u64());
    Duration::from_millis(each.map(Option::unwrap_or_default).sum())
}

fn between(cluster: &Cluster, rows: u64, runs: u64) {
    let from = filled(cluster, "from_side", ROWS, rows);
    let to = filled(cluster, "to_side", ROWS, rows);
    let program = std::env::var("RELADIFF").unwrap_or_else(|_| "reladiff".to_owned());
    let is_there = Command::new(&program).arg("--version").output().is_ok();
    if !is_there {
        println!("reladiff is not there: {INSTALL}");
    }
    // Spread over the table, the last and the first among them.
    let keys: Vec<u64> = (0..10).map(|n| (1 + n * rows / 9).min(rows)).collect();
    for differences in [0, 10] {
        if differences > 0 {
            let list: Vec<String> = keys.iter().map(ToString::to_string).collect();
            to.psql(&format!(
                "UPDATE leads SET name = name || '!' WHERE id IN ({})",
                list.join(", ")
            ));
        }
        println!("between two databases, {differences} differences");
        let expected = if differences > 0 {
            keys.clone()
        } else {
            Vec::new()
        };
        let ours = median(runs, || compare(&from, &to, &expected));
        line("align verify --against", ours);
        if is_there {
            for threads in ["1", "2"] {
                let theirs = median(runs, || reladiff(&program, threads, &from, &to, &expected));
                line(&format!("reladiff -j {threads}"), theirs);
                println!("  {:.2}× its time", ratio(ours, theirs));
            }
        }
    }
}

fn compare(from: &Database<'_>, to: &Database<'_>, expected: &[u64]) -> Duration {
    let args = [
        "verify",
        "--no-map",
        "--against",
        "env:FROM",
        "--database",
        "env:TO",
        "--format",
        "json",
    ];
    let (took, output) = align(&args, &[("FROM", from), ("TO", to)]);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let page: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let findings = page["checks"].as_array().expect("a list").iter();
    let findings = findings.flat_map(|check| check["findings"].as_array().expect("a list"));
    let keys = findings.filter_map(|finding| {
        let message = finding["message"].as_str().expect("a text");
        let key = message.strip_prefix("{\"id\": ")?;
        key.strip_suffix("} differs in name")?.parse().ok()
    });
    assert_eq!(keys.collect::<Vec<u64>>(), expected, "{text}");
    took
}

fn reladiff(
    program: &str,
    threads: &str,
    from: &Database<'_>,
    to: &Database<'_>,
    expected: &[u64],
) -> Duration {
    let start = Instant::now();
    let output = Command::new(program)
        .args([&from.tcp_url(), "leads", &to.tcp_url(), "leads"])
        .args(["-k", "id", "-c", "%", "-j", threads, "--json"])
        .output()
        .expect("it was there");
    let took = start.elapsed();
    let text = String::from_utf8_lossy(&output.stdout);
    let lines = text.lines().filter(|line| line.starts_with('['));
    assert_eq!(lines.count(), expected.len() * 2, "{output:?}");
    took
}

fn filled<'c>(cluster: &'c Cluster, name: &str, sql: &str, rows: u64) -> Database<'c> {
    let database = cluster.database(name);
    database.psql(&sql.replace("{rows}", &rows.to_string()));
    database
}

fn align(args: &[&str], databases: &[(&str, &Database<'_>)]) -> (Duration, Output) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_align"));
    command
        .args(args)
        .current_dir(folder.path())
        .stdin(Stdio::null());
    for (name, database) in databases {
        command.env(name, database.url());
    }
    let start = Instant::now();
    let output = command.output().expect("it runs");
    (start.elapsed(), output)
}

fn median(runs: u64, mut work: impl FnMut() -> Duration) -> Duration {
    let mut times: Vec<Duration> = (0..runs).map(|_| work()).collect();
    times.sort();
    times[times.len() / 2]
}

fn line(what: &str, took: Duration) {
    println!("  {what:<28} {:>7.2} s", took.as_secs_f64());
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}

fn number(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("{name} is `{text}`, which is no number")),
        Err(_) => default,
    }
}
