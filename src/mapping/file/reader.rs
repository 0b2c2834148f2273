//! The layer between TOML and the mapping: values with their places, and every trouble collected.

use std::fmt::Display;

use toml::de::DeValue;

use super::ParseError;
use super::item::{Fields, Item};
use super::place::Text;
use crate::mapping::{At, ColumnRef, Condition, Literal, TableRef, reference};
use crate::schema::Ident;

/// Takes values out of a document and notes what is wrong with them. A value that is wrong reads as
/// `None`, and its error is noted.
#[derive(Debug)]
pub(super) struct Reader<'t> {
    text: Text<'t>,
    errors: Vec<ParseError>,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text: Text::new(text),
            errors: Vec::new(),
        }
    }

    /// Gives up with every error that was noted, if any was.
    pub(super) fn finish(&mut self) -> Result<(), Vec<ParseError>> {
        if self.errors.is_empty() {
            return Ok(());
        }
        self.errors.sort();
        self.errors.dedup();
        Err(std::mem::take(&mut self.errors))
    }

    /// The line and column of a byte.
    pub(super) fn at(&self, byte: usize) -> At {
        self.text.at(byte)
    }

    pub(super) fn error(&mut self, byte: usize, message: impl Into<String>) {
        self.note(byte, message.into(), None);
    }

    pub(super) fn error_with_hint(
        &mut self,
        byte: usize,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.note(byte, message.into(), Some(hint.into()));
    }

    /// Notes an error at a place that was kept.
    pub(super) fn error_at(&mut self, at: At, message: impl Into<String>) {
        self.errors.push(ParseError {
            at,
            message: message.into(),
            hint: None,
        });
    }

    fn note(&mut self, byte: usize, message: String, hint: Option<String>) {
        let at = self.at(byte);
        self.errors.push(ParseError { at, message, hint });
    }

    /// Notes an error of the TOML parser; only the first of a line, for the rest follow from it.
    pub(super) fn syntax(&mut self, error: &toml::de::Error) {
        let span = error.span().unwrap_or_else(|| self.text.end());
        let at = self.at(span.start);
        if self
            .errors
            .last()
            .is_some_and(|noted| noted.at.line == at.line)
        {
            return;
        }
        let found = self.text.part(span).trim();
        let message = match error.message() {
            "duplicate key" => format!("`{found}` is already said"),
            message => format!("not TOML: {message}"),
        };
        self.errors.push(ParseError {
            at,
            message,
            hint: None,
        });
    }

    /// A table whose keys are among `known`; `title` is what messages call it.
    pub(super) fn fields<'d>(
        &mut self,
        item: &Item<'d>,
        title: &str,
        known: &[&str],
    ) -> Option<Fields<'d>> {
        let Some(fields) = Fields::unchecked(item) else {
            self.wrong_type(item, "a table");
            return None;
        };
        for entry in fields.entries() {
            if !known.contains(&entry.name) {
                let hint = choice_hint("key", entry.name, known);
                let message = format!("unknown key `{}` in {title}", entry.name);
                self.error_with_hint(fields.key_start(entry.name), message, hint);
            }
        }
        Some(fields)
    }

    /// The entries of a table whose keys are the user's own, in the file's order.
    pub(super) fn pairs<'d>(&mut self, item: &Item<'d>) -> Vec<Item<'d>> {
        let Some(fields) = Fields::unchecked(item) else {
            self.wrong_type(item, "a table");
            return Vec::new();
        };
        let entries = fields.entries();
        for entry in entries.iter().filter(|entry| entry.name.contains('\0')) {
            let place = fields.key_start(entry.name);
            self.error(place, "a key cannot contain a NUL character");
        }
        entries
    }

    /// The tables of an array of tables; none when the key is absent.
    pub(super) fn tables<'d>(
        &mut self,
        fields: &Fields<'d>,
        key: &'static str,
        form: &str,
    ) -> Vec<Item<'d>> {
        let Some(item) = fields.get(key) else {
            return Vec::new();
        };
        if item.value.is_table() {
            let message = format!("`{key}` is a list: it is written `{form}`, once for each");
            self.error(item.start, message);
            return Vec::new();
        }
        self.list(&item)
    }

    /// The value of a key that must be there.
    pub(super) fn required<'d>(
        &mut self,
        fields: &Fields<'d>,
        key: &'static str,
        title: &str,
    ) -> Option<Item<'d>> {
        let item = fields.get(key);
        if item.is_none() {
            self.error(fields.start, format!("{title} needs `{key}`"));
        }
        item
    }

    fn wrong_type(&mut self, item: &Item<'_>, expected: &str) {
        let found = match item.value {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "an integer",
            DeValue::Float(_) => "a float",
            DeValue::Boolean(_) => "a boolean",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "an array",
            DeValue::Table(_) => "a table",
        };
        let name = item.name;
        let place = if item.listed { "in" } else { "for" };
        self.error(
            item.start,
            format!("expected {expected} {place} `{name}`, found {found}"),
        );
    }

    /// The elements of an array.
    pub(super) fn list<'d>(&mut self, item: &Item<'d>) -> Vec<Item<'d>> {
        let Some(array) = item.value.as_array() else {
            self.wrong_type(item, "an array");
            return Vec::new();
        };
        let elements = array.iter();
        elements
            .map(|value| Item::element(item.name, value))
            .collect()
    }

    /// The elements of an array, or the one value that stands for an array of one.
    pub(super) fn one_or_list<'d>(&mut self, item: &Item<'d>) -> Vec<Item<'d>> {
        if item.value.is_array() {
            self.list(item)
        } else {
            vec![*item]
        }
    }

    /// Any string that Postgres can hold.
    pub(super) fn text(&mut self, item: &Item<'_>) -> Option<String> {
        let Some(text) = item.value.as_str() else {
            self.wrong_type(item, "a string");
            return None;
        };
        if text.contains('\0') {
            let message = format!("`{}` cannot contain a NUL character", item.name);
            self.error(item.start, message);
            return None;
        }
        Some(text.to_owned())
    }

    /// A string with something in it.
    pub(super) fn words(&mut self, item: &Item<'_>) -> Option<String> {
        let text = self.text(item)?;
        if text.trim().is_empty() {
            self.error(item.start, format!("`{}` is empty", item.name));
            return None;
        }
        Some(text)
    }

    pub(super) fn boolean(&mut self, item: &Item<'_>) -> Option<bool> {
        let truth = item.value.as_bool();
        if truth.is_none() {
            self.wrong_type(item, "`true` or `false`");
        }
        truth
    }

    pub(super) fn integer(&mut self, item: &Item<'_>) -> Option<i64> {
        let Some(integer) = item.value.as_integer() else {
            self.wrong_type(item, "an integer");
            return None;
        };
        let number = i64::from_str_radix(integer.as_str(), integer.radix()).ok();
        if number.is_none() {
            self.error(item.start, format!("`{integer}` is out of range"));
        }
        number
    }

    /// A whole number from `least` up.
    pub(super) fn count(&mut self, item: &Item<'_>, least: u32) -> Option<u32> {
        let number = self.integer(item)?;
        let count = u32::try_from(number).ok().filter(|count| *count >= least);
        if count.is_none() {
            let name = item.name;
            let bound = if number < i64::from(least) {
                format!("at least {least}")
            } else {
                format!("at most {}", u32::MAX)
            };
            self.error(
                item.start,
                format!("`{name}` must be {bound}, found {number}"),
            );
        }
        count
    }

    /// A number as the file writes it, in decimal.
    pub(super) fn number(&mut self, item: &Item<'_>) -> Option<String> {
        match item.value {
            DeValue::Integer(_) => self.integer(item).map(|number| number.to_string()),
            DeValue::Float(float) => {
                let written = float.as_str();
                if written.parse().is_ok_and(f64::is_finite) {
                    return Some(written.trim_start_matches('+').to_owned());
                }
                self.error(item.start, format!("`{written}` is not a finite number"));
                None
            }
            _ => {
                self.wrong_type(item, "a number");
                None
            }
        }
    }

    /// A number from 0 to 1 in thousandths, exact.
    pub(super) fn share(&mut self, item: &Item<'_>) -> Option<u32> {
        let written = self.number(item)?;
        let share = thousandths(&written);
        if share.is_none() {
            let message = format!(
                "`{}` must be from 0 to 1 with at most 3 decimals, found {written}",
                item.name
            );
            self.error(item.start, message);
        }
        share
    }

    /// A value of any scalar type; a date or time is its text.
    pub(super) fn literal(&mut self, item: &Item<'_>) -> Option<Literal> {
        match item.value {
            DeValue::Integer(_) => self.integer(item).map(Literal::Integer),
            DeValue::Float(_) => {
                let number = self.number(item)?;
                number.parse().ok().map(Literal::Float)
            }
            DeValue::Boolean(truth) => Some(Literal::Boolean(*truth)),
            DeValue::Datetime(moment) => Some(Literal::Text(moment.to_string())),
            DeValue::String(_) => self.text(item).map(Literal::Text),
            DeValue::Array(_) | DeValue::Table(_) => {
                self.wrong_type(item, "a string, number or boolean");
                None
            }
        }
    }

    /// One word of a closed list.
    pub(super) fn choice<T: Clone>(&mut self, item: &Item<'_>, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text(item)?;
        let found = choices.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            let message = format!("`{}` cannot be `{text}`", item.name);
            self.error_with_hint(item.start, message, choice_hint("word", &text, &words));
        }
        found.map(|(_, choice)| choice.clone())
    }

    /// `["trim", "lower"]`: whether blanks around a text are cut, and whether its case is ignored.
    pub(super) fn normalize(&mut self, list: &Item<'_>) -> (bool, bool) {
        let (mut trim, mut lower) = (false, false);
        for item in self.list(list) {
            match self.choice(&item, &[("trim", false), ("lower", true)]) {
                Some(false) => trim = true,
                Some(true) => lower = true,
                None => {}
            }
        }
        (trim, lower)
    }

    pub(super) fn table_ref(&mut self, item: &Item<'_>) -> Option<TableRef> {
        self.parsed(item, "a table", |text| {
            text.parse()
                .map_err(|error: reference::ReferenceError| (error.at, error.message))
        })
    }

    pub(super) fn column_ref(&mut self, item: &Item<'_>) -> Option<ColumnRef> {
        self.parsed(item, "a column", |text| {
            text.parse()
                .map_err(|error: reference::ReferenceError| (error.at, error.message))
        })
    }

    pub(super) fn ident(&mut self, item: &Item<'_>) -> Option<Ident> {
        self.parsed(item, "a name", |text| {
            reference::name(text).map_err(|error| (error.at, error.message))
        })
    }

    pub(super) fn condition(&mut self, item: &Item<'_>) -> Option<Condition> {
        self.parsed(item, "a condition", |text| {
            text.parse()
                .map_err(|error: super::super::condition::ConditionError| (error.at, error.message))
        })
    }

    /// A string in a language of its own, whose errors say a character from 1 and a message.
    pub(super) fn parsed<T, M: Display>(
        &mut self,
        item: &Item<'_>,
        what: &str,
        parse: impl FnOnce(&str) -> Result<T, (usize, M)>,
    ) -> Option<T> {
        let text = self.text(item)?;
        match parse(&text) {
            Ok(value) => Some(value),
            Err((at, message)) => {
                let place = self.text.within(item.span(), at.saturating_sub(1));
                self.error(place, format!("`{text}` is not {what}: {message}"));
                None
            }
        }
    }
}

