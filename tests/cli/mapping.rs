//! Which mapping is taken, and what `align map` says of it.

use crate::run::Place;
use crate::{MAPPING, NEW, OLD, place};

const BUNDLED: &str = "mapping clara-to-trendtialcrm (inside this program)\n";

#[test]
fn an_empty_folder_is_enough_for_the_bundled_pair() {
    let place = Place::empty();
    let run = place.align(&["diff", "--format", "json"]).ends_with(0);
    assert_eq!(run.stderr, BUNDLED);
    let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(json["from"]["tables"], 4);
    assert_eq!(json["score"]["overall"], 48.4);
    let named = place.align(&["diff", "--map", "clara-to-trendtialcrm", "--format", "json"]);
    assert_eq!(named.ends_with(0).stdout, run.stdout);
    for command in ["check", "show"] {
        let args = ["map", command, "--map", "clara-to-trendtialcrm"];
        let run = place.align(&args).ends_with(0);
        assert_eq!(run.stderr, BUNDLED);
        assert!(run.stdout.contains("client_name"), "{run:#?}");
    }
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn the_mapping_is_the_one_named_or_the_one_pair_here() {
    let one = place(&["a"]);
    let two = place(&["a", "b"]);
    let path = "mappings/a/mapping.toml";
    for (place, flags, said) in [
        (&one, &[][..], format!("mapping {path}\n")),
        (&one, &["--map", path], format!("mapping {path}\n")),
        (&one, &["--map", "mappings/a"], format!("mapping {path}\n")),
        (&two, &["--map", "mappings/a"], format!("mapping {path}\n")),
        (
            &one,
            &["--map", "clara-to-trendtialcrm"],
            BUNDLED.to_owned(),
        ),
        (
            &one,
            &["--from", "mappings/a/new.sql"],
            format!("mapping {path}\n"),
        ),
    ] {
        let run = place
            .align(&[&["diff", "--format", "json"], flags].concat())
            .ends_with(0);
        assert_eq!(run.stderr, said, "{flags:?}");
    }
    let half = Place::with(&[("old.sql", OLD)]).align(&["diff", "--from", "old.sql"]);
    assert!(half.ends_with(0).stderr.starts_with(BUNDLED));
    let both = Place::with(&[("old.sql", OLD), ("new.sql", NEW)]);
    let run = both
        .align(&["diff", "--from", "old.sql", "--to", "new.sql"])
        .ends_with(0);
    assert!(
        run.stderr.starts_with("no mapping: names alone decide\n"),
        "{run:#?}"
    );
}

#[test]
fn sides_are_called_as_the_mapping_or_the_user_calls_them() {
    let place = place(&["a"]);
    let run = place.align(&["diff"]).ends_with(0);
    assert!(
        run.stdout.contains("shop") && run.stdout.contains("crm"),
        "{run:#?}"
    );
    let run = place
        .align(&["diff", "--from", "mappings/a/new.sql"])
        .ends_with(0);
    assert!(run.stdout.contains("mappings/a/new.sql"), "{run:#?}");
    assert!(!run.stdout.contains("shop"), "{run:#?}");
}

#[test]
fn a_mapping_takes_renames_to_the_full_score() {
    let place = place(&["a"]);
    place.align(&["diff", "--fail-under", "100"]).ends_with(0);
    let sides = ["--from", "mappings/a/old.sql", "--to", "mappings/a/new.sql"];
    let by_name = [&["diff", "--no-map", "--fail-under", "100"], &sides[..]].concat();
    place.align(&by_name).ends_with(1);
}

#[test]
fn explain_shows_the_arithmetic_of_one_column() {
    let run = place(&["a"])
        .align(&["diff", "--explain", "clients.client_name"])
        .ends_with(0);
    assert!(run.stdout.contains("name varchar(255)"), "{run:#?}");
    assert!(
        run.stdout.contains("the CRM says whose name it is"),
        "{run:#?}"
    );
}

#[test]
fn check_passes_when_every_correspondence_fits() {
    let place = place(&["a"]);
    let run = place.align(&["map", "check"]).ends_with(0);
    assert!(
        run.stdout
            .ends_with("\n2 correspondences: 1 open, 1 applied\n"),
        "{}",
        run.stdout
    );
    let done = place
        .align(&["map", "check", "--from", "mappings/a/new.sql"])
        .ends_with(0);
    assert!(
        done.stdout.ends_with("\n2 correspondences: 2 applied\n"),
        "{}",
        done.stdout
    );
}

#[test]
fn check_says_no_to_what_does_not_fit_and_names_what_is_near() {
    let stale = MAPPING.replace("clients.name", "clients.nmae");
    let category =
        format!("{MAPPING}\n[[category]]\nname = \"Core\"\nweight = 1\ntables = [\"client\"]\n");
    let select = format!("{MAPPING}\n[[expect.select]]\ntable = \"clients\"\nselect = \"id,((\"\n");
    for (mapping, words) in [
        (&stale, &["stale", "clients.nmae", "near:", "name"][..]),
        (
            &category,
            &["category \"Core\" names table client", "near: clients"],
        ),
        (&select, &["the query \"id,((\" of clients"]),
    ] {
        let place = Place::with(&[
            ("a/mapping.toml", mapping.as_str()),
            ("a/old.sql", OLD),
            ("a/new.sql", NEW),
        ]);
        let run = place.align(&["map", "check", "--map", "a"]).ends_with(1);
        for word in words {
            assert!(run.stdout.contains(word), "no `{word}` in {run:#?}");
        }
        let run = place
            .align(&["map", "check", "--map", "a", "--format", "json"])
            .ends_with(1);
        let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(json["command"], "map check");
        assert_eq!(json["passed"], false);
    }
}

#[test]
fn show_lists_every_correspondence_without_reading_a_schema() {
    let place = Place::with(&[("m.toml", MAPPING)]);
    let run = place
        .align(&["map", "show", "--map", "m.toml"])
        .ends_with(0);
    for word in [
        "clients ",
        "  client_name ",
        "the CRM says whose name it is",
        "crm",
    ] {
        assert!(run.stdout.contains(word), "no `{word}` in {run:#?}");
    }
    let run = place
        .align(&["map", "show", "--map", "m.toml", "--format", "json"])
        .ends_with(0);
    let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(json["format_version"], 1);
    assert_eq!(json["from"]["source"], "sql:old.sql");
    assert_eq!(
        json["columns"][0]["from"],
        serde_json::json!(["clients.name"])
    );
    assert_eq!(json["columns"][0]["line"], 15);
}
