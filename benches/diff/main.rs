//! How fast `align diff` is on a schema of 1,000 tables × 12 columns, as SQL text and live, with
//! `pg_dump --schema-only` of the same database as the floor. Run with `cargo bench --bench diff`.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "../../tests/cluster/mod.rs"]
mod cluster;
mod generate;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const RUNS: usize = 7;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (from, to) = (folder.path().join("from.sql"), folder.path().join("to.sql"));
    std::fs::write(&from, generate::schema(1000, "varchar(120)")).expect("the folder is writable");
    std::fs::write(&to, generate::schema(1000, "text")).expect("the folder is writable");

    println!("1,000 tables × 12 columns, with keys and indexes; median of {RUNS} runs");
    let text = median(|| run(align(&source("sql", &from), &source("sql", &to))));
    println!(
        "  text against text           {}  {:>4} MB peak",
        text.time(),
        text.peak / 1024
    );

    let database = cluster::database("bench");
    database.load(&from);
    let url = database.url();
    let inspect = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_align"));
        command
            .args(["inspect", "env:BENCH_DATABASE", "--format", "json"])
            .env("BENCH_DATABASE", &url);
        run(command)
    };
    inspect();
    let live = median(&inspect);
    println!(
        "  live introspection          {}  {:>4} MB peak",
        live.time(),
        live.peak / 1024
    );
    let dump = median(|| {
        let mut command = Command::new("pg_dump");
        command.args(["--schema-only", "--schema", "public", "--dbname", &url]);
        run(command)
    });
    println!("  pg_dump --schema-only       {}", dump.time());
    println!(
        "  live against pg_dump        {:>7.2}×",
        live.elapsed.as_secs_f64() / dump.elapsed.as_secs_f64()
    );
}

fn source(scheme: &str, path: &Path) -> String {
    format!("{scheme}:{}", path.display())
}

fn align(from: &str, to: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_align"));
    command.args([
        "diff", "-q", "--no-map", "--from", from, "--to", to, "--format", "json",
    ]);
    command
}

struct Run {
    elapsed: Duration,
    /// The highest resident size seen, in kB; 0 where `/proc` has none.
    peak: u64,
}

impl Run {
    fn time(&self) -> String {
        format!("{:>7.3} s", self.elapsed.as_secs_f64())
    }
}

fn run(mut command: Command) -> Run {
    let start = Instant::now();
    let mut child = command
        .stdout(Stdio::null())
        .spawn()
        .expect("the program starts");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let now = std::fs::read_to_string(&status).unwrap_or_default();
        let seen = now
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .map(str::trim);
        peak = peak.max(
            seen.and_then(|s| s.trim_end_matches(" kB").parse().ok())
                .unwrap_or(0),
        );
        if let Some(status) = child.try_wait().expect("it is our child") {
            assert!(status.success(), "{command:?} failed");
            return Run {
                elapsed: start.elapsed(),
                peak,
            };
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn median(mut once: impl FnMut() -> Run) -> Run {
    let mut runs: Vec<Run> = (0..RUNS).map(|_| once()).collect();
    runs.sort_by_key(|run| run.elapsed);
    let peak = runs.iter().map(|run| run.peak).max().unwrap_or(0);
    Run {
        elapsed: runs[RUNS / 2].elapsed,
        peak,
    }
}
