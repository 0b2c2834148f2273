//! What a server does to a copy at its worst moments, and that the next run ends where an undisturbed one does.

use super::bad::wait_for;
use super::cluster::{Settings, SmallDisk};
use super::{Cluster, Pair, finished};

const FROM: &str = "
    CREATE TABLE people (id int PRIMARY KEY, name text);
    CREATE TABLE notes (id int PRIMARY KEY, person int REFERENCES people, body text);
    INSERT INTO people SELECT n, 'Person ' || n FROM generate_series(1, 300) AS n;
    INSERT INTO notes SELECT n, 1 + n % 300, repeat(md5(n::text), 20) FROM generate_series(1, 12000) AS n;
    UPDATE people SET name = NULL WHERE id = 7;";
const TO: &str = "
    CREATE TABLE people (id int PRIMARY KEY, full_name text NOT NULL);
    CREATE TABLE notes (id int PRIMARY KEY, person int REFERENCES people, body text);
    CREATE INDEX notes_person ON notes (person);
    INSERT INTO people VALUES (1, 'was here');";
const MAPPING: &str = "[copy]\nmax_errors = \"100%\"\n[[column]]\nfrom = \"people.name\"\nto = \"people.full_name\"\n";
/// With it the table is not empty, so that its rows are staged.
const IN_USE: &str = "INSERT INTO notes VALUES (0, 1, 'was here');";
/// Everything that a copy leaves where people look.
const RESULT: &str = "SELECT (SELECT md5(string_agg(p::text, '' ORDER BY id)) FROM people AS p),
    (SELECT md5(string_agg(n::text, '' ORDER BY id)) FROM notes AS n), (SELECT count(*) FROM notes),
    (SELECT string_agg(table_name || key || code, ' ' ORDER BY table_name, key::text) FROM align.quarantine WHERE resolved_at IS NULL),
    (SELECT string_agg(indexname, ' ' ORDER BY indexname) FROM pg_indexes WHERE tablename = 'notes')";
const ROWS: &str = "SELECT (SELECT count(*) FROM people), (SELECT count(*) FROM notes)";

/// Where the room ends.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// Wherever the server writes of this database.
    Database,
    /// Only at the table that is published last.
    Table,
}

#[test]
fn a_full_disk_publishes_no_half_of_a_table_and_space_lets_it_go_on() {
    for in_use in [IN_USE, ""] {
        let to = format!("{TO}{in_use}");
        let undisturbed = Pair::new("space", FROM, &to, MAPPING);
        undisturbed.copy(&[]).ends_with(0);
        let expected = undisturbed.to.psql(RESULT);
        for place in [Place::Database, Place::Table] {
            if !out_of_room(place, &to, &expected) {
                return;
            }
        }
    }
}

/// `false` where no small disk can be mounted.
fn out_of_room(place: Place, to: &str, expected: &str) -> bool {
    let is_staged = to.ends_with(IN_USE);
    // A server of its own, which the loss of the disk at the end does no harm.
    let cluster: &'static Cluster = Box::leak(Box::new(Cluster::start(&Settings::default())));
    let size = match place {
        Place::Database => "12m",
        Place::Table => "2m",
    };
    let Some(disk) = SmallDisk::mount(cluster.socket(), size) else {
        SmallDisk::skip("faults::a_full_disk_publishes_no_half_of_a_table_and_space_lets_it_go_on");
        return false;
    };
    let space = disk.space();
    let target = match place {
        Place::Database => {
            let postgres = cluster.named("postgres");
            postgres.psql(&format!("CREATE TABLESPACE small LOCATION '{space}'"));
            postgres.psql("CREATE DATABASE small TEMPLATE template0 TABLESPACE small");
            cluster.named("small")
        }
        Place::Table => cluster.database("small"),
    };
    let pair = Pair::into(target, "full", FROM, to, MAPPING);
    if let Place::Table = place {
        pair.to
            .psql(&format!("CREATE TABLESPACE small LOCATION '{space}'"));
        pair.to.psql("ALTER TABLE notes SET TABLESPACE small");
    }
    let indexes = "SELECT string_agg(indexname, ' ' ORDER BY indexname) FROM pg_indexes WHERE schemaname = 'public'";
    let before = pair.to.psql(indexes);
    for _ in 0..2 {
        let run = pair.copy(&[]);
        // The parents may be published by then.
        assert!(
            [Some(2), Some(4)].contains(&run.code),
            "{place:?}: {run:#?}"
        );
        run.says(&[
            "error: cannot ",
            "No space left on device (53100)",
            "make room on the server; then run the same command again",
        ]);
        assert_eq!(pair.to.psql(indexes), before, "{place:?}");
        let rows = pair.to.psql(ROWS);
        let notes = usize::from(is_staged);
        assert!(
            [format!("1|{notes}"), format!("299|{notes}")].contains(&rows),
            "{place:?}: {rows}"
        );
    }
    disk.grow("200m");
    let again = pair.copy(&[]).ends_with(0);
    if is_staged {
        again.says(&["goes on where an earlier run ended"]);
    }
    assert_eq!(pair.to.psql(RESULT), expected, "{place:?}");
    true
}

