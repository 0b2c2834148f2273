//! Values of columns without a home: they travel beside a row, and go to `align.archive` when it is published.

use super::super::plan::{Archived, TablePlan};
use super::{Conflict, Home, key_json, same_key};
use crate::ddl::literal;

/// What the archive calls the phase in which a copy puts lines there.
const PHASE: &str = "copy";

/// The archived values of the source row `s`, NULL where it has none of them.
pub fn values(table: &TablePlan) -> Option<String> {
    if table.archived.is_empty() {
        return None;
    }
    let known: Vec<String> = table
        .archived
        .iter()
        .map(|column| format!("s.{} IS NOT NULL", column.name))
        .collect();
    Some(format!(
        "CASE WHEN {} THEN {} END",
        known.join(" OR "),
        super::source::joined(&members(&table.archived))
    ))
}

/// Names and values of a JSON object of columns.
pub(super) fn members(columns: &[Archived]) -> Vec<(String, String)> {
    let members = columns.iter();
    members
        .map(|column| (literal(column.name.as_str()), column.value.clone()))
        .collect()
}

/// Puts the archived values of rows that are copied or there into the archive. A line of an earlier copy
/// stays, or follows where rows do.
pub fn put(table: &TablePlan, home: Home, run: &str, conflict: Conflict) -> Vec<String> {
    if table.archived.is_empty() {
        return Vec::new();
    }
    let (phase, name) = (literal(PHASE), literal(&table.name));
    let rows = format!(
        "SELECT {} AS key, s.archived AS row_data FROM {} AS s \
         WHERE s.archived IS NOT NULL AND NOT EXISTS (SELECT FROM {} AS b WHERE {})",
        key_json(table, "s"),
        home.stage(table),
        home.bad(table),
        same_key(table, "b", "s")
    );
    let update = format!(
        "UPDATE align.archive AS a SET row_data = r.row_data, run = {}, at = now() FROM ({rows}) AS r \
         WHERE a.phase = {phase} AND a.table_name = {name} AND a.key = r.key AND a.row_data <> r.row_data",
        literal(run)
    );
    let insert = format!(
        "INSERT INTO align.archive (run, phase, table_name, key, row_data) \
         SELECT {}, {phase}, {name}, r.key, r.row_data FROM ({rows}) AS r WHERE NOT EXISTS (\
         SELECT FROM align.archive AS a WHERE a.phase = {phase} AND a.table_name = {name} AND a.key = r.key)",
        literal(run)
    );
    match conflict {
        Conflict::Update => vec![update, insert],
        Conflict::Keep | Conflict::Fail => vec![insert],
    }
}
