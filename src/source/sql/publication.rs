//! Publications.

use std::collections::BTreeSet;

use super::cursor::{Cursor, Read};
use super::grant;
use super::state::{Applied, State, Trouble};
use super::view::read_options;
use crate::schema::{Ident, Publication, QualifiedName};

/// What a publication publishes.
#[derive(Default)]
struct Objects {
    all_tables: bool,
    tables: BTreeSet<QualifiedName>,
    namespaces: BTreeSet<Ident>,
}

/// `CREATE PUBLICATION …`, from after `PUBLICATION`.
pub(super) fn create(state: &mut State, c: &mut Cursor<'_>) -> Applied {
    let name = c.name()?;
    let objects = if c.eat("for") {
        objects(state, c)?
    } else {
        Objects::default()
    };
    let mut publication = Publication {
        name: name.clone(),
        all_tables: objects.all_tables,
        tables: objects.tables,
        namespaces: objects.namespaces,
        operations: ["insert", "update", "delete", "truncate"]
            .map(str::to_owned)
            .into(),
    };
    if c.eat("with") {
        set_operations(&mut publication, &c.parentheses()?)?;
    }
    c.expect_done()?;
    state.publications.insert(name, publication);
    Ok(())
}

fn set_operations(publication: &mut Publication, options: &Cursor<'_>) -> Read<()> {
    if let Some(list) = read_options(options)?.get("publish") {
        let operations = list.split(',').map(|word| word.trim().to_lowercase());
        publication.operations = operations.filter(|word| !word.is_empty()).collect();
    }
    Ok(())
}

/// `ALL TABLES`, or `TABLE a, b, TABLES IN SCHEMA c, …`
fn objects(state: &State, c: &mut Cursor<'_>) -> Read<Objects> {
    let mut objects = Objects::default();
    if c.eat_all(&["all", "tables"]) {
        objects.all_tables = true;
        return Ok(objects);
    }
    let mut are_namespaces = false;
    c.list(|c| {
        if c.eat_all(&["tables", "in", "schema"]) {
            are_namespaces = true;
        } else if c.eat("table") {
            are_namespaces = false;
        }
        if are_namespaces {
            objects.namespaces.insert(c.name()?);
            return Ok(());
        }
        c.eat("only");
        let name = state.relation_or_target(&c.path()?);
        objects.tables.insert(name);
        c.eat("*");
        if c.is("(") {
            c.parentheses()?;
        }
        if c.eat("where") {
            c.parentheses()?;
        }
        Ok(())
    })?;
    Ok(objects)
}

/// `ALTER PUBLICATION …`, from after `PUBLICATION`.
pub(super) fn alter(state: &mut State, c: &mut Cursor<'_>) -> Applied {
    let name = c.name()?;
    let Some(mut publication) = state.publications.remove(&name) else {
        return Err(Trouble::Unknown {
            kind: "publication",
            name: name.to_string(),
        });
    };
    let changed = change(state, c, &mut publication);
    state
        .publications
        .insert(publication.name.clone(), publication);
    Ok(changed?)
}

fn change(state: &State, c: &mut Cursor<'_>, publication: &mut Publication) -> Read<()> {
    if c.eat_all(&["rename", "to"]) {
        publication.name = c.name()?;
    } else if c.eat_all(&["owner", "to"]) {
        grant::role(state, c)?;
    } else if c.eat("add") {
        let added = objects(state, c)?;
        publication.tables.extend(added.tables);
        publication.namespaces.extend(added.namespaces);
    } else if c.eat("drop") {
        let dropped = objects(state, c)?;
        publication.tables.retain(|t| !dropped.tables.contains(t));
        publication
            .namespaces
            .retain(|n| !dropped.namespaces.contains(n));
    } else {
        c.expect("set")?;
        if c.is("(") {
            set_operations(publication, &c.parentheses()?)?;
        } else {
            let set = objects(state, c)?;
            publication.all_tables = set.all_tables;
            publication.tables = set.tables;
            publication.namespaces = set.namespaces;
        }
    }
    c.expect_done()
}
