//! SQL as words with their places. Enough to cut a file into statements and to see what they do; no
//! tree is built, so nothing recurses on what a user wrote.

use squawk_lexer::{LiteralKind, TokenKind, tokenize};

/// What the driver of batches replaces; an alias may follow the colon's word.
const MARKER: &str = "align:window";

/// A word, a sign, a literal, or a window's marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// First byte.
    pub(super) start: usize,
    /// After the last byte.
    pub(super) end: usize,
    /// Open parentheses around it.
    pub(super) depth: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// Without quotes: a keyword or a name, in lower case.
    Word(String),
    /// A name that stands in quotes, without them.
    Name(String),
    /// A string, as it is written.
    Text,
    /// Any other literal.
    Number,
    /// One character that is neither.
    Sign(char),
    /// `/* align:window */`, with the alias that may stand in it.
    Window(Option<String>),
    /// A string, a comment or a name whose end is missing.
    Endless,
}

impl Token {
    /// Whether it is this keyword.
    pub(super) fn is(&self, word: &str) -> bool {
        matches!(&self.kind, Kind::Word(found) if found == word)
    }

    pub(super) fn is_sign(&self, sign: char) -> bool {
        self.kind == Kind::Sign(sign)
    }

    /// The name as the catalog has it, if it can be one.
    pub(super) fn name(&self) -> Option<&str> {
        match &self.kind {
            Kind::Word(name) | Kind::Name(name) => Some(name),
            Kind::Text | Kind::Number | Kind::Sign(_) | Kind::Window(_) | Kind::Endless => None,
        }
    }
}

/// Reads a whole text; blanks and comments are left out.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut depth = 0_usize;
    for token in tokenize(text) {
        let start = at;
        let length = usize::try_from(token.len).unwrap_or(text.len());
        let end = text.ceil_char_boundary((start + length).min(text.len()));
        at = end;
        let written = &text[start..end];
        let Some(kind) = kind(token.kind, written) else {
            continue;
        };
        if kind == Kind::Sign(')') {
            depth = depth.saturating_sub(1);
        }
        found.push(Token {
            kind,
            start,
            end,
            depth,
        });
        if token.kind == TokenKind::OpenParen {
            depth += 1;
        }
    }
    found
}

fn kind(kind: TokenKind, written: &str) -> Option<Kind> {
    Some(match kind {
        TokenKind::Whitespace | TokenKind::LineComment | TokenKind::Eof => return None,
        TokenKind::BlockComment { terminated: false }
        | TokenKind::QuotedIdent {
            terminated: false, ..
        } => Kind::Endless,
        TokenKind::BlockComment { terminated: true } => return window(written),
        TokenKind::Ident => Kind::Word(written.to_ascii_lowercase()),
        TokenKind::QuotedIdent { .. } => {
            let inner = written
                .strip_prefix('"')
                .and_then(|rest| rest.strip_suffix('"'));
            Kind::Name(inner.unwrap_or(written).replace("\"\"", "\""))
        }
        TokenKind::Literal { kind } => literal(kind),
        _ => Kind::Sign(written.chars().next()?),
    })
}

fn literal(kind: LiteralKind) -> Kind {
    match kind {
        LiteralKind::Int { .. } | LiteralKind::Numeric { .. } => Kind::Number,
        LiteralKind::Str { terminated }
        | LiteralKind::NationalStr { terminated }
        | LiteralKind::ByteStr { terminated }
        | LiteralKind::BitStr { terminated }
        | LiteralKind::DollarQuotedString { terminated }
        | LiteralKind::UnicodeEscStr { terminated }
        | LiteralKind::EscStr { terminated } => {
            if terminated {
                Kind::Text
            } else {
                Kind::Endless
            }
        }
    }
}

fn window(comment: &str) -> Option<Kind> {
    let inner = comment.strip_prefix("/*")?.strip_suffix("*/")?.trim();
    let rest = inner.strip_prefix(MARKER)?;
    let alias = rest.trim();
    if rest.is_empty() {
        return Some(Kind::Window(None));
    }
    rest.starts_with(char::is_whitespace)
        .then(|| Kind::Window(Some(alias.to_owned())))
}

/// What stands between the quotes of a string: between its dollars, or with doubled quotes made one.
pub(super) fn content(written: &str) -> String {
    if let Some(rest) = written.strip_prefix('$')
        && let Some(end) = rest.find('$')
    {
        let tag = &written[..end + 2];
        let inner = written
            .strip_prefix(tag)
            .and_then(|rest| rest.strip_suffix(tag));
        return inner.unwrap_or_default().to_owned();
    }
    let start = written.find('\'').map_or(written.len(), |at| at + 1);
    let inner = &written[start..];
    inner.strip_suffix('\'').unwrap_or(inner).replace("''", "'")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Vec<String> {
        let shown = |token: &Token| match &token.kind {
            Kind::Word(word) => word.clone(),
            Kind::Name(name) => format!("<{name}>"),
            Kind::Sign(sign) => sign.to_string(),
            Kind::Window(alias) => format!("window {alias:?}"),
            other => format!("{other:?}"),
        };
        tokens(text).iter().map(shown).collect()
    }

    #[test]
    fn reads_words_names_texts_and_markers() {
        for (text, expected) in [
            ("Drop \"a\"\"b\".C", vec!["drop", "<a\"b>", ".", "c"]),
            ("'x;' $q$ ; $q$ 1", vec!["Text", "Text", "Number"]),
            ("a -- drop\n/* drop */ b", vec!["a", "b"]),
            ("/* align:window */", vec!["window None"]),
            ("/*align:window c*/", vec!["window Some(\"c\")"]),
            ("/* align:windows */", vec![]),
            ("'x", vec!["Endless"]),
            ("/* x", vec!["Endless"]),
        ] {
            assert_eq!(written(text), expected, "{text}");
        }
    }

    #[test]
    fn counts_open_parentheses() {
        let depths: Vec<usize> = tokens("a (b (c) d) ) e").iter().map(|t| t.depth).collect();
        assert_eq!(depths, [0, 0, 1, 1, 2, 1, 1, 0, 0, 0]);
    }

    #[test]
    fn takes_strings_out_of_their_quotes() {
        for (written, inner) in [
            ("'it''s'", "it's"),
            ("$$a$$", "a"),
            ("$q$a$$b$q$", "a$$b"),
            ("E'a'", "a"),
        ] {
            assert_eq!(content(written), inner);
        }
    }
}
