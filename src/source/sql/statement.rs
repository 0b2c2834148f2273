//! One statement: what it is, and which module reads it.

use squawk_lexer::TokenKind;

use super::block;
use super::comment;
use super::cursor::{Cursor, Path, Read, parse};
use super::lexed::tokens;
use super::state::{Applied, Lines, State, Trouble};
use super::table::Persistence;
use super::{
    alter, domain, drop, function, grant, index, policy, publication, rename, sequence, setting,
    table, trigger, types, view,
};
use crate::schema::QualifiedName;

/// What became of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Read and replayed.
    Replayed,
    /// By its first word it changes rows or a session at most, and was not parsed.
    PassedOver,
    Failed(Trouble),
}

/// Statements that define nothing.
const PASSED_OVER: &[&str] = &[
    "analyse",
    "analyze",
    "begin",
    "call",
    "checkpoint",
    "close",
    "cluster",
    "commit",
    "copy",
    "deallocate",
    "declare",
    "delete",
    "discard",
    "end",
    "execute",
    "explain",
    "fetch",
    "insert",
    "listen",
    "load",
    "lock",
    "merge",
    "move",
    "notify",
    "prepare",
    "reassign",
    "refresh",
    "reindex",
    "release",
    "savepoint",
    "security",
    "show",
    "start",
    "table",
    "truncate",
    "unlisten",
    "update",
    "vacuum",
    "values",
    "with",
];

/// Replays one statement onto the state.
pub(super) fn replay(state: &mut State, text: &str) -> Outcome {
    let words = first_words(text, 2);
    let first = words.first().map_or("", String::as_str);
    if PASSED_OVER.contains(&first) {
        return Outcome::PassedOver;
    }
    if first == "rollback" || first == "abort" {
        return Outcome::Failed(Trouble::NotFollowed);
    }
    if first == "do" {
        return replay_block(state, text);
    }
    if first == "select" && !names(text, "set_config") && !names(text, "into") {
        return Outcome::PassedOver;
    }
    let parsed = match parse(text) {
        Ok(parsed) => parsed,
        Err(misread) => return Outcome::Failed(misread.into()),
    };
    match dispatch(state, parsed.cursor()) {
        Ok(()) => Outcome::Replayed,
        Err(trouble) => Outcome::Failed(trouble),
    }
}

fn replay_block(state: &mut State, text: &str) -> Outcome {
    if !may_change_schema(text) {
        return Outcome::PassedOver;
    }
    let Some(steps) = block::steps(text) else {
        state.note_unmodelled("DO block that may change the schema", None, "");
        return Outcome::PassedOver;
    };
    let lines = std::mem::take(&mut state.lines);
    let mut outcome = Outcome::Replayed;
    for step in steps {
        let body = &text[step.range.clone()];
        state.lines = Lines::of(lines.at(step.range.start), body);
        match replay(state, body) {
            Outcome::Failed(Trouble::Taken { .. }) if step.keeps => {}
            failed @ Outcome::Failed(_) if outcome == Outcome::Replayed => outcome = failed,
            _ => {}
        }
    }
    state.lines = lines;
    outcome
}

/// Whether a statement that was passed over is SQL after all, and if not, why.
pub(super) fn check(text: &str) -> Read<()> {
    parse(text).map(|_| ())
}

/// Whether the statement cannot change the model, whatever a variable in it stands for.
pub(super) fn is_harmless(text: &str) -> bool {
    let words = first_words(text, 2);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [first, ..] if PASSED_OVER.contains(first) => true,
        ["select", ..] => true,
        [
            "create" | "alter" | "drop",
            "role" | "user" | "group" | "database" | "tablespace",
        ] => true,
        ["alter", ..] => names(text, "owner"),
        _ => false,
    }
}

/// The first words, in lower case.
fn first_words(text: &str, n: usize) -> Vec<String> {
    tokens(text)
        .filter(|(kind, _)| *kind == TokenKind::Ident)
        .map(|(_, place)| text[place].to_ascii_lowercase())
        .take(n)
        .collect()
}

/// Whether a word stands in the text, in any case.
fn names(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.split(|c: char| !is_part(c))
        .any(|found| found.eq_ignore_ascii_case(word))
}

