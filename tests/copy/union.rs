//! Several tables of the from side that become one.

use super::Pair;

const FROM: &str = "
    CREATE TABLE customers (id int PRIMARY KEY, name text, mail text);
    CREATE TABLE suppliers (id int PRIMARY KEY, title text, mail text, old boolean DEFAULT false);
    CREATE TABLE orders (id int PRIMARY KEY, customer int NOT NULL REFERENCES customers);
    CREATE TABLE deliveries (id int PRIMARY KEY, supplier int NOT NULL REFERENCES suppliers);
    CREATE TABLE remarks (id int PRIMARY KEY, company int NOT NULL);
    INSERT INTO customers SELECT n, 'C' || n, 'c' || n || '@x.org' FROM generate_series(1, 10) AS n;
    INSERT INTO suppliers SELECT n, 'S' || n, 's' || n || '@x.org' FROM generate_series(8, 20) AS n;
    UPDATE suppliers SET mail = 'c1@x.org' WHERE id = 15;
    UPDATE suppliers SET old = true WHERE id = 20;
    INSERT INTO orders SELECT n, n FROM generate_series(1, 10) AS n;
    INSERT INTO deliveries SELECT n, n FROM generate_series(8, 20) AS n;
    INSERT INTO remarks SELECT n, n FROM generate_series(1, 20) AS n;";
const TO: &str = "
    CREATE TABLE companies (id int PRIMARY KEY, name text NOT NULL, mail text UNIQUE, kind text NOT NULL);
    CREATE TABLE orders (id int PRIMARY KEY, company int NOT NULL REFERENCES companies);
    CREATE TABLE deliveries (id int PRIMARY KEY, company int NOT NULL REFERENCES companies);
    CREATE TABLE remarks (id int PRIMARY KEY, company int NOT NULL REFERENCES companies);
    INSERT INTO companies VALUES (3, 'was here', NULL, 'old'), (900, 'known', 's11@x.org', 'old');";
const MAPPING: &str = r#"
    [copy]
    max_errors = "100%"
    [[table]]
    from = "customers"
    to = "companies"
    [[table]]
    from = "suppliers"
    to = "companies"
    where = "old = false"
    [[column]]
    from = "suppliers.title"
    to = "companies.name"
    [[column]]
    from = "customers.id"
    to = "companies.kind"
    when = [{ if = "id > 0", value = "buys" }]
    [[column]]
    from = "suppliers.id"
    to = "companies.kind"
    when = [{ if = "id > 0", value = "sells" }]
    [[column]]
    from = "orders.customer"
    to = "orders.company"
    [[column]]
    from = "deliveries.supplier"
    to = "deliveries.company"
"#;
/// Everything that a copy leaves where people look.
const RESULT: &str = "SELECT (SELECT md5(string_agg(c::text, ' ' ORDER BY id)) FROM companies AS c),
    (SELECT string_agg(company::text, ' ' ORDER BY id) FROM orders), (SELECT string_agg(company::text, ' ' ORDER BY id) FROM deliveries),
    (SELECT string_agg(company::text, ' ' ORDER BY id) FROM remarks),
    (SELECT string_agg(concat_ws(' ', table_name, key, column_name, code, resolved_at), ', ' ORDER BY table_name, key::text) FROM align.quarantine),
    (SELECT string_agg(concat_ws(' ', table_name, from_value, to_value), ', ' ORDER BY table_name, from_value) FROM align.matched)";

