//! What a migration may cost, read from its SQL: the locks it takes, what it rewrites, what it loses.
//!
//! Lock modes are those of the manual's chapter on explicit locking and of ALTER TABLE's notes. What
//! the text alone does not tell counts as the worse: a change of type rewrites, a default that calls a
//! function is volatile. Code within a DO block and within strings that it executes is looked through.

mod alter;
mod code;
mod mode;
mod need;

use std::collections::{BTreeMap, BTreeSet};

pub use mode::{Lock, LockMode};

use super::files::Script;
use super::statement::Statement;
use super::token::{Kind, Token, content};
use crate::schema::quote;
use code::{SOMETHING, code, pieces, without_places};
pub(super) use need::of_ledger as ledger_needs;
pub use need::{Need, Privilege};

/// What a migration may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hazard {
    /// Values that stand nowhere else go.
    DeletesData,
    /// A name or a type that others use goes or changes.
    BreaksClients,
    /// Writers wait for as long as it takes.
    BlocksWrites,
    /// The whole table is written anew while nobody can use it.
    RewritesTable,
    /// No later migration brings back what was.
    NotReversible,
}

/// What one statement does beside its purpose.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Effects {
    /// Locks on what was there before.
    pub locks: Vec<Lock>,
    /// Sorted.
    pub hazards: BTreeSet<Hazard>,
    /// Whether it only adds what nobody can miss.
    pub adds: bool,
    /// Whether it runs code that this reader sees in part at most.
    pub opaque: bool,
    /// What the role must be allowed to do, with what was there before.
    pub needs: BTreeSet<Need>,
}

impl Hazard {
    /// Every hazard.
    pub const ALL: [Self; 5] = [
        Self::DeletesData,
        Self::BreaksClients,
        Self::BlocksWrites,
        Self::RewritesTable,
        Self::NotReversible,
    ];

    /// The word of `--allow`.
    pub fn word(self) -> &'static str {
        match self {
            Self::DeletesData => "deletes-data",
            Self::BreaksClients => "breaks-clients",
            Self::BlocksWrites => "blocks-writes",
            Self::RewritesTable => "rewrites-table",
            Self::NotReversible => "not-reversible",
        }
    }
}

impl Effects {
    fn lock(&mut self, mode: LockMode, relation: impl Into<String>) {
        let relation = relation.into();
        match self.locks.iter_mut().find(|lock| lock.relation == relation) {
            Some(lock) => lock.mode = lock.mode.max(mode),
            None => self.locks.push(Lock { mode, relation }),
        }
    }

    fn hazard(&mut self, hazards: &[Hazard]) {
        self.hazards.extend(hazards);
    }

    fn absorb(&mut self, other: Self) {
        for lock in other.locks {
            self.lock(lock.mode, lock.relation);
        }
        self.hazards.extend(other.hazards);
        self.adds &= other.adds;
        self.opaque |= other.opaque;
        self.needs.extend(other.needs);
    }
}

/// How many strings within strings are looked through.
const DEPTH: usize = 3;

/// What migrations before one have done, as far as their text tells.
#[derive(Debug, Default)]
pub(super) struct Before {
    made: BTreeSet<String>,
    /// Tables that were made by migrations applied already, and are empty.
    empty: BTreeSet<String>,
    /// Table and constraint to the column that is checked to be not NULL.
    checks: BTreeMap<(String, String), String>,
    /// Table and column of such a check that is valid: SET NOT NULL scans nothing.
    proven: BTreeSet<(String, String)>,
}

impl Before {
    /// With tables that were made by migrations applied already, and are empty.
    pub(super) fn with_empty(empty: BTreeSet<String>) -> Self {
        Self {
            empty,
            ..Self::default()
        }
    }

    /// Takes note of a migration that was applied already.
    pub(super) fn learn(&mut self, script: &Script) {
        for statement in &script.statements {
            alter::learn(statement, self);
        }
    }
}

