//! Tables: columns, and the constraints that stand within the statement.

use std::collections::BTreeSet;

use crate::schema::{
    Check, Column, Exclusion, Identity, Key, QualifiedName, Schema, Table, TableKind, quote,
};

use super::Context;
use super::constraint;
use super::literal::{literal, note};
use super::order::parent;
use super::script::{Line, list, term};

/// How a table comes by the columns of its parents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lineage {
    /// All columns are its own, for want of parents or because they join later by `ALTER TABLE`.
    Own,
    /// `PARTITION OF`, and only defaults, `NOT NULL` and checks of its own are written.
    Partition,
    /// `INHERITS`, and only what the parents lack is written.
    Child,
}

/// Writes the statements that make a table: one, and one more for each parent it joins afterwards.
pub(super) fn create(table: &Table, context: &Context<'_>) -> Vec<String> {
    let lineage = lineage(table, context.schema);
    let word = match &table.kind {
        TableKind::Foreign { .. } => "CREATE FOREIGN TABLE",
        _ if table.unlogged => "CREATE UNLOGGED TABLE",
        _ => "CREATE TABLE",
    };
    let mut sql = format!("{word} {}", table.name);
    let lines = lines(table, lineage, context);
    match (lineage, bound(table)) {
        (Lineage::Partition, Some((of, bound))) => {
            sql.extend([" PARTITION OF ", &of.to_string(), " "]);
            if !lines.is_empty() {
                sql.extend([&list(&lines), " "]);
            }
            sql.push_str(bound);
        }
        _ => sql.extend([" ", &list(&lines)]),
    }
    if lineage == Lineage::Child {
        let parents: Vec<String> = table.inherits.iter().map(ToString::to_string).collect();
        sql.push_str(" INHERITS (");
        sql.push_str(&parents.join(", "));
        sql.push(')');
    }
    match &table.kind {
        TableKind::Partitioned { by, .. } => {
            sql.push_str(" PARTITION BY ");
            sql.push_str(by);
        }
        TableKind::Foreign { server } => {
            sql.push_str(" SERVER ");
            sql.push_str(&server.to_string());
        }
        TableKind::Ordinary | TableKind::Partition { .. } => {}
    }
    sql.push(';');
    let mut statements = vec![sql];
    if lineage == Lineage::Own {
        statements.extend(joins(table));
    }
    statements
}

fn joins(table: &Table) -> Vec<String> {
    let mut statements: Vec<String> = table
        .inherits
        .iter()
        .map(|parent| format!("ALTER TABLE {} INHERIT {parent};", table.name))
        .collect();
    if let Some((of, bound)) = bound(table) {
        statements.push(format!(
            "ALTER TABLE {of} ATTACH PARTITION {} {bound};",
            table.name
        ));
    }
    statements
}

/// The parent of a partition, and its part of it.
fn bound(table: &Table) -> Option<(&QualifiedName, &str)> {
    match &table.kind {
        TableKind::Partition { of, bound }
        | TableKind::Partitioned {
            of: Some((of, bound)),
            ..
        } => Some((of, bound)),
        TableKind::Partitioned { of: None, .. }
        | TableKind::Ordinary
        | TableKind::Foreign { .. } => None,
    }
}

fn lineage(table: &Table, schema: &Schema) -> Lineage {
    if let Some(of) = parent(table) {
        let is_like_parent = schema
            .table(of)
            .is_some_and(|parent| has_rows_of(table, parent) && brings_no_key(table));
        return if is_like_parent || table.columns.is_empty() {
            Lineage::Partition
        } else {
            Lineage::Own
        };
    }
    if !table.inherits.is_empty() && takes_after_parents(table, schema) {
        Lineage::Child
    } else {
        Lineage::Own
    }
}

/// Tables that get a child or a partition only after it was made. Their checks wait until then, and
/// pass down; a child that brought them would have them twice, once as its own.
pub(super) fn joined_later(schema: &Schema) -> BTreeSet<&QualifiedName> {
    let mut joined = BTreeSet::new();
    let late = schema
        .tables
        .iter()
        .filter(|table| lineage(table, schema) == Lineage::Own);
    let mut open: Vec<&Table> = late.collect();
    while let Some(table) = open.pop() {
        for name in parent_names(table) {
            if joined.insert(name) {
                open.extend(schema.table(name));
            }
        }
    }
    joined
}