fn may_change_schema(text: &str) -> bool {
    ["create", "alter", "drop"]
        .iter()
        .any(|word| names(text, word))
}

fn dispatch(state: &mut State, mut c: Cursor<'_>) -> Applied {
    let c = &mut c;
    if c.eat("create") {
        return create(state, c);
    }
    if c.eat("alter") {
        return alter(state, c);
    }
    if c.are(&["drop", "owned"]) {
        return Err(Trouble::NotFollowed);
    }
    if c.eat("drop") {
        return drop::drop(state, c);
    }
    if c.eat("grant") {
        return grant::change(state, c, true);
    }
    if c.eat("revoke") {
        return grant::change(state, c, false);
    }
    if c.eat_all(&["comment", "on"]) {
        return comment::comment(state, c);
    }
    if c.eat("set") {
        return setting::session(state, c);
    }
    if c.eat("reset") {
        if c.is("search_path") || c.is("all") {
            setting::reset_search_path(state);
        }
        return Ok(());
    }
    if c.eat("select") {
        return select(state, c);
    }
    if c.eat_all(&["import", "foreign", "schema"]) {
        state.note_unmodelled("imported foreign schema", None, c.peek());
    }
    Ok(())
}

/// `SELECT set_config('search_path', …)` and `SELECT … INTO table`.
fn select(state: &mut State, c: &mut Cursor<'_>) -> Applied {
    let mut depth = 0_usize;
    let mut words = *c;
    while !words.is_done() {
        match words.peek() {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ if depth == 0 && words.eat("into") => {
                words.eat("table");
                let name = state.target(&words.path()?);
                state.note_unmodelled("table made from a query", Some(name), "");
                return Ok(());
            }
            _ => {}
        }
        words.skip();
    }
    setting::from_select(state, c)
}

fn create(state: &mut State, c: &mut Cursor<'_>) -> Applied {
    let replaces = c.eat_all(&["or", "replace"]);
    c.eat_any(&["global", "local"]);
    let persistence = if c.eat("temporary") || c.eat("temp") {
        Persistence::Temporary
    } else if c.eat("unlogged") {
        Persistence::Unlogged
    } else {
        Persistence::Permanent
    };
    let is_temporary = persistence == Persistence::Temporary;
    if c.eat("table") {
        return table::create(state, c, persistence);
    }
    if c.eat_all(&["foreign", "table"]) {
        return table::create(state, c, Persistence::Permanent);
    }
    if c.eat("sequence") {
        return sequence::create(state, c, is_temporary);
    }
    let is_recursive = c.eat("recursive");
    if c.eat("view") {
        let form = match (is_temporary, is_recursive) {
            (true, _) => view::Form::Temporary,
            (false, true) => view::Form::Recursive { replaces },
            (false, false) => view::Form::Plain { replaces },
        };
        return view::create(state, c, form);
    }
    if c.eat_all(&["materialized", "view"]) {
        return view::create(state, c, view::Form::Materialized);
    }
    if c.eat("index") {
        return index::create(state, c, false);
    }
    if c.eat_all(&["unique", "index"]) {
        return index::create(state, c, true);
    }
    if c.eat("type") {
        return types::create(state, c);
    }
    if c.eat("domain") {
        return domain::create(state, c);
    }
    if let Some(kind) = c.eat_any(&["function", "procedure"]) {
        return function::create(state, c, kind == "procedure", replaces);
    }
    if c.eat("trigger") {
        return trigger::create(state, c, false, replaces);
    }
    if c.eat_all(&["constraint", "trigger"]) {
        return trigger::create(state, c, true, replaces);
    }
    if c.eat("policy") {
        return policy::create(state, c);
    }
    if c.eat("extension") {
        c.eat_all(&["if", "not", "exists"]);
        let name = c.name()?;
        state.extensions.insert(name);
        return Ok(());
    }
    if c.eat("publication") {
        return publication::create(state, c);
    }
    if c.eat("schema") {
        return create_schema(state, c);
    }
    note_unmodelled(state, c)
}

