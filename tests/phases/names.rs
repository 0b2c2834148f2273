//! Client names that old writers bring at the same time.

use std::thread;

use super::cluster::{Cluster, Database};
use super::{OWNER, Surroundings, apply, as_role, clara, files, run};

/// No two rows have one name, and rows of another name than their own are listed.
fn unique(db: &Database<'_>, after: &str) {
    let broken = db.psql(
        "SELECT client_name, count(*) FROM public.clients GROUP BY client_name HAVING count(*) > 1;
         SELECT c.name, c.client_name FROM public.clients AS c
         WHERE c.name <> c.client_name AND NOT EXISTS (
             SELECT FROM align.name_collisions AS n WHERE (n.client_id, n.client_name) = (c.id, c.client_name))",
    );
    assert_eq!(broken, "", "after {after}");
}

fn clear(db: &Database<'_>) {
    db.psql("DELETE FROM public.clients; DELETE FROM align.name_collisions; DELETE FROM align.name_numbers");
}

/// Two transactions that stay open, of several rows each in another order.
fn side_by_side(db: &Database<'_>, after: &str) {
    let open =
        "FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
    let is_open = format!("SELECT count(*) {open}");
    thread::scope(|scope| {
        let first = scope.spawn(|| {
            as_role(
                db,
                OWNER,
                "BEGIN; INSERT INTO public.clients (name, company) VALUES ('One', NULL), ('Two', 'Firm');
                 DO $$ BEGIN PERFORM pg_sleep(60); EXCEPTION WHEN query_canceled THEN NULL; END $$; COMMIT",
            )
        });
        while !first.is_finished() && db.psql(&is_open) == "0" {}
        // Whatever waits for the other at all fails here.
        let second = as_role(
            db,
            OWNER,
            "SET lock_timeout = '50ms'; BEGIN;
             INSERT INTO public.clients (name, company) VALUES ('Three', NULL), ('Two', 'Firm'), ('One', NULL);
             INSERT INTO public.clients (name, company) VALUES ('Two', 'Firm'), ('Two', 'Other');
             UPDATE public.clients SET name = 'Two' WHERE name = 'Three'; COMMIT",
        );
        second.unwrap_or_else(|error| panic!("after {after}: {error}"));
        let ended = db.psql(&format!("SELECT pg_cancel_backend(pid) {open}"));
        assert_eq!(ended, "t", "the first is still at it");
        first.join().unwrap().unwrap();
    });
    unique(db, after);
    let names =
        db.psql("SELECT string_agg(client_name, ', ' ORDER BY client_name) FROM public.clients");
    assert_eq!(
        names, "One, One (2), Two, Two (2), Two (Firm), Two (Firm) (2), Two (Other)",
        "after {after}"
    );
    clear(db);
}

/// More names in a transaction than it may lock one by one, the same ones from both sides at once.
fn many_at_once(db: &Database<'_>, after: &str) {
    thread::scope(|scope| {
        let sides = ["ASC", "DESC"].map(|order| {
            scope.spawn(move || {
                let many = format!(
                    "INSERT INTO public.clients (name)
                     SELECT 'Bulk ' || n FROM generate_series(1, 700) AS n ORDER BY n {order}"
                );
                let few = "INSERT INTO public.clients (name) VALUES ('Bulk 350'), ('Bulk 3'), ('Bulk 699')";
                as_role(db, OWNER, &format!("{few}; {many}; {few}"))
            })
        });
        for side in sides {
            let result = side.join().unwrap();
            result.unwrap_or_else(|error| panic!("after {after}: {error}"));
        }
    });
    let made = db.psql("SELECT count(*) FROM public.clients");
    assert_eq!(made, "1412", "after {after}");
    unique(db, after);
    clear(db);
}

/// A session that has known the tables while they were small goes on by their indexes when they are not: of a name that
/// many want it may try some hundred, each of which would be a look through all rows.
fn looks_by_index(db: &Database<'_>, after: &str) {
    let scans = db.psql(
        "INSERT INTO public.clients (name) VALUES ('Same'), ('Same');
         ANALYZE public.clients, align.name_numbers, align.name_collisions;
         INSERT INTO public.clients (name) SELECT 'Same' FROM generate_series(1, 20);
         INSERT INTO align.name_numbers (name, number) SELECT 'Other', n FROM generate_series(1, 5000) AS n;
         INSERT INTO align.name_collisions (client_id, name, client_name)
         SELECT public.uuid_generate_v4(), 'Other', 'Other ' || n FROM generate_series(1, 5000) AS n;
         BEGIN;
         INSERT INTO public.clients (name, company) VALUES ('Same', NULL), ('Same', 'Firm'), ('Same', 'Firm'), ('New', NULL);
         SELECT string_agg(relname, ', ') FROM pg_stat_xact_user_tables
         WHERE relname IN ('clients', 'name_numbers', 'name_collisions') AND seq_scan > 0;
         ROLLBACK",
    );
    assert_eq!(scans, "", "after {after}");
    clear(db);
}

#[test]
fn writers_of_old_names_do_not_wait_for_each_other() {
    let db = clara(Cluster::shared(), "names", Surroundings::Supabase);
    for file in files("phase1") {
        run(&db, &file).unwrap_or_else(|error| panic!("{}: {error}", file.name));
        // Before the key on client_name, and with it.
        if matches!(file.version, 18 | 25) {
            side_by_side(&db, &file.name);
            many_at_once(&db, &file.name);
            looks_by_index(&db, &file.name);
        }
    }
    apply(&db, "phase2");
    side_by_side(&db, "phase2");
}
