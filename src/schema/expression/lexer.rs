//! Tokens of an SQL expression, with strings decoded and unquoted words in lower case.

use std::iter::Peekable;
use std::str::Chars;

use crate::schema::ident::{MAX_BYTES, quote};

/// One token. Comments and whitespace are gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// An unquoted word, lower-case: a keyword or a name.
    Word(String),
    /// A quoted identifier, exact.
    Name(String),
    /// A number as it was written.
    Number(String),
    /// The value of a string, whichever way it was quoted.
    Text(String),
    /// The digits of a bit string.
    Bits(String),
    /// `$1`, without the sign.
    Parameter(String),
    /// Punctuation or an operator.
    Symbol(String),
}

impl Token {
    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(self, Self::Word(w) if w == word)
    }

    pub(super) fn is_symbol(&self, symbol: &str) -> bool {
        matches!(self, Self::Symbol(s) if s == symbol)
    }

    /// The token as SQL, keywords in upper case.
    pub(super) fn sql(&self) -> String {
        match self {
            Self::Word(word) if is_keyword(word) => word.to_uppercase(),
            Self::Word(word) => word.clone(),
            Self::Name(name) => quote(name),
            Self::Number(text) | Self::Symbol(text) => text.clone(),
            Self::Text(text) => quote_text(text),
            Self::Bits(bits) => format!("B'{bits}'"),
            Self::Parameter(number) => format!("${number}"),
        }
    }
}

/// Quotes a value as a string of SQL.
pub(super) fn quote_text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Whether an unquoted word is a keyword that Postgres does not take for any name.
pub(super) fn is_keyword(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        && (quote(word) != word || matches!(word, "by" | "over" | "partition" | "filter"))
}

/// Splits a text into tokens; `None` when a string, a name or a comment is left open, or a
/// character cannot start a token.
pub(super) fn tokens(text: &str) -> Option<Vec<Token>> {
    Lexer {
        chars: text.chars().peekable(),
    }
    .run()
}

struct Lexer<'a> {
    chars: Peekable<Chars<'a>>,
}

const OPERATOR: &str = "+-*/<>=~!@#%^&|`?";

