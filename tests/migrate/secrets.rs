//! What must be seen nowhere: the password anywhere, and values of rows where nobody asked for them.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::clara::{Clara, Surroundings};
use crate::cluster::{Cluster, Settings};
use crate::{FIXTURE, Run, Shop, copy, finished};

/// Not the one of other tests, whose command lines are looked through, too.
const PASSWORD: &str = "s3cret p@ss:w/rd é%";
const IN_A_URL: &str = "s3cret%20p%40ss%3Aw%2Frd%20%C3%A9%25";
/// A wrong one is no less a secret.
const WRONG: &str = "s3cret-but-wrong";

/// Every place where another user of the machine or the server could look.
fn look_around(db: &crate::cluster::Database<'_>, seen: &mut String) {
    let sql = "SELECT concat_ws(' ', application_name, query, usename, client_addr) FROM pg_stat_activity";
    seen.push_str(&db.psql(sql));
    for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
        // Processes come and go, and files such as `uptime` have no command line.
        let line = fs::read(process.path().join("cmdline")).unwrap_or_default();
        seen.push_str(&String::from_utf8_lossy(&line));
        seen.push('\n');
    }
}

#[test]
fn the_password_is_nowhere() {
    let server = Cluster::start(&Settings {
        tcp: true,
        configuration: &[
            "log_connections = on",
            "log_disconnections = on",
            "log_min_messages = debug1",
        ],
        ..Settings::default()
    });
    let db = server.database("secret");
    db.load(format!("{FIXTURE}/start.sql"));
    server.named("postgres").psql(&format!(
        "SET log_statement = 'none'; SET log_min_messages = 'panic'; CREATE ROLE keeper LOGIN SUPERUSER PASSWORD '{PASSWORD}'"
    ));
    db.log_statements();
    let folder = tempfile::tempdir().unwrap();
    copy(Path::new(FIXTURE), folder.path());
    fs::write(
        folder.path().join("old.sql"),
        "CREATE TABLE public.clients (id bigint PRIMARY KEY);",
    )
    .unwrap();
    let url = |password: &str, database: &str| {
        format!(
            "postgresql://keeper:{password}@127.0.0.1:{}/{database}",
            server.port()
        )
    };
    let good = url(IN_A_URL, &db.name);
    let bare = good.replace(&format!(":{IN_A_URL}"), "");
    let run = |database_url: &str, more: &[(&str, &str)], args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_align"));
        command
            .args(args)
            .current_dir(folder.path())
            .env_clear()
            .env("HOME", folder.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("DATABASE_URL", database_url)
            .env("RUST_LOG", "trace")
            .env("RUST_BACKTRACE", "1")
            .envs(more.iter().copied())
            .stdin(Stdio::null());
        finished(&command.output().unwrap())
    };

    let done = AtomicBool::new(false);
    let mut said: Vec<(String, Run)> = Vec::new();
    let mut seen = String::new();
    std::thread::scope(|scope| {
        let looking = scope.spawn(|| {
            let mut seen = String::new();
            while !done.load(Ordering::Relaxed) {
                look_around(&db, &mut seen);
            }
            seen
        });
        let mut note = |name: &str, code: i32, run: Run| {
            assert_eq!(run.code, Some(code), "{name}: {run:#?}");
            said.push((name.to_owned(), run));
        };
        let diff = [
            "diff",
            "--from",
            "env:DATABASE_URL",
            "--to",
            "sql:old.sql",
            "-v",
        ];
        note("diff", 0, run(&good, &[], &diff));
        note(
            "inspect",
            0,
            run(&good, &[], &["inspect", "env:DATABASE_URL", "-v"]),
        );
        note(
            "dry run",
            0,
            run(&good, &[], &["migrate", "--dry-run", "-v"]),
        );
        note("no consent", 3, run(&good, &[], &["migrate", "-v"]));
        let slow = folder.path().join("migrations/two/V1__stages.sql");
        let stages = fs::read_to_string(&slow).unwrap();
        fs::write(&slow, "SELECT pg_sleep(0.7);\nSELECT no_such_thing;\n").unwrap();
        note("failing", 4, run(&good, &[], &["migrate", "--yes", "-v"]));
        fs::write(&slow, stages).unwrap();
        let keys = [("PGPASSWORD", PASSWORD)];
        note(
            "by PGPASSWORD",
            0,
            run(&bare, &keys, &["migrate", "--yes", "-v"]),
        );
        for args in [
            &["status", "--history", "-v"][..],
            &["status", "--format", "json", "-v"],
            &["status", "--grants", "-v"],
        ] {
            note("status", 0, run(&good, &[], args));
        }
        let rehearse = [
            "rehearse",
            "--from",
            "env:DATABASE_URL",
            "--to",
            "sql:old.sql",
            "-v",
        ];
        let rehearsed = run(&good, &[], &rehearse);
        said.push(("rehearse".to_owned(), rehearsed));
        let mut note = |name: &str, code: i32, run: Run| {
            assert_eq!(run.code, Some(code), "{name}: {run:#?}");
            said.push((name.to_owned(), run));
        };
        for (name, url) in [
            ("wrong password", url(WRONG, &db.name)),
            ("no database", url(IN_A_URL, "nowhere")),
            (
                "no port",
                format!("postgresql://keeper:{IN_A_URL}@127.0.0.1:port/x"),
            ),
            (
                "no server",
                format!("postgresql://keeper:{IN_A_URL}@127.0.0.1:1/x"),
            ),
            ("no scheme", format!("keeper:{IN_A_URL}@127.0.0.1/x")),
            ("no parameter", format!("{good}?no_such={IN_A_URL}")),
            ("half a URL", format!("postgresql://keeper:{IN_A_URL}")),
        ] {
            for args in [
                &diff[..],
                &["migrate", "--yes", "-v"],
                &["status", "-v"],
                &rehearse,
            ] {
                note(name, 2, run(&url, &[], args));
            }
        }
        done.store(true, Ordering::Relaxed);
        seen = looking.join().unwrap();
    });
    // What was looked through is what was to be looked through.
    assert!(seen.contains("align migrate "), "no run was seen at work");
    assert!(
        seen.contains("align\0migrate\0--yes"),
        "no command line was seen"
    );
    let log = server.log();
    assert!(log.contains("password authentication failed") && log.contains("no_such_thing"));

    let ledger = db.psql("SELECT e FROM align.events AS e");
    let mut texts = vec![
        ("pg_stat_activity and /proc".to_owned(), seen),
        ("the server's log".to_owned(), log),
        ("the ledger".to_owned(), ledger),
    ];
    for (name, run) in said {
        texts.push((format!("{name}, stdout"), run.stdout));
        texts.push((format!("{name}, stderr"), run.stderr));
    }
    for (name, text) in texts {
        for secret in [PASSWORD, IN_A_URL, WRONG, "s3cret"] {
            let line = text.lines().find(|line| line.contains(secret));
            assert_eq!(line, None, "{name}");
        }
    }
}

