//! What was pushed is known again.

use std::fmt::Write;

use super::*;

/// Supabase's own list, with the exported files in it as the CLI puts them there: cut into statements, the
/// comments in front of a statement kept.
fn list(project: &Project, until: &str) {
    let mut sql = "CREATE SCHEMA supabase_migrations;
        CREATE TABLE supabase_migrations.schema_migrations (version text PRIMARY KEY, statements text[], name text);
        GRANT USAGE ON SCHEMA supabase_migrations TO PUBLIC;
        GRANT SELECT ON supabase_migrations.schema_migrations TO PUBLIC;"
        .to_owned();
    for (name, text) in project.exported() {
        let (version, words) = name.strip_suffix(".sql").unwrap().split_once('_').unwrap();
        let first = text.split(';').next().unwrap();
        if version <= until {
            writeln!(
                sql,
                "INSERT INTO supabase_migrations.schema_migrations VALUES ('{version}', ARRAY[$q${first}$q$], '{words}');"
            )
            .unwrap();
        }
    }
    project.db.psql(&sql);
}

#[test]
fn what_supabase_lists_as_applied_is_not_run_again() {
    let project = Project::new("listed", Surroundings::Supabase);
    project.export(&AT).expect(0);
    project.push();
    // As `supabase migration repair --status applied` leaves it: listed, and no history.
    let forget = "DROP TABLE align.\"clara-to-trendtialcrm_phase1_history\";
                  DROP TABLE align.\"clara-to-trendtialcrm_phase2_history\";";
    project.db.psql(forget);
    let fresh = project.status(&[]).expect(0).stdout;
    assert!(fresh.contains("phase1  0 applied, 55 pending"), "{fresh}");
    list(&project, "20260101000100");
    let status = project.status(&[]).expect(0).stdout;
    assert!(status.contains("phase1  55 applied, 0 pending"), "{status}");
    assert!(status.contains("phase2  5 applied, 7 pending"), "{status}");
    assert!(
        status.contains("V1__align  as 20260101000001 by Supabase"),
        "{status}"
    );

    let json = project.status(&["--format", "json"]).expect(0).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["databases"][0]["phases"][0]["applied"], 55);

    let run = project.migrate(&[]).expect(0);
    assert!(!run.stderr.contains("phase1 V"), "{}", run.stderr);
    assert!(
        run.stdout.contains("applied phase2 V6__follow_ups"),
        "{}",
        run.stdout
    );
    assert!(
        !run.stdout.contains("applied phase2 V5__"),
        "{}",
        run.stdout
    );
    let adopted = "SELECT count(*) FROM align.events WHERE event = 'adopted'";
    assert_eq!(project.db.psql(adopted), "60");
    project.status(&["--check"]).expect(0);
}

#[test]
fn a_phase_that_was_brought_back_is_not_taken_for_pushed() {
    let project = Project::new("back", Surroundings::Supabase);
    project
        .export(&[&["--phase", "phase1"], &AT[..]].concat())
        .expect(0);
    project.push();
    list(&project, "9");
    project.migrate(&["--undo", "phase1"]).expect(0);
    let status = project.status(&["--phase", "phase1"]).expect(0).stdout;
    assert!(status.contains("phase1  0 applied, 55 pending"), "{status}");
    project.migrate(&["--phase", "phase1"]).expect(0);
    project.status(&["--phase", "phase1", "--check"]).expect(0);
}

#[test]
fn an_edited_migration_that_was_pushed_is_told() {
    let project = Project::new("edited", Surroundings::Supabase);
    project
        .export(&[&["--phase", "phase1"], &AT[..]].concat())
        .expect(0);
    list(&project, "9");
    project.db.psql(
        "UPDATE supabase_migrations.schema_migrations
         SET statements[1] = replace(statements[1], 'V3__rules ', 'V3__rules 1')",
    );
    let status = project.status(&["--phase", "phase1"]).expect(0).stdout;
    assert!(
        status.contains("54 applied, 0 pending, 1 divergent"),
        "{status}"
    );
    let refused = project.migrate(&["--phase", "phase1"]).expect(3);
    assert!(refused.stderr.contains("V3__rules"), "{}", refused.stderr);
}

#[test]
fn a_file_is_not_run_where_a_run_was_before() {
    let project = Project::new("twice", Surroundings::Supabase);
    project.migrate(&["--phase", "phase1"]).expect(0);
    project
        .export(&[&["--phase", "phase1"], &AT[..]].concat())
        .expect(0);
    let files = project.exported();
    as_role(&project.db, OWNER, &files[0].1).unwrap();
    let error = as_role(&project.db, OWNER, &files[1].1).unwrap_err();
    assert!(
        error.contains("phase1 V1__align is applied already"),
        "{error}"
    );
    assert!(
        error.contains("supabase migration repair --status applied"),
        "{error}"
    );
}

#[test]
fn a_list_that_nobody_may_read_or_that_is_of_old_is_no_trouble() {
    let project = Project::new("closed", Surroundings::Plain);
    project.db.psql(
        "CREATE SCHEMA supabase_migrations;
         CREATE TABLE supabase_migrations.schema_migrations (version text PRIMARY KEY);
         GRANT USAGE ON SCHEMA supabase_migrations TO PUBLIC;
         GRANT SELECT ON supabase_migrations.schema_migrations TO PUBLIC;",
    );
    project.status(&["--phase", "phase1"]).expect(0);
    project.db.psql(
        "ALTER TABLE supabase_migrations.schema_migrations ADD COLUMN statements text[];
         REVOKE USAGE ON SCHEMA supabase_migrations FROM PUBLIC;",
    );
    project.status(&["--phase", "phase1"]).expect(0);
}
