//! `align copy` against the tools that copy a table without a mapping, on one server in the same run: leads
//! with indexes and foreign keys into an empty table, and into one that has half of them.
//! Run with `cargo bench --bench copy`.
//!
//! `COPY_ROWS` (1000000) and `COPY_RUNS` (3) make it smaller; a time is the median of the runs. Peers that
//! are not installed are left out, with the line that installs them.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "../../tests/cluster/mod.rs"]
mod cluster;
mod peers;
mod subject;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cluster::{Cluster, Database, Settings};
use peers::Peer;
use subject::Subject;

/// As a server that is used: what a commit costs is a part of what a copy costs.
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

/// What a target has before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    /// No lead.
    Empty,
    /// Every other lead, with a name of its own, which stays.
    Half,
    /// Not even the table.
    Nothing,
}

fn main() {
    let rows = number("COPY_ROWS", 1_000_000);
    let runs = number("COPY_RUNS", 3).max(1);
    let cluster = Cluster::start(&Settings {
        configuration: &CONFIGURATION,
        // pgloader knows neither this socket's name nor a password with signs in it.
        tcp: true,
        hba: Some(&["local all all trust", "host all all 127.0.0.1/32 trust"]),
    });
    println!("{rows} rows, each time the median of {runs}");
    let subject = Subject::fill(&cluster, rows);
    println!("into an empty table");
    race(&cluster, &subject, Before::Empty, runs);
    println!("into a table that has half of the rows");
    race(&cluster, &subject, Before::Half, runs);
}

fn race(cluster: &Cluster, subject: &Subject<'_>, before: Before, runs: u64) {
    let peers: Vec<Peer> = Peer::ALL
        .into_iter()
        .filter(|peer| before == Before::Empty || peer.merges())
        .filter(|peer| match peer.missing() {
            Some(line) => {
                println!("  {:<30} is not here: {line}", peer.title());
                false
            }
            None => true,
        })
        .collect();
    let mut ours = Vec::new();
    let mut theirs: Vec<Vec<Duration>> = vec![Vec::new(); peers.len()];
    // In turns, for a machine is not as quick at all times.
    for _ in 0..runs {
        ours.push(timed("align", cluster, subject, before, |to| {
            finish(subject.align(to));
        }));
        for (peer, times) in peers.iter().zip(&mut theirs) {
            let before = if peer.makes_the_table() {
                Before::Nothing
            } else {
                before
            };
            times.push(timed(peer.title(), cluster, subject, before, |to| {
                peer.copy(subject, to);
            }));
        }
    }
    let ours = median(ours);
    line("align copy", subject.rows, ours);
    println!();
    for (peer, times) in peers.iter().zip(theirs) {
        let median = median(times);
        line(peer.title(), subject.rows, median);
        println!("  {:.2}× of it", median.as_secs_f64() / ours.as_secs_f64());
    }
}

fn line(title: &str, rows: u64, took: Duration) {
    let seconds = took.as_secs_f64();
    let rows = f64::from(u32::try_from(rows).unwrap_or(u32::MAX));
    print!(
        "  {title:<30} {seconds:>7.2} s  {:>8.0} rows/s",
        rows / seconds
    );
}

fn timed(
    title: &str,
    cluster: &Cluster,
    subject: &Subject<'_>,
    before: Before,
    work: impl FnOnce(&Database<'_>),
) -> Duration {
    let to = subject.target(cluster, before);
    to.psql("CHECKPOINT");
    let start = Instant::now();
    work(&to);
    let took = start.elapsed();
    subject.check(title, &to, before);
    to.remove();
    took
}

fn median(mut all: Vec<Duration>) -> Duration {
    all.sort();
    all[all.len() / 2]
}

/// Runs a program, which must not fail.
fn finish(mut command: Command) {
    let output = command
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}\n{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

fn number(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("{name} is `{text}`, which is no number")),
        Err(_) => default,
    }
}