/// Marks every value that a test looks for.
const MARK: &str = "tell-nobody";

#[track_caller]
fn keeps(run: &Run) {
    for text in [&run.stdout, &run.stderr] {
        assert!(!text.contains(MARK), "{run:#?}");
    }
}

#[test]
fn values_that_cannot_be_converted_are_counted_and_not_shown() {
    let cluster = Cluster::start(&Settings::default());
    let clara = Clara::new(&cluster, "marked", Surroundings::Plain, "marked_owner");
    clara.db.psql(&format!(
        "UPDATE public.clients SET company_size = '{MARK} ' || email, name = '{MARK}', company = '{MARK} inc',
             notes = '{MARK}', phone = '{MARK}'
         WHERE company_size = 'lots';
         UPDATE public.leads SET budget = '{MARK}', assigned_agent = '{MARK}' WHERE email LIKE '%7@x.io';"
    ));
    let phases = ["--phase", "phase1", "--phase", "phase2"];
    let run = clara.migrate("postgres", &phases).ends_with(0);
    keeps(&run);
    let kept = clara.db.psql(&format!(
        "SELECT count(*) > 0 FROM align.quarantine WHERE value LIKE '%{MARK}%'"
    ));
    assert_eq!(kept, "t", "{run:#?}");
    assert!(
        run.stderr
            .contains("rows of `clients` went to align.quarantine"),
        "{run:#?}"
    );
    for args in [
        &["status", "--history"][..],
        &["status", "--format", "json"],
    ] {
        keeps(&clara.align("postgres", args).ends_with(0));
    }
    let diff = ["diff", "--from", "env:DATABASE_URL", "--all"];
    keeps(&clara.align("postgres", &diff).ends_with(0));
}

