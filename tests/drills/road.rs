//! There, once more, and back.

use crate::accounted::account;
use crate::clara::{Surroundings, dump, rows};
use crate::cluster::Database;
use crate::ground::{ground, migrate, take_back, turn};

/// Everything there is, but for nothing.
fn everything(db: &Database<'_>) -> String {
    let tables = db.psql(
        "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
         WHERE c.relkind = 'r' AND n.nspname IN ('public', 'align', 'auth') ORDER BY 1",
    );
    let each = tables.lines().map(|table| {
        format!("SELECT '{table}', count(*), md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))) FROM {table} AS t;\n")
    });
    let rows = db.psql(&each.collect::<String>());
    format!("{}\n{rows}", dump(db, "(public|align|clara|auth)"))
}

fn there_and_back(surroundings: Surroundings) {
    let turn = turn();
    let ground = ground(surroundings);
    let db = ground.copy("road");
    let (_, took) = migrate(&db);
    let figures = account(&db);
    eprintln!(
        "{surroundings:?}: three phases in {:.1} s; {figures}",
        took.as_secs_f64()
    );

    let before = everything(&db);
    let (said, again) = migrate(&db);
    assert_eq!(said, "nothing is pending\n");
    assert!(
        everything(&db) == before,
        "the second run changed something"
    );

    let back = take_back(&db);
    assert_eq!(dump(&db, "public"), ground.schema);
    assert_eq!(rows(&db), ground.rows);
    db.remove();
    eprintln!(
        "{surroundings:?}: the second run took {:.1} s, the way back {:.1} s",
        again.as_secs_f64(),
        back.as_secs_f64()
    );
    drop(turn);
}

#[test]
fn every_value_is_accounted_for_with_supabase() {
    there_and_back(Surroundings::Supabase);
}

#[test]
fn every_value_is_accounted_for_without_supabase() {
    there_and_back(Surroundings::Plain);
}
