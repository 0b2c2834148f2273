//! Whole phases forward, once more, and back.

use std::process::Command;

use super::cluster::{Cluster, Database};
use super::{
    Surroundings, apply, apply_twice, as_scripts, awkward, clara, dump, everything, files, holds,
    rows, run, take_back, undo,
};

/// The score against `TrendtialCRM`, and whether nothing blocks a switch.
fn measured(db: &Database<'_>) -> (f64, bool) {
    let output = Command::new(env!("CARGO_BIN_EXE_align"))
        .args([
            "diff",
            "--map",
            "clara-to-trendtialcrm",
            "--format",
            "json",
            "--from",
        ])
        .arg(db.url())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let blockers = report["blockers"].as_array().unwrap();
    (
        report["score"]["overall"].as_f64().unwrap(),
        blockers.is_empty(),
    )
}

/// Forward over awkward rows, every file twice; every value accounted for; and back to the same dump
/// and the same rows.
pub(crate) fn there_and_back(cluster: &Cluster, surroundings: Surroundings) {
    let db = clara(cluster, "back", surroundings);
    awkward(&db);
    let (schema, source) = (dump(&db), rows(&db));

    apply_twice(&db, "phase1", surroundings == Surroundings::Supabase);
    holds(&db, include_str!("../fixtures/phases/accounted.sql"));
    assert_eq!(measured(&db), (100.0, false));
    apply_twice(&db, "phase2", surroundings == Surroundings::Supabase);
    holds(&db, include_str!("../fixtures/phases/timeline.sql"));
    apply_twice(&db, "phase3", false);
    assert_eq!(measured(&db), (100.0, true), "no table is missing any more");
    holds(&db, include_str!("../fixtures/phases/accounted.sql"));

    let refused = run(&db, &undo("phase1")).unwrap_err();
    assert!(
        refused.contains("phase1 carries phase2, phase3"),
        "{refused}"
    );
    for phase in ["phase3", "phase2", "phase1"] {
        take_back(&db, phase);
    }
    assert_eq!(dump(&db), schema);
    assert_eq!(rows(&db), source);
    let left = db.psql(
        "SELECT string_agg(nspname, ',') FROM pg_namespace WHERE nspname IN ('clara', 'trendtial')",
    );
    assert_eq!(left, "");

    // The way there is open again, and `minimal` before it.
    apply(&db, "minimal");
    let refused = run(&db, &undo("phase1")).unwrap_err();
    assert!(refused.contains("minimal"), "{refused}");
    take_back(&db, "minimal");
    assert_eq!(dump(&db), schema);
    assert_eq!(rows(&db), source);
    apply(&db, "minimal");
    apply(&db, "phase1");
    holds(&db, include_str!("../fixtures/phases/accounted.sql"));
}

/// Whole phases once more, after all of them: from the first file to the last nothing fails, and
/// nothing is other than it was.
pub(crate) fn once_more(cluster: &Cluster, surroundings: Surroundings) {
    let all = ["phase1", "phase2", "phase3"];
    for (first, again) in [
        (&[][..], &all[..]),
        (&["minimal"], &["minimal"]),
        (&["minimal"], &all),
    ] {
        let db = clara(cluster, "again", surroundings);
        awkward(&db);
        let phases = first
            .iter()
            .chain(again.iter().filter(|phase| !first.contains(phase)));
        for phase in phases {
            as_scripts(&db, phase);
        }
        let before = everything(&db);
        for phase in again {
            as_scripts(&db, phase);
            let after = everything(&db);
            if let Some((was, is)) = before
                .lines()
                .zip(after.lines())
                .find(|(was, is)| was != is)
            {
                panic!("{phase} once more, {first:?} first: it was\n{was}\nand is\n{is}");
            }
            assert_eq!(before.lines().count(), after.lines().count(), "{phase}");
        }
    }
}

#[test]
fn with_supabase_once_more() {
    once_more(Cluster::shared(), Surroundings::Supabase);
}

#[test]
fn with_supabase_there_and_back() {
    there_and_back(Cluster::shared(), Surroundings::Supabase);
}

/// A phase that stopped part way can be taken back from wherever it stopped.
#[test]
fn half_a_phase_is_taken_back() {
    let db = clara(Cluster::shared(), "half", Surroundings::Supabase);
    awkward(&db);
    let (schema, source) = (dump(&db), rows(&db));
    for through in [4, 11, 18, 20, 26, 33, 35, 38, 45, 52] {
        for file in &files("phase1")[..through] {
            run(&db, file).unwrap_or_else(|error| panic!("{}: {error}", file.name));
        }
        take_back(&db, "phase1");
        assert_eq!(dump(&db), schema, "after {through} files");
        assert_eq!(rows(&db), source, "after {through} files");
    }
}
