//! What is written down of rows that were in the target before they were copied.

use super::super::plan::{Field, TablePlan};
use super::{Conflict, Home};
use crate::ddl::literal;

/// What is known when lines are written.
#[derive(Debug, Clone, Copy)]
pub struct Kept {
    /// Whether there are lines of the table.
    pub has_lines: bool,
    /// Whether this copy is of all rows of the source.
    pub is_whole: bool,
}

/// Whether there are lines of the table.
pub fn has(table: &TablePlan, pair: &str) -> String {
    let its = its(table, pair);
    format!("SELECT EXISTS (SELECT FROM align.kept AS k WHERE {its}) AS has")
}

fn its(table: &TablePlan, pair: &str) -> String {
    format!(
        "k.pair = {} AND k.table_name = {}",
        literal(pair),
        literal(&table.to.to_string())
    )
}

/// Writes down the keys of rows that a first copy finds there and leaves as they are, and of those that
/// have another key of several columns; what an earlier copy wrote down of rows that this one has made
/// or changed holds no more.
pub fn steps(
    table: &TablePlan,
    home: Home,
    pair: &str,
    conflict: Conflict,
    kept: Kept,
) -> Vec<String> {
    let Some(primary) = table.primary.as_ref() else {
        return Vec::new();
    };
    let key = |column: &dyn Fn(usize) -> String| {
        let parts = primary
            .iter()
            .map(|place| text(&table.fields[*place], &column(*place)));
        format!("ARRAY[{}]", parts.collect::<Vec<_>>().join(", "))
    };
    let matched = home.matched(table);
    let (from, to) = (
        key(&|place| format!("m.o{}", place + 1)),
        key(&|place| format!("m.t{}", place + 1)),
    );
    let mut steps = Vec::new();
    if kept.has_lines {
        let stays = match conflict {
            Conflict::Keep | Conflict::Fail => "",
            Conflict::Update => "NOT m.own AND ",
        };
        let gone = if kept.is_whole {
            String::new()
        } else {
            let staged = key(&|place| format!("s.v{}", place + 1));
            format!(
                " AND k.from_key IN (SELECT {staged} FROM {} AS s)",
                home.stage(table)
            )
        };
        steps.push(format!(
            "DELETE FROM align.kept AS k WHERE {} AND NOT EXISTS (SELECT FROM {matched} AS m WHERE {stays}{from} = k.from_key){gone}",
            its(table, pair)
        ));
    }
    let mut which = Vec::new();
    if conflict == Conflict::Keep {
        which.push(format!(
            "m.own AND NOT EXISTS (SELECT FROM align.copy_tables AS t JOIN align.copies AS c ON c.run = t.run \
             WHERE c.pair = {} AND t.table_name = {} AND t.target = {})",
            literal(pair),
            literal(&table.name),
            literal(&table.to.to_string())
        ));
    }
    if primary.len() > 1 {
        which.push("NOT m.own".to_owned());
    }
    if !which.is_empty() {
        // Lines that come in the order of the key are put there soonest, and half a table may come.
        let order = primary.iter().map(|place| {
            let collate = match table.fields[*place].wire.as_str() {
                "text" => " COLLATE \"C\"",
                _ => "",
            };
            format!("m.o{}{collate}", place + 1)
        });
        let known = primary
            .iter()
            .map(|place| format!("m.o{} IS NOT NULL", place + 1));
        let mut insert = format!(
            "INSERT INTO align.kept AS k (pair, table_name, from_key, to_key) \
             SELECT DISTINCT ON ({}) {}, {}, {from}, {to} FROM {matched} AS m WHERE ({}) AND {}",
            order.collect::<Vec<_>>().join(", "),
            literal(pair),
            literal(&table.to.to_string()),
            which.join(") OR ("),
            known.collect::<Vec<_>>().join(" AND ")
        );
        if kept.has_lines {
            insert += " ON CONFLICT (pair, table_name, from_key) DO UPDATE SET to_key = excluded.to_key \
                       WHERE k.to_key <> excluded.to_key";
        }
        steps.push(insert);
    }
    steps
}

/// In the one form that all spellings of a value have.
fn text(field: &Field, value: &str) -> String {
    match field.wire.as_str() {
        "numeric" => format!("trim_scale({value})::text"),
        _ => format!("{value}::text"),
    }
}
