//! CREATE and ALTER POLICY.

use std::collections::BTreeSet;

use super::cursor::{Cursor, Read};
use super::grant;
use super::state::{Applied, State, Trouble};
use crate::schema::{Policy, PolicyCommand};

/// What both statements may say.
struct Clauses<'a> {
    roles: Option<BTreeSet<String>>,
    using: Option<Cursor<'a>>,
    check: Option<Cursor<'a>>,
}

fn clauses<'a>(state: &State, c: &mut Cursor<'a>) -> Read<Clauses<'a>> {
    let mut clauses = Clauses {
        roles: None,
        using: None,
        check: None,
    };
    if c.eat("to") {
        let roles = c.list(|c| grant::role(state, c))?;
        clauses.roles = Some(roles.into_iter().collect());
    }
    if c.eat("using") {
        clauses.using = Some(c.parentheses()?);
    }
    if c.eat_all(&["with", "check"]) {
        clauses.check = Some(c.parentheses()?);
    }
    c.expect_done()?;
    Ok(clauses)
}

/// `CREATE POLICY …`, from after `POLICY`.
pub(super) fn create(state: &mut State, c: &mut Cursor<'_>) -> Applied {
    let name = c.name()?;
    c.expect("on")?;
    let path = c.path()?;
    let permissive = if c.eat("as") {
        let permissive = c.is("permissive");
        c.skip();
        permissive
    } else {
        true
    };
    let command = if c.eat("for") {
        match c.eat_any(&["all", "select", "insert", "update", "delete"]) {
            Some("all") => PolicyCommand::All,
            Some("select") => PolicyCommand::Select,
            Some("insert") => PolicyCommand::Insert,
            Some("update") => PolicyCommand::Update,
            Some(_) => PolicyCommand::Delete,
            None => return Err(c.misread("expected a command").into()),
        }
    } else {
        PolicyCommand::All
    };
    let clauses = clauses(state, c)?;
    let Some(table) = state.find_relation(&path) else {
        return state.missing("table", &path, false);
    };
    let policy = Policy {
        command,
        roles: clauses
            .roles
            .unwrap_or_else(|| BTreeSet::from(["public".to_owned()])),
        permissive,
        using: clauses.using.map(|text| state.expression(text.source())),
        check: clauses.check.map(|text| state.expression(text.source())),
        comment: None,
        name,
    };
    let Some(entry) = state.table_mut(&table) else {
        return Ok(());
    };
    if entry.table.policies.iter().any(|p| p.name == policy.name) {
        return Err(Trouble::Taken {
            name: policy.name.to_string(),
        });
    }
    entry.table.policies.push(policy);
    Ok(())
}

/// `ALTER POLICY …`, from after `POLICY`.
pub(super) fn alter(state: &mut State, c: &mut Cursor<'_>) -> Applied {
    let name = c.name()?;
    c.expect("on")?;
    let path = c.path()?;
    let to = if c.eat_all(&["rename", "to"]) {
        Some(c.name()?)
    } else {
        None
    };
    let clauses = clauses(state, c)?;
    let Some(table) = state.find_relation(&path) else {
        return state.missing("table", &path, false);
    };
    let using = clauses.using.map(|text| state.expression(text.source()));
    let check = clauses.check.map(|text| state.expression(text.source()));
    let policy = state
        .table_mut(&table)
        .and_then(|t| t.table.policies.iter_mut().find(|p| p.name == name));
    let Some(policy) = policy else {
        return Err(Trouble::Unknown {
            kind: "policy",
            name: name.to_string(),
        });
    };
    policy.name = to.unwrap_or(name);
    if let Some(roles) = clauses.roles {
        policy.roles = roles;
    }
    policy.using = using.or(policy.using.take());
    policy.check = check.or(policy.check.take());
    Ok(())
}
