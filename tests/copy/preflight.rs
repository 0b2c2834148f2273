//! What cannot go is told beforehand: how many rows, three of them, and what becomes of them.

use serde_json::{Value, json};

use super::Pair;

const FROM: &str = "
    CREATE TABLE agents (id int PRIMARY KEY);
    CREATE TABLE people (id int PRIMARY KEY, mail text, agent text, mood text, size text, age bigint, share numeric,
        note text, day text, soft text, kind text, boss int);
    INSERT INTO people SELECT n, 'p' || n || '@x.org', 'one', 'good', '10', 30, 1, 'short', '2020-01-01', '1', 'a', 1
        FROM generate_series(1, 50) AS n;
    UPDATE people SET agent = 'nobody' WHERE id IN (2, 3, 4, 5);
    UPDATE people SET agent = 'two' WHERE id IN (6, 7);
    UPDATE people SET mood = 'odd ' || id WHERE id IN (8, 9);
    UPDATE people SET size = 'many' WHERE id = 10;
    UPDATE people SET age = 3000000000 + id WHERE id IN (11, 12);
    UPDATE people SET share = 1234.5 WHERE id = 13;
    UPDATE people SET note = 'far too long' WHERE id = 14;
    UPDATE people SET day = '2021-02-30' WHERE id = 15;
    UPDATE people SET mail = NULL WHERE id = 16;
    UPDATE people SET mail = 'p1@x.org' WHERE id = 17;
    UPDATE people SET boss = 99 WHERE id = 18;
    UPDATE people SET kind = 'z' WHERE id = 19;
    UPDATE people SET soft = 'soft ' || id WHERE id BETWEEN 21 AND 25;
    UPDATE people SET day = 'someday' WHERE id = 20;";
const TO: &str = "
    CREATE TABLE users (id int PRIMARY KEY, login text);
    INSERT INTO users VALUES (1, 'one'), (2, 'two'), (3, 'two');
    CREATE TABLE people (id int PRIMARY KEY, mail text NOT NULL UNIQUE, agent_id int REFERENCES users, mood text, size int,
        age int, share numeric(5, 2), note varchar(8), day date, soft int, kind text CHECK (kind IN ('a', 'b')),
        boss int REFERENCES people, born date);";
const MAPPING: &str = r#"
    [[column]]
    from = "people.agent"
    to = "people.agent_id"
    lookup = { table = "users", match = "login", take = "id" }
    [[column]]
    from = "people.mood"
    to = "people.mood"
    values = { good = "fine" }
    [[column]]
    from = "people.size"
    to = "people.size"
    range = { rule = "lower" }
    [[column]]
    from = "people.soft"
    to = "people.soft"
    cast = "integer"
    on_error = "null"
    [[column]]
    from = "people.day"
    to = "people.day"
    cast = "date"
    default = "2000-01-01"
    on_error = "default"
"#;

/// Column, code, rows, policy, keys and values of each line of a report.
fn lines(page: &Value, list: &str) -> Vec<Value> {
    let tables = page["tables"].as_array().expect("a list");
    let people = tables.iter().find(|table| table["from"] == "people");
    let found = people.expect("it is copied")[list].as_array();
    let line = |line: &Value| {
        json!([
            line["column"],
            line["code"],
            line["rows"],
            line["policy"],
            line["keys"],
            line["values"]
        ])
    };
    found.expect("a list").iter().map(line).collect()
}

fn keys(ids: &[u32]) -> Value {
    ids.iter()
        .map(|id| json!(format!("{{\"id\": {id}}}")))
        .collect()
}

