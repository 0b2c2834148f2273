//! Schemas that are Supabase's own.

use std::collections::BTreeSet;

use super::*;

/// The smallest part of what a project keeps in them.
const SERVICES: &str = "
    CREATE SCHEMA storage;
    CREATE TABLE storage.buckets (id text PRIMARY KEY, name text NOT NULL, public boolean DEFAULT false);
    CREATE TABLE storage.objects (id uuid PRIMARY KEY, bucket_id text REFERENCES storage.buckets (id), owner uuid);
    ALTER TABLE storage.objects ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own ON storage.objects FOR SELECT TO authenticated USING (owner = auth.uid());
    GRANT USAGE ON SCHEMA storage TO authenticated, service_role;
    GRANT SELECT ON ALL TABLES IN SCHEMA storage TO authenticated, service_role;
    INSERT INTO storage.buckets VALUES ('avatars', 'avatars', true);
    CREATE SCHEMA realtime;
    CREATE TABLE realtime.subscription (id bigint PRIMARY KEY, entity regclass NOT NULL);
    CREATE TABLE realtime.messages (id uuid PRIMARY KEY, topic text NOT NULL);
    ALTER TABLE realtime.messages ENABLE ROW LEVEL SECURITY;";

fn state(project: &Project, namespace: &str) -> String {
    let rows = project.db.psql(
        "SELECT xmin, ctid, t FROM storage.buckets AS t;
         SELECT relname, relacl, relrowsecurity, relhastriggers FROM pg_class
         WHERE relnamespace IN ('storage'::regnamespace, 'realtime'::regnamespace) ORDER BY oid",
    );
    format!("{}\n{rows}", clara::dump(&project.db, namespace))
}

#[test]
fn storage_and_realtime_are_never_touched_and_auth_gets_one_trigger() {
    let project = Project::new("services", Surroundings::Supabase);
    project.db.psql(SERVICES);
    let before = ["storage", "realtime"].map(|namespace| state(&project, namespace));
    let auth = clara::dump(&project.db, "auth");
    let phases = [
        "--phase", "phase1", "--phase", "phase2", "--phase", "phase3",
    ];
    project.migrate(&phases).expect(0);
    let after = ["storage", "realtime"].map(|namespace| state(&project, namespace));
    assert_eq!(before, after);

    let lines: BTreeSet<&str> = auth.lines().collect();
    let now = clara::dump(&project.db, "auth");
    let new: Vec<&str> = now
        .lines()
        .filter(|line| !lines.contains(line) && !line.is_empty() && !line.starts_with("--"))
        .collect();
    assert_eq!(
        new,
        [
            "CREATE TRIGGER on_auth_user_created AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION public.handle_new_user();"
        ]
    );
    let gone = auth
        .lines()
        .filter(|line| !now.lines().any(|kept| kept == *line));
    assert_eq!(gone.count(), 0);

    for phase in ["phase3", "phase2", "phase1"] {
        project.migrate(&["--undo", phase]).expect(0);
    }
    let undone = ["storage", "realtime"].map(|namespace| state(&project, namespace));
    assert_eq!(before, undone);
}
