//! Every folder of `tests/fixtures/diff` is a case: two schemas, perhaps a mapping, and the report that
//! a person read. `ALIGN_BLESS=1` writes the reports anew; read them before you commit.

use std::path::Path;
use std::process::Command;

#[test]
fn every_case_gives_its_report() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/diff");
    let mut failed = Vec::new();
    let mut folders: Vec<_> = std::fs::read_dir(cases)
        .expect("it is there")
        .map(|entry| entry.expect("it is there").path())
        .collect();
    folders.sort();
    for folder in &folders {
        let report = report(folder);
        let expected = folder.join("diff.json");
        if std::env::var_os("ALIGN_BLESS").is_some() {
            std::fs::write(&expected, &report).expect("it is there");
        } else if std::fs::read_to_string(&expected).unwrap_or_default() != report {
            failed.push(format!("{}:\n{report}", folder.display()));
        }
    }
    assert!(folders.len() >= 20, "the cases are gone");
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

fn report(folder: &Path) -> String {
    let from = if folder.join("from.ts").exists() {
        "ts:from.ts"
    } else {
        "sql:from.sql"
    };
    let mut command = Command::new(env!("CARGO_BIN_EXE_align"));
    command.current_dir(folder).args([
        "diff",
        "--from",
        from,
        "--to",
        "sql:to.sql",
        "--format",
        "json",
    ]);
    if folder.join("mapping.toml").exists() {
        command.args(["--map", "mapping.toml"]);
    } else {
        command.arg("--no-map");
    }
    let output = command.output().expect("it is there");
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}: {}",
        folder.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("it is there")
}
