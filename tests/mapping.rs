//! Mapping files that cannot be read: every folder of `fixtures/mapping` holds one, and the errors it gives.

use std::fs;
use std::path::Path;

use align::mapping::file::{ParseError, read};

fn written(errors: &[ParseError]) -> String {
    let mut lines = Vec::new();
    for error in errors {
        lines.push(format!("{error}\n"));
        lines.extend(error.hint.iter().map(|hint| format!("  hint: {hint}\n")));
    }
    lines.concat()
}

#[test]
fn says_what_is_wrong_and_where() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mapping");
    let mut folders: Vec<_> = fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    assert!(folders.len() >= 25, "only {} cases", folders.len());
    let mut wrong = Vec::new();
    for folder in &folders {
        let text = fs::read_to_string(folder.join("mapping.toml")).unwrap();
        let expected = fs::read_to_string(folder.join("error.txt")).unwrap_or_default();
        let found = read(&text).map_or_else(|errors| written(&errors), |_| "no error\n".to_owned());
        if found != expected {
            let case = folder.file_name().unwrap_or_default().to_string_lossy();
            wrong.push(format!("{case}\nexpected:\n{expected}found:\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
