//! What is kept of source rows as JSON: columns that have no home, in the archive; bad rows, in quarantine.

use super::Sides;
use crate::mapping::Rule;
use crate::schema::{Column, ColumnType, Ident, Table};

/// A column of the from side whose values are kept as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archived {
    /// Its name.
    pub name: Ident,
    /// Its value over the source row `s`, as JSON is made of it.
    pub value: String,
}

/// The archived columns of a table, in its own order.
pub(super) fn archived(sides: &Sides<'_>, from: &Table) -> Vec<Archived> {
    let rules = sides.mapping.accepted_columns();
    let named: Vec<&Ident> = rules
        .filter(|rule| matches!(rule.rule, Rule::Archive))
        .flat_map(|rule| &rule.from)
        .filter(|column| sides.names(&column.table, from))
        .map(|column| &column.name)
        .collect();
    let columns = from.columns.iter();
    columns
        .filter(|column| named.contains(&&column.name))
        .map(kept)
        .collect()
}

/// All columns of a table, where the server cannot be asked for its rows as JSON.
pub(super) fn row(from: &Table) -> Option<Vec<Archived>> {
    let is_json = |column: &Column| *column.ty.element() == ColumnType::Json;
    let columns = from.columns.iter();
    let has_json = from.columns.iter().any(is_json);
    has_json.then(|| columns.map(kept).collect())
}

fn kept(column: &Column) -> Archived {
    let value = format!("s.{}", column.name);
    Archived {
        name: column.name.clone(),
        // Such a text may hold what `jsonb` refuses, and two members of one name.
        value: match (&column.ty, column.ty.element()) {
            (ColumnType::Array(_), ColumnType::Json) => format!("({value})::text[]"),
            (_, ColumnType::Json) => format!("({value})::text"),
            _ => value,
        },
    }
}
