//! A few rows of each table, whose parents are among the few.

use super::{Plan, TablePlan};
use crate::schema::Schema;

/// Limits each table to its first rows by key, of those whose parents are in the sample.
pub(super) fn limit(
    tables: Vec<TablePlan>,
    units: &[Vec<usize>],
    from: &Schema,
    rows: u32,
) -> Vec<TablePlan> {
    let plan = Plan {
        tables,
        units: units.to_vec(),
        notes: Vec::new(),
    };
    let conditions: Vec<String> = (0..plan.tables.len())
        .map(|index| {
            let table = &plan.tables[index];
            let key: Vec<String> = table.key.iter().map(|k| format!("s.{}", k.name)).collect();
            format!(
                "({}) IN ({})",
                key.join(", "),
                sampled(&plan, from, index, rows, None)
            )
        })
        .collect();
    let mut tables = plan.tables;
    for (table, condition) in tables.iter_mut().zip(conditions) {
        table.conditions = vec![condition];
    }
    tables
}

/// The keys of the sample of a table, or other columns of it.
fn sampled(
    plan: &Plan,
    from: &Schema,
    index: usize,
    rows: u32,
    wanted: Option<&[String]>,
) -> String {
    let table = &plan.tables[index];
    let mut conditions = table.conditions.clone();
    let unit = plan.units.iter().find(|unit| unit.contains(&index));
    let keys = from.table(&table.from).map(|t| t.foreign_keys.as_slice());
    for key in keys.unwrap_or_default() {
        let parent = plan.tables.iter().position(|t| t.from == key.references);
        // Tables that refer to each other would never end.
        let Some(parent) = parent.filter(|p| !unit.is_some_and(|unit| unit.contains(p))) else {
            continue;
        };
        let columns: Vec<String> = key.columns.iter().map(|c| format!("s.{c}")).collect();
        let nulls: Vec<String> = columns.iter().map(|c| format!("{c} IS NULL")).collect();
        let referenced: Vec<String> = key
            .referenced_columns
            .iter()
            .map(ToString::to_string)
            .collect();
        conditions.push(format!(
            "({} OR ({}) IN ({}))",
            nulls.join(" OR "),
            columns.join(", "),
            sampled(plan, from, parent, rows, Some(&referenced))
        ));
    }
    let key: Vec<String> = table.key.iter().map(|k| format!("s.{}", k.name)).collect();
    let wanted = match wanted {
        Some(columns) => columns.iter().map(|c| format!("s.{c}")).collect::<Vec<_>>(),
        None => key.clone(),
    };
    let filter = if conditions.is_empty() {
        String::new()
    } else {
        format!(" WHERE ({})", conditions.join(") AND ("))
    };
    format!(
        "SELECT {} FROM {} AS s{filter} ORDER BY {} LIMIT {rows}",
        wanted.join(", "),
        table.from,
        key.join(", ")
    )
}
