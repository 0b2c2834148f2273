//! ALTER: the statement with the most ways to hurt.

use super::{Before, Effects, Hazard, LockMode, relation, skip};
use crate::migrate::statement::Statement;
use crate::migrate::token::Token;

pub(super) fn alter(statement: &Statement, effects: &mut Effects) {
    match statement.word(1) {
        "table" | "foreign" => alter_table(statement, effects),
        "type" => {
            if statement.has_words(&["add", "value"]) {
                effects.hazard(&[Hazard::NotReversible]);
            } else if statement.has("rename") || statement.has_words(&["drop", "attribute"]) {
                effects.hazard(&[Hazard::BreaksClients]);
            }
        }
        "view" | "materialized" | "function" | "procedure" | "sequence" | "schema" | "domain"
            if statement.has("rename") || statement.has_words(&["set", "schema"]) =>
        {
            effects.hazard(&[Hazard::BreaksClients]);
        }
        _ => {}
    }
}

fn alter_table(statement: &Statement, effects: &mut Effects) {
    let tokens = &statement.tokens;
    let at = skip(tokens, 1, &["foreign", "table", "if", "exists", "only"]);
    let Some((table, end)) = relation(tokens, at) else {
        return;
    };
    effects.adds = true;
    for action in tokens[end..].split(|token| token.depth == 0 && token.is_sign(',')) {
        let mode = act(action, effects);
        effects.lock(mode, table.clone());
    }
}

/// The table of an ALTER TABLE, and its actions.
fn actions(statement: &Statement) -> Option<(String, impl Iterator<Item = &[Token]>)> {
    let tokens = &statement.tokens;
    if !statement.begins(&["alter", "table"]) {
        return None;
    }
    let (table, end) = relation(tokens, skip(tokens, 2, &["if", "exists", "only"]))?;
    let actions = tokens[end..].split(|token| token.depth == 0 && token.is_sign(','));
    Some((table, actions))
}

/// Takes note of checks that a column is not NULL, and of those that become valid.
pub(super) fn learn(statement: &Statement, before: &mut Before) {
    let Some((table, actions)) = actions(statement) else {
        return;
    };
    for action in actions {
        let name = |at: usize| {
            action
                .get(at)
                .and_then(Token::name)
                .unwrap_or_default()
                .to_owned()
        };
        let is = |at: usize, word: &str| action.get(at).is_some_and(|token| token.is(word));
        let key = (table.clone(), name(2));
        if is(0, "add") && is(1, "constraint") && is(3, "check") {
            let not_null = is(6, "is") && is(7, "not") && is(8, "null");
            if not_null && action.get(9).is_some_and(|token| token.is_sign(')')) {
                before.checks.insert(key, name(5));
            }
        } else if is(0, "validate")
            && is(1, "constraint")
            && let Some(column) = before.checks.get(&key)
        {
            before.proven.insert((table.clone(), column.clone()));
        }
    }
}

/// Whether nothing of it needs a scan, SET NOT NULL of columns that are proven being the reason.
pub(super) fn only_sets_proven(statement: &Statement, before: &Before) -> bool {
    let Some((table, actions)) = actions(statement) else {
        return false;
    };
    let mut effects = Effects::default();
    for action in actions {
        let at = skip(action, 1, &["column"]);
        let sets = action
            .get(at + 1..)
            .is_some_and(|rest| rest.len() == 3 && rest[0].is("set") && rest[1].is("not"));
        let column = action
            .get(at)
            .and_then(Token::name)
            .unwrap_or_default()
            .to_owned();
        if !(sets && before.proven.contains(&(table.clone(), column))) {
            act(action, &mut effects);
        }
    }
    !effects.hazards.contains(&Hazard::BlocksWrites)
}

