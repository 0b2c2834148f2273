//! After a real copy.

use super::{Pair, Run};

const SHOP: &str = "
    CREATE TABLE customers (id serial PRIMARY KEY, name varchar(40) NOT NULL, mail text, size varchar(20));
    CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer int NOT NULL REFERENCES customers, total numeric(10, 2), agent text);
    CREATE TABLE tags (customer int REFERENCES customers, tag text, PRIMARY KEY (customer, tag));
    INSERT INTO customers (name, mail, size) SELECT 'Customer ' || n, 'c' || n || '@x.org', (10 * n)::text FROM generate_series(1, 2000) AS n;
    INSERT INTO orders (customer, total, agent) SELECT 1 + n % 2000, n * 1.25, CASE n % 3 WHEN 0 THEN 'Ann' WHEN 1 THEN 'Bob' END FROM generate_series(1, 6000) AS n;
    INSERT INTO tags SELECT 1 + n % 2000, 'tag ' || n FROM generate_series(1, 3000) AS n;";
const CRM: &str = "
    CREATE TABLE staff (id uuid PRIMARY KEY, full_name text UNIQUE);
    CREATE TABLE clients (id serial PRIMARY KEY, client_name text NOT NULL UNIQUE, email text, seats integer);
    CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, client_id int NOT NULL REFERENCES clients, total numeric, staff_id uuid REFERENCES staff);
    CREATE TABLE tags (client_id int REFERENCES clients, tag text, PRIMARY KEY (client_id, tag));
    INSERT INTO staff VALUES (md5('ann')::uuid, 'Ann'), (md5('bob')::uuid, 'Bob');";
const MAPPING: &str = r#"
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
    on_error = "quarantine"
    [[column]]
    from = "orders.customer"
    to = "orders.client_id"
    [[column]]
    from = "orders.agent"
    to = "orders.staff_id"
    lookup = { table = "staff", match = ["full_name"], take = "id" }
    [[column]]
    from = "tags.customer"
    to = "tags.client_id"
"#;

fn shop(name: &str) -> Pair {
    let pair = Pair::new(name, SHOP, CRM);
    pair.map(MAPPING);
    pair
}

const COPY: [&str; 8] = [
    "copy",
    "--yes",
    "--max-errors",
    "100%",
    "--from",
    "env:FROM",
    "--to",
    "env:TO",
];

fn copy(pair: &Pair) -> Run {
    pair.align(&COPY).ends_with(0)
}

#[test]
fn a_copy_is_what_the_mapping_says() {
    let pair = shop("copied");
    copy(&pair);
    let run = pair.verify(&[]).ends_with(0);
    assert_eq!(run.passed("customers"), 2000);
    assert_eq!(run.passed("orders"), 6000);
    assert_eq!(run.passed("tags"), 3000);
    pair.to.psql(
        "UPDATE clients SET seats = seats + 1 WHERE id = 1500;
         UPDATE orders SET staff_id = md5('bob')::uuid WHERE id = 3;
         UPDATE tags SET tag = 'other' WHERE client_id = 8 AND tag = 'tag 7'",
    );
    let run = pair.verify(&[]).ends_with(1);
    assert_eq!(
        run.found("customers")[1..],
        ["{\"id\": 1500} differs in seats"]
    );
    assert_eq!(
        run.found("orders")[1..],
        ["{\"id\": 3} differs in staff_id"]
    );
    assert_eq!(
        run.found("tags"),
        [
            "1 row is missing in this database",
            "{\"client_id\": 8, \"tag\": \"tag 7\"} is missing",
            "1 row is in this database alone",
            "{\"client_id\": 8, \"tag\": \"other\"} is in this database alone",
        ]
    );
}

