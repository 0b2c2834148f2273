//! Columns of a copied table whose values stay behind.

use super::{Sides, TablePlan};
use crate::mapping::Rule;
use crate::schema::{Column, Table};

/// Names the columns that nothing of the target is made of, and that the mapping neither archives nor drops.
pub(super) fn note(sides: &Sides<'_>, plan: &TablePlan) -> Option<String> {
    let (from, to) = (sides.from.table(&plan.from)?, sides.to.table(&plan.to)?);
    let columns = from.columns.iter();
    let left: Vec<String> = columns
        .filter(|column| column.generated.is_none() && stays(sides, from, to, column))
        .map(|column| format!("`{}.{}`", plan.name, column.name))
        .collect();
    match left.as_slice() {
        [] => None,
        [one] => Some(format!("{one} has no counterpart, and stays where it is")),
        several => Some(format!(
            "{} have no counterpart, and stay where they are",
            several.join(", ")
        )),
    }
}

fn stays(sides: &Sides<'_>, from: &Table, to: &Table, column: &Column) -> bool {
    let is_read = sides.mapping.accepted_columns().any(|rule| {
        let mut sources = rule.from.iter();
        !matches!(rule.rule, Rule::Keep)
            && sources.any(|source| source.name == column.name && sides.names(&source.table, from))
    });
    !is_read && to.column(&column.name).is_none()
}
