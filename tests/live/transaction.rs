//! What reading asks of a server: how much, with which rights, how long.

use std::time::{Duration, Instant};

use align::source::postgres::{self, ConnectOptions};

use crate::cluster;
use crate::{public, read, runtime, try_read};

/// Splits a logged message into its statements, without comments.
fn statements(entry: &str) -> Vec<String> {
    let code: Vec<&str> = entry
        .lines()
        .map(|line| line.split("--").next().unwrap_or_default())
        .collect();
    let all = code.join("\n");
    let each = all.split(';').map(str::trim).filter(|s| !s.is_empty());
    each.map(str::to_owned).collect()
}

#[test]
fn twelve_queries_in_one_transaction_that_changes_nothing() {
    let db = cluster::database("queries");
    for table in 0..40 {
        db.psql(&format!(
            "CREATE TABLE t{table} (id int PRIMARY KEY, t text CHECK (t <> ''))"
        ));
    }
    db.log_statements();
    let schema = read(&db.url(), &["public"]);
    assert_eq!(schema.tables.len(), 40);

    let log = db.log();
    let other = log
        .iter()
        .find(|entry| !entry.starts_with("LOG:  ") && !entry.starts_with("DETAIL:  "));
    assert_eq!(other, None);
    let said: Vec<String> = log
        .iter()
        .filter_map(|entry| {
            let at = entry.find("statement: ").map(|at| at + "statement: ".len());
            at.or(entry
                .find("execute <unnamed>: ")
                .map(|at| at + "execute <unnamed>: ".len()))
                .map(|at| entry[at..].to_owned())
        })
        .flat_map(|text| statements(&text))
        .collect();
    let kind = |word: &str| said.iter().filter(|s| s.starts_with(word)).count();
    assert_eq!(said[0], "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY");
    assert_eq!(said.last().map(String::as_str), Some("COMMIT"));
    assert!(said.contains(&"SET LOCAL jit = off".to_owned()));
    assert!(said.contains(&"SET LOCAL search_path = ''".to_owned()));
    let queries = kind("SELECT") + kind("WITH");
    assert_eq!(queries + kind("SET LOCAL") + 2, said.len(), "{said:#?}");
    assert!(queries <= 12, "{queries} queries");
    assert!(!said.iter().any(|s| s.contains("information_schema.")));
}

#[test]
fn a_role_without_any_right_reads_all() {
    let db = cluster::database("catalog_only");
    db.cluster.role("catalog_only", "LOGIN NOINHERIT");
    db.psql(
        "CREATE SCHEMA closed;
         CREATE TYPE closed.mood AS ENUM ('calm');
         CREATE FUNCTION closed.f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END;
         CREATE TABLE closed.t (
             id serial PRIMARY KEY, m closed.mood DEFAULT 'calm', n int DEFAULT closed.f(),
             CHECK (n > closed.f())
         );
         CREATE INDEX ON closed.t ((n + closed.f())) WHERE n > 1;
         ALTER TABLE closed.t ENABLE ROW LEVEL SECURITY;
         CREATE POLICY p ON closed.t USING (n IN (SELECT n FROM closed.t));
         CREATE VIEW closed.v AS SELECT * FROM closed.t;
         CREATE MATERIALIZED VIEW closed.m AS SELECT * FROM closed.t;
         REVOKE ALL ON SCHEMA closed FROM PUBLIC;
         REVOKE ALL ON ALL FUNCTIONS IN SCHEMA closed FROM PUBLIC;"
            .replace("closed.f())) WHERE", "1)) WHERE")
            .as_str(),
    );
    let as_owner = read(&db.url(), &["closed"]);
    let as_nobody = read(&db.url_as("catalog_only"), &["closed"]);
    assert_eq!(as_nobody, as_owner);
    assert_eq!(as_nobody.views.len(), 2);
}

