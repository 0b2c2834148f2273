//! Views and materialized views.

use std::collections::BTreeMap;

use super::acl::Granted;
use super::cursor::{Cursor, Read};
use super::literal;
use super::state::{Applied, Relation, State, ViewEntry};
use crate::schema::{QualifiedName, View};

/// Which kind of view, and how it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Plain { replaces: bool },
    Recursive { replaces: bool },
    Temporary,
    Materialized,
}

/// `CREATE … VIEW …`, from after `VIEW`. Names for its columns, and what `RECURSIVE` stands for, become
/// a part of the query.
pub(super) fn create(state: &mut State, c: &mut Cursor<'_>, form: Form) -> Applied {
    let keeps = c.eat_all(&["if", "not", "exists"]);
    let name = state.target(&c.path()?);
    if form == Form::Temporary {
        state.relations.entry(name).or_insert(Relation::Opaque);
        return Ok(());
    }
    let columns = if c.is("(") {
        c.parentheses()?.source()
    } else {
        ""
    };
    let mut options = BTreeMap::new();
    loop {
        if c.eat("with") {
            options = read_options(&c.parentheses()?)?;
        } else if c.eat("using") || c.eat("tablespace") {
            c.name()?;
        } else {
            break;
        }
    }
    c.expect("as")?;
    let mut query = *c;
    for (tail, option) in [
        (&["with", "check", "option"][..], "cascaded"),
        (&["with", "cascaded", "check", "option"], "cascaded"),
        (&["with", "local", "check", "option"], "local"),
    ] {
        if let Some(head) = query.without_tail(tail) {
            options.insert("check_option".to_owned(), option.to_owned());
            query = head;
        }
    }
    for tail in [&["with", "no", "data"][..], &["with", "data"]] {
        query = query.without_tail(tail).unwrap_or(query);
    }
    let query = match (form, columns) {
        (Form::Recursive { .. }, columns) => format!(
            "WITH RECURSIVE {0} ({columns}) AS ({1}) SELECT {columns} FROM {0}",
            name.name,
            query.source()
        ),
        (_, "") => query.source().to_owned(),
        (_, columns) => format!(
            "SELECT * FROM ({}) {} ({columns})",
            query.source(),
            name.name
        ),
    };
    let replaces = matches!(
        form,
        Form::Plain { replaces: true } | Form::Recursive { replaces: true }
    );
    let view = View {
        name: name.clone(),
        materialized: form == Form::Materialized,
        query: state.query(&query),
        columns: Vec::new(),
        options,
        indexes: Vec::new(),
        triggers: Vec::new(),
        grants: Vec::new(),
        comment: None,
    };
    match state.relations.get_mut(&name) {
        Some(Relation::View(old)) if replaces => {
            old.view.query = view.query;
            old.view.options = view.options;
        }
        Some(_) if keeps => {}
        Some(_) => return state.taken(&name),
        None => {
            let entry = ViewEntry {
                view,
                acl: state.new_acl(&name.namespace, Granted::Table),
                owner: None,
            };
            state
                .relations
                .insert(name, Relation::View(Box::new(entry)));
        }
    }
    Ok(())
}

/// `name [ = value ], …`, as the catalog keeps them.
pub(super) fn read_options(c: &Cursor<'_>) -> Read<BTreeMap<String, String>> {
    let mut options = BTreeMap::new();
    for mut part in c.split_at_commas() {
        let mut name = part.name()?.as_str().to_owned();
        while part.eat(".") {
            name.push('.');
            name.push_str(part.name()?.as_str());
        }
        let value = if part.eat("=") {
            let text = part.source();
            literal::string(text).unwrap_or_else(|| text.to_lowercase())
        } else {
            "true".to_owned()
        };
        options.insert(name, value);
    }
    Ok(options)
}

/// `SET ( … )`, `RESET ( … )`; defaults of a view's columns are not part of the model.
pub(super) fn alter(state: &mut State, c: &mut Cursor<'_>, name: &QualifiedName) -> Applied {
    let sets = c.eat("set");
    let resets = !sets && c.eat("reset");
    if !(sets || resets) || !c.is("(") {
        return Ok(());
    }
    let options = read_options(&c.parentheses()?)?;
    if let Some(entry) = state.view_mut(name) {
        for (option, value) in options {
            if sets {
                entry.view.options.insert(option, value);
            } else {
                entry.view.options.remove(&option);
            }
        }
    }
    Ok(())
}
