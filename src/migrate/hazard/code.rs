//! Code in strings: DO blocks, and what is executed or called with a string.

use std::collections::BTreeSet;

use super::{Effects, of_statement};
use crate::migrate::statement::{Statement, split};
use crate::migrate::token::{Kind, content};

/// Stands for a name that is known only when it runs.
pub(super) const SOMETHING: &str = "_something_";

/// Code in a string: every statement in it that this reader knows, and those in strings within.
pub(super) fn code(
    statement: &Statement,
    text: &str,
    made: &BTreeSet<String>,
    depth: usize,
    effects: &mut Effects,
) {
    effects.opaque = true;
    if depth == 0 {
        return;
    }
    for token in &statement.tokens {
        if token.kind != Kind::Text {
            continue;
        }
        let body = without_places(&content(&text[token.start..token.end]));
        let mut found = Effects::default();
        for piece in pieces(&body) {
            found.absorb(of_statement(&piece, &body, made, depth - 1));
            if piece.word(0) != "do" {
                code(&piece, &body, made, depth - 1, &mut found);
            }
        }
        // Code that looks at rights by itself has a way without them.
        if body.contains("pg_has_role") || body.contains("_privilege(") {
            found.needs.clear();
        }
        effects.absorb(found);
    }
    effects
        .locks
        .retain(|lock| !lock.relation.contains(SOMETHING));
    effects.needs.retain(|need| !need.on().contains(SOMETHING));
    effects.adds = false;
}

/// A name in place of each of `format`'s places, `%I`, `%s` or `%1$I`: what it names is not known, what
/// happens to it is.
pub(super) fn without_places(body: &str) -> String {
    let mut text = String::new();
    let mut rest = body;
    while let Some((before, after)) = rest.split_once('%') {
        text.push_str(before);
        let digits = after.trim_start_matches(|c: char| c.is_ascii_digit());
        let place = digits.strip_prefix('$').unwrap_or(after);
        rest = match place.strip_prefix(['I', 's']) {
            Some(end) => {
                text.push_str(SOMETHING);
                end
            }
            None => {
                text.push('%');
                after
            }
        };
    }
    text + rest
}

/// Statements of a procedural body: from each verb that stands where a statement can begin.
pub(super) fn pieces(body: &str) -> Vec<Statement> {
    const VERBS: [&str; 13] = [
        "alter", "call", "comment", "create", "delete", "do", "drop", "execute", "insert", "merge",
        "truncate", "update", "with",
    ];
    const BEFORE: [&str; 5] = ["begin", "then", "else", "loop", "execute"];
    let mut found = Vec::new();
    for statement in split(body) {
        let tokens = &statement.tokens;
        let begins = |at: usize| at == 0 || BEFORE.iter().any(|word| tokens[at - 1].is(word));
        let starts = (0..tokens.len())
            .filter(|at| begins(*at) && VERBS.iter().any(|verb| tokens[*at].is(verb)));
        for at in starts {
            let tokens = tokens[at..].to_vec();
            found.push(Statement {
                start: tokens[0].start,
                end: statement.end,
                tokens,
            });
        }
    }
    found
}
