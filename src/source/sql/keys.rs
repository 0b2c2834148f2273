//! Constraints as they join a table: checks, then keys, then foreign keys, as the server adds them,
//! with the names it chooses.

use std::collections::BTreeSet;

use super::constraint::{ConstraintKind, ConstraintSpec, ForeignSpec, KeySpec, Options};
use super::cursor::Cursor;
use super::index::{ElementSpec, name_part};
use super::names::{index_columns, joined};
use super::partition;
use super::state::{Applied, Relation, State, Trouble};
use crate::schema::{
    Check, Deferral, Exclusion, ForeignKey, Ident, Index, IndexKey, Key, QualifiedName, TableKind,
};

/// Adds the constraints of one statement. With `only`, partitions and inheriting tables keep what they
/// have.
pub(super) fn add(
    state: &mut State,
    table: &QualifiedName,
    specs: Vec<ConstraintSpec<'_>>,
    only: bool,
) -> Applied {
    let mut keys: Vec<(Option<Ident>, KeySpec, Options)> = Vec::new();
    let mut exclusions = Vec::new();
    let mut foreign = Vec::new();
    for spec in specs {
        match spec.kind {
            ConstraintKind::Check(text) => {
                add_check(state, table, spec.name, &text, spec.options, only);
            }
            ConstraintKind::NotNull(column) => set_not_null(state, table, &column),
            ConstraintKind::Key(key) => merge_key(&mut keys, spec.name, key, spec.options),
            ConstraintKind::Exclude {
                method,
                elements,
                include,
                predicate,
            } => exclusions.push((
                spec.name,
                method,
                elements,
                include,
                predicate,
                spec.options,
            )),
            ConstraintKind::Foreign(key) => foreign.push((spec.name, key, spec.options)),
        }
    }
    keys.sort_by_key(|(_, key, _)| !key.primary);
    for (name, key, options) in keys {
        add_key(state, table, name, key, options, only)?;
    }
    for (name, method, elements, include, predicate, options) in exclusions {
        let parts = ExclusionParts {
            method,
            elements,
            include,
            predicate,
        };
        add_exclusion(state, table, name, &parts, options);
    }
    for (name, key, options) in foreign {
        add_foreign_key(state, table, name, key, options, only);
    }
    Ok(())
}

/// Two keys of one statement over the same columns are one, and its name is the first that was given.
fn merge_key(
    keys: &mut Vec<(Option<Ident>, KeySpec, Options)>,
    name: Option<Ident>,
    key: KeySpec,
    options: Options,
) {
    let same = keys.iter_mut().find(|(_, other, other_options)| {
        key.using_index.is_none()
            && other.columns == key.columns
            && other.include == key.include
            && other.nulls_not_distinct == key.nulls_not_distinct
            && other_options.deferral == options.deferral
    });
    match same {
        Some((other_name, other, _)) => {
            // The primary key comes first, whatever the order they were written in.
            if key.primary && !other.primary {
                *other_name = name.or(other_name.take());
            } else if other_name.is_none() {
                *other_name = name;
            }
            other.primary |= key.primary;
        }
        None => keys.push((name, key, options)),
    }
}

fn add_check(
    state: &mut State,
    table: &QualifiedName,
    name: Option<Ident>,
    text: &Cursor<'_>,
    options: Options,
    only: bool,
) {
    let Some(entry) = state.table(table) else {
        return;
    };
    let expression = state.expression(text.source());
    let name = name.unwrap_or_else(|| {
        let mut columns = expression.columns();
        columns.retain(|column| entry.table.column(column).is_some());
        let only = columns.first().filter(|_| columns.len() == 1);
        state.choose_constraint_name(table, only.map(Ident::as_str), "check", &[])
    });
    let check = Check {
        name,
        expression,
        not_valid: options.not_valid,
        no_inherit: options.no_inherit,
    };
    let heirs = if only || options.no_inherit {
        Vec::new()
    } else {
        state.family(table).split_off(1)
    };
    push_check(state, table, check.clone());
    for heir in heirs {
        hand_down_check(state, &heir, check.clone());
    }
}

/// Adds a check.
pub(super) fn push_check(state: &mut State, table: &QualifiedName, check: Check) {
    let name = check.name.clone();
    if let Some(entry) = state.table_mut(table) {
        entry.table.checks.push(check);
        state.count_constraint(&table.namespace, &name);
    }
}

/// Gives a child its parent's check. One of that name that it has already stays its own, unless it is a
/// partition.
pub(super) fn hand_down_check(state: &mut State, child: &QualifiedName, check: Check) {
    let name = check.name.clone();
    let Some(entry) = state.table_mut(child) else {
        return;
    };
    let has_own = entry.table.checks.iter().any(|c| c.name == name);
    let is_partition = matches!(
        entry.table.kind,
        TableKind::Partition { .. } | TableKind::Partitioned { of: Some(_), .. }
    );
    if is_partition || !has_own {
        entry.handed.checks.insert(name);
    }
    if !has_own {
        push_check(state, child, check);
    }
}

