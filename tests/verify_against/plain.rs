//! Two databases of one shape.

use super::Pair;

const TABLES: &str = "
    CREATE TABLE big (id bigint PRIMARY KEY, name text, note varchar(40), amount numeric(12, 2), at timestamptz, flag boolean, data jsonb, raw bytea);
    CREATE TABLE words (word text PRIMARY KEY, n integer);
    CREATE TABLE links (left_id uuid, right_id integer, weight double precision, PRIMARY KEY (left_id, right_id));
    INSERT INTO big SELECT n, 'name ' || n, CASE WHEN n % 3 = 0 THEN NULL WHEN n % 3 = 1 THEN '' ELSE repeat('x', (n % 30)::int) END,
        n * 1.25, '2024-01-01 00:00:00+00'::timestamptz + n * interval '1 minute', n % 2 = 0, jsonb_build_object('n', n), int8send(n)
        FROM generate_series(1, 20000) AS n;
    INSERT INTO words SELECT CASE WHEN n % 2 = 0 THEN 'wörd ' ELSE 'Word ' END || n, n FROM generate_series(1, 6000) AS n;
    INSERT INTO links SELECT md5((n / 5)::text)::uuid, n % 5, n / 7.0 FROM generate_series(1, 15000) AS n;
    ANALYZE;";

fn twins(name: &str) -> Pair {
    Pair::new(name, TABLES, TABLES)
}

/// The keys that stand in findings of rows.
fn keys(found: &[String]) -> Vec<&str> {
    let keys = found.iter().filter(|line| line.starts_with('{'));
    keys.filter_map(|line| Some(&line[..=line.find('}')?]))
        .collect()
}

#[test]
fn equal_databases_pass() {
    let pair = twins("equal");
    let run = pair.verify(&[]).ends_with(0);
    assert_eq!(run.passed("big"), 20_000);
    assert_eq!(run.passed("words"), 6_000);
    assert_eq!(run.passed("links"), 15_000);
    for table in ["big", "words", "links"] {
        assert!(run.found(table).is_empty());
    }
}

#[test]
fn the_rows_that_differ_are_named_with_their_columns() {
    let pair = twins("ten");
    pair.to.psql(
        "UPDATE big SET name = 'x' WHERE id IN (1, 777, 19999);
         UPDATE big SET note = '' WHERE id = 3;
         UPDATE big SET note = NULL WHERE id = 4;
         UPDATE big SET at = at + interval '1 microsecond', data = '{}' WHERE id = 10000;
         UPDATE big SET flag = NOT flag WHERE id = 12;
         UPDATE big SET raw = '\\x00' WHERE id = 20000;
         UPDATE big AS a SET amount = b.amount FROM big AS b WHERE (a.id, b.id) IN ((50, 9000), (9000, 50));",
    );
    let run = pair.verify(&[]).ends_with(1);
    let found = run.found("big");
    assert_eq!(
        found,
        [
            "10 rows are different (name in 3, amount in 2, note in 2, at in 1, data in 1, flag in 1, raw in 1)",
            "{\"id\": 1} differs in name",
            "{\"id\": 3} differs in note",
            "{\"id\": 4} differs in note",
            "{\"id\": 12} differs in flag",
            "{\"id\": 50} differs in amount",
            "{\"id\": 777} differs in name",
            "{\"id\": 9000} differs in amount",
            "{\"id\": 10000} differs in at, data",
            "{\"id\": 19999} differs in name",
            "{\"id\": 20000} differs in raw",
        ]
    );
    assert_eq!(run.passed("words"), 6_000);
    // No value is shown unless that is asked for.
    assert!(!run.stdout.contains("name 777"), "{}", run.stdout);
    let shown = pair.verify(&["--show-values"]).ends_with(1);
    let shown = shown.found("big");
    assert!(
        shown.contains(&"{\"id\": 777} differs in name: \"x\" here, \"name 777\" there".to_owned()),
        "{shown:#?}"
    );
    assert!(
        shown.contains(&"{\"id\": 3} differs in note: \"\" here, NULL there".to_owned()),
        "{shown:#?}"
    );
}