#[test]
fn every_trouble_has_its_count_its_samples_and_its_policy() {
    let pair = Pair::new("preflight", FROM, TO, MAPPING);
    let before = super::without_noise(&pair.to.dump_schema("(public|align)"));
    let args = ["--dry-run", "--max-errors", "100%", "--show-values"];
    let dry = pair.copy(&args).ends_with(0);
    let page: Value = serde_json::from_str(&dry.stdout).expect("JSON");
    let line = |column: &str, code: &str, ids: &[u32], values: &[&str]| {
        let shown = &ids[..ids.len().min(3)];
        json!([column, code, ids.len(), "quarantine", keys(shown), values])
    };
    assert_eq!(
        lines(&page, "findings"),
        [
            line(
                "age",
                "cast.out_of_range",
                &[11, 12],
                &["3000000011", "3000000012"]
            ),
            line("agent_id", "lookup.ambiguous", &[6, 7], &["two", "two"]),
            line("agent_id", "lookup.missing", &[2, 3, 4, 5], &["nobody"; 3]),
            line("boss", "key.orphan", &[18], &["99"]),
            line("kind", "check.violated", &[19], &["z"]),
            line("mail", "key.duplicate", &[17], &["p1@x.org"]),
            line("mail", "null.not_allowed", &[16], &["NULL"]),
            line("mood", "values.unknown", &[8, 9], &["odd 8", "odd 9"]),
            line("note", "cast.too_long", &[14], &["far too long"]),
            line("share", "cast.out_of_range", &[13], &["1234.5"]),
            line("size", "range.unreadable", &[10], &["many"]),
        ]
    );
    assert_eq!(
        lines(&page, "notes"),
        [
            json!([
                "day",
                "cast.invalid",
                1,
                "default",
                keys(&[20]),
                ["someday"]
            ]),
            json!([
                "day",
                "cast.out_of_range",
                1,
                "default",
                keys(&[15]),
                ["2021-02-30"]
            ]),
            json!([
                "soft",
                "cast.invalid",
                5,
                "null",
                keys(&[21, 22, 23]),
                ["soft 21", "soft 22", "soft 23"]
            ]),
        ]
    );
    assert_eq!(
        super::without_noise(&pair.to.dump_schema("(public|align)")),
        before
    );
    assert_eq!(pair.to.psql("SELECT count(*) FROM people"), "0");

    let quiet = pair.copy(&args[..3]).ends_with(0);
    for value in ["nobody", "someday", "soft 2", "far too", "30000000"] {
        assert!(!quiet.stdout.contains(value), "{value}: {}", quiet.stdout);
    }
    let page: Value = serde_json::from_str(&quiet.stdout).expect("JSON");
    assert_eq!(lines(&page, "notes")[2][4], keys(&[21, 22, 23]));

    // A run says the same, and does it.
    let run = pair.copy(&["--max-errors", "100%"]).ends_with(0);
    assert_eq!(run.counts("people"), dry.counts("people"));
    let soft = "SELECT string_agg(concat_ws(' ', id, coalesce(soft::text, '-'), day), ', ' ORDER BY id) FROM people WHERE id IN (1, 15, 20, 21)";
    assert_eq!(
        pair.to.psql(soft),
        "1 1 2020-01-01, 15 1 2000-01-01, 20 1 2000-01-01, 21 - 2020-01-01"
    );
}

