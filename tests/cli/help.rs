//! Help is a page that is read: each is kept as a snapshot, fits in 80 columns, and needs nothing
//! of a terminal beyond ASCII.

use crate::run::Place;

const COMMANDS: [&[&str]; 17] = [
    &[],
    &["completions"],
    &["copy"],
    &["diff"],
    &["help"],
    &["inspect"],
    &["man"],
    &["map", "check"],
    &["map", "init"],
    &["map", "rows"],
    &["map", "show"],
    &["map", "views"],
    &["migrate"],
    &["quarantine"],
    &["rehearse"],
    &["status"],
    &["verify"],
];

#[test]
fn the_help_of_every_command_is_as_it_was_read() {
    let place = Place::empty();
    for command in COMMANDS {
        for flag in ["-h", "--help"] {
            let args = [command, &[flag]].concat();
            let run = place.align(&args).ends_with(0);
            assert_eq!(run.stderr, "");
            for line in run.stdout.lines() {
                assert!(line.len() <= 80 && line.is_ascii(), "{args:?}: {line}");
            }
            let name = ["align"]
                .iter()
                .chain(&args)
                .copied()
                .collect::<Vec<_>>()
                .join("_");
            insta::assert_snapshot!(name, run.stdout);
        }
    }
}

#[test]
fn short_help_is_one_screen() {
    let place = Place::empty();
    for command in COMMANDS {
        let run = place.align(&[command, &["-h"]].concat()).ends_with(0);
        let lines = run.stdout.lines().count();
        assert!(lines <= 50, "{command:?} has {lines} lines");
    }
}

#[test]
fn every_command_says_its_codes_and_shows_examples() {
    let place = Place::empty();
    for command in &COMMANDS[1..] {
        let help = place.align(&[command, &["--help"][..]].concat()).stdout;
        assert!(help.contains("Exits with"), "{help}");
        let call = format!("\n    align {}", command.join(" "));
        let examples = help.matches(&call).count();
        assert!((2..=5).contains(&examples), "{examples} examples in {help}");
    }
    let help = place.align(&["--help"]).stdout;
    for code in ["0 ", "1 ", "2 ", "3 ", "4 ", "130 "] {
        assert!(help.contains(&format!("\n  {code}")), "{help}");
    }
}

#[test]
fn wrong_usage_ends_with_2_and_shows_the_way() {
    let place = Place::empty();
    for (args, words) in [
        (&[][..], "Usage: align"),
        (&["dif"], "'diff'"),
        (&["diff", "--form", "x.sql"], "'--from'"),
        (
            &["diff", "--format", "xml"],
            "[possible values: text, json, markdown, html, junit, sarif, github]",
        ),
        (&["diff", "--map", "a", "--no-map"], "cannot be used with"),
        (&["diff", "-q", "-v"], "cannot be used with"),
        (
            &["diff", "--explain", "a", "--format", "json"],
            "cannot be used with",
        ),
        (&["diff", "--fail-under", "101"], "it must be 0 to 100"),
        (&["diff", "--fail-under", "NaN"], "it must be 0 to 100"),
        (&["diff", "--fail-under", "high"], "invalid float literal"),
        (&["diff", "--schema", ""], "an identifier cannot be empty"),
        (&["inspect"], "<SOURCE>"),
        (&["map"], "Usage: align map"),
    ] {
        let run = place.align(args).ends_with(2);
        assert_eq!(run.stdout, "", "{args:?}");
        assert!(run.stderr.contains(words), "{args:?}: {}", run.stderr);
    }
}

#[test]
fn the_version_is_one_line() {
    let run = Place::empty().align(&["--version"]).ends_with(0);
    assert_eq!(run.stdout, format!("align {}\n", env!("CARGO_PKG_VERSION")));
}
