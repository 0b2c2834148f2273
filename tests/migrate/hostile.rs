//! Names that want to be SQL.

use std::fs;

use crate::Shop;

#[test]
fn names_are_quoted_wherever_they_go() {
    let shop = Shop::new("hostile");
    let pair = "x\"; DROP TABLE clients; --' $$";
    fs::rename(
        shop.folder.path().join("mappings/shop-to-crm"),
        shop.folder.path().join("mappings").join(pair),
    )
    .unwrap();
    shop.db.psql("CREATE TABLE \"a\"\"b'; DROP TABLE clients; --\" (\"k;\"\"'\" text PRIMARY KEY, v int); INSERT INTO \"a\"\"b'; DROP TABLE clients; --\" VALUES ('''; DROP TABLE clients; --', 0), ('$$', 0)");
    shop.write(
        "migrations/two/V2__hostile.sql",
        "-- align: batch table=\"a\"\"b'; DROP TABLE clients; --\" key=\"k;\"\"'\" size=1\nUPDATE \"a\"\"b'; DROP TABLE clients; --\" SET v = v + 1 WHERE /* align:window */;\n",
    );
    shop.migrate(&["--reason", "'; DROP TABLE clients; --"])
        .ends_with(0);
    assert_eq!(shop.db.psql("SELECT count(*) FROM clients"), "1000");
    assert_eq!(
        shop.db
            .psql("SELECT DISTINCT v FROM \"a\"\"b'; DROP TABLE clients; --\""),
        "1"
    );
    assert_eq!(shop.db.psql("SELECT DISTINCT pair FROM align.events"), pair);
    shop.align(&["status", "--history"]).ends_with(0);
    let again = shop.migrate(&[]).ends_with(0);
    assert_eq!(again.stdout, "nothing is pending\n");
}

#[test]
fn a_line_that_is_very_long_is_not_told_whole() {
    let shop = Shop::new("long-line");
    let long = format!("SELECT '{}', 1/0;", "x".repeat(80_000));
    shop.write("migrations/one/V1__add_columns.sql", &long);
    let run = shop
        .migrate(&["--phase", "one", "--target", "1"])
        .ends_with(2);
    assert!(run.stderr.contains("division by zero"), "{}", run.stderr);
    assert!(run.stderr.len() < 4_000, "{}", run.stderr.len());
}

#[test]
fn a_lost_connection_says_where_to_look() {
    let shop = Shop::new("lost");
    let end = "SELECT pg_terminate_backend(pg_backend_pid());";
    shop.write("migrations/one/V1__add_columns.sql", end);
    let run = shop
        .migrate(&["--phase", "one", "--target", "1"])
        .ends_with(2);
    run.says(&["lost its connection", "hint: see with `align status`"]);
}

#[test]
fn a_pair_of_like_names_knows_its_database_by_its_source() {
    let shop = Shop::new("like-names");
    let mapping = "format = 1\n[from]\nsource = \"sql:here.sql\"\n[migrate]\ndir = \"../../like\"\nphases = [\"one\"]\n";
    shop.write("mappings/like/mapping.toml", mapping);
    shop.write(
        "like/one/V1__note.sql",
        "ALTER TABLE clients ADD COLUMN note text;",
    );
    let files = ["--map", "mappings/like"];
    shop.write("mappings/like/here.sql", "CREATE TABLE elsewhere (id int);");
    shop.migrate(&files)
        .ends_with(3)
        .says(&["nor one of the tables `public.elsewhere`"]);
    std::fs::remove_file(shop.folder.path().join("mappings/like/here.sql")).unwrap();
    shop.migrate(&files)
        .ends_with(3)
        .says(&["the mapping names no table", "hint: name a table"]);
    shop.write("mappings/like/here.sql", "CREATE TABLE clients (id int);");
    shop.migrate(&files).ends_with(0);
}

#[test]
fn a_ledger_that_was_tampered_with_is_not_taken_for_a_lost_connection() {
    let shop = Shop::new("tampered");
    shop.migrate(&["--phase", "one", "--target", "1"])
        .ends_with(0);
    shop.db.psql("DELETE FROM align.ledger");
    for command in [&["status"][..], &["migrate", "--yes"]] {
        let run = shop.align(command).ends_with(2);
        run.says(&["cannot read the ledger: there is no line in it"]);
    }
    shop.db.psql("DROP TABLE align.ledger; CREATE TABLE align.ledger AS SELECT 'x'::text AS format, NULL::text AS system_identifier");
    let run = shop.align(&["status"]).ends_with(2);
    run.says(&[
        "cannot read the ledger: what is there has another form",
        "hint: a table in schema `align` is not as this program made it",
    ]);
}