#[test]
fn missing_and_extra_rows_are_told_apart() {
    let pair = twins("missing");
    pair.to.psql(
        "DELETE FROM big WHERE id = 10001; INSERT INTO big (id) VALUES (-5), (30000);
         DELETE FROM words WHERE word = 'wörd 4000'; INSERT INTO words VALUES ('', 1), ('it''s \"q\" \\', NULL);
         DELETE FROM links WHERE right_id = 3 AND weight < 10;",
    );
    let run = pair.verify(&[]).ends_with(1);
    assert_eq!(
        run.found("big"),
        [
            "1 row is missing in this database",
            "{\"id\": 10001} is missing",
            "2 rows are in this database alone",
            "{\"id\": -5} is in this database alone",
            "{\"id\": 30000} is in this database alone",
        ]
    );
    assert_eq!(
        keys(&run.found("words")),
        [
            "{\"word\": \"wörd 4000\"}",
            "{\"word\": \"\"}",
            "{\"word\": \"it's \\\"q\\\" \\\\\"}",
        ]
    );
    let gone = pair
        .from
        .psql("SELECT count(*) FROM links WHERE right_id = 3 AND weight < 10");
    let found = run.found("links");
    assert_eq!(
        found[0],
        format!("{gone} rows are missing in this database")
    );
    assert_eq!(keys(&found).len().to_string(), gone);
    let some = pair.verify(&["--keys", "4"]).ends_with(1);
    let found = some.found("links");
    assert_eq!(
        found[0],
        format!("{gone} rows are missing in this database; the first 4 are listed")
    );
    assert_eq!(keys(&found).len(), 4);
    // What this database alone has may be fine; what it lacks is not.
    let fine = pair.verify(&["--allow-extra"]).ends_with(1);
    assert_eq!(
        fine.found("big")[2..],
        ["2 rows are in this database alone, as it may have"]
    );
    pair.from.psql("DELETE FROM big WHERE id = 10001; DELETE FROM words WHERE word = 'wörd 4000'; DELETE FROM links WHERE right_id = 3 AND weight < 10");
    pair.verify(&["--allow-extra"]).ends_with(0);
    pair.verify(&[]).ends_with(1);
}

#[test]
fn everything_may_differ() {
    let pair = twins("all");
    pair.to
        .psql("UPDATE big SET name = name || ' '; TRUNCATE words");
    let run = pair.verify(&["--keys", "3"]).ends_with(1);
    assert_eq!(
        run.found("big")[0],
        "20000 rows are different (name in 3); the first 3 are listed"
    );
    assert_eq!(
        run.found("words")[0],
        "6000 rows are missing in this database; the first 3 are listed"
    );
}

#[test]
fn the_sql_of_a_finding_shows_the_row() {
    let pair = twins("sql");
    pair.to
        .psql("UPDATE links SET weight = -1 WHERE weight = 1000");
    let run = pair.verify(&[]).ends_with(1);
    let page: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    let checks = page["checks"].as_array().expect("a list");
    let check = checks
        .iter()
        .find(|check| check["verdict"] == "failed")
        .expect("it fails");
    let sql = check["findings"][1]["sql"].as_str().expect("SQL");
    assert!(pair.from.psql(sql).contains("|1000"), "{sql}");
    assert!(pair.to.psql(sql).contains("|-1"), "{sql}");
}

#[test]
fn shapes_that_are_not_the_same_are_said() {
    let pair = Pair::new(
        "shapes",
        "CREATE TABLE a (id int PRIMARY KEY, x int, y int); CREATE TABLE b (id int PRIMARY KEY)",
        "CREATE TABLE a (id int PRIMARY KEY, x int, z int NOT NULL); CREATE TABLE c (id int PRIMARY KEY)",
    );
    let run = pair.verify(&[]).ends_with(1);
    assert_eq!(
        run.found("both have the same tables"),
        ["b is in the source alone", "c is in this database alone"]
    );
    assert_eq!(
        run.found("their tables have the same columns"),
        [
            "a.y is in the source alone",
            "a.z is in this database alone"
        ]
    );
    assert_eq!(run.passed("a"), 0);
}

#[test]
fn rows_without_a_key_are_compared_as_a_whole() {
    let tables = "CREATE TABLE bag (x int, y text); INSERT INTO bag SELECT n % 10, 'a' FROM generate_series(1, 100) AS n;
        CREATE TABLE parts (id int PRIMARY KEY, x int) PARTITION BY RANGE (id);
        CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (500);
        CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (500) TO (9000);
        INSERT INTO parts SELECT n, n FROM generate_series(1, 8000) AS n;";
    let pair = Pair::new("bag", tables, tables);
    let run = pair.verify(&[]).ends_with(0);
    assert_eq!(run.passed("bag"), 100);
    assert_eq!(run.passed("parts"), 8000);
    assert!(!run.stdout.contains("parts_1"), "{}", run.stdout);
    pair.to
        .psql("UPDATE bag SET y = NULL WHERE ctid = '(0,5)'; UPDATE parts SET x = 0 WHERE id IN (3, 7777)");
    let run = pair.verify(&[]).ends_with(1);
    assert_eq!(
        run.found("bag"),
        ["the 100 rows are not the same, and without a key nothing tells which differ"]
    );
    assert_eq!(keys(&run.found("parts")), ["{\"id\": 3}", "{\"id\": 7777}"]);
    pair.to.psql("DELETE FROM bag WHERE x = 1");
    let run = pair.verify(&[]).ends_with(1);
    assert_eq!(
        run.found("bag"),
        ["there are 90 rows, and 100 in the source"]
    );
}