/// What each statement of a script does, which is learned on the way.
pub(super) fn effects(script: &Script, before: &mut Before) -> Vec<Effects> {
    before.made.extend(made(script));
    before.learn(script);
    let made = &before.made;
    let or_empty: BTreeSet<String> = made.union(&before.empty).cloned().collect();
    let is_batch = script.directives.batch.is_some();
    let of = |statement: &Statement| {
        let mut effects = of_statement(statement, &script.text, made, DEPTH);
        if !before.empty.is_empty() {
            let quick = of_statement(statement, &script.text, &or_empty, DEPTH);
            for hazard in [Hazard::BlocksWrites, Hazard::RewritesTable] {
                if !quick.hazards.contains(&hazard) {
                    effects.hazards.remove(&hazard);
                }
            }
        }
        if alter::only_sets_proven(statement, before) {
            effects.hazards.remove(&Hazard::BlocksWrites);
        }
        if is_batch {
            // A window is short, whatever the statement would be alone.
            effects.hazards.remove(&Hazard::BlocksWrites);
        }
        effects
    };
    let mut effects: Vec<Effects> = script.statements.iter().map(of).collect();
    if let Some(first) = effects.first_mut() {
        let told = script.directives.owner_of.iter();
        first
            .needs
            .extend(told.map(|table| Need::Own(table.to_string())));
    }
    effects
}

/// Names of what a script makes.
pub(super) fn made(script: &Script) -> Vec<String> {
    names_made(&script.statements, &script.text, DEPTH)
}

/// Names of what a script makes itself, in the code that it runs, too: nobody waits for it, and dropping
/// it to make it anew is no loss.
fn names_made(statements: &[Statement], text: &str, depth: usize) -> Vec<String> {
    let mut names = Vec::new();
    for statement in statements {
        match statement.word(0) {
            "create" => names.extend(name_made(statement)),
            "do" | "call" | "execute" if depth > 0 => {
                for token in statement
                    .tokens
                    .iter()
                    .filter(|token| token.kind == Kind::Text)
                {
                    let body = without_places(&content(&text[token.start..token.end]));
                    names.extend(names_made(&pieces(&body), &body, depth - 1));
                }
            }
            _ => {}
        }
    }
    names.retain(|name| !name.contains(SOMETHING));
    names
}

fn name_made(statement: &Statement) -> Option<String> {
    const KINDS: [&str; 8] = [
        "table",
        "view",
        "function",
        "procedure",
        "type",
        "domain",
        "sequence",
        "schema",
    ];
    let tokens = &statement.tokens;
    let is_kind = |token: &Token| KINDS.iter().any(|kind| token.is(kind));
    let at = tokens.iter().take(8).position(is_kind)?;
    relation(tokens, skip(tokens, at + 1, &["if", "not", "exists"])).map(|(name, _)| name)
}

fn of_statement(
    statement: &Statement,
    text: &str,
    made: &BTreeSet<String>,
    depth: usize,
) -> Effects {
    let mut effects = Effects::default();
    let tokens = &statement.tokens;
    match statement.word(0) {
        "create" => create(statement, made, &mut effects),
        "alter" if alters_what_is_made(statement, made) => effects.adds = true,
        "alter" => alter::alter(statement, &mut effects),
        "drop" => drop_object(statement, made, &mut effects),
        "truncate" => {
            effects.hazard(&[Hazard::DeletesData, Hazard::NotReversible]);
            let at = skip(tokens, 1, &["table", "only"]);
            for name in names(tokens, at) {
                effects.lock(LockMode::AccessExclusive, name);
            }
        }
        "insert" | "update" | "delete" | "merge" | "with" | "select" | "values" | "table" => {
            rows(statement, &mut effects);
        }
        "do" | "call" | "execute" => code(statement, text, made, depth, &mut effects),
        "reindex" if !statement.has("concurrently") => effects.hazard(&[Hazard::BlocksWrites]),
        "cluster" => effects.hazard(&[Hazard::RewritesTable, Hazard::BlocksWrites]),
        "vacuum" if statement.has("full") => {
            effects.hazard(&[Hazard::RewritesTable, Hazard::BlocksWrites]);
        }
        "lock" => lock_table(statement, &mut effects),
        "comment" | "grant" | "analyze" | "notify" | "set" | "show" | "reset" => {
            effects.adds = true
        }
        _ => {}
    }
    effects.locks.retain(|lock| !made.contains(&lock.relation));
    effects.needs.extend(need::of(statement));
    effects
}

/// Whether it alters a table that nobody can have waited for.
fn alters_what_is_made(statement: &Statement, made: &BTreeSet<String>) -> bool {
    let at = skip(&statement.tokens, 2, &["if", "exists", "only"]);
    let table = relation(&statement.tokens, at);
    statement.word(1) == "table" && table.is_some_and(|(table, _)| made.contains(&table))
}

