//! The road itself: there, again, and back.

use crate::Shop;

#[test]
fn everything_runs_once_and_a_second_run_changes_nothing() {
    let shop = Shop::new("road");
    let run = shop.migrate(&["--reason", "ticket 7"]).ends_with(0);
    let applied: Vec<&str> = run
        .stdout
        .lines()
        .filter_map(|line| line.strip_prefix("applied "))
        .collect();
    let titles: Vec<&str> = applied
        .iter()
        .map(|line| line.rsplit_once("  ").unwrap().0)
        .collect();
    assert_eq!(
        titles,
        [
            "one V1__add_columns",
            "one V2__fill_names",
            "one V3__index_names",
            "two V1__stages"
        ]
    );
    assert!(
        run.stdout.ends_with("one is at V3\ntwo is at V1\n"),
        "{}",
        run.stdout
    );
    for words in [
        "pair shop-to-crm",
        "4 migrations to run",
        "fingerprint ",
        "postgres@",
    ] {
        assert!(run.stderr.contains(words), "no `{words}` in {}", run.stderr);
    }
    let counts =
        "SELECT count(*), count(*) FILTER (WHERE client_name = name AND touched = 1) FROM clients";
    assert_eq!(shop.db.psql(counts), "1000|1000");
    assert_eq!(
        shop.db
            .psql("SELECT count(*) FROM align.\"shop-to-crm_one_history\""),
        "3"
    );
    assert_eq!(
        shop.db.psql(
            "SELECT indisvalid FROM pg_index WHERE indexrelid = 'clients_client_name'::regclass"
        ),
        "t"
    );
    assert_eq!(shop.db.psql("SELECT count(*) FROM align.progress"), "0");
    let events = "SELECT event, count(*) FROM align.events GROUP BY 1 ORDER BY 1";
    assert_eq!(shop.db.psql(events), "ok|4\nrun|1\nstart|4");
    let run_line = "SELECT operator, reason, consents, lsn IS NOT NULL, pair FROM align.events WHERE event = 'run'";
    assert_eq!(shop.db.psql(run_line), "dora|ticket 7|{yes}|t|shop-to-crm");

    let before = shop.everything();
    let events = shop.db.psql("SELECT count(*) FROM align.events");
    let again = shop.migrate(&[]).ends_with(0);
    assert_eq!(again.stdout, "nothing is pending\n");
    assert_eq!(shop.everything(), before);
    assert_eq!(shop.db.psql("SELECT count(*) FROM align.events"), events);
}

#[test]
fn a_target_ends_the_road_early() {
    let shop = Shop::new("target");
    let run = shop
        .migrate(&["--phase", "one", "--target", "1"])
        .ends_with(0);
    assert!(
        run.stdout.ends_with("one is at V1, 2 pending\n"),
        "{}",
        run.stdout
    );
    assert_eq!(shop.db.psql("SELECT count(client_name) FROM clients"), "0");
    shop.migrate(&["--target", "1"])
        .ends_with(2)
        .says(&["a version of one phase", "--phase one"]);
    shop.migrate(&["--phase", "one", "--target", "9"])
        .ends_with(2)
        .says(&["no version 9", "its versions go from V1 to V3"]);
}

#[test]
fn the_way_back_leaves_what_was_before() {
    let shop = Shop::new("undo");
    let before = shop.dump();
    shop.migrate(&[]).ends_with(0);
    let allow = ["--allow", "deletes-data,breaks-clients,not-reversible"];
    let undo = |phase: &str| shop.migrate(&[&["--undo", phase], &allow[..]].concat());
    undo("one").ends_with(3).says(&[
        "`one` cannot be undone while `two` stands on it",
        "--undo two",
    ]);
    // A phase that the mapping does not name stands on both, for it was run after them.
    shop.write(
        "migrations/apart/V1__note.sql",
        "COMMENT ON TABLE stages IS 'x';\n",
    );
    shop.write(
        "migrations/undo/apart.sql",
        "COMMENT ON TABLE stages IS NULL;\n",
    );
    shop.migrate(&["--phase", "apart"]).ends_with(0);
    undo("two").ends_with(3).says(&[
        "`two` cannot be undone while `apart` stands on it",
        "--undo apart",
    ]);
    undo("apart").ends_with(0);
    undo("two").ends_with(0);
    undo("one").ends_with(0);
    assert_eq!(shop.dump(), before);
    let again = undo("one").ends_with(0);
    assert_eq!(again.stdout, "nothing of one is applied\n");
    shop.migrate(&[]).ends_with(0);
}

#[test]
fn a_dry_run_shows_everything_and_only_reads() {
    let shop = Shop::new("dry");
    shop.write(
        "migrations/two/V2__swap.sql",
        "ALTER TABLE clients RENAME COLUMN size TO size_raw;\n",
    );
    let before = shop.everything();
    let run = shop.align(&["migrate", "--dry-run"]).ends_with(0);
    for words in [
        "pair shop-to-crm, 5 migrations to run",
        "locks public.clients ACCESS EXCLUSIVE (about 1000 rows, ",
        "in windows of 100 rows of clients by id",
        "each statement by itself",
        "hazard breaks-clients",
        "ALTER TABLE clients RENAME COLUMN size TO size_raw;",
        "\nstrongest locks\n",
        "\n  public.clients  ACCESS EXCLUSIVE        one V1__add_columns:",
        "\nhazards\n  two V2__swap  breaks-clients: clients (about 1000 rows, ",
        "nothing was changed",
    ] {
        assert!(run.stdout.contains(words), "no `{words}` in {}", run.stdout);
    }
    assert_eq!(shop.everything(), before);
    assert_eq!(shop.db.psql("SELECT to_regnamespace('align') IS NULL"), "t");
}

