//! A file cut into statements.

use super::token::{Kind, Token, tokens};

/// One statement, without its semicolon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    /// First byte of its first word within the file.
    pub(super) start: usize,
    /// After its last byte.
    pub(super) end: usize,
    /// Its words; places are those within the file.
    pub(super) tokens: Vec<Token>,
}

impl Statement {
    pub(super) fn text<'a>(&self, file: &'a str) -> &'a str {
        &file[self.start..self.end]
    }

    /// Its keyword at that place, in lower case; a name in quotes is none.
    pub(super) fn word(&self, at: usize) -> &str {
        match self.tokens.get(at).map(|token| &token.kind) {
            Some(Kind::Word(word)) => word,
            _ => "",
        }
    }

    /// Whether it begins with these words.
    pub(super) fn begins(&self, words: &[&str]) -> bool {
        words
            .iter()
            .enumerate()
            .all(|(at, word)| self.word(at) == *word)
    }

    /// Whether a word stands anywhere in it.
    pub(super) fn has(&self, word: &str) -> bool {
        self.tokens.iter().any(|token| token.is(word))
    }

    /// Whether these words follow each other anywhere in it.
    pub(super) fn has_words(&self, words: &[&str]) -> bool {
        self.tokens
            .windows(words.len())
            .any(|found| found.iter().zip(words).all(|(token, word)| token.is(word)))
    }
}

/// Cuts a text at its semicolons, but for those in parentheses and in a routine's SQL body.
pub(super) fn split(text: &str) -> Vec<Statement> {
    let mut statements = Vec::new();
    let mut current: Vec<Token> = Vec::new();
    let mut atomic = 0_usize;
    for token in tokens(text) {
        if token.is_sign(';') && token.depth == 0 && atomic == 0 {
            finish(&mut statements, &mut current);
            continue;
        }
        let is_routine = current.first().is_some_and(|first| first.is("create"));
        let after = current.last();
        if token.is("atomic") && is_routine && after.is_some_and(|last| last.is("begin")) {
            atomic = 1;
        } else if atomic > 0 && token.is("case") {
            atomic += 1;
        } else if atomic > 0 && token.is("end") {
            atomic -= 1;
        }
        current.push(token);
    }
    finish(&mut statements, &mut current);
    statements
}

fn finish(statements: &mut Vec<Statement>, current: &mut Vec<Token>) {
    let tokens = std::mem::take(current);
    if let (Some(first), Some(last)) = (tokens.first(), tokens.last()) {
        statements.push(Statement {
            start: first.start,
            end: last.end,
            tokens,
        });
    }
}

/// The line of a byte, from 1.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or(text);
    before.bytes().filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_at_semicolons_that_end_a_statement() {
        for (text, expected) in [
            ("a; b ;", vec!["a", "b"]),
            (" ; ;", vec![]),
            ("a ';' ; -- c;\nb", vec!["a ';'", "b"]),
            (
                "do $$ begin x; end $$; b",
                vec!["do $$ begin x; end $$", "b"],
            ),
            (
                "create rule r do (a; b); c",
                vec!["create rule r do (a; b)", "c"],
            ),
            (
                "create function f() begin atomic select case when a then b end; end; c",
                vec![
                    "create function f() begin atomic select case when a then b end; end",
                    "c",
                ],
            ),
        ] {
            let found: Vec<&str> = split(text).iter().map(|s| &text[s.start..s.end]).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn counts_lines_from_one() {
        assert_eq!(line_of("a\nb\nc", 0), 1);
        assert_eq!(line_of("a\nb\nc", 4), 3);
        assert_eq!(line_of("a", 99), 1);
    }
}