fn create(statement: &Statement, made: &BTreeSet<String>, effects: &mut Effects) {
    let tokens = &statement.tokens;
    effects.adds = true;
    let at = skip(
        tokens,
        1,
        &[
            "or",
            "replace",
            "unique",
            "constraint",
            "event",
            "temp",
            "temporary",
            "unlogged",
        ],
    );
    match statement.word(at) {
        "index" => {
            let concurrent = statement.has("concurrently");
            if let Some((table, _)) = after(tokens, "on") {
                let mode = if concurrent {
                    LockMode::ShareUpdateExclusive
                } else {
                    LockMode::Share
                };
                if !concurrent && !made.contains(&table) {
                    effects.hazard(&[Hazard::BlocksWrites]);
                }
                effects.lock(mode, table);
            }
        }
        "trigger" => {
            if let Some((table, _)) = after(tokens, "on") {
                effects.lock(LockMode::ShareRowExclusive, table);
            }
        }
        "policy" | "rule" => {
            let word = if statement.word(at) == "rule" {
                "to"
            } else {
                "on"
            };
            if let Some((table, _)) = after(tokens, word) {
                effects.lock(LockMode::AccessExclusive, table);
            }
        }
        "table" => {
            let referenced = tokens
                .iter()
                .enumerate()
                .filter(|(_, token)| token.is("references"));
            for (at, _) in referenced {
                if let Some((table, _)) = relation(tokens, at + 1) {
                    effects.lock(LockMode::ShareRowExclusive, table);
                }
            }
        }
        _ => {}
    }
}

fn drop_object(statement: &Statement, made: &BTreeSet<String>, effects: &mut Effects) {
    let tokens = &statement.tokens;
    let kind = statement.word(1);
    let at = if kind == "materialized" { 3 } else { 2 };
    let at = skip(tokens, at, &["concurrently", "if", "exists"]);
    match kind {
        "table" | "schema" | "owned" => {
            let names = names(tokens, at);
            if !names.is_empty()
                && names
                    .iter()
                    .all(|name| made.contains(name) || name.starts_with("pg_temp."))
            {
                return;
            }
            effects.hazard(&[
                Hazard::DeletesData,
                Hazard::BreaksClients,
                Hazard::NotReversible,
            ]);
            if kind == "table" {
                for name in names {
                    effects.lock(LockMode::AccessExclusive, name);
                }
            }
        }
        "view" | "materialized" | "function" | "procedure" | "routine" | "type" | "domain"
        | "sequence" | "aggregate" => {
            let names = names(tokens, at);
            if names.is_empty() || !names.iter().all(|name| made.contains(name)) {
                effects.hazard(&[Hazard::BreaksClients]);
            }
            if matches!(kind, "view" | "materialized") {
                for name in names {
                    effects.lock(LockMode::AccessExclusive, name);
                }
            }
        }
        "database" | "tablespace" => effects.hazard(&[
            Hazard::DeletesData,
            Hazard::BreaksClients,
            Hazard::NotReversible,
        ]),
        "trigger" | "policy" | "rule" => {
            if let Some((table, _)) = after(tokens, "on") {
                effects.lock(LockMode::AccessExclusive, table);
            }
        }
        "index" => {
            let mode = if statement.has("concurrently") {
                LockMode::ShareUpdateExclusive
            } else {
                LockMode::AccessExclusive
            };
            for name in names(tokens, at) {
                effects.lock(mode, name);
            }
        }
        "extension" => effects.hazard(&[Hazard::BreaksClients]),
        _ => {}
    }
    if statement.has("cascade") {
        effects.hazard(&[Hazard::BreaksClients, Hazard::NotReversible]);
    }
}

