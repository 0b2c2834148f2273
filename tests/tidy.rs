//! The repository's own rules, read off its sources.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails where it is"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Modules that read no file, no clock, no environment and no network, and wait for nothing.
const CORE: [&str; 11] = [
    "views",
    "draft",
    "known",
    "schema",
    "mapping",
    "transform",
    "diff",
    "score",
    "gate",
    "ddl",
    "typescript",
];
const MOST_LINES: usize = 600;
/// Names that say nothing of what is inside.
const EMPTY_NAMES: [&str; 11] = [
    "util", "utils", "helper", "helpers", "common", "misc", "models", "core", "manager", "service",
    "handler",
];

struct Source {
    /// From the top of the repository, with `/` between folders.
    path: String,
    text: String,
}

impl Source {
    /// The module right under `src/`.
    fn module(&self) -> Option<&str> {
        let within = self.path.strip_prefix("src/")?;
        let first = within.split('/').next()?;
        Some(first.strip_suffix(".rs").unwrap_or(first))
    }

    fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs") || self.path.contains("/tests/")
    }

    /// What is compiled into the program: no tests, no comments, no literals.
    fn code(&self) -> String {
        let tests = self.text.find("\n#[cfg(test)]\nmod tests {");
        code(&self.text[..tests.unwrap_or(self.text.len())])
    }
}

fn sources(folders: &[&str]) -> Vec<Source> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found: Vec<Source> = Vec::new();
    let mut left: Vec<PathBuf> = folders.iter().map(|folder| top.join(folder)).collect();
    while let Some(folder) = left.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let parts: Vec<&str> = path
                    .strip_prefix(top)
                    .unwrap()
                    .iter()
                    .map(|part| part.to_str().unwrap())
                    .collect();
                let path = parts.join("/");
                found.push(Source { path, text });
            }
        }
    }
    assert!(found.len() > 10, "the sources were not found");
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// The text with blanks in place of comments and of what stands in quotes.
fn code(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if c == '"' {
            quoted(rest)
        } else if let Some(raw) = raw_string(&code, rest) {
            raw
        } else if c == '\'' {
            character(rest)
        } else {
            code.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        };
        code.push(' ');
        rest = &rest[skipped..];
    }
    code
}

fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len()
}

fn raw_string(before: &str, text: &str) -> Option<usize> {
    let in_a_word = before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
    let hashes = text.strip_prefix('r')?;
    let marks = hashes.len() - hashes.trim_start_matches('#').len();
    if (in_a_word && !before.ends_with('b')) || !hashes[marks..].starts_with('"') {
        return None;
    }
    let start = 1 + marks + 1;
    let end = format!("\"{}", "#".repeat(marks));
    Some(
        text[start..]
            .find(&end)
            .map_or(text.len(), |at| start + at + end.len()),
    )
}

/// A character literal; a lifetime is left as one sign.
fn character(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), Some((at, c))) => {
            let from = at + c.len_utf8();
            text[from..]
                .find('\'')
                .map_or(text.len(), |end| from + end + 1)
        }
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 1,
    }
}

/// Paths that the code names, `a::b`, each of them also by its parts; groups in `use` are opened.
fn paths(code: &str) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    let mut groups: Vec<String> = Vec::new();
    let mut path = String::new();
    let mut chars = code.chars().peekable();
    while let Some(c) = chars.next() {
        let prefix = groups.last().cloned().unwrap_or_default();
        match c {
            c if c.is_alphanumeric() || c == '_' => path.push(c),
            ':' if chars.next_if_eq(&':').is_some() => {
                path += "::";
                if chars.next_if_eq(&'{').is_some() {
                    groups.push(prefix + &path);
                    path.clear();
                }
            }
            _ => {
                if !path.is_empty() {
                    paths.insert(prefix.clone() + &path);
                    paths.insert(std::mem::take(&mut path));
                }
                match c {
                    '{' if !groups.is_empty() => groups.push(prefix),
                    '}' => {
                        groups.pop();
                    }
                    _ => {}
                }
            }
        }
    }
    paths.insert(path);
    paths
}

/// Where a path, or something in it, is named.
fn naming(sources: &[Source], forbidden: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources {
        let paths = paths(&source.code());
        for name in forbidden {
            let within = format!("{name}::");
            if paths
                .iter()
                .any(|path| path == name || path.starts_with(&within))
            {
                found.push(format!("{} names {name}", source.path));
            }
        }
    }
    found
}

fn program() -> Vec<Source> {
    let mut sources = sources(&["src"]);
    sources.retain(|source| !source.is_test());
    sources
}

fn part(modules: &[&str]) -> Vec<Source> {
    let mut sources = program();
    sources.retain(|source| {
        source
            .module()
            .is_some_and(|module| modules.contains(&module))
    });
    assert!(
        sources.len() >= modules.len(),
        "modules are missing: {modules:?}"
    );
    sources
}

