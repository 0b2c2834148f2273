//! What a copy does, one thing at a time.

use super::Pair;

pub(super) const SHOP: &str = "
    CREATE TABLE customers (id serial PRIMARY KEY, name varchar(40) NOT NULL, mail text, size varchar(20));
    CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer int NOT NULL REFERENCES customers, total numeric(10, 2));
    INSERT INTO customers (name, mail, size) SELECT 'Customer ' || n, 'c' || n || '@x.org', (10 * n)::text FROM generate_series(1, 20) AS n;
    INSERT INTO orders (customer, total) SELECT 1 + n % 20, n * 1.25 FROM generate_series(1, 60) AS n;";
pub(super) const CRM: &str = "
    CREATE TABLE clients (id serial PRIMARY KEY, client_name text NOT NULL UNIQUE, email text, seats integer);
    CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, client_id int NOT NULL REFERENCES clients, total numeric);
    CREATE INDEX ON orders (client_id);";
pub(super) const MAPPING: &str = r#"
    [[table]]
    from = "customers"
    to = "clients"
    match = ["email"]
    [[column]]
    from = "customers.name"
    to = "clients.client_name"
    [[column]]
    from = "customers.mail"
    to = "clients.email"
    [[column]]
    from = "customers.size"
    to = "clients.seats"
    range = { rule = "lower" }
    [[column]]
    from = "orders.customer"
    to = "orders.client_id"
"#;

fn shop(name: &str) -> Pair {
    Pair::new(name, SHOP, CRM, MAPPING)
}

#[test]
fn rows_go_under_their_new_names_and_sequences_follow() {
    let pair = shop("names");
    let run = pair.copy(&[]).ends_with(0);
    assert_eq!(run.counts("customers"), [20, 20, 0, 0]);
    assert_eq!(run.counts("orders"), [60, 60, 0, 0]);
    let rows = "SELECT string_agg(concat_ws('|', id, client_name, email, seats), ' ' ORDER BY id) FROM clients WHERE id < 3";
    assert_eq!(
        pair.to.psql(rows),
        "1|Customer 1|c1@x.org|10 2|Customer 2|c2@x.org|20"
    );
    assert_eq!(
        pair.to
            .psql("INSERT INTO clients (client_name) VALUES ('new') RETURNING id"),
        "21"
    );
    assert_eq!(
        pair.to
            .psql("INSERT INTO orders (client_id) VALUES (21) RETURNING id"),
        "61"
    );
    let written = pair
        .from
        .psql("SELECT count(*) FROM pg_namespace WHERE nspname = 'align'");
    assert_eq!(written, "0");
}

#[test]
fn children_follow_a_parent_that_is_there_under_another_key() {
    let pair = shop("follow");
    pair.to.psql("INSERT INTO clients (id, client_name, email) VALUES (900, 'Known', 'c5@x.org'), (901, 'Twin', 'c6@x.org'), (902, 'Twin 2', 'c6@x.org'), (7, 'Stranger', NULL)");
    let run = pair.copy(&["--max-errors", "100%"]).ends_with(0);
    // 7 is there under its own key, 5 under another; of 6 nobody can tell.
    assert_eq!(run.counts("customers"), [20, 17, 2, 1]);
    assert_eq!(run.counts("orders"), [60, 57, 0, 3]);
    assert_eq!(
        pair.to
            .psql("SELECT count(*) FROM orders WHERE client_id = 900"),
        "3"
    );
    assert_eq!(
        pair.to.psql("SELECT client_name FROM clients WHERE id = 7"),
        "Stranger"
    );
    // A child that comes later finds its parent by what was remembered.
    pair.from
        .psql("INSERT INTO orders (customer, total) VALUES (5, 1)");
    pair.copy(&["--max-errors", "100%", "--table", "orders"])
        .ends_with(0);
    assert_eq!(
        pair.to
            .psql("SELECT count(*) FROM orders WHERE client_id = 900"),
        "4"
    );
}

