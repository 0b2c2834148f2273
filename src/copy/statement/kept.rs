//! What is written down of rows that were in the target before they were copied.

use super::super::plan::{Field, TablePlan};
use super::{Conflict, Home};
use crate::ddl::literal;

/// Writes down the keys of rows that a first copy finds there and leaves as they are, and of those that
/// have another key of several columns; what an earlier copy wrote down of rows that this one has made
/// or changed holds no more. `is_whole`: this copy is of all rows of the source.
pub fn steps(
    table: &TablePlan,
    home: Home,
    pair: &str,
    conflict: Conflict,
    is_whole: bool,
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
    let stays = match conflict {
        Conflict::Keep | Conflict::Fail => "",
        Conflict::Update => "NOT m.own AND ",
    };
    let its = format!(
        "k.pair = {} AND k.table_name = {}",
        literal(pair),
        literal(&table.to.to_string())
    );
    let gone = if is_whole {
        String::new()
    } else {
        let staged = key(&|place| format!("s.v{}", place + 1));
        format!(
            " AND k.from_key IN (SELECT {staged} FROM {} AS s)",
            home.stage(table)
        )
    };
    let forget = format!(
        "DELETE FROM align.kept AS k WHERE {its} AND NOT EXISTS (SELECT FROM {matched} AS m WHERE {stays}{from} = k.from_key){gone}"
    );
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
    let mut steps = vec![forget];
    if !which.is_empty() {
        steps.push(format!(
            "INSERT INTO align.kept AS k (pair, table_name, from_key, to_key) \
             SELECT DISTINCT ON ({from} COLLATE \"C\") {}, {}, {from}, {to} FROM {matched} AS m \
             WHERE ({}) AND array_position({from}, NULL) IS NULL \
             ON CONFLICT (pair, table_name, from_key) DO UPDATE SET to_key = excluded.to_key \
             WHERE k.to_key <> excluded.to_key",
            literal(pair),
            literal(&table.to.to_string()),
            which.join(") OR (")
        ));
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
