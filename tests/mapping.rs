//! Mapping files that cannot be read: every folder of `fixtures/mapping` holds one, and the errors it gives.

use std::fs;
use std::path::{Path, PathBuf};

use align::mapping::file::{ParseError, read};

fn written(errors: &[ParseError]) -> String {
    let mut lines = Vec::new();
    for error in errors {
        lines.push(format!("{error}\n"));
        lines.extend(error.hint.iter().map(|hint| format!("  hint: {hint}\n")));
    }
    lines.concat()
}

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mapping");
    let entries = fs::read_dir(root).expect("the fixtures are there");
    let mut folders: Vec<_> = entries
        .map(|entry| entry.expect("a folder can be listed").path())
        .collect();
    folders.sort();
    folders
}

#[test]
fn says_what_is_wrong_and_where() {
    let folders = cases();
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

const BUNDLED: &str = include_str!("../mappings/clara-to-trendtialcrm/mapping.toml");

#[test]
fn the_bundled_mapping_is_read() {
    let mapping = read(BUNDLED).unwrap_or_else(|errors| panic!("{}", written(&errors)));
    let names: Vec<(&str, u32)> = mapping
        .categories
        .iter()
        .map(|category| (category.name.as_str(), category.weight))
        .collect();
    assert_eq!(
        names,
        [
            ("Core Schema", 2),
            ("Lead Management", 2),
            ("User/Auth", 1),
            ("Call Tracking", 1)
        ]
    );
    assert_eq!(mapping.expect_tables.len(), 21);
    assert_eq!(mapping.expect_selects.len(), 41);
    let known = mapping.expect_selects.iter();
    assert_eq!(known.filter(|s| s.known_failure.is_some()).count(), 2);
}

#[test]
fn the_bundled_mapping_says_why_of_whatever_it_states() {
    let mapping = read(BUNDLED).unwrap_or_else(|errors| panic!("{}", written(&errors)));
    for column in &mapping.columns {
        let says_why = column.note.why.is_some();
        let is_plain = column.describe() == "as it is";
        assert!(says_why || is_plain, "line {}: no `why`", column.at.line);
    }
}

fn assert_says_something(text: &str) {
    if let Err(errors) = read(text) {
        assert!(!errors.is_empty(), "refused without a word: {text}");
    }
}

/// A file that ends anywhere, or that lost a line, is read or refused, and never a panic.
#[test]
fn no_part_of_a_mapping_makes_it_panic() {
    for folder in cases() {
        let text = fs::read_to_string(folder.join("mapping.toml")).unwrap();
        for (end, _) in text.char_indices() {
            assert_says_something(&text[..end]);
        }
    }
    for (end, _) in BUNDLED.char_indices().step_by(31) {
        assert_says_something(&BUNDLED[..end]);
    }
    let lines: Vec<&str> = BUNDLED.lines().collect();
    for lost in (0..lines.len()).step_by(5) {
        assert_says_something(&[&lines[..lost], &lines[lost + 1..]].concat().join("\n"));
    }
}
