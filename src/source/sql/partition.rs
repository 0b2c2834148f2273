//! Partitions: what a partitioned table hands down to them, and how their bounds are printed.

use std::collections::HashSet;

use super::cursor::{Cursor, Read};
use super::index;
use super::keys;
use super::state::{Handed, State};
use crate::schema::{
    Column, ColumnType, ForeignKey, Ident, Index, Key, QualifiedName, TableKind, Trigger,
};

/// The partitions of a table; none for one that others merely inherit from.
fn partitions(state: &State, table: &QualifiedName) -> Vec<QualifiedName> {
    match state.table(table) {
        Some(entry) if matches!(entry.table.kind, TableKind::Partitioned { .. }) => {
            entry.children.clone()
        }
        _ => Vec::new(),
    }
}

/// Gives each partition the index, or takes the equal one it has for it.
pub(super) fn hand_down_index(state: &mut State, parent: &QualifiedName, index: &Index) {
    for child in partitions(state, parent) {
        adopt_index(state, &child, index);
    }
}

fn adopt_index(state: &mut State, child: &QualifiedName, from: &Index) {
    let Some(entry) = state.table_mut(child) else {
        return;
    };
    let has_own = entry.table.indexes.iter().find(|own| {
        own.method == from.method
            && own.unique == from.unique
            && own.elements == from.elements
            && own.include == from.include
            && own.predicate == from.predicate
            && own.nulls_not_distinct == from.nulls_not_distinct
            && !entry.handed.indexes.contains_key(&own.name)
    });
    if let Some(own) = has_own {
        let name = own.name.clone();
        entry.handed.indexes.insert(name, from.name.clone());
        return;
    }
    let mut copy = from.clone();
    copy.name = index::choose_name(state, child, from);
    let name = copy.name.clone();
    index::add(state, child, copy.clone());
    if let Some(entry) = state.table_mut(child) {
        entry.handed.indexes.insert(name, from.name.clone());
    }
    hand_down_index(state, child, &copy);
}

/// Gives each partition the key, or takes the equal one it has for it.
pub(super) fn hand_down_key(state: &mut State, parent: &QualifiedName, key: &Key, primary: bool) {
    for child in partitions(state, parent) {
        adopt_key(state, &child, key, primary);
    }
}

fn adopt_key(state: &mut State, child: &QualifiedName, from: &Key, primary: bool) {
    let Some(entry) = state.table_mut(child) else {
        return;
    };
    let own = if primary {
        entry.table.primary_key.as_ref()
    } else {
        entry.table.unique.iter().find(|own| {
            own.columns == from.columns
                && own.include == from.include
                && own.nulls_not_distinct == from.nulls_not_distinct
                && !entry.handed.indexes.contains_key(&own.name)
        })
    };
    if let Some(own) = own {
        let name = own.name.clone();
        entry.handed.indexes.insert(name, from.name.clone());
        return;
    }
    let name = keys::choose_key_name(state, child, &from.columns, &from.include, primary);
    let copy = Key {
        name: name.clone(),
        ..from.clone()
    };
    keys::push_key(state, child, copy.clone(), primary);
    if let Some(entry) = state.table_mut(child) {
        entry.handed.indexes.insert(name, from.name.clone());
    }
    hand_down_key(state, child, &copy, primary);
}

/// Gives each partition the foreign key unless it has an equal one.
pub(super) fn hand_down_foreign_key(state: &mut State, parent: &QualifiedName, key: &ForeignKey) {
    for child in partitions(state, parent) {
        adopt_foreign_key(state, &child, key);
    }
}

fn adopt_foreign_key(state: &mut State, child: &QualifiedName, from: &ForeignKey) {
    let Some(entry) = state.table(child) else {
        return;
    };
    let own = entry.table.foreign_keys.iter().find(|own| {
        let alike = ForeignKey {
            name: from.name.clone(),
            not_valid: from.not_valid,
            ..(*own).clone()
        };
        alike == *from
    });
    if let Some(own) = own {
        let name = own.name.clone();
        note_handed(state, child, |handed| &mut handed.foreign_keys, name);
        return;
    }
    let name = if entry.constraint_names().contains(&from.name) {
        keys::choose_foreign_key_name(state, child, &from.columns)
    } else {
        from.name.clone()
    };
    let copy = ForeignKey {
        name,
        ..from.clone()
    };
    keys::push_foreign_key(state, child, copy.clone());
    note_handed(
        state,
        child,
        |handed| &mut handed.foreign_keys,
        copy.name.clone(),
    );
    hand_down_foreign_key(state, child, &copy);
}

