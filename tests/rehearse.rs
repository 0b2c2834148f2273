//! `align rehearse` from an empty folder: the bundled pair's road, and nothing left behind.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails where it is"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// A run of one test would remove what the killed run of another has left.
static TURN: Mutex<()> = Mutex::new(());

fn align(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_align"));
    command.arg("rehearse").args(args).current_dir(folder);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PG") || name == "DATABASE_URL" {
            command.env_remove(name);
        }
    }
    command
        .env("LC_ALL", "C.UTF-8")
        .env("COLUMNS", "80")
        .stdin(Stdio::null());
    command
}

/// Runs it to its end, and sees that nothing of it is left.
fn run(folder: &Path, args: &[&str]) -> Output {
    let mut command = align(folder, args);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let process = child.id();
    let output = child.wait_with_output().unwrap();
    assert_eq!(scratch_folders(process), BTreeSet::new(), "{args:?}");
    output
}

/// Those of one process.
fn scratch_folders(process: u32) -> BTreeSet<PathBuf> {
    let prefix = format!("align-scratch-{process}-");
    fs::read_dir("/tmp")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.starts_with(&prefix)
        })
        .collect()
}

fn json(folder: &Path, args: &[&str]) -> serde_json::Value {
    let args = [args, &["--format", "json"]].concat();
    let output = run(folder, &args);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Section and name of every check that ended so.
fn ended(page: &serde_json::Value, verdict: &str) -> Vec<String> {
    let checks = page["verify"]["checks"].as_array().unwrap().iter();
    let ended = checks.filter(|check| check["verdict"] == verdict);
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    ended
        .map(|check| format!("{}: {}", text(&check["section"]), text(&check["name"])))
        .collect()
}

/// Name, score, blockers, tables that are there.
fn road(page: &serde_json::Value) -> Vec<(String, f64, u64, u64)> {
    let phases = page["phases"].as_array().unwrap();
    phases
        .iter()
        .map(|phase| {
            (
                phase["name"].as_str().unwrap().to_owned(),
                phase["score"].as_f64().unwrap(),
                phase["blockers"].as_u64().unwrap(),
                phase["tables"]["matched"].as_u64().unwrap(),
            )
        })
        .collect()
}

#[test]
fn the_bundled_pair_goes_all_the_way_in_an_empty_folder_with_and_without_supabase() {
    let turn = TURN.lock().unwrap();
    let empty = tempfile::tempdir().unwrap();
    let phases = [
        "--phase", "phase1", "--phase", "phase2", "--phase", "phase3",
    ];
    let page = json(empty.path(), &phases);
    let road_taken = road(&page);
    let names: Vec<&str> = road_taken.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(names, ["start", "phase1", "phase2", "phase3"]);
    assert_eq!(road_taken[0], ("start".to_owned(), 48.4, 22, 3));
    assert!(road_taken[1].1 >= 90.0, "{road_taken:?}");
    assert!(road_taken[2].1 >= 100.0, "{road_taken:?}");
    assert_eq!(road_taken[3], ("phase3".to_owned(), 100.0, 0, 21));
    assert_eq!(page["profile"], "supabase");
    assert_eq!(page["gate"]["passed"], true);
    let locks = |phase: &serde_json::Value, mode: &str| -> BTreeSet<String> {
        let migrations = phase["migrations"].as_array().unwrap().iter();
        let locks = migrations.flat_map(|migration| migration["locks"].as_array().unwrap());
        let found = locks.filter(|lock| lock["mode"] == mode);
        found
            .map(|lock| lock["relation"].as_str().unwrap().to_owned())
            .collect()
    };
    let phase1 = &page["phases"][1];
    assert_eq!(phase1["migrations"].as_array().unwrap().len(), 55);
    assert_eq!(
        locks(phase1, "ACCESS EXCLUSIVE"),
        BTreeSet::from(
            ["activities", "clients", "conversations", "leads"]
                .map(|table| format!("public.{table}"))
        ),
        "the tables that were there before, and no other"
    );
    assert!(locks(phase1, "SHARE UPDATE EXCLUSIVE").contains("public.leads"));
    assert!(locks(phase1, "ROW EXCLUSIVE").contains("auth.users"));
    for phase in page["phases"].as_array().unwrap() {
        for migration in phase["migrations"].as_array().unwrap() {
            assert_eq!(migration["rewrites"], serde_json::json!([]), "{migration}");
        }
    }
    assert_eq!(page["blockers"], serde_json::json!([]));
    assert_eq!(page["verify"]["passed"], true);
    assert_eq!(ended(&page, "skipped"), Vec::<String>::new());
    assert!(ended(&page, "passed").len() > 100, "{}", page["verify"]);
    let queries = &page["phases"][3]["queries"];
    let count = |key: &str| queries[key].as_u64().unwrap();
    assert_eq!(
        count("answered") + count("known_to_fail"),
        count("total"),
        "{queries}"
    );

    let plain = json(
        empty.path(),
        &[&phases[..], &["--profile", "plain"]].concat(),
    );
    assert_eq!(plain["profile"], "plain");
    assert_eq!(road(&plain), road_taken);
    assert_eq!(plain["verify"]["passed"], true);
    let skipped = ended(&plain, "skipped");
    assert!(
        skipped.contains(&"structure: grants are the target's".to_owned()),
        "{skipped:?}"
    );
    assert_eq!(fs::read_dir(empty.path()).unwrap().count(), 0);
    drop(turn);
}

#[test]
fn it_ends_with_1_below_the_gate_and_with_2_when_a_migration_fails() {
    let turn = TURN.lock().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put("pair/a.sql", "CREATE TABLE t (id int PRIMARY KEY);");
    put(
        "pair/b.sql",
        "CREATE TABLE t (id bigint PRIMARY KEY, x int, y int NOT NULL);",
    );
    put(
        "pair/mapping.toml",
        "format = 1\n[from]\nsource = \"sql:a.sql\"\n[to]\nsource = \"sql:b.sql\"\n\
         [migrate]\ndir = \"m\"\nphases = [\"one\"]\n[gate]\nscore = 90\n\
         [[table]]\nfrom = \"t\"\nto = \"t\"\n",
    );
    put(
        "pair/m/one/V1__x.sql",
        "ALTER TABLE t ADD COLUMN x int;\nALTER TABLE t ALTER COLUMN id TYPE bigint;",
    );
    put(
        "pair/m/two/V1__z.sql",
        "ALTER TABLE nowhere ADD COLUMN z int;",
    );
    let output = run(folder.path(), &["--map", "pair"]);
    let (said, told) = (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    );
    assert_eq!(output.status.code(), Some(1), "{said}{told}");
    assert!(said.contains("  ! t.y: "), "{said}");
    assert!(
        said.contains("the gate fails: the score is 66.7, under 90"),
        "{said}"
    );
    assert!(
        said.contains("  ! structure: everything of the target is there\n      t.y: "),
        "{said}"
    );
    assert!(said.ends_with("checks pass, 3 fail, 1 skipped\n"), "{said}");
    assert!(told.contains("profile plain"), "{told}");
    assert!(said.contains("\none writes anew t\n"), "{said}");
    let row = said
        .lines()
        .find(|line| line.starts_with("  one  ACCESS EXCLUSIVE"));
    assert!(row.is_some_and(|row| row.ends_with(" ms  t")), "{said}");
    assert!(!said.contains("V1__x"), "{said}");
    let opened = run(folder.path(), &["--map", "pair", "-v"]);
    let opened = String::from_utf8_lossy(&opened.stdout).into_owned();
    let row = opened.lines().find(|line| line.starts_with("  one V1__x "));
    assert!(
        row.is_some_and(|row| row.ends_with(" ms  ACCESS EXCLUSIVE  t")),
        "{opened}"
    );

    let output = run(
        folder.path(),
        &["--map", "pair", "--phase", "one", "--phase", "two"],
    );
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(
        told.contains("nowhere") && told.contains("V1__z.sql:1"),
        "{told}"
    );

    // The phases of another folder reach the gate.
    put(
        "better/one/V1__all.sql",
        "ALTER TABLE t ADD COLUMN x int, ADD COLUMN y int NOT NULL DEFAULT 0;\nALTER TABLE t ALTER COLUMN id TYPE bigint;",
    );
    let args = ["--map", "pair", "--migrations", "better", "--gate"];
    let said = String::from_utf8_lossy(&run(folder.path(), &args).stdout).into_owned();
    assert!(said.contains("\nthe gate passes\n"), "{said}");
    drop(turn);
}

#[test]
fn generated_rows_fill_every_table_and_the_unconvertible_are_counted() {
    let turn = TURN.lock().unwrap();
    let empty = tempfile::tempdir().unwrap();
    let output = run(empty.path(), &["--rows", "150", "--phase", "phase1"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(
        told.contains("rows: activities 150, clients 150, conversations 150, leads 150"),
        "{told}"
    );
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        said.contains(" rows of clients went to align.quarantine"),
        "{said}"
    );
    // They are made up, and nobody's to settle.
    assert!(!said.contains("quarantine is empty"), "{said}");
    let quarantined: u64 = said
        .lines()
        .filter_map(|line| line.split_once(" rows of ")?.0.parse::<u64>().ok())
        .sum();
    let mut costs = said.lines().filter(|line| line.starts_with("  phase1  "));
    let cost = costs.nth(1).unwrap().split_whitespace().collect::<Vec<_>>();
    assert_eq!(cost[5].parse(), Ok(quarantined), "{said}");
    let widest = said.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(80), "{said}");
    assert!(said.lines().count() <= 50, "one page: {said}");
    drop(turn);
}

#[test]
fn what_a_killed_run_left_is_removed_by_the_next() {
    let turn = TURN.lock().unwrap();
    let empty = tempfile::tempdir().unwrap();
    let mut killed = align(empty.path(), &[])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let began = Instant::now();
    let left = loop {
        let new: Vec<PathBuf> = scratch_folders(killed.id()).into_iter().collect();
        if let [folder] = new.as_slice()
            && folder.join(".s.PGSQL.5432").exists()
        {
            break folder.clone();
        }
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "no server: {new:?}"
        );
        std::thread::sleep(Duration::from_millis(20));
    };
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(left.join("data/postmaster.pid").exists());
    run(empty.path(), &["--from", "nowhere.sql"]);
    assert!(left.exists(), "a run that starts no server removes nothing");
    let output = run(empty.path(), &["--phase", "phase1"]);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{output:?}");
    assert!(!left.exists());
    drop(turn);
}

#[test]
fn without_a_server_it_says_what_to_install() {
    let empty = tempfile::tempdir().unwrap();
    let mut command = align(empty.path(), &[]);
    command.env("ALIGN_PG_BIN", empty.path()).env("PATH", "");
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{told}");
    for words in [
        "cannot start a server to rehearse on",
        "there is no `initdb` in it",
        "apt-get install -y postgresql",
        "brew install postgresql",
    ] {
        assert!(told.contains(words), "{words:?} is not in\n{told}");
    }
}
