//! Names of types: several words, modifiers, brackets.

use super::{Parser, Read, Unread, unsaid};
use crate::schema::column_type::ColumnType;
use crate::schema::expression::lexer::Token;
use crate::schema::expression::parser::primary::{is_reserved, spell};
use crate::schema::ident::{Ident, QualifiedName};

impl Parser<'_> {
    /// A type after `::` or in `CAST`.
    pub(super) fn type_name(&mut self) -> Read<ColumnType> {
        self.eat_word("setof");
        let mut text = match self.word() {
            Some(word) if is_reserved(word) => return Err(Unread),
            Some(word) => {
                let word = word.to_owned();
                self.worded_type(&word)?
            }
            None => spell(&self.path()?),
        };
        if !text.contains(')') {
            text.push_str(&self.modifiers()?);
        }
        if text.starts_with("interval") {
            let fields = self.interval_fields();
            if !fields.is_empty() {
                text = format!("{text} {fields}");
            }
        }
        if text.starts_with("time") {
            text.push_str(self.time_zone());
        }
        let mut array = false;
        while self.is_symbol("[")
            && matches!(
                (self.ahead(1), self.ahead(2)),
                (Some(Token::Symbol(close)), _) | (Some(Token::Number(_)), Some(Token::Symbol(close)))
                    if close == "]"
            )
        {
            self.at += 2;
            self.at += usize::from(!self.tokens[self.at - 1].is_symbol("]"));
            array = true;
        }
        array |= self.eat_word("array");
        if array {
            text.push_str("[]");
        }
        Ok(self.resolved(&text))
    }

    fn resolved(&self, text: &str) -> ColumnType {
        ColumnType::parse(text, &|namespace: Option<&Ident>, name: &Ident| {
            namespace
                .filter(|namespace| !unsaid(namespace.as_str(), self.home))
                .map(|namespace| QualifiedName::new(namespace.clone(), name.clone()))
        })
    }

    fn worded_type(&mut self, word: &str) -> Read<String> {
        let second = match word {
            "double" => Some("precision"),
            "character" | "char" | "nchar" | "bit" => Some("varying"),
            _ => None,
        };
        if word == "national" {
            self.at += 1;
            let of = self.label()?;
            let varying = if self.eat_word("varying") {
                " varying"
            } else {
                ""
            };
            return Ok(format!("{of}{varying}"));
        }
        if let Some(second) = second {
            self.at += 1;
            return Ok(if self.eat_word(second) {
                format!("{word} {second}")
            } else if word == "double" {
                return Err(Unread);
            } else {
                word.to_owned()
            });
        }
        Ok(spell_type(&self.path()?))
    }

    /// `(10,2)`
    fn modifiers(&mut self) -> Read<String> {
        if !self.is_symbol("(") {
            return Ok(String::new());
        }
        self.at += 1;
        let mut parts = Vec::new();
        loop {
            let sign = if self.eat_symbol("-") { "-" } else { "" };
            match self.next()? {
                Token::Number(text) => parts.push(format!("{sign}{text}")),
                Token::Word(text) | Token::Name(text) | Token::Text(text) => parts.push(text),
                _ => return Err(Unread),
            }
            if !self.eat_symbol(",") {
                self.expect_symbol(")")?;
                return Ok(format!("({})", parts.join(",")));
            }
        }
    }

    fn time_zone(&mut self) -> &'static str {
        if self.eat_words(&["with", "time", "zone"]) {
            " with time zone"
        } else {
            self.eat_words(&["without", "time", "zone"]);
            ""
        }
    }

    /// `day to second(3)`, or nothing.
    pub(super) fn interval_fields(&mut self) -> String {
        const FIELDS: [&str; 6] = ["year", "month", "day", "hour", "minute", "second"];
        let mut text = String::new();
        while let Some(word) = self
            .word()
            .filter(|word| FIELDS.contains(word) || (*word == "to" && !text.is_empty()))
        {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(word);
            self.at += 1;
        }
        if text.ends_with("second")
            && let Ok(digits) = self.modifiers()
        {
            text.push_str(&digits);
        }
        text
    }
}

/// Built-in names stay words, so that the type's own reading finds them.
fn spell_type(path: &[String]) -> String {
    match path {
        [name] if name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') => name.clone(),
        _ => spell(path),
    }
}
