//! A table that is walked through more than once.

use crate::Shop;

const FILL: &str = "UPDATE public.clients AS c
SET client_name = c.name, touched = c.touched + 1
WHERE true /* align:window */;
";

#[test]
fn every_row_is_in_one_pass_whatever_the_key() {
    for (at, key) in [
        "bigint",
        "integer",
        "smallint",
        "uuid",
        "text",
        "varchar(40)",
    ]
    .iter()
    .enumerate()
    {
        let shop = Shop::new("passes");
        let value = match *key {
            "uuid" => "md5(n::text)::uuid",
            _ => "n - 500",
        };
        shop.db.psql(&format!(
            "DROP TABLE clients;
             CREATE TABLE clients (id {key} PRIMARY KEY, name text NOT NULL, size text);
             INSERT INTO clients SELECT {value}, 'client ' || n, n FROM generate_series(1, 1000) AS n;
             ANALYZE clients"
        ));
        let passes = [2, 8, 16][at % 3];
        shop.write(
            "migrations/one/V2__fill_names.sql",
            &format!("-- align: batch table=clients key=id size=20 passes={passes}\n{FILL}"),
        );
        let mut runs = 1;
        while shop
            .migrate(&["--phase", "one", "--stop-after", "150ms"])
            .code
            != Some(0)
        {
            runs += 1;
            assert!(runs < 200, "{key}");
        }
        let done = "SELECT count(*) FILTER (WHERE touched = 1), count(*) FROM clients";
        assert_eq!(shop.db.psql(done), "1000|1000", "{key}");
    }
}

const TOUCH: &str = "UPDATE public.clients AS c
SET touched = c.touched + 1
WHERE true /* align:window */;
";

/// The size of the table after the backfill, by the one before.
fn growth(directive: &str) -> f64 {
    let shop = Shop::new("order");
    shop.db.psql(
        "INSERT INTO clients SELECT n, repeat('wide ', 40), '1' FROM generate_series(1001, 40000) AS n;
         VACUUM ANALYZE clients",
    );
    shop.write(
        "migrations/one/V2__fill_names.sql",
        &format!("-- align: batch table=clients key=id size=500 {directive}\n{TOUCH}"),
    );
    let size = || -> f64 {
        shop.db
            .psql("SELECT pg_relation_size('clients')")
            .parse()
            .expect("a size")
    };
    let before = size();
    shop.migrate(&["--phase", "one", "--target", "2"])
        .ends_with(0);
    let touched = "SELECT min(touched), max(touched) FROM clients";
    assert_eq!(shop.db.psql(touched), "1|1");
    size() / before
}

#[test]
fn a_table_in_the_order_of_its_key_does_not_double() {
    let (by_itself, once) = (growth(""), growth("passes=1"));
    assert!(by_itself < 1.25 && once > 1.8, "{by_itself} against {once}");
}
