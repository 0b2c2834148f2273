//! What `ddl` writes loads at first go, and makes what it was written from.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use align::ddl;
use align::schema::{Ident, Schema};
use align::source::{TextFile, sql};

use crate::cluster::{self, Cluster, Database};
use crate::{ident, read};

/// A file to load, and the namespaces of it to read.
struct Case {
    file: PathBuf,
    namespaces: Vec<String>,
    shim: bool,
}

fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let single = |file: &str, namespaces: &[&str], shim: bool| Case {
        file: root.join(file),
        namespaces: namespaces.iter().map(ToString::to_string).collect(),
        shim,
    };
    let pair = "mappings/clara-to-trendtialcrm";
    let mut cases = vec![
        single(&format!("{pair}/clara.sql"), &["public"], true),
        single(&format!("{pair}/trendtialcrm.sql"), &["public"], true),
        single("tests/live/everything.sql", &["public", "other"], false),
        // Another home than the database's usual one.
        single(
            "tests/fixtures/sql/two_namespaces_hold_tables_of_one_name/input.sql",
            &["app", "Other-App", "public"],
            false,
        ),
        single("tests/live/everything.sql", &["other"], false),
        single(
            "tests/fixtures/trendtialcrm-as-shipped/schema.sql",
            &["public"],
            true,
        ),
    ];
    for entry in std::fs::read_dir(root.join("tests/fixtures/sql")).expect("the fixtures") {
        let folder = entry.expect("a folder").path();
        let namespaces = std::fs::read_to_string(folder.join("namespaces"));
        cases.push(Case {
            file: folder.join("input.sql"),
            namespaces: namespaces
                .unwrap_or_else(|_| "public".to_owned())
                .lines()
                .map(str::to_owned)
                .collect(),
            shim: folder.join("needs-shim").exists(),
        });
    }
    cases.sort_by(|a, b| a.file.cmp(&b.file));
    cases
}

impl Case {
    fn database(&self) -> Database<'static> {
        let database = cluster::database("ddl");
        if self.shim {
            database.load_shim();
            database.reset_default_privileges();
        }
        database
    }

    fn read(&self, database: &Database<'_>) -> Schema {
        let namespaces: Vec<&str> = self.namespaces.iter().map(String::as_str).collect();
        let mut schema = read(&database.url(), &namespaces);
        // Not written, and said to be so at the head of the text.
        schema.unmodelled.clear();
        schema
    }
}

/// Makes every role that a file names or makes, so that no two tests make one at once.
fn make_roles() {
    for (role, attributes) in [
        ("reader", ""),
        ("writer", ""),
        ("Odd \"Role\"", ""),
        ("Odd Role", ""),
        ("anon", "NOINHERIT"),
        ("authenticated", "NOINHERIT"),
        ("service_role", "NOINHERIT BYPASSRLS"),
    ] {
        Cluster::shared().role(role, attributes);
    }
}

#[test]
fn what_is_written_makes_what_it_was_written_from() {
    make_roles();
    let mut failures = String::new();
    for case in cases() {
        let database = case.database();
        database.load(&case.file);
        let from = case.read(&database);
        let text = ddl::write(&from);
        let made = case.database();
        let problem = match made.try_psql(&text) {
            Err(message) => message,
            // A range type, which is not modelled, takes columns with it.
            Ok(_) if text.contains(" left out: ") => continue,
            Ok(_) => {
                let to = case.read(&made);
                if to == from && ddl::write(&to) == text {
                    continue;
                }
                difference(&from, &to)
            }
        };
        writeln!(failures, "{}:\n{problem}\n", case.file.display()).expect("a string takes it");
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn what_is_written_from_a_file_loads() {
    make_roles();
    let mut failures = String::new();
    for case in cases() {
        let file = TextFile {
            name: case.file.display().to_string(),
            text: std::fs::read_to_string(&case.file).expect("the file is text"),
        };
        let namespaces: Vec<Ident> = case.namespaces.iter().map(|name| ident(name)).collect();
        let schema = sql::read(&[file], &namespaces).expect("the file is SQL");
        let Err(problem) = case.database().try_psql(&ddl::write(&schema)) else {
            continue;
        };
        writeln!(failures, "{}:\n{problem}\n", case.file.display()).expect("a string takes it");
    }
    assert!(failures.is_empty(), "{failures}");
}

/// The lines of one side's JSON that the other lacks.
fn difference(from: &Schema, to: &Schema) -> String {
    let lines = |schema: &Schema| {
        let json = serde_json::to_string_pretty(schema).expect("a schema has a form in JSON");
        json.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let (from, to) = (lines(from), lines(to));
    let only = |these: &[String], those: &[String], sign: &str| {
        let missing = these.iter().filter(|line| !those.contains(line));
        missing
            .map(|line| format!("{sign} {}", line.trim()))
            .collect::<Vec<_>>()
    };
    let mut lines = only(&from, &to, "-");
    lines.extend(only(&to, &from, "+"));
    lines.truncate(40);
    lines.join("\n")
}
