//! TypeScript: hand-written interfaces and type aliases, or what `supabase gen types` wrote.
//!
//! Which of the two is told by content: a type that lists namespaces with their `Tables` is generated,
//! and then it alone says which tables there are. Types are lossy (`string` may be text, uuid, a date),
//! so most columns are of an unknown type of a known family, and hand-written declarations say nothing
//! of keys and defaults.

mod atoms;
mod column;
mod convert;
mod generated;
mod interfaces;
mod naming;
mod nesting;
mod parse;
mod resolve;
#[cfg(test)]
mod robustness;
mod scope;
mod term;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use naming::table_name;

use super::{LoadError, TextFile};
use crate::schema::{Ident, Place, Schema, Sighting};

/// Reads TypeScript files into one schema.
///
/// `interfaces` gives the tables of interfaces whose name does not tell it; those it names are tables
/// even without an `id`. An empty `namespaces` is `public`. Hand-written declarations are all of the
/// first namespace; of generated ones those asked for are read.
///
/// # Errors
/// [`LoadError::Text`] for a file that cannot be parsed or nests too deeply, for files that declare no
/// table, and for generated types that have none of the namespaces.
pub fn read(
    files: &[TextFile],
    namespaces: &[Ident],
    interfaces: &BTreeMap<String, String>,
) -> Result<Schema, LoadError> {
    let units = files
        .iter()
        .map(parse::parse)
        .collect::<Result<Vec<_>, _>>()?;
    let scope = scope::Scope::new(&units);
    let public = Ident::new("public").ok();
    let asked: Vec<Ident> = match namespaces {
        [] => public.into_iter().collect(),
        named => named.to_vec(),
    };
    let catalogs = generated::catalogs(&scope);
    let mut schema = if catalogs.is_empty() {
        let home = asked
            .first()
            .cloned()
            .ok_or_else(|| no_table(files, None))?;
        let schema = interfaces::read(&scope, &home, interfaces);
        if schema.tables.is_empty() {
            return Err(no_table(files, schema.unreadable.first()));
        }
        schema
    } else {
        generated::read(&scope, &catalogs, &asked)?
    };
    for unit in &units {
        schema.unreadable.extend(unit.faults.iter().cloned());
    }
    schema.normalise();
    Ok(schema)
}

/// Says what was in the way, if anything was.
fn no_table(files: &[TextFile], obstacle: Option<&Sighting>) -> LoadError {
    let start = Place {
        file: files.first().map_or("-", |file| &file.name).to_owned(),
        line: 1,
    };
    let place = obstacle.and_then(|sighting| sighting.place.clone());
    let found = obstacle.map_or_else(
        || "none".to_owned(),
        |sighting| format!("`{}`: {}", sighting.name, sighting.what),
    );
    LoadError::Text {
        place: place.unwrap_or(start),
        cause: format!("expected the types of tables, found {found}"),
        hint: "give the output of `supabase gen types typescript`, or interfaces that have an `id` \
               or are named under `interfaces` in the mapping",
    }
}
