//! COMMENT ON.

use super::cursor::{Cursor, Path, Read};
use super::function;
use super::state::{Applied, Relation, State, UserType, unknown};

/// `COMMENT ON …`, from after `ON`.
pub(super) fn comment(state: &mut State, c: &mut Cursor<'_>) -> Applied {
    if c.eat("column") {
        return on_column(state, c);
    }
    if c.eat_any(&["function", "procedure", "routine"]).is_some() {
        let reference = function::read_reference(state, c)?;
        let text = text(c)?;
        let Some((name, at)) = function::find(state, &reference) else {
            return state.missing_routine(&reference.path);
        };
        if let Some(routine) = state.routines.get_mut(&name).and_then(|r| r.get_mut(at)) {
            routine.function.comment = text;
        }
        return Ok(());
    }
    if let Some(kind) = c.eat_any(&["trigger", "policy"]) {
        return on_part(state, c, kind);
    }
    if c.eat_any(&["type", "domain"]).is_some() {
        let path = c.path()?;
        let text = text(c)?;
        let name = state.resolve(&path, |name| state.types.contains_key(name));
        match name.and_then(|name| state.types.get_mut(&name)) {
            Some(UserType::Enum(of)) => of.comment = text,
            Some(UserType::Domain(of)) => of.comment = text,
            Some(UserType::Composite(of)) => of.comment = text,
            Some(UserType::Opaque) => {}
            None => return state.missing("type", &path, false),
        }
        return Ok(());
    }
    let is_relation = c.eat_all(&["materialized", "view"])
        || c.eat_all(&["foreign", "table"])
        || c.eat_any(&["table", "view", "sequence"]).is_some();
    if !is_relation {
        return Ok(());
    }
    let path = c.path()?;
    let text = text(c)?;
    let Some(name) = state.find_relation(&path) else {
        return state.missing("table", &path, false);
    };
    match state.relations.get_mut(&name) {
        Some(Relation::Table(entry)) => entry.table.comment = text,
        Some(Relation::View(entry)) => entry.view.comment = text,
        Some(Relation::Sequence(entry)) => entry.sequence.comment = text,
        _ => {}
    }
    Ok(())
}

/// `IS { 'text' | NULL }`; an empty text is none.
fn text(c: &mut Cursor<'_>) -> Read<Option<String>> {
    c.expect("is")?;
    let text = if c.eat("null") {
        None
    } else {
        Some(c.string()?).filter(|text| !text.is_empty())
    };
    c.expect_done()?;
    Ok(text)
}

fn on_column(state: &mut State, c: &mut Cursor<'_>) -> Applied {
    let mut parts = c.parts()?;
    let (Some(column), Some(name)) = (parts.pop(), parts.pop()) else {
        return Err(c.misread("expected a column").into());
    };
    let path = Path {
        namespace: parts.pop(),
        name,
    };
    let text = text(c)?;
    let Some(name) = state.find_relation(&path) else {
        return state.missing("table", &path, false);
    };
    let Some(entry) = state.table_mut(&name) else {
        return Ok(());
    };
    match entry.column_mut(&column) {
        Some(column) => column.comment = text,
        None => return unknown("column", &column),
    }
    Ok(())
}

fn on_part(state: &mut State, c: &mut Cursor<'_>, kind: &'static str) -> Applied {
    let part = c.name()?;
    c.expect("on")?;
    let path = c.path()?;
    let text = text(c)?;
    let Some(name) = state.find_relation(&path) else {
        return state.missing("table", &path, false);
    };
    let slot = match state.relations.get_mut(&name) {
        Some(Relation::Table(entry)) if kind == "policy" => {
            let mut policies = entry.table.policies.iter_mut();
            policies.find(|p| p.name == part).map(|p| &mut p.comment)
        }
        Some(Relation::Table(entry)) => {
            let mut triggers = entry.table.triggers.iter_mut();
            triggers.find(|t| t.name == part).map(|t| &mut t.comment)
        }
        Some(Relation::View(entry)) => {
            let mut triggers = entry.view.triggers.iter_mut();
            triggers.find(|t| t.name == part).map(|t| &mut t.comment)
        }
        _ => return Ok(()),
    };
    match slot {
        Some(slot) => *slot = text,
        None => return unknown(kind, &part),
    }
    Ok(())
}