/// `CREATE SCHEMA name [ element … ]`: the elements are statements whose names go without saying.
fn create_schema(state: &mut State, c: &mut Cursor<'_>) -> Applied {
    c.eat_all(&["if", "not", "exists"]);
    let mut name = if c.is("authorization") {
        None
    } else {
        Some(c.name()?)
    };
    if c.eat("authorization") {
        let role = c.name()?;
        name.get_or_insert(role);
    }
    if c.is_done() {
        return Ok(());
    }
    let Some(name) = name else {
        return Ok(());
    };
    let outer = std::mem::replace(&mut state.search_path, vec![name]);
    let done = elements(state, c);
    state.search_path = outer;
    done
}

fn elements(state: &mut State, c: &mut Cursor<'_>) -> Applied {
    let mut from = *c;
    let mut depth = 0_usize;
    c.skip();
    while !c.is_done() {
        match c.peek() {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && (c.is("create") || c.is("grant")) {
            dispatch(state, from.until(c))?;
            from = *c;
        }
        c.skip();
    }
    dispatch(state, from)
}

/// Kinds that are no part of the model, with whether they live in a namespace.
const UNMODELLED: &[(&[&str], bool)] = &[
    (&["aggregate"], true),
    (&["collation"], true),
    (&["conversion"], true),
    (&["operator", "class"], true),
    (&["operator", "family"], true),
    (&["operator"], false),
    (&["statistics"], true),
    (&["text", "search", "configuration"], true),
    (&["text", "search", "dictionary"], true),
    (&["text", "search", "parser"], true),
    (&["text", "search", "template"], true),
    (&["access", "method"], false),
    (&["cast"], false),
    (&["event", "trigger"], false),
    (&["foreign", "data", "wrapper"], false),
    (&["server"], false),
    (&["subscription"], false),
    (&["transform"], false),
    (&["user", "mapping"], false),
    (&["language"], false),
    (&["trusted", "language"], false),
    (&["procedural", "language"], false),
];

fn note_unmodelled(state: &mut State, c: &mut Cursor<'_>) -> Applied {
    if c.eat("rule") {
        return note_rule(state, c);
    }
    for (words, has_namespace) in UNMODELLED {
        if !c.eat_all(words) {
            continue;
        }
        c.eat_all(&["if", "not", "exists"]);
        let what = match words {
            ["statistics"] => "statistics object".to_owned(),
            words => words.join(" "),
        };
        if *has_namespace && !c.is("on") {
            let name = state.target(&c.path()?);
            state.note_unmodelled(&what, Some(name), "");
        } else {
            let shown: String = if c.is("(") {
                c.parentheses()?.source().to_owned()
            } else {
                c.peek().to_owned()
            };
            state.note_unmodelled(&what, None, &shown);
        }
        return Ok(());
    }
    // Roles, databases and tablespaces lie outside any schema.
    Ok(())
}

/// `name AS ON event TO table …`
fn note_rule(state: &mut State, c: &mut Cursor<'_>) -> Applied {
    let name = c.name()?;
    while !c.is_done() && !c.eat("to") {
        c.skip();
    }
    let path: Path = c.path()?;
    let table: QualifiedName = state.relation_or_target(&path);
    state.note_unmodelled("rule", Some(table), &name.to_string());
    Ok(())
}

fn alter(state: &mut State, c: &mut Cursor<'_>) -> Applied {
    for (words, kind) in [
        (&["table"][..], "table"),
        (&["foreign", "table"], "table"),
        (&["view"], "view"),
        (&["materialized", "view"], "materialized view"),
        (&["sequence"], "sequence"),
        (&["index"], "index"),
    ] {
        if c.eat_all(words) {
            return alter::relation(state, c, kind);
        }
    }
    if c.eat("type") {
        return types::alter(state, c);
    }
    if c.eat("domain") {
        return domain::alter(state, c);
    }
    if c.eat_any(&["function", "procedure", "routine"]).is_some() {
        return function::alter(state, c);
    }
    if c.eat("trigger") {
        return trigger::alter(state, c);
    }
    if c.eat("policy") {
        return policy::alter(state, c);
    }
    if c.eat("publication") {
        return publication::alter(state, c);
    }
    if c.eat_all(&["default", "privileges"]) {
        return grant::defaults(state, c);
    }
    if c.eat("schema") {
        let from = c.name()?;
        if c.eat_all(&["rename", "to"]) {
            let to = c.name()?;
            rename::namespace(state, &from, &to);
        }
    }
    // What else ALTER changes is no part of the model.
    Ok(())
}