#[test]
fn what_the_server_says_of_a_row_is_shown_only_when_asked_for() {
    let shop = Shop::new("told");
    shop.db.psql(&format!(
        "CREATE TYPE mood AS ENUM ('good');
         UPDATE clients SET size = '{MARK}', name = '{MARK}' WHERE id IN (5, 6);"
    ));
    let path = "migrations/one/V1__add_columns.sql";
    for (sql, code) in [
        ("UPDATE clients SET id = size::int WHERE id = 5;", "22P02"),
        (
            "UPDATE clients SET id = size::date - name::date WHERE id = 5;",
            "22007",
        ),
        (
            "UPDATE clients SET id = 1 WHERE size::mood = 'good';",
            "22P02",
        ),
        (
            "UPDATE clients SET size = (size::json)::text WHERE id = 5;",
            "22P02",
        ),
        (
            "UPDATE clients SET size = (name::text[])[1] WHERE id = 5;",
            "22P02",
        ),
        (
            "SELECT array_agg(size::numeric) FROM clients WHERE id = 5;",
            "22P02",
        ),
        (
            "CREATE UNIQUE INDEX u ON clients (size) WHERE id < 7;",
            "23505",
        ),
        (
            "ALTER TABLE clients ADD CHECK (size <> 'tell-nobody');",
            "23514",
        ),
        (
            "INSERT INTO clients SELECT 2000, NULL, size FROM clients WHERE id = 5;",
            "23502",
        ),
        (
            "CREATE TABLE o (s text PRIMARY KEY); ALTER TABLE clients ADD FOREIGN KEY (size) REFERENCES o;",
            "23503",
        ),
        (
            "DO $$ DECLARE n int; BEGIN SELECT size INTO n FROM clients WHERE id = 5; END $$;",
            "22P02",
        ),
        (
            "SELECT (SELECT to_date(size, 'YYYY-MM-DD')) FROM clients WHERE id = 5;",
            "22007",
        ),
        ("SELECT size::regclass FROM clients WHERE id = 5;", "42P01"),
        ("SELECT size::regtype FROM clients WHERE id = 5;", "42601"),
        (
            "SELECT set_config(size, 'x', true) FROM clients WHERE id = 5;",
            "42704",
        ),
        (
            "SELECT regexp_replace(size, '(' || size, '') FROM clients WHERE id = 5;",
            "2201B",
        ),
        (
            "DO $$ BEGIN EXECUTE (SELECT size FROM clients WHERE id = 5); END $$;",
            "42601",
        ),
    ] {
        let sql = sql.replace("tell-nobody", "tell' || '-nobody");
        shop.write(path, &format!("{sql}\n"));
        let allow = [
            "--allow",
            "deletes-data,breaks-clients,blocks-writes,rewrites-table,not-reversible",
        ];
        let run = shop
            .migrate(&allow)
            .ends_with(2)
            .says(&[&format!("({code})")]);
        for text in [&run.stdout, &run.stderr] {
            assert!(!text.contains(MARK), "{sql}: {run:#?}");
        }
    }
}

#[test]
fn what_a_trigger_of_others_raises_is_shown_only_when_asked_for() {
    let shop = Shop::new("raised");
    shop.db.psql(&format!(
        "UPDATE clients SET size = '{MARK}' WHERE id = 5;
         CREATE FUNCTION guard() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN RAISE EXCEPTION 'no way: %', NEW.size USING HINT = 'look at ' || NEW.size; END $$;
         CREATE TRIGGER guard BEFORE UPDATE ON clients FOR EACH ROW WHEN (OLD.id = 5) EXECUTE FUNCTION guard();"
    ));
    let path = "migrations/one/V1__add_columns.sql";
    shop.write(path, "UPDATE clients SET size = size WHERE id = 5;");
    for format in ["text", "json"] {
        let args = [
            "--phase",
            "one",
            "--target",
            "1",
            "--format",
            format,
            "--allow",
            "blocks-writes",
        ];
        let run = shop.migrate(&args).ends_with(2);
        assert!(
            !run.stderr.contains(MARK) && !run.stdout.contains(MARK),
            "{run:#?}"
        );
        let run = run.says(&[
            "PL/pgSQL function guard() line 2 at RAISE refuses",
            "--show-values",
        ]);
        assert!(run.stderr.contains("P0001"), "{run:#?}");
        let shown = shop.migrate(&[&args[..], &["--show-values"]].concat());
        shown
            .ends_with(2)
            .says(&[&format!("no way: {MARK}"), &format!("look at {MARK}")]);
    }
    // The words of the migration itself are its author's.
    shop.write(
        path,
        "DO $$ BEGIN RAISE EXCEPTION '%', (SELECT 'own words' FROM clients LIMIT 1) USING HINT = 'own hint'; END $$;",
    );
    shop.migrate(&["--phase", "one", "--target", "1"])
        .ends_with(2)
        .says(&["own words", "hint: own hint"]);
}
