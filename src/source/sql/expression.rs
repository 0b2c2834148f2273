//! What the model's expressions leave to their reader: the name an index over one would have, and its
//! text after an object that it names was renamed.

use std::borrow::Cow;
use std::ops::Range;

use squawk_lexer::{LiteralKind, TokenKind};

use super::cursor::Path;
use super::lexed::words;
use super::literal;
use super::state::State;
use crate::schema::{Expression, Ident, QualifiedName, quote};

/// The name the server gives to an index column over an expression (`FigureIndexColname`).
pub(super) fn index_name(text: &str) -> String {
    let lexed = Lexed::of(text);
    let words: Vec<&str> = (0..lexed.tokens.len()).map(|n| lexed.word(n)).collect();
    figure(&words).map_or_else(|| "expr".to_owned(), |(name, _)| name)
}

/// The name, and whether it is a type's, which anything else beats.
fn figure(words: &[&str]) -> Option<(String, bool)> {
    let first = *words.first()?;
    if first == "(" && closing(words, 0) == Some(words.len() - 1) {
        return figure(&words[1..words.len() - 1]);
    }
    let is_case = first.eq_ignore_ascii_case("case");
    if !is_case && has_operator(words) {
        return None;
    }
    if let Some(at) = last_at_top(words, |w, next| w == ":" && next == ":")
        && !is_case
    {
        let argument = figure(&words[..at]);
        return match argument {
            Some((name, false)) => Some((name, false)),
            _ => Some((type_name(&words[at + 2..])?, true)),
        };
    }
    if let Some(at) = last_at_top(words, |w, _| w.eq_ignore_ascii_case("collate"))
        && !is_case
    {
        return figure(&words[..at]);
    }
    if is_case && words.last()?.eq_ignore_ascii_case("end") {
        let alternative = last_at_top(words, |w, _| w.eq_ignore_ascii_case("else"))
            .and_then(|at| figure(&words[at + 1..words.len() - 1]));
        return match alternative {
            Some((name, false)) => Some((name, false)),
            _ => Some(("case".to_owned(), true)),
        };
    }
    if first.eq_ignore_ascii_case("cast") && words.get(1) == Some(&"(") {
        let inner = &words[2..words.len() - 1];
        let at = last_at_top(inner, |w, _| w.eq_ignore_ascii_case("as"))?;
        return match figure(&inner[..at]) {
            Some((name, false)) => Some((name, false)),
            _ => Some((type_name(&inner[at + 1..])?, true)),
        };
    }
    if first.eq_ignore_ascii_case("array") && words.get(1) == Some(&"[") {
        return (closing(words, 1) == Some(words.len() - 1)).then(|| ("array".to_owned(), false));
    }
    let open = words.iter().position(|w| *w == "(").unwrap_or(words.len());
    let path = &words[..open];
    let is_path = path.len() % 2 == 1
        && path
            .iter()
            .enumerate()
            .all(|(n, w)| (n % 2 == 1) == (*w == "."))
        && path
            .iter()
            .step_by(2)
            .all(|w| literal::name(w).is_some() && !is_constant(w));
    let is_whole = open == words.len() || closing(words, open) == Some(words.len() - 1);
    if !is_path || !is_whole {
        return None;
    }
    let name = literal::name(path.last()?)?.as_str().to_owned();
    let called = open < words.len();
    let name = match name.as_str() {
        "trim" if called => "btrim".to_owned(),
        _ => name,
    };
    Some((name, false))
}

fn is_constant(word: &str) -> bool {
    word.starts_with(['\'', '$'])
        || word.starts_with(|c: char| c.is_ascii_digit())
        || ["null", "true", "false", "not"]
            .iter()
            .any(|constant| word.eq_ignore_ascii_case(constant))
}

/// The catalog's own name of a type.
fn type_name(words: &[&str]) -> Option<String> {
    let joined: Vec<String> = words
        .iter()
        .take_while(|w| **w != "(" && **w != "[")
        .map(|w| w.to_lowercase())
        .collect();
    let name = match joined.join(" ").as_str() {
        "int" | "integer" => "int4",
        "bigint" => "int8",
        "smallint" => "int2",
        "boolean" => "bool",
        "real" => "float4",
        "double precision" | "float" => "float8",
        "decimal" | "dec" => "numeric",
        "character varying" => "varchar",
        "character" | "char" => "bpchar",
        "timestamp with time zone" => "timestamptz",
        "timestamp without time zone" => "timestamp",
        "time with time zone" => "timetz",
        "time without time zone" => "time",
        _ => {
            return Some(
                literal::name(
                    words
                        .iter()
                        .take_while(|w| **w != "(" && **w != "[")
                        .last()?,
                )?
                .into(),
            );
        }
    };
    Some(name.to_owned())
}

/// The matching parenthesis or bracket.
fn closing(words: &[&str], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (n, word) in words.iter().enumerate().skip(open) {
        match *word {
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return Some(n);
        }
    }
    None
}

