//! Runs that end early, and those after them.

use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use crate::faults::{Moment, WINDOWS, gated};
use crate::{Shop, output};

/// So many windows that they take seconds, until [`hurry`].
pub(super) fn slow(name: &str) -> Shop {
    gated(name, Moment::Windows)
}

/// Lets every window from here on take no time.
pub(super) fn hurry(shop: &Shop) {
    shop.db.psql("DELETE FROM gate");
}

pub(super) fn wait_for_windows(shop: &Shop) {
    shop.wait_for(
        "SELECT coalesce(max(windows_done), 0) > 2 FROM align.progress",
        "t",
    );
}

pub(super) fn signal(child: &std::process::Child, name: &str) {
    let status = Command::new("kill")
        .args([name, &child.id().to_string()])
        .status()
        .expect("kill runs");
    assert!(status.success());
}

const UNTOUCHED: &str = "SELECT count(*) FILTER (WHERE touched <> 1), count(*) FROM clients";

#[test]
fn a_killed_batch_goes_on_and_converts_no_row_twice() {
    let shop = slow("killed");
    for delay in [0, 90, 10, 200, 45] {
        let mut child = shop.start(&["--phase", "one"]);
        let begun = "SELECT coalesce(max(windows_done), 0) >= 0 FROM align.progress";
        shop.wait_for(begun, "t");
        sleep(Duration::from_millis(delay));
        child.kill().unwrap();
        child.wait().unwrap();
        let free = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        shop.wait_for(free, "0");
    }
    wait_for_some(&shop);
    hurry(&shop);
    shop.migrate(&["--phase", "one"]).ends_with(0);
    assert_eq!(shop.db.psql(UNTOUCHED), "0|10000");
    assert_eq!(shop.db.psql("SELECT count(*) FROM align.progress"), "0");
}

/// Whether anything was resumed is not left to chance.
fn wait_for_some(shop: &Shop) {
    let child = shop.start(&["--phase", "one"]);
    shop.wait_for(
        "SELECT coalesce(max(windows_done), 20) > 2 FROM align.progress",
        "t",
    );
    signal(&child, "-KILL");
    output(child);
}

#[test]
fn an_interrupt_ends_part_way_and_says_how_to_go_on() {
    let shop = slow("interrupted");
    let child = shop.start(&["--phase", "one"]);
    wait_for_windows(&shop);
    signal(&child, "-INT");
    output(child)
        .ends_with(4)
        .says(&["interrupted part way", "run the same command again"]);
    assert_eq!(
        shop.db
            .psql("SELECT event FROM align.events ORDER BY id DESC LIMIT 1"),
        "stopped"
    );
    hurry(&shop);
    shop.migrate(&["--phase", "one"])
        .ends_with(0)
        .says(&["goes on where an earlier run ended"]);
    assert_eq!(shop.db.psql(UNTOUCHED), "0|10000");
}

#[test]
fn an_interrupt_before_anything_was_applied_ends_with_130() {
    let shop = Shop::new("early");
    shop.write(
        "migrations/one/V1__add_columns.sql",
        "SELECT pg_sleep(60);\n",
    );
    let before = shop.dump();
    let child = shop.start(&["--phase", "one"]);
    shop.wait_for(
        "SELECT count(*) FROM align.events WHERE event = 'start'",
        "1",
    );
    sleep(Duration::from_millis(200));
    signal(&child, "-TERM");
    output(child).ends_with(130);
    assert_eq!(shop.dump(), before);
}

#[test]
fn a_time_that_is_over_ends_at_a_window() {
    let shop = slow("time");
    shop.migrate(&["--phase", "one", "--stop-after", "3s"])
        .ends_with(4)
        .says(&["--stop-after"]);
    let rows: i64 = shop
        .db
        .psql("SELECT sum(touched) FROM clients")
        .parse()
        .unwrap();
    assert!(rows > 0 && rows < 10_000 && rows % 50 == 0, "{rows}");
    hurry(&shop);
    shop.migrate(&["--phase", "one"]).ends_with(0);
    assert_eq!(shop.db.psql(UNTOUCHED), "0|10000");
}

#[test]
fn a_file_that_was_edited_half_way_begins_anew_where_somebody_says_so() {
    let shop = slow("edited");
    let child = shop.start(&["--phase", "one"]);
    wait_for_windows(&shop);
    signal(&child, "-KILL");
    output(child);
    shop.write(
        "migrations/one/V2__fill_names.sql",
        &WINDOWS
            .replace("pg_sleep(0.04)", "1")
            .replace("c.touched + 1", "10"),
    );
    let run = shop.migrate(&["--phase", "one"]).ends_with(3);
    let (_, anew) = run.stderr.split_once("begin anew, `").expect("a hint");
    let (anew, _) = anew.split_once('`').expect("a statement");
    shop.db.psql(anew);
    shop.migrate(&["--phase", "one"]).ends_with(0);
    assert_eq!(shop.db.psql("SELECT DISTINCT touched FROM clients"), "10");
}

#[test]
fn a_rate_is_kept() {
    let shop = Shop::new("rate");
    let began = std::time::Instant::now();
    shop.migrate(&["--phase", "one", "--max-rows-per-sec", "1000"])
        .ends_with(0);
    assert!(
        began.elapsed() >= Duration::from_millis(900),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn keys_may_be_uuids_and_texts() {
    let shop = Shop::new("keys");
    shop.db.psql(
        "CREATE TABLE by_uuid (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), touched int NOT NULL DEFAULT 0);
         INSERT INTO by_uuid SELECT FROM generate_series(1, 95);
         CREATE TABLE \"By Text\" (\"The \"\"Key\" text PRIMARY KEY, touched int NOT NULL DEFAULT 0);
         INSERT INTO \"By Text\" SELECT n || ' it''s \\ ' || chr(200 + n) FROM generate_series(1, 95) AS n;
         CREATE TABLE none (id int PRIMARY KEY);",
    );
    shop.write("migrations/two/V2__uuid.sql", "-- align: batch table=public.by_uuid key=id size=10\nUPDATE by_uuid SET touched = touched + 1 WHERE /* align:window */;\n");
    shop.write("migrations/two/V3__text.sql", "-- align: batch table=\"By Text\" key=\"The \"\"Key\" size=10\nUPDATE \"By Text\" AS t SET touched = touched + 1 WHERE true /* align:window */;\n");
    shop.write(
        "migrations/two/V4__none.sql",
        "-- align: batch table=none key=id\nDELETE FROM none WHERE /* align:window */;\n",
    );
    shop.migrate(&["--allow", "deletes-data,not-reversible"])
        .ends_with(0);
    assert_eq!(shop.db.psql("SELECT DISTINCT touched FROM by_uuid"), "1");
    assert_eq!(
        shop.db.psql("SELECT DISTINCT touched FROM \"By Text\""),
        "1"
    );
}
