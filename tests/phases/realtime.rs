//! The publication that screens listen to.

use super::cluster::{Cluster, Database};
use super::{OWNER, Surroundings, apply, as_role, clara, run, take_back, undo};

fn with(publication: &str, role: &str) -> Database<'static> {
    let db = clara(Cluster::shared(), "realtime", Surroundings::Supabase);
    db.psql(&format!(
        "GRANT CREATE ON DATABASE \"{}\" TO {OWNER}",
        db.name
    ));
    as_role(&db, role, publication).unwrap();
    db
}

fn published(db: &Database<'_>) -> String {
    db.psql(
        "SELECT string_agg(tablename, ',' ORDER BY tablename) FROM pg_publication_tables
         WHERE pubname = 'supabase_realtime' AND schemaname = 'public'",
    )
}

/// What is published after phase 2, after phase 3, and after both are taken back.
fn road(db: &Database<'_>) -> [String; 3] {
    apply(db, "phase1");
    apply(db, "phase2");
    let second = published(db);
    apply(db, "phase3");
    let third = published(db);
    take_back(db, "phase3");
    take_back(db, "phase2");
    [second, third, published(db)]
}

#[test]
fn screens_hear_of_changes() {
    // As on a project: it is there and empty, and the owner's.
    let db = with("CREATE PUBLICATION supabase_realtime", OWNER);
    let second = "follow_ups,leads,meetings";
    let third = "follow_ups,leads,meetings,notifications,todos";
    assert_eq!(road(&db), [second, third, ""]);

    // Who published a table before finds it published after.
    let db = with(
        "CREATE PUBLICATION supabase_realtime FOR TABLE public.leads, public.clients",
        OWNER,
    );
    let second = "clients,follow_ups,leads,meetings";
    let third = "clients,follow_ups,leads,meetings,notifications,todos";
    assert_eq!(road(&db), [second, third, "clients,leads"]);

    // Without one there is none after, and one of another role's is left alone.
    assert_eq!(road(&with("SELECT 1", OWNER)), ["", "", ""]);
    let db = with("CREATE PUBLICATION supabase_realtime", "postgres");
    assert_eq!(road(&db), ["", "", ""]);
}

#[test]
fn a_publication_of_everything_takes_no_table() {
    for everything in ["FOR ALL TABLES", "FOR TABLES IN SCHEMA public"] {
        let db = with(
            &format!("CREATE PUBLICATION supabase_realtime {everything}"),
            "postgres",
        );
        let [second, third, back] = road(&db);
        for (names, expected) in [
            (second, &["leads", "meetings", "follow_ups"][..]),
            (third, &["notifications", "todos"]),
            (back, &["leads"]),
        ] {
            for table in expected {
                assert!(names.split(',').any(|name| name == *table), "{names}");
            }
        }
    }
    // One that became a publication of everything meanwhile does not keep the phase from going.
    let db = with("CREATE PUBLICATION supabase_realtime", OWNER);
    apply(&db, "phase1");
    apply(&db, "phase2");
    db.psql(
        "DROP PUBLICATION supabase_realtime; CREATE PUBLICATION supabase_realtime FOR ALL TABLES",
    );
    run(&db, &undo("phase2")).unwrap();
}
