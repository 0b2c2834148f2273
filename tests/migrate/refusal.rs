//! What is refused, and that nothing is written then.

use std::fs;

use crate::{Shop, cluster, without_noise};

#[test]
fn history_and_files_that_differ_are_refused_with_both_checksums() {
    let shop = Shop::new("divergent");
    shop.migrate(&[]).ends_with(0);
    let before = shop.everything();
    let path = "migrations/one/V1__add_columns.sql";
    let old = fs::read_to_string(shop.folder.path().join(path)).unwrap();
    shop.write(path, &format!("{old}-- edited\n"));
    let run = shop.migrate(&[]).ends_with(3).says(&[
        "`one V1__add_columns` was applied with checksum ",
        " now",
        "--phase one --accept 1",
    ]);
    let sums = run
        .stderr
        .split_whitespace()
        .filter(|word| word.len() == 16 && word.bytes().all(|b| b.is_ascii_hexdigit()));
    assert_eq!(sums.count(), 2, "{}", run.stderr);
    assert_eq!(shop.everything(), before);
    shop.align(&["status", "--check"]).ends_with(1);
    shop.migrate(&["--phase", "one", "--accept", "1"])
        .ends_with(0);
    shop.migrate(&[]).ends_with(0);
    assert_eq!(
        shop.db
            .psql("SELECT count(*) FROM align.events WHERE event = 'accepted'"),
        "1"
    );

    fs::rename(
        shop.folder.path().join(path),
        shop.folder.path().join("migrations/one/V1__renamed.sql"),
    )
    .unwrap();
    shop.migrate(&[])
        .ends_with(3)
        .says(&["its name then was `V1__add_columns`"]);
    shop.remove("migrations/one/V1__renamed.sql");
    shop.migrate(&[])
        .ends_with(3)
        .says(&["there is no such file"]);
}

#[test]
fn a_file_that_comes_too_late_is_refused() {
    let shop = Shop::new("late");
    shop.write(
        "migrations/two/V5__more.sql",
        "CREATE TABLE more (id int);\n",
    );
    shop.migrate(&[]).ends_with(0);
    shop.write(
        "migrations/two/V3__late.sql",
        "CREATE TABLE late (id int);\n",
    );
    shop.migrate(&[])
        .ends_with(3)
        .says(&["`two V3__late` was never applied, and V5 was"]);
}

#[test]
fn files_that_cannot_run_are_found_before_anything_does() {
    for (path, text, words) in [
        (
            "migrations/two/V2__add-col.sql",
            "SELECT 1;",
            "V2__add-col.sql: the name is not `V<number>__<words>.sql`",
        ),
        (
            "migrations/two/V01__again.sql",
            "SELECT 1;",
            "version 1 is also that of",
        ),
        ("migrations/two/V2__blank.sql", " \n", "V2__blank.sql"),
        (
            "migrations/two/V2__own.sql",
            "SELECT 1;\nBEGIN;",
            "V2__own.sql:2: BEGIN has no place",
        ),
        (
            "migrations/two/V2__away.sql",
            "-- align: no-transaction\nDISCARD ALL;",
            "V2__away.sql:2: it would give away the lock",
        ),
        (
            "migrations/two/V2__free.sql",
            "SELECT pg_catalog.pg_advisory_unlock_all();",
            "V2__free.sql:1: it would give away the lock",
        ),
        (
            "migrations/two/deep/V2__x.sql",
            "SELECT 1;",
            "in none within it",
        ),
    ] {
        let shop = Shop::new("files");
        shop.write(path, text);
        let before = shop.everything();
        shop.migrate(&[])
            .ends_with(2)
            .says(&["cannot read the migrations of phase `two`", words]);
        assert_eq!(shop.everything(), before, "{path}");
    }
    let shop = Shop::new("empty");
    fs::create_dir(shop.folder.path().join("migrations/three")).unwrap();
    shop.migrate(&["--phase", "three"])
        .ends_with(2)
        .says(&["the folder has no migration"]);
    shop.migrate(&["--phase", "four"])
        .ends_with(2)
        .says(&["there is no such folder"]);
}

#[test]
fn a_database_of_somebody_else_is_left_alone() {
    let shop = Shop::new("wrong");
    let other = cluster::database("wrong_other");
    other.psql("CREATE TABLE orders (id int)");
    let before = without_noise(&other.dump_schema("(align|public)"));
    shop.migrate(&["--database", &other.url()])
        .ends_with(3)
        .says(&["neither a ledger of `align` nor one of the tables `public.clients`"]);
    assert_eq!(without_noise(&other.dump_schema("(align|public)")), before);

    let path = "mappings/shop-to-crm/mapping.toml";
    let mapping = fs::read_to_string(shop.folder.path().join(path)).unwrap();
    let (nothing_named, _) = mapping.split_once("[[").unwrap();
    shop.write(path, nothing_named);
    let before = shop.everything();
    shop.migrate(&[])
        .ends_with(3)
        .says(&["the mapping names no table of the from side", "`[[table]]`"]);
    assert_eq!(shop.everything(), before);
    shop.write(path, &mapping);

    shop.migrate(&[]).ends_with(0);
    shop.db
        .psql("UPDATE align.ledger SET system_identifier = '42'");
    let before = shop.everything();
    shop.migrate(&[])
        .ends_with(3)
        .says(&["that of server 42", "--adopt V"]);
    assert_eq!(shop.everything(), before);
}

