//! The batched backfill of `clients` by `align migrate` against the same statement run whole, on one
//! server in the same run: rows a second, growth, what a writer beside it waits, what a kill costs.
//! Run with `cargo bench --bench backfill`.
//!
//! `BACKFILL_ROWS` (1000000) and `BACKFILL_RUNS` (3) make it smaller; a time is the median of the runs.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "../../tests/cluster/mod.rs"]
mod cluster;
mod subject;
mod writer;

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cluster::{Cluster, Database, Settings};
use subject::Subject;
use writer::Writer;

/// As a server that is used: what a commit costs is a part of what windows cost.
const CONFIGURATION: [&str; 8] = [
    "fsync = on",
    "synchronous_commit = on",
    "full_page_writes = on",
    "autovacuum = on",
    "shared_buffers = 512MB",
    "effective_cache_size = 4GB",
    "max_wal_size = 4GB",
    "checkpoint_timeout = 30min",
];

fn main() {
    let rows = number("BACKFILL_ROWS", 1_000_000);
    let runs = number("BACKFILL_RUNS", 3).max(1);
    let cluster = Cluster::start(&Settings {
        configuration: &CONFIGURATION,
        ..Settings::default()
    });
    println!("{rows} rows, each time the median of {runs}");
    for subject in Subject::all() {
        measure(&cluster, &subject, rows, runs);
    }
}

fn measure(cluster: &Cluster, subject: &Subject, rows: u64, runs: u64) {
    println!("{}", subject.title);
    let base = cluster.database("base");
    subject.fill(&base, rows);
    subject.align(&base, subject.before).run();
    base.psql(&format!("VACUUM (FREEZE, ANALYZE) {}", subject.table));

    // In turns, for a machine is not as quick at all times.
    let mut all: [Vec<Timed>; 4] = Default::default();
    let mut gaps = Vec::new();
    for _ in 0..runs {
        all[0].push(whole(&copy(cluster, &base), subject, subject.floor));
        all[1].push(whole(&copy(cluster, &base), subject, &subject.statement));
        all[2].push(batched(&copy(cluster, &base), subject));
        let (timed, gap) = killed(&copy(cluster, &base), subject, rows);
        all[3].push(timed);
        gaps.push(gap);
    }
    gaps.sort();
    let gap = gaps[gaps.len() / 2];
    let [floor, whole, batched, killed] = all.map(median);
    for (what, timed) in [
        ("shortest UPDATE", &floor),
        ("the same UPDATE, whole", &whole),
        ("batched", &batched),
        ("batched, killed once", &killed),
    ] {
        println!(
            "  {what:<24} {:>7.2} s  {:>7.0} rows/s  table {:.2}×  with indexes {:.2}×",
            timed.took.as_secs_f64(),
            as_f64(rows) / timed.took.as_secs_f64(),
            timed.table,
            timed.total
        );
    }
    println!(
        "  batched against whole {:.2}×, against the shortest {:.2}×",
        ratio(&batched, &whole),
        ratio(&batched, &floor)
    );
    println!(
        "  a kill costs {:+.1} % by the whole time; from the kill to the next window {:.2} s, {:.1} %",
        (ratio(&killed, &batched) - 1.0) * 100.0,
        gap.as_secs_f64(),
        gap.as_secs_f64() / batched.took.as_secs_f64() * 100.0
    );

    let alone = copy(cluster, &base);
    let writer = Writer::start(&alone, subject, rows);
    std::thread::sleep(Duration::from_secs(5));
    println!("  a writer alone           {}", writer.end());
    let one = copy(cluster, &base);
    let writer = Writer::start(&one, subject, rows);
    self::whole(&one, subject, &subject.statement);
    println!("  a writer beside the whole {}", writer.end());
    let other = copy(cluster, &base);
    let writer = Writer::start(&other, subject, rows);
    self::batched(&other, subject);
    println!("  a writer beside batches  {}", writer.end());
}

/// What one run came to.
struct Timed {
    took: Duration,
    /// The table's size after it, by the one before.
    table: f64,
    /// The same with indexes.
    total: f64,
}

