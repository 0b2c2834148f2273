//! CREATE TABLE.

use std::collections::HashSet;

use super::acl::Granted;
use super::column::{self, ColumnSpec};
use super::constraint::{self, ConstraintSpec};
use super::cursor::{Cursor, Path, Read};
use super::expression;
use super::keys;
use super::like::{self, Like};
use super::partition;
use super::sequence;
use super::state::{Applied, Relation, State, TableEntry, UserType};
use crate::schema::{Column, Generated, Ident, QualifiedName, Table, TableKind};

/// How long the rows of a table last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Persistence {
    Permanent,
    Unlogged,
    Temporary,
}

/// The parts between the outer parentheses.
#[derive(Default)]
struct Elements<'a> {
    columns: Vec<ColumnSpec<'a>>,
    constraints: Vec<ConstraintSpec<'a>>,
    likes: Vec<Like>,
}

/// What follows them.
#[derive(Default)]
struct Clauses {
    inherits: Vec<Path>,
    partition_by: Option<String>,
    server: Option<Ident>,
}

/// `CREATE TABLE …`, from after `TABLE`.
pub(super) fn create(state: &mut State, c: &mut Cursor<'_>, persistence: Persistence) -> Applied {
    let keeps = c.eat_all(&["if", "not", "exists"]);
    let name = state.target(&c.path()?);
    if persistence == Persistence::Temporary {
        return create_opaque(state, name);
    }
    if state.relations.contains_key(&name) {
        return if keeps { Ok(()) } else { state.taken(&name) };
    }
    if selects(c) {
        state.note_unmodelled("table made from a query", Some(name.clone()), "");
        state.relations.insert(name, Relation::Opaque);
        return Ok(());
    }
    if c.eat_all(&["partition", "of"]) {
        return create_partition(state, c, &name);
    }
    let mut elements = Elements::default();
    let mut table = Table::new(name);
    table.unlogged = persistence == Persistence::Unlogged;
    let mut inherited = HashSet::new();
    if c.eat("of") {
        table.columns = typed_columns(state, &c.path()?);
        if c.is("(") {
            elements = read_elements(state, &c.parentheses()?, Some(&table.columns))?;
        }
    } else {
        elements = read_elements(state, &c.parentheses()?, None)?;
    }
    let clauses = read_clauses(state, c)?;
    c.expect_done()?;
    let mut parents = Vec::new();
    for path in &clauses.inherits {
        match state.find_relation(path) {
            Some(parent) => parents.push(parent),
            None => state.missing("table", path, false)?,
        }
    }
    for parent in &parents {
        for column in parent_columns(state, parent) {
            inherited.insert(column.name.clone());
            merge_inherited(&mut table.columns, column);
        }
    }
    table.kind = match (clauses.partition_by, clauses.server) {
        (Some(by), _) => TableKind::Partitioned { by, of: None },
        (None, Some(server)) => TableKind::Foreign { server },
        (None, None) => TableKind::Ordinary,
    };
    table.inherits.clone_from(&parents);
    for spec in &elements.columns {
        inherited.remove(&spec.column.name);
    }
    let name = table.name.clone();
    insert(state, table, elements, inherited)?;
    for parent in parents {
        let checks = state.table(&parent).map(|p| p.table.checks.clone());
        for check in checks.unwrap_or_default() {
            if !check.no_inherit {
                keys::hand_down_check(state, &name, check);
            }
        }
        if let Some(parent) = state.table_mut(&parent) {
            parent.children.push(name.clone());
        }
    }
    Ok(())
}

/// A relation that nothing else is known of.
fn create_opaque(state: &mut State, name: QualifiedName) -> Applied {
    state.relations.entry(name).or_insert(Relation::Opaque);
    Ok(())
}

/// Whether this is `CREATE TABLE … AS query`: no other form has `AS` outside parentheses.
fn selects(c: &Cursor<'_>) -> bool {
    let mut depth = 0_usize;
    c.words().any(|(word, _)| {
        match word {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && word.eq_ignore_ascii_case("as")
    })
}

/// `PARTITION OF parent [ ( … ) ] bound [ PARTITION BY … ]`
fn create_partition(state: &mut State, c: &mut Cursor<'_>, name: &QualifiedName) -> Applied {
    let path = c.path()?;
    let Some(parent) = state.find_relation(&path) else {
        return state.missing("table", &path, false);
    };
    let mut table = Table::new(name.clone());
    table.columns = parent_columns(state, &parent);
    let elements = if c.is("(") {
        read_elements(state, &c.parentheses()?, Some(&table.columns))?
    } else {
        Elements::default()
    };
    let bound = read_bound(state, c, &parent)?;
    let clauses = read_clauses(state, c)?;
    c.expect_done()?;
    if let Some(by) = clauses.partition_by {
        table.kind = TableKind::Partitioned { by, of: None };
    }
    let inherited = table.columns.iter().map(|c| c.name.clone()).collect();
    insert(state, table, elements, inherited)?;
    partition::attach(state, &parent, name, bound);
    Ok(())
}

/// The bound of a partition of that table.
pub(super) fn read_bound(
    state: &State,
    c: &mut Cursor<'_>,
    parent: &QualifiedName,
) -> Read<String> {
    let key = state
        .table(parent)
        .and_then(|entry| match &entry.table.kind {
            TableKind::Partitioned { by, .. } => {
                Some((by.as_str(), entry.table.columns.as_slice()))
            }
            _ => None,
        });
    partition::bound(c, key)
}

/// A parent's columns as its heirs have them: PostgreSQL 15 does not hand identity down.
pub(super) fn parent_columns(state: &State, parent: &QualifiedName) -> Vec<Column> {
    let columns = state.table(parent).map(|p| p.table.columns.clone());
    let mut columns = columns.unwrap_or_default();
    for column in &mut columns {
        column.identity = None;
        column.comment = None;
    }
    columns
}

fn merge_inherited(columns: &mut Vec<Column>, column: Column) {
    match columns.iter_mut().find(|c| c.name == column.name) {
        Some(own) => {
            if column.nullable == Some(false) {
                own.nullable = Some(false);
            }
            own.default = own.default.take().or(column.default);
        }
        None => columns.push(column),
    }
}

fn typed_columns(state: &State, path: &Path) -> Vec<Column> {
    let ty = state
        .find_type(path)
        .and_then(|name| state.types.get(&name));
    match ty {
        Some(UserType::Composite(composite)) => composite
            .fields
            .iter()
            .map(|(name, ty)| Column::new(name.clone(), ty.clone()))
            .collect(),
        _ => Vec::new(),
    }
}

fn read_elements<'a>(
    state: &State,
    inner: &Cursor<'a>,
    inherited: Option<&[Column]>,
) -> Read<Elements<'a>> {
    let mut elements = Elements::default();
    for mut part in inner.split_at_commas() {
        if part.eat("like") {
            elements
                .likes
                .push(like::read(&mut part, elements.columns.len())?);
        } else if constraint::is_table_constraint(&part) {
            let mut spec = constraint::read(state, &mut part)?;
            // There is no row yet that could break it.
            spec.options.not_valid = false;
            elements.constraints.push(spec);
        } else {
            let mut spec = match inherited {
                Some(columns) => column::read_options(state, &mut part, columns)?,
                None => column::read(state, &mut part)?,
            };
            elements.constraints.append(&mut spec.constraints);
            elements.columns.push(spec);
        }
        part.expect_done()?;
    }
    Ok(elements)
}

