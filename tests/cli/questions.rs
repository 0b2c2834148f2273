//! Questions that a script asks: code 1 is no, and the reason is said.

use crate::run::Place;
use crate::{NEW, OLD, place};

#[test]
fn differences_that_are_merely_shown_are_no_failure() {
    let run = place(&["a"]).align(&["diff"]).ends_with(0);
    assert!(!run.stdout.is_empty());
}

#[test]
fn a_no_has_code_1_and_its_reason() {
    let mapping = "format = 1\n[gate]\nscore = 100\n";
    let place = Place::with(&[("old.sql", OLD), ("new.sql", NEW), ("m.toml", mapping)]);
    let sides = [
        "diff", "--map", "m.toml", "--from", "old.sql", "--to", "new.sql",
    ];
    for (flags, code, reason) in [
        (&["--fail-under", "0"][..], 0, ""),
        (&["--fail-under", "50"], 0, ""),
        (
            &["--fail-under", "50.1"],
            1,
            "no: the score is 50.0, under 50.1 (--fail-under)\n",
        ),
        (&["--fail-under=100"], 1, "under 100 (--fail-under)\n"),
        (
            &["--exit-code"],
            1,
            "no: the schemas differ (--exit-code)\n",
        ),
        (
            &["--gate"],
            1,
            "no: the score is 50.0, under 100 (--gate)\n",
        ),
    ] {
        let run = place.align(&[&sides[..], flags].concat()).ends_with(code);
        assert!(run.stderr.contains(reason), "{flags:?}: {run:#?}");
        assert_eq!(run.stderr.contains("no: "), code == 1, "{run:#?}");
        assert!(run.stdout.contains("clients"), "{run:#?}");
        let quiet = place
            .align(&[&sides[..], flags, &["-q"]].concat())
            .ends_with(code);
        assert_eq!(quiet.stderr, "");
    }
    let all = place.align(&[&sides[..], &["--gate", "--exit-code", "--fail-under", "99"]].concat());
    assert!(all.stderr.matches("no: ").count() >= 3, "{all:#?}");
}

#[test]
fn a_schema_does_not_differ_from_itself() {
    let place = Place::with(&[("old.sql", OLD)]);
    let sides = [
        "diff",
        "--no-map",
        "--from",
        "old.sql",
        "--to",
        "sql:old.sql",
    ];
    let asked = ["--exit-code", "--fail-under", "100", "--gate"];
    place.align(&[&sides[..], &asked].concat()).ends_with(0);
}

#[test]
fn nothing_scored_is_a_no() {
    let place = Place::with(&[("a.sql", "CREATE TABLE other.t (id int);")]);
    let sides = ["diff", "--no-map", "--from", "a.sql", "--to", "a.sql"];
    let run = place
        .align(&[&sides[..], &["--fail-under", "0"]].concat())
        .ends_with(1);
    assert!(
        run.stderr.contains("no: nothing was scored (--fail-under)"),
        "{run:#?}"
    );
    assert!(
        run.stderr
            .contains("warning: `a.sql` has no table in schema public"),
        "{run:#?}"
    );
    let other = [&sides[..], &["--fail-under", "100", "--schema", "other"]].concat();
    place.align(&other).ends_with(0);
}

#[test]
fn what_inspect_writes_can_be_read_again() {
    let place = Place::with(&[("old.sql", OLD)]);
    for (format, file) in [("json", "model.json"), ("sql", "model.sql")] {
        place
            .align(&["inspect", "old.sql", "--format", format, "-o", file])
            .ends_with(0);
        let sides = [
            "diff",
            "--no-map",
            "--from",
            file,
            "--to",
            "old.sql",
            "--exit-code",
        ];
        let run = place.align(&sides).ends_with(0);
        assert!(
            run.stderr.starts_with("no mapping: names alone decide\n"),
            "{run:#?}"
        );
    }
    let other = ["inspect", "model.json", "--schema", "other"];
    place
        .align(&other)
        .fails_with(&["the model has no schema `other`; it has `public`"]);
}
