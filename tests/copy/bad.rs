//! What a copy does not do, and what it says.

use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{Cluster, Pair, finished};

const FROM: &str = "
    CREATE TABLE people (id int PRIMARY KEY, name text, boss int REFERENCES people);
    CREATE TABLE notes (id int PRIMARY KEY, person int REFERENCES people, body text);
    INSERT INTO people SELECT n, 'Person ' || n FROM generate_series(1, 400) AS n;
    INSERT INTO notes SELECT n, n, 'note' FROM generate_series(1, 400) AS n;";
const TO: &str = "
    CREATE TABLE people (id int PRIMARY KEY, full_name text NOT NULL, boss int REFERENCES people);
    CREATE TABLE notes (id int PRIMARY KEY, person int REFERENCES people, body text);";
const MAPPING: &str = "[[column]]\nfrom = \"people.name\"\nto = \"people.full_name\"\n";
/// Makes every row of a table take its time.
const SLOW: &str = "
    CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.01); RETURN NEW; END $$;
    CREATE TRIGGER slow BEFORE INSERT ON notes FOR EACH ROW EXECUTE FUNCTION slow();";
/// Whether the slow table is being published.
const AT_WORK: &str = "SELECT count(*) > 0 FROM pg_stat_activity
    WHERE datname = current_database() AND state = 'active' AND query LIKE 'WITH i%' AND query LIKE '%notes%'";
const ROWS: &str = "SELECT (SELECT count(*) FROM people), (SELECT count(*) FROM notes)";

fn pair(name: &str) -> Pair {
    Pair::new(name, FROM, TO, MAPPING)
}