/// What one action does, and how it locks the table.
fn act(action: &[Token], effects: &mut Effects) -> LockMode {
    let word = |at: usize| {
        action
            .get(at)
            .map_or("", |token| token.name().unwrap_or_default())
    };
    let is = |at: usize, expected: &str| action.get(at).is_some_and(|token| token.is(expected));
    let has = |words: &[&str]| {
        action
            .windows(words.len())
            .any(|found| found.iter().zip(words).all(|(token, word)| token.is(word)))
    };
    if !is(0, "add") && !is(0, "validate") && !is(0, "enable") {
        effects.adds = false;
    }
    match word(0) {
        "add" => add(action, effects),
        "drop" if is(1, "constraint") => {
            if has(&["cascade"]) {
                effects.hazard(&[Hazard::BreaksClients]);
            }
            LockMode::AccessExclusive
        }
        "drop" => {
            effects.hazard(&[
                Hazard::DeletesData,
                Hazard::BreaksClients,
                Hazard::NotReversible,
            ]);
            LockMode::AccessExclusive
        }
        "rename" => {
            if !is(1, "constraint") {
                effects.hazard(&[Hazard::BreaksClients]);
            }
            LockMode::AccessExclusive
        }
        "alter" => column(action, effects),
        "validate" => LockMode::ShareUpdateExclusive,
        "enable" | "disable" if has(&["trigger"]) => LockMode::ShareRowExclusive,
        "set" if is(1, "schema") => {
            effects.hazard(&[Hazard::BreaksClients]);
            LockMode::AccessExclusive
        }
        "set" if is(1, "logged") || is(1, "unlogged") || is(1, "tablespace") || is(1, "access") => {
            effects.hazard(&[Hazard::RewritesTable, Hazard::BlocksWrites]);
            LockMode::AccessExclusive
        }
        "set" | "reset" if action.get(1).is_some_and(|token| token.is_sign('(')) => {
            LockMode::ShareUpdateExclusive
        }
        "cluster" | "attach" => LockMode::ShareUpdateExclusive,
        "detach" if has(&["concurrently"]) => LockMode::ShareUpdateExclusive,
        _ => LockMode::AccessExclusive,
    }
}

fn column(action: &[Token], effects: &mut Effects) -> LockMode {
    let at = skip(action, 1, &["column"]) + 1;
    let rest = action.get(at..).unwrap_or_default();
    let is = |at: usize, word: &str| rest.get(at).is_some_and(|token| token.is(word));
    if is(0, "type") || (is(0, "set") && is(1, "data")) {
        effects.hazard(&[
            Hazard::RewritesTable,
            Hazard::BlocksWrites,
            Hazard::BreaksClients,
        ]);
    } else if is(0, "set") && is(1, "not") {
        effects.hazard(&[Hazard::BlocksWrites]);
    } else if is(0, "drop") && is(1, "expression") {
        effects.hazard(&[Hazard::NotReversible]);
    } else if is(0, "set") && is(1, "statistics") {
        return LockMode::ShareUpdateExclusive;
    }
    LockMode::AccessExclusive
}

fn add(action: &[Token], effects: &mut Effects) -> LockMode {
    let has = |words: &[&str]| {
        action
            .windows(words.len())
            .any(|found| found.iter().zip(words).all(|(token, word)| token.is(word)))
    };
    let referenced = action.iter().position(|token| token.is("references"));
    let named = action.get(1).is_some_and(|token| token.is("constraint"));
    let kind = if named { 3 } else { 1 };
    let is_constraint = action.get(kind).is_some_and(|token| {
        ["check", "foreign", "unique", "primary", "exclude", "not"]
            .iter()
            .any(|word| token.is(word))
    }) && (named
        || action.get(kind + 1).is_none_or(|next| {
            next.is_sign('(') || next.is("key") || next.is("using") || next.is("null")
        }));
    if !is_constraint {
        add_column(action, effects);
        if let Some((table, _)) = referenced.and_then(|at| relation(action, at + 1)) {
            effects.lock(LockMode::ShareRowExclusive, table);
        }
        return LockMode::AccessExclusive;
    }
    let quick = has(&["not", "valid"]) || has(&["using", "index"]);
    if !quick {
        effects.hazard(&[Hazard::BlocksWrites]);
    }
    match referenced.and_then(|at| relation(action, at + 1)) {
        Some((table, _)) => {
            effects.lock(LockMode::ShareRowExclusive, table);
            LockMode::ShareRowExclusive
        }
        None => LockMode::AccessExclusive,
    }
}

/// A column of constant default costs nothing; what each row has to get of its own is a rewrite.
fn add_column(action: &[Token], effects: &mut Effects) {
    let serial = [
        "serial",
        "bigserial",
        "smallserial",
        "serial4",
        "serial8",
        "serial2",
    ];
    let has = |word: &str| action.iter().any(|token| token.is(word));
    let stored = has("generated") && !has("virtual");
    let volatile = action
        .iter()
        .position(|token| token.is("default"))
        .is_some_and(|at| {
            let rest = &action[at + 1..];
            let calls = rest
                .windows(2)
                .filter(|pair| pair[1].is_sign('(') && pair[0].name().is_some());
            let steady = [
                "now",
                "varchar",
                "char",
                "numeric",
                "timestamptz",
                "timestamp",
                "check",
                "current_timestamp",
                "references",
            ];
            let mut calls = calls.filter(|pair| !steady.iter().any(|word| pair[0].is(word)));
            calls
                .next()
                .is_some_and(|pair| pair[0].depth >= action[at].depth)
        });
    if stored || volatile || serial.iter().any(|word| has(word)) {
        effects.hazard(&[Hazard::RewritesTable, Hazard::BlocksWrites]);
    }
    if has("unique") || has("primary") {
        effects.hazard(&[Hazard::BlocksWrites]);
    }
}
