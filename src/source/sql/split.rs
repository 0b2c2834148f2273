//! From a file to its statements, as `psql` would send them: meta-commands and COPY data are no
//! SQL, a semicolon in parentheses or in an SQL body ends nothing.
//!
//! The parser behind this module recurses on its input, so what is nested beyond reason is found
//! here, by the lexer alone, and never reaches it.

use squawk_lexer::{LiteralKind, Token, TokenKind, tokenize};

/// How deep parentheses, brackets and `CASE` may nest.
const MAX_NESTING: usize = 200;

/// How many words a chain such as `1 + 1 + …` may have, open parentheses around it included: an upper
/// bound of how deep the parser recurses.
const MAX_CHAIN: usize = 10_000;

/// A statement, without its semicolon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    /// First byte of its first word.
    pub(super) start: usize,
    /// After its last word.
    pub(super) end: usize,
    /// Why it must not be parsed.
    pub(super) flaw: Option<Flaw>,
}

/// Why a statement must not be parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    /// Nested beyond reason.
    Nested,
    /// It holds `:name`, `:'name'` or `:"name"`, which only `psql` can fill in.
    Variable,
    /// `\i file`: another file's content.
    Include,
}

/// Cuts a text into statements.
pub(super) fn split(text: &str) -> Vec<Statement> {
    let mut splitter = Splitter {
        text,
        at: if text.starts_with(squawk_lexer::BOM) {
            squawk_lexer::BOM.len()
        } else {
            0
        },
        statements: Vec::new(),
        current: Current::default(),
    };
    splitter.run();
    splitter.statements
}

struct Splitter<'a> {
    text: &'a str,
    at: usize,
    statements: Vec<Statement>,
    current: Current,
}

/// What is known of the statement being read.
#[derive(Default)]
struct Current {
    start: Option<usize>,
    end: usize,
    flaw: Option<Flaw>,
    words: Vec<String>,
    /// One for each open parenthesis or bracket: words since the last comma.
    chains: Vec<(char, usize)>,
    chain: usize,
    cases: usize,
    /// `BEGIN ATOMIC` and every `CASE` within it.
    atomic: usize,
    from_stdin: [bool; 2],
    previous_end: usize,
    previous: Option<TokenKind>,
}

impl Splitter<'_> {
    fn run(&mut self) {
        'lexing: while self.at < self.text.len() {
            for token in tokenize(&self.text[self.at..]) {
                let start = self.at;
                let end = start + usize::try_from(token.len).unwrap_or(0).max(1);
                let end = self.text.ceil_char_boundary(end);
                self.at = end;
                match token.kind {
                    TokenKind::Whitespace
                    | TokenKind::LineComment
                    | TokenKind::BlockComment { .. } => {}
                    TokenKind::Unknown if &self.text[start..end] == "\\" => {
                        self.meta_command(start);
                        continue 'lexing;
                    }
                    TokenKind::Semi if self.current.ends_here() => {
                        let is_copy = self.current.is_copy_from_stdin();
                        self.finish();
                        if is_copy {
                            self.skip_copy_data();
                            continue 'lexing;
                        }
                    }
                    _ => self.current.take(token, &self.text[start..end], start, end),
                }
            }
        }
        self.finish();
    }

    fn finish(&mut self) {
        let current = std::mem::take(&mut self.current);
        if let Some(start) = current.start {
            self.statements.push(Statement {
                start,
                end: current.end,
                flaw: current.flaw,
            });
        }
    }

    /// Passes over `\command …` up to the end of its line. Those that send the query end it.
    fn meta_command(&mut self, start: usize) {
        let line_end = self.text[start..]
            .find('\n')
            .map_or(self.text.len(), |n| start + n);
        let command = self.text[start + 1..line_end].trim_end();
        self.at = line_end;
        if let Some(rest) = self.text[start + 1..].strip_prefix(';') {
            self.finish();
            self.at = self.text.len() - rest.len();
        } else if command.starts_with('g') || command.starts_with("crosstabview") {
            self.finish();
        } else {
            let word = command.split_whitespace().next().unwrap_or_default();
            if ["i", "ir", "include", "include_relative"].contains(&word) {
                self.statements.push(Statement {
                    start,
                    end: start + 1 + command.len(),
                    flaw: Some(Flaw::Include),
                });
            }
        }
    }

    /// Passes over the rows after `COPY … FROM stdin;`, up to `\.` on a line of its own.
    fn skip_copy_data(&mut self) {
        let mut at = self.text[self.at..]
            .find('\n')
            .map_or(self.text.len(), |n| self.at + n + 1);
        while at < self.text.len() {
            let end = self.text[at..]
                .find('\n')
                .map_or(self.text.len(), |n| at + n + 1);
            let is_end = self.text[at..end].trim_end() == "\\.";
            at = end;
            if is_end {
                break;
            }
        }
        self.at = at;
    }
}

impl Current {
    fn ends_here(&self) -> bool {
        !self.chains.iter().any(|(open, _)| *open == '(') && self.atomic == 0
    }

    fn is_copy_from_stdin(&self) -> bool {
        self.words.first().is_some_and(|w| w == "copy") && self.from_stdin == [true, true]
    }

