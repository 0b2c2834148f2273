//! Names that want to be SQL, and a password that wants to be seen.

use std::fs;

use crate::cluster::{Cluster, Settings};
use crate::{FIXTURE, Shop, copy, output};

#[test]
fn names_are_quoted_wherever_they_go() {
    let shop = Shop::new("hostile");
    let pair = "x\"; DROP TABLE clients; --' $$";
    fs::rename(
        shop.folder.path().join("mappings/shop-to-crm"),
        shop.folder.path().join("mappings").join(pair),
    )
    .unwrap();
    shop.db.psql("CREATE TABLE \"a\"\"b'; DROP TABLE clients; --\" (\"k;\"\"'\" text PRIMARY KEY, v int); INSERT INTO \"a\"\"b'; DROP TABLE clients; --\" VALUES ('''; DROP TABLE clients; --', 0), ('$$', 0)");
    shop.write(
        "migrations/two/V2__hostile.sql",
        "-- align: batch table=\"a\"\"b'; DROP TABLE clients; --\" key=\"k;\"\"'\" size=1\nUPDATE \"a\"\"b'; DROP TABLE clients; --\" SET v = v + 1 WHERE /* align:window */;\n",
    );
    shop.migrate(&["--reason", "'; DROP TABLE clients; --"])
        .ends_with(0);
    assert_eq!(shop.db.psql("SELECT count(*) FROM clients"), "1000");
    assert_eq!(
        shop.db
            .psql("SELECT DISTINCT v FROM \"a\"\"b'; DROP TABLE clients; --\""),
        "1"
    );
    assert_eq!(shop.db.psql("SELECT DISTINCT pair FROM align.events"), pair);
    shop.align(&["status", "--history"]).ends_with(0);
    let again = shop.migrate(&[]).ends_with(0);
    assert_eq!(again.stdout, "nothing is pending\n");
}

#[test]
fn the_password_is_nowhere() {
    let server = Cluster::start(&Settings {
        tcp: true,
        ..Settings::default()
    });
    let db = server.database("secret");
    db.load(format!("{FIXTURE}/start.sql"));
    let folder = tempfile::tempdir().unwrap();
    copy(std::path::Path::new(FIXTURE), folder.path());
    let path = folder.path().join("migrations/two/V1__stages.sql");
    fs::write(&path, "SELECT pg_sleep(1);\nSELECT no_such_thing;\n").unwrap();
    let run = |args: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_align"));
        command
            .args(args)
            .current_dir(folder.path())
            .env_clear()
            .env("HOME", folder.path());
        command
            .env("DATABASE_URL", db.tcp_url())
            .env("RUST_LOG", "trace")
            .stdin(std::process::Stdio::null());
        command
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap()
    };
    let child = run(&["migrate", "--yes", "-v"]);
    let begun = std::time::Instant::now();
    let mut seen = String::new();
    while begun.elapsed() < std::time::Duration::from_secs(20) && !seen.contains("align migrate ") {
        seen = db.psql("SELECT application_name, query FROM pg_stat_activity");
    }
    let listed = fs::read_to_string(format!("/proc/{}/cmdline", child.id())).unwrap_or_default();
    let failed = output(child).ends_with(4);
    let status = output(run(&["status", "--history", "-v"])).ends_with(0);
    let ledger = db.psql("SELECT e FROM align.events AS e");
    assert!(seen.contains("align migrate "), "{seen}");
    for text in [
        seen,
        listed,
        failed.stdout,
        failed.stderr,
        status.stdout,
        status.stderr,
        ledger,
    ] {
        for password in ["p@ss:w/rd", "p%40ss%3Aw%2Frd"] {
            assert!(!text.contains(password), "{text}");
        }
    }
}
