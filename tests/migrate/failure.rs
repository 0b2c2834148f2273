//! Statements that fail, and what is left.

use crate::{Shop, output, read_until};

#[test]
fn the_first_migration_that_fails_leaves_nothing() {
    let shop = Shop::new("first");
    shop.write("migrations/one/V1__add_columns.sql", "ALTER TABLE clients ADD COLUMN early int;\n\nALTER TABLE clients\n    ADD COLUMN name text;\n");
    let before = shop.dump();
    let run = shop.migrate(&[]).ends_with(2);
    let run = run.says(&[
        "`one V1__add_columns` failed and was rolled back",
        "column \"name\" of relation \"clients\" already exists (42701)",
        "V1__add_columns.sql:3",
    ]);
    assert!(!run.stdout.contains("applied one"), "{}", run.stdout);
    assert_eq!(shop.dump(), before);
    assert_eq!(
        shop.db
            .psql("SELECT event, sqlstate FROM align.events ORDER BY id"),
        "run|\nstart|\nfailed|42701"
    );
}

#[test]
fn a_later_one_that_fails_ends_part_way_and_the_next_run_goes_on() {
    let shop = Shop::new("later");
    let good =
        std::fs::read_to_string(shop.folder.path().join("migrations/two/V1__stages.sql")).unwrap();
    shop.write(
        "migrations/two/V1__stages.sql",
        &format!("{good}SELECT 1 / 0;\n"),
    );
    let run = shop.migrate(&[]).ends_with(4).says(&[
        "division by zero (22012)",
        "V1__stages.sql:3: SELECT 1 / 0;",
    ]);
    assert!(
        run.stdout.contains("applied one V3__index_names"),
        "{}",
        run.stdout
    );
    assert_eq!(shop.db.psql("SELECT to_regclass('stages') IS NULL"), "t");
    shop.write("migrations/two/V1__stages.sql", &good);
    let run = shop.migrate(&[]).ends_with(0);
    assert_eq!(run.stdout.matches("applied ").count(), 1, "{}", run.stdout);
}

#[test]
fn values_of_rows_are_shown_only_when_asked_for() {
    let shop = Shop::new("values");
    shop.db
        .psql("UPDATE clients SET size = 'secret size' WHERE id = 5");
    shop.write(
        "migrations/one/V1__add_columns.sql",
        "UPDATE clients SET id = size::int WHERE id = 5;\n",
    );
    let run = shop
        .migrate(&[])
        .ends_with(2)
        .says(&["invalid input syntax for type integer: \"…\""]);
    assert!(!run.stderr.contains("secret size"), "{}", run.stderr);
    shop.migrate(&["--show-values"])
        .ends_with(2)
        .says(&["secret size"]);
}

#[test]
fn an_invalid_index_of_an_earlier_try_is_replaced() {
    let shop = Shop::new("index");
    let sql = "-- align: no-transaction\nCREATE UNIQUE INDEX CONCURRENTLY clients_size ON clients (size);\n";
    shop.write("migrations/one/V3__index_names.sql", sql);
    shop.migrate(&["--phase", "one"])
        .ends_with(4)
        .says(&["could not create unique index \"clients_size\" (23505)"]);
    let invalid = "SELECT count(*) FROM pg_index WHERE NOT indisvalid";
    assert_eq!(shop.db.psql(invalid), "1");
    shop.db.psql("UPDATE clients SET size = id::text");
    shop.migrate(&["--phase", "one"])
        .ends_with(0)
        .says(&["dropped index public.clients_size"]);
    assert_eq!(shop.db.psql(invalid), "0");
    assert_eq!(
        shop.db
            .psql("SELECT count(*) FROM pg_index WHERE indrelid = 'clients'::regclass"),
        "2"
    );
}

#[test]
fn a_lock_is_tried_again_and_who_is_in_the_way_is_named() {
    let shop = Shop::new("blocked");
    shop.write("migrations/one/V1__add_columns.sql", "-- align: lock-timeout=500ms\nALTER TABLE clients ADD COLUMN client_name text, ADD COLUMN touched integer NOT NULL DEFAULT 0;\n");
    let url = shop.url.clone();
    std::thread::scope(|scope| {
        let shop = &shop;
        scope.spawn(move || {
            shop.db.psql("SET application_name = 'nightly report'; BEGIN; SELECT count(*) FROM clients; DO $$ BEGIN PERFORM pg_sleep(60); EXCEPTION WHEN query_canceled THEN NULL; END $$; COMMIT");
        });
        shop.wait_for("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'nightly report' AND query LIKE '%pg_sleep%'", "1");
        let mut child = shop.start(&["--phase", "one", "--database", &url]);
        let stderr = child.stderr.as_mut().unwrap();
        let said = read_until(stderr, "V1__add_columns.sql:2: no lock, in the way is pid ");
        assert!(said.contains("application `nightly report`"), "{said}");
        shop.db.psql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'nightly report'");
        output(child).ends_with(0);
    });
}

