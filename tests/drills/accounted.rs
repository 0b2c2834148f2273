//! What became of each value of each column.

use std::collections::BTreeMap;

use crate::cluster::Database;

/// A column, and of each fate how many rows have it.
type Fates = BTreeMap<(String, String), BTreeMap<String, u64>>;

/// Accounts for every row and column of Clara's; gives a line of figures.
pub(crate) fn account(db: &Database<'_>) -> String {
    let said = db.psql(include_str!("../fixtures/drills/accounted.sql"));
    let mut fates = Fates::new();
    for line in said.lines() {
        let fields: Vec<&str> = line.split('|').collect();
        let &[table, column, fate, n] = fields.as_slice() else {
            panic!("no line of four: {line}");
        };
        let column = fates
            .entry((table.to_owned(), column.to_owned()))
            .or_default();
        column.insert(fate.to_owned(), n.parse().unwrap());
    }
    let lost: Vec<_> = fates
        .iter()
        .filter(|(_, of)| of.contains_key("lost"))
        .collect();
    assert!(lost.is_empty(), "values that are nowhere: {lost:#?}");

    let columns = db.psql(
        "SELECT table_name, column_name FROM information_schema.columns
         WHERE table_schema = 'before' AND table_name IN ('clients', 'leads', 'activities', 'conversations')",
    );
    let mut values = 0;
    for line in columns.lines() {
        let (table, column) = line.split_once('|').unwrap();
        let rows: u64 = db
            .psql(&format!("SELECT count(*) FROM before.{table}"))
            .parse()
            .unwrap();
        let of = fates.get(&(table.to_owned(), column.to_owned()));
        let accounted: u64 = of.map_or(0, |of| of.values().sum());
        assert_eq!(accounted, rows, "rows of {table}.{column} accounted for");
        values += rows;
    }
    assert_eq!(columns.lines().count(), 60, "columns of Clara's");
    assert_eq!(fates.len(), 60, "{:#?}", fates.keys());

    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    for (fate, n) in fates.values().flatten() {
        *sums.entry(fate).or_default() += n;
    }
    for fate in [
        "quarantined",
        "placed under a longer name, listed",
        "NULL, made and noted",
    ] {
        assert!(sums.contains_key(fate), "nothing was {fate}: {sums:?}");
    }
    format!("{values} values: {sums:?}")
}