#[test]
fn rows_that_are_there_stay_or_follow_or_stop_the_copy() {
    let pair = shop("conflict");
    pair.to
        .psql("INSERT INTO clients (id, client_name, email) VALUES (3, 'Old name', 'old@x.org')");
    pair.copy(&["--on-conflict", "fail"]).ends_with(2).says(&[
        "1 rows of `clients` are in the target already",
        "nothing was published",
    ]);
    assert_eq!(pair.to.psql("SELECT count(*) FROM clients"), "1");
    pair.copy(&[]).ends_with(0);
    assert_eq!(
        pair.to.psql("SELECT client_name FROM clients WHERE id = 3"),
        "Old name"
    );
    let run = pair.copy(&["--on-conflict", "update"]).ends_with(0);
    assert!(run.stdout.contains("\"updated\": 1"), "{}", run.stdout);
    assert_eq!(
        pair.to.psql("SELECT client_name FROM clients WHERE id = 3"),
        "Customer 3"
    );
    let run = pair.copy(&["--on-conflict", "update"]).ends_with(0);
    assert!(!run.stdout.contains("\"updated\": 1"), "{}", run.stdout);
}

#[test]
fn a_dry_run_changes_nothing_and_tells_the_same() {
    let pair = shop("dry");
    pair.from
        .psql("UPDATE customers SET size = 'many' WHERE id IN (4, 5)");
    let before = super::without_noise(&pair.to.dump_schema("(public|align)"));
    let dry = pair.copy(&["--max-errors", "5", "--dry-run"]);
    // Two customers, and six orders of theirs, are above it.
    let dry = dry
        .ends_with(2)
        .says(&["6 of 60 rows of `orders`", "limit", "`--max-errors 6`"]);
    assert_eq!(dry.counts("customers"), [20, 18, 0, 2]);
    assert_eq!(dry.counts("orders"), [60, 54, 0, 6]);
    assert!(!dry.stdout.contains("many"), "{}", dry.stdout);
    let shown = pair
        .copy(&["--max-errors", "6", "--dry-run", "--show-values"])
        .ends_with(0);
    assert!(shown.stdout.contains("many"), "{}", shown.stdout);
    assert_eq!(
        super::without_noise(&pair.to.dump_schema("(public|align)")),
        before
    );
    assert_eq!(pair.to.psql("SELECT count(*) FROM clients"), "0");
    let run = pair.copy(&["--max-errors", "6"]).ends_with(0);
    assert_eq!(run.counts("orders"), dry.counts("orders"));
}

#[test]
fn what_was_in_quarantine_goes_when_it_was_mended() {
    let pair = shop("mended");
    pair.from.psql("UPDATE customers SET size = 'many' WHERE id IN (4, 5); UPDATE customers SET name = 'Customer 1' WHERE id = 9");
    pair.copy(&["--max-errors", "100%"])
        .ends_with(0)
        .says(&["12 rows went to align.quarantine"]);
    let list = pair
        .align(&["quarantine", "list", "--database", "env:TO"])
        .ends_with(0);
    assert!(
        list.stdout.contains("{\"id\": 4}  seats  range.unreadable"),
        "{}",
        list.stdout
    );
    assert!(!list.stdout.contains("many"), "{}", list.stdout);
    let shown = pair.align(&[
        "quarantine",
        "list",
        "--database",
        "env:TO",
        "--show-values",
        "--code",
        "range.unreadable",
    ]);
    assert_eq!(shown.ends_with(0).stdout.matches("many").count(), 2);

    pair.align(&[
        "quarantine",
        "resolve",
        "--database",
        "env:TO",
        "--reason",
        "x",
    ])
    .ends_with(2);
    let by_key = [
        "quarantine",
        "resolve",
        "--database",
        "env:TO",
        "--reason",
        "left out",
        "--code",
        "key.duplicate",
    ];
    assert_eq!(
        pair.align(&by_key).ends_with(0).stdout,
        "1 line is dealt with\n"
    );

    // Half of it is mended in the data, half in the mapping.
    pair.from
        .psql("UPDATE customers SET size = '44' WHERE id = 4");
    pair.remap(&MAPPING.replace(
        "rule = \"lower\"",
        "rule = \"lower\", words = { many = 55 }",
    ));
    let retry = pair.align(&pair.between(
        &["quarantine", "retry", "--yes", "--format", "json"],
        &["--max-errors", "100%"],
    ));
    let retry = retry.ends_with(0);
    assert_eq!(retry.counts("customers"), [2, 2, 0, 0]);
    assert_eq!(retry.counts("orders"), [9, 6, 0, 3]);
    assert_eq!(
        pair.to.psql(
            "SELECT string_agg(seats::text, ' ' ORDER BY id) FROM clients WHERE id IN (4, 5)"
        ),
        "44 55"
    );
    let open = "SELECT count(*), count(*) FILTER (WHERE resolved_at IS NULL) FROM align.quarantine";
    assert_eq!(pair.to.psql(open), "12|3");
    // A full copy does not open what was left out on purpose.
    pair.copy(&["--max-errors", "100%"]).ends_with(0);
    assert_eq!(pair.to.psql(open), "12|3");
}