#[test]
fn what_a_copy_put_aside_or_found_there_is_accounted_for() {
    let pair = shop("aside");
    pair.from.psql(
        "UPDATE customers SET size = 'many' WHERE id IN (4, 5);
         UPDATE customers SET name = 'Customer 1' WHERE id = 9;",
    );
    pair.to.psql("INSERT INTO clients (id, client_name, email) VALUES (9000, 'Known', 'c15@x.org'), (9001, 'Other', 'c16@x.org')");
    copy(&pair);
    let run = pair.verify(&[]).ends_with(0);
    assert_eq!(run.passed("customers"), 2000);
    let quarantined = |table: &str| {
        pair.to.psql(&format!(
            "SELECT count(DISTINCT key) FROM align.quarantine WHERE table_name = '{table}'"
        ))
    };
    assert_eq!(quarantined("customers"), "3");
    assert_eq!(
        run.found("customers"),
        [
            "3 rows are in quarantine: see them with `align quarantine list`",
            "2 rows are there under another key, and not compared",
        ]
    );
    for table in ["orders", "tags"] {
        assert_eq!(
            run.found(table),
            [format!(
                "{} rows are in quarantine: see them with `align quarantine list`",
                quarantined(table)
            )]
        );
    }
    // What follows a row that was there must be its child, and no other's.
    pair.to
        .psql("UPDATE orders SET client_id = 9001 WHERE id = 14");
    let run = pair.verify(&[]).ends_with(1);
    assert_eq!(run.found("orders")[1], "{\"id\": 14} differs in client_id");
    pair.to
        .psql("UPDATE orders SET client_id = 9000 WHERE id = 14; DELETE FROM orders WHERE client_id = 9001; DELETE FROM tags WHERE client_id = 9001; DELETE FROM clients WHERE id = 9001");
    // A row that was there and is gone is missing, and so are those that went with it.
    let run = pair.verify(&[]).ends_with(1);
    assert_eq!(run.found("customers")[1], "{\"id\": 16} is missing");
    assert_eq!(
        run.found("orders")[0],
        "3 rows are missing in this database"
    );
    // A row whose trouble somebody has dealt with is to be there.
    pair.to
        .psql("UPDATE align.quarantine SET resolved_at = now() WHERE table_name = 'customers' AND key = '{\"id\": 4}'");
    let run = pair.verify(&[]).ends_with(1);
    assert!(
        run.found("customers")
            .contains(&"{\"id\": 4} is missing".to_owned())
    );
}

#[test]
fn a_condition_of_the_mapping_leaves_rows_where_they_are() {
    let pair = shop("condition");
    pair.map(&MAPPING.replace(
        "match = [\"email\"]",
        "match = [\"email\"]\n    where = \"id <= 1000\"",
    ));
    pair.from
        .psql("DELETE FROM orders WHERE customer > 1000; DELETE FROM tags WHERE customer > 1000");
    copy(&pair);
    let run = pair.verify(&[]).ends_with(0);
    assert_eq!(run.passed("customers"), 1000);
}

#[test]
fn what_holds_once_may_be_edited_and_is_said_not_to_be_compared() {
    let pair = shop("once");
    pair.map(&MAPPING.replace(
        "on_error = \"quarantine\"",
        "on_error = \"quarantine\"\n    sync = \"once\"",
    ));
    pair.from
        .psql("UPDATE customers SET size = 'many' WHERE id = 4");
    copy(&pair);
    pair.to
        .psql("UPDATE clients SET seats = 1 WHERE id IN (15, 1500)");
    let run = pair.verify(&[]).ends_with(0);
    assert_eq!(run.passed("customers"), 2000);
    let said = "seats is written once, may be edited since, and is not compared";
    assert_eq!(
        run.found("customers"),
        [
            "1 row is in quarantine: see them with `align quarantine list`",
            said
        ]
    );
    // The other columns of those rows are compared as before.
    pair.to
        .psql("UPDATE clients SET email = NULL WHERE id = 1500");
    let run = pair.verify(&["--show-values"]).ends_with(1);
    assert_eq!(
        run.found("customers")[..2],
        [
            "1 row is different (email in 1)",
            "{\"id\": 1500} differs in email: NULL here, \"c1500@x.org\" there"
        ]
    );
    assert!(run.found("customers").contains(&said.to_owned()));
}