#[test]
fn a_lock_ends_the_waiting_and_is_named() {
    let db = cluster::database("locked");
    db.psql("CREATE TABLE t (id int DEFAULT 1 + 1)");
    let (locked, wait_until_locked) = std::sync::mpsc::channel();
    let (done, wait_until_done) = std::sync::mpsc::channel::<()>();
    let url = db.url();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let options = ConnectOptions::from_url(&url, &|_| None).expect("a URL");
            runtime().block_on(async {
                let mut held = postgres::connect(&options).await.expect("a connection");
                let lock = sqlx::raw_sql("BEGIN; LOCK TABLE t");
                lock.execute(&mut held).await.expect("nobody else has it");
                locked.send(()).expect("the test waits");
                // The other end says nothing; it only closes.
                wait_until_done.recv().expect_err("closed");
            });
        });
        wait_until_locked.recv().expect("the lock is taken");
        let error = try_read(&db.url(), &["public"]).expect_err("the lock is in the way");
        assert!(error.to_string().contains("lock timeout"), "{error}");
        assert!(
            error
                .hint()
                .is_some_and(|hint| hint.contains("pg_stat_activity"))
        );
        drop(done);
    });
    assert!(read(&db.url(), &["public"]).table(&public("t")).is_some());
}

#[test]
fn a_thousand_tables_take_less_than_a_second_and_than_pg_dump() {
    let db = cluster::database("large");
    db.psql(
        "CREATE TYPE mood AS ENUM ('calm', 'loud');
         DO $$
         BEGIN
             FOR i IN 1..1000 LOOP
                 EXECUTE format(
                     'CREATE TABLE t%1$s (
                         id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                         a text NOT NULL DEFAULT ''x'', b varchar(40) UNIQUE, c numeric(12, 2),
                         d timestamptz DEFAULT now(), e boolean NOT NULL DEFAULT false, f jsonb,
                         g uuid DEFAULT gen_random_uuid(), h mood, i int CHECK (i > 0), j date,
                         k bigint REFERENCES t%2$s)',
                     i, greatest(i - 1, 1));
                 EXECUTE format('CREATE INDEX ON t%1$s (lower(a)) WHERE e', i);
                 EXECUTE format('CREATE INDEX ON t%1$s (d DESC, k)', i);
                 EXECUTE format('COMMENT ON COLUMN t%1$s.a IS ''what it is''', i);
                 EXECUTE format('GRANT SELECT ON t%1$s TO PUBLIC', i);
             END LOOP;
         END $$",
    );
    // Without statistics, as after any load.
    let best_of_three = |act: &dyn Fn()| {
        let time = || {
            let begun = Instant::now();
            act();
            begun.elapsed()
        };
        (0..3).map(|_| time()).min().expect("three times")
    };
    let reading = best_of_three(&|| {
        let schema = read(&db.url(), &["public"]);
        assert_eq!((schema.tables.len(), schema.column_count()), (1000, 12_000));
    });
    let dumping = best_of_three(&|| {
        assert!(
            db.dump_schema("public")
                .contains("CREATE TABLE public.t1000")
        );
    });
    let told = format!("read in {reading:?}, dumped in {dumping:?}");
    // An unoptimised build spends as long on the answers as the server does.
    let allowance = if cfg!(debug_assertions) { 2 } else { 1 };
    assert!(reading <= dumping * allowance, "{told}");
    assert!(reading < Duration::from_secs(1), "{told}");
}

#[test]
fn reading_works_beside_a_session_with_other_settings() {
    let db = cluster::database("settings");
    db.psql(
        "CREATE TABLE public.t (
             at timestamptz DEFAULT '2020-01-01 12:00:00+02', len interval DEFAULT '1 day 2 hours',
             raw bytea DEFAULT '\\x00ff', f double precision DEFAULT 0.1
         );",
    );
    let plain = read(&db.url(), &["public"]);
    db.psql(&format!(
        "ALTER DATABASE \"{0}\" SET \"TimeZone\" = 'Asia/Tokyo';
         ALTER DATABASE \"{0}\" SET \"DateStyle\" = 'German';
         ALTER DATABASE \"{0}\" SET \"IntervalStyle\" = 'iso_8601';
         ALTER DATABASE \"{0}\" SET bytea_output = 'escape';
         ALTER DATABASE \"{0}\" SET extra_float_digits = -15;
         ALTER DATABASE \"{0}\" SET quote_all_identifiers = on;
         ALTER DATABASE \"{0}\" SET search_path = pg_catalog;",
        db.name
    ));
    assert_eq!(try_read(&db.url(), &["public"]).ok(), Some(plain));
}
