//! What `ddl` writes is read back as the schema that it was written from.

#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

use std::fmt::Write;
use std::path::{Path, PathBuf};

use align::ddl;
use align::schema::{Ident, Schema};
use align::source::{TextFile, sql};

fn parse(name: &str, text: &str, namespaces: &[Ident]) -> Schema {
    let file = TextFile {
        name: name.to_owned(),
        text: text.to_owned(),
    };
    sql::read(&[file], namespaces).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Every SQL file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else if path.extension().is_some_and(|extension| extension == "sql") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn namespaces(file: &Path) -> Vec<Ident> {
    let named = file.parent().map(|folder| folder.join("namespaces"));
    let named = named.filter(|path| path.exists());
    let text = named.map_or("public".to_owned(), |path| {
        std::fs::read_to_string(path).unwrap()
    });
    text.lines().map(|name| Ident::new(name).unwrap()).collect()
}

/// What makes two models of one database differ in what was read, not in what it holds.
fn without_the_source(mut schema: Schema) -> Schema {
    schema.places.clear();
    schema.unmodelled.clear();
    schema.unreadable.clear();
    schema
}

#[test]
fn what_is_written_is_read_back() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = files(&root.join("tests/fixtures"));
    all.extend(files(&root.join("mappings")));
    let mut failures = String::new();
    for file in all {
        let name = file.strip_prefix(root).unwrap().display().to_string();
        let namespaces = namespaces(&file);
        let text = std::fs::read_to_string(&file).unwrap();
        let from = without_the_source(parse(&name, &text, &namespaces));
        let written = ddl::write(&from);
        let to = parse("written", &written, &namespaces);
        for sighting in to.unreadable.iter().chain(&to.unmodelled) {
            writeln!(failures, "{name}: {sighting:?}\n").unwrap();
        }
        let to = without_the_source(to);
        // A range type, which is not modelled, takes columns with it.
        if to != from && !written.contains(" left out: ") {
            writeln!(failures, "{name}:\n{}\n", difference(&from, &to)).unwrap();
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

/// The lines of one side's JSON that the other lacks.
fn difference(from: &Schema, to: &Schema) -> String {
    let lines = |schema: &Schema| {
        let json = serde_json::to_string_pretty(schema).unwrap();
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