#[track_caller]
fn none(found: &[String]) {
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn no_file_is_long() {
    let sources = sources(&["src", "tests", "benches"]);
    let long = sources.iter().filter_map(|source| {
        let lines = source.text.lines().count();
        (lines > MOST_LINES).then(|| format!("{} has {lines} lines", source.path))
    });
    none(&long.collect::<Vec<_>>());
}

#[test]
fn every_module_is_named_for_what_it_holds() {
    let sources = sources(&["src", "tests", "benches"]);
    let empty = sources.iter().filter(|source| {
        source.path.split('/').any(|part| {
            let name = part.strip_suffix(".rs").unwrap_or(part);
            EMPTY_NAMES
                .iter()
                .any(|empty| name == *empty || name.ends_with(&format!("_{empty}")))
        })
    });
    none(&empty.map(|source| source.path.clone()).collect::<Vec<_>>());
}

#[test]
fn every_module_says_what_it_is() {
    let silent = program()
        .into_iter()
        .filter(|source| !source.text.starts_with("//! "));
    none(&silent.map(|source| source.path).collect::<Vec<_>>());
}

#[test]
fn the_core_is_pure() {
    let forbidden = [
        "async",
        "await",
        "sqlx",
        "tokio",
        "clap",
        "anstream",
        "anyhow",
        "std::fs",
        "std::env",
        "std::time",
        "std::net",
        "std::process",
        "std::thread",
    ];
    none(&naming(&part(&CORE), &forbidden));
    none(&naming(
        &part(&CORE),
        &["crate::source", "crate::report", "crate::cli", "anstyle"],
    ));
}

#[test]
fn a_copy_is_planned_and_its_sql_written_without_a_server() {
    let mut sources = program();
    sources.retain(|source| {
        ["src/copy/plan/", "src/copy/statement/"]
            .iter()
            .any(|folder| source.path.starts_with(folder))
    });
    assert!(sources.len() > 5, "the sources were not found");
    none(&naming(
        &sources,
        &[
            "async",
            "await",
            "sqlx",
            "tokio",
            "clap",
            "std::fs",
            "std::env",
            "std::time",
        ],
    ));
}

#[test]
fn reports_touch_nothing_outside() {
    let forbidden = [
        "async",
        "await",
        "sqlx",
        "tokio",
        "clap",
        "anstream",
        "anyhow",
        "std::fs",
        "std::env",
        "std::time",
        "std::net",
        "std::process",
        "std::thread",
        "crate::source",
        "crate::cli",
    ];
    none(&naming(&part(&["report"]), &forbidden));
}

#[test]
fn only_what_talks_to_a_server_and_the_command_line_wait() {
    let mut sources = program();
    sources.retain(|source| {
        let live =
            source.path.starts_with("src/source/postgres") || source.path == "src/source/mod.rs";
        !live
            && !matches!(
                source.module(),
                Some("cli" | "copy" | "coverage" | "migrate" | "scratch" | "verify")
            )
    });
    none(&naming(&sources, &["async", "await", "tokio", "sqlx"]));
}

#[test]
fn only_what_migrates_verifies_or_owns_its_server_runs_sql_that_was_put_together() {
    let mut sources = program();
    sources.retain(|source| {
        !matches!(
            source.module(),
            Some("copy" | "coverage" | "migrate" | "scratch" | "verify")
        )
    });
    none(&naming(&sources, &["sqlx::AssertSqlSafe", "AssertSqlSafe"]));
}

#[test]
fn only_the_command_line_knows_the_process() {
    let mut sources = program();
    sources.retain(|source| !matches!(source.module(), Some("cli" | "main")));
    let forbidden = [
        "std::env",
        "std::process",
        "ExitCode",
        "IsTerminal",
        "clap",
        "anyhow",
        "anstream",
        "terminal_size",
        "stdout",
        "stderr",
        "crate::cli",
    ];
    // A server for one run is a process that is started.
    let (starts, others): (Vec<Source>, Vec<Source>) = sources
        .into_iter()
        .partition(|source| source.module() == Some("scratch"));
    none(&naming(&others, &forbidden));
    none(&naming(
        &starts,
        &["std::env", "clap", "anyhow", "crate::cli"],
    ));
}

#[test]
fn these_rules_see_what_they_look_for() {
    let found = |text: &str, name: &str| {
        let source = Source {
            path: "src/x.rs".to_owned(),
            text: text.to_owned(),
        };
        !naming(&[source], &[name]).is_empty()
    };
    for (text, name, expected) in [
        ("use std::fs;", "std::fs", true),
        ("use std::fs::File;", "std::fs", true),
        ("use std::{env, fs::File};", "std::fs", true),
        ("use std::{io::{self, Write}, env};", "std::env", true),
        ("let x = std::env::var(\"A\");", "std::env", true),
        ("async fn f() {}", "async", true),
        ("f().await", "await", true),
        ("// std::fs\nfn f() {}", "std::fs", false),
        ("/* std::fs */ fn f() {}", "std::fs", false),
        ("let x = \"std::fs\";", "std::fs", false),
        ("let x = \"a\\\" std::fs\";", "std::fs", false),
        ("let x = r#\"a\" std::fs\"#;", "std::fs", false),
        ("let x = '\"'; use std::fs;", "std::fs", true),
        ("let x = '\\''; use std::fs;", "std::fs", true),
        ("fn f<'a>(x: &'a str) { std::fs::read(x) }", "std::fs", true),
        (
            "use std::fmt;\n\n#[cfg(test)]\nmod tests { use std::fs; }",
            "std::fs",
            false,
        ),
        ("let asynchronous = 1;", "async", false),
    ] {
        assert_eq!(found(text, name), expected, "{text}");
    }
}