#[test]
fn a_row_that_was_there_before_the_copy_is_kept_and_named() {
    let pair = shop("kept");
    pair.to.psql(
        "INSERT INTO clients (id, client_name, email, seats) VALUES (7, 'Mine', 'c7@x.org', 1), (8, 'Customer 8', 'c8@x.org', 80), (9, 'Mine, too', NULL, NULL)",
    );
    copy(&pair);
    let kept = [
        "2 rows are kept from before the copy, and not compared",
        "{\"id\": 7} was there before the copy",
        "{\"id\": 9} was there before the copy",
    ];
    let run = pair.verify(&[]).ends_with(0);
    assert_eq!(run.passed("customers"), 2000);
    assert_eq!(run.found("customers"), kept);
    // A second copy finds all of them there, and keeps no more of them than the first.
    copy(&pair);
    pair.to.psql(
        "UPDATE clients SET seats = 1 WHERE id = 1500; UPDATE clients SET seats = 2 WHERE id = 7",
    );
    let run = pair.verify(&[]).ends_with(1);
    assert_eq!(
        run.found("customers"),
        [
            &[
                "1 row is different (seats in 1)",
                "{\"id\": 1500} differs in seats"
            ],
            &kept[..]
        ]
        .concat()
    );
    let run = pair.verify(&["--keys", "1"]).ends_with(1);
    assert_eq!(
        run.found("customers")[2..],
        [
            "2 rows are kept from before the copy, and not compared; the first 1 are listed",
            kept[1]
        ]
    );
    // A row that was kept and is gone is missing.
    pair.to
        .psql("UPDATE clients SET seats = 15000 WHERE id = 1500; DELETE FROM orders WHERE client_id = 9; DELETE FROM tags WHERE client_id = 9; DELETE FROM clients WHERE id = 9");
    let run = pair.verify(&[]).ends_with(1);
    assert_eq!(
        run.found("customers")[..2],
        [
            "1 row is missing in this database",
            "{\"id\": 9} is missing"
        ]
    );
    // What the copy has written itself is the copy's: by an update, or after the rows were gone.
    let update = ["--on-conflict", "update"];
    pair.align(&[&COPY[..], &update].concat()).ends_with(0);
    let run = pair.verify(&[]).ends_with(0);
    assert!(run.found("customers").is_empty(), "{run:#?}");
    pair.to
        .psql("UPDATE clients SET client_name = 'Customer X' WHERE id = 7");
    pair.verify(&[]).ends_with(1);
}

#[test]
fn rows_that_are_gone_and_copied_anew_are_kept_no_more() {
    let pair = shop("anew");
    let mine = "INSERT INTO clients (id, client_name, email) VALUES (7, 'Mine', NULL)";
    for between in ["", mine] {
        pair.to.psql(mine);
        copy(&pair);
        assert_eq!(
            pair.to.psql("SELECT to_key FROM align.kept"),
            "{7}",
            "before"
        );
        pair.to.psql("TRUNCATE clients, orders, tags");
        pair.to.psql(&between.replace("7, 'Mine'", "3000, 'Mine'"));
        copy(&pair);
        assert_eq!(pair.to.psql("SELECT count(*) FROM align.kept"), "0");
        pair.to
            .psql("TRUNCATE clients, orders, tags; DROP SCHEMA align CASCADE");
    }
}