/// Sets a column NOT NULL, in every partition and inheriting table, too.
pub(super) fn set_not_null(state: &mut State, table: &QualifiedName, column: &Ident) {
    for member in state.family(table) {
        if let Some(column) = state.table_mut(&member).and_then(|t| t.column_mut(column)) {
            column.nullable = Some(false);
        }
    }
}

fn add_key(
    state: &mut State,
    table: &QualifiedName,
    name: Option<Ident>,
    spec: KeySpec,
    options: Options,
    only: bool,
) -> Applied {
    let key = if let Some(index) = &spec.using_index {
        take_index(state, table, index, name, options.deferral)?
    } else {
        Key {
            name: name.unwrap_or_else(|| {
                choose_key_name(state, table, &spec.columns, &spec.include, spec.primary)
            }),
            columns: spec.columns,
            include: spec.include,
            nulls_not_distinct: spec.nulls_not_distinct,
            deferral: options.deferral,
        }
    };
    push_key(state, table, key.clone(), spec.primary);
    if !only {
        partition::hand_down_key(state, table, &key, spec.primary);
    }
    Ok(())
}

/// `table_pkey`, `table_a_b_key`
pub(super) fn choose_key_name(
    state: &State,
    table: &QualifiedName,
    columns: &[Ident],
    include: &[Ident],
    primary: bool,
) -> Ident {
    if primary {
        return state.choose_relation_name(table, None, "pkey", true);
    }
    let names = index_columns(columns.iter().chain(include).map(|c| c.as_str().to_owned()));
    let part = joined(names.iter().map(String::as_str));
    state.choose_relation_name(table, Some(&part), "key", true)
}

/// Adds a key; the columns of a primary key take no NULL.
pub(super) fn push_key(state: &mut State, table: &QualifiedName, key: Key, primary: bool) {
    let name = key.name.clone();
    let Some(entry) = state.table_mut(table) else {
        return;
    };
    if primary {
        for column in &mut entry.table.columns {
            if key.columns.contains(&column.name) {
                column.nullable = Some(false);
            }
        }
        entry.table.primary_key = Some(key);
    } else {
        entry.table.unique.push(key);
    }
    own_index(state, table, &name);
}

/// Notes a constraint and the index of its name.
fn own_index(state: &mut State, table: &QualifiedName, name: &Ident) {
    state.count_constraint(&table.namespace, name);
    state.relations.insert(
        QualifiedName::new(table.namespace.clone(), name.clone()),
        Relation::Index(table.clone()),
    );
}

/// `ADD CONSTRAINT … USING INDEX`: the index becomes the constraint's, under the constraint's name.
fn take_index(
    state: &mut State,
    table: &QualifiedName,
    index: &Ident,
    name: Option<Ident>,
    deferral: Deferral,
) -> Applied<Key> {
    let unknown = || Trouble::Unknown {
        kind: "index",
        name: index.to_string(),
    };
    let entry = state.table_mut(table).ok_or_else(unknown)?;
    let at = entry
        .table
        .indexes
        .iter()
        .position(|i| i.name == *index)
        .ok_or_else(unknown)?;
    let index: Index = entry.table.indexes.remove(at);
    state.relations.remove(&QualifiedName::new(
        table.namespace.clone(),
        index.name.clone(),
    ));
    let columns = index.elements.into_iter().filter_map(|e| match e.key {
        IndexKey::Column(name) => Some(name),
        IndexKey::Expression(_) => None,
    });
    Ok(Key {
        columns: columns.collect(),
        name: name.unwrap_or(index.name),
        include: index.include,
        nulls_not_distinct: index.nulls_not_distinct,
        deferral,
    })
}

struct ExclusionParts<'a> {
    method: String,
    elements: Vec<(ElementSpec<'a>, String)>,
    include: Vec<Ident>,
    predicate: Option<Cursor<'a>>,
}

fn add_exclusion(
    state: &mut State,
    table: &QualifiedName,
    name: Option<Ident>,
    parts: &ExclusionParts<'_>,
    options: Options,
) {
    let Some(entry) = state.table(table) else {
        return;
    };
    let columns = &entry.table.columns;
    let elements: Vec<_> = parts
        .elements
        .iter()
        .map(|(element, operator)| {
            let element = element.build(state, columns, &parts.method);
            (element, operator.clone())
        })
        .collect();
    let name = name.unwrap_or_else(|| {
        let part = name_part(elements.iter().map(|(e, _)| e), &parts.include);
        state.choose_relation_name(table, Some(&part), "excl", true)
    });
    let exclusion = Exclusion {
        name,
        method: parts.method.clone(),
        elements,
        predicate: parts.predicate.map(|text| state.expression(text.source())),
        deferral: options.deferral,
    };
    push_exclusion(state, table, exclusion);
}

