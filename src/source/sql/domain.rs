//! CREATE and ALTER DOMAIN.

use super::column;
use super::constraint;
use super::cursor::Cursor;
use super::grant;
use super::rename;
use super::state::{Applied, State, Trouble, UserType};
use crate::schema::{Check, Domain, Ident, QualifiedName};

/// `CREATE DOMAIN …`, from after `DOMAIN`.
pub(super) fn create(state: &mut State, c: &mut Cursor<'_>) -> Applied {
    let name = state.target(&c.path()?);
    if state.types.contains_key(&name) {
        return state.taken(&name);
    }
    c.eat("as");
    let mut domain = Domain {
        base: state.ty(c.ty()?),
        name: name.clone(),
        not_null: false,
        default: None,
        checks: Vec::new(),
        collation: None,
        comment: None,
    };
    let mut checks = Vec::new();
    while !c.is_done() {
        if c.eat("collate") {
            domain.collation = column::collation(c)?;
            continue;
        }
        let constraint = constraint::name(c)?;
        if c.eat("default") {
            domain.default = column::default(state, &c.expression()?, &domain.base);
        } else if c.eat_all(&["not", "null"]) {
            domain.not_null = true;
        } else if c.eat("check") {
            checks.push((constraint, c.parentheses()?));
        } else if !c.eat("null") {
            return Err(c.misread("expected a constraint of a domain").into());
        }
    }
    state.types.insert(name.clone(), UserType::Domain(domain));
    for (constraint, text) in checks {
        add_check(state, &name, constraint, &text, false);
    }
    Ok(())
}

fn add_check(
    state: &mut State,
    domain: &QualifiedName,
    name: Option<Ident>,
    text: &Cursor<'_>,
    not_valid: bool,
) {
    let name = name.unwrap_or_else(|| state.choose_constraint_name(domain, None, "check", &[]));
    let check = Check {
        name: name.clone(),
        expression: state.expression(text.source()),
        not_valid,
        no_inherit: false,
    };
    if let Some(UserType::Domain(of)) = state.types.get_mut(domain) {
        of.checks.push(check);
        state.count_constraint(&domain.namespace, &name);
    }
}

/// `ALTER DOMAIN …`, from after `DOMAIN`.
pub(super) fn alter(state: &mut State, c: &mut Cursor<'_>) -> Applied {
    let path = c.path()?;
    let Some(name) = state.resolve(&path, |name| state.types.contains_key(name)) else {
        return state.missing("domain", &path, false);
    };
    if c.eat_all(&["rename", "to"]) {
        let to = QualifiedName::new(name.namespace.clone(), c.name()?);
        rename::ty(state, &name, &to);
    } else if c.eat_all(&["set", "schema"]) {
        let to = QualifiedName::new(c.name()?, name.name.clone());
        rename::ty(state, &name, &to);
    } else if c.eat_all(&["owner", "to"]) {
        grant::role(state, c)?;
    } else if c.eat("add") {
        let constraint = constraint::name(c)?;
        if c.eat("check") {
            let text = c.parentheses()?;
            let not_valid = constraint::Options::read(c).not_valid;
            add_check(state, &name, constraint, &text, not_valid);
        } else {
            c.expect("not")?;
            c.expect("null")?;
            with(state, &name, |domain| domain.not_null = true);
        }
    } else if c.eat_all(&["set", "default"]) {
        let base = match state.types.get(&name) {
            Some(UserType::Domain(domain)) => domain.base.clone(),
            _ => return Ok(()),
        };
        let default = column::default(state, &c.expression()?, &base);
        with(state, &name, |domain| domain.default = default);
    } else if c.eat_all(&["drop", "default"]) {
        with(state, &name, |domain| domain.default = None);
    } else if c.eat_all(&["set", "not", "null"]) {
        with(state, &name, |domain| domain.not_null = true);
    } else if c.eat_all(&["drop", "not", "null"]) {
        with(state, &name, |domain| domain.not_null = false);
    } else {
        alter_constraint(state, c, &name)?;
    }
    Ok(())
}

fn with(state: &mut State, name: &QualifiedName, change: impl FnOnce(&mut Domain)) {
    if let Some(UserType::Domain(domain)) = state.types.get_mut(name) {
        change(domain);
    }
}

/// `{ DROP | RENAME | VALIDATE } CONSTRAINT …`
fn alter_constraint(state: &mut State, c: &mut Cursor<'_>, name: &QualifiedName) -> Applied {
    let verb = c
        .eat_any(&["drop", "rename", "validate"])
        .ok_or_else(|| c.misread("expected an action"))?;
    c.expect("constraint")?;
    let may_miss = c.eat_all(&["if", "exists"]);
    let constraint = c.name()?;
    let to = if c.eat("to") { Some(c.name()?) } else { None };
    let Some(UserType::Domain(domain)) = state.types.get_mut(name) else {
        return Ok(());
    };
    let Some(at) = domain.checks.iter().position(|k| k.name == constraint) else {
        return if may_miss {
            Ok(())
        } else {
            Err(Trouble::Unknown {
                kind: "constraint",
                name: constraint.to_string(),
            })
        };
    };
    match (verb, to) {
        ("drop", _) => {
            domain.checks.remove(at);
            state.forget_constraint(&name.namespace, &constraint);
        }
        ("rename", Some(to)) => {
            domain.checks[at].name.clone_from(&to);
            state.forget_constraint(&name.namespace, &constraint);
            state.count_constraint(&name.namespace, &to);
        }
        _ => domain.checks[at].not_valid = false,
    }
    Ok(())
}