impl Lexer<'_> {
    fn run(mut self) -> Option<Vec<Token>> {
        let mut tokens: Vec<Token> = Vec::new();
        let mut newline = false;
        while let Some(c) = self.chars.peek().copied() {
            if c.is_whitespace() {
                newline |= c == '\n' || c == '\r';
                self.chars.next();
                continue;
            }
            let after_newline = std::mem::take(&mut newline);
            match c {
                '\'' => {
                    let text = self.plain_string()?;
                    // Two strings with a line break between them are one.
                    match tokens.last_mut() {
                        Some(Token::Text(before)) if after_newline => before.push_str(&text),
                        _ => tokens.push(Token::Text(text)),
                    }
                }
                '"' => tokens.push(Token::Name(self.quoted_name()?)),
                '$' => tokens.push(self.dollar()?),
                '0'..='9' => tokens.push(self.number()?),
                '.' if self.second().is_some_and(|c| c.is_ascii_digit()) => {
                    tokens.push(self.number()?);
                }
                '(' | ')' | '[' | ']' | ',' | ';' | '.' => {
                    self.chars.next();
                    tokens.push(Token::Symbol(c.to_string()));
                }
                ':' => tokens.push(self.colon()),
                c if OPERATOR.contains(c) => {
                    if self.comment()? {
                        newline = true;
                    } else {
                        tokens.push(self.operator());
                    }
                }
                c if c.is_alphabetic() || c == '_' || !c.is_ascii() => tokens.push(self.word()?),
                _ => return None,
            }
        }
        Some(tokens)
    }

    fn second(&self) -> Option<char> {
        let mut ahead = self.chars.clone();
        ahead.next();
        ahead.next()
    }

    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> String {
        let mut text = String::new();
        while let Some(c) = self.chars.next_if(|c| keep(*c)) {
            text.push(c);
        }
        text
    }

    /// The text up to the closing quote, doubled quotes being one.
    fn quoted(&mut self, mark: char) -> Option<String> {
        self.chars.next();
        let mut text = String::new();
        loop {
            let c = self.chars.next()?;
            if c != mark {
                text.push(c);
            } else if self.chars.next_if_eq(&mark).is_some() {
                text.push(mark);
            } else {
                return Some(text);
            }
        }
    }

    fn plain_string(&mut self) -> Option<String> {
        self.quoted('\'')
    }

    fn quoted_name(&mut self) -> Option<String> {
        let name = self.quoted('"')?;
        (!name.is_empty()).then(|| truncated(name))
    }

    fn word(&mut self) -> Option<Token> {
        let word = self
            .take_while(|c| c.is_alphanumeric() || c == '_' || c == '$' || !c.is_ascii())
            .to_ascii_lowercase();
        match (word.as_str(), self.chars.peek().copied()) {
            ("e", Some('\'')) => Some(Token::Text(self.escape_string()?)),
            ("n", Some('\'')) => Some(Token::Text(self.plain_string()?)),
            ("b", Some('\'')) => Some(Token::Bits(self.plain_string()?)),
            ("x", Some('\'')) => {
                let mut bits = String::new();
                for digit in self.plain_string()?.chars() {
                    bits.push_str(NIBBLES[usize::try_from(digit.to_digit(16)?).ok()?]);
                }
                Some(Token::Bits(bits))
            }
            ("u", Some('&')) if matches!(self.second(), Some('\'' | '"')) => {
                self.chars.next();
                self.unicode()
            }
            _ => Some(Token::Word(truncated(word))),
        }
    }

    fn escape_string(&mut self) -> Option<String> {
        self.chars.next();
        let mut text = String::new();
        loop {
            match self.chars.next()? {
                '\'' if self.chars.next_if_eq(&'\'').is_some() => text.push('\''),
                '\'' => return Some(text),
                '\\' => match self.chars.next()? {
                    'b' => text.push('\u{8}'),
                    'f' => text.push('\u{c}'),
                    'n' => text.push('\n'),
                    'r' => text.push('\r'),
                    't' => text.push('\t'),
                    'u' => text.push(self.code_point(4, 16)?),
                    'U' => text.push(self.code_point(8, 16)?),
                    'x' => text.push(self.byte_escape(String::new(), 2, 16)?),
                    digit @ '0'..='7' => {
                        text.push(self.byte_escape(digit.to_string(), 3, 8)?);
                    }
                    other => text.push(other),
                },
                other => text.push(other),
            }
        }
    }

    /// `\x41` and `\101`: up to `most` digits. Only ASCII, since further bytes need the encoding.
    fn byte_escape(&mut self, mut digits: String, most: usize, radix: u32) -> Option<char> {
        while digits.len() < most
            && let Some(c) = self.chars.next_if(|c| c.is_digit(radix))
        {
            digits.push(c);
        }
        let code = u32::from_str_radix(&digits, radix).ok()?;
        char::from_u32(code).filter(|c| c.is_ascii() && *c != '\0')
    }

    fn code_point(&mut self, digits: usize, radix: u32) -> Option<char> {
        let mut code = 0u32;
        for _ in 0..digits {
            code = code
                .checked_mul(radix)?
                .checked_add(self.chars.next()?.to_digit(radix)?)?;
        }
        char::from_u32(code)
    }

    /// What follows `U&`: a string or a name with `\0061` and `\+000061` in it.
    fn unicode(&mut self) -> Option<Token> {
        let mark = *self.chars.peek()?;
        let raw = self.quoted(mark)?;
        let mut inner = Lexer {
            chars: raw.chars().peekable(),
        };
        let mut text = String::new();
        while let Some(c) = inner.chars.next() {
            if c != '\\' {
                text.push(c);
            } else if inner.chars.next_if_eq(&'\\').is_some() {
                text.push('\\');
            } else if inner.chars.next_if_eq(&'+').is_some() {
                text.push(inner.code_point(6, 16)?);
            } else {
                text.push(inner.code_point(4, 16)?);
            }
        }
        Some(if mark == '"' {
            Token::Name(truncated(text))
        } else {
            Token::Text(text)
        })
    }

    fn dollar(&mut self) -> Option<Token> {
        self.chars.next();
        if self.chars.peek().is_some_and(char::is_ascii_digit) {
            return Some(Token::Parameter(self.take_while(|c| c.is_ascii_digit())));
        }
        let tag = self.take_while(|c| c.is_alphanumeric() || c == '_' || !c.is_ascii());
        self.chars.next_if_eq(&'$')?;
        let close = format!("${tag}$");
        let mut text = String::new();
        loop {
            text.push(self.chars.next()?);
            if text.ends_with(&close) {
                text.truncate(text.len() - close.len());
                return Some(Token::Text(text));
            }
        }
    }

    fn number(&mut self) -> Option<Token> {
        let mut text = self.take_while(|c| c.is_ascii_digit() || c == '_');
        if text == "0" && matches!(self.chars.peek(), Some('x' | 'X' | 'o' | 'O' | 'b' | 'B')) {
            text.push(self.chars.next()?.to_ascii_lowercase());
            text.push_str(&self.take_while(|c| c.is_ascii_hexdigit() || c == '_'));
        } else {
            if self.chars.peek() == Some(&'.') && self.second() != Some('.') {
                self.chars.next();
                text.push('.');
                text.push_str(&self.take_while(|c| c.is_ascii_digit() || c == '_'));
            }
            if matches!(self.chars.peek(), Some('e' | 'E')) {
                self.chars.next();
                text.push('e');
                if let Some(sign) = self.chars.next_if(|c| matches!(c, '+' | '-')) {
                    text.push(sign);
                }
                text.push_str(&self.take_while(|c| c.is_ascii_digit()));
            }
        }
        let glued = self
            .chars
            .peek()
            .is_some_and(|c| c.is_alphabetic() || *c == '_');
        (!glued).then(|| Token::Number(text.replace('_', "")))
    }

    fn colon(&mut self) -> Token {
        self.chars.next();
        let symbol = if self.chars.next_if_eq(&':').is_some() {
            "::"
        } else if self.chars.next_if_eq(&'=').is_some() {
            "=>"
        } else {
            ":"
        };
        Token::Symbol(symbol.to_owned())
    }

    /// Skips a comment when there is one here; `None` when it is never closed.
    fn comment(&mut self) -> Option<bool> {
        match (self.chars.peek().copied(), self.second()) {
            (Some('-'), Some('-')) => {
                self.take_while(|c| c != '\n' && c != '\r');
                Some(true)
            }
            (Some('/'), Some('*')) => {
                self.chars.next();
                self.chars.next();
                let mut depth = 1usize;
                while depth > 0 {
                    match self.chars.next()? {
                        '*' if self.chars.next_if_eq(&'/').is_some() => depth -= 1,
                        '/' if self.chars.next_if_eq(&'*').is_some() => depth += 1,
                        _ => {}
                    }
                }
                Some(true)
            }
            _ => Some(false),
        }
    }

    /// The longest operator, by the server's rule: it does not hold a comment's start, and ends in
    /// `+` or `-` only when it holds one of the characters that no standard operator has.
    fn operator(&mut self) -> Token {
        let mut ahead = self.chars.clone();
        let mut text = String::new();
        while let Some(c) = ahead.next_if(|c| OPERATOR.contains(*c)) {
            text.push(c);
        }
        for start in ["--", "/*"] {
            if let Some(at) = text.find(start) {
                text.truncate(at);
            }
        }
        while text.len() > 1
            && text.ends_with(['+', '-'])
            && !text.contains(['~', '!', '@', '#', '%', '^', '&', '|', '`', '?'])
        {
            text.pop();
        }
        for _ in text.chars() {
            self.chars.next();
        }
        if text == "!=" {
            "<>".clone_into(&mut text);
        }
        Token::Symbol(text)
    }
}