pub(super) fn push_exclusion(state: &mut State, table: &QualifiedName, exclusion: Exclusion) {
    let name = exclusion.name.clone();
    if let Some(entry) = state.table_mut(table) {
        entry.table.exclusions.push(exclusion);
        own_index(state, table, &name);
    }
}

fn add_foreign_key(
    state: &mut State,
    table: &QualifiedName,
    name: Option<Ident>,
    spec: ForeignSpec,
    options: Options,
    only: bool,
) {
    let references = state.relation_or_target(&spec.table);
    let referenced_columns = if spec.referenced.is_empty() {
        primary_columns(state, &references)
    } else {
        spec.referenced
    };
    let name = name.unwrap_or_else(|| choose_foreign_key_name(state, table, &spec.columns));
    let key = ForeignKey {
        name,
        columns: spec.columns,
        references,
        referenced_columns,
        on_update: spec.on_update,
        on_delete: spec.on_delete,
        match_full: spec.match_full,
        deferral: options.deferral,
        not_valid: options.not_valid,
    };
    push_foreign_key(state, table, key.clone());
    if !only {
        partition::hand_down_foreign_key(state, table, &key);
    }
}

/// Tables that every Supabase project has before its first migration, and whose key is `id`.
const SUPABASE: [(&str, &str); 3] = [
    ("auth", "users"),
    ("storage", "buckets"),
    ("storage", "objects"),
];

/// The columns a foreign key without any means; empty when the table or its key is not known.
pub(super) fn primary_columns(state: &State, table: &QualifiedName) -> Vec<Ident> {
    match state.table(table) {
        Some(entry) => entry
            .table
            .primary_key
            .as_ref()
            .map(|key| key.columns.clone())
            .unwrap_or_default(),
        None if SUPABASE.contains(&(table.namespace.as_str(), table.name.as_str())) => {
            Ident::new("id").into_iter().collect()
        }
        None => Vec::new(),
    }
}

/// `table_a_b_fkey`
pub(super) fn choose_foreign_key_name(
    state: &State,
    table: &QualifiedName,
    columns: &[Ident],
) -> Ident {
    let part = joined(columns.iter().map(Ident::as_str));
    state.choose_constraint_name(table, Some(&part), "fkey", &[])
}

pub(super) fn push_foreign_key(state: &mut State, table: &QualifiedName, key: ForeignKey) {
    let name = key.name.clone();
    if let Some(entry) = state.table_mut(table) {
        entry.table.foreign_keys.push(key);
        state.count_constraint(&table.namespace, &name);
    }
}

/// Drops a constraint of any kind. `false` when the table has none of that name.
pub(super) fn drop(state: &mut State, table: &QualifiedName, name: &Ident) -> bool {
    let Some(entry) = state.table_mut(table) else {
        return false;
    };
    let t = &mut entry.table;
    let mut dropped_key = None;
    let mut owned_index = false;
    if t.primary_key.as_ref().is_some_and(|k| k.name == *name) {
        dropped_key = t.primary_key.take();
    } else if let Some(at) = t.unique.iter().position(|k| k.name == *name) {
        dropped_key = Some(t.unique.remove(at));
    } else if let Some(at) = t.exclusions.iter().position(|e| e.name == *name) {
        t.exclusions.remove(at);
        owned_index = true;
    } else if let Some(at) = t.foreign_keys.iter().position(|f| f.name == *name) {
        t.foreign_keys.remove(at);
    } else if let Some(at) = t.checks.iter().position(|c| c.name == *name) {
        t.checks.remove(at);
    } else {
        return false;
    }
    entry.handed.indexes.remove(name);
    entry.handed.checks.remove(name);
    entry.handed.foreign_keys.remove(name);
    state.forget_constraint(&table.namespace, name);
    if owned_index || dropped_key.is_some() {
        state
            .relations
            .remove(&QualifiedName::new(table.namespace.clone(), name.clone()));
    }
    if let Some(key) = dropped_key {
        drop_references(state, table, &key.columns);
    }
    true
}

/// Drops the foreign keys that point to these columns when no other key of the table covers them.
fn drop_references(state: &mut State, table: &QualifiedName, columns: &[Ident]) {
    let wanted: BTreeSet<&Ident> = columns.iter().collect();
    let still_unique = state
        .table(table)
        .is_some_and(|t| t.table.unique_column_sets().contains(&wanted));
    if still_unique {
        return;
    }
    let mut dropped = Vec::new();
    for entry in state.tables_mut() {
        let namespace = entry.table.name.namespace.clone();
        entry.table.foreign_keys.retain(|key| {
            let depends = key.references == *table
                && key.referenced_columns.iter().collect::<BTreeSet<_>>() == wanted;
            if depends {
                dropped.push((namespace.clone(), key.name.clone()));
            }
            !depends
        });
    }
    for (namespace, name) in dropped {
        state.forget_constraint(&namespace, &name);
    }
}
