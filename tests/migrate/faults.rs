//! What a server does to a run at its worst moments, and that the next run ends where an undisturbed one does.

use std::process::Child;

use crate::clara::{Clara, LEAVE, Surroundings};
use crate::cluster::{Cluster, Settings, SmallDisk};
use crate::{Run, Shop, output};

/// Steps that take long for as long as the table `gate` has a row.
pub(super) const WINDOWS: &str = "-- align: batch table=clients key=id size=50
WITH pause AS MATERIALIZED (SELECT count(*) FROM gate WHERE pg_sleep(0.04) IS NOT NULL)
UPDATE public.clients AS c
SET client_name = c.name, touched = c.touched + 1
FROM pause
WHERE true /* align:window */;
";
const WAITS: &str = "DO $$ BEGIN PERFORM pg_sleep(60) FROM gate; END $$;\n";
/// A session of the run that works, at a statement that waits.
const AT_WORK: &str = "FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND application_name LIKE 'align migrate %'";

const ADVISORY: &str = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

/// Where in the road it happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Moment {
    /// In the first migration, before anything is committed.
    First,
    /// Between windows.
    Windows,
    /// Between statements that commit one by one.
    Statements,
    /// In a migration after others.
    Later,
}

pub(super) fn gated(name: &str, moment: Moment) -> Shop {
    let shop = Shop::new(name);
    shop.db
        .psql("CREATE TABLE gate (id int); INSERT INTO gate VALUES (1)");
    let read = |path: &str| std::fs::read_to_string(shop.folder.path().join(path)).unwrap();
    match moment {
        Moment::First => {
            let path = "migrations/one/V1__add_columns.sql";
            shop.write(path, &format!("{}{WAITS}", read(path)));
        }
        Moment::Windows => {
            // So many that they take seconds.
            let rows =
                "INSERT INTO clients SELECT n, 'x', '1' FROM generate_series(1001, 10000) AS n";
            shop.db.psql(rows);
            shop.write("migrations/one/V2__fill_names.sql", WINDOWS);
        }
        Moment::Statements => {
            let path = "migrations/one/V3__index_names.sql";
            let more = "CREATE INDEX CONCURRENTLY clients_touched ON public.clients (touched);\n";
            shop.write(path, &format!("{}{WAITS}{more}", read(path)));
        }
        Moment::Later => {
            let path = "migrations/two/V1__stages.sql";
            shop.write(path, &format!("{}{WAITS}", read(path)));
        }
    }
    shop
}

/// Waits for the moment.
fn wait_for(shop: &Shop, moment: Moment) {
    if moment == Moment::Windows {
        let some = "SELECT coalesce(max(windows_done), 0) > 2 FROM align.progress";
        shop.wait_for(some, "t");
    } else {
        shop.wait_for(
            &format!("SELECT count(*) {AT_WORK} AND query LIKE '%pg_sleep(60)%'"),
            "1",
        );
    }
}

/// What is left when a run of that phase goes on undisturbed, or has done so.
fn finish(shop: &Shop) -> String {
    shop.db.psql("DELETE FROM gate");
    shop.migrate(&[]).ends_with(0);
    let invalid = "SELECT count(*) FROM pg_index WHERE NOT indisvalid";
    assert_eq!(shop.db.psql(invalid), "0");
    assert_eq!(shop.db.psql("SELECT count(*) FROM align.progress"), "0");
    shop.dump()
}

