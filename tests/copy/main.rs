//! `align copy` and `align quarantine` between real databases.

mod bad;
mod behind;
#[path = "../cluster/mod.rs"]
mod cluster;
mod crm;
mod drill;
mod faults;
mod flags;
mod preflight;
mod small;
mod straight;
mod union;

use std::process::{Child, Command, Stdio};

use cluster::{Cluster, Database};

const SHIPPED: &str = "tests/fixtures/trendtialcrm-as-shipped/schema.sql";
const CLARA: &str = "mappings/clara-to-trendtialcrm/clara.sql";

/// A folder, and the two databases of a copy.
struct Pair {
    folder: tempfile::TempDir,
    from: Database<'static>,
    to: Database<'static>,
    map: String,
}

#[derive(Debug)]
struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Pair {
    /// Two databases of that SQL, and a mapping.
    fn new(name: &str, from: &str, to: &str, mapping: &str) -> Self {
        let target = cluster::database(&format!("{name}_to"));
        Self::into(target, name, from, to, mapping)
    }

    /// The same, with an empty database as the target.
    fn into(target: Database<'static>, name: &str, from: &str, to: &str, mapping: &str) -> Self {
        let folder = tempfile::tempdir().expect("the machine does its part");
        let pair = folder.path().join("shop-to-crm");
        std::fs::create_dir(&pair).expect("the machine does its part");
        std::fs::write(pair.join("mapping.toml"), format!("format = 1\n{mapping}"))
            .expect("the machine does its part");
        let source = cluster::database(&format!("{name}_from"));
        source.psql(from);
        target.psql(to);
        Self {
            map: pair.display().to_string(),
            folder,
            from: source,
            to: target,
        }
    }

    fn remap(&self, mapping: &str) {
        let path = self.folder.path().join("shop-to-crm/mapping.toml");
        std::fs::write(path, format!("format = 1\n{mapping}")).expect("the machine does its part");
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_align"));
        command
            .args(args)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("LC_ALL", "C.UTF-8")
            .env("FROM", self.from.url())
            .env("TO", self.to.url())
            .stdin(Stdio::null());
        command
    }

    fn align(&self, args: &[&str]) -> Run {
        finished(
            self.command(args)
                .output()
                .expect("the machine does its part"),
        )
    }

    fn between<'a>(&'a self, verb: &[&'a str], args: &[&'a str]) -> Vec<&'a str> {
        let sides = ["--map", &self.map, "--from", "env:FROM", "--to", "env:TO"];
        [verb, &sides, args].concat()
    }

    /// `align copy --yes` from one side to the other, and these.
    fn copy(&self, args: &[&str]) -> Run {
        self.align(&self.between(&["copy", "--yes", "--format", "json"], args))
    }

    fn start(&self, args: &[&str]) -> Child {
        let mut command = self.command(&self.between(&["copy", "--yes"], args));
        command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the machine does its part")
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

    /// Rows, copied, matched and quarantined of a table.
    #[track_caller]
    fn counts(&self, table: &str) -> [u64; 4] {
        let page: serde_json::Value = serde_json::from_str(&self.stdout).expect("JSON");
        let tables = page["tables"].as_array().expect("a list");
        let found = tables.iter().find(|line| line["from"] == table);
        let found = found.unwrap_or_else(|| panic!("no `{table}` in {page}"));
        ["rows", "copied", "matched", "quarantined"]
            .map(|key| found[key].as_u64().expect("a number"))
    }
}

fn finished(output: std::process::Output) -> Run {
    Run {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("the machine does its part"),
        stderr: String::from_utf8(output.stderr).expect("the machine does its part"),
    }
}

/// A database like another one, to which nobody is connected.
fn like(other: &Database<'static>) -> Database<'static> {
    let cluster = Cluster::shared();
    let name = format!("{}_{}", other.name, std::process::id());
    static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let name = format!("{name}_{number}");
    let postgres = cluster.named("postgres");
    postgres.psql(&format!(
        "CREATE DATABASE \"{name}\" TEMPLATE \"{}\"",
        other.name
    ));
    cluster.named(&name)
}

/// `pg_dump` of late versions writes a random word.
fn without_noise(dump: &str) -> String {
    let kept = dump
        .lines()
        .filter(|line| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict"));
    kept.collect::<Vec<_>>().join("\n")
}
