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

fn copy(pair: &Pair) -> Run {
    let args = [
        "copy",
        "--yes",
        "--max-errors",
        "100%",
        "--from",
        "env:FROM",
        "--to",
        "env:TO",
    ];
    pair.align(&args).ends_with(0)
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