#[test]
fn what_an_index_over_an_expression_or_over_some_rows_refuses_is_told_beforehand() {
    let from = "CREATE TABLE t (id int PRIMARY KEY, mail text, live boolean, part text, num text);
        INSERT INTO t SELECT n, 'm' || n, true, NULL, 'x' FROM generate_series(1, 40) AS n;
        UPDATE t SET mail = 'M1' WHERE id = 2;
        UPDATE t SET mail = NULL WHERE id IN (3, 4);
        UPDATE t SET mail = 'there' WHERE id = 5;
        UPDATE t SET part = 'a' WHERE id IN (6, 7, 8);
        UPDATE t SET live = false WHERE id = 7;
        UPDATE t SET part = 'b' WHERE id = 9;
        UPDATE t SET live = NULL, part = 'b' WHERE id = 10;
        UPDATE t SET num = '7' WHERE id IN (11, 12);";
    // What is gone is never copied; its default is what counts.
    let to = "CREATE TABLE t (id int PRIMARY KEY, mail text, live boolean, part text, num text, gone timestamptz, \"K1\" int GENERATED ALWAYS AS IDENTITY);
        CREATE UNIQUE INDEX by_mail ON t (lower(mail));
        CREATE UNIQUE INDEX by_part ON t (part, (live IS NULL)) WHERE live AND gone IS NULL;
        CREATE UNIQUE INDEX by_num ON t ((num::int)) WHERE num ~ '^[0-9]+$';
        CREATE UNIQUE INDEX by_count ON t ((\"K1\" + 1), mail);
        INSERT INTO t VALUES (901, 'There', false, NULL), (902, 'other', true, 'b');";
    let within =
        format!("CREATE SCHEMA old; SET search_path = old; {from} SET search_path = public; {to}");
    for is_within in [false, true] {
        let (pair, place) = if is_within {
            let mut pair = Pair::new("indexes", "SELECT", &within, "");
            pair.from = super::Cluster::shared().named(&pair.to.name);
            (pair, &["--from-schema", "old"][..])
        } else {
            (Pair::new("indexes", from, to, ""), &[][..])
        };
        let args = |more: &[&'static str]| [place, &["--max-errors", "100%"], more].concat();
        let dry = pair
            .copy(&args(&["--dry-run", "--show-values"]))
            .ends_with(0);
        assert_eq!(dry.counts("t"), [40, 35, 0, 5], "{is_within} {dry:#?}");
        let page: Value = serde_json::from_str(&dry.stdout).expect("JSON");
        let mut found = page["tables"][0]["findings"]
            .as_array()
            .expect("a list")
            .clone();
        found.sort_by_key(|line| line["column"].to_string());
        let found: Vec<Value> = found
            .iter()
            .map(|line| json!([line["column"], line["code"], line["keys"], line["values"]]))
            .collect();
        assert_eq!(
            found,
            [
                json!([
                    "live, part, gone",
                    "key.duplicate",
                    keys(&[8, 9]),
                    ["a, false", "b, false"]
                ]),
                json!(["mail", "key.duplicate", keys(&[2, 5]), ["m1", "there"]]),
                json!(["num", "key.duplicate", keys(&[12]), ["7"]]),
            ]
        );
        let run = pair.copy(&args(&[])).ends_with(0);
        assert_eq!(run.counts("t"), [40, 35, 0, 5]);
        assert!(!run.stderr.contains("judging anew"), "{run:#?}");
        let again = pair.copy(&args(&[])).ends_with(0);
        assert_eq!(again.counts("t"), [40, 0, 35, 5]);
    }
}

#[test]
fn rows_that_no_partition_takes_are_told_beforehand() {
    let from = "CREATE TABLE t (id int PRIMARY KEY, day date, part text);
        INSERT INTO t SELECT n, date '2019-12-31' + n, 'a' FROM generate_series(1, 30) AS n;
        UPDATE t SET day = '2019-01-01' WHERE id = 3;
        UPDATE t SET day = '2022-01-01' WHERE id = 4;
        UPDATE t SET day = '2021-01-01' WHERE id IN (5, 6);
        UPDATE t SET part = 'z' WHERE id = 6;
        UPDATE t SET part = 'z' WHERE id = 7;
        CREATE TABLE empty (id int PRIMARY KEY); INSERT INTO empty VALUES (1);";
    let to = "CREATE TABLE t (id int, day date, \"PART\" text, PRIMARY KEY (id, day, \"PART\")) PARTITION BY RANGE (day);
        CREATE TABLE t_20 PARTITION OF t FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
        CREATE TABLE t_21 PARTITION OF t FOR VALUES FROM ('2021-01-01') TO ('2022-01-01') PARTITION BY LIST (\"PART\");
        CREATE TABLE t_21_a PARTITION OF t_21 FOR VALUES IN ('a', 'b');
        CREATE TABLE empty (id int PRIMARY KEY) PARTITION BY HASH (id);";
    let mapping =
        "[copy]\nmax_errors = \"100%\"\n[[column]]\nfrom = \"t.part\"\nto = \"t.\\\"PART\\\"\"\n";
    let pair = Pair::new("partitions", from, to, mapping);
    let dry = pair.copy(&["--dry-run", "--show-values"]).ends_with(0);
    assert_eq!(dry.counts("t"), [30, 27, 0, 3]);
    assert_eq!(dry.counts("empty"), [1, 0, 0, 1]);
    let page: Value = serde_json::from_str(&dry.stdout).expect("JSON");
    let tables = page["tables"].as_array().expect("a list").iter();
    let found = tables.filter(|table| table["from"] == "t").map(|table| {
        let line = &table["findings"][0];
        json!([line["column"], line["code"], line["keys"], line["values"]])
    });
    let samples = ["a, 2019-01-01", "a, 2022-01-01", "z, 2021-01-01"];
    assert_eq!(
        found.collect::<Vec<_>>(),
        [json!([
            "PART, day",
            "check.violated",
            keys(&[3, 4, 6]),
            samples
        ])]
    );
    let run = pair.copy(&[]).ends_with(0);
    assert_eq!(run.counts("t"), [30, 27, 0, 3]);
    pair.to.psql("CREATE TABLE t_else PARTITION OF t DEFAULT; CREATE TABLE all_of PARTITION OF empty FOR VALUES WITH (MODULUS 1, REMAINDER 0)");
    let run = pair.copy(&[]).ends_with(0);
    // A year that has partitions has none for the rest.
    assert_eq!(run.counts("t"), [30, 2, 27, 1]);
    assert_eq!(run.counts("empty"), [1, 1, 0, 0]);
}