#[test]
fn two_tables_become_one_and_the_first_has_its_keys() {
    let pair = Pair::new("union", FROM, TO, MAPPING);
    let dry = pair.copy(&["--dry-run"]).ends_with(0);
    let run = pair.copy(&[]).ends_with(0);
    // 3 is there; 8, 9 and 10 are customers, 15 has a customer's mail, 11 is there under another key.
    for run in [&dry, &run] {
        assert_eq!(run.counts("customers"), [10, 9, 1, 0]);
        assert_eq!(run.counts("suppliers"), [12, 7, 1, 4]);
        assert_eq!(run.counts("orders"), [10, 10, 0, 0]);
        assert_eq!(run.counts("deliveries"), [13, 8, 0, 5]);
        // Nothing tells which table these mean, so each is whichever has the key.
        assert_eq!(run.counts("remarks"), [20, 18, 0, 2]);
    }
    let left: Vec<&str> = run
        .stderr
        .lines()
        .filter(|line| line.contains("no counterpart"))
        .collect();
    assert_eq!(
        left,
        ["`suppliers.old` has no counterpart, and stays where it is"]
    );
    let kinds = "SELECT string_agg(id || ' ' || name || ' ' || kind, ', ' ORDER BY id) FROM companies WHERE id IN (3, 8, 11, 12, 900)";
    assert_eq!(
        pair.to.psql(kinds),
        "3 was here old, 8 C8 buys, 12 S12 sells, 900 known old"
    );
    let of = |table: &str| {
        let sql = format!("SELECT string_agg(company::text, ' ' ORDER BY id) FROM {table}");
        pair.to.psql(&sql)
    };
    assert_eq!(of("deliveries"), "900 12 13 14 16 17 18 19");
    assert_eq!(of("orders"), "1 2 3 4 5 6 7 8 9 10");
    let codes = "SELECT string_agg(concat_ws(' ', key ->> 'id', column_name, code, value), ', ' ORDER BY key::text) FROM align.quarantine WHERE table_name = 'suppliers'";
    assert_eq!(
        pair.to.psql(codes),
        "10 id key.duplicate 10, 15 mail key.duplicate c1@x.org, 8 id key.duplicate 8, 9 id key.duplicate 9"
    );
    let result = pair.to.psql(RESULT);
    // Nothing changes, whatever a later copy is made of, and none takes a customer for a supplier.
    for args in [
        &[][..],
        &["--table", "suppliers"],
        &["--table", "deliveries"],
        &["--where", "customers=id < 5"],
    ] {
        pair.copy(args).ends_with(0);
        assert_eq!(pair.to.psql(RESULT), result, "{args:?}");
    }
    let retry = pair.align(&pair.between(&["quarantine", "retry", "--yes"], &[]));
    retry.ends_with(0);
    assert_eq!(pair.to.psql(RESULT), result, "a retry");
    // Of two rows with one key the wrong one is not written even when rows follow.
    pair.copy(&["--on-conflict", "update", "--table", "suppliers"])
        .ends_with(0);
    assert_eq!(
        pair.to.psql(kinds),
        "3 was here old, 8 C8 buys, 12 S12 sells, 900 S11 sells"
    );
    // When the first gives the key up, the second has it.
    pair.from
        .psql("DELETE FROM orders WHERE id = 9; DELETE FROM customers WHERE id = 9");
    pair.to
        .psql("DELETE FROM orders WHERE id = 9; DELETE FROM remarks WHERE id = 9; DELETE FROM companies WHERE id = 9");
    let run = pair.copy(&[]).ends_with(0);
    assert_eq!(run.counts("suppliers")[1], 1);
    assert_eq!(
        pair.to.psql("SELECT name FROM companies WHERE id = 9"),
        "S9"
    );
    assert_eq!(
        pair.to.psql("SELECT company FROM deliveries WHERE id = 9"),
        "9"
    );
}

#[test]
fn a_mapping_of_two_tables_into_one_passes_its_check() {
    let pair = Pair::new("union_check", FROM, TO, MAPPING);
    let args = [
        "map", "check", "--map", &pair.map, "--from", "env:FROM", "--to", "env:TO",
    ];
    let run = pair.align(&args);
    assert!(run.code.is_some_and(|code| code < 2), "{run:#?}");
    assert!(!run.stdout.contains("stale"), "{run:#?}");
}
