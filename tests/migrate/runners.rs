//! More than one runner.

use crate::{Shop, output};

#[test]
fn eight_runners_at_once_do_the_work_of_one() {
    let shop = Shop::new("eight");
    let runners: Vec<_> = (0..8).map(|_| shop.start(&[])).collect();
    let runs: Vec<_> = runners
        .into_iter()
        .map(|child| output(child).ends_with(0))
        .collect();
    let applied: usize = runs
        .iter()
        .map(|run| run.stdout.matches("applied ").count())
        .sum();
    assert_eq!(applied, 4, "{runs:#?}");
    assert_eq!(
        shop.db
            .psql("SELECT count(*) FROM align.events WHERE event = 'ok'"),
        "4"
    );
    assert_eq!(
        shop.db
            .psql("SELECT count(*) FROM clients WHERE touched <> 1"),
        "0"
    );
    assert_eq!(
        shop.db
            .psql("SELECT count(*) FROM pg_index WHERE NOT indisvalid"),
        "0"
    );
}

#[test]
fn who_does_not_want_to_wait_is_told_who_has_the_lock() {
    let shop = Shop::new("wait");
    shop.write(
        "migrations/one/V1__add_columns.sql",
        "SELECT pg_sleep(60);\n",
    );
    let first = shop.start(&["--phase", "one", "--target", "1"]);
    shop.wait_for(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'SELECT pg_sleep(60)%' AND wait_event = 'PgSleep'",
        "1",
    );
    let second = shop
        .migrate(&["--phase", "one", "--wait-lock", "0s"])
        .ends_with(3);
    second.says(&[
        "another runner is at work: pid ",
        "user `postgres`",
        "application `align migrate ",
        ", since ",
        "--wait-lock",
    ]);
    let status = shop.align(&["status"]).ends_with(0);
    assert!(status.stdout.contains("running: pid "), "{}", status.stdout);
    shop.db.psql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'SELECT pg_sleep(60)%'");
    output(first).ends_with(2).says(&["canceling statement"]);
}