#[test]
fn without_a_terminal_consent_is_said_beforehand() {
    let shop = Shop::new("consent");
    let before = shop.everything();
    shop.align(&["migrate"])
        .ends_with(3)
        .says(&["no terminal to ask on", "--yes"]);
    shop.align(&["migrate", "--no-input"])
        .ends_with(3)
        .says(&["--yes"]);
    shop.write(
        "migrations/two/V2__drop.sql",
        "ALTER TABLE clients DROP COLUMN size;\n",
    );
    let run = shop.migrate(&[]).ends_with(3);
    let run = run.says(&[
        "--allow deletes-data,breaks-clients,not-reversible",
        "two V2__drop",
        "clients (about 1000 rows",
    ]);
    assert_eq!(run.stdout, "");
    shop.migrate(&["--allow", "deletes-data", "--allow", "not-reversible"])
        .ends_with(3)
        .says(&["--allow deletes-data,breaks-clients,not-reversible"]);
    assert_eq!(shop.everything(), before);
    shop.migrate(&["--allow", "deletes-data,breaks-clients,not-reversible"])
        .ends_with(0);
    let consents = "SELECT consents FROM align.events WHERE event = 'run'";
    assert_eq!(
        shop.db.psql(consents),
        "{deletes-data,breaks-clients,not-reversible}"
    );
}

#[test]
fn a_run_that_goes_on_asks_for_no_more_consent_than_at_its_beginning() {
    let shop = Shop::new("goes_on");
    shop.write(
        "migrations/two/V2__visits.sql",
        "CREATE TABLE visits (id int, client int);\n",
    );
    shop.write(
        "migrations/two/V3__visits_index.sql",
        "CREATE INDEX visits_client ON visits (client);\n",
    );
    let two = ["--phase", "two"];
    shop.migrate(&[&two[..], &["--target", "2"]].concat())
        .ends_with(0);
    // Somebody uses it meanwhile.
    shop.db.psql("INSERT INTO visits VALUES (1, 1)");
    shop.migrate(&two)
        .ends_with(3)
        .says(&["--allow blocks-writes", "two V3__visits_index"]);
    shop.db.psql("TRUNCATE visits");
    shop.migrate(&two).ends_with(0);
}

#[test]
fn what_only_adds_needs_no_consent() {
    let shop = Shop::new("adds");
    shop.align(&["migrate", "--phase", "two"]).ends_with(0);
}

#[test]
fn a_server_that_takes_no_writes_is_refused() {
    let shop = Shop::new("readonly");
    let name = shop.db.name.clone();
    shop.db.psql(&format!(
        "ALTER DATABASE {name} SET default_transaction_read_only = on"
    ));
    shop.migrate(&[]).ends_with(3).says(&["takes no writes"]);
}

#[test]
fn a_schema_of_that_name_that_is_somebody_elses_is_left_alone() {
    let shop = Shop::new("foreign");
    shop.db
        .psql("CREATE SCHEMA align; CREATE TABLE align.ledger (entry text, amount numeric)");
    let before = shop.everything();
    let status = ["status", "--database", "env:DATABASE_URL"];
    for run in [shop.migrate(&[]), shop.align(&status)] {
        run.ends_with(3).says(&[
            "schema `align` of this database has a table `ledger` that this program did not make",
            "give that schema another name",
        ]);
    }
    assert_eq!(shop.everything(), before);
}

#[test]
fn the_bundled_pair_is_never_implied() {
    let shop = Shop::new("implied");
    let empty = tempfile::tempdir().unwrap();
    let mut command = shop.command(&["migrate", "--yes"]);
    let output = command.current_dir(empty.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("name one with `--map PATH`"));
}

#[test]
fn nothing_runs_without_the_lock() {
    let shop = Shop::new("lock_gone");
    // No analysis sees this one.
    let away = "DO $$ BEGIN EXECUTE 'SELECT pg_advisory_' || 'unlock_all()'; END $$;";
    shop.write("migrations/one/V1__add_columns.sql", &format!("{away}\n"));
    let run = shop.migrate(&["--phase", "one"]).ends_with(4);
    run.says(&[
        "cannot go on: a migration gave away the lock",
        "run the same command again",
    ]);
    let last = "SELECT max(version) FROM align.\"shop-to-crm_one_history\"";
    assert_eq!(shop.db.psql(last), "1");
}
