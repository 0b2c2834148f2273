//! DO blocks that only say "create it unless it is there", as migration tools write them: plain
//! statements, guarded by `EXCEPTION WHEN duplicate_object` or by `IF NOT EXISTS (SELECT … FROM pg_…)`.
//!
//! Any other block is a program, and is not followed.

use std::ops::Range;

use squawk_lexer::{LiteralKind, TokenKind};

use super::lexed::{tokens, words};
use super::split::split;

/// A statement of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// Where it stands in the text of the `DO` statement.
    pub(super) range: Range<usize>,
    /// Whether it does nothing when what it creates is there already.
    pub(super) keeps: bool,
}

/// The statements of a block in order; `None` when it is no such block.
pub(super) fn steps(text: &str) -> Option<Vec<Step>> {
    let body = body(text)?;
    let mut steps = Vec::new();
    let mut has_begun = false;
    let mut within_if = false;
    let mut has_handler = false;
    for statement in split(&text[body.clone()]) {
        if statement.flaw.is_some() {
            return None;
        }
        let mut words = Words::of(
            text,
            body.start + statement.start..body.start + statement.end,
        );
        if !has_begun {
            has_begun = words.eat("begin");
            if !has_begun {
                return None;
            }
        }
        if words.eat("if") {
            if within_if || !words.eat_guard() {
                return None;
            }
            within_if = true;
        } else if words.eat("exception") {
            if !words.eat_handler() {
                return None;
            }
            has_handler = true;
        } else if words.eat("end") {
            if !words.eat("if") {
                break;
            }
            within_if = false;
            continue;
        }
        match words.first().to_ascii_lowercase().as_str() {
            "create" | "alter" | "drop" | "comment" | "grant" | "revoke" if !has_handler => {
                steps.push(Step {
                    range: words.rest(),
                    keeps: within_if,
                });
            }
            "null" | "raise" | "" => {}
            "insert" | "update" | "delete" | "perform" if !has_handler => {}
            _ => return None,
        }
    }
    if has_handler {
        // What a handler catches undoes the whole block.
        if steps.len() > 1 {
            return None;
        }
        steps.iter_mut().for_each(|step| step.keeps = true);
    }
    Some(steps)
}

/// What stands between the dollar quotes.
fn body(text: &str) -> Option<Range<usize>> {
    let mut tokens = tokens(text);
    let (_, Range { start, end }) = tokens.find(|(kind, _)| {
        matches!(
            kind,
            TokenKind::Literal {
                kind: LiteralKind::DollarQuotedString { terminated: true },
            }
        )
    })?;
    let tag = text[start + 1..end].find('$')? + 2;
    Some(start + tag..end - tag)
}

/// The words of a statement, comments left out.
struct Words<'a> {
    text: &'a str,
    tokens: Vec<Range<usize>>,
    at: usize,
}

impl<'a> Words<'a> {
    fn of(text: &'a str, range: Range<usize>) -> Self {
        let start = range.start;
        let tokens = words(&text[range]);
        let tokens = tokens.map(|(_, place)| start + place.start..start + place.end);
        Self {
            text,
            tokens: tokens.collect(),
            at: 0,
        }
    }

    fn first(&self) -> &'a str {
        self.tokens
            .get(self.at)
            .and_then(|range| self.text.get(range.clone()))
            .unwrap_or_default()
    }

    fn eat(&mut self, word: &str) -> bool {
        let found = self.first().eq_ignore_ascii_case(word);
        self.at += usize::from(found);
        found
    }

    /// What is left.
    fn rest(&self) -> Range<usize> {
        match (self.tokens.get(self.at), self.tokens.last()) {
            (Some(first), Some(last)) => first.start..last.end,
            _ => 0..0,
        }
    }

    /// `NOT EXISTS ( query over the catalog ) THEN`
    fn eat_guard(&mut self) -> bool {
        if !(self.eat("not") && self.eat("exists") && self.eat("(")) {
            return false;
        }
        let mut depth = 1_usize;
        let mut asks_catalog = false;
        while depth > 0 {
            match self.first() {
                "" => return false,
                "(" => depth += 1,
                ")" => depth -= 1,
                word => {
                    let word = word.to_ascii_lowercase();
                    asks_catalog |= word.starts_with("pg_") || word == "information_schema";
                }
            }
            self.at += 1;
        }
        asks_catalog && self.eat("then")
    }

    /// `WHEN duplicate_… [ OR duplicate_… ] THEN`
    fn eat_handler(&mut self) -> bool {
        if !self.eat("when") {
            return false;
        }
        loop {
            let condition = self.first().to_ascii_lowercase();
            if !condition.starts_with("duplicate_") {
                return false;
            }
            self.at += 1;
            if !self.eat("or") {
                return self.eat("then");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_what_creates_unless_it_is_there_and_no_program() {
        for (text, expected) in [
            (
                "DO $$ BEGIN CREATE TYPE a AS ENUM ('x;'); EXCEPTION WHEN duplicate_object THEN null; END $$",
                Some(vec![("CREATE TYPE a AS ENUM ('x;')", true)]),
            ),
            (
                "do $x$ begin if not exists (select 1 from pg_type where typname = 'a') then \
                 create type a as enum (); end if; alter table b add c int; end; $x$ language plpgsql",
                Some(vec![
                    ("create type a as enum ()", true),
                    ("alter table b add c int", false),
                ]),
            ),
            (
                "do $$ begin create table a (); create table b (); exception when duplicate_table \
                 then raise notice 'x'; end $$",
                None,
            ),
            (
                "do $$ begin if not exists (select 1 from a) then drop table a; end if; end $$",
                None,
            ),
            (
                "do $$ begin create table a (); exception when others then null; end $$",
                None,
            ),
            (
                "do $$ begin for r in select 1 loop drop table a; end loop; end $$",
                None,
            ),
            ("do $$ declare x int; begin create table a (); end $$", None),
            ("do $$ begin execute 'create table a ()'; end $$", None),
            ("do 'begin create table a (); end'", None),
            ("do $$ begin", None),
            ("do $$ begin $$", Some(vec![])),
        ] {
            let found = steps(text).map(|steps| {
                let steps = steps.into_iter();
                steps
                    .map(|step| (&text[step.range], step.keeps))
                    .collect::<Vec<_>>()
            });
            assert_eq!(found, expected, "{text}");
        }
    }
}
