//! `align diff --known`: only what is new counts.

use crate::run::Place;

const OLD: &str = "CREATE TABLE t (id int PRIMARY KEY, a text, b text);";
const NEW: &str = "CREATE TABLE t (id int PRIMARY KEY, a text, b text, c text NOT NULL);";
const WORSE: &str = "CREATE TABLE t (id int PRIMARY KEY, a text);";
const BETTER: &str = "CREATE TABLE t (id int PRIMARY KEY, a text, b text, c text NOT NULL);";

fn place() -> Place {
    let place = Place::with(&[
        ("old.sql", OLD),
        ("new.sql", NEW),
        ("worse.sql", WORSE),
        ("better.sql", BETTER),
    ]);
    let args = [
        "diff",
        "--from",
        "old.sql",
        "--to",
        "new.sql",
        "--format",
        "json",
        "-o",
        "known.json",
    ];
    place.align(&args).ends_with(0);
    place
}

fn diff<'a>(from: &'a str, flags: &[&'a str]) -> Vec<&'a str> {
    let head = [
        "diff",
        "--from",
        from,
        "--to",
        "new.sql",
        "--known",
        "known.json",
    ];
    [&head[..], flags].concat()
}

#[test]
fn what_is_known_passes_and_what_is_new_does_not() {
    let place = place();
    // The gate alone says no; beside the known report it asks for nothing more.
    let gate = ["diff", "--from", "old.sql", "--to", "new.sql", "--gate"];
    place.align(&gate).ends_with(1);
    for flags in [
        &[][..],
        &["--gate"],
        &["--exit-code"],
        &["--gate", "--format", "markdown"],
    ] {
        place.align(&diff("old.sql", flags)).ends_with(0);
    }
    let run = place.align(&diff("worse.sql", &["--gate"])).ends_with(1);
    assert!(
        run.stdout.ends_with(
            "\nBeside known.json: 2 known, 1 new, 0 resolved; the score was 75.0 and is 50.0\n  \
             new column.missing  t.b\n"
        ),
        "{run:#?}"
    );
    for reason in [
        "the score fell from 75.0 to 50.0 (--known)",
        "1 other finding is new (--known)",
    ] {
        assert!(run.stderr.contains(reason), "{run:#?}");
    }
    let run = place
        .align(&diff("better.sql", &["--exit-code"]))
        .ends_with(0);
    assert!(
        run.stdout.contains("0 known, 0 new, 2 resolved"),
        "{run:#?}"
    );
    assert!(
        run.stdout.contains("  gone column.required  t.c\n"),
        "{run:#?}"
    );
    let run = place
        .align(&diff("worse.sql", &["--format", "json"]))
        .ends_with(1);
    let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(json["known"]["new"][0]["kind"], "column.missing");
    assert_eq!(json["known"]["new"][0]["to"], "b");
    assert_eq!(json["known"]["passed"], false);
    assert_eq!(json["known"]["known"], 2);
    // A report that was made beside another one is a known report, too.
    std::fs::write(place.path().join("known.json"), &run.stdout).unwrap();
    place.align(&diff("worse.sql", &[])).ends_with(0);
    let under = place.align(&diff("worse.sql", &["--fail-under", "90"]));
    under.ends_with(1);
}

#[test]
fn a_comment_begins_with_its_marker_and_says_what_is_new() {
    let place = place();
    let run = place
        .align(&diff("worse.sql", &["--format", "markdown"]))
        .ends_with(1);
    assert!(
        run.stdout
            .starts_with("<!-- align:diff worse to new -->\n\n## worse and new\n"),
        "{run:#?}"
    );
    for part in [
        "### Beside the known report\n\n2 known, 1 new, 0 resolved; the score was 75.0 and is 50.0.\n",
        "**New**\n\n- `column.missing` `t.b`: ",
    ] {
        assert!(run.stdout.contains(part), "{run:#?}");
    }
}

#[test]
fn a_file_that_is_no_report_is_told() {
    let place = place();
    for (text, cause) in [
        ("[", "it is no JSON"),
        ("{}", "it is no report of `align diff`"),
        (
            "{\"format_version\": 1, \"command\": \"verify\"}",
            "it is no report of `align diff`, but of `align verify`",
        ),
        (
            "{\"format_version\": 2, \"command\": \"diff\"}",
            "its format_version is 2, and this align reads 1",
        ),
        (
            "{\"format_version\": 1, \"command\": \"diff\"}",
            "missing field `score`",
        ),
    ] {
        std::fs::write(place.path().join("known.json"), text).unwrap();
        let run = place.align(&diff("old.sql", &[])).ends_with(2);
        assert!(
            run.stderr.contains("error: cannot use `known.json`\n"),
            "{run:#?}"
        );
        assert!(run.stderr.contains(cause), "{run:#?}");
        assert!(run.stderr.contains("hint: "), "{run:#?}");
        assert_eq!(run.stdout, "");
    }
    std::fs::write(place.path().join("known.json"), "").unwrap();
    place.align(&diff("old.sql", &[])).fails_with(&[
        "cannot read known report `known.json`",
        "the file is empty",
        "hint: ",
    ]);
    std::fs::remove_file(place.path().join("known.json")).unwrap();
    let run = place.align(&diff("old.sql", &[])).ends_with(2);
    assert!(
        run.stderr.contains("cannot read known report `known.json`"),
        "{run:#?}"
    );
}
