//! Databases and orders that the phases are not made for.

use super::cluster::Cluster;
use super::{OWNER, Surroundings, apply, as_role, clara, dump, everything, files, run};

#[test]
fn phases_refuse_what_they_are_not_made_for() {
    let cluster = Cluster::shared();
    let db = clara(cluster, "refused", Surroundings::Supabase);
    let first = |phase: &str| files(phase).remove(0);
    for phase in ["phase2", "phase3", "contract"] {
        let refused = run(&db, &first(phase)).unwrap_err();
        assert!(refused.contains("not applied yet"), "{phase}: {refused}");
    }
    apply(&db, "phase1");
    let refused = run(&db, &first("minimal")).unwrap_err();
    assert!(refused.contains("phase1 is applied"), "{refused}");
    // Nor after `minimal` went before; and a part of phase 1 is enough.
    let both = clara(cluster, "refused", Surroundings::Supabase);
    apply(&both, "minimal");
    for file in &files("phase1")[..10] {
        run(&both, file).unwrap_or_else(|error| panic!("{}: {error}", file.name));
    }
    let refused = run(&both, &first("minimal")).unwrap_err();
    assert!(refused.contains("phase1 is applied"), "{refused}");

    let other = clara(cluster, "refused", Surroundings::Supabase);
    let before = dump(&other);
    for (arrange, expected, arrange_back) in [
        ("CREATE TABLE public.users (id int, password_hash text)", "that is not TrendtialCRM's", "DROP TABLE public.users"),
        ("REVOKE INSERT ON auth.users FROM phases_owner", "lacks INSERT on `auth.users`", "GRANT INSERT ON auth.users TO phases_owner"),
        (
            "CREATE FUNCTION public.theirs() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
             CREATE TRIGGER on_auth_user_created AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION public.theirs()",
            "is another application's",
            "DROP TRIGGER on_auth_user_created ON auth.users; DROP FUNCTION public.theirs()",
        ),
    ] {
        other.psql(arrange);
        let refused = run(&other, &first("phase1")).unwrap_err();
        assert!(refused.contains(expected), "{refused}");
        other.psql(arrange_back);
        assert_eq!(dump(&other), before);
    }
    let empty = cluster.database("refused");
    let refused = run(&empty, &first("phase1"));
    assert!(refused.unwrap_err().contains("not a database of Clara's"));
}

/// What a view shows is its caller's to see since 15 only. Before, nothing is written.
#[test]
fn an_older_server_is_refused_before_anything_is_written() {
    let db = clara(Cluster::shared(), "older", Surroundings::Supabase);
    let before = everything(&db);
    let asked = "current_setting('server_version_num')";
    for phase in ["phase1", "minimal"] {
        let files = files(phase);
        let judge = files.iter().position(|file| file.sql.contains(asked));
        let judge = judge.unwrap();
        for (version, refused) in [("140023", true), ("90624", true), ("150000", false)] {
            let sql: String = files[..=judge]
                .iter()
                .map(|file| file.sql.replace(asked, &format!("'{version}'")))
                .collect();
            let result = as_role(&db, OWNER, &format!("BEGIN; {sql}\nROLLBACK;"));
            assert_eq!(result.is_err(), refused, "{phase} on {version}: {result:?}");
            if let Err(message) = result {
                for part in [
                    "PostgreSQL 15 or newer is needed",
                    "HINT:  upgrade the server: before 15 a view",
                ] {
                    assert!(message.contains(part), "{message}");
                }
            }
            assert_eq!(everything(&db), before);
        }
        // What stands before the judgement only looks, for one who commits each statement, too.
        for file in &files[..judge] {
            as_role(&db, OWNER, &file.sql).unwrap();
        }
        let sql = &files[judge].sql;
        assert!(sql.find(asked).unwrap() < sql.find("CREATE").unwrap());
        assert_eq!(everything(&db), before);
    }
}