#[test]
fn the_fingerprint_that_was_approved_is_the_one_that_runs() {
    let shop = Shop::new("fingerprint");
    let dry = shop.align(&["migrate", "--dry-run=print"]).ends_with(0);
    let fingerprint = dry
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix("fingerprint "))
        .unwrap()
        .to_owned();
    shop.db.psql("ALTER TABLE clients ADD COLUMN meanwhile int");
    let before = shop.everything();
    shop.migrate(&["--expect", &fingerprint])
        .ends_with(3)
        .says(&["was approved", &fingerprint]);
    assert_eq!(shop.everything(), before);
    shop.db.psql("ALTER TABLE clients DROP COLUMN meanwhile");
    // A pending file and the mapping were approved with it.
    for path in [
        "migrations/two/V1__stages.sql",
        "mappings/shop-to-crm/mapping.toml",
    ] {
        let text = std::fs::read_to_string(shop.folder.path().join(path)).unwrap();
        let comment = if path.ends_with(".sql") { "--" } else { "#" };
        shop.write(path, &format!("{text}{comment} edited\n"));
        shop.migrate(&["--expect", &fingerprint])
            .ends_with(3)
            .says(&["was approved", &fingerprint]);
        shop.write(path, &text);
    }
    shop.migrate(&["--expect", &fingerprint, "--stop-after", "0s"])
        .ends_with(4)
        .says(&["`--expect` wants the fingerprint of what is left"]);
    // What is left is another thing, and the refusal says so and what to type.
    let rest = shop.migrate(&["--expect", &fingerprint]).ends_with(3);
    let (_, typed) = rest.stderr.split_once("--expect ").unwrap();
    let typed = typed.split('`').next().unwrap();
    assert!(
        rest.stderr.contains("was approved and run at 20"),
        "{rest:#?}"
    );
    shop.migrate(&["--expect", typed]).ends_with(0);
}

#[test]
fn status_tells_applied_from_pending_for_people_and_programs() {
    let shop = Shop::new("status");
    let before = shop.everything();
    let fresh = shop.align(&["status", "--check"]).ends_with(1);
    assert!(
        fresh.stdout.contains("one  0 applied, 3 pending"),
        "{}",
        fresh.stdout
    );
    assert_eq!(shop.everything(), before);
    shop.migrate(&["--phase", "one"]).ends_with(0);
    let text = shop.align(&["status", "--history"]).ends_with(0).stdout;
    for words in [
        "one  3 applied, 0 pending",
        "two  0 applied, 1 pending",
        "applied  V2__fill_names",
        "pending  V1__stages",
        "one V2__fill_names",
        "by postgres, dora",
    ] {
        assert!(text.contains(words), "no `{words}` in {text}");
    }
    let json = shop
        .align(&["status", "--format", "json"])
        .ends_with(0)
        .stdout;
    for words in [
        "\"format_version\": 1",
        "\"command\": \"status\"",
        "\"state\": \"pending\"",
        "\"ready\": true",
        "\"pair\": \"shop-to-crm\"",
    ] {
        assert!(json.contains(words), "no `{words}` in {json}");
    }
    shop.migrate(&[]).ends_with(0);
    shop.align(&["status", "--check"]).ends_with(0);
    let twice = shop
        .align(&[
            "status",
            "--database",
            &shop.url,
            "--database",
            "env:DATABASE_URL",
        ])
        .ends_with(0);
    assert_eq!(twice.stdout.matches("pair shop-to-crm").count(), 2);
}

#[test]
fn an_existing_database_is_adopted_without_running_anything() {
    let shop = Shop::new("adopt");
    let before = shop.dump();
    let run = shop
        .migrate(&["--phase", "one", "--adopt", "2"])
        .ends_with(0);
    assert!(
        run.stdout.ends_with("one is at V2, 1 pending\n"),
        "{}",
        run.stdout
    );
    assert_eq!(shop.dump(), before);
    assert_eq!(
        shop.db
            .psql("SELECT count(*) FROM align.events WHERE event = 'adopted'"),
        "2"
    );
}

#[test]
fn windows_line_ends_change_nothing() {
    let shop = Shop::new("crlf");
    shop.migrate(&[]).ends_with(0);
    for file in [
        "one/V1__add_columns",
        "one/V2__fill_names",
        "one/V3__index_names",
        "two/V1__stages",
    ] {
        let path = format!("migrations/{file}.sql");
        let text = std::fs::read_to_string(shop.folder.path().join(&path)).unwrap();
        shop.write(&path, &text.replace('\n', "\r\n"));
    }
    let again = shop.migrate(&[]).ends_with(0);
    assert_eq!(again.stdout, "nothing is pending\n");
}
