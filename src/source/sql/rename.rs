//! New names, and everything that has to follow them.

use super::expression::{self, Role};
use super::state::{Relation, State, UserType};
use super::walk;
use crate::schema::{Action, ForeignKey, Ident, IndexKey, QualifiedName, TableKind};

/// Gives a relation another name, in its namespace or another one.
pub(super) fn relation(state: &mut State, from: &QualifiedName, to: &QualifiedName) {
    if from == to || state.relations.contains_key(to) {
        return;
    }
    let Some(mut relation) = state.relations.remove(from) else {
        return;
    };
    let home = state.home().clone();
    match &mut relation {
        Relation::Table(entry) => entry.table.name.clone_from(to),
        Relation::View(entry) => entry.view.name.clone_from(to),
        Relation::Sequence(entry) => entry.sequence.name.clone_from(to),
        Relation::Index(_) | Relation::Opaque => {}
    }
    let is_sequence = matches!(relation, Relation::Sequence(_));
    let index_of = match &relation {
        Relation::Index(table) => Some(table.clone()),
        _ => None,
    };
    let is_row = matches!(relation, Relation::Table(_) | Relation::View(_));
    state.relations.insert(to.clone(), relation);
    if is_sequence {
        state.for_each_expression(|e| expression::rename_sequence(e, from, to, &home));
    } else if let Some(table) = index_of {
        index_of_table(state, &table, &from.name, &to.name);
    } else if is_row {
        follow_row(state, from, to);
        if from.namespace != to.namespace {
            move_parts(state, from, to);
        }
    }
}

/// A table's or a view's new name in everything that refers to it.
fn follow_row(state: &mut State, from: &QualifiedName, to: &QualifiedName) {
    let home = state.home().clone();
    let follow = |name: &mut QualifiedName| {
        if name == from {
            name.clone_from(to);
        }
    };
    for relation in state.relations.values_mut() {
        match relation {
            Relation::Table(entry) => {
                let table = &mut entry.table;
                for key in &mut table.foreign_keys {
                    follow(&mut key.references);
                }
                table.inherits.iter_mut().for_each(follow);
                entry.children.iter_mut().for_each(follow);
                match &mut table.kind {
                    TableKind::Partition { of, .. }
                    | TableKind::Partitioned {
                        of: Some((of, _)), ..
                    } => follow(of),
                    _ => {}
                }
            }
            Relation::Sequence(entry) => {
                if let Some((table, _)) = &mut entry.sequence.owned_by {
                    follow(table);
                }
            }
            Relation::Index(table) => follow(table),
            Relation::View(entry) => {
                expression::rename_object(&mut entry.view.query, Role::Relation, from, to, &home);
            }
            Relation::Opaque => {}
        }
    }
    for publication in state.publications.values_mut() {
        if publication.tables.remove(from) {
            publication.tables.insert(to.clone());
        }
    }
    state.for_each_type_name(follow);
}

/// Indexes, constraints and owned sequences go where their table goes.
fn move_parts(state: &mut State, from: &QualifiedName, to: &QualifiedName) {
    let (indexes, constraints) = match state.relations.get(to) {
        Some(Relation::Table(entry)) => (entry.index_names(), entry.constraint_names()),
        Some(Relation::View(entry)) => (
            entry.view.indexes.iter().map(|i| i.name.clone()).collect(),
            Vec::new(),
        ),
        _ => return,
    };
    for index in indexes {
        let old = QualifiedName::new(from.namespace.clone(), index.clone());
        if let Some(relation) = state.relations.remove(&old) {
            let new = QualifiedName::new(to.namespace.clone(), index);
            state.relations.insert(new, relation);
        }
    }
    for name in constraints {
        state.forget_constraint(&from.namespace, &name);
        state.count_constraint(&to.namespace, &name);
    }
    let owned: Vec<QualifiedName> = state
        .relations
        .values()
        .filter_map(|relation| match relation {
            Relation::Sequence(entry) => {
                let owner = entry.sequence.owned_by.as_ref().map(|(table, _)| table);
                (owner == Some(to)).then(|| entry.sequence.name.clone())
            }
            _ => None,
        })
        .collect();
    for sequence in owned {
        let new = QualifiedName::new(to.namespace.clone(), sequence.name.clone());
        relation(state, &sequence, &new);
    }
}

