//! `align migrate` and `align status` against a real server.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails where it is"
)]

mod backup;
mod begun;
mod clara;
#[path = "../cluster/mod.rs"]
mod cluster;
mod elsewhere;
mod failure;
mod faults;
mod hostile;
mod json;
mod lag;
mod notice;
mod passes;
mod pooler;
mod quarantine;
mod refinery;
mod refusal;
mod resume;
mod rights;
mod road;
mod runners;
mod secrets;
mod trial;
mod watch;

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use cluster::{Cluster, Database};

const FIXTURE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/fixtures/migrations/shop"
);
/// Everything that the road of the fixture needs to be told.
const LEAVE: [&str; 1] = ["--yes"];

/// A folder with a pair and its migrations, and a database that they are for.
struct Shop {
    folder: tempfile::TempDir,
    db: Database<'static>,
    url: String,
}

#[derive(Debug)]
struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Shop {
    fn new(name: &str) -> Self {
        Self::on(Cluster::shared(), name)
    }

    fn on(cluster: &'static Cluster, name: &str) -> Self {
        Self::with(cluster.database(name))
    }

    fn with(db: Database<'static>) -> Self {
        let folder = tempfile::tempdir().expect("the machine does its part");
        copy(Path::new(FIXTURE), folder.path());
        db.load(format!("{FIXTURE}/start.sql"));
        let url = db.url();
        Self { folder, db, url }
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().expect("the machine does its part"))
            .expect("the machine does its part");
        fs::write(path, text).expect("the machine does its part");
    }

    fn remove(&self, path: &str) {
        fs::remove_file(self.folder.path().join(path)).expect("the machine does its part");
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_align"));
        command
            .args(args)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("LC_ALL", "C.UTF-8")
            .env("USER", "dora")
            .env("DATABASE_URL", &self.url)
            .stdin(Stdio::null());
        command
    }

    fn align(&self, args: &[&str]) -> Run {
        let output = self
            .command(args)
            .output()
            .expect("the machine does its part");
        finished(&output)
    }

    /// `align migrate --yes` and these.
    fn migrate(&self, args: &[&str]) -> Run {
        self.align(&[&["migrate"], &LEAVE[..], args].concat())
    }

    fn start(&self, args: &[&str]) -> Child {
        let mut command = self.command(&[&["migrate"], &LEAVE[..], args].concat());
        command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the machine does its part")
    }

    fn wait_for(&self, sql: &str, wanted: &str) {
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            let found = self.db.try_psql(sql).unwrap_or_default();
            if found == wanted {
                return;
            }
            assert!(Instant::now() < end, "{sql}: {found}, not {wanted}");
            sleep(Duration::from_millis(20));
        }
    }

    /// What a database is but for the ledger: schema and rows.
    fn dump(&self) -> String {
        let rows = self.db.psql("SELECT c FROM clients AS c ORDER BY id");
        format!("{}\n{rows}", without_noise(&self.db.dump_schema("public")))
    }

    /// Everything, the ledger and its rows included.
    fn everything(&self) -> String {
        let ledger = self.db.dump_schema("(align|public)");
        let rows = self.db.psql(
            "SELECT format('SELECT %L, md5(string_agg(t::text, '','' ORDER BY t::text)) FROM align.%I AS t', tablename, tablename)
             FROM pg_tables WHERE schemaname = 'align' ORDER BY tablename \\gexec",
        );
        format!("{}\n{}\n{rows}", self.dump(), without_noise(&ledger))
    }
}

impl Run {
    #[track_caller]
    fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    #[track_caller]
    fn says(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.stderr.contains(word), "no `{word}` in {self:#?}");
        }
        self
    }
}

fn output(child: Child) -> Run {
    finished(&child.wait_with_output().expect("the machine does its part"))
}

/// What is written up to the end of the line that has the words.
#[track_caller]
fn read_until(stream: &mut impl Read, words: &str) -> String {
    let mut text = Vec::new();
    let mut byte = [0];
    while stream.read(&mut byte).expect("the machine does its part") == 1 {
        text.extend(byte);
        let said = String::from_utf8_lossy(&text);
        if byte == *b"\n" && said.contains(words) {
            return said.into_owned();
        }
    }
    panic!("no `{words}` in {}", String::from_utf8_lossy(&text));
}

fn finished(output: &Output) -> Run {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("it writes UTF-8");
    Run {
        code: output.status.code(),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the machine does its part");
    for entry in fs::read_dir(from).expect("the machine does its part") {
        let path = entry.expect("the machine does its part").path();
        let target = to.join(path.file_name().expect("the machine does its part"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("the machine does its part");
        }
    }
}

/// `pg_dump` of late versions writes a random word.
fn without_noise(dump: &str) -> String {
    let kept = dump
        .lines()
        .filter(|line| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict"));
    kept.collect::<Vec<_>>().join("\n")
}
