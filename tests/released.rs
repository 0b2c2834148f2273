//! Bundled migrations that were released stay as they are: databases have them in their history.
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use align::migrate::Phase;

const LIST: &str = "tests/fixtures/migrations/released.txt";
const PHASES: [&str; 5] = ["minimal", "phase1", "phase2", "phase3", "contract"];
const HEAD: &str = "\
# Phase, file and checksum of every bundled migration, as a database's history keeps them.
# `ALIGN_BLESS=1 cargo test --test released` writes this file anew.
";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Phase and file to checksum.
fn bundled() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for name in PHASES {
        let phase = Phase::read(&root().join("migrations"), name)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        for file in &phase.files {
            let title = format!("{name} {}", file.title());
            found.push((title, format!("{:016x}", file.checksum)));
        }
    }
    found
}

#[test]
fn every_folder_of_migrations_is_in_the_list() {
    let mut folders: Vec<String> = std::fs::read_dir(root().join("migrations"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "undo")
        .collect();
    folders.sort();
    let mut phases = PHASES.map(str::to_owned);
    phases.sort();
    assert_eq!(folders, phases);
}

#[test]
fn released_migrations_are_as_they_were_released() {
    let now = bundled();
    if std::env::var_os("ALIGN_BLESS").is_some() {
        let mut text = HEAD.to_owned();
        for (title, checksum) in &now {
            writeln!(text, "{title} {checksum}").unwrap();
        }
        std::fs::write(root().join(LIST), text).unwrap();
        return;
    }
    let text = std::fs::read_to_string(root().join(LIST)).unwrap_or_default();
    let released: BTreeMap<&str, &str> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.rsplit_once(' '))
        .collect();
    let mut told = String::new();
    for (title, checksum) in &now {
        match released.get(title.as_str()) {
            Some(known) if known == checksum => {}
            Some(known) => {
                writeln!(
                    told,
                    "  changed  {title}: {known} was released, this is {checksum}"
                )
                .unwrap();
            }
            None => writeln!(told, "  new      {title}").unwrap(),
        }
    }
    for title in released.keys() {
        if !now.iter().any(|(other, _)| other == title) {
            writeln!(told, "  gone     {title}").unwrap();
        }
    }
    assert!(
        told.is_empty(),
        "the bundled migrations are not those of `{LIST}`:\n{told}\n\
         A database that has applied a file refuses one with another name or checksum. So what a\n\
         release had in it is never edited, renamed or removed: put the change into a file of the next\n\
         version. What no release has had yet is taken into the list with\n\
         `ALIGN_BLESS=1 cargo test --test released`."
    );
}
