//! Rows that a batch cannot convert.

use crate::Shop;

/// The shop with a column that takes numbers, and sizes that are none.
fn awkward(name: &str) -> Shop {
    let shop = Shop::new(name);
    shop.write(
        "migrations/one/V2__fill_names.sql",
        "-- align: batch table=clients key=id size=100
UPDATE public.clients AS c
SET client_name = c.name, touched = c.size::integer
WHERE c.client_name IS NULL /* align:window */;
",
    );
    shop.db.psql(
        "UPDATE clients SET size = '10k' WHERE id IN (1, 250, 251, 252, 1000);
         UPDATE clients SET size = '99999999999' WHERE id = 777;",
    );
    shop
}

const LISTED: &str = "SELECT table_name, key, column_name, coalesce(value, '-'), code, run = (SELECT max(run::text) FROM align.events WHERE event = 'run')
    FROM align.quarantine ORDER BY (key ->> 'id')::integer";

#[test]
fn bad_rows_go_to_quarantine_and_the_others_are_converted() {
    let shop = awkward("aside");
    let run = shop.migrate(&["--phase", "one"]).ends_with(0).says(&[
        "994 rows in",
        "6 rows put into quarantine",
        "6 rows of `clients` went to align.quarantine",
    ]);
    assert!(!run.stderr.contains("10k"), "{run:#?}");
    assert_eq!(
        shop.db.psql(LISTED),
        [1, 250, 251, 252, 777, 1000]
            .map(|id| {
                let code = if id == 777 { "22003" } else { "22P02" };
                format!("clients|{{\"id\": {id}}}|*|-|{code}|t")
            })
            .join("\n")
    );
    let converted = "SELECT count(*), count(client_name), sum(touched) = sum(size::integer) FILTER (WHERE client_name IS NOT NULL), max(touched) FROM clients";
    assert_eq!(shop.db.psql(converted), "1000|994|t|6");
    let kept = "SELECT count(*) FROM clients WHERE client_name IS NULL AND size IN ('10k', '99999999999') AND touched = 0";
    assert_eq!(shop.db.psql(kept), "6");
}

#[test]
fn a_constraint_names_the_column() {
    let shop = awkward("constraint");
    shop.write(
        "migrations/one/V1__add_columns.sql",
        "ALTER TABLE public.clients
    ADD COLUMN client_name text CONSTRAINT no_seven CHECK (client_name <> 'client 7'),
    ADD COLUMN touched integer;
ALTER TABLE public.clients ADD CONSTRAINT filled CHECK (touched IS NOT NULL) NOT VALID;
CREATE UNIQUE INDEX one_name ON public.clients (client_name);
",
    );
    shop.db.psql(
        "UPDATE clients SET size = '1';
         UPDATE clients SET size = NULL WHERE id = 70;
         UPDATE clients SET name = 'client 8' WHERE id = 500;",
    );
    let allowed = [
        "--phase",
        "one",
        "--target",
        "2",
        "--allow",
        "blocks-writes",
    ];
    shop.migrate(&allowed).ends_with(0);
    assert_eq!(
        shop.db.psql("SELECT key ->> 'id', column_name, code FROM align.quarantine ORDER BY (key ->> 'id')::integer"),
        "7|client_name|23514\n70|touched|23514\n500|*|23505"
    );
    assert_eq!(
        shop.db.psql("SELECT count(client_name) FROM clients"),
        "997"
    );
}

#[test]
fn the_mapping_may_want_the_run_to_end() {
    let shop = awkward("strict");
    let mapping = "mappings/shop-to-crm/mapping.toml";
    let text = std::fs::read_to_string(shop.folder.path().join(mapping)).unwrap();
    let rule = "[[column]]\nfrom = \"clients.size\"\nto = \"clients.touched\"\ncast = \"integer\"\non_error = \"fail\"\n";
    shop.write(mapping, &format!("{text}\n{rule}"));
    shop.migrate(&["--phase", "one"])
        .ends_with(4)
        .says(&["22P02"]);
    assert_eq!(
        shop.db
            .psql("SELECT to_regclass('align.quarantine') IS NULL"),
        "t"
    );
}

#[test]
fn a_statement_that_no_row_is_to_blame_for_fails() {
    let shop = awkward("unsound");
    shop.write(
        "migrations/one/V2__fill_names.sql",
        "-- align: batch table=clients key=id size=100
UPDATE public.clients AS c SET touched = 'many'::integer WHERE true /* align:window */;
",
    );
    shop.migrate(&["--phase", "one"])
        .ends_with(4)
        .says(&["22P02"]);
    assert_eq!(
        shop.db
            .psql("SELECT to_regclass('align.quarantine') IS NULL"),
        "t"
    );
}

