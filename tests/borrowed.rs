//! `align rehearse --server`: a database of its own on somebody's server, and nothing else there.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails where it is"
)]

mod cluster;

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cluster::{Cluster, Database};

const OURS: &str =
    "SELECT datname FROM pg_database WHERE datname LIKE 'align\\_rehearsal\\_%' ORDER BY 1";

/// A pair whose one migration takes as long as is said.
fn pair(migration: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put("pair/a.sql", "CREATE TABLE t (id int PRIMARY KEY);");
    put("pair/b.sql", "CREATE TABLE t (id int PRIMARY KEY, x int);");
    put(
        "pair/mapping.toml",
        "format = 1\n[from]\nsource = \"sql:a.sql\"\n[to]\nsource = \"sql:b.sql\"\n\
         [migrate]\ndir = \"m\"\nphases = [\"one\"]\n[gate]\nscore = 90\n\
         [[category]]\nname = \"all\"\ntables = [\"t\"]\n\
         [[table]]\nfrom = \"t\"\nto = \"t\"\n",
    );
    put("pair/m/one/V1__x.sql", migration);
    folder
}

const QUICK: &str = "ALTER TABLE t ADD COLUMN x int;";
const SLOW: &str = "ALTER TABLE t ADD COLUMN x int;\nSELECT pg_sleep(60);";

fn rehearse(folder: &tempfile::TempDir, url: &str, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_align"));
    command.args(["rehearse", "--server", "env:SERVER"]);
    if folder.path().join("pair").exists() {
        command.args(["--map", "pair"]);
    }
    command
        .args(args)
        .current_dir(folder.path())
        .env_clear()
        .env("HOME", folder.path())
        .env("LC_ALL", "C.UTF-8")
        .env("SERVER", url)
        .stdin(Stdio::null());
    command
}

fn run(folder: &tempfile::TempDir, url: &str, args: &[&str]) -> (Option<i32>, String, String) {
    let output = rehearse(folder, url, args).output().unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

fn wait_for(db: &Database<'_>, sql: &str, wanted: impl Fn(&str) -> bool) -> String {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let found = db.psql(sql);
        if wanted(&found) {
            return found;
        }
        assert!(Instant::now() < end, "{sql}: {found}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What is on a server, and in that database.
fn server(db: &Database<'_>) -> String {
    db.psql(
        "SELECT datname, datdba::regrole FROM pg_database ORDER BY 1;
         SELECT rolname FROM pg_roles ORDER BY 1;
         SELECT spcname FROM pg_tablespace ORDER BY 1;
         SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' ORDER BY 1;
         SELECT oid::regclass FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1",
    )
}

#[test]
fn it_comes_and_goes_for_a_role_that_may_create_databases_and_for_no_other() {
    let cluster = Cluster::start(&cluster::Settings::default());
    let home = cluster.database("home");
    home.psql("CREATE TABLE kept (id int); INSERT INTO kept VALUES (1)");
    cluster.role("maker", "LOGIN CREATEDB");
    cluster.role("nobody here", "LOGIN");
    let before = server(&home);
    let folder = pair(QUICK);

    let (code, said, told) = run(&folder, &home.url_as("maker"), &[]);
    assert_eq!(code, Some(0), "{said}{told}");
    assert!(told.contains("scratch database maker@"), "{told}");
    assert!(said.contains("the gate passes"), "{said}");

    let (code, said, told) = run(&folder, &home.url_as("nobody here"), &[]);
    assert_eq!((code, said.as_str()), (Some(3), ""), "{told}");
    for words in [
        "role `nobody here` may not create a database",
        "`ALTER ROLE \"nobody here\" CREATEDB;`",
    ] {
        assert!(told.contains(words), "no {words} in {told}");
    }

    let folder = pair("ALTER TABLE nowhere ADD COLUMN x int;");
    let (code, _, told) = run(&folder, &home.url_as("maker"), &[]);
    assert_eq!(code, Some(2), "{told}");

    let (code, said, told) = run(&folder, &home.url_as("maker"), &["--profile", "supabase"]);
    assert_eq!((code, said.as_str()), (Some(3), ""), "{told}");
    for words in [
        "no role `anon`, `authenticated`, `service_role`",
        "--profile plain",
    ] {
        assert!(told.contains(words), "no {words} in {told}");
    }
    assert_eq!(server(&home), before);
    assert_eq!(home.psql("SELECT id FROM kept"), "1");
}

#[test]
fn the_bundled_pair_goes_its_road_on_a_server_of_supabase() {
    let cluster = Cluster::start(&cluster::Settings::default());
    let home = cluster.database("home");
    home.load_shim();
    cluster.role("maker", "LOGIN CREATEDB");
    let before = server(&home);
    let folder = tempfile::tempdir().unwrap();
    for profile in ["supabase", "plain"] {
        let args = [
            "--profile",
            profile,
            "--phase",
            "phase1",
            "--format",
            "json",
        ];
        let (code, said, told) = run(&folder, &home.url_as("maker"), &args);
        assert_eq!(code, Some(1), "{said}{told}");
        let page: serde_json::Value = serde_json::from_str(&said).unwrap();
        assert_eq!(page["phases"][1]["score"], 100.0, "{page:#}");
        assert_eq!(page["phases"][1]["blockers"], 16, "{page:#}");
    }
    assert_eq!(server(&home), before);
}

#[test]
fn what_a_killed_run_left_is_dropped_by_the_next_and_nothing_else_is() {
    let cluster = Cluster::start(&cluster::Settings::default());
    let home = cluster.database("home");
    let other = cluster.database("other");
    let foreign = "align_rehearsal_0000000100000000";
    home.psql(&format!("CREATE DATABASE {foreign}"));
    let start = |migration: &str, url: &str| {
        let folder = pair(migration);
        let mut command = rehearse(&folder, url, &[]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        (command.spawn().unwrap(), folder)
    };
    let sleeping = |count: usize| {
        let sql = "SELECT datname FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)' AND state = 'active' ORDER BY 1";
        wait_for(&home, sql, |found| found.lines().count() == count)
    };
    // This one lives on, and is connected to another database.
    let (mut living, _living_folder) = start(SLOW, &other.url());
    let lives = sleeping(1);
    let (mut killed, _killed_folder) = start(SLOW, &home.url());
    let both = sleeping(2);
    let dies = both
        .lines()
        .find(|name| **name != lives)
        .unwrap()
        .to_owned();
    killed.kill().unwrap();
    killed.wait().unwrap();
    let locks =
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 1634494318";
    wait_for(&home, locks, |found| found == "1");
    assert!(home.psql(OURS).contains(&dies), "it is left behind");

    let (code, said, told) = run(&pair(QUICK), &home.url(), &[]);
    assert_eq!(code, Some(0), "{said}{told}");
    let mut left = [foreign.to_owned(), lives];
    left.sort();
    assert_eq!(home.psql(OURS).lines().collect::<Vec<_>>(), left);

    let interrupt = Command::new("kill")
        .args(["-INT", &living.id().to_string()])
        .status();
    assert!(interrupt.unwrap().success());
    assert_eq!(living.wait().unwrap().code(), Some(130));
    assert_eq!(home.psql(OURS), foreign);
}