#[test]
fn what_a_domain_or_a_check_refuses_is_told_beforehand() {
    let from = "CREATE TABLE t (id text PRIMARY KEY, mail text, seats text, note text, low int, high int);
        INSERT INTO t VALUES ('a1', 'a@x.org', '1', 'n', 1, 2), ('a2', 'no mail', '2', 'n', 1, 2), ('a3', 'c@x.org', '0', 'n', 1, 2),
            ('a4', 'd@x.org', '101', 'n', 1, 2), ('a5', NULL, '5', 'n', 1, 2), ('a6', 'f@x.org', 'x', 'n', 1, 2),
            ('a7', 'g@x.org', '7', 'far too long', 1, 2), ('a8', 'h@x.org', '8', NULL, 1, 2), ('a9', 'i@x.org', '9', 'n', 3, 2),
            ('B1', 'j@x.org', '9', 'n', 1, 2), ('a10', ' A@X.ORG ', '1', 'n', 1, 2);";
    let to = "CREATE DOMAIN plate AS text CHECK (VALUE ~ '^[a-z][0-9]+$');
        CREATE DOMAIN mail AS varchar(40) CHECK (position('@' in VALUE) > 0) CONSTRAINT \"no VALUE\" CHECK (VALUE <> 'VALUE');
        CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
        CREATE DOMAIN seats AS positive CHECK (VALUE <= 100);
        CREATE DOMAIN note AS varchar(5) NOT NULL;
        CREATE TABLE t (id plate PRIMARY KEY, \"Mail\" mail UNIQUE, seats seats, note note, low int, high int, CHECK (low < high));
        INSERT INTO t VALUES ('z9', 'a@x.org', 50, 'here', 0, 1);";
    let mapping = "
        [copy]
        max_errors = \"100%\"
        [[table]]
        from = \"t\"
        to = \"t\"
        match = [\"\\\"Mail\\\"\"]
        normalize = [\"trim\", \"lower\"]
        [[column]]
        from = \"t.mail\"
        to = \"t.\\\"Mail\\\"\"
        [[column]]
        from = \"t.seats\"
        to = \"t.seats\"
        cast = \"integer\"";
    let codes = "SELECT concat_ws(' ', key ->> 'id', column_name, code, value) FROM align.quarantine ORDER BY key ->> 'id' COLLATE \"C\"";
    let expected = "B1 id check.violated B1\na2 Mail check.violated no mail\na3 seats check.violated 0\n\
        a4 seats check.violated 101\na6 seats cast.invalid x\na7 note cast.too_long far too long\n\
        a8 note null.not_allowed \na9 low, high check.violated 3, 2";
    for within in [false, true] {
        let pair = if within {
            let both = format!(
                "CREATE SCHEMA old; SET search_path = old; {from} SET search_path = public; {to}"
            );
            let mut pair = Pair::new("domains", "SELECT", &both, mapping);
            pair.from = super::Cluster::shared().named(&pair.to.name);
            pair
        } else {
            Pair::new("domains", from, to, mapping)
        };
        let args: &[&str] = if within {
            &["--from-schema", "old"]
        } else {
            &[]
        };
        let dry = pair.copy(&[args, &["--dry-run"]].concat()).ends_with(0);
        // a1 and a10 are there under another key; a5 has no mail.
        assert_eq!(dry.counts("t"), [11, 1, 2, 8], "{within}: {dry:#?}");
        let run = pair.copy(args).ends_with(0);
        assert_eq!(run.counts("t"), [11, 1, 2, 8], "{within}");
        assert_eq!(pair.to.psql(codes), expected, "{within}");
        let run = pair.copy(&[args, &["--on-conflict", "update"]].concat());
        assert_eq!(run.ends_with(0).counts("t"), [11, 0, 3, 8], "{within}");
    }
}

#[test]
fn columns_without_a_home_are_kept_in_the_archive() {
    let from = "
        CREATE TABLE people (id int PRIMARY KEY, name text, fax text, more json, tags text[], price numeric, gone text);
        INSERT INTO people SELECT n, nullif('P' || n, 'P3'), 'fax ' || n, '{\"a\": null, \"a\": \"\\u0000\"}', ARRAY['x', NULL], n / 8.0, 'gone'
            FROM generate_series(1, 4) AS n;
        INSERT INTO people VALUES (5, 'P5', NULL, NULL, NULL, NULL, 'gone');";
    let to = "CREATE TABLE people (id int PRIMARY KEY, name text NOT NULL); INSERT INTO people VALUES (2, 'was here');";
    let mapping = "
        [copy]
        max_errors = 1
        [[column]]
        from = [\"people.fax\", \"people.more\", \"people.tags\"]
        archive = true
        [[column]]
        from = \"people.price\"
        archive = true
        [[column]]
        from = \"people.gone\"
        drop = true
        reason = \"nobody reads it\"";
    let pair = Pair::new("archive", from, to, mapping);
    pair.copy(&["--dry-run"]).ends_with(0);
    let run = pair.copy(&[]).ends_with(0);
    assert_eq!(run.counts("people"), [5, 3, 1, 1]);
    let run = run
        .says(&["`people.fax`, `people.more`, `people.tags`, `people.price` go to align.archive"]);
    drop(run);
    // 3 is in quarantine, whole; 5 has nothing to keep.
    let keys = "SELECT string_agg(concat_ws(' ', phase, table_name, key), ', ' ORDER BY id) FROM align.archive";
    let expected = "copy people {\"id\": 1}, copy people {\"id\": 2}, copy people {\"id\": 4}";
    assert_eq!(pair.to.psql(keys), expected);
    let first = "SELECT row_data ->> 'fax', row_data ->> 'more', row_data -> 'tags', row_data -> 'price', row_data ? 'gone', run IS NOT NULL FROM align.archive WHERE key = '{\"id\": 1}'";
    assert_eq!(
        pair.to.psql(first),
        "fax 1|{\"a\": null, \"a\": \"\\u0000\"}|[\"x\", null]|0.12500000000000000000|f|t"
    );
    let all = "SELECT md5(string_agg(a::text, ' ' ORDER BY id)) FROM align.archive AS a";
    let before = pair.to.psql(all);
    pair.from.psql("UPDATE people SET fax = 'new' WHERE id = 1");
    pair.copy(&[]).ends_with(0);
    assert_eq!(pair.to.psql(all), before, "it stays as rows do");
    pair.copy(&["--on-conflict", "update"]).ends_with(0);
    assert!(pair.to.psql(first).starts_with("new|"));
    assert_eq!(pair.to.psql(keys), expected);
}

#[test]
fn tables_that_refer_to_each_other_go_together() {
    let from = "
        CREATE TABLE a (id int PRIMARY KEY, best int NOT NULL, boss int);
        CREATE TABLE b (id int PRIMARY KEY, a int NOT NULL);
        INSERT INTO a SELECT n, n, nullif(n - 1, 0) FROM generate_series(1, 9) AS n;
        INSERT INTO b SELECT n, n FROM generate_series(1, 9) AS n WHERE n <> 7;";
    let to = "
        CREATE TABLE a (id int PRIMARY KEY, best int NOT NULL, boss int REFERENCES a);
        CREATE TABLE b (id int PRIMARY KEY, a int NOT NULL REFERENCES a);
        ALTER TABLE a ADD FOREIGN KEY (best) REFERENCES b;";
    let pair = Pair::new("circle", from, to, "");
    let run = pair.copy(&["--max-errors", "100%"]).ends_with(0);
    // The best of 7 is missing, so 7 cannot go, and neither can 8, whose boss it is, and so on.
    assert_eq!(run.counts("a"), [9, 6, 0, 3]);
    assert_eq!(run.counts("b"), [8, 6, 0, 2]);
    assert_eq!(
        pair.to
            .psql("SELECT string_agg(boss::text, ',' ORDER BY id) FROM a"),
        "1,2,3,4,5"
    );
}

#[test]
fn values_of_every_kind_arrive_as_they_were() {
    let table = "CREATE TYPE mood AS ENUM ('fine', 'so-so'); CREATE DOMAIN plate AS varchar(9);
        CREATE TABLE \"Odd Table\" (\"the key\" bigint, part char(3), \"s\" text, mood mood, moods mood[], plate plate, day date, at timestamptz(3),
            clock time, span interval, bytes bytea, doc json, docb jsonb, price numeric(12, 4), r real, d double precision,
            small smallint, flag boolean, words varchar(20)[], net inet, tags tsvector, PRIMARY KEY (\"the key\", part));";
    let rows = "INSERT INTO \"Odd Table\"
        SELECT n, 'a' || n % 3, chr(64 + n) || E' \\\\ \"x\"\\n\\t', 'so-so', '{fine,so-so}', 'AB ' || n, date '2020-02-29' + n,
            timestamptz '2020-01-01 00:00:00.123+05' * 1, '12:34:56.789', '1 mon 2 days 03:04:05', '\\x00ff', '{\"a\": 1, \"a\": 2}', '{\"b\": [1, null]}',
            n / 7.0, 'NaN', '-Infinity', n, n % 2 = 0, '{\"a, b\",NULL,\"\"}', '10.0.0.1/8', 'fat:1 cat:2'
        FROM generate_series(1, 30) AS n;
        INSERT INTO \"Odd Table\" (\"the key\", part) VALUES (99, 'x');";
    let rows = rows.replace(" * 1", "");
    let pair = Pair::new("kinds", &format!("{table}{rows}"), table, "");
    let run = pair.copy(&[]).ends_with(0);
    assert_eq!(run.counts("\"Odd Table\""), [31, 31, 0, 0]);
    let all = "SELECT md5(string_agg(o.*::text, E'\\n' ORDER BY \"the key\", part)) FROM \"Odd Table\" AS o";
    assert_eq!(pair.to.psql(all), pair.from.psql(all));
    let run = pair.copy(&["--on-conflict", "update"]).ends_with(0);
    assert_eq!(run.counts("\"Odd Table\""), [31, 0, 31, 0]);
    assert!(run.stdout.contains("\"updated\": 0"), "{}", run.stdout);
}

#[test]
fn two_schemas_of_one_database_need_no_way_out() {
    let both =
        format!("CREATE SCHEMA old; SET search_path = old; {SHOP} SET search_path = public; {CRM}");
    let mut pair = Pair::new("schemas", "SELECT", &both, MAPPING);
    pair.from = super::Cluster::shared().named(&pair.to.name);
    let run = pair.copy(&["--from-schema", "old"]).ends_with(0);
    assert_eq!(run.counts("customers"), [20, 20, 0, 0]);
    assert_eq!(run.counts("orders"), [60, 60, 0, 0]);
    let run = pair.copy(&["--from-schema", "old"]).ends_with(0);
    assert_eq!(run.counts("orders"), [60, 0, 60, 0]);
}

#[test]
fn a_sample_has_its_parents_and_a_condition_holds() {
    let pair = shop("sample");
    let run = pair.copy(&["--sample", "4"]).ends_with(0);
    assert_eq!(run.counts("customers"), [4, 4, 0, 0]);
    assert_eq!(run.counts("orders"), [4, 4, 0, 0]);
    let run = pair.copy(&[
        "--where",
        "customers=id > 15",
        "--where",
        "orders=customer > 15 AND total > 20",
    ]);
    let run = run.ends_with(0);
    assert_eq!(run.counts("customers"), [5, 5, 0, 0]);
    assert_eq!(
        pair.to
            .psql("SELECT bool_and(client_id > 15 OR id <= 42) FROM orders"),
        "t"
    );
}

#[test]
fn a_trigger_sees_who_writes() {
    let pair = shop("claims");
    pair.to.psql(
        "CREATE FUNCTION guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF current_setting('request.jwt.claims', true)::jsonb ->> 'role' IS DISTINCT FROM 'service_role' THEN
                RAISE EXCEPTION 'Permission denied.';
            END IF;
            RETURN NEW; END $$;
         CREATE TRIGGER guard BEFORE INSERT ON clients FOR EACH ROW EXECUTE FUNCTION guard();",
    );
    pair.copy(&["--claims", r#"{"role": "anon"}"#])
        .ends_with(2)
        .says(&[
            "cannot publish `clients`",
            "trigger `guard` of `clients` refuses a row: Permission denied",
            "--claims",
        ]);
    assert_eq!(pair.to.psql("SELECT count(*) FROM clients"), "0");
    pair.copy(&[]).ends_with(0);
}

#[test]
fn a_row_that_is_there_is_not_brought_up_to_the_key_of_another() {
    let from = "CREATE TABLE t (id int PRIMARY KEY, mail text, tag text);
        INSERT INTO t VALUES (1, 'a', 'One'), (2, 'b', 'Two'), (3, 'c', 'Three'), (4, 'same', 'x'), (5, 'same', 'y'),
            (6, 'z', 'Nine'), (7, 'new', 'n'), (8, NULL, NULL), (10, 'b2', 'New');";
    let to = "CREATE TABLE t (id int PRIMARY KEY, mail text UNIQUE, tag text);
        CREATE UNIQUE INDEX ON t (lower(tag));
        INSERT INTO t VALUES (1, 'b', 'one'), (2, 'a', 'two'), (3, 'c', 'three'), (4, 'o4', 'o4'), (5, 'o5', 'o5'),
            (6, 'o6', 'o6'), (8, 'o8', 'o8'), (9, 'o9', 'nine');";
    let mapping =
        "[[table]]\nfrom = \"t\"\nto = \"t\"\nmatch = [\"id\"]\n[copy]\nmax_errors = \"100%\"\n";
    let pair = Pair::new("taken", from, to, mapping);
    let dry = pair.copy(&["--on-conflict", "update", "--dry-run"]);
    // 1 and 2 would change places, 5 would come to what 4 comes to, and 6 to the tag of 9.
    let dry = dry.ends_with(0);
    assert_eq!(dry.counts("t"), [9, 2, 3, 4]);
    let run = pair.copy(&["--on-conflict", "update"]).ends_with(0);
    assert!(!run.stderr.contains("judging anew"), "{run:#?}");
    assert_eq!(run.counts("t"), [9, 2, 3, 4]);
    assert_eq!(
        pair.to
            .psql("SELECT string_agg(concat_ws('|', id, mail, tag), ' ' ORDER BY id) FROM t"),
        "1|b|one 2|a|two 3|c|Three 4|same|x 5|o5|o5 6|o6|o6 7|new|n 8 9|o9|nine 10|b2|New"
    );
    let codes = "SELECT string_agg(concat_ws(' ', key ->> 'id', column_name, code), ', ' ORDER BY id) FROM align.quarantine";
    assert_eq!(
        pair.to.psql(codes),
        "1 mail key.duplicate, 2 mail key.duplicate, 5 mail key.duplicate, 6 tag key.duplicate"
    );
    let again = pair.copy(&["--on-conflict", "update"]).ends_with(0);
    assert_eq!(again.counts("t"), [9, 0, 5, 4]);
}