/// A row of the source that waits for a sign, which a snapshot does not hide.
const GATE: &str = "
    CREATE SEQUENCE gate;
    CREATE FUNCTION held() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
        LOOP
            EXIT WHEN (SELECT last_value FROM public.gate) > 1;
            PERFORM pg_sleep(0.01);
        END LOOP;
        RETURN true;
    END $$;";
const HELD: [&str; 2] = ["--where", "notes=id > 1 OR public.held()"];

#[test]
fn a_backend_that_is_ended_on_either_side_publishes_nothing_and_the_next_run_goes_on() {
    let to = format!("{TO}{IN_USE}");
    let undisturbed = Pair::new("ended", FROM, &to, MAPPING);
    undisturbed.copy(&[]).ends_with(0);
    let expected = undisturbed.to.psql(RESULT);
    for (is_source, session, doing) in [
        (true, "align copy: stage", "cannot read `"),
        (true, "align copy shop-to-crm", "cannot read `"),
        (false, "align copy: stage", "cannot stage rows of `"),
        (
            false,
            "align copy shop-to-crm",
            "cannot count what is staged of `",
        ),
    ] {
        let pair = Pair::new("ended", &format!("{FROM}{GATE}"), &to, MAPPING);
        let child = pair.start(&HELD);
        let sessions = |name: &str, test: &str| {
            format!("FROM pg_stat_activity WHERE datname = '{name}' AND {test}")
        };
        let waits =
            "query LIKE '%held()%' AND state = 'active' AND application_name = 'align copy: stage'";
        wait_for(
            &pair,
            &format!("SELECT count(*) = 1 {}", sessions(&pair.from.name, waits)),
        );
        // The other ranges, one of which the other worker has staged.
        wait_for(&pair, "SELECT count(*) = 2 FROM align.copy_windows");
        let (hit, other) = if is_source {
            (&pair.from, &pair.to)
        } else {
            (&pair.to, &pair.from)
        };
        let this = sessions(&hit.name, &format!("application_name = '{session}'"));
        let end = format!("SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) > 0 {this}");
        assert_eq!(hit.psql(&end), "t", "{session}, {doing}");
        pair.from.psql("SELECT setval('gate', 2)");
        let run = finished(child.wait_with_output().expect("it is ours"));
        let run = run
            .ends_with(2)
            .says(&[doing, "run the same command again; it goes on from there"]);
        // Its last words may have come through or not.
        let words = ["the connection to the server is lost", "(57P01)"];
        assert!(
            words.iter().any(|word| run.stderr.contains(word)),
            "{run:#?}"
        );
        assert_eq!(pair.to.psql(ROWS), "1|1", "{session}, {doing}");
        // The other side is let go of, too.
        let left = sessions(&other.name, "application_name LIKE 'align copy%'");
        wait_for(&pair, &format!("SELECT count(*) = 0 {left}"));
        pair.copy(&HELD)
            .ends_with(0)
            .says(&["goes on where an earlier run ended"]);
        assert_eq!(pair.to.psql(RESULT), expected, "{session}, {doing}");
    }
}
