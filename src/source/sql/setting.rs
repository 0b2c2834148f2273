//! `SET`: of a session, where it tells the search path and the role, and of a function.

use super::cursor::{Cursor, Read};
use super::literal;
use super::state::{Applied, DEFAULT_OWNER, State};
use crate::schema::{Ident, quote};

/// Settings whose value is a list of names, each quoted where SQL needs it.
const LISTS_OF_NAMES: [&str; 4] = [
    "search_path",
    "temp_tablespaces",
    "local_preload_libraries",
    "session_preload_libraries",
];

/// A setting's name as the catalog keeps it.
pub(super) fn name(c: &mut Cursor<'_>) -> Read<String> {
    let mut name = c.name()?.as_str().to_owned();
    while c.eat(".") {
        name.push('.');
        name.push_str(c.name()?.as_str());
    }
    let known = ["TimeZone", "DateStyle", "IntervalStyle"];
    let kept = known.iter().find(|known| known.eq_ignore_ascii_case(&name));
    Ok(kept.map_or(name, |&known| known.to_owned()))
}

/// `name { TO | = } value`, `name FROM CURRENT`, `TIME ZONE value`, from after `SET`: name and value as
/// the catalog keeps them; `None` for `DEFAULT`.
pub(super) fn read(state: &State, c: &mut Cursor<'_>) -> Read<Option<(String, String)>> {
    if c.eat_all(&["time", "zone"]) {
        let value = values(c)?;
        return Ok(Some(("TimeZone".to_owned(), value.join(", "))));
    }
    let name = name(c)?;
    let is_list = LISTS_OF_NAMES.contains(&name.as_str());
    if c.eat_all(&["from", "current"]) {
        let path = state.search_path.iter().map(ToString::to_string);
        let value = if name == "search_path" {
            path.collect::<Vec<_>>().join(", ")
        } else {
            String::new()
        };
        return Ok(Some((name, value)));
    }
    if !c.eat("to") {
        c.expect("=")?;
    }
    if c.eat("default") {
        return Ok(None);
    }
    let values = values(c)?;
    let written: Vec<String> = if is_list {
        values.iter().map(|value| quote(value)).collect()
    } else {
        values
    };
    Ok(Some((name, written.join(", "))))
}

fn values(c: &mut Cursor<'_>) -> Read<Vec<String>> {
    c.list(|c| {
        if let Ok(text) = c.string() {
            return Ok(text);
        }
        let sign = if c.eat("-") { "-" } else { "" };
        let word = c.peek();
        if word.is_empty() {
            return Err(c.misread("expected a value"));
        }
        c.skip();
        let value = literal::name(word).map_or_else(|| word.to_owned(), String::from);
        Ok(format!("{sign}{value}"))
    })
}

/// `SET …` of the session, from after `SET`.
pub(super) fn session(state: &mut State, c: &mut Cursor<'_>) -> Applied {
    c.eat_any(&["session", "local"]);
    if c.eat_all(&["authorization"]) || c.eat("role") {
        state.role = if c.is("default") || c.is("none") {
            DEFAULT_OWNER.to_owned()
        } else {
            values(c)?.concat()
        };
        return Ok(());
    }
    let is_path = c.is("search_path") || c.is("schema");
    if !is_path {
        return Ok(());
    }
    c.skip();
    if !c.eat("to") {
        c.eat("=");
    }
    if c.eat("default") {
        reset_search_path(state);
    } else {
        let values = values(c)?;
        set_search_path(state, values.iter().map(String::as_str));
    }
    Ok(())
}

/// The search path, without what names no namespace.
pub(super) fn set_search_path<'a>(state: &mut State, names: impl Iterator<Item = &'a str>) {
    state.search_path = names
        .filter(|name| *name != "$user" && *name != "pg_catalog")
        .filter_map(|name| Ident::truncating(name).ok())
        .collect();
}

/// The server's own search path.
pub(super) fn reset_search_path(state: &mut State) {
    set_search_path(state, ["public"].into_iter());
}

/// `SELECT … set_config('search_path', 'value', …)`, as `pg_dump` writes it.
pub(super) fn from_select(state: &mut State, c: &mut Cursor<'_>) -> Applied {
    while !c.is_done() && !c.is("set_config") {
        c.skip();
    }
    c.skip();
    if let Ok(mut arguments) = c.parentheses()
        && arguments.string().is_ok_and(|name| name == "search_path")
        && arguments.eat(",")
        && let Ok(value) = arguments.string()
    {
        let names: Vec<String> = value
            .split(',')
            .filter_map(|name| literal::name(name.trim()).map(String::from))
            .collect();
        set_search_path(state, names.iter().map(String::as_str));
    }
    Ok(())
}