    fn take(&mut self, token: Token, text: &str, start: usize, end: usize) {
        self.start.get_or_insert(start);
        self.end = end;
        self.watch_depth(token.kind, text);
        if self.follows_colon(token.kind, start) {
            self.flaw.get_or_insert(Flaw::Variable);
        }
        if token.kind == TokenKind::Ident {
            self.watch_words(text);
        }
        // `::` and `:=` are operators, and so is whatever follows them.
        self.previous = if token.kind == TokenKind::Colon
            && self.previous == Some(TokenKind::Colon)
            && self.previous_end == start
        {
            None
        } else {
            Some(token.kind)
        };
        self.previous_end = end;
    }

    fn follows_colon(&self, kind: TokenKind, start: usize) -> bool {
        let in_brackets = self.chains.last().is_some_and(|(open, _)| *open == '[');
        self.previous == Some(TokenKind::Colon)
            && self.previous_end == start
            && !in_brackets
            && matches!(
                kind,
                TokenKind::Ident
                    | TokenKind::QuotedIdent { .. }
                    | TokenKind::Literal {
                        kind: LiteralKind::Str { .. }
                    }
            )
    }

    fn watch_depth(&mut self, kind: TokenKind, text: &str) {
        match kind {
            TokenKind::OpenParen => self.chains.push(('(', self.chain)),
            TokenKind::OpenBracket => self.chains.push(('[', self.chain)),
            TokenKind::CloseParen => self.close('('),
            TokenKind::CloseBracket => self.close('['),
            TokenKind::Comma | TokenKind::Semi => {
                self.chain = self.chains.last().map_or(0, |(_, outer)| *outer);
            }
            _ => {}
        }
        self.chain += 1;
        if text.eq_ignore_ascii_case("case") {
            self.cases += 1;
        } else if text.eq_ignore_ascii_case("end") {
            self.cases = self.cases.saturating_sub(1);
        }
        if self.chains.len() + self.cases > MAX_NESTING || self.chain > MAX_CHAIN {
            self.flaw = Some(Flaw::Nested);
        }
    }

    /// Leaves the innermost `open`; a closing one without it closes nothing.
    fn close(&mut self, open: char) {
        if self.chains.last().is_some_and(|(o, _)| *o == open)
            && let Some((_, outer)) = self.chains.pop()
        {
            self.chain = outer;
        }
    }

    fn watch_words(&mut self, text: &str) {
        let word = text.to_ascii_lowercase();
        if self.words.first().is_some_and(|w| w == "copy") {
            self.from_stdin[1] |= self.from_stdin[0] && word == "stdin";
            self.from_stdin[0] |= word == "from";
        }
        if self.is_routine() && self.chains.is_empty() {
            match word.as_str() {
                "begin" => self.atomic += 1,
                "case" if self.atomic > 0 => self.atomic += 1,
                "end" => self.atomic = self.atomic.saturating_sub(1),
                _ => {}
            }
        }
        if self.words.len() < 4 {
            self.words.push(word);
        }
    }

    fn is_routine(&self) -> bool {
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        matches!(
            words.as_slice(),
            ["create", "function" | "procedure", ..]
                | ["create", "or", "replace", "function" | "procedure", ..]
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        split(text)
            .into_iter()
            .map(|s| &text[s.start..s.end])
            .collect()
    }

    #[test]
    fn cuts_where_psql_does() {
        for (text, expected) in [
            ("a; b ;", vec!["a", "b"]),
            ("\u{feff}a", vec!["a"]),
            ("a 'x;y' ; -- c;\r\nb", vec!["a 'x;y'", "b"]),
            (
                "create rule r as on insert to t do (a; b); c",
                vec!["create rule r as on insert to t do (a; b)", "c"],
            ),
            (
                "create function f() begin atomic select case when a then b end; end; c",
                vec![
                    "create function f() begin atomic select case when a then b end; end",
                    "c",
                ],
            ),
            ("begin; end;", vec!["begin", "end"]),
            ("\\restrict it's\na;\n\\connect \"x\nb", vec!["a", "b"]),
            ("select 1 \\gexec\nb;", vec!["select 1", "b"]),
            (
                "copy t (a) from stdin;\n1\tit's (\n\\.\nb;",
                vec!["copy t (a) from stdin", "b"],
            ),
            ("copy t from stdin;\n1\tit's", vec!["copy t from stdin"]),
            (
                "copy (select 1) to stdout; b",
                vec!["copy (select 1) to stdout", "b"],
            ),
            ("", vec![]),
            (" ; ;", vec![]),
        ] {
            assert_eq!(texts(text), expected, "{text}");
        }
    }

    #[test]
    fn finds_what_must_not_be_parsed() {
        for (text, flaw) in [
            ("select 1 :: int, a[1:b], x := 2", None),
            ("create table :name (a int)", Some(Flaw::Variable)),
            ("alter role x password :'secret'", Some(Flaw::Variable)),
            ("\\ir other.sql", Some(Flaw::Include)),
            (
                &format!("select {}1{}", "(".repeat(200), ")".repeat(200)),
                None,
            ),
            (&format!("select {}", "(".repeat(201)), Some(Flaw::Nested)),
            (
                &format!("select {}", "case when ".repeat(201)),
                Some(Flaw::Nested),
            ),
            (
                &format!("select {}1", "not ".repeat(10_001)),
                Some(Flaw::Nested),
            ),
            (
                &format!("select 1{}", " + f(1, 2)".repeat(10_001)),
                Some(Flaw::Nested),
            ),
            (
                &format!("insert into t values {}(1)", "(1 + 1), ".repeat(10_001)),
                None,
            ),
        ] {
            let found = split(text);
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].flaw, flaw, "{}", &text[..text.len().min(40)]);
        }
    }
}