fn timed(database: &Database<'_>, subject: &Subject, work: impl FnOnce()) -> Timed {
    let sizes = || {
        let sql = format!(
            "SELECT pg_table_size('{0}') || ' ' || pg_total_relation_size('{0}')",
            subject.table
        );
        let sizes = database.psql(&sql);
        let (table, total) = sizes.split_once(' ').expect("two numbers");
        let parsed = |text: &str| text.parse::<f64>().expect("a number");
        (parsed(table), parsed(total))
    };
    let before = sizes();
    let start = Instant::now();
    work();
    let took = start.elapsed();
    let after = sizes();
    let open = database.psql(&subject.open);
    assert_eq!(open, "0", "rows are left");
    Timed {
        took,
        table: after.0 / before.0,
        total: after.1 / before.1,
    }
}

fn whole(database: &Database<'_>, subject: &Subject, statement: &str) -> Timed {
    timed(database, subject, || {
        database.psql(&format!("BEGIN; {statement}; COMMIT"));
    })
}

fn batched(database: &Database<'_>, subject: &Subject) -> Timed {
    timed(database, subject, || {
        subject.align(database, subject.backfill).run();
    })
}

/// Killed when half of the rows are done, and begun again. Gives the time from the kill to the next window, too.
fn killed(database: &Database<'_>, subject: &Subject, rows: u64) -> (Timed, Duration) {
    let windows = "SELECT coalesce(max(windows_done), 0) FROM align.progress";
    let mut gap = Duration::ZERO;
    let timed = timed(database, subject, || {
        let mut child = subject.align(database, subject.backfill).start();
        let half = format!(
            "SELECT count(*) FROM align.progress WHERE rows_done >= {}",
            rows / 2
        );
        while database.psql(&half) == "0" {
            let ended = child.try_wait().expect("it is our child");
            assert!(ended.is_none(), "the run ended before it was killed");
            // Looking costs, too.
            std::thread::sleep(Duration::from_millis(400));
        }
        child.kill().expect("it is our child");
        child.wait().expect("it is our child");
        let killed = Instant::now();
        let before = database.psql(windows);
        let mut child = subject.align(database, subject.backfill).start();
        // The backend of the one that was killed may still commit its window.
        while number_of(&database.psql(windows)) < number_of(&before) + 2 {
            let ended = child.try_wait().expect("it is our child");
            assert!(ended.is_none(), "the run ended before it was seen");
            std::thread::sleep(Duration::from_millis(20));
        }
        gap = killed.elapsed();
        assert!(child.wait().expect("it is our child").success());
    });
    (timed, gap)
}

fn number_of(text: &str) -> u64 {
    text.parse().expect("a number")
}

/// The same database once more, as fresh as the first.
fn copy<'c>(cluster: &'c Cluster, base: &Database<'_>) -> Database<'c> {
    let mut name = String::new();
    for number in 0.. {
        name = format!("{}_copy_{number}", base.name);
        let known = format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'");
        if cluster.named("postgres").psql(&known) == "0" {
            break;
        }
    }
    // The last one is of no use any more, and disks are not without end.
    let postgres = cluster.named("postgres");
    let old = format!(
        "SELECT datname FROM pg_database WHERE datname LIKE '{}\\_copy\\_%'",
        base.name
    );
    for old in postgres.psql(&old).lines() {
        postgres.psql(&format!("DROP DATABASE \"{old}\" WITH (FORCE)"));
    }
    postgres.psql(&format!(
        "CREATE DATABASE \"{name}\" TEMPLATE \"{}\" STRATEGY file_copy",
        base.name
    ));
    cluster.named(&name)
}

/// `align migrate`, and its end.
struct Align(Command);

impl Align {
    fn start(mut self) -> Child {
        self.0
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts")
    }

    fn run(mut self) {
        let output = self.0.output().expect("the program starts");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

fn median(mut all: Vec<Timed>) -> Timed {
    all.sort_by_key(|timed| timed.took);
    all.swap_remove(all.len() / 2)
}

fn ratio(one: &Timed, other: &Timed) -> f64 {
    one.took.as_secs_f64() / other.took.as_secs_f64()
}

fn as_f64(rows: u64) -> f64 {
    f64::from(u32::try_from(rows).unwrap_or(u32::MAX))
}

fn number(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("{name} is `{text}`, which is no number")),
        Err(_) => default,
    }
}
