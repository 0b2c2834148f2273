//! A statement's words, in order, with what the parser found about them.
//!
//! The parser decides whether a statement is SQL at all, where an expression or a type ends, and which
//! words are references to columns. What the words of a definition mean is read by the other modules,
//! word by word, as the manual's synopses spell them.

use squawk_parser::{EntryPoint, LexedStr, StrStep};
use squawk_syntax::SyntaxKind;
use squawk_syntax::ast::{self, AstNode};

use super::literal;
use crate::schema::Ident;

/// A statement the parser accepted.
#[derive(Debug)]
pub(super) struct Parsed<'a> {
    text: &'a str,
    tokens: Vec<Token>,
}

/// One word.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    start: usize,
    end: usize,
    kind: SyntaxKind,
    parent: SyntaxKind,
    /// After the longest expression that begins here; 0 when none does.
    expression_end: usize,
    /// After the longest type that begins here; 0 when none does.
    type_end: usize,
}

/// Why a statement could not be understood, and where in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Misread {
    /// What was expected.
    pub(super) cause: String,
    /// A byte of the statement's text.
    pub(super) at: usize,
}

/// A name as written, with the namespace if one was written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Path {
    pub(super) namespace: Option<Ident>,
    pub(super) name: Ident,
}

pub(super) type Read<T> = Result<T, Misread>;

/// Parses one statement.
pub(super) fn parse(text: &str) -> Read<Parsed<'_>> {
    let lexed = LexedStr::new(text);
    if let Some((range, cause)) = lexed.errors().next() {
        return Err(Misread {
            cause: cause.to_owned(),
            at: usize::try_from(range.start).unwrap_or(0),
        });
    }
    let output = EntryPoint::SourceFile.parse(&lexed.to_input());
    let mut tokens: Vec<Token> = Vec::new();
    let mut open: Vec<(SyntaxKind, usize)> = Vec::new();
    let mut error = None;
    let mut at = 0;
    lexed.intersperse_trivia(&output, &mut |step| match step {
        StrStep::Token { kind, text } => {
            let start = at;
            at += text.len();
            if !kind.is_trivia() {
                tokens.push(Token {
                    start,
                    end: at,
                    kind,
                    parent: open.last().map_or(SyntaxKind::SOURCE_FILE, |(k, _)| *k),
                    expression_end: 0,
                    type_end: 0,
                });
            }
        }
        StrStep::Enter { kind } => open.push((kind, tokens.len())),
        StrStep::Exit => {
            if let Some((kind, first)) = open.pop() {
                let end = tokens.len();
                if let Some(token) = tokens.get_mut(first) {
                    if ast::Expr::can_cast(kind) {
                        token.expression_end = end;
                    } else if ast::FuncType::can_cast(kind) {
                        token.type_end = end;
                    }
                }
            }
        }
        StrStep::Error { msg, pos } => {
            error.get_or_insert_with(|| Misread {
                cause: msg.to_owned(),
                at: pos,
            });
        }
    });
    match error {
        Some(error) => Err(error),
        None => Ok(Parsed { text, tokens }),
    }
}

impl<'a> Parsed<'a> {
    pub(super) fn cursor(&'a self) -> Cursor<'a> {
        Cursor {
            text: self.text,
            tokens: &self.tokens,
            at: 0,
            end: self.tokens.len(),
        }
    }
}

/// A place in a statement, or in a part of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    tokens: &'a [Token],
    at: usize,
    end: usize,
}