#[test]
fn a_key_of_several_columns_may_be_another_one_there() {
    let from = "
        CREATE TABLE seats (hall text, n int, mail text, paid numeric, PRIMARY KEY (hall, n));
        INSERT INTO seats SELECT 'h' || n % 7, n, 'm' || n, n FROM generate_series(1, 3000) AS n;";
    let to = "
        CREATE TABLE seats (hall text, n int, mail text UNIQUE, paid numeric, PRIMARY KEY (hall, n));
        INSERT INTO seats VALUES ('old', 1, 'm1', 5), ('old', 2, 'm2', 2), ('h3', 3, 'm3', 9), ('h4', 4, 'm4', 4);";
    let pair = Pair::new("several", from, to);
    pair.map("[[table]]\nfrom = \"seats\"\nto = \"seats\"\nmatch = [\"mail\"]\n");
    copy(&pair);
    let run = pair.verify(&[]).ends_with(0);
    assert_eq!(run.passed("seats"), 3000);
    assert_eq!(
        run.found("seats"),
        [
            "1 row is kept from before the copy, and not compared",
            "{\"hall\": \"h3\", \"n\": 3} was there before the copy",
            "2 rows are there under another key, and not compared",
        ]
    );
    // A row under another key that is gone is missing.
    pair.to.psql(
        "DELETE FROM seats WHERE hall = 'old' AND n = 2; INSERT INTO seats VALUES ('old', 3, 'x', 1)",
    );
    let run = pair.verify(&[]).ends_with(1);
    assert_eq!(
        run.found("seats")[..4],
        [
            "1 row is missing in this database",
            "{\"hall\": \"h2\", \"n\": 2} is missing",
            "1 row is in this database alone",
            "{\"hall\": \"old\", \"n\": 3} is in this database alone",
        ]
    );
}

