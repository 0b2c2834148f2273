//! The way to one member of a JSON value, such as `$.budget.items[0]`.

use std::fmt;
use std::str::FromStr;

/// The way from the whole value (`$`) to a member of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonPath {
    /// One step a level; none is the whole value.
    pub steps: Vec<JsonStep>,
}

/// One level down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonStep {
    /// The member of an object.
    Member(String),
    /// The element of an array, from 0.
    Element(u32),
}

/// Why a text is no path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("character {at}: {message}")]
pub struct JsonPathError {
    /// The first character that is wrong, from 1; one past the last when the text ends early.
    pub at: usize,
    /// What is wrong with it.
    pub message: &'static str,
}

const FORM: &str = "a path is written `$.name`, `$.\"odd name\"` or `$.list[0]`";

impl FromStr for JsonPath {
    type Err = JsonPathError;

    fn from_str(text: &str) -> Result<Self, JsonPathError> {
        let chars: Vec<char> = text.chars().collect();
        let error = |index: usize| JsonPathError {
            at: index + 1,
            message: FORM,
        };
        if chars.first() != Some(&'$') {
            return Err(error(0));
        }
        let mut steps = Vec::new();
        let mut index = 1;
        while let Some(found) = chars.get(index) {
            let (step, end) = match found {
                '.' => member(&chars, index + 1),
                '[' => element(&chars, index + 1),
                _ => None,
            }
            .ok_or_else(|| error(index))?;
            steps.push(step);
            index = end;
        }
        Ok(Self { steps })
    }
}

fn plain(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

fn member(chars: &[char], start: usize) -> Option<(JsonStep, usize)> {
    if chars.get(start) != Some(&'"') {
        let name: String = chars[start..].iter().take_while(|c| plain(**c)).collect();
        let end = start + name.chars().count();
        return (!name.is_empty()).then_some((JsonStep::Member(name), end));
    }
    let mut name = String::new();
    let mut rest = chars.iter().enumerate().skip(start + 1);
    while let Some((index, c)) = rest.next() {
        match c {
            '"' => return Some((JsonStep::Member(name), index + 1)),
            '\\' => name.push(*rest.next()?.1),
            _ => name.push(*c),
        }
    }
    None
}

fn element(chars: &[char], start: usize) -> Option<(JsonStep, usize)> {
    let digits: String = chars[start..]
        .iter()
        .take_while(|c| c.is_ascii_digit())
        .collect();
    let end = start + digits.len();
    let number = digits.parse().ok()?;
    (chars.get(end) == Some(&']')).then_some((JsonStep::Element(number), end + 1))
}

impl fmt::Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        for step in &self.steps {
            match step {
                JsonStep::Member(name) if !name.is_empty() && name.chars().all(plain) => {
                    write!(f, ".{name}")?;
                }
                JsonStep::Member(name) => {
                    let escaped = name.replace('\\', "\\\\").replace('"', "\\\"");
                    write!(f, ".\"{escaped}\"")?;
                }
                JsonStep::Element(number) => write!(f, "[{number}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_members_and_elements() {
        let path: JsonPath = "$.budget.items[12].\"odd \\\"name\"".parse().unwrap();
        assert_eq!(
            path.steps,
            [
                JsonStep::Member("budget".into()),
                JsonStep::Member("items".into()),
                JsonStep::Element(12),
                JsonStep::Member("odd \"name".into()),
            ]
        );
    }

    #[test]
    fn says_where_a_text_is_no_path() {
        for (text, at) in [
            ("", 1),
            ("budget", 1),
            ("$.", 2),
            ("$budget", 2),
            ("$.a..b", 4),
            ("$.a[x]", 4),
            ("$.a[1", 4),
            ("$.a[99999999999]", 4),
            ("$.\"a", 2),
            ("$.größe b", 8),
        ] {
            let error = text.parse::<JsonPath>().expect_err(text);
            assert_eq!(error.at, at, "`{text}`");
        }
    }

    proptest! {
        #[test]
        fn reads_back_what_it_wrote(names in prop::collection::vec(".{0,6}", 0..4), n in any::<u32>()) {
            let mut steps: Vec<JsonStep> = names.into_iter().map(JsonStep::Member).collect();
            steps.push(JsonStep::Element(n));
            let path = JsonPath { steps };
            prop_assert_eq!(path.to_string().parse::<JsonPath>(), Ok(path));
        }
    }
}
