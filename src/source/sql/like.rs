//! `LIKE source [ INCLUDING … ]` in CREATE TABLE.

use super::cursor::{Cursor, Path, Read};
use super::index;
use super::keys;
use super::sequence;
use super::state::{Applied, State};
use crate::schema::{Column, Ident, Key, QualifiedName, Table};

/// A `LIKE` clause as written.
#[derive(Debug, Clone)]
pub(super) struct Like {
    source: Path,
    /// How many columns were written before it.
    pub(super) after: usize,
    included: Vec<&'static str>,
}

const PROPERTIES: [&str; 9] = [
    "comments",
    "compression",
    "constraints",
    "defaults",
    "generated",
    "identity",
    "indexes",
    "statistics",
    "storage",
];

/// What was copied, and what of its indexes still has to be.
#[derive(Debug, Clone)]
pub(super) struct Copied {
    source: QualifiedName,
    indexes: bool,
}

pub(super) fn read(c: &mut Cursor<'_>, after: usize) -> Read<Like> {
    let source = c.path()?;
    let mut included: Vec<&'static str> = Vec::new();
    loop {
        let including = c.eat("including");
        if !including && !c.eat("excluding") {
            break;
        }
        let properties: Vec<&'static str> = if c.eat("all") {
            PROPERTIES.to_vec()
        } else {
            let property = c
                .eat_any(&PROPERTIES)
                .ok_or_else(|| c.misread("expected a property"))?;
            vec![property]
        };
        included.retain(|p| !properties.contains(p));
        if including {
            included.extend(properties);
        }
    }
    Ok(Like {
        source,
        after,
        included,
    })
}

impl Like {
    fn includes(&self, property: &str) -> bool {
        self.included.contains(&property)
    }
}

/// Adds the source's columns, and its checks where they are included. `None` when the source lies
/// outside what is followed.
pub(super) fn copy_columns(
    state: &mut State,
    like: &Like,
    table: &mut Table,
) -> Applied<Option<Copied>> {
    let Some(source) = state.find_relation(&like.source) else {
        state.missing("table", &like.source, false)?;
        return Ok(None);
    };
    let Some(from) = state.table(&source).map(|entry| entry.table.clone()) else {
        return Ok(None);
    };
    for column in &from.columns {
        let mut copy = Column::new(column.name.clone(), column.ty.clone());
        copy.nullable = column.nullable;
        copy.collation.clone_from(&column.collation);
        if like.includes("defaults") {
            copy.default.clone_from(&column.default);
        }
        if like.includes("generated") {
            copy.generated.clone_from(&column.generated);
        }
        if like.includes("comments") {
            copy.comment.clone_from(&column.comment);
        }
        if like.includes("identity") && column.identity.is_some() {
            copy.identity = column.identity;
            let options = sequence::Options::of_type(column.ty.clone());
            sequence::add_for_column(state, &table.name, &column.name, &options, true);
        }
        table.columns.push(copy);
    }
    if like.includes("constraints") {
        table.checks.extend(from.checks);
    }
    Ok(Some(Copied {
        source,
        indexes: like.includes("indexes"),
    }))
}

/// Copies the source's indexes and keys under names of the new table.
pub(super) fn copy_indexes(state: &mut State, copied: &Copied, table: &QualifiedName) {
    let from = match state.table(&copied.source) {
        Some(entry) if copied.indexes => entry.table.clone(),
        _ => return,
    };
    let keys = from.primary_key.iter().map(|key| (key, true));
    for (key, primary) in keys.chain(from.unique.iter().map(|key| (key, false))) {
        let name = keys::choose_key_name(state, table, &key.columns, &key.include, primary);
        let key = Key {
            name,
            ..key.clone()
        };
        keys::push_key(state, table, key, primary);
    }
    for own in &from.indexes {
        let mut copy = own.clone();
        copy.name = index::choose_name(state, table, own);
        index::add(state, table, copy);
    }
    for exclusion in &from.exclusions {
        let elements = exclusion.elements.iter().map(|(element, _)| element);
        let part = index::name_part(elements, &[] as &[Ident]);
        let mut copy = exclusion.clone();
        copy.name = state.choose_relation_name(table, Some(&part), "excl", true);
        keys::push_exclusion(state, table, copy);
    }
}