#[test]
fn rows_that_the_copy_was_not_asked_for_are_left_out() {
    let pair = shop("asked");
    let copy = |asked: &[&str]| {
        pair.align(&[&COPY[..], asked].concat()).ends_with(0);
    };
    copy(&["--where", "customers=id <= 900"]);
    let run = pair.verify(&[]).ends_with(0);
    assert_eq!(run.passed("customers"), 900);
    assert_eq!(
        run.found("customers"),
        ["1100 rows are left out: the copy is of those with `id <= 900`"]
    );
    assert!(
        run.stderr.contains("name others with `--where`"),
        "{}",
        run.stderr
    );
    assert_eq!(run.passed("orders"), 6000);
    // Nobody asked for that row, so it is no row of the copy.
    pair.to
        .psql("INSERT INTO clients VALUES (901, 'Customer 901', 'c901@x.org', 9010)");
    let run = pair.verify(&[]).ends_with(1);
    assert_eq!(
        run.found("customers")[1],
        "{\"id\": 901} is in this database alone"
    );
    pair.to.psql("DELETE FROM clients WHERE id = 901");
    // What is typed comes before what is written down.
    let all = pair.verify(&["--where", "customers=true"]).ends_with(1);
    assert_eq!(
        all.found("customers")[0],
        "1100 rows are missing in this database; the first 100 are listed"
    );
    let more = ["--where", "customers=id <= 901", "--allow-extra"];
    let more = pair.verify(&more).ends_with(1);
    assert_eq!(more.found("customers")[1], "{\"id\": 901} is missing");
    // Copies of several parts are of all of them; then of the rest.
    copy(&["--where", "customers=id > 1000", "--table", "customers"]);
    pair.to.psql("UPDATE clients SET seats = 0 WHERE id = 1001");
    let run = pair.verify(&[]).ends_with(1);
    assert_eq!(
        run.found("customers")[1..],
        [
            "{\"id\": 1001} differs in seats",
            "100 rows are left out: the copy is of those with `(id <= 900) OR (id > 1000)`"
        ]
    );
    pair.to
        .psql("UPDATE clients SET seats = 10010 WHERE id = 1001");
    copy(&[]);
    let run = pair.verify(&[]).ends_with(0);
    for table in ["customers", "orders", "tags"] {
        assert!(run.found(table).is_empty(), "{run:#?}");
    }
    let run = pair.verify(&["--where", "custmers=true"]).ends_with(2);
    assert!(
        run.stderr.contains("did you mean `customers`?"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_sample_is_compared_as_far_as_it_goes() {
    let pair = shop("few");
    pair.align(&[&COPY[..], &["--sample", "30"]].concat())
        .ends_with(0);
    let run = pair.verify(&[]).ends_with(0);
    assert_eq!(run.passed("customers"), 30);
    assert!(
        run.found("customers")[0].starts_with("1970 rows are left out: "),
        "{run:#?}"
    );
    pair.to.psql("DELETE FROM orders WHERE client_id = 5");
    pair.verify(&[]).ends_with(1);
}

#[test]
fn tables_that_become_one_are_each_there() {
    let from = "
        CREATE TABLE customers (id int PRIMARY KEY, name text);
        CREATE TABLE companies (id int PRIMARY KEY, title text);
        INSERT INTO customers SELECT n, 'c' || n FROM generate_series(1, 500) AS n;
        INSERT INTO companies SELECT n, 'f' || n FROM generate_series(501, 900) AS n;";
    let pair = Pair::new(
        "one",
        from,
        "CREATE TABLE clients (id int PRIMARY KEY, name text)",
    );
    pair.map(
        "[[table]]\nfrom = \"customers\"\nto = \"clients\"\n[[table]]\nfrom = \"companies\"\nto = \"clients\"\n
         [[column]]\nfrom = \"companies.title\"\nto = \"clients.name\"\n",
    );
    copy(&pair);
    let run = pair.verify(&[]).ends_with(0);
    assert_eq!(run.passed("customers"), 500);
    assert_eq!(run.passed("companies"), 400);
    pair.to.psql(
        "UPDATE clients SET name = 'x' WHERE id IN (3, 600); DELETE FROM clients WHERE id = 601; INSERT INTO clients VALUES (1000, 'nobody')",
    );
    let run = pair.verify(&[]).ends_with(1);
    assert_eq!(
        run.found("customers"),
        [
            "1 row is in this database alone",
            "{\"id\": 1000} is in this database alone",
            "1 row is different (name in 1)",
            "{\"id\": 3} differs in name",
        ]
    );
    assert_eq!(
        run.found("companies"),
        [
            "1 row is missing in this database",
            "{\"id\": 601} is missing",
            "1 row is in this database alone",
            "{\"id\": 1000} is in this database alone",
            "1 row is different (name in 1)",
            "{\"id\": 600} differs in name",
        ]
    );
}

#[test]
fn a_mapping_that_cannot_be_followed_is_said() {
    let pair = shop("follow");
    pair.map(&MAPPING.replace("clients.email", "clients.mail"));
    let run = pair.verify(&[]).ends_with(2);
    assert!(run.stderr.contains("mail"), "{}", run.stderr);
    let said = run
        .stderr
        .contains("cannot compare: the mapping does not fit");
    assert!(said, "{}", run.stderr);
}

/// A table that cannot be compared, such as one without a key that has the same name on both sides, does
/// not keep the others from it once they are named.
#[test]
fn the_tables_that_are_named_are_compared_and_no_other() {
    let pair = shop("named");
    copy(&pair);
    for db in [&pair.from, &pair.to] {
        db.psql("CREATE TABLE log (at timestamptz, what text)");
    }
    let run = pair.verify(&[]).ends_with(2);
    let hint = "`log` has no primary key, and no unique key without NULLs";
    assert!(run.stderr.contains(hint), "{}", run.stderr);
    assert!(
        run.stderr.contains("leave it out with `--table`"),
        "{}",
        run.stderr
    );
    let named = ["--table", "customers", "--table", "tags"];
    let run = pair.verify(&named).ends_with(0);
    assert_eq!(run.passed("customers"), 2000);
    assert_eq!(run.passed("tags"), 3000);
    assert!(!run.stdout.contains("orders"), "{}", run.stdout);
    let run = pair.verify(&["--table", "clients"]).ends_with(2);
    assert!(run.stderr.contains("clients"), "{}", run.stderr);
    // The same without a mapping.
    let plain = ["--no-map", "--table", "log"];
    let run = pair.verify(&plain).ends_with(0);
    assert!(
        run.stdout.contains("log") && !run.stdout.contains("tags"),
        "{}",
        run.stdout
    );
    pair.verify(&["--no-map", "--table", "nothing"])
        .ends_with(2);
}
