//! What was done in part, and its file since.

use crate::Shop;
use crate::resume::{hurry, signal, slow, wait_for_windows};
use crate::{faults, output};

const TOUCHED: &str = "SELECT min(touched), max(touched), count(*) FROM clients";
const FILE: &str = "migrations/one/V2__fill_names.sql";

fn killed(name: &str) -> Shop {
    let shop = slow(name);
    let child = shop.start(&["--phase", "one"]);
    wait_for_windows(&shop);
    signal(&child, "-KILL");
    output(child);
    hurry(&shop);
    shop
}

#[test]
fn a_batch_whose_file_is_another_one_is_refused_until_somebody_takes_it() {
    let shop = killed("begun_edited");
    let before = shop.db.psql(TOUCHED);
    shop.write(FILE, &format!("{}-- a comment\n", faults::WINDOWS));
    for more in [&[][..], &["--dry-run"], &["--dry-run=rollback"]] {
        shop.migrate(&[&["--phase", "one"], more].concat())
            .ends_with(3)
            .says(&[
                "`one V2__fill_names` is done in part with checksum",
                "go on with it as it is, from where it stopped, with `--phase one --accept 2`",
            ]);
    }
    assert_eq!(shop.db.psql(TOUCHED), before);
    shop.migrate(&["--phase", "one", "--accept", "2"])
        .ends_with(0);
    assert_eq!(shop.db.psql(TOUCHED), "1|1|10000");
    assert_eq!(shop.db.psql("SELECT count(*) FROM align.progress"), "0");
    shop.migrate(&["--phase", "one"]).ends_with(0);
}

#[test]
fn a_batch_whose_file_has_another_name_goes_on_under_it() {
    let shop = killed("begun_renamed");
    let path = |name: &str| shop.folder.path().join("migrations/one").join(name);
    std::fs::rename(path("V2__fill_names.sql"), path("V2__names.sql")).unwrap();
    shop.migrate(&["--phase", "one"])
        .ends_with(3)
        .says(&["is done in part", "and is named `V2__names`"]);
    shop.migrate(&["--phase", "one", "--accept", "2"])
        .ends_with(0);
    assert_eq!(shop.db.psql(TOUCHED), "1|1|10000");
    assert_eq!(shop.db.psql("SELECT count(*) FROM align.progress"), "0");

    let shop = killed("begun_gone");
    std::fs::remove_file(shop.folder.path().join(FILE)).unwrap();
    shop.migrate(&["--phase", "one"])
        .ends_with(3)
        .says(&["is done in part, and there is no such file"]);
}

#[test]
fn a_way_back_that_was_begun_is_ended_before_anything_goes_forward() {
    let shop = Shop::new("begun_back");
    shop.migrate(&["--phase", "one"]).ends_with(0);
    let undo = "-- align: batch table=clients key=id size=50
UPDATE clients SET touched = touched - 1 WHERE pg_sleep(0.0005) IS NOT NULL /* align:window */;
";
    shop.write("migrations/undo/one.sql", undo);
    let child = shop.start(&["--undo", "one"]);
    wait_for_windows(&shop);
    signal(&child, "-KILL");
    output(child);
    for more in [&[][..], &["--dry-run"]] {
        shop.migrate(&[&["--phase", "one"], more].concat())
            .ends_with(3)
            .says(&["`one` is undone in part", "--undo one"]);
    }
    shop.align(&["status", "--check", "--phase", "one"])
        .ends_with(1)
        .says(&["one is undone in part"]);
    shop.write("migrations/undo/one.sql", &format!("{undo}-- a comment\n"));
    shop.migrate(&["--undo", "one"]).ends_with(3).says(&[
        "`one undo` is done in part with checksum",
        "DELETE FROM align.progress",
    ]);
    shop.write("migrations/undo/one.sql", undo);
    let touched = shop
        .db
        .psql("SELECT min(touched), max(touched) FROM clients");
    assert_eq!(touched, "0|1");
    shop.migrate(&["--undo", "one"]).ends_with(0);
    assert_eq!(shop.db.psql("SELECT DISTINCT touched FROM clients"), "0");
}

#[test]
fn an_index_of_the_same_name_that_was_there_is_not_the_one_that_is_built() {
    let shop = Shop::new("begun_index");
    shop.db.psql("CREATE INDEX taken ON clients (name)");
    shop.write(
        "migrations/one/V3__index_names.sql",
        "-- align: no-transaction\nCREATE INDEX CONCURRENTLY fresh ON clients (name);\nCREATE UNIQUE INDEX CONCURRENTLY taken ON clients (id, name);\n",
    );
    for _ in 0..2 {
        shop.migrate(&["--phase", "one"])
            .ends_with(4)
            .says(&["relation \"taken\" already exists"]);
    }
    shop.db.psql("DROP INDEX taken");
    shop.migrate(&["--phase", "one"]).ends_with(0);
    assert_eq!(
        shop.db
            .psql("SELECT indisunique FROM pg_index WHERE indexrelid = 'taken'::regclass"),
        "t"
    );
}

#[test]
fn an_index_that_the_server_ended_after_the_run_died_is_taken() {
    let shop = Shop::new("begun_built");
    shop.write(
        "migrations/one/V3__index_names.sql",
        "-- align: no-transaction\nCREATE INDEX CONCURRENTLY first ON clients (name);\nCREATE INDEX CONCURRENTLY second ON clients (name);\n",
    );
    shop.migrate(&["--phase", "one", "--target", "2"])
        .ends_with(0);
    let blocker = "BEGIN; SELECT 1 FROM clients LIMIT 1; SELECT pg_sleep(120)";
    std::thread::scope(|scope| {
        scope.spawn(|| shop.db.try_psql(blocker));
        let asleep = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
        shop.wait_for(asleep, "1");
        let mut child = shop.start(&["--phase", "one"]);
        shop.wait_for(
            "SELECT count(*) FROM align.progress WHERE position = 'building'",
            "1",
        );
        signal(&child, "-STOP");
        shop.db.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'");
        shop.wait_for(
            "SELECT count(*) FROM pg_index WHERE indexrelid = to_regclass('first') AND indisvalid",
            "1",
        );
        child.kill().unwrap();
        child.wait().unwrap();
    });
    shop.migrate(&["--phase", "one"]).ends_with(0);
    assert_eq!(
        shop.db
            .psql("SELECT count(*) FROM pg_class WHERE relname IN ('first', 'second')"),
        "2"
    );
}