/// A key of its own may be its parent's under another name, which only a table that joins later keeps.
fn brings_no_key(table: &Table) -> bool {
    table.primary_key.is_none() && table.unique.is_empty() && table.exclusions.is_empty()
}

/// Whether the columns are those of the parent, but for defaults and `NOT NULL` that it adds.
fn has_rows_of(table: &Table, parent: &Table) -> bool {
    let mut pairs = table.columns.iter().zip(&parent.columns);
    table.columns.len() == parent.columns.len()
        && pairs.all(|(own, theirs)| {
            own.name == theirs.name
                && own.ty == theirs.ty
                && own.generated == theirs.generated
                && own.collation == theirs.collation
                && (own.nullable == theirs.nullable || own.nullable == Some(false))
                && (own.default.is_some() || theirs.default.is_none())
                && (own.identity.is_none() || own.identity == theirs.identity)
        })
}

/// Whether the table's columns are those of its parents, in their order, followed by its own.
fn takes_after_parents(table: &Table, schema: &Schema) -> bool {
    let mut inherited: Vec<&Column> = Vec::new();
    for name in &table.inherits {
        let Some(parent) = schema.table(name) else {
            return false;
        };
        for column in &parent.columns {
            if !inherited.iter().any(|c| c.name == column.name) {
                inherited.push(column);
            }
        }
    }
    inherited.len() <= table.columns.len()
        && inherited.iter().zip(&table.columns).all(|(theirs, own)| {
            own.name == theirs.name && (own.default.is_some() || theirs.default.is_none())
        })
}

fn is_inherited_as_it_is(own: &Column, theirs: &Column) -> bool {
    own.name == theirs.name
        && own.ty == theirs.ty
        && own.nullable == theirs.nullable
        && own.default == theirs.default
        && own.generated == theirs.generated
        && own.collation == theirs.collation
        && (own.identity.is_none() || own.identity == theirs.identity)
}

/// The tables that a table inherits from, or is a partition of.
pub(super) fn parent_names(table: &Table) -> impl Iterator<Item = &QualifiedName> {
    table.inherits.iter().chain(parent(table))
}

fn lines(table: &Table, lineage: Lineage, context: &Context<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    for own in &table.columns {
        let mut theirs = parent_names(table)
            .filter_map(|name| context.schema.table(name)?.column(&own.name))
            .peekable();
        let is_inherited = lineage != Lineage::Own
            && theirs.peek().is_some()
            && theirs.all(|theirs| is_inherited_as_it_is(own, theirs));
        if !is_inherited {
            lines.push(column_line(table, own, lineage, context));
        }
    }
    let mut constraints = Vec::new();
    if let Some(key) = &table.primary_key {
        constraints.push((&key.name, key_line(table, key, "PRIMARY KEY", context)));
    }
    for key in &table.unique {
        constraints.push((&key.name, key_line(table, key, "UNIQUE", context)));
    }
    for exclusion in &table.exclusions {
        constraints.push((&exclusion.name, exclusion_line(table, exclusion, context)));
    }
    for (name, line) in constraints {
        lines.push(line.unwrap_or_else(|why| left_out("constraint", name.as_str(), &why)));
    }
    lines.extend(check_lines(table, context));
    lines
}

fn left_out(what: &str, name: &str, why: &str) -> Line {
    Line::Note(note(&format!("{what} \"{name}\" left out: {why}")))
}

