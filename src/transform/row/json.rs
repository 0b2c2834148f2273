//! JSON as `jsonb` keeps it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use regex::Regex;

use super::decimal::Decimal;
use crate::mapping::{JsonPath, JsonStep};
use crate::transform::json as rules;

/// A JSON value as `jsonb` keeps it: of members with one name the last, in the server's order.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json {
    Null,
    Boolean(bool),
    Number(Decimal),
    Text(String),
    Array(Vec<Self>),
    Object(BTreeMap<Name, Self>),
}

/// A member's name; shorter ones come first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    length: usize,
    text: String,
}

impl Name {
    fn new(text: String) -> Self {
        let length = text.len();
        Self { length, text }
    }
}

static STRING: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(&format!("^{}", rules::STRING)).ok());
static SCALAR: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new("^-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][+-]?[0-9]+)?").ok());
static HUGE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(rules::HUGE).ok());

impl Json {
    /// Reads a text that the server keeps as `jsonb`, and that is not too deep.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut rest = text;
        let json = value(&mut rest, 0)?;
        blanks(&mut rest);
        rest.is_empty().then_some(json)
    }

    /// The object of those members.
    pub(super) fn object(members: impl IntoIterator<Item = (String, Self)>) -> Self {
        let members = members.into_iter();
        Self::Object(
            members
                .map(|(name, json)| (Name::new(name), json))
                .collect(),
        )
    }

    /// The member at the end of the path; an array is never taken for its elements.
    pub(super) fn member(&self, path: &JsonPath) -> Option<&Self> {
        path.steps
            .iter()
            .try_fold(self, |json, step| match (step, json) {
                (JsonStep::Member(name), Self::Object(members)) => {
                    members.get(&Name::new(name.clone()))
                }
                (JsonStep::Element(index), Self::Array(elements)) => {
                    elements.get(usize::try_from(*index).ok()?)
                }
                _ => None,
            })
    }

    /// Its text form: a string without quotes, nothing for null.
    pub(super) fn into_text(self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Text(text) => Some(text),
            other => Some(other.to_string()),
        }
    }
}

fn blanks(rest: &mut &str) {
    *rest = rest.trim_start_matches([' ', '\t', '\n', '\r']);
}

fn sign(rest: &mut &str, sign: char) -> bool {
    blanks(rest);
    match rest.strip_prefix(sign) {
        Some(after) => {
            *rest = after;
            true
        }
        None => false,
    }
}

fn value(rest: &mut &str, depth: usize) -> Option<Json> {
    blanks(rest);
    match rest.chars().next()? {
        '"' => string(rest).map(Json::Text),
        '[' | '{' if depth >= rules::DEEPEST => None,
        '[' => array(rest, depth),
        '{' => object(rest, depth),
        't' => word(rest, "true", Json::Boolean(true)),
        'f' => word(rest, "false", Json::Boolean(false)),
        'n' => word(rest, "null", Json::Null),
        _ => number(rest),
    }
}

fn word(rest: &mut &str, word: &str, json: Json) -> Option<Json> {
    *rest = rest.strip_prefix(word)?;
    Some(json)
}

fn number(rest: &mut &str) -> Option<Json> {
    let found = SCALAR.as_ref()?.find(rest)?;
    let text = found.as_str();
    if HUGE.as_ref()?.is_match(text) {
        return None;
    }
    *rest = &rest[found.end()..];
    Decimal::read(text).map(Json::Number)
}

fn string(rest: &mut &str) -> Option<String> {
    let found = STRING.as_ref()?.find(rest)?;
    *rest = &rest[found.end()..];
    serde_json::from_str(found.as_str()).ok()
}

fn array(rest: &mut &str, depth: usize) -> Option<Json> {
    sign(rest, '[');
    let mut elements = Vec::new();
    if sign(rest, ']') {
        return Some(Json::Array(elements));
    }
    loop {
        elements.push(value(rest, depth + 1)?);
        if sign(rest, ']') {
            return Some(Json::Array(elements));
        }
        if !sign(rest, ',') {
            return None;
        }
    }
}

fn object(rest: &mut &str, depth: usize) -> Option<Json> {
    sign(rest, '{');
    let mut members = BTreeMap::new();
    if sign(rest, '}') {
        return Some(Json::Object(members));
    }
    loop {
        blanks(rest);
        let name = string(rest)?;
        if !sign(rest, ':') {
            return None;
        }
        let member = value(rest, depth + 1)?;
        members.insert(Name::new(name), member);
        if sign(rest, '}') {
            return Some(Json::Object(members));
        }
        if !sign(rest, ',') {
            return None;
        }
    }
}

impl fmt::Display for Json {
    /// As the server writes `jsonb`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => quoted(f, text),
            Self::Array(elements) => {
                f.write_str("[")?;
                for (index, element) in elements.iter().enumerate() {
                    let comma = if index > 0 { ", " } else { "" };
                    write!(f, "{comma}{element}")?;
                }
                f.write_str("]")
            }
            Self::Object(members) => {
                f.write_str("{")?;
                for (index, (name, member)) in members.iter().enumerate() {
                    f.write_str(if index > 0 { ", " } else { "" })?;
                    quoted(f, &name.text)?;
                    write!(f, ": {member}")?;
                }
                f.write_str("}")
            }
        }
    }
}

fn quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str("\"")?;
    for c in text.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\u{8}' => f.write_str("\\b")?,
            '\u{c}' => f.write_str("\\f")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            c if u32::from(c) < 0x20 => write!(f, "\\u{:04x}", u32::from(c))?,
            c => write!(f, "{c}")?,
        }
    }
    f.write_str("\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_json_as_the_server_does() {
        for (text, written) in [
            (
                "{\"bb\":1,\"a\":[1.50,1e2],\"a\":null}",
                "{\"a\": null, \"bb\": 1}",
            ),
            (" [ ] ", "[]"),
            ("\"\\u00e9\\ud83d\\ude00\\/\"", "\"é😀/\""),
            ("-0", "0"),
        ] {
            assert_eq!(Json::read(text).expect(text).to_string(), written);
        }
    }

    #[test]
    fn refuses_what_the_server_does_not_keep() {
        for text in [
            "",
            "{",
            "[1,]",
            "{\"a\"}",
            "01",
            "1 2",
            "tru",
            "\"\\u0000\"",
            "\"\\ud800\"",
            "\"a\nb\"",
            "1e9999",
            "{a:1}",
            "'a'",
            "[1}",
            "\u{1}",
        ] {
            assert_eq!(Json::read(text), None, "{text}");
        }
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(Json::read(&nested(64)).is_some());
        assert_eq!(Json::read(&nested(65)), None);
        assert_eq!(Json::read(&nested(100_000)), None);
    }
}