#[test]
fn names_are_names_whatever_is_in_them() {
    let hostile = r#"
        CREATE TABLE "Ord""er; DROP TABLE x --" ("I'd" uuid, "select" text, "a.b $1 \ {0}" integer, PRIMARY KEY ("I'd", "select"));
        CREATE TYPE "Mood's" AS ENUM ('ok', 'it''s "bad"');
        CREATE DOMAIN "Pos""itive" AS integer CHECK (VALUE > 0);
        CREATE TABLE "größe" ("Äh" "Pos""itive" PRIMARY KEY, m "Mood's", l text[], c char(5), r real, i interval, j json, n numeric);
        INSERT INTO "Ord""er; DROP TABLE x --" SELECT md5(n::text)::uuid, 'k''' || n, n FROM generate_series(1, 30) AS n;
        INSERT INTO "größe" SELECT n, 'it''s "bad"', ARRAY['a,b', NULL, '"'], 'ab', n / 3.0, n * interval '25 hours', '{"a":  1}', n FROM generate_series(1, 30) AS n;"#;
    let pair = Pair::new("hostile", hostile, hostile);
    pair.verify(&[]).ends_with(0);
    pair.to.psql(
        r#"UPDATE "Ord""er; DROP TABLE x --" SET "a.b $1 \ {0}" = NULL WHERE "select" = 'k''7';
           UPDATE "größe" SET m = 'ok', l[1] = 'a', i = i + interval '1 microsecond' WHERE "Äh" = 9;
           UPDATE "größe" SET j = '{"a": 1}', n = 10.00 WHERE "Äh" = 10;"#,
    );
    let run = pair.verify(&[]).ends_with(1);
    let id = pair.from.psql("SELECT md5('7')::uuid");
    assert_eq!(
        run.found("\"Ord\"\"er; DROP TABLE x --\"")[1],
        format!("{{\"I'd\": \"{id}\", \"select\": \"k'7\"}} differs in a.b $1 \\ {{0}}")
    );
    // A number is the same however many zeros follow it; a text is what it is.
    assert_eq!(
        run.found("\"größe\"")[1..],
        [
            "{\"Äh\": 9} differs in m, l, i",
            "{\"Äh\": 10} differs in j"
        ]
    );
}

#[test]
fn equal_for_a_collation_is_not_equal() {
    let table =
        "CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        CREATE TABLE t (id text COLLATE ci PRIMARY KEY, name text COLLATE ci);";
    let icu = "SELECT count(*) FROM pg_collation WHERE collprovider = 'i'";
    if super::cluster::database("collation_icu").psql(icu) == "0" {
        return;
    }
    let pair = Pair::new(
        "collation",
        &format!("{table} INSERT INTO t VALUES ('A', 'One'), ('b', 'Two')"),
        &format!("{table} INSERT INTO t VALUES ('a', 'One'), ('b', 'two')"),
    );
    let run = pair.verify(&[]).ends_with(1);
    assert_eq!(
        keys(&run.found("t")),
        ["{\"id\": \"A\"}", "{\"id\": \"a\"}", "{\"id\": \"b\"}"]
    );
}

#[test]
fn rows_that_a_policy_hides_are_no_proof() {
    let table = "CREATE TABLE t (id int PRIMARY KEY, x int); INSERT INTO t VALUES (1, 1), (2, 2);";
    let pair = Pair::new("hidden", table, table);
    pair.to.cluster.role("against_reader", "LOGIN");
    pair.to.psql("ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (id = 1); GRANT SELECT ON t TO against_reader; UPDATE t SET x = 3 WHERE id = 2");
    let output = pair
        .command(&[
            "verify",
            "--against",
            "env:FROM",
            "--database",
            "env:TO",
            "--format",
            "json",
        ])
        .env("TO", pair.to.url_as("against_reader"))
        .output()
        .expect("the machine does its part");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("the rows cannot be compared"), "{said}");
    assert!(said.contains("row-level security"), "{said}");
}

#[test]
fn nothing_is_written_and_nothing_stays_when_it_is_killed() {
    let pair = twins("killed");
    let before = (pair.from.dump(), pair.to.dump());
    for delay in [5, 20, 60, 150] {
        let mut child = pair
            .command(&["verify", "--against", "env:FROM", "--database", "env:TO"])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("the machine does its part");
        std::thread::sleep(std::time::Duration::from_millis(delay));
        child.kill().expect("the machine does its part");
        child.wait().expect("the machine does its part");
    }
    for database in [&pair.from, &pair.to] {
        let sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'align verify' AND datname = current_database()";
        let mut left = String::new();
        for _ in 0..200 {
            left = database.psql(sessions);
            if left == "0" {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        assert_eq!(left, "0");
    }
    pair.verify(&[]).ends_with(0);
    let noise = |dump: &str| -> String {
        let lines = dump.lines().filter(|line| !line.starts_with('\\'));
        lines.collect::<Vec<_>>().join("\n")
    };
    assert_eq!(noise(&before.0), noise(&pair.from.dump()));
    assert_eq!(noise(&before.1), noise(&pair.to.dump()));
}

#[test]
fn a_url_on_the_command_line_is_hidden_and_a_wrong_one_is_said() {
    let pair = Pair::new("wrong", "", "");
    let same = pair.align(&["verify", "--against", "env:TO", "--database", "env:TO"]);
    assert!(
        same.ends_with(2)
            .stderr
            .contains("both sides are the same schema"),
    );
    let missing = pair.align(&["verify", "--against", "env:NOBODY", "--database", "env:TO"]);
    assert!(missing.ends_with(2).stderr.contains("NOBODY"));
}