#[test]
fn a_backend_that_is_ended_or_called_off_leaves_what_the_table_says() {
    for moment in [
        Moment::First,
        Moment::Windows,
        Moment::Statements,
        Moment::Later,
    ] {
        let undisturbed = finish(&gated("undisturbed", moment));
        for (fault, code, words) in [
            ("pg_terminate_backend", "57P01", "lost its connection"),
            ("pg_cancel_backend", "57014", "canceling statement"),
        ] {
            let what = format!("{moment:?} {fault}");
            let shop = gated("faults", moment);
            let before = shop.dump();
            let mut child = shop.start(&[]);
            wait_for(&shop, moment);
            // Between two windows there is nothing to call off: it is tried until it was.
            let hit = format!("SELECT {fault}(pid) {AT_WORK} AND query LIKE '%pg_sleep(%'");
            while child.try_wait().unwrap().is_none() {
                shop.db.psql(&hit);
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
            let run = output(child);
            let expected = if moment == Moment::First { 2 } else { 4 };
            assert_eq!(run.code, Some(expected), "{what}: {run:#?}");
            assert!(
                run.stderr.contains(words) && run.stderr.contains(code),
                "{what}: {run:#?}"
            );
            shop.wait_for(ADVISORY, "0");
            match moment {
                Moment::First => assert_eq!(shop.dump(), before, "{what}"),
                Moment::Windows => {
                    let done = "SELECT count(*) FILTER (WHERE touched = 1) % 50 = 0 AND count(*) FILTER (WHERE touched > 1) = 0 AND count(*) FILTER (WHERE touched = 1) = (SELECT rows_done FROM align.progress) FROM clients";
                    assert_eq!(shop.db.psql(done), "t", "{what}");
                }
                Moment::Statements => {
                    let done = "SELECT statements_done FROM align.progress";
                    assert_eq!(shop.db.psql(done), "2", "{what}");
                }
                Moment::Later => {
                    let made = "SELECT to_regclass('public.stages') IS NULL";
                    assert_eq!(shop.db.psql(made), "t", "{what}");
                }
            }
            assert_eq!(finish(&shop), undisturbed, "{what}");
        }
    }
}

#[test]
fn the_run_goes_on_without_the_session_that_watches() {
    let shop = gated("watcher", Moment::Windows);
    let child = shop.start(&[]);
    wait_for(&shop, Moment::Windows);
    let watcher = "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND application_name NOT LIKE 'align migrate %' AND application_name <> 'psql'";
    assert_eq!(shop.db.psql(watcher), "1");
    shop.db.psql("DELETE FROM gate");
    output(child).ends_with(0);
    let touched = "SELECT DISTINCT touched FROM clients";
    assert_eq!(shop.db.psql(touched), "1");
}

#[test]
fn a_server_that_stops_and_starts_again_costs_one_more_run() {
    let shop = gated("restart", Moment::Windows);
    let undisturbed = finish(&gated("restart_undisturbed", Moment::Windows));
    let child = shop.start(&[]);
    wait_for(&shop, Moment::Windows);
    // All of its sessions at once, as when the server goes down.
    shop.db.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
    output(child)
        .ends_with(4)
        .says(&["run the same command again"]);
    assert_eq!(finish(&shop), undisturbed);
}

#[test]
fn a_full_disk_stops_a_batch_part_way_and_space_lets_it_go_on() {
    // A server of its own, which the loss of the disk at the end does no harm.
    let cluster: &'static Cluster = Box::leak(Box::new(Cluster::start(&Settings::default())));
    let Some(disk) = SmallDisk::mount(cluster.socket(), "1400k") else {
        return SmallDisk::skip(
            "faults::a_full_disk_stops_a_batch_part_way_and_space_lets_it_go_on",
        );
    };
    let shop = Shop::on(cluster, "full");
    let place = disk.space();
    shop.db
        .psql(&format!("CREATE TABLESPACE small LOCATION '{place}'"));
    // Long rows, so that two versions of all of them do not fit.
    shop.db.psql(
        "ALTER TABLE clients ADD COLUMN filler text;
         ALTER TABLE clients ALTER COLUMN filler SET STORAGE PLAIN;
         UPDATE clients SET filler = repeat('x', 800);
         VACUUM FULL clients;
         ALTER TABLE clients SET TABLESPACE small;",
    );
    let run = shop.migrate(&[]).ends_with(4);
    let run = run.says(&[
        "No space left on device",
        "(53100)",
        "run the same command again",
    ]);
    assert!(run.stdout.contains("applied one V1"), "{}", run.stdout);
    let state = "SELECT count(*) FILTER (WHERE touched = 1) = (SELECT rows_done FROM align.progress), count(*) FILTER (WHERE touched = 1) % 100, count(*) FILTER (WHERE touched > 1), count(*) FROM clients";
    assert_eq!(shop.db.psql(state), "t|0|0|1000");
    let event = "SELECT event, sqlstate FROM align.events ORDER BY id DESC LIMIT 1";
    assert_eq!(shop.db.psql(event), "failed|53100");
    // It is as full as before: nothing new is done, and nothing is lost.
    shop.migrate(&[]).ends_with(4);
    assert_eq!(shop.db.psql(state), "t|0|0|1000");
    disk.grow("64m");
    let run = shop.migrate(&[]).ends_with(0);
    assert!(
        run.stderr.contains("goes on where an earlier run ended"),
        "{run:#?}"
    );
    assert_eq!(shop.db.psql("SELECT DISTINCT touched FROM clients"), "1");
}

fn eight(clara: &Clara<'_>, args: &[&str]) -> Vec<Run> {
    let all = [&["migrate"], &LEAVE[..], &["--phase", "phase1"], args].concat();
    let start = || clara.command("eight_owner", &all).spawn().unwrap();
    let runners: Vec<Child> = (0..8).map(|_| start()).collect();
    runners.into_iter().map(output).collect()
}

#[test]
fn eight_runners_on_a_fresh_database_of_claras() {
    let cluster = Cluster::start(&Settings::default());
    cluster.role("eight_owner", "LOGIN");
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/phase1"))
        .unwrap()
        .count();
    for (wait, codes) in [("10m", &[0][..]), ("0s", &[0, 3][..])] {
        let clara = Clara::new(&cluster, "eight", Surroundings::Supabase, "eight_owner");
        clara.db.psql(&format!(
            "GRANT CREATE ON DATABASE {} TO eight_owner;
             GRANT CREATE ON SCHEMA public TO eight_owner;
             GRANT USAGE ON SCHEMA auth TO eight_owner;
             GRANT SELECT, INSERT, REFERENCES, TRIGGER ON auth.users TO eight_owner;",
            clara.db.name
        ));
        let runs = eight(&clara, &["--wait-lock", wait]);
        let applied = |run: &Run| run.stdout.matches("applied phase1 ").count();
        for run in &runs {
            let code = run.code.unwrap_or(-1);
            assert!(codes.contains(&code), "{wait}: {run:#?}");
            assert!([0, files].contains(&applied(run)), "{wait}: {run:#?}");
        }
        assert_eq!(runs.iter().map(applied).sum::<usize>(), files, "{wait}");
        if wait == "0s" {
            assert!(runs.iter().any(|run| run.code == Some(3)), "{runs:#?}");
        }
        for (sql, wanted) in [
            ("SELECT count(*) FROM pg_index WHERE NOT indisvalid", "0"),
            (ADVISORY, "0"),
            (
                "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()",
                "0",
            ),
            ("SELECT count(*) FROM align.progress", "0"),
        ] {
            assert_eq!(clara.db.psql(sql), wanted, "{wait}: {sql}");
        }
        let log = clara.db.log().join("\n");
        assert!(!log.contains("deadlock"), "{log}");
    }
}