#[test]
fn a_deadlock_is_tried_again() {
    let shop = Shop::new("deadlock");
    shop.db.psql("CREATE TABLE orders (id integer)");
    shop.write(
        "migrations/one/V1__add_columns.sql",
        "-- align: lock-timeout=60s
LOCK TABLE clients IN ACCESS EXCLUSIVE MODE;
SELECT pg_sleep(2);
LOCK TABLE orders IN ACCESS EXCLUSIVE MODE;
ALTER TABLE clients ADD COLUMN client_name text, ADD COLUMN touched integer NOT NULL DEFAULT 0;
",
    );
    std::thread::scope(|scope| {
        // It waits longer than the server takes to find the circle for the other.
        scope.spawn(|| {
            shop.db.psql(
                "SET deadlock_timeout = '60s'; SET application_name = 'other way round';
                 DO $$ BEGIN
                     LOCK TABLE orders IN ACCESS EXCLUSIVE MODE;
                     FOR i IN 1..1500 LOOP
                         EXIT WHEN EXISTS (SELECT FROM pg_locks WHERE relation = 'clients'::regclass
                             AND mode = 'AccessExclusiveLock' AND granted);
                         PERFORM pg_sleep(0.02);
                     END LOOP;
                     LOCK TABLE clients IN ACCESS EXCLUSIVE MODE;
                 END $$",
            );
        });
        shop.wait_for("SELECT count(*) FROM pg_locks WHERE relation = 'orders'::regclass AND mode = 'AccessExclusiveLock' AND granted", "1");
        let run = shop.migrate(&["--phase", "one", "--allow", "blocks-writes"]);
        run.ends_with(0).says(&[
            "V1__add_columns.sql:4: no lock, in the way is pid ",
            "application `other way round`",
        ]);
    });
}

#[test]
fn a_table_that_another_session_has_to_itself_holds_up_no_plan() {
    let shop = Shop::new("to_itself");
    shop.db
        .psql("CREATE TABLE orders (id integer); CREATE VIEW ids AS SELECT id FROM orders");
    let drop_orders = "-- align: lock-timeout=1s\nALTER TABLE clients ADD COLUMN client_name text, ADD COLUMN touched integer;\nALTER TABLE orders ADD COLUMN price numeric;\n";
    shop.write("migrations/one/V1__add_columns.sql", drop_orders);
    let busy = "SELECT count(*) FROM pg_locks WHERE relation = 'orders'::regclass AND mode = 'AccessExclusiveLock' AND granted";
    std::thread::scope(|scope| {
        // The text of the view is not told meanwhile.
        scope.spawn(|| {
            shop.db.try_psql("SET application_name = 'to itself'; BEGIN; LOCK TABLE orders; SELECT pg_sleep(120)")
        });
        shop.wait_for(busy, "1");
        shop.align(&["migrate", "--dry-run"]).ends_with(2).says(&[
            "cannot read the catalog",
            "lock timeout (55P03)",
            "hint: another session has locked a table",
        ]);
        shop.db.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'to itself'");
    });
    shop.db.psql("DROP VIEW ids");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            shop.db.try_psql("SET application_name = 'to itself'; BEGIN; LOCK TABLE orders; SELECT pg_sleep(120)")
        });
        shop.wait_for(busy, "1");
        let dry = shop.align(&["migrate", "--dry-run"]).ends_with(0);
        let lock = "locks orders ACCESS EXCLUSIVE (";
        assert!(dry.stdout.contains(lock), "{}", dry.stdout);
        shop.align(&["status"]).ends_with(0);
        shop.db.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'to itself'");
    });
}

#[test]
fn an_index_that_waits_for_a_transaction_says_for_whose_and_has_a_budget_of_its_own() {
    let shop = Shop::new("waits");
    // Whoever only reads another table is in the way of CONCURRENTLY alone.
    shop.db.psql("CREATE TABLE reports (id integer)");
    let in_the_way = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'nightly report' AND query LIKE '%pg_sleep%'";
    let report = |seconds: u32, table: &str| {
        shop.db.psql(&format!("SET application_name = 'nightly report'; BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM {table}; SELECT pg_sleep({seconds}); COMMIT"));
    };
    std::thread::scope(|scope| {
        scope.spawn(|| report(8, "reports"));
        shop.wait_for(in_the_way, "1");
        // It is longer than what other statements wait for a lock.
        shop.migrate(&["--phase", "one"]).ends_with(0).says(&[
            "one V3__index_names waits for pid ",
            "application `nightly report`",
        ]);
    });
    let sql = "-- align: no-transaction\n-- align: lock-timeout=1s\nSELECT 1;\nCREATE INDEX CONCURRENTLY clients_size ON clients (size);\n";
    shop.write("migrations/two/V2__size.sql", sql);
    std::thread::scope(|scope| {
        // What an earlier try left cannot be dropped meanwhile either.
        scope.spawn(|| report(6, "clients"));
        shop.wait_for(in_the_way, "1");
        shop.migrate(&[]).ends_with(0).says(&[
            "V2__size.sql:4: no lock, in the way is pid ",
            "dropped index public.clients_size",
        ]);
    });
    let invalid = "SELECT count(*) FROM pg_index WHERE NOT indisvalid";
    assert_eq!(shop.db.psql(invalid), "0");
}

#[test]
fn a_backend_that_is_killed_ends_the_run_and_the_next_one_goes_on() {
    let shop = Shop::new("backend");
    shop.write(
        "migrations/two/V1__stages.sql",
        "CREATE TABLE stages (id integer);\nSELECT pg_sleep(60);\n",
    );
    let child = shop.start(&[]);
    let asleep = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'align migrate %' AND query LIKE '%pg_sleep(60)%'";
    shop.wait_for(asleep, "1");
    shop.db.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'align migrate %' AND query LIKE '%pg_sleep(60)%'");
    let run = output(child).ends_with(4);
    assert!(run.stderr.contains("lost its connection"), "{}", run.stderr);
    assert_eq!(shop.db.psql("SELECT to_regclass('stages') IS NULL"), "t");
    shop.write(
        "migrations/two/V1__stages.sql",
        "CREATE TABLE stages (id integer);\n",
    );
    shop.migrate(&[]).ends_with(0);
}
