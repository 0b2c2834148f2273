//! The working tables of one table of the plan.

use std::collections::BTreeSet;

use super::super::plan::TablePlan;
use super::{Home, key_names, source};
use crate::ddl::literal;

const KINDS: [&str; 4] = ["stage", "bad", "match", "row"];

/// Makes the stage anew, empty.
pub fn create(table: &TablePlan, home: Home) -> String {
    let mut columns = vec!["page bigint NOT NULL".to_owned()];
    columns.extend(typed_keys(table));
    for (index, field) in table.fields.iter().enumerate() {
        columns.push(format!("v{} {}", index + 1, field.wire));
    }
    columns.push("codes jsonb, notes jsonb".to_owned());
    if !table.archived.is_empty() {
        columns.push("archived jsonb".to_owned());
    }
    format!(
        "{}; {} {} ({})",
        drop(table.number, home),
        home.create(),
        home.stage(table),
        columns.join(", ")
    )
}

fn typed_keys(table: &TablePlan) -> impl Iterator<Item = String> {
    let keys = table.key.iter().enumerate();
    keys.map(|(index, column)| format!("k{} {} NOT NULL", index + 1, column.wire))
}

/// Makes what the rows are judged in anew, empty.
pub fn create_judgement(table: &TablePlan, home: Home) -> String {
    let keys: Vec<String> = typed_keys(table).collect();
    let keys = keys.join(", ");
    let identity = table.identity.iter().map(|place| {
        let wire = &table.fields[*place].wire;
        format!(", o{n} {wire}, t{n} {wire}", n = place + 1)
    });
    let identity: String = identity.collect();
    let (create, bad, matched, rows) = (
        home.create(),
        home.bad(table),
        home.matched(table),
        home.rows(table),
    );
    format!(
        "DROP TABLE IF EXISTS {bad}, {matched}, {rows}; \
         {create} {bad} ({keys}, column_name text NOT NULL, code text NOT NULL, value text); \
         {create} {matched} ({keys}, own boolean NOT NULL{identity}); \
         {create} {rows} ({keys}, inputs jsonb, row_data jsonb)"
    )
}

/// Removes the working tables.
pub fn drop(number: usize, home: Home) -> String {
    let names: Vec<String> = KINDS.iter().map(|kind| home.table(kind, number)).collect();
    format!("DROP TABLE IF EXISTS {}", names.join(", "))
}

/// Takes out what an earlier try put in of a range of pages.
pub fn forget(table: &TablePlan, home: Home, page: u64) -> String {
    format!("DELETE FROM {} WHERE page = {page}", home.stage(table))
}

/// A COPY that takes rows as they travel.
pub fn copy_in(table: &TablePlan, home: Home) -> String {
    let columns = source::columns(table).join(", ");
    format!(
        "COPY {} ({columns}) FROM STDIN (FORMAT binary)",
        home.stage(table)
    )
}

/// A COPY that takes rows as they travel, straight into the table that they are for.
pub fn copy_straight(table: &TablePlan) -> String {
    let names = table.fields.iter().map(|field| field.name.to_string());
    let names = names.collect::<Vec<_>>().join(", ");
    format!("COPY {} ({names}) FROM STDIN (FORMAT binary)", table.to)
}

/// Notes what is bad of rows that went by the stage: each a JSON object of its key and its codes.
pub fn note_bad(table: &TablePlan, home: Home, rows: &[String]) -> String {
    let keys = table.key.iter().enumerate();
    let keys = keys.map(|(n, column)| format!("(b.row -> 'key' ->> {n})::{}", column.wire));
    format!(
        "INSERT INTO {} SELECT {}, e.key, e.value, NULL \
         FROM jsonb_array_elements({}::jsonb) AS b (row) CROSS JOIN LATERAL jsonb_each_text(b.row -> 'codes') AS e",
        home.bad(table),
        keys.collect::<Vec<_>>().join(", "),
        literal(&format!("[{}]", rows.join(",")))
    )
}

/// A COPY that takes whole source rows as they travel.
pub fn copy_in_rows(table: &TablePlan, home: Home) -> String {
    format!(
        "COPY {} ({}, inputs, row_data) FROM STDIN (FORMAT binary)",
        home.rows(table),
        key_names(table)
    )
}

/// The same within one database.
pub fn insert(table: &TablePlan, home: Home, select: &str) -> String {
    let columns = source::columns(table).join(", ");
    format!("INSERT INTO {} ({columns}) {select}", home.stage(table))
}

/// Lets the server know what is staged, of the columns by which rows are looked for. Texts that nobody
/// compares would cost it most.
pub fn analyze(table: &TablePlan, home: Home) -> String {
    let uniques = table.uniques.iter().flat_map(|unique| &unique.fields);
    let references = table
        .references
        .iter()
        .flat_map(|reference| &reference.fields);
    let places: BTreeSet<usize> = table
        .primary
        .iter()
        .flatten()
        .chain(table.matching.keys.iter().flatten())
        .chain(&table.identity)
        .chain(uniques)
        .chain(references)
        .copied()
        .collect();
    let values: String = places
        .iter()
        .map(|place| format!(", v{}", place + 1))
        .collect();
    format!(
        "ANALYZE {} ({}, codes, notes{values})",
        home.stage(table),
        key_names(table)
    )
}

/// Whether the stage is there, and empty: as after a crash of the server.
pub fn exists(table: &TablePlan, home: Home) -> String {
    format!(
        "SELECT to_regclass({}) IS NOT NULL",
        literal(&home.stage(table))
    )
}
