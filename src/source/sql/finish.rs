//! From the state after the last statement to a schema.

use std::collections::BTreeSet;

use super::context;
use super::keys::primary_columns;
use super::state::{DEFAULT_OWNER, Handed, Relation, Spot, State, TableEntry, UserType};
use crate::schema::{Facet, Ident, ObjectPath, Place, Publication, Schema, Sighting, Table};
use crate::source::TextFile;

/// The schema of the namespaces that are asked for. With `context_only`, it states no more than such an
/// export can.
pub(super) fn finish(mut state: State, files: &[TextFile], context_only: bool) -> Schema {
    let facets: Vec<Facet> = if context_only {
        context::FACETS.to_vec()
    } else {
        Facet::ALL.to_vec()
    };
    let mut schema = Schema::new(state.wanted.clone(), facets);
    resolve_forward_references(&mut state);
    let place = |spot: Spot| Place {
        file: files.get(spot.file).map_or("-", |f| &f.name).to_owned(),
        line: spot.line,
    };
    let owner = |owner: &Option<String>| owner.as_deref().unwrap_or(DEFAULT_OWNER).to_owned();
    for unmodelled in std::mem::take(&mut state.unmodelled) {
        let namespace = unmodelled.name.as_ref().map(|n| &n.namespace);
        if namespace.is_none_or(|namespace| state.is_wanted(namespace)) {
            let of = unmodelled.name.map(|name| name.to_string());
            schema.unmodelled.push(Sighting {
                what: unmodelled.what,
                name: match (of, unmodelled.shown.as_str()) {
                    (Some(of), "") => of,
                    (Some(of), shown) => format!("{shown} on {of}"),
                    (None, shown) => shown.to_owned(),
                },
                place: Some(place(unmodelled.spot)),
            });
        }
    }
    let wanted: BTreeSet<Ident> = state.wanted.iter().cloned().collect();
    for (name, relation) in state.relations {
        if !wanted.contains(&name.namespace) {
            continue;
        }
        match relation {
            Relation::Table(entry) => {
                note_places(&mut schema, &entry, place);
                let owner = owner(&entry.owner);
                let mut table = own_parts(entry.table, &entry.handed);
                table.grants = entry.acl.into_grants(&owner);
                schema.tables.push(table);
            }
            Relation::View(entry) => {
                let mut view = entry.view;
                view.grants = entry.acl.into_grants(&owner(&entry.owner));
                schema.views.push(view);
            }
            Relation::Sequence(entry) if !entry.is_identity => {
                let mut sequence = entry.sequence;
                sequence.grants = entry.acl.into_grants(&owner(&entry.owner));
                schema.sequences.push(sequence);
            }
            Relation::Sequence(_) | Relation::Index(_) | Relation::Opaque => {}
        }
    }
    for (name, ty) in state.types {
        if wanted.contains(&name.namespace) {
            match ty {
                UserType::Enum(of) => schema.enums.push(of),
                UserType::Domain(of) => schema.domains.push(of),
                UserType::Composite(of) => schema.composites.push(of),
                UserType::Opaque => {}
            }
        }
    }
    for (name, overloads) in state.routines {
        if wanted.contains(&name.namespace) {
            for routine in overloads {
                let mut function = routine.function;
                function.grants = routine.acl.into_grants(&owner(&routine.owner));
                schema.functions.push(function);
            }
        }
    }
    schema.extensions = state
        .extensions
        .into_iter()
        // Every database has it from the start.
        .filter(|name| name.as_str() != "plpgsql")
        .map(|name| crate::schema::Extension { name })
        .collect();
    schema.publications = state
        .publications
        .into_values()
        .map(|publication| Publication {
            tables: publication
                .tables
                .into_iter()
                .filter(|table| wanted.contains(&table.namespace))
                .collect(),
            ..publication
        })
        .collect();
    schema.unreadable = state.unreadable;
    schema.normalise();
    schema
}

/// A foreign key without columns means the primary key of a table that may have come later.
fn resolve_forward_references(state: &mut State) {
    let mut found = Vec::new();
    for entry in state.tables() {
        for key in &entry.table.foreign_keys {
            if key.referenced_columns.is_empty() {
                let columns = primary_columns(state, &key.references);
                found.push((entry.table.name.clone(), key.name.clone(), columns));
            }
        }
    }
    for (table, name, columns) in found {
        let keys = state.table_mut(&table).map(|t| &mut t.table.foreign_keys);
        for key in keys.into_iter().flatten().filter(|key| key.name == name) {
            key.referenced_columns.clone_from(&columns);
        }
    }
}

/// The table without what its parent states for it.
fn own_parts(mut table: Table, handed: &Handed) -> Table {
    table.checks.retain(|c| !handed.checks.contains(&c.name));
    let keys = &mut table.foreign_keys;
    keys.retain(|key| !handed.foreign_keys.contains(&key.name));
    table
        .triggers
        .retain(|t| !handed.triggers.contains(&t.name));
    table
        .indexes
        .retain(|i| !handed.indexes.contains_key(&i.name));
    table
        .unique
        .retain(|k| !handed.indexes.contains_key(&k.name));
    table.primary_key = table
        .primary_key
        .filter(|key| !handed.indexes.contains_key(&key.name));
    table
}

fn note_places(schema: &mut Schema, entry: &TableEntry, place: impl Fn(Spot) -> Place) {
    let path = |column: Option<&Ident>| ObjectPath {
        table: entry.table.name.clone(),
        column: column.cloned(),
    };
    schema.places.insert(path(None), place(entry.spot));
    for (column, spot) in &entry.column_spots {
        schema.places.insert(path(Some(column)), place(*spot));
    }
}