impl<'a> Cursor<'a> {
    /// The next word as written; empty at the end.
    pub(super) fn peek(&self) -> &'a str {
        self.nth(0)
    }

    /// The word after `n` others.
    pub(super) fn nth(&self, n: usize) -> &'a str {
        self.token(n)
            .map_or("", |token| &self.text[token.start..token.end])
    }

    fn token(&self, n: usize) -> Option<&'a Token> {
        let at = self.at.checked_add(n).filter(|at| *at < self.end)?;
        self.tokens.get(at)
    }

    pub(super) fn is_done(&self) -> bool {
        self.at >= self.end
    }

    /// The byte of the statement where the next word begins.
    pub(super) fn offset(&self) -> usize {
        self.token(0).map_or(self.text.len(), |token| token.start)
    }

    pub(super) fn is(&self, word: &str) -> bool {
        self.peek().eq_ignore_ascii_case(word)
    }

    /// Whether the next words are these.
    pub(super) fn are(&self, words: &[&str]) -> bool {
        words
            .iter()
            .enumerate()
            .all(|(n, word)| self.nth(n).eq_ignore_ascii_case(word))
    }

    pub(super) fn eat(&mut self, word: &str) -> bool {
        let found = self.is(word);
        self.at += usize::from(found);
        found
    }

    /// Takes all of these words, or none.
    pub(super) fn eat_all(&mut self, words: &[&str]) -> bool {
        let found = self.are(words);
        if found {
            self.at += words.len();
        }
        found
    }

    /// Takes the first of these words that comes next.
    pub(super) fn eat_any(&mut self, words: &[&'static str]) -> Option<&'static str> {
        words.iter().find(|word| self.eat(word)).copied()
    }

    pub(super) fn expect(&mut self, word: &str) -> Read<()> {
        if self.eat(word) {
            Ok(())
        } else {
            Err(self.misread(&format!("expected `{}`", word.to_ascii_uppercase())))
        }
    }

    pub(super) fn misread(&self, cause: &str) -> Misread {
        Misread {
            cause: cause.to_owned(),
            at: self.offset(),
        }
    }

    /// Passes over one word.
    pub(super) fn skip(&mut self) {
        self.at = (self.at + 1).min(self.end);
    }

    /// Passes over everything.
    pub(super) fn skip_all(&mut self) {
        self.at = self.end;
    }

    pub(super) fn is_name(&self) -> bool {
        self.peek()
            .chars()
            .next()
            .is_some_and(|c| c == '"' || c == '_' || c.is_ascii_alphabetic() || !c.is_ascii())
    }

    /// Takes a name.
    pub(super) fn name(&mut self) -> Read<Ident> {
        if !self.is_name() {
            return Err(self.misread("expected a name"));
        }
        let name = literal::name(self.peek()).ok_or_else(|| self.misread("expected a name"))?;
        self.skip();
        Ok(name)
    }

    /// Takes `name` or `namespace.name`; of a longer path the last two parts.
    pub(super) fn path(&mut self) -> Read<Path> {
        let mut path = Path {
            namespace: None,
            name: self.name()?,
        };
        while self.eat(".") {
            let name = self.name()?;
            path.namespace = Some(std::mem::replace(&mut path.name, name));
        }
        Ok(path)
    }

    /// Takes every part of a dotted name.
    pub(super) fn parts(&mut self) -> Read<Vec<Ident>> {
        let mut parts = vec![self.name()?];
        while self.eat(".") {
            parts.push(self.name()?);
        }
        Ok(parts)
    }

    /// Takes an expression and returns it as written.
    pub(super) fn expression(&mut self) -> Read<Self> {
        self.take_until(|token| token.expression_end, "expected an expression")
    }

    /// Takes a type and returns it as written.
    pub(super) fn ty(&mut self) -> Read<&'a str> {
        self.take_until(|token| token.type_end, "expected a type")
            .map(|part| part.source())
    }

    /// Whether a type comes next, and not the name of a parameter.
    pub(super) fn is_type(&self) -> bool {
        self.token(0).is_some_and(|token| token.type_end > self.at)
    }

    fn take_until(&mut self, end: impl Fn(&Token) -> usize, cause: &str) -> Read<Self> {
        let to = self.token(0).map_or(0, end).min(self.end);
        if to <= self.at {
            return Err(self.misread(cause));
        }
        let part = Cursor { end: to, ..*self };
        self.at = to;
        Ok(part)
    }

    /// Takes a balanced `( … )` and returns what is between.
    pub(super) fn parentheses(&mut self) -> Read<Self> {
        if !self.is("(") {
            return Err(self.misread("expected `(`"));
        }
        let mut depth = 0_usize;
        for at in self.at..self.end {
            match &self.text[self.tokens[at].start..self.tokens[at].end] {
                "(" => depth += 1,
                ")" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                let inner = Cursor {
                    at: self.at + 1,
                    end: at,
                    ..*self
                };
                self.at = at + 1;
                return Ok(inner);
            }
        }
        Err(self.misread("expected `)`"))
    }

    /// Takes `a, b, …` up to where no comma follows.
    pub(super) fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.eat(",") {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// Takes `(a, b, …)`, all of it.
    pub(super) fn list_in_parentheses<T>(
        &mut self,
        item: impl FnMut(&mut Self) -> Read<T>,
    ) -> Read<Vec<T>> {
        let mut inner = self.parentheses()?;
        let items = inner.list(item)?;
        inner.expect_done()?;
        Ok(items)
    }

    /// Cuts what is left at the commas that no parentheses or brackets enclose.
    pub(super) fn split_at_commas(&self) -> Vec<Self> {
        let mut parts = Vec::new();
        let mut depth = 0_usize;
        let mut from = self.at;
        for at in self.at..self.end {
            match &self.text[self.tokens[at].start..self.tokens[at].end] {
                "(" | "[" => depth += 1,
                ")" | "]" => depth = depth.saturating_sub(1),
                "," if depth == 0 => {
                    parts.push(Self {
                        at: from,
                        end: at,
                        ..*self
                    });
                    from = at + 1;
                }
                _ => {}
            }
        }
        if from < self.end {
            parts.push(Self { at: from, ..*self });
        }
        parts
    }

    /// What stands before and after a word that no parentheses or brackets enclose.
    pub(super) fn split_at_word(&self, word: &str) -> Option<(Self, Self)> {
        let mut depth = 0_usize;
        for at in self.at..self.end {
            let found = &self.text[self.tokens[at].start..self.tokens[at].end];
            match found {
                "(" | "[" => depth += 1,
                ")" | "]" => depth = depth.saturating_sub(1),
                _ if depth == 0 && found.eq_ignore_ascii_case(word) => {
                    return Some((
                        Self { end: at, ..*self },
                        Self {
                            at: at + 1,
                            ..*self
                        },
                    ));
                }
                _ => {}
            }
        }
        None
    }

    pub(super) fn expect_done(&self) -> Read<()> {
        if self.is_done() {
            Ok(())
        } else {
            Err(self.misread("expected the end"))
        }
    }

    /// Takes a string constant, adjacent ones joined as SQL joins them.
    pub(super) fn string(&mut self) -> Read<String> {
        let mut value =
            literal::string(self.peek()).ok_or_else(|| self.misread("expected a string"))?;
        self.skip();
        while self.peek().starts_with('\'')
            && let Some(more) = literal::string(self.peek())
        {
            value.push_str(&more);
            self.skip();
        }
        Ok(value)
    }

    /// Takes a whole number, with a sign or without.
    pub(super) fn number(&mut self) -> Read<i64> {
        let negative = self.eat("-");
        if !negative {
            self.eat("+");
        }
        let digits = self.peek().replace('_', "");
        let number: i64 = format!("{}{digits}", if negative { "-" } else { "" })
            .parse()
            .map_err(|e| self.misread(&format!("expected a number: {e}")))?;
        self.skip();
        Ok(number)
    }

    /// What is left, as written, comments included.
    pub(super) fn source(&self) -> &'a str {
        match (self.token(0), self.tokens.get(self.end.wrapping_sub(1))) {
            (Some(first), Some(last)) => &self.text[first.start..last.end],
            _ => "",
        }
    }

    /// The part of this cursor that `later`, a copy of it that went on, has taken.
    pub(super) fn until(&self, later: &Self) -> Self {
        Self {
            end: later.at,
            ..*self
        }
    }

    /// What is left without these last words; `None` when it ends otherwise.
    pub(super) fn without_tail(&self, words: &[&str]) -> Option<Self> {
        let end = self
            .end
            .checked_sub(words.len())
            .filter(|end| *end > self.at)?;
        let tail = Self { at: end, ..*self };
        tail.are(words).then_some(Self { end, ..*self })
    }

    /// Every word that is left, and whether the parser takes it for a reference by name (to a column,
    /// or to what is called when parentheses follow).
    pub(super) fn words(&self) -> impl Iterator<Item = (&'a str, bool)> {
        let text = self.text;
        self.tokens[self.at.min(self.end)..self.end]
            .iter()
            .map(move |t| {
                (
                    &text[t.start..t.end],
                    t.parent == SyntaxKind::NAME_REF && t.kind != SyntaxKind::DOT,
                )
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_where_expressions_and_types_end() {
        let parsed = parse(
            "create table t (a double precision default (1) + 2 not null, b public.todo_status[] \
             default 'x'::text collate \"C\" unique)",
        )
        .unwrap();
        let mut cursor = parsed.cursor();
        assert!(cursor.eat_all(&["CREATE", "TABLE", "t"]));
        let mut columns = cursor.parentheses().unwrap();
        assert_eq!(columns.name().unwrap().as_str(), "a");
        assert_eq!(columns.ty().unwrap(), "double precision");
        assert!(columns.eat("default"));
        assert_eq!(columns.expression().unwrap().source(), "(1) + 2");
        assert!(columns.eat_all(&["not", "null", ",", "b"]));
        assert_eq!(columns.ty().unwrap(), "public.todo_status[]");
        assert!(cursor.is_done());
    }

    #[test]
    fn refuses_what_is_no_sql() {
        for text in [
            "create table t (",
            "hello there",
            "create table t (a int default 'x)",
            "create tabel t (a int)",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