fn thousandths(written: &str) -> Option<u32> {
    let (whole, decimals) = written.split_once('.').unwrap_or((written, ""));
    let decimals = decimals.trim_end_matches('0');
    if decimals.len() > 3 || !decimals.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let whole: u32 = whole.parse().ok()?;
    let part: u32 = format!("{decimals:0<3}").parse().ok()?;
    let sum = whole.checked_mul(1000)?.checked_add(part)?;
    (sum <= 1000).then_some(sum)
}

/// Every word that may stand there, the nearest first named.
fn choice_hint(what: &str, found: &str, choices: &[&str]) -> String {
    let list: Vec<String> = choices.iter().map(|word| format!("`{word}`")).collect();
    let list = list.join(", ");
    match nearest(found, choices) {
        Some(near) => format!("did you mean `{near}`? the {what}s here are {list}"),
        None => format!("the {what}s here are {list}"),
    }
}

/// The choice that a slip of the finger may have meant.
fn nearest<'a>(found: &str, choices: &[&'a str]) -> Option<&'a str> {
    let found = found.to_lowercase();
    let length = found.chars().count();
    choices
        .iter()
        .filter(|choice| length <= choice.len() * 2)
        .map(|choice| (strsim::osa_distance(&found, choice), *choice))
        .filter(|(distance, choice)| *distance <= choice.len().max(3) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, choice)| choice)
}
