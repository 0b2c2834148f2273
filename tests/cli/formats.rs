//! The formats that other tools read, and which command has which.

use crate::run::Place;

const FROM: &str = "CREATE TABLE leads (\n  id uuid PRIMARY KEY,\n  name text\n);\n";
const TO: &str = "CREATE TABLE leads (\n  id uuid PRIMARY KEY,\n  grade text NOT NULL\n);\n\
                  CREATE TABLE users (id uuid PRIMARY KEY);\n";

const DIFF: [&str; 6] = ["diff", "--no-map", "--from", "from.sql", "--to", "to.sql"];

#[test]
fn a_comparison_in_every_format() {
    let place = Place::with(&[("from.sql", FROM), ("to.sql", TO)]);
    for (format, words) in [
        ("html", &["<!DOCTYPE html>", "2 blockers", "<svg"][..]),
        (
            "junit",
            &["<?xml version=\"1.0\"", "<failure message=\"leads.grade: "],
        ),
        (
            "sarif",
            &[
                "\"version\": \"2.1.0\"",
                "\"uri\": \"from.sql\"",
                "\"uri\": \"to.sql\"",
            ],
        ),
        (
            "github",
            &[
                "::error file=to.sql,line=5,title=align diff%3A table.missing::users: ",
                "::error file=from.sql,line=1,title=align diff%3A column.required::leads.grade: ",
            ],
        ),
    ] {
        let run = place
            .align(&[&DIFF[..], &["--format", format]].concat())
            .ends_with(0);
        for word in words {
            assert!(run.stdout.contains(word), "no `{word}` in {}", run.stdout);
        }
        assert!(!run.stderr.contains("hint"), "{}", run.stderr);
    }
}

#[test]
fn a_question_is_answered_by_the_code_in_every_format() {
    let place = Place::with(&[("from.sql", FROM), ("to.sql", TO)]);
    for format in ["html", "junit", "sarif", "github"] {
        let asked = ["--format", format, "--gate", "-o", "report"];
        let run = place.align(&[&DIFF[..], &asked].concat()).ends_with(1);
        assert_eq!(run.stdout, "");
        assert!(place.text("report").len() > 100);
    }
}

#[test]
fn the_same_twice() {
    let place = Place::with(&[("from.sql", FROM), ("to.sql", TO)]);
    for format in ["html", "junit", "sarif", "github"] {
        let run = || {
            place
                .align(&[&DIFF[..], &["--format", format]].concat())
                .stdout
        };
        assert_eq!(run(), run(), "{format}");
    }
}

#[test]
fn the_page_says_how_to_make_it_again() {
    let place = Place::with(&[("from.sql", FROM), ("to.sql", TO)]);
    let run = place.align(&[&DIFF[..], &["--format", "html"]].concat());
    let again = "<code>align diff --no-map --from from.sql --to to.sql --format html</code>";
    assert!(run.stdout.contains(again), "{}", run.stdout);
}

#[test]
fn help_names_the_formats_of_each_command_and_no_other_is_taken() {
    let place = Place::empty();
    let check = "text, json, html, junit, sarif, github";
    for (command, formats, refused) in [
        (
            "diff",
            "text, json, markdown, html, junit, sarif, github",
            "xml",
        ),
        ("verify", check, "markdown"),
        ("status", check, "markdown"),
        ("rehearse", check, "markdown"),
    ] {
        let help = place.align(&[command, "-h"]).ends_with(0).stdout;
        let words: Vec<&str> = help.split_whitespace().collect();
        let listed = format!("[possible values: {formats}]");
        assert!(words.join(" ").contains(&listed), "{command}: {help}");
        let run = place.align(&[command, "--format", refused]);
        run.fails_with(&[&format!(
            "invalid value '{refused}' for '--format <FORMAT>'"
        )]);
    }
}

#[test]
fn what_goes_on_is_no_page() {
    let place = Place::empty();
    for (flag, format) in [("--watch", "html"), ("--grants", "sarif")] {
        let run = place.align(&["status", flag, "--format", format]);
        run.fails_with(&[&format!("`{flag}` writes text or json, and nothing else")]);
    }
}
