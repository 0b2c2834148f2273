//! Did-you-mean: wherever a name is typed, one that is there is offered for one that is not.

use crate::pair;
use crate::run::{Place, Run};

const MIGRATE: &str = "\n[migrate]\ndir = \"../../migrations\"\nphases = [\"first\", \"second\"]\n";

/// A pair with two phases, besides the one inside the program.
fn place() -> Place {
    let mut files: Vec<(String, String)> = pair("shop-to-crm")
        .into_iter()
        .map(|(name, text)| (name, text.to_owned()))
        .collect();
    files[0].1.insert_str("format = 1\n".len(), MIGRATE);
    for phase in ["first", "second"] {
        let name = format!("migrations/{phase}/V1__one.sql");
        files.push((name, "SELECT 1;\n".to_owned()));
    }
    files.push((
        "schema.sql".to_owned(),
        "CREATE TABLE t (id int);\n".to_owned(),
    ));
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    Place::with(&files)
}

#[test]
fn what_is_not_there_is_told_with_what_is_like_it() {
    let place = place();
    const CASES: [(&[&str], &str); 22] = [
        // Commands and flags.
        (&["migrat"], "similar subcommand exists: 'migrate'"),
        (&["quarantine", "lst"], "similar subcommand exists: 'list'"),
        (
            &["status", "--pase", "x"],
            "similar argument exists: '--phase'",
        ),
        // Words of a flag.
        (&["diff", "--format", "jsn"], "similar value exists: 'json'"),
        (
            &["verify", "--only", "strcture"],
            "similar value exists: 'structure'",
        ),
        (&["completions", "bsh"], "similar value exists: 'bash'"),
        (
            &["migrate", "--allow", "delete-data"],
            "did you mean `deletes-data`?",
        ),
        (
            &["diff", "--color", "nevr"],
            "similar value exists: 'never'",
        ),
        // Phases, in a folder and inside the program.
        (&["migrate", "--phase", "frist"], "did you mean `first`?"),
        (&["rehearse", "--phase", "secnd"], "did you mean `second`?"),
        (&["status", "--phase", "zzz"], "there are `first`, `second`"),
        (&["migrate", "--undo", "firs"], "did you mean `first`?"),
        (
            &[
                "migrate",
                "--map",
                "clara-to-trendtialcrm",
                "--phase",
                "phse2",
            ],
            "did you mean `phase2`?",
        ),
        // Mappings.
        (
            &["diff", "--map", "shop-to-crn"],
            "did you mean `--map mappings/shop-to-crm`?",
        ),
        (
            &["diff", "--map", "mappings/shop-to-cr"],
            "there is `mappings/shop-to-crm`",
        ),
        (
            &["diff", "--map", "clara-to-trend"],
            "`--map clara-to-trendtialcrm`",
        ),
        // Sources: files, schemes, variables, parameters.
        (&["inspect", "shema.sql"], "there is `schema.sql`"),
        (
            &["inspect", "evn:CRM_URL"],
            "there is no `evn:`, but `env:`",
        ),
        (&["inspect", "env:CMR_URL"], "did you mean `env:CRM_URL`?"),
        (
            &["status", "--database", "env:CRM_ULR"],
            "did you mean `env:CRM_URL`?",
        ),
        (
            &["inspect", "postgres://u@localhost/d?sslmod=require"],
            "`sslmode` is near",
        ),
        // Tables.
        (
            &["map", "rows", "--table", "clint"],
            "did you mean `clients`?",
        ),
    ];
    for (args, words) in CASES {
        let mut command = place.command(args);
        command.env("CRM_URL", "postgres://crm@localhost:1/crm");
        let run = Run::of(&mut command).ends_with(2);
        assert!(run.stderr.contains(words), "{args:?}: {}", run.stderr);
        assert!(
            !run.stderr.contains("crm@localhost"),
            "{args:?}: {}",
            run.stderr
        );
    }
    let explain = place.align(&["diff", "--explain", "client"]).ends_with(2);
    assert!(
        explain.stderr.contains("there is `clients`"),
        "{explain:#?}"
    );
}

#[test]
fn a_variable_that_is_set_is_not_corrected() {
    let place = place();
    let mut command = place.command(&["inspect", "env:CRM_URL"]);
    command
        .env("CRM_URL", "nonsense")
        .env("CRM_URI", "postgres://x@y/z");
    let run = Run::of(&mut command).ends_with(2);
    assert!(!run.stderr.contains("did you mean"), "{}", run.stderr);
    // Nor is one guessed where none is alike.
    let run = place.align(&["inspect", "env:QQQ"]).ends_with(2);
    assert!(!run.stderr.contains("did you mean"), "{}", run.stderr);
}