const NIBBLES: [&str; 16] = [
    "0000", "0001", "0010", "0011", "0100", "0101", "0110", "0111", "1000", "1001", "1010", "1011",
    "1100", "1101", "1110", "1111",
];

fn truncated(mut name: String) -> String {
    name.truncate(name.floor_char_boundary(MAX_BYTES));
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sql(text: &str) -> Option<String> {
        let tokens: Vec<String> = tokens(text)?.iter().map(Token::sql).collect();
        Some(tokens.join(" "))
    }

    #[test]
    fn reads_what_postgres_reads() {
        for (text, expected) in [
            ("a=-1", "a = - 1"),
            ("a!=b", "a <> b"),
            ("a->>'x'", "a ->> 'x'"),
            ("a @-b", "a @- b"),
            ("a/* b /* c */ */+--d\n1", "a + 1"),
            (r"E'a\'b\n\\\u00e9\x41\101'", "'a''b\n\\éAA'"),
            (r"U&'d\0061t\+000061'", "'data'"),
            ("'a'\n 'b'", "'ab'"),
            ("'a' 'b'", "'a' 'b'"),
            ("$$it's$$ $x$a$$b$x$ $1", "'it''s' 'a$$b' $1"),
            ("1.5e-3 .5 1..2", "1.5e-3 .5 1 . .2"),
            ("X'1F' B'01'", "B'00011111' B'01'"),
            (
                "\"Straße\" straße \"order\" Select",
                "\"Straße\" straße \"order\" SELECT",
            ),
            ("x::int4[1:2]", "x :: int4 [ 1 : 2 ]"),
            ("f(a := 1)", "f ( a => 1 )"),
        ] {
            assert_eq!(sql(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn an_open_end_is_no_token() {
        for text in ["'a", "\"a", "$x$a$$", "/* a", "1abc", "\"\"", "{", r"E'\"] {
            assert_eq!(tokens(text), None, "{text}");
        }
    }
}