/// A statement that reads and writes rows, and those in its WITH.
fn rows(statement: &Statement, effects: &mut Effects) {
    let tokens = &statement.tokens;
    effects.adds = matches!(statement.word(0), "insert" | "select" | "values" | "table");
    for (at, token) in tokens.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| &tokens[before]);
        let opens = before.is_none_or(|before| {
            before.is_sign('(') || before.is_sign(')') || before.is("materialized")
        });
        let next = tokens.get(at + 1);
        if token.is("delete") && next.is_some_and(|next| next.is("from")) {
            effects.adds = false;
            let Some((table, _)) = relation(tokens, skip(tokens, at + 2, &["only"])) else {
                continue;
            };
            if !table.starts_with("pg_temp.") {
                effects.hazard(&[Hazard::DeletesData, Hazard::NotReversible]);
            }
            effects.lock(LockMode::RowExclusive, table);
        } else if token.is("update") && opens {
            effects.adds = false;
            if let Some((table, end)) = relation(tokens, skip(tokens, at + 1, &["only"])) {
                let same = |token: &&Token| token.depth == tokens[at].depth;
                let rest = tokens[end..].iter();
                let mut within = rest.take_while(|token| token.depth >= tokens[at].depth);
                if !within.any(|token| same(&token) && token.is("where")) {
                    effects.hazard(&[Hazard::BlocksWrites]);
                }
                effects.lock(LockMode::RowExclusive, table);
            }
        } else if (token.is("insert") || token.is("merge"))
            && next.is_some_and(|next| next.is("into"))
        {
            if token.is("merge") {
                effects.adds = false;
            }
            if let Some((table, _)) = relation(tokens, skip(tokens, at + 2, &["only"])) {
                effects.lock(LockMode::RowExclusive, table);
            }
        } else if token.is("then") && next.is_some_and(|next| next.is("delete")) {
            effects.hazard(&[Hazard::DeletesData, Hazard::NotReversible]);
        } else if token.is("do") && next.is_some_and(|next| next.is("update")) {
            effects.adds = false;
        }
    }
}

fn lock_table(statement: &Statement, effects: &mut Effects) {
    let tokens = &statement.tokens;
    let mode = if statement.has_words(&["access", "share"]) {
        LockMode::AccessShare
    } else if statement.has_words(&["row", "share"]) {
        LockMode::RowShare
    } else if statement.has_words(&["share", "row", "exclusive"]) {
        LockMode::ShareRowExclusive
    } else if statement.has_words(&["share", "update", "exclusive"]) {
        LockMode::ShareUpdateExclusive
    } else if statement.has_words(&["row", "exclusive"]) {
        LockMode::RowExclusive
    } else if statement.has_words(&["in", "exclusive"]) {
        LockMode::Exclusive
    } else if statement.has_words(&["in", "share"]) {
        LockMode::Share
    } else {
        LockMode::AccessExclusive
    };
    for name in names(tokens, skip(tokens, 1, &["table", "only"])) {
        effects.lock(mode, name);
    }
    if mode >= LockMode::Share {
        effects.hazard(&[Hazard::BlocksWrites]);
    }
}

/// Past any of these words.
fn skip(tokens: &[Token], mut at: usize, words: &[&str]) -> usize {
    while tokens
        .get(at)
        .is_some_and(|token| words.iter().any(|word| token.is(word)))
    {
        at += 1;
    }
    at
}

/// A name of one or two parts as SQL writes it, and what follows it.
fn relation(tokens: &[Token], at: usize) -> Option<(String, usize)> {
    let first = quote(tokens.get(at)?.name()?);
    let dotted = tokens.get(at + 1).is_some_and(|token| token.is_sign('.'));
    match tokens.get(at + 2).and_then(Token::name) {
        Some(second) if dotted => Some((format!("{first}.{}", quote(second)), at + 3)),
        _ => Some((first, at + 1)),
    }
}

/// The relation after a word outside parentheses.
fn after(tokens: &[Token], word: &str) -> Option<(String, usize)> {
    let at = tokens
        .iter()
        .position(|token| token.depth == 0 && token.is(word))?;
    relation(tokens, skip(tokens, at + 1, &["only"]))
}

/// Names with commas in between; what follows a name in parentheses is passed over.
fn names(tokens: &[Token], mut at: usize) -> Vec<String> {
    let mut found = Vec::new();
    while let Some((name, end)) = relation(tokens, at) {
        found.push(name);
        let rest = tokens[end..].iter();
        let passed = rest
            .take_while(|token| token.depth > 0 || token.is_sign('(') || token.is_sign(')'))
            .count();
        if !tokens
            .get(end + passed)
            .is_some_and(|token| token.is_sign(','))
        {
            break;
        }
        at = end + passed + 1;
    }
    found
}

#[cfg(test)]
mod tests;
