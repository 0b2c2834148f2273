//! The rights that a statement needs, read from its SQL.
//!
//! Only what can be told before anything runs: what concerns objects that are made on the way is asked of
//! a database that does not have them yet, and so is met.

use std::collections::BTreeSet;
use std::fmt;

use super::{relation, skip};
use crate::migrate::statement::Statement;
use crate::migrate::token::Token;

/// A right that a statement needs. Names are as SQL writes them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// To make a schema, unless it is there.
    Schema(String),
    /// To make something in the schema of this name, whatever that name is of.
    Create(String),
    /// To be the owner of a relation, or to act as the owner.
    Own(String),
    /// To be the owner of every routine of this name.
    OwnRoutine(String),
    /// To do that to a relation.
    Allowed(Privilege, String),
}

/// What may be granted on a relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Privilege {
    /// Reads its rows.
    Select,
    /// Adds rows.
    Insert,
    /// Changes rows.
    Update,
    /// Removes rows.
    Delete,
    /// Lets a foreign key point at it.
    References,
    /// Puts triggers on it.
    Trigger,
}

impl Privilege {
    /// Whether it is about rows that are there or come, which policies may hide or refuse.
    pub(in crate::migrate) fn is_of_rows(self) -> bool {
        match self {
            Self::Select | Self::Insert | Self::Update | Self::Delete => true,
            Self::References | Self::Trigger => false,
        }
    }
}

impl Need {
    /// The name of what it is about.
    pub fn on(&self) -> &str {
        match self {
            Self::Schema(name)
            | Self::Create(name)
            | Self::Own(name)
            | Self::OwnRoutine(name)
            | Self::Allowed(_, name) => name,
        }
    }
}

impl fmt::Display for Privilege {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Select => "SELECT",
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::References => "REFERENCES",
            Self::Trigger => "TRIGGER",
        })
    }
}

/// What one statement needs, code within strings aside.
pub(super) fn of(statement: &Statement) -> Vec<Need> {
    let tokens = &statement.tokens;
    let mut needs = Vec::new();
    match statement.word(0) {
        "create" => create(statement, &mut needs),
        "alter" => alter(statement, &mut needs),
        "drop" => drop_object(statement, &mut needs),
        "comment" => {
            if matches!(statement.word(2), "table" | "view") {
                needs.extend(name(tokens, 3).map(Need::Own));
            }
        }
        "truncate" => {
            let at = skip(tokens, 1, &["table", "only"]);
            needs.extend(super::names(tokens, at).into_iter().map(Need::Own));
        }
        "insert" | "update" | "delete" | "merge" | "with" | "select" => rows(tokens, &mut needs),
        _ => {}
    }
    needs.retain(|need| !need.on().starts_with("pg_temp."));
    needs
}

fn name(tokens: &[Token], at: usize) -> Option<String> {
    relation(tokens, at).map(|(name, _)| name)
}

fn create(statement: &Statement, needs: &mut Vec<Need>) {
    const BEFORE: [&str; 9] = [
        "or",
        "replace",
        "unique",
        "constraint",
        "unlogged",
        "materialized",
        "recursive",
        "foreign",
        "global",
    ];
    let tokens = &statement.tokens;
    let at = skip(tokens, 1, &BEFORE);
    let kind = statement.word(at);
    let named = name(tokens, skip(tokens, at + 1, &["if", "not", "exists"]));
    match kind {
        "schema" => needs.extend(named.map(Need::Schema)),
        "index" => {
            if let Some((table, _)) = super::after(tokens, "on") {
                needs.extend([Need::Create(table.clone()), Need::Own(table)]);
            }
        }
        "trigger" => {
            let table = super::after(tokens, "on").map(|(table, _)| table);
            needs.extend(table.map(|table| Need::Allowed(Privilege::Trigger, table)));
        }
        "policy" | "rule" => {
            let word = if kind == "rule" { "to" } else { "on" };
            needs.extend(super::after(tokens, word).map(|(table, _)| Need::Own(table)));
        }
        "table" | "view" | "sequence" | "type" | "domain" => {
            needs.extend(named.clone().map(Need::Create));
            if kind == "view" && statement.word(2) == "replace" {
                needs.extend(named.map(Need::Own));
            }
            references(tokens, needs);
            if tokens.iter().any(|token| token.is("select")) {
                rows(tokens, needs);
            }
        }
        "function" | "procedure" => {
            needs.extend(named.clone().map(Need::Create));
            if statement.word(2) == "replace" {
                needs.extend(named.map(Need::OwnRoutine));
            }
        }
        _ => {}
    }
}

