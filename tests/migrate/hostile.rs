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
