//! How fast `align map rows` is, and how much memory it takes: JSON lines of leads through three renames, a
//! range and a lookup among 10,000 users, made on the fly. Run with `cargo bench --bench rows`; `ROWS_MB`
//! says how many megabytes go in (1024). Fails when the peak is 100 MB or more, or when a row is missing.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const MEGABYTE: u64 = 1 << 20;
/// What the issue allows, in kB.
const LIMIT: u64 = 100 * 1000;
const USERS: u64 = 10_000;
const FROM: &str = "CREATE TABLE leads (id bigint PRIMARY KEY, name varchar(255) NOT NULL, mail text, \
    company_size varchar(50), agent text, score integer, notes text, created_at timestamptz);";
const TO: &str = "CREATE TABLE users (id bigint PRIMARY KEY, email text UNIQUE);\n\
    CREATE TABLE leads (id bigint PRIMARY KEY, lead_name text NOT NULL, email text, seats integer, \
    agent_id bigint REFERENCES users, score integer, remarks text, created_at timestamptz);";
const MAPPING: &str = r#"format = 1
[from]
source = "sql:from.sql"
[to]
source = "sql:to.sql"
[[column]]
from = "leads.name"
to = "leads.lead_name"
[[column]]
from = "leads.mail"
to = "leads.email"
[[column]]
from = "leads.notes"
to = "leads.remarks"
[[column]]
from = "leads.company_size"
to = "leads.seats"
range = { rule = "lower", open = "end" }
[[column]]
from = "leads.agent"
to = "leads.agent_id"
lookup = { table = "users", match = "email", take = "id" }
"#;
const SIZES: [&str; 6] = ["11-50", "1,000–5,000", "10k", "50+", "<10", "200 employees"];

fn main() {
    let wanted = std::env::var("ROWS_MB")
        .ok()
        .and_then(|text| text.parse().ok());
    let wanted: u64 = wanted.unwrap_or(1024) * MEGABYTE;
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in [
        ("mapping.toml", MAPPING.to_owned()),
        ("from.sql", FROM.to_owned()),
        ("to.sql", TO.to_owned()),
        ("users.jsonl", users()),
    ] {
        std::fs::write(folder.path().join(name), text).expect("the folder is writable");
    }
    println!("leads as JSON lines through three renames, a range and a lookup among {USERS} users");
    for size in [wanted / 16, wanted] {
        let run = run(folder.path(), size);
        let megabytes = run.bytes / MEGABYTE;
        let rate = run.bytes as f64 / MEGABYTE as f64 / run.elapsed.as_secs_f64();
        println!(
            "  {megabytes:>5} MB, {:>9} rows  {:>8.2} s  {rate:>7.1} MB/s  {:>4} MB peak",
            run.rows,
            run.elapsed.as_secs_f64(),
            run.peak / 1000
        );
        assert_eq!(run.rows, run.came_out, "every row comes through");
        assert!(run.peak < LIMIT, "{} kB of memory at the peak", run.peak);
    }
}

fn users() -> String {
    let lines =
        (0..USERS).map(|n| format!("{{\"id\": {n}, \"email\": \"agent{n}@example.org\"}}\n"));
    lines.collect()
}

struct Run {
    elapsed: Duration,
    bytes: u64,
    rows: u64,
    came_out: u64,
    /// The highest resident size, in kB; 0 where `/proc` has none.
    peak: u64,
}

fn run(folder: &Path, size: u64) -> Run {
    let mut child = Command::new(env!("CARGO_BIN_EXE_align"))
        .args(["map", "rows", "-q", "--map", ".", "--table", "leads"])
        .args(["--lookup", "users=users.jsonl"])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("align starts");
    let start = Instant::now();
    let output = child.stdout.take().expect("its output is a pipe");
    let reader = std::thread::spawn(move || {
        let mut output = BufReader::with_capacity(1 << 20, output);
        let mut rows = 0_u64;
        loop {
            let piece = output.fill_buf().expect("it is a pipe");
            if piece.is_empty() {
                return rows;
            }
            rows += piece.iter().filter(|byte| **byte == b'\n').count() as u64;
            let read = piece.len();
            output.consume(read);
        }
    });
    let (bytes, rows) = feed(&mut child, size);
    // The highest size is kept by the kernel for as long as the process is there: its input is still open.
    let peak = peak(child.id());
    drop(child.stdin.take());
    let status = child.wait().expect("it ends");
    let elapsed = start.elapsed();
    assert!(status.success(), "{status}");
    Run {
        elapsed,
        bytes,
        rows,
        came_out: reader.join().expect("it counts"),
        peak,
    }
}

/// Writes rows until there is enough.
fn feed(child: &mut Child, size: u64) -> (u64, u64) {
    let input = child.stdin.as_mut().expect("its input is a pipe");
    let (mut bytes, mut rows) = (0, 0);
    let mut piece: Vec<u8> = Vec::with_capacity(1 << 20);
    while bytes < size {
        piece.clear();
        while piece.len() < (1 << 20) - 1024 {
            rows += 1;
            row(&mut piece, rows);
        }
        input.write_all(&piece).expect("it reads all");
        bytes += piece.len() as u64;
    }
    (bytes, rows)
}

fn row(line: &mut Vec<u8>, n: u64) {
    let sizes = SIZES.len() as u64;
    let size = SIZES[usize::try_from(n % sizes).unwrap_or_default()];
    // Every fiftieth row is long, and no two are of one length.
    let filler = "filler ".repeat(
        usize::try_from(n % 7 + if n.is_multiple_of(50) { 90 } else { 0 }).unwrap_or_default(),
    );
    writeln!(
        line,
        "{{\"id\": {n}, \"name\": \"Lead {n} Čapek\", \"mail\": \"lead{n}@example.org\", \"company_size\": \"{size}\", \
         \"agent\": \"agent{}@example.org\", \"score\": {}, \"notes\": \"{filler}\\\"quoted\\\" \\u00e9\", \
         \"created_at\": \"2025-{:02}-{:02}T12:34:56.789+02:00\"}}",
        n % USERS,
        n % 100,
        n % 12 + 1,
        n % 28 + 1
    )
    .expect("a vector takes everything");
}

/// The highest resident size of a process so far.
fn peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number
        .and_then(|text| text.parse().ok())
        .unwrap_or_default()
}