/// An index's new name on its table; a constraint's index gives it to the constraint.
fn index_of_table(state: &mut State, table: &QualifiedName, from: &Ident, to: &Ident) {
    if let Some(view) = state.view_mut(table) {
        let indexes = view.view.indexes.iter_mut();
        indexes
            .filter(|i| i.name == *from)
            .for_each(|i| i.name.clone_from(to));
        return;
    }
    let Some(entry) = state.table_mut(table) else {
        return;
    };
    let t = &mut entry.table;
    let mut is_constraint = false;
    for index in t.indexes.iter_mut().filter(|i| i.name == *from) {
        index.name.clone_from(to);
    }
    let keys = t.primary_key.iter_mut().chain(&mut t.unique);
    let keys = keys.map(|key| &mut key.name);
    for name in keys.chain(t.exclusions.iter_mut().map(|e| &mut e.name)) {
        if name == from {
            name.clone_from(to);
            is_constraint = true;
        }
    }
    if let Some(parent) = entry.handed.indexes.remove(from) {
        entry.handed.indexes.insert(to.clone(), parent);
    }
    for child in entry.children.clone() {
        if let Some(child) = state.table_mut(&child) {
            let parents = child.handed.indexes.values_mut();
            parents
                .filter(|p| *p == from)
                .for_each(|p| p.clone_from(to));
        }
    }
    if is_constraint {
        state.forget_constraint(&table.namespace, from);
        state.count_constraint(&table.namespace, to);
    }
}

/// A constraint's new name, with its index's. `false` when the table has none of that name.
pub(super) fn constraint(
    state: &mut State,
    table: &QualifiedName,
    from: &Ident,
    to: &Ident,
) -> bool {
    let index = QualifiedName::new(table.namespace.clone(), from.clone());
    let Some(entry) = state.table_mut(table) else {
        return false;
    };
    let t = &mut entry.table;
    let has_index = t
        .primary_key
        .iter()
        .chain(&t.unique)
        .map(|k| &k.name)
        .chain(t.exclusions.iter().map(|e| &e.name))
        .any(|name| name == from);
    if has_index {
        let new = QualifiedName::new(table.namespace.clone(), to.clone());
        relation(state, &index, &new);
        return true;
    }
    if let Some(key) = t.foreign_keys.iter_mut().find(|f| f.name == *from) {
        key.name.clone_from(to);
        state.forget_constraint(&table.namespace, from);
        state.count_constraint(&table.namespace, to);
        return true;
    }
    if t.checks.iter().all(|c| c.name != *from) {
        return false;
    }
    for member in state.family(table) {
        let Some(entry) = state.table_mut(&member) else {
            continue;
        };
        if let Some(check) = entry.table.checks.iter_mut().find(|c| c.name == *from) {
            check.name.clone_from(to);
            if entry.handed.checks.remove(from) {
                entry.handed.checks.insert(to.clone());
            }
            state.forget_constraint(&member.namespace, from);
            state.count_constraint(&member.namespace, to);
        }
    }
    true
}

/// A column's new name, in the table and all that inherit it. `false` when the table has none of that
/// name.
pub(super) fn column(state: &mut State, table: &QualifiedName, from: &Ident, to: &Ident) -> bool {
    if state
        .table(table)
        .is_none_or(|t| t.table.column(from).is_none())
    {
        return false;
    }
    let family = state.family(table);
    for member in &family {
        column_of(state, member, from, to);
    }
    let swap = |name: &mut Ident| {
        if name == from {
            name.clone_from(to);
        }
    };
    for relation in state.relations.values_mut() {
        match relation {
            Relation::Table(entry) => {
                for key in &mut entry.table.foreign_keys {
                    if family.contains(&key.references) {
                        key.referenced_columns.iter_mut().for_each(swap);
                    }
                }
            }
            Relation::Sequence(entry) => {
                if let Some((table, column)) = &mut entry.sequence.owned_by
                    && family.contains(table)
                {
                    swap(column);
                }
            }
            Relation::View(_) | Relation::Index(_) | Relation::Opaque => {}
        }
    }
    true
}