fn alter(statement: &Statement, needs: &mut Vec<Need>) {
    let tokens = &statement.tokens;
    let at = skip(tokens, 1, &["foreign", "materialized"]);
    match statement.word(at) {
        "table" | "view" | "sequence" | "index" => {
            let at = skip(tokens, at + 1, &["if", "exists", "only"]);
            needs.extend(name(tokens, at).map(Need::Own));
            references(tokens, needs);
        }
        "function" | "procedure" | "routine" => {
            needs.extend(name(tokens, at + 1).map(Need::OwnRoutine));
        }
        "policy" | "trigger" | "rule" => {
            needs.extend(super::after(tokens, "on").map(|(table, _)| Need::Own(table)));
        }
        _ => {}
    }
}

fn drop_object(statement: &Statement, needs: &mut Vec<Need>) {
    let tokens = &statement.tokens;
    let at = skip(tokens, 1, &["foreign", "materialized"]);
    let names =
        |at: usize| super::names(tokens, skip(tokens, at, &["concurrently", "if", "exists"]));
    match statement.word(at) {
        "table" | "view" | "sequence" | "index" => {
            needs.extend(names(at + 1).into_iter().map(Need::Own));
        }
        "function" | "procedure" | "routine" => {
            needs.extend(names(at + 1).into_iter().map(Need::OwnRoutine));
        }
        "policy" | "trigger" | "rule" => {
            needs.extend(super::after(tokens, "on").map(|(table, _)| Need::Own(table)));
        }
        _ => {}
    }
}

fn references(tokens: &[Token], needs: &mut Vec<Need>) {
    for (at, token) in tokens.iter().enumerate() {
        if token.is("references") {
            let table = name(tokens, at + 1);
            needs.extend(table.map(|table| Need::Allowed(Privilege::References, table)));
        }
    }
}

/// Whatever follows `from` or `join` and is no relation does not exist as one, and is met.
fn rows(tokens: &[Token], needs: &mut Vec<Need>) {
    for (at, token) in tokens.iter().enumerate() {
        let next = tokens.get(at + 1);
        let next_is = |word: &str| next.is_some_and(|next| next.is(word));
        let before = at.checked_sub(1).and_then(|before| tokens.get(before));
        let opens = before.is_none_or(|before| {
            before.is_sign('(') || before.is_sign(')') || before.is("materialized")
        });
        let (privilege, place) = if token.is("insert") && next_is("into") {
            (Privilege::Insert, at + 2)
        } else if token.is("update") && opens {
            (Privilege::Update, at + 1)
        } else if token.is("delete") && next_is("from") {
            (Privilege::Delete, at + 2)
        } else if token.is("from") || token.is("join") || token.is("using") {
            (Privilege::Select, at + 1)
        } else {
            continue;
        };
        let place = skip(tokens, place, &["only", "lateral"]);
        // A function's parentheses follow its name.
        if let Some((table, end)) = relation(tokens, place)
            && (privilege == Privilege::Insert
                || !tokens.get(end).is_some_and(|token| token.is_sign('(')))
        {
            needs.push(Need::Allowed(privilege, table));
        }
    }
}

/// What a ledger that is there has to allow, whoever made it.
pub(in crate::migrate) fn of_ledger(histories: &[String]) -> BTreeSet<Need> {
    use Privilege::{Delete, Insert, Select, Update};
    let mut needs = BTreeSet::from([
        Need::Schema("align".to_owned()),
        Need::Create("align.ledger".to_owned()),
    ]);
    let mut of = |table: &str, privileges: &[Privilege]| {
        let allowed = privileges
            .iter()
            .map(|privilege| Need::Allowed(*privilege, table.to_owned()));
        needs.extend(allowed);
    };
    of("align.ledger", &[Select]);
    of("align.events", &[Select, Insert]);
    of("align.progress", &[Select, Insert, Update, Delete]);
    for history in histories {
        of(history, &[Select, Insert, Update, Delete]);
    }
    needs
}