fn read_clauses(state: &State, c: &mut Cursor<'_>) -> Read<Clauses> {
    let mut clauses = Clauses::default();
    loop {
        if c.eat("inherits") {
            clauses.inherits = c.list_in_parentheses(Cursor::path)?;
        } else if c.eat_all(&["partition", "by"]) {
            clauses.partition_by = Some(partition::by(state, c)?);
        } else if c.eat("server") {
            clauses.server = Some(c.name()?);
        } else if c.eat("options") || c.eat("with") {
            c.parentheses()?;
        } else if c.eat("using") || c.eat("tablespace") {
            c.name()?;
        } else if c.eat_all(&["on", "commit"]) {
            while c.eat_any(&["preserve", "delete", "drop", "rows"]).is_some() {}
        } else if !c.eat_all(&["without", "oids"]) {
            return Ok(clauses);
        }
    }
}

/// Adds a table with its elements to the state.
fn insert(
    state: &mut State,
    mut table: Table,
    elements: Elements<'_>,
    inherited: HashSet<Ident>,
) -> Applied {
    let name = table.name.clone();
    let mut entry = TableEntry::new(Table::new(name.clone()), state.spot);
    entry.acl = state.new_acl(&name.namespace, Granted::Table);
    entry.handed.columns = inherited;
    let mut likes = elements.likes.into_iter().peekable();
    let mut copied = Vec::new();
    for (at, mut spec) in elements.columns.into_iter().enumerate() {
        while let Some(like) = likes.next_if(|like| like.after == at) {
            copied.extend(like::copy_columns(state, &like, &mut table)?);
        }
        let spot = state.spot_at(spec.at);
        entry.column_spots.insert(spec.column.name.clone(), spot);
        add_sequences(state, &name, &mut spec);
        place_column(&mut table.columns, spec.column);
    }
    for like in likes {
        copied.extend(like::copy_columns(state, &like, &mut table)?);
    }
    if state.context_only {
        generate_from_defaults(&mut table);
    }
    let checks = std::mem::take(&mut table.checks);
    entry.table = table;
    state
        .relations
        .insert(name.clone(), Relation::Table(Box::new(entry)));
    for check in checks {
        keys::push_check(state, &name, check);
    }
    keys::add(state, &name, elements.constraints, false)?;
    for source in copied {
        like::copy_indexes(state, &source, &name);
    }
    Ok(())
}

/// Makes the sequence of a `serial` or an identity column.
pub(super) fn add_sequences(state: &mut State, table: &QualifiedName, spec: &mut ColumnSpec<'_>) {
    let column = &mut spec.column;
    if let Some(ty) = &spec.serial {
        let options = sequence::Options::of_type(ty.clone());
        let sequence = sequence::add_for_column(state, table, &column.name, &options, false);
        column.default = Some(state.expression(&expression::nextval(&sequence)));
    } else if let Some(options) = &mut spec.identity {
        options.ty = Some(column.ty.clone());
        sequence::add_for_column(state, table, &column.name, options, true);
    }
}

/// Puts a column where an inherited one of its name is, or last.
fn place_column(columns: &mut Vec<Column>, mut column: Column) {
    match columns.iter_mut().find(|c| c.name == column.name) {
        Some(inherited) => {
            if inherited.nullable == Some(false) {
                column.nullable = Some(false);
            }
            if column.default.is_none() && column.generated.is_none() {
                column.default = inherited.default.take();
            }
            *inherited = column;
        }
        None => columns.push(column),
    }
}

/// An export "for context only" writes a generated column's expression as its default; no true default
/// can name a column.
fn generate_from_defaults(table: &mut Table) {
    let names: HashSet<Ident> = table.columns.iter().map(|c| c.name.clone()).collect();
    for column in &mut table.columns {
        let is_generated = column
            .default
            .as_ref()
            .is_some_and(|default| default.columns().iter().any(|name| names.contains(name)));
        if is_generated && let Some(expression) = column.default.take() {
            column.generated = Some(Generated {
                expression,
                stored: true,
            });
        }
    }
}