fn column_of(state: &mut State, table: &QualifiedName, from: &Ident, to: &Ident) {
    let Some(entry) = state.table_mut(table) else {
        return;
    };
    let swap = |name: &mut Ident| {
        if name == from {
            name.clone_from(to);
        }
    };
    let t = &mut entry.table;
    t.columns.iter_mut().for_each(|c| swap(&mut c.name));
    for key in t.primary_key.iter_mut().chain(&mut t.unique) {
        key.columns
            .iter_mut()
            .chain(&mut key.include)
            .for_each(swap);
    }
    for key in &mut t.foreign_keys {
        rename_in_foreign_key(key, swap);
    }
    let excluded = t.exclusions.iter_mut().flat_map(|e| &mut e.elements);
    let mut elements: Vec<_> = excluded.map(|(element, _)| element).collect();
    for index in &mut t.indexes {
        index.include.iter_mut().for_each(swap);
        elements.extend(&mut index.elements);
    }
    for element in elements {
        if let IndexKey::Column(name) = &mut element.key {
            swap(name);
        }
    }
    if let TableKind::Partitioned { by, .. } = &mut t.kind {
        *by = expression::rename_column(by, from, to);
    }
    for trigger in &mut t.triggers {
        trigger.events = std::mem::take(&mut trigger.events)
            .into_iter()
            .map(|event| super::trigger::rename_in_event(&event, from, to))
            .collect();
    }
    walk::for_each_of_row(entry, &mut |e| {
        if e.text.contains(from.as_str()) {
            *e = e.renamed_column(from, to);
        }
    });
    if let Some(spot) = entry.column_spots.remove(from) {
        entry.column_spots.insert(to.clone(), spot);
    }
    if entry.handed.columns.remove(from) {
        entry.handed.columns.insert(to.clone());
    }
    entry.acl.rename_column(from, to);
}

fn rename_in_foreign_key(key: &mut ForeignKey, swap: impl Fn(&mut Ident)) {
    key.columns.iter_mut().for_each(&swap);
    for action in key.on_delete.iter_mut().chain(&mut key.on_update) {
        if let Action::SetNull(columns) | Action::SetDefault(columns) = action {
            columns.iter_mut().for_each(&swap);
        }
    }
}

/// A type's new name, wherever it is used.
pub(super) fn ty(state: &mut State, from: &QualifiedName, to: &QualifiedName) {
    let Some(mut ty) = state.types.remove(from) else {
        return;
    };
    match &mut ty {
        UserType::Enum(e) => e.name.clone_from(to),
        UserType::Domain(d) => d.name.clone_from(to),
        UserType::Composite(c) => c.name.clone_from(to),
        UserType::Opaque => {}
    }
    state.types.insert(to.clone(), ty);
    state.for_each_type_name(|name| {
        if name == from {
            name.clone_from(to);
        }
    });
    let home = state.home().clone();
    state.for_each_expression(|e| expression::rename_object(e, Role::Type, from, to, &home));
}

/// A function's new name, wherever it is called.
pub(super) fn routine(state: &mut State, from: &QualifiedName, at: usize, to: &QualifiedName) {
    let Some(overloads) = state.routines.get_mut(from) else {
        return;
    };
    let mut routine = overloads.remove(at);
    let is_last = overloads.is_empty();
    if is_last {
        state.routines.remove(from);
    }
    routine.function.signature.name.clone_from(to);
    let is_trigger = routine.function.signature.arguments.is_empty();
    state.routines.entry(to.clone()).or_default().push(routine);
    if is_trigger {
        for entry in state.tables_mut() {
            for trigger in &mut entry.table.triggers {
                if trigger.function == *from {
                    trigger.function.clone_from(to);
                }
            }
        }
    }
    if is_last {
        let home = state.home().clone();
        state.for_each_expression(|e| {
            expression::rename_object(e, Role::Function, from, to, &home);
        });
    }
}

/// A namespace's new name, for everything in it.
pub(super) fn namespace(state: &mut State, from: &Ident, to: &Ident) {
    let within = |name: &QualifiedName| QualifiedName::new(to.clone(), name.name.clone());
    let is_in = |name: &&QualifiedName| name.namespace == *from;
    let types: Vec<QualifiedName> = state.types.keys().filter(is_in).cloned().collect();
    for name in types {
        ty(state, &name, &within(&name));
    }
    let rows = state.relations.iter();
    let rows = rows.filter(|(_, relation)| !matches!(relation, Relation::Index(_)));
    let names: Vec<QualifiedName> = rows.map(|(name, _)| name).filter(is_in).cloned().collect();
    for name in names {
        relation(state, &name, &within(&name));
    }
    let routines: Vec<QualifiedName> = state.routines.keys().filter(is_in).cloned().collect();
    for name in routines {
        while state.routines.contains_key(&name) {
            routine(state, &name, 0, &within(&name));
        }
    }
    for part in &mut state.search_path {
        if part == from {
            part.clone_from(to);
        }
    }
}
