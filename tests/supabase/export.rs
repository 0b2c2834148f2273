//! `align migrate --export`

use super::*;

/// Values that differ from run to run are left out of the rows: times, and ids that the server makes.
const ROWS: &str = "
    SELECT table_name, md5(query_to_xml(format(
        'SELECT r FROM (SELECT to_jsonb(t) - ''created_at'' - ''updated_at'' - ''id'' - ''conversation_id''
                           - ''call_start_time'' - ''at'' - ''run'' AS r FROM %I.%I AS t) AS s ORDER BY r::text',
        table_schema, table_name), true, false, '')::text)
    FROM information_schema.tables
    WHERE table_type = 'BASE TABLE'
      AND (table_schema = 'public' AND table_name NOT IN ('calls', 'conversations')
           OR table_schema = 'align' AND table_name IN ('quarantine', 'filled', 'name_collisions'))
    ORDER BY table_schema, table_name";

fn exported_as_migrated(surroundings: Surroundings, phases: &[&str]) {
    let args: Vec<&str> = phases.iter().flat_map(|phase| ["--phase", phase]).collect();
    let migrated = Project::new("migrated", surroundings);
    migrated.migrate(&args).expect(0);
    let pushed = Project::new("exported", surroundings);
    pushed.export(&[&args[..], &AT].concat()).expect(0);
    pushed.push();
    let namespaces = "SELECT nspname FROM pg_namespace
                      WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1";
    let namespaces = migrated.db.psql(namespaces);
    assert!(namespaces.contains("align"), "{namespaces}");
    for namespace in namespaces.lines() {
        let [one, other] = [&migrated, &pushed].map(|project| clara::dump(&project.db, namespace));
        assert_eq!(one, other, "{namespace}");
    }
    assert_eq!(migrated.db.psql(ROWS), pushed.db.psql(ROWS));

    let status = pushed.status(&[&args[..], &["--check", "--history"]].concat());
    let status = status.expect(0).stdout;
    assert!(status.contains("exported"), "{status}");
    let again = pushed.migrate(&args).expect(0);
    assert!(
        again.stdout.contains("nothing is pending"),
        "{}",
        again.stdout
    );
}

#[test]
fn exported_files_give_the_same_database_as_a_run() {
    exported_as_migrated(Surroundings::Supabase, &["phase1", "phase2", "phase3"]);
}

#[test]
fn exported_files_run_where_there_is_no_supabase() {
    exported_as_migrated(Surroundings::Plain, &["minimal"]);
}

#[test]
fn an_exported_file_needs_nothing_that_a_transaction_refuses() {
    let project = Project::new("plain", Surroundings::Plain);
    project.export(&["--phase", "phase1"]).expect(0);
    let files = project.exported();
    assert_eq!(files.len(), 56);
    for (name, text) in &files {
        let code: Vec<&str> = text
            .lines()
            .filter(|line| !line.starts_with("--"))
            .collect();
        let code = code.join("\n");
        for word in ["CONCURRENTLY", "align:window", "-- align:"] {
            assert!(!code.contains(word), "{name}: {word}");
        }
        assert!(!text.contains("-- align: "), "{name} keeps a directive");
    }
    let index = files
        .iter()
        .find(|(name, _)| name.contains("v12_clients_name_index"))
        .unwrap();
    assert!(
        index.1.contains("CREATE INDEX IF NOT EXISTS"),
        "{}",
        index.1
    );
    assert!(
        index.1.contains("-- CONCURRENTLY is left out"),
        "{}",
        index.1
    );
    let batch = files
        .iter()
        .find(|(name, _)| name.contains("v19_clients_rows"))
        .unwrap();
    assert!(batch.1.contains("in windows of id"), "{}", batch.1);
}

#[test]
fn the_same_migrations_give_the_same_files_in_order() {
    let project = Project::new("order", Surroundings::Plain);
    let said = project
        .export(&[&AT[..], &["--format", "json"]].concat())
        .expect(0);
    let said: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    let listed: Vec<&str> = said["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["file"].as_str().unwrap())
        .collect();
    let files = project.exported();
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(listed, names);
    assert_eq!(names[0], "20260101000000_align_ledger.sql");
    assert_eq!(names[1], "20260101000001_align_phase1_v01_align.sql");
    assert_eq!(names[56], "20260101000056_align_phase2_v01_needs.sql");
    assert_eq!(names.len(), 68);

    let other = Project::new("order", Surroundings::Plain);
    other.export(&AT).expect(0);
    assert_eq!(other.exported(), files);
}

#[test]
fn nothing_is_overwritten_and_what_is_there_is_kept() {
    let project = Project::new("kept", Surroundings::Plain);
    project
        .export(&[&["--phase", "phase1"], &AT[..]].concat())
        .expect(0);
    let before = project.exported();
    let again = project.export(&["--phase", "phase1"]).expect(0);
    assert!(
        again.stdout.contains("all 56 files are in out already"),
        "{}",
        again.stdout
    );
    assert_eq!(project.exported(), before);

    // A later phase comes after whatever is there, even a file of somebody else's that lies in the future.
    fs::write(project.path("out/29991231235958_theirs.sql"), "SELECT 1;").unwrap();
    let more = project
        .export(&["--phase", "phase1", "--phase", "phase2"])
        .expect(0);
    assert!(
        more.stdout
            .contains("wrote 12 files to out, where 56 were already"),
        "{}",
        more.stdout
    );
    let after = project.exported();
    assert_eq!(after.len(), before.len() + 1 + 12);
    assert!(
        after
            .iter()
            .any(|(name, _)| name == "29991231235959_align_phase2_v01_needs.sql")
    );

    let early = project
        .export(&[&["--phase", "phase3"], &AT[..]].concat())
        .expect(2);
    assert!(
        early
            .stderr
            .contains("`--at 20260101000000` is not after the last migration"),
        "{}",
        early.stderr
    );
    let wrong = project.export(&["--at", "2026-01-01"]).expect(2);
    assert!(wrong.stderr.contains("YYYYMMDDHHMMSS"), "{}", wrong.stderr);

    // A file that was written of another text is not taken for this one.
    let (name, text) = &before[5];
    let rest: Vec<&str> = text.lines().skip(1).collect();
    let changed = format!(
        "-- align-export: phase1 V5__users 7 clara-to-trendtialcrm\n{}",
        rest.join("\n")
    );
    fs::write(project.path("out").join(name), &changed).unwrap();
    let refused = project.export(&["--phase", "phase1"]).expect(3);
    assert!(
        refused.stderr.contains("of another text of this migration"),
        "{}",
        refused.stderr
    );
    assert!(refused.stderr.contains(name), "{}", refused.stderr);
}

#[test]
fn a_folder_that_cannot_be_ordered_or_written_is_refused() {
    let project = Project::new("refused", Surroundings::Plain);
    fs::create_dir(project.path("out")).unwrap();
    fs::write(project.path("out/99999999999999_init.sql"), "SELECT 1;").unwrap();
    let refused = project.export(&[]).expect(2);
    assert!(
        refused.stderr.contains("99999999999999 is no time"),
        "{}",
        refused.stderr
    );
    fs::remove_dir_all(project.path("out")).unwrap();
    fs::write(project.path("out"), "").unwrap();
    let refused = project.export(&[]).expect(2);
    assert!(refused.stderr.contains("out"), "{}", refused.stderr);
    let both = project.export(&["--dry-run"]).expect(2);
    assert!(
        both.stderr.contains("cannot be used with"),
        "{}",
        both.stderr
    );
}
