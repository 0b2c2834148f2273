//! Indexes and foreign keys that go before the rows come, and come back as they were.

use super::{Pair, without_noise};

#[test]
fn an_empty_table_gets_its_indexes_after_its_rows_as_they_were() {
    let from = "CREATE TABLE t (id int PRIMARY KEY, a int, b text); INSERT INTO t SELECT n, n % 9, 'b' FROM generate_series(1, 25000) AS n;";
    let to = "CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p SELECT generate_series(0, 8);
        CREATE TABLE t (id int PRIMARY KEY, a int, b text, CONSTRAINT \"To P\" FOREIGN KEY (a) REFERENCES p ON DELETE CASCADE DEFERRABLE);
        CREATE INDEX \"Odd\" ON t (lower(b) DESC, a) WHERE a > 2;
        CREATE INDEX kept ON t (a);
        COMMENT ON INDEX kept IS 'a remark';
        CREATE UNIQUE INDEX pairs ON t (a, id);";
    let pair = Pair::new("behind", from, to, "");
    let before = without_noise(&pair.to.dump_schema("public"));
    let oids = "SELECT 'kept'::regclass::oid, 'pairs'::regclass::oid, '\"Odd\"'::regclass::oid";
    let kept = pair.to.psql(oids);
    let run = pair.copy(&[]).ends_with(0);
    assert_eq!(run.counts("t"), [25_000, 25_000, 0, 0]);
    assert_eq!(without_noise(&pair.to.dump_schema("public")), before);
    let after = pair.to.psql(oids);
    // Two stayed, one was made anew.
    let parts = |text: &str| text.split('|').map(str::to_owned).collect::<Vec<_>>();
    let (kept, after) = (parts(&kept), parts(&after));
    assert_eq!(kept[..2], after[..2]);
    assert_ne!(kept[2], after[2]);
}

/// A session that looks at nothing, until there is such a table.
const READER: &str = "SET application_name = 'reader';
    DO $$ BEGIN
        FOR i IN 1..3000 LOOP
            EXIT WHEN EXISTS (SELECT FROM pg_class WHERE relname = 'over');
            PERFORM pg_sleep(0.02);
        END LOOP;
    END $$";
const READING: &str = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'reader' AND datname = current_database()";

#[test]
fn a_table_of_few_rows_gets_its_indexes_after_them_where_nobody_waits_for_it() {
    let from = "CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t SELECT n, n % 9 FROM generate_series(1, 25000) AS n;";
    let to = "CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p SELECT generate_series(0, 8);
        CREATE TABLE t (id int PRIMARY KEY, a int REFERENCES p);
        CREATE INDEX odd ON t (a DESC);
        CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM FROM t WHERE a = NEW.a LIMIT 1;
            RETURN NEW;
        END
        $$;
        INSERT INTO t SELECT n, 0 FROM generate_series(20001, 50000) AS n;";
    let oids = "SELECT 't_pkey'::regclass::oid, 'odd'::regclass::oid";
    let said = "nobody else is connected: `t` is locked";
    // What of it is made anew: a trigger needs the index, and no foreign key.
    for (name, more, is_locked, is_anew) in [
        ("few", "", true, true),
        // The copy takes 20,000 of them.
        (
            "many",
            "INSERT INTO t SELECT n, 0 FROM generate_series(50001, 60001) AS n",
            false,
            false,
        ),
        (
            "looked_up",
            "CREATE TRIGGER look BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION look()",
            true,
            false,
        ),
        ("looked_at", "", false, false),
    ] {
        let pair = Pair::new(name, from, to, "");
        pair.to.psql(more);
        let schema = without_noise(&pair.to.dump_schema("public"));
        let before = pair.to.psql(oids);
        let run = std::thread::scope(|scope| {
            if name == "looked_at" {
                scope.spawn(|| pair.to.psql(READER));
                while pair.to.psql(READING) != "1" {}
            }
            let run = pair.copy(&[]);
            pair.to.psql("CREATE TABLE over ()");
            run.ends_with(0)
        });
        pair.to.psql("DROP TABLE over");
        assert_eq!(run.counts("t"), [25_000, 20_000, 5_000, 0]);
        assert_eq!(
            run.stderr.contains(said),
            is_locked,
            "{name}: {}",
            run.stderr
        );
        let after = pair.to.psql(oids);
        let (key, odd) = before.split_once('|').expect("two");
        assert!(after.starts_with(&format!("{key}|")), "{name}");
        assert_eq!(after.ends_with(&format!("|{odd}")), !is_anew, "{name}");
        assert_eq!(without_noise(&pair.to.dump_schema("public")), schema);
        assert_eq!(
            pair.to.psql("SELECT count(*) FROM t WHERE id <= 20000"),
            "20000"
        );
    }
}

#[test]
fn foreign_keys_that_do_not_hold_stay_where_they_are() {
    let from = "CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t SELECT n, n % 9 FROM generate_series(1, 25000) AS n;";
    let to = "CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p SELECT generate_series(0, 8);
        CREATE TABLE t (id int PRIMARY KEY, a int REFERENCES p);
        CREATE INDEX ON t (a);";
    let switches = "SELECT string_agg(tgenabled::text, '' ORDER BY oid) FROM pg_trigger";
    for (name, before, expected, is_said) in [
        (
            "orphans",
            "SET session_replication_role = replica; INSERT INTO t VALUES (0, 77)",
            "OOOO",
            true,
        ),
        (
            "switched_off",
            "INSERT INTO t VALUES (0, 0); ALTER TABLE t DISABLE TRIGGER ALL",
            "OODD",
            false,
        ),
    ] {
        let pair = Pair::new(name, from, to, "");
        pair.to.psql(before);
        let schema = without_noise(&pair.to.dump_schema("public"));
        let run = pair.copy(&[]).ends_with(0);
        assert_eq!(run.counts("t"), [25_000, 25_000, 0, 0]);
        let said = "rows that were there before break a foreign key";
        assert_eq!(run.stderr.contains(said), is_said, "{}", run.stderr);
        assert_eq!(without_noise(&pair.to.dump_schema("public")), schema);
        assert_eq!(pair.to.psql(switches), expected);
        assert_eq!(pair.to.psql("SELECT count(*) FROM t"), "25001");
    }
}