#[test]
fn a_run_that_ended_among_bad_rows_goes_on() {
    let shop = awkward("among");
    shop.migrate(&["--phase", "one", "--stop-after", "0s"])
        .ends_with(4);
    while shop
        .migrate(&["--phase", "one", "--stop-after", "150ms"])
        .code
        != Some(0)
    {}
    assert_eq!(
        shop.db
            .psql("SELECT count(*), count(DISTINCT key) FROM align.quarantine"),
        "6|6"
    );
    assert_eq!(
        shop.db.psql("SELECT count(client_name) FROM clients"),
        "994"
    );
}

/// Where the values go into another table, the rule is that table's.
#[test]
fn the_mapping_may_want_the_run_to_end_for_rows_of_another_table() {
    for (name, rule, into) in [
        ("strict_to", "to = \"sizes.size\"", "(id, size)"),
        ("strict_from", "to = \"elsewhere.other\"", ""),
    ] {
        let shop = awkward(name);
        shop.db
            .psql("CREATE TABLE sizes (id int PRIMARY KEY, size int)");
        shop.write(
            "migrations/one/V2__fill_names.sql",
            &format!(
                "-- align: batch table=clients key=id size=100
INSERT INTO sizes {into} SELECT c.id, c.size::integer FROM clients AS c WHERE true /* align:window */;
"
            ),
        );
        let mapping = "mappings/shop-to-crm/mapping.toml";
        let text = std::fs::read_to_string(shop.folder.path().join(mapping)).unwrap();
        let rule = format!(
            "[[column]]\nfrom = \"clients.size\"\n{rule}\ncast = \"integer\"\non_error = \"fail\"\n"
        );
        shop.write(mapping, &format!("{text}\n{rule}"));
        shop.migrate(&["--phase", "one"])
            .ends_with(4)
            .says(&["22P02"]);
    }
}

#[test]
fn rows_that_share_a_key_with_a_bad_one_are_not_left_out_with_it() {
    let shop = awkward("shared_key");
    shop.db.psql(
        "CREATE TABLE lines (tenant int, n int, v text, w int, PRIMARY KEY (tenant, n));
         INSERT INTO lines SELECT t, n, CASE WHEN (t, n) = (7, 3) THEN 'x' ELSE '1' END FROM generate_series(1, 20) AS t, generate_series(1, 5) AS n;",
    );
    shop.write(
        "migrations/one/V2__fill_names.sql",
        "-- align: batch table=lines key=tenant size=10
UPDATE lines SET w = v::integer WHERE w IS NULL /* align:window */;
",
    );
    shop.migrate(&["--phase", "one"]).ends_with(4).says(&[
        "22P02",
        "batch by a unique key: several rows have this `tenant`",
    ]);
    assert_eq!(
        shop.db
            .psql("SELECT count(*) FROM lines WHERE w IS NOT NULL AND tenant >= 7"),
        "0"
    );
    assert_eq!(
        shop.db
            .psql("SELECT to_regclass('align.quarantine') IS NULL"),
        "t"
    );
    shop.db.psql("UPDATE lines SET v = '1' WHERE v = 'x'");
    shop.migrate(&["--phase", "one"]).ends_with(0);
    assert_eq!(
        shop.db.psql("SELECT count(*) FROM lines WHERE w IS NULL"),
        "0"
    );
}

#[test]
fn a_trial_of_a_batch_says_what_becomes_of_bad_rows() {
    let shop = awkward("tried_whole");
    shop.migrate(&["--phase", "one", "--dry-run=rollback"])
        .ends_with(2)
        .says(&[
            "22P02",
            "hint: a run puts the rows that fail so into quarantine",
        ]);
}

#[test]
fn a_dot_in_a_name_is_not_that_after_a_schema() {
    let shop = awkward("dotted");
    shop.db.psql(
        "CREATE SCHEMA a;
         CREATE TABLE a.b (id int PRIMARY KEY, v text, w int);
         CREATE TABLE \"a.b\" (LIKE a.b INCLUDING ALL);
         INSERT INTO a.b VALUES (1, 'x'); INSERT INTO \"a.b\" VALUES (1, 'x');",
    );
    let batch = |table: &str| {
        format!(
            "-- align: batch table={table} key=id\nUPDATE {table} SET w = v::integer WHERE true /* align:window */;\n"
        )
    };
    shop.write("migrations/one/V2__fill_names.sql", &batch("a.b"));
    shop.write("migrations/one/V3__index_names.sql", &batch("\"a.b\""));
    shop.migrate(&["--phase", "one"]).ends_with(0);
    assert_eq!(
        shop.db
            .psql("SELECT table_name FROM align.quarantine ORDER BY 1"),
        "\"a.b\"\na.b"
    );
}
