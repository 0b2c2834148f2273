//! `align map views`: what the views show, which writes they carry, and who sees what through them.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails where it is"
)]

mod bundled;
#[path = "../cluster/mod.rs"]
mod cluster;
mod hostile;
mod shop;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use cluster::Database;

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Runs `align map views` with the database as the environment's.
fn views(url: &str, args: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    Command::new(env!("CARGO_BIN_EXE_align"))
        .args(["map", "views"])
        .args(args)
        .current_dir(folder.path())
        .env_clear()
        .env("LC_ALL", "C.UTF-8")
        .env("DATABASE_URL", url)
        .output()
        .unwrap()
}

/// The SQL of the views, and what was said beside it.
#[track_caller]
fn written(url: &str, args: &[&str]) -> (String, String) {
    let output = views(url, args);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (sql, said) = (text(output.stdout), text(output.stderr));
    assert_eq!(output.status.code(), Some(0), "{said}");
    (sql, said)
}

/// Writes the views and runs them twice, for they may be run as often as one likes.
#[track_caller]
fn make(db: &Database<'_>, args: &[&str]) -> String {
    let (sql, said) = written(&db.url(), args);
    for turn in 0..2 {
        if let Err(error) = db.try_psql(&sql) {
            panic!("turn {turn}: {error}\n{sql}");
        }
    }
    said
}

/// A failure whose text holds the words.
#[track_caller]
fn refused(db: &Database<'_>, sql: &str, words: &str) {
    let error = db.try_psql(sql).expect_err(sql);
    assert!(error.contains(words), "{sql}\n{error}");
}

#[test]
fn a_file_gets_what_standard_output_would_have() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("views.sql");
    let path = path.to_str().unwrap();
    let url = cluster::database("views_output").url();
    let args = ["--map", "clara-to-trendtialcrm"];
    let (sql, _) = written(&url, &args);
    let (nothing, said) = written(&url, &[&args[..], &["--output", path]].concat());
    assert_eq!(nothing, "");
    assert!(said.contains(&format!("wrote {path}")), "{said}");
    assert_eq!(std::fs::read_to_string(path).unwrap(), sql);
}