pub(super) fn wait_for(pair: &Pair, sql: &str) {
    let end = Instant::now() + Duration::from_secs(30);
    while pair.to.try_psql(sql).unwrap_or_default() != "t" {
        assert!(Instant::now() < end, "{sql}");
        sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_mapping_that_does_not_fit_is_told_with_its_place() {
    let pair = pair("wrong");
    pair.remap("[[column]]\nfrom = \"people.nmae\"\nto = \"people.full_name\"\n");
    pair.copy(&[])
        .ends_with(2)
        .says(&["no column `people.nmae`", "2:", "it has `name`"]);
    pair.remap("");
    pair.copy(&[])
        .ends_with(2)
        .says(&["`people.full_name` takes no NULL, has no default, and nothing is copied into it"]);
    pair.remap(&format!("{MAPPING}[[table]]\nfrom = \"letters\"\nto = \"notes\"\n[[table]]\nfrom = \"notes\"\nto = \"papers\"\n"));
    pair.copy(&[])
        .ends_with(2)
        .says(&["no table `letters`", "no table `papers`"]);
    pair.remap(MAPPING);
    pair.copy(&["--table", "papers"])
        .ends_with(2)
        .says(&["no table `papers`", "`notes`, `people`"]);
    pair.remap("this is no mapping");
    pair.copy(&[]).ends_with(2).says(&["cannot read mapping"]);
    assert_eq!(pair.to.psql("SELECT to_regnamespace('align') IS NULL"), "t");
}

#[test]
fn nobody_is_asked_without_a_terminal_and_nothing_is_copied_onto_itself() {
    let pair = pair("consent");
    let run = pair.align(&pair.between(&["copy"], &[]));
    run.ends_with(3).says(&["--yes"]);
    let run = pair.align(&[
        "copy", "--yes", "--map", &pair.map, "--from", "env:TO", "--to", "env:TO",
    ]);
    run.ends_with(2).says(&["both sides are the same schema"]);
    let run = pair.align(&[
        "copy",
        "--yes",
        "--map",
        &pair.map,
        "--from",
        "sql:x.sql",
        "--to",
        "env:TO",
    ]);
    run.ends_with(2).says(&["is no database"]);
    let run = pair.align(&["copy", "--yes", "--from", "env:FROM", "--to", "env:TO"]);
    run.ends_with(2).says(&["cannot find a mapping"]);
    let run = pair.copy(&["--where", "people"]);
    run.ends_with(2).says(&["TABLE=COND"]);
    let run = pair.copy(&["--where", "people=nonsense > 1"]);
    run.ends_with(2).says(&["cannot read `people`", "nonsense"]);
    assert_eq!(pair.to.psql(ROWS), "0|0");
}

#[test]
fn above_the_limit_nothing_is_published() {
    let pair = pair("limit");
    pair.from.psql("UPDATE notes SET person = NULL; ALTER TABLE notes DROP CONSTRAINT notes_person_fkey; UPDATE notes SET person = 9999 WHERE id <= 4");
    pair.copy(&["--max-errors", "3"]).ends_with(2).says(&[
        "nothing was published",
        "4 of 400 rows of `notes`",
        "--max-errors",
    ]);
    assert_eq!(pair.to.psql(ROWS), "0|0");
    let left = "SELECT count(*) FROM pg_class WHERE relname ~ '^copy_.*_[0-9]+$' AND relkind = 'r'";
    assert_eq!(pair.to.psql(left), "0");
    pair.remap(&format!("[copy]\nmax_errors = \"1%\"\n{MAPPING}"));
    pair.copy(&[]).ends_with(0);
    assert_eq!(pair.to.psql(ROWS), "400|396");
}

#[test]
fn a_rule_that_stops_the_copy_stops_it() {
    let pair = pair("stops");
    pair.from.psql("UPDATE people SET name = NULL WHERE id = 3");
    pair.remap(
        "[[column]]\nfrom = \"people.name\"\nto = \"people.full_name\"\non_error = \"fail\"\n",
    );
    pair.copy(&["--max-errors", "100%"])
        .ends_with(2)
        .says(&["1 rows of `people` fail at `full_name` (null.not_allowed)"]);
    assert_eq!(pair.to.psql(ROWS), "0|0");
}

#[test]
fn a_lost_connection_publishes_no_half_of_a_table() {
    let pair = pair("lost");
    pair.to.psql(SLOW);
    let child = pair.start(&[]);
    wait_for(&pair, AT_WORK);
    pair.to.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'align copy%' AND datname = current_database()");
    let run = finished(child.wait_with_output().expect("it is ours"));
    // The parents are published, so something was changed.
    run.ends_with(4)
        .says(&["cannot publish `notes`", "it goes on from there"]);
    assert_eq!(pair.to.psql(ROWS), "400|0");
    let run = pair
        .copy(&[])
        .ends_with(0)
        .says(&["goes on where an earlier run ended"]);
    assert_eq!(run.counts("notes"), [400, 400, 0, 0]);
    // A transaction that was open anywhere on the source's server makes the run look again.
    let [rows, copied, matched, quarantined] = run.counts("people");
    assert_eq!([rows, copied + matched, quarantined], [400, 400, 0]);
    assert_eq!(pair.to.psql(ROWS), "400|400");
}

#[test]
fn a_resumed_run_sees_what_changed_meanwhile() {
    let pair = pair("meanwhile");
    pair.to.psql(SLOW);
    let mut child = pair.start(&[]);
    wait_for(&pair, AT_WORK);
    child.kill().expect("it is ours");
    finished(child.wait_with_output().expect("it is ours"));
    pair.from.psql("INSERT INTO people VALUES (401, 'Late'); INSERT INTO notes VALUES (401, 401, 'late'); UPDATE notes SET body = 'new' WHERE id = 5; DELETE FROM notes WHERE id = 6");
    let run = pair.copy(&[]).ends_with(0).says(&["2 have changed"]);
    assert_eq!(run.counts("notes"), [400, 400, 0, 0]);
    assert_eq!(pair.to.psql(ROWS), "401|400");
    assert_eq!(
        pair.to.psql("SELECT body FROM notes WHERE id IN (5, 6)"),
        "new"
    );
}

#[test]
fn a_row_that_is_gone_meanwhile_is_not_copied() {
    let pair = pair("gone");
    pair.to.psql(SLOW);
    let mut child = pair.start(&[]);
    wait_for(&pair, AT_WORK);
    child.kill().expect("it is ours");
    finished(child.wait_with_output().expect("it is ours"));
    // No row that is left is younger than the snapshot in which it was staged.
    pair.from.psql("DELETE FROM notes WHERE id = 6");
    pair.copy(&[]).ends_with(0);
    assert_eq!(pair.to.psql(ROWS), "400|399");
}

#[test]
fn a_role_that_does_not_see_every_row_is_refused() {
    let pair = pair("rights");
    Cluster::shared().role("copy_reader", "LOGIN");
    pair.from.psql("GRANT SELECT ON people TO copy_reader");
    let url = pair.from.url_as("copy_reader");
    let run = |pair: &Pair| {
        let mut command = pair.command(&pair.between(&["copy", "--yes"], &[]));
        finished(
            command
                .env("FROM", &url)
                .output()
                .expect("the machine does its part"),
        )
    };
    run(&pair).ends_with(3).says(&[
        "SELECT on `public.notes`",
        "GRANT SELECT ON public.notes TO copy_reader;",
    ]);
    pair.from
        .psql("GRANT SELECT ON notes TO copy_reader; ALTER TABLE notes ENABLE ROW LEVEL SECURITY");
    run(&pair).ends_with(3).says(&[
        "every row of `public.notes`",
        "ALTER ROLE copy_reader BYPASSRLS;",
    ]);
    assert_eq!(pair.to.psql(ROWS), "0|0");
}

#[test]
fn two_runners_take_turns() {
    let pair = pair("turns");
    pair.to.psql(SLOW);
    let child = pair.start(&[]);
    wait_for(&pair, AT_WORK);
    pair.copy(&["--wait-lock", "0s"])
        .ends_with(3)
        .says(&["another runner is at work"]);
    let retry = ["quarantine", "retry", "--yes", "--wait-lock", "0s"];
    pair.align(&pair.between(&retry, &[]))
        .ends_with(3)
        .says(&["another runner is at work"]);
    let second = pair.copy(&[]).ends_with(0);
    assert_eq!(second.counts("notes"), [400, 0, 400, 0]);
    finished(child.wait_with_output().expect("it is ours")).ends_with(0);
}

#[test]
fn a_writer_in_between_is_no_trouble() {
    let pair = pair("between");
    pair.to.psql(SLOW);
    let child = pair.start(&[]);
    wait_for(&pair, AT_WORK);
    // The last one comes to the same key when this one is there already.
    pair.to.psql("INSERT INTO notes VALUES (400, 400, 'mine')");
    let run = finished(child.wait_with_output().expect("it is ours")).ends_with(0);
    run.says(&["judging anew"]);
    assert_eq!(pair.to.psql(ROWS), "400|400");
    assert_eq!(
        pair.to.psql("SELECT body FROM notes WHERE id = 400"),
        "mine"
    );
}

/// Asks a run to end.
fn ask_to_end(child: &std::process::Child, signal: &str) {
    let status = std::process::Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status();
    assert!(status.expect("the machine does its part").success());
}

#[test]
fn an_interrupt_ends_with_130_or_part_way_and_the_next_run_goes_on() {
    let pair = pair("interrupted");
    // Nothing is published while the parents wait.
    pair.to.psql(&format!(
        "{} {}",
        SLOW.replace("notes", "people")
            .replace("slow", "slow_people"),
        SLOW
    ));
    let at_parents = AT_WORK.replace("notes", "people");
    for (signal, at_work, code, rows) in [
        ("-INT", at_parents.as_str(), 130, "0|0"),
        ("-TERM", AT_WORK, 4, "400|0"),
    ] {
        let child = pair.start(&[]);
        wait_for(&pair, at_work);
        ask_to_end(&child, signal);
        let run = finished(child.wait_with_output().expect("it is ours")).ends_with(code);
        if code == 4 {
            run.says(&["interrupted part way", "it goes on from there"]);
        }
        assert_eq!(pair.to.psql(ROWS), rows, "{signal}");
        pair.to.psql("DROP TRIGGER IF EXISTS slow_people ON people");
    }
    pair.to.psql("DROP TRIGGER slow ON notes");
    pair.copy(&[])
        .ends_with(0)
        .says(&["goes on where an earlier run ended"]);
    assert_eq!(pair.to.psql(ROWS), "400|400");
}

#[test]
fn copies_that_start_at_once_wait_for_one_another() {
    // Nothing of the ledger is there yet, so each of them would make it.
    let people = "CREATE TABLE people (id int PRIMARY KEY, name text);";
    let from =
        format!("{people} INSERT INTO people SELECT n, 'x' FROM generate_series(1, 200) AS n;");
    let pair = Pair::new("at-once", &from, people, "");
    let runs: Vec<_> = (0..4).map(|_| pair.start(&[])).collect();
    for run in runs {
        finished(run.wait_with_output().expect("the machine does its part")).ends_with(0);
    }
    assert_eq!(pair.to.psql("SELECT count(*) FROM people"), "200");
}

#[test]
fn a_partitioned_table_is_copied_once_and_whole() {
    let table = "CREATE TABLE part (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
        CREATE TABLE part_old PARTITION OF part FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
        CREATE TABLE part_rest PARTITION OF part DEFAULT;";
    let from = format!("{table} INSERT INTO part VALUES (1, '2020-02-02'), (2, '1999-01-01');");
    let pair = Pair::new("parts", &from, table, "");
    let run = pair.copy(&[]).ends_with(0);
    assert_eq!(run.counts("part"), [2, 2, 0, 0]);
    assert_eq!(pair.to.psql("SELECT count(*) FROM part_old"), "1");
}