fn column_line(table: &Table, column: &Column, lineage: Lineage, context: &Context<'_>) -> Line {
    if let Some(mut why) = context.gaps.in_type(&column.ty) {
        if let Some(values) = &column.values {
            let values: Vec<String> = values.iter().map(|v| literal(v)).collect();
            why.push_str(", one of ");
            why.push_str(&values.join(", "));
        }
        return left_out("column", column.name.as_str(), &why);
    }
    let mut sql = column.name.to_string();
    // Within `PARTITION OF` the parent says what kind of column it is.
    let is_whole = lineage != Lineage::Partition;
    if is_whole {
        sql.extend([" ", &column.ty.to_string()]);
    }
    if let Some(collation) = column.collation.as_ref().filter(|_| is_whole) {
        sql.extend([" COLLATE ", &quote(collation)]);
    }
    let late = context.late.defaults.contains(&(&table.name, &column.name));
    if let Some(default) = column.default.as_ref().filter(|_| !late) {
        sql.push_str(" DEFAULT ");
        sql.push_str(&term(default));
    }
    if let Some(generated) = column.generated.as_ref().filter(|_| is_whole) {
        if let Some(why) = context.gaps.in_expression(table, &generated.expression) {
            return left_out("column", column.name.as_str(), &why);
        }
        sql.push_str(" GENERATED ALWAYS AS ");
        sql.push_str(&super::script::closed(&generated.expression));
        sql.push_str(if generated.stored {
            " STORED"
        } else {
            " VIRTUAL"
        });
    }
    // A partition takes its parent's identity when it is attached, and must not bring one.
    let parents_identity = parent(table)
        .and_then(|name| context.schema.table(name))
        .and_then(|parent| parent.column(&column.name)?.identity);
    if let Some(identity) = column.identity.filter(|_| parents_identity.is_none()) {
        sql.push_str(match identity {
            Identity::Always => " GENERATED ALWAYS AS IDENTITY",
            Identity::ByDefault => " GENERATED BY DEFAULT AS IDENTITY",
        });
    }
    if column.nullable == Some(false) {
        sql.push_str(" NOT NULL");
    }
    Line::Item(sql)
}

fn key_line(table: &Table, key: &Key, word: &str, context: &Context<'_>) -> Result<Line, String> {
    let columns = key.columns.iter().chain(&key.include);
    if let Some(why) = context.gaps.in_columns(table, columns) {
        return Err(why);
    }
    Ok(Line::Item(constraint::key(key, word)))
}

fn exclusion_line(
    table: &Table,
    exclusion: &Exclusion,
    context: &Context<'_>,
) -> Result<Line, String> {
    let elements = exclusion.elements.iter().map(|(element, _)| element);
    let gap = context.gaps.in_elements(table, elements).or_else(|| {
        let predicate = exclusion.predicate.as_ref()?;
        context.gaps.in_expression(table, predicate)
    });
    match gap {
        Some(why) => Err(why),
        None => Ok(Line::Item(constraint::exclusion(exclusion))),
    }
}

fn check_lines(table: &Table, context: &Context<'_>) -> Vec<Line> {
    table
        .checks
        .iter()
        .filter(|check| !is_added_later(table, check, context))
        .map(
            |check| match context.gaps.in_expression(table, &check.expression) {
                Some(why) => left_out("constraint", check.name.as_str(), &why),
                None => Line::Item(constraint::check(check)),
            },
        )
        .collect()
}

/// `CREATE TABLE` would make the check valid, or calls a function that is not there yet, or passes it
/// to no child that joins later.
fn is_added_later(table: &Table, check: &Check, context: &Context<'_>) -> bool {
    check.not_valid
        || context.late.checks.contains(&(&table.name, &check.name))
        || (!check.no_inherit && context.joined_later.contains(&table.name))
}

/// Writes the defaults and checks that `CREATE TABLE` could not take.
pub(super) fn late_parts(table: &Table, context: &Context<'_>) -> Vec<String> {
    let mut statements = Vec::new();
    for column in &table.columns {
        if let Some(default) = &column.default
            && context.late.defaults.contains(&(&table.name, &column.name))
            && context.gaps.in_type(&column.ty).is_none()
        {
            statements.push(format!(
                "ALTER TABLE {} ALTER COLUMN {} SET DEFAULT {};",
                table.name,
                column.name,
                term(default)
            ));
        }
    }
    for check in &table.checks {
        if !is_added_later(table, check, context) {
            continue;
        }
        statements.push(match context.gaps.in_expression(table, &check.expression) {
            Some(why) => note(&format!(
                "constraint \"{}\" of {} left out: {why}",
                check.name.as_str(),
                table.name
            )),
            None => format!(
                "ALTER TABLE {} ADD {};",
                table.name,
                constraint::check(check)
            ),
        });
    }
    statements
}