fn note_handed(
    state: &mut State,
    child: &QualifiedName,
    of: impl Fn(&mut Handed) -> &mut HashSet<Ident>,
    name: Ident,
) {
    if let Some(entry) = state.table_mut(child) {
        of(&mut entry.handed).insert(name);
    }
}

/// Gives each partition a row trigger unless it has one of that name.
pub(super) fn hand_down_trigger(state: &mut State, parent: &QualifiedName, trigger: &Trigger) {
    for child in partitions(state, parent) {
        adopt_trigger(state, &child, trigger);
    }
}

fn adopt_trigger(state: &mut State, child: &QualifiedName, trigger: &Trigger) {
    if !trigger.each_row {
        return;
    }
    if let Some(entry) = state.table_mut(child) {
        if entry.table.triggers.iter().all(|t| t.name != trigger.name) {
            entry.table.triggers.push(trigger.clone());
        }
        entry.handed.triggers.insert(trigger.name.clone());
        hand_down_trigger(state, child, trigger);
    }
}

/// Joins a table to its parent as a partition, with everything the parent hands down.
pub(super) fn attach(
    state: &mut State,
    parent: &QualifiedName,
    child: &QualifiedName,
    bound: String,
) {
    let Some(from) = state.table_mut(parent) else {
        return;
    };
    from.children.push(child.clone());
    let table = from.table.clone();
    if let Some(entry) = state.table_mut(child) {
        entry.table.kind = match std::mem::take(&mut entry.table.kind) {
            TableKind::Partitioned { by, .. } => TableKind::Partitioned {
                by,
                of: Some((parent.clone(), bound)),
            },
            foreign @ TableKind::Foreign { .. } => foreign,
            TableKind::Ordinary | TableKind::Partition { .. } => TableKind::Partition {
                of: parent.clone(),
                bound,
            },
        };
    }
    for check in table.checks {
        if !check.no_inherit {
            keys::hand_down_check(state, child, check);
        }
    }
    if let Some(key) = &table.primary_key {
        adopt_key(state, child, key, true);
    }
    for key in &table.unique {
        adopt_key(state, child, key, false);
    }
    for index in &table.indexes {
        adopt_index(state, child, index);
    }
    for key in &table.foreign_keys {
        adopt_foreign_key(state, child, key);
    }
    for trigger in &table.triggers {
        adopt_trigger(state, child, trigger);
    }
}

/// Parts a partition from its parent; it keeps what it was handed, but for the triggers.
pub(super) fn detach(state: &mut State, parent: &QualifiedName, child: &QualifiedName) {
    let Some(from) = state.table_mut(parent) else {
        return;
    };
    from.children.retain(|c| c != child);
    if let Some(entry) = state.table_mut(child) {
        let handed = std::mem::take(&mut entry.handed);
        let triggers = &mut entry.table.triggers;
        triggers.retain(|trigger| !handed.triggers.contains(&trigger.name));
        entry.table.kind = match std::mem::take(&mut entry.table.kind) {
            TableKind::Partitioned { by, .. } => TableKind::Partitioned { by, of: None },
            foreign @ TableKind::Foreign { .. } => foreign,
            TableKind::Ordinary | TableKind::Partition { .. } => TableKind::Ordinary,
        };
    }
}

/// `ALTER INDEX parent ATTACH PARTITION child`
pub(super) fn attach_index(state: &mut State, parent: &QualifiedName, child: &QualifiedName) {
    let table = match state.relations.get(child) {
        Some(super::state::Relation::Index(table)) => table.clone(),
        _ => return,
    };
    if let Some(entry) = state.table_mut(&table) {
        entry
            .handed
            .indexes
            .insert(child.name.clone(), parent.name.clone());
    }
}