/// The last word outside parentheses that `is` accepts together with its follower.
fn last_at_top(words: &[&str], is: impl Fn(&str, &str) -> bool) -> Option<usize> {
    let mut depth = 0_usize;
    let mut found = None;
    for (n, word) in words.iter().enumerate() {
        match *word {
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            _ if depth == 0 && is(word, words.get(n + 1).unwrap_or(&"")) => found = Some(n),
            _ => {}
        }
    }
    found
}

/// Whether an operator stands outside parentheses.
fn has_operator(words: &[&str]) -> bool {
    let is_operator = |word: &str, _: &str| {
        word.starts_with(|c: char| "+-*/<>=|&#~%^!@?".contains(c))
            || ["and", "or", "is", "in", "like", "between"]
                .iter()
                .any(|w| word.eq_ignore_ascii_case(w))
    };
    last_at_top(words, is_operator).is_some()
}

/// An expression's words.
struct Lexed<'a> {
    text: &'a str,
    tokens: Vec<(TokenKind, Range<usize>)>,
}

enum Rewrite {
    /// Puts this in the word's place.
    Put(String),
    /// Leaves out this many words.
    Drop(usize),
}

impl<'a> Lexed<'a> {
    fn of(text: &'a str) -> Self {
        Self {
            text,
            tokens: words(text).collect(),
        }
    }

    fn word(&self, at: usize) -> &'a str {
        self.tokens
            .get(at)
            .map_or("", |(_, place)| &self.text[place.clone()])
    }

    fn is_name(&self, at: usize) -> bool {
        matches!(
            self.tokens.get(at),
            Some((TokenKind::Ident | TokenKind::QuotedIdent { .. }, ..))
        )
    }

    fn name(&self, at: usize) -> Option<Ident> {
        self.is_name(at)
            .then(|| literal::name(self.word(at)))
            .flatten()
    }

    fn rewrite(&self, decide: impl Fn(usize) -> Option<Rewrite>) -> String {
        let mut out = String::with_capacity(self.text.len());
        let mut copied = 0;
        let mut at = 0;
        while let Some((_, place)) = self.tokens.get(at) {
            match decide(at) {
                None => at += 1,
                Some(Rewrite::Put(text)) => {
                    out.push_str(&self.text[copied..place.start]);
                    out.push_str(&text);
                    copied = place.end;
                    at += 1;
                }
                Some(Rewrite::Drop(n)) => {
                    out.push_str(&self.text[copied..place.start]);
                    at += n;
                    copied = self
                        .tokens
                        .get(at)
                        .map_or(self.text.len(), |(_, place)| place.start);
                }
            }
        }
        out.push_str(&self.text[copied..]);
        out
    }
}

/// The text with a namespace before every name that the search path finds outside home, where names
/// without one are taken to be.
pub(super) fn qualified<'a>(state: &State, text: &'a str) -> Cow<'a, str> {
    if state
        .search_path
        .first()
        .is_none_or(|first| first == state.home())
    {
        return Cow::Borrowed(text);
    }
    let lexed = Lexed::of(text);
    Cow::Owned(lexed.rewrite(|at| {
        let before = at.checked_sub(1).map_or("", |n| lexed.word(n));
        if before == "." || lexed.word(at + 1) == "." {
            return None;
        }
        let path = Path {
            namespace: None,
            name: lexed.name(at)?,
        };
        let is_after = |words: &[&str]| words.iter().any(|w| before.eq_ignore_ascii_case(w));
        let found = if lexed.word(at + 1) == "(" {
            state.resolve(&path, |name| state.routines.contains_key(name))
        } else if is_after(&[":", "as"]) {
            state.find_type(&path)
        } else if is_after(&["from", "join", "only"]) {
            state.find_relation(&path)
        } else {
            None
        };
        found
            .filter(|name| name.namespace != *state.home())
            .map(|name| Rewrite::Put(name.to_string()))
    }))
}

/// Follows the new name of a column in a partition key.
pub(super) fn rename_column(text: &str, from: &Ident, to: &Ident) -> String {
    let lexed = Lexed::of(text);
    lexed.rewrite(|at| {
        let is_it = lexed.name(at).as_ref() == Some(from) && lexed.word(at + 1) != "(";
        is_it.then(|| Rewrite::Put(to.to_string()))
    })
}

/// What an object's name stands for in an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Type,
    Function,
    Relation,
}

