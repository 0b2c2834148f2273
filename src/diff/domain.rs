//! The values a column may hold, where a schema limits them to a list.

use std::collections::BTreeSet;

use crate::schema::{Column, ColumnType, Facet, Family, Schema, Table};

/// What is known of the values a column may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Domain {
    /// Exactly these.
    Only(BTreeSet<String>),
    /// Any value of its type.
    Free,
    /// The source cannot say.
    Unknown,
}

/// The values a column may hold, by its type, its checks and what the source itself states. NULL is
/// not looked at.
pub(crate) fn domain(schema: &Schema, table: &Table, column: &Column) -> Domain {
    if let Some(values) = &column.values {
        return Domain::Only(values.clone());
    }
    if let ColumnType::Named(name) = &column.ty
        && let Some(labels) = schema.enumeration(name).map(|e| &e.labels)
    {
        return Domain::Only(labels.iter().cloned().collect());
    }
    let declared = match &column.ty {
        ColumnType::Named(name) => schema.domain(name).map_or(&[][..], |d| &d.checks),
        _ => &[],
    };
    let declared = declared
        .iter()
        .filter_map(|check| check.expression.domain_of())
        .map(|(_, values)| values);
    let checked = table
        .checks
        .iter()
        .filter_map(|check| check.expression.domain_of())
        .filter(|(name, _)| *name == column.name)
        .map(|(_, values)| values);
    // A value has to pass every check.
    let checked = declared.chain(checked).reduce(|a, b| &a & &b);
    match checked {
        Some(values) => Domain::Only(values),
        None if is_silent(schema, column) => Domain::Unknown,
        None => Domain::Free,
    }
}

/// A source without checks, or one that cannot name the type, may hide a list.
fn is_silent(schema: &Schema, column: &Column) -> bool {
    !schema.facets.contains(&Facet::Checks)
        || matches!(
            &column.ty,
            ColumnType::Unknown {
                family: Family::Any | Family::String,
                ..
            }
        )
}

/// Whether the target's list of values leaves out some that the column may hold: then a rule between
/// the two is still to be done.
pub(crate) fn restricts(
    (from, from_table, have): (&Schema, &Table, &Column),
    (to, to_table, wanted): (&Schema, &Table, &Column),
) -> bool {
    match (domain(from, from_table, have), domain(to, to_table, wanted)) {
        (Domain::Only(have), Domain::Only(wanted)) => !have.is_subset(&wanted),
        (Domain::Free, Domain::Only(_)) => true,
        _ => false,
    }
}
