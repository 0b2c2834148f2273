//! CREATE and ALTER TYPE: enums and composites; other types are known by name alone.

use super::column;
use super::cursor::{Cursor, Misread};
use super::expression;
use super::grant;
use super::rename;
use super::state::{Applied, State, UserType};
use super::walk;
use crate::schema::{ColumnType, Composite, Enum, Expression, QualifiedName};

/// `CREATE TYPE …`, from after `TYPE`.
pub(super) fn create(state: &mut State, c: &mut Cursor<'_>) -> Applied {
    let name = state.target(&c.path()?);
    let is_shell = matches!(state.types.get(&name), Some(UserType::Opaque));
    if state.types.contains_key(&name) && !is_shell {
        return state.taken(&name);
    }
    let has_body = c.eat("as");
    let ty = if has_body && c.eat("enum") {
        let mut inner = c.parentheses()?;
        let labels = if inner.is_done() {
            Vec::new()
        } else {
            inner.list(Cursor::string)?
        };
        inner.expect_done()?;
        UserType::Enum(Enum {
            name: name.clone(),
            labels,
            comment: None,
        })
    } else if has_body && c.is("(") {
        let inner = c.parentheses()?;
        let mut fields = Vec::new();
        for mut part in inner.split_at_commas() {
            let field = part.name()?;
            fields.push((field, state.ty(part.ty()?)));
            if part.eat("collate") {
                column::collation(&mut part)?;
            }
            part.expect_done()?;
        }
        UserType::Composite(Composite {
            name: name.clone(),
            fields,
            comment: None,
        })
    } else {
        let what = if c.is("range") {
            "range type"
        } else {
            "base type"
        };
        c.skip_all();
        state.note_unmodelled(what, Some(name.clone()), "");
        UserType::Opaque
    };
    c.expect_done()?;
    state.types.insert(name, ty);
    Ok(())
}

/// `ALTER TYPE …`, from after `TYPE`.
pub(super) fn alter(state: &mut State, c: &mut Cursor<'_>) -> Applied {
    let path = c.path()?;
    let Some(name) = state.resolve(&path, |name| state.types.contains_key(name)) else {
        return state.missing("type", &path, false);
    };
    if c.eat_all(&["rename", "to"]) {
        let to = QualifiedName::new(name.namespace.clone(), c.name()?);
        rename::ty(state, &name, &to);
        return Ok(());
    }
    if c.eat_all(&["set", "schema"]) {
        let to = QualifiedName::new(c.name()?, name.name.clone());
        rename::ty(state, &name, &to);
        return Ok(());
    }
    if c.eat_all(&["owner", "to"]) {
        grant::role(state, c)?;
        return Ok(());
    }
    if c.eat_all(&["rename", "value"]) {
        let from = c.string()?;
        c.expect("to")?;
        let to = c.string()?;
        rename_label(state, &name, &from, &to);
        return Ok(());
    }
    if c.eat_all(&["add", "value"]) {
        return add_label(state, c, &name);
    }
    for mut part in c.split_at_commas() {
        alter_attribute(state, &mut part, &name)?;
    }
    Ok(())
}

/// `ADD VALUE [ IF NOT EXISTS ] 'a' [ { BEFORE | AFTER } 'b' ]`
fn add_label(state: &mut State, c: &mut Cursor<'_>, name: &QualifiedName) -> Applied {
    let keeps = c.eat_all(&["if", "not", "exists"]);
    let label = c.string()?;
    let neighbour = match c.eat_any(&["before", "after"]) {
        Some(side) => Some((usize::from(side == "after"), c.string()?)),
        None => None,
    };
    c.expect_done()?;
    let Some(UserType::Enum(of)) = state.types.get_mut(name) else {
        return Ok(());
    };
    if of.labels.contains(&label) {
        return if keeps { Ok(()) } else { state.taken(name) };
    }
    let at = match neighbour {
        None => of.labels.len(),
        Some((step, neighbour)) => match of.labels.iter().position(|l| *l == neighbour) {
            Some(at) => at + step,
            None => return Err(c.misread("expected a label of the enum").into()),
        },
    };
    of.labels.insert(at, label);
    Ok(())
}

/// A constant of the type prints under its new label, wherever it was stored.
fn rename_label(state: &mut State, name: &QualifiedName, from: &str, to: &str) {
    if let Some(UserType::Enum(of)) = state.types.get_mut(name) {
        let labels = of.labels.iter_mut().filter(|label| *label == from);
        labels.for_each(|label| to.clone_into(label));
    }
    let is_it = |ty: &ColumnType| matches!(ty.element(), ColumnType::Named(n) if n == name);
    let mut follow = |e: &mut Expression| expression::replace_string(e, from, to);
    for entry in state.tables_mut() {
        if !entry.table.columns.iter().any(|c| is_it(&c.ty)) {
            continue;
        }
        for column in &mut entry.table.columns {
            if is_it(&column.ty) {
                column.default.iter_mut().for_each(&mut follow);
            }
        }
        walk::for_each_of_row(entry, &mut follow);
    }
}

/// `{ ADD | DROP | ALTER | RENAME } ATTRIBUTE …`
fn alter_attribute(state: &mut State, c: &mut Cursor<'_>, name: &QualifiedName) -> Applied {
    let Some(verb) = c.eat_any(&["add", "drop", "alter", "rename"]) else {
        // A base type's properties.
        return Ok(());
    };
    c.expect("attribute")?;
    let may_miss = c.eat_all(&["if", "exists"]);
    let field = c.name()?;
    let missing = c.misread("expected an attribute of the type");
    let ty = match verb {
        "add" => Some(state.ty(c.ty()?)),
        "alter" => {
            c.eat_all(&["set", "data"]);
            c.expect("type")?;
            Some(state.ty(c.ty()?))
        }
        _ => None,
    };
    let to = if verb == "rename" {
        c.expect("to")?;
        Some(c.name()?)
    } else {
        None
    };
    let Some(UserType::Composite(composite)) = state.types.get_mut(name) else {
        return Ok(());
    };
    let fields = &mut composite.fields;
    let at = fields.iter().position(|(n, _)| *n == field);
    match (verb, at, ty, to) {
        ("add", None, Some(ty), _) => fields.push((field, ty)),
        ("alter", Some(at), Some(ty), _) => fields[at].1 = ty,
        ("rename", Some(at), _, Some(to)) => fields[at].0 = to,
        ("drop", Some(at), ..) => {
            fields.remove(at);
        }
        ("drop", None, ..) if may_miss => {}
        _ => return Err(Misread::into(missing)),
    }
    Ok(())
}
