//! `align help`: every page there is, and each says what the program does.

use crate::MAPPING;
use crate::run::{Place, Run};

const TOPICS: [&str; 4] = ["mapping-file", "sources", "environment", "exit-codes"];

fn topic(name: &str) -> String {
    Place::empty().align(&["help", name]).ends_with(0).stdout
}

#[test]
fn a_topic_is_a_screen_or_two_of_80_columns() {
    let listed = topic("help");
    for name in TOPICS {
        let place = Place::empty();
        let run = place.align(&["help", name]).ends_with(0);
        assert_eq!(run.stderr, "");
        let lines: Vec<&str> = run.stdout.lines().collect();
        assert!((25..=80).contains(&lines.len()), "{name}: {}", lines.len());
        for line in lines {
            assert!(line.chars().count() <= 80, "{name}: {line}");
            assert_eq!(line, line.trim_end(), "{name}");
        }
        let plain = Run::of(place.command(&["help", name]).env("LC_ALL", "C")).ends_with(0);
        assert!(plain.stdout.is_ascii(), "{name}");
        assert!(listed.contains(&format!("\n  {name} ")), "{listed}");
    }
}

#[test]
fn help_of_a_command_is_what_its_flag_says() {
    let place = Place::empty();
    for command in [&[][..], &["diff"], &["map"], &["map", "check"]] {
        let page = place.align(&[&["help"], command].concat()).ends_with(0);
        let flag = place.align(&[command, &["--help"]].concat()).ends_with(0);
        assert_eq!(page.stdout, flag.stdout, "{command:?}");
    }
}

#[test]
fn a_page_that_is_not_there_is_told_with_one_that_is() {
    let place = Place::empty();
    for (asked, words) in [
        (&["soruces"][..], "did you mean `align help sources`?"),
        (&["mapping"], "did you mean `align help mapping-file`?"),
        (&["exit-code"], "did you mean `align help exit-codes`?"),
        (&["migrat"], "did you mean `align help migrate`?"),
        (&["map", "chek"], "did you mean `align help map check`?"),
        (&["diff", "from"], "`align help diff` has none below"),
        (&["zzz"], "there are `diff`"),
    ] {
        let error = format!("there is no page `{}`", asked.join(" "));
        let run = place.align(&[&["help"], asked].concat());
        run.fails_with(&[&error, words]);
    }
}

/// The keys that the program offers for one that it does not know.
fn keys(mistake: &str) -> Vec<String> {
    let mapping = format!("{MAPPING}\n{mistake}\n");
    let place = Place::with(&[("mapping.toml", mapping)]);
    let run = place
        .align(&["map", "show", "--map", "mapping.toml"])
        .ends_with(2);
    let (_, hint) = run.stderr.split_once(" here are ").unwrap();
    let hint = hint.lines().next().unwrap();
    hint.split(", ")
        .map(|key| key.trim_matches('`').to_owned())
        .collect()
}

#[test]
fn the_mapping_topic_names_every_key_that_the_reader_takes() {
    let text = topic("mapping-file");
    let words: Vec<&str> = text
        .split(|sign: char| !(sign.is_alphanumeric() || sign == '_'))
        .collect();
    let mut count = 0;
    for mistake in [
        "[zzz]",
        "[[column]]\nzzz = 1",
        "[[table]]\nzzz = 1",
        "[migrate]\nzzz = 1",
        "[gate]\nzzz = 1",
        "[credit]\nzzz = 1",
        "[ignore]\nzzz = 1",
        "[verify]\nzzz = 1",
        "[[category]]\nzzz = 1",
        "[expect]\nzzz = 1",
    ] {
        for key in keys(mistake) {
            assert!(words.contains(&key.as_str()), "{mistake}: no `{key}`");
            count += 1;
        }
    }
    assert!(count > 70, "{count}");
}

#[test]
fn the_environment_topic_names_every_variable_that_is_read() {
    let text = topic("environment");
    let settings = include_str!("../../src/source/postgres/settings.rs");
    let sources = [
        settings,
        include_str!("../../src/cli/ui.rs"),
        include_str!("../../src/cli/migrate/mod.rs"),
        include_str!("../../src/cli/rehearse/mod.rs"),
    ];
    let mut found = Vec::new();
    for quoted in sources
        .iter()
        .flat_map(|source| source.split('"').skip(1).step_by(2))
    {
        let is_name = quoted.len() > 1
            && quoted.starts_with(|sign: char| sign.is_ascii_uppercase())
            && quoted
                .chars()
                .all(|sign| sign.is_ascii_uppercase() || sign == '_');
        // Not variables: placeholders of flags.
        if is_name && !["DIR", "FILE", "NAME", "SOURCE", "PHASE", "HAZARD"].contains(&quoted) {
            found.push(quoted);
        }
    }
    for known in [
        "PGHOST",
        "PGSSLKEY",
        "COLUMNS",
        "CI",
        "LC_ALL",
        "USER",
        "ALIGN_PG_BIN",
    ] {
        assert!(found.contains(&known), "{known}: {found:?}");
    }
    for name in found {
        if name.starts_with("PG")
            || [
                "COLUMNS",
                "CI",
                "LC_ALL",
                "LC_CTYPE",
                "LANG",
                "USER",
                "LOGNAME",
                "HOSTNAME",
                "HOME",
                "PATH",
                "ALIGN_PG_BIN",
            ]
            .contains(&name)
        {
            assert!(text.contains(name), "{name} is read, and not explained");
        }
    }
    // And the other way: what is explained is read, by this program or by what draws its colors.
    let upper = |word: &&str| {
        word.len() > 3
            && word
                .chars()
                .all(|sign| sign.is_ascii_uppercase() || sign == '_')
    };
    let explained = text.split(|sign: char| !(sign.is_alphanumeric() || sign == '_'));
    for name in explained.filter(upper) {
        let elsewhere = [
            "DATABASE_URL",
            "NO_COLOR",
            "CLICOLOR_FORCE",
            "TERM",
            "ASCII",
        ];
        let is_read = sources
            .iter()
            .any(|source| source.contains(&format!("\"{name}\"")));
        assert!(is_read || elsewhere.contains(&name), "nothing reads {name}");
    }
}

#[test]
fn the_sources_topic_names_every_kind_that_is_offered() {
    let text = topic("sources");
    let run = Place::empty().align(&["inspect", "zzzz:x"]).ends_with(2);
    let (_, hint) = run.stderr.split_once("hint: write ").unwrap();
    let kinds: Vec<&str> = hint.split('`').skip(1).step_by(2).collect();
    assert!(kinds.len() >= 6, "{hint}");
    for kind in kinds {
        let spelled = kind.split(':').next().unwrap();
        assert!(text.contains(&format!("\n  {spelled}:")), "{kind}: {text}");
    }
}

#[test]
fn the_codes_topic_names_every_code_of_the_short_help() {
    let help = Place::empty().align(&["--help"]).stdout;
    let (_, codes) = help.split_once("Exit codes:\n").unwrap();
    let text = topic("exit-codes");
    let mut count = 0;
    for line in codes.lines() {
        let code = line.split_whitespace().next().unwrap();
        assert!(text.contains(&format!("\n  {code:<6}")), "{code}: {text}");
        count += 1;
    }
    assert_eq!(count, 6);
}