/// Follows the new name of an object, wherever it stands with its namespace, or without any when that
/// goes without saying.
pub(super) fn rename_object(
    expression: &mut Expression,
    role: Role,
    from: &QualifiedName,
    to: &QualifiedName,
    home: &Ident,
) {
    if !expression.text.contains(from.name.as_str()) {
        return;
    }
    let lexed = Lexed::of(&expression.text);
    let text = lexed.rewrite(|at| {
        let is_qualified = lexed.name(at).as_ref() == Some(&from.namespace)
            && lexed.word(at + 1) == "."
            && lexed.name(at + 2).as_ref() == Some(&from.name);
        if is_qualified {
            return Some(Rewrite::Drop(2));
        }
        if lexed.name(at).as_ref() != Some(&from.name) {
            return None;
        }
        let before = at.checked_sub(1).map_or("", |n| lexed.word(n));
        let was_qualified = before == "."
            && at
                .checked_sub(2)
                .is_some_and(|n| lexed.name(n).as_ref() == Some(&from.namespace));
        let plays_role = match role {
            Role::Type => before == ":" || before.eq_ignore_ascii_case("as"),
            Role::Function => lexed.word(at + 1) == "(",
            Role::Relation => true,
        };
        let is_bare = before != "." && from.namespace == *home && plays_role;
        (is_bare || was_qualified).then(|| Rewrite::Put(to.within(home)))
    });
    expression.text = text;
}

/// Puts another value in the place of a string constant.
pub(super) fn replace_string(expression: &mut Expression, from: &str, to: &str) {
    let lexed = Lexed::of(&expression.text);
    let text = lexed.rewrite(|at| {
        let is_string = matches!(
            lexed.tokens.get(at),
            Some((
                TokenKind::Literal {
                    kind: LiteralKind::Str { .. }
                },
                ..
            ))
        );
        (is_string && literal::string(lexed.word(at)).as_deref() == Some(from))
            .then(|| Rewrite::Put(format!("'{}'", to.replace('\'', "''"))))
    });
    expression.text = text;
}

/// Whether a name stands anywhere in the expression.
pub(super) fn mentions(expression: &Expression, name: &Ident) -> bool {
    if !expression.text.contains(name.as_str()) {
        return false;
    }
    let lexed = Lexed::of(&expression.text);
    (0..lexed.tokens.len()).any(|at| {
        lexed.name(at).as_ref() == Some(name)
            || literal::string(lexed.word(at)).is_some_and(|text| {
                literal::path(&text).is_some_and(|parts| parts.last() == Some(name))
            })
    })
}

/// `nextval` of a sequence as the server prints it.
pub(super) fn nextval(sequence: &QualifiedName) -> String {
    format!(
        "nextval({}::regclass)",
        quoted_string(&sequence.to_string())
    )
}

/// A string constant.
pub(super) fn quoted_string(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A sequence under its new name, in every spelling of the old one.
pub(super) fn rename_sequence(
    expression: &mut Expression,
    from: &QualifiedName,
    to: &QualifiedName,
    home: &Ident,
) {
    if !expression.text.contains(from.name.as_str()) {
        return;
    }
    for (old, new) in [
        (from.to_string(), to.to_string()),
        (from.within(home), to.within(home)),
        (quote(from.name.as_str()), to.within(home)),
    ] {
        replace_string(expression, &old, &new);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Spelling;

    fn ident(name: &str) -> Ident {
        Ident::new(name).unwrap()
    }

    fn expression(text: &str) -> Expression {
        Expression {
            text: text.to_owned(),
            spelling: Spelling::Written,
            needs_server: false,
        }
    }

    #[test]
    fn names_index_columns_as_the_server_does() {
        for (text, name) in [
            ("lower(email)", "lower"),
            ("(lower(email))", "lower"),
            ("pg_catalog.upper(a)", "upper"),
            ("a", "a"),
            ("(data ->> 'x')", "expr"),
            ("(data ->> 'x')::int", "int4"),
            ("created_at::date", "created_at"),
            ("cast(a as text)", "a"),
            ("cast(a + 1 as bigint)", "int8"),
            ("a + 1", "expr"),
            ("coalesce(a, b)", "coalesce"),
            ("case when a then b else c end", "c"),
            ("case when a then b end", "case"),
            ("date_trunc('day', a) + lower(b)", "expr"),
            ("array[a, b]", "array"),
            ("trim(a)", "btrim"),
            ("lower(a) || upper(b)", "expr"),
            ("", "expr"),
            (")", "expr"),
            ("1", "expr"),
        ] {
            assert_eq!(index_name(text), name, "{text}");
        }
    }

    #[test]
    fn a_new_object_name_is_followed_where_it_is_the_object() {
        let name = |n: &str, o: &str| QualifiedName::new(ident(n), ident(o));
        for (role, text, expected) in [
            (Role::Function, "f(f)", "g(f)"),
            (Role::Function, "public.f(a)", "g(a)"),
            (Role::Function, "other.f(a)", "other.f(a)"),
            (Role::Type, "f <> x::f", "f <> x::g"),
            (
                Role::Relation,
                "select 1 from f join other.f",
                "select 1 from g join other.f",
            ),
        ] {
            let mut found = expression(text);
            let (from, to) = (name("public", "f"), name("public", "g"));
            rename_object(&mut found, role, &from, &to, &ident("public"));
            assert_eq!(found.text, expected);
        }
    }
}