/// `PARTITION BY strategy ( key, … )`, from after `BY`, as `pg_get_partkeydef` prints it.
pub(super) fn by(state: &State, c: &mut Cursor<'_>) -> Read<String> {
    let strategy = c.name()?.as_str().to_ascii_uppercase();
    let keys = c.list_in_parentheses(|c| {
        let text = c.expression()?;
        let mut plain = text;
        let is_column = plain.name().is_ok() && plain.is_done();
        let is_call = !text.is("(") && text.source().ends_with(')');
        let mut key = state.expression(text.source()).text;
        if !is_column && !is_call && !key.starts_with('(') {
            key = format!("({key})");
        }
        if c.eat("collate") {
            key.push_str(" COLLATE ");
            key.push_str(&c.path()?.name.to_string());
        }
        if c.is_name() {
            key.push(' ');
            key.push_str(&c.path()?.name.to_string());
        }
        Ok(key)
    })?;
    Ok(format!("{strategy} ({})", keys.join(", ")))
}

/// `FOR VALUES …` or `DEFAULT`, as the server prints it.
pub(super) fn bound(c: &mut Cursor<'_>, parent: Option<(&str, &[Column])>) -> Read<String> {
    if c.eat("default") {
        return Ok("DEFAULT".to_owned());
    }
    c.expect("for")?;
    c.expect("values")?;
    let keys = parent.map_or_else(Vec::new, |(by, columns)| key_types(by, columns));
    if c.eat("in") {
        let ty = keys.first().cloned().flatten();
        let values = c.list_in_parentheses(|c| value(c, ty.as_ref()))?;
        return Ok(format!("FOR VALUES IN ({})", values.join(", ")));
    }
    if c.eat("with") {
        let parts = c.list_in_parentheses(|c| {
            let word = c.name()?;
            Ok((word, c.number()?))
        })?;
        let of = |word: &str| {
            parts
                .iter()
                .find(|(w, _)| w.as_str() == word)
                .map_or(0, |(_, n)| *n)
        };
        return Ok(format!(
            "FOR VALUES WITH (modulus {}, remainder {})",
            of("modulus"),
            of("remainder")
        ));
    }
    let row = |c: &mut Cursor<'_>| -> Read<String> {
        let mut at = 0;
        let values = c.list_in_parentheses(|c| {
            let ty = keys.get(at).cloned().flatten();
            at += 1;
            value(c, ty.as_ref())
        })?;
        Ok(values.join(", "))
    };
    c.expect("from")?;
    let from = row(c)?;
    c.expect("to")?;
    let to = row(c)?;
    Ok(format!("FOR VALUES FROM ({from}) TO ({to})"))
}

/// Types of the columns of a partition key; `None` for an expression.
fn key_types(by: &str, columns: &[Column]) -> Vec<Option<ColumnType>> {
    let Some((_, keys)) = by.split_once('(') else {
        return Vec::new();
    };
    keys.trim_end_matches(')')
        .split(',')
        .map(|key| {
            let name = super::literal::name(key.trim())?;
            let column = columns.iter().find(|c| c.name == name)?;
            Some(column.ty.clone())
        })
        .collect()
}

/// A bound's value as `get_const_expr` prints it: an `integer` or a `numeric` bare unless negative, all
/// else quoted, a timestamp in full.
fn value(c: &mut Cursor<'_>, ty: Option<&ColumnType>) -> Read<String> {
    let text = c.expression()?;
    let mut word = text;
    if word.is("minvalue") || word.is("maxvalue") || word.is("null") {
        return Ok(word.peek().to_ascii_uppercase());
    }
    if word.is("true") || word.is("false") {
        return Ok(word.peek().to_ascii_lowercase());
    }
    let bare = match word.string() {
        // What follows a string here is its cast.
        Ok(text) => text,
        Err(_) => text.source().to_owned(),
    };
    Ok(match ty {
        Some(ColumnType::Integer | ColumnType::Numeric { .. }) if !bare.starts_with('-') => bare,
        Some(ColumnType::Timestamp { tz, .. }) => quoted(&timestamp(&bare, *tz)),
        Some(_) => quoted(&bare),
        None => text.source().to_owned(),
    })
}

fn quoted(text: &str) -> String {
    super::expression::quoted_string(text)
}

/// A date in full; the zone is taken to be UTC where none is written.
fn timestamp(text: &str, tz: bool) -> String {
    let (date, time) = text.split_once([' ', 'T']).unwrap_or((text, "00:00:00"));
    let mut time = time.trim_end_matches('Z').to_owned();
    if time.len() == 5 {
        time.push_str(":00");
    }
    if tz && !time.contains(['+', '-']) {
        time.push_str("+00");
    }
    format!("{date} {time}")
}
