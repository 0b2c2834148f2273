//! Tables: columns, and the constraints that stand within the statement.

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
    /// `PARTITION OF`, and nothing to add.
    Partition,
    /// `INHERITS`, and only what the parents lack is written.
    Child,
}

/// Writes the statements that make a table: one, and one more for each parent it joins afterwards.
pub(super) fn create(table: &Table, context: &Context<'_>) -> Vec<String> {
    let lineage = lineage(table, context);
    let word = match &table.kind {
        TableKind::Foreign { .. } => "CREATE FOREIGN TABLE",
        _ if table.unlogged => "CREATE UNLOGGED TABLE",
        _ => "CREATE TABLE",
    };
    let mut sql = format!("{word} {}", table.name);
    match (lineage, &table.kind) {
        (
            Lineage::Partition,
            TableKind::Partition { of, bound }
            | TableKind::Partitioned {
                of: Some((of, bound)),
                ..
            },
        ) => sql.extend([" PARTITION OF ", &of.to_string(), " ", bound]),
        _ => {
            sql.push(' ');
            sql.push_str(&list(&lines(table, lineage, context)));
        }
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
    if let TableKind::Partition { of, bound }
    | TableKind::Partitioned {
        of: Some((of, bound)),
        ..
    } = &table.kind
    {
        statements.push(format!(
            "ALTER TABLE {of} ATTACH PARTITION {} {bound};",
            table.name
        ));
    }
    statements
}

fn lineage(table: &Table, context: &Context<'_>) -> Lineage {
    let schema = context.schema;
    if let Some(of) = parent(table) {
        let plain = schema.table(of).is_some_and(|parent| {
            is_same_rows(table, parent, context) && has_nothing_of_its_own(table)
        });
        return if plain || table.columns.is_empty() {
            Lineage::Partition
        } else {
            Lineage::Own
        };
    }
    if !table.inherits.is_empty() && takes_after_parents(table, context) {
        Lineage::Child
    } else {
        Lineage::Own
    }
}

fn has_nothing_of_its_own(table: &Table) -> bool {
    table.primary_key.is_none()
        && table.unique.is_empty()
        && table.foreign_keys.is_empty()
        && table.indexes.is_empty()
        && table.exclusions.is_empty()
}

fn is_same_rows(table: &Table, parent: &Table, context: &Context<'_>) -> bool {
    table.columns.len() == parent.columns.len()
        && table
            .columns
            .iter()
            .zip(&parent.columns)
            .all(|(own, theirs)| is_inherited_as_it_is(own, theirs))
        && table
            .checks
            .iter()
            .all(|check| inherited_checks(table, context.schema).any(|theirs| theirs == check))
}

/// Whether the table's columns are those of its parents, in their order, followed by its own.
fn takes_after_parents(table: &Table, context: &Context<'_>) -> bool {
    let mut inherited: Vec<&Column> = Vec::new();
    for name in &table.inherits {
        let Some(parent) = context.schema.table(name) else {
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

fn parents<'a>(table: &'a Table, schema: &'a Schema) -> impl Iterator<Item = &'a Table> {
    let names: Vec<&QualifiedName> = table.inherits.iter().chain(parent(table)).collect();
    names.into_iter().filter_map(|name| schema.table(name))
}

fn inherited_checks<'a>(table: &'a Table, schema: &'a Schema) -> impl Iterator<Item = &'a Check> {
    parents(table, schema)
        .flat_map(|parent| &parent.checks)
        .filter(|check| !check.no_inherit)
}

fn lines(table: &Table, lineage: Lineage, context: &Context<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    for own in &table.columns {
        let known_to_parent = lineage == Lineage::Child
            && parents(table, context.schema)
                .filter_map(|parent| parent.column(&own.name))
                .any(|theirs| is_inherited_as_it_is(own, theirs));
        if !known_to_parent {
            lines.push(column_line(table, own, context));
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
    lines.extend(check_lines(table, lineage, context));
    lines
}

fn left_out(what: &str, name: &str, why: &str) -> Line {
    Line::Note(note(&format!("{what} \"{name}\" left out: {why}")))
}

fn column_line(table: &Table, column: &Column, context: &Context<'_>) -> Line {
    if let Some(mut why) = context.gaps.in_type(&column.ty) {
        if let Some(values) = &column.values {
            let values: Vec<String> = values.iter().map(|v| literal(v)).collect();
            why.push_str(", one of ");
            why.push_str(&values.join(", "));
        }
        return left_out("column", column.name.as_str(), &why);
    }
    let mut sql = format!("{} {}", column.name, column.ty);
    if let Some(collation) = &column.collation {
        sql.push_str(" COLLATE ");
        sql.push_str(&quote(collation));
    }
    let late = context.late.defaults.contains(&(&table.name, &column.name));
    if let Some(default) = column.default.as_ref().filter(|_| !late) {
        sql.push_str(" DEFAULT ");
        sql.push_str(&term(default));
    }
    if let Some(generated) = &column.generated {
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

/// The checks within the statement. A table that joins its parents later must bring their checks.
fn check_lines(table: &Table, lineage: Lineage, context: &Context<'_>) -> Vec<Line> {
    let inherited: Vec<&Check> = inherited_checks(table, context.schema).collect();
    let own = table
        .checks
        .iter()
        .filter(|check| lineage == Lineage::Own || !inherited.contains(check));
    let brought = inherited
        .iter()
        .copied()
        .filter(|check| lineage == Lineage::Own && !has_check(table, check));
    own.chain(brought)
        .filter(|check| !is_added_later(table, check, context))
        .map(
            |check| match context.gaps.in_expression(table, &check.expression) {
                Some(why) => left_out("constraint", check.name.as_str(), &why),
                None => Line::Item(constraint::check(check)),
            },
        )
        .collect()
}

fn has_check(table: &Table, check: &Check) -> bool {
    table.checks.iter().any(|own| own.name == check.name)
}

/// `CREATE TABLE` would make the check valid, or calls a function that is not there yet.
fn is_added_later(table: &Table, check: &Check, context: &Context<'_>) -> bool {
    check.not_valid || context.late.checks.contains(&(&table.name, &check.name))
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
    let inherited: Vec<&Check> = inherited_checks(table, context.schema).collect();
    for check in &table.checks {
        if !is_added_later(table, check, context) || inherited.contains(&check) {
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
