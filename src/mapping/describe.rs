//! Rules in words, for reports.

use super::{
    ColumnCorrespondence, Fallback, Literal, Lookup, OnAmbiguous, OnError, OnMissing, PackForm,
    RangeRule, Rule, Transform,
};

/// How much of an SQL expression a line shows, in characters.
const SQL_SHOWN: usize = 60;

impl ColumnCorrespondence {
    /// The rule in one line, such as `range (midpoint); the row goes to quarantine when it cannot be
    /// converted`.
    pub fn describe(&self) -> String {
        let steps = match &self.rule {
            Rule::Keep => return "kept under its own name".to_owned(),
            Rule::Archive => return "kept in the archive".to_owned(),
            Rule::Drop { reason } => return format!("dropped: {}", one_line(reason)),
            Rule::Convert(steps) => steps,
        };
        let mut parts = vec![if steps.is_empty() {
            "as it is".to_owned()
        } else {
            let steps: Vec<String> = steps.iter().map(Transform::describe).collect();
            steps.join(" → ")
        }];
        match self.nulls.as_slice() {
            [] => {}
            [only] => parts.push(format!("{} as NULL", quoted(only))),
            [first, rest @ ..] => {
                parts.push(format!("{} and {} more as NULL", quoted(first), rest.len()));
            }
        }
        if let Some(default) = &self.default {
            parts.push(format!("{} for NULL", default.quoted()));
        }
        if steps.iter().any(Transform::can_fail) {
            parts.push(match (self.on_error, &self.default) {
                (OnError::Fail, _) => "the run stops when it cannot be converted".to_owned(),
                (OnError::Quarantine, _) => {
                    "the row goes to quarantine when it cannot be converted".to_owned()
                }
                (OnError::Default, Some(default)) => {
                    format!("{} when it cannot be converted", default.quoted())
                }
                (OnError::Null | OnError::Default, _) => {
                    "NULL when it cannot be converted".to_owned()
                }
            });
        }
        parts.join("; ")
    }
}

impl Transform {
    /// The step in words.
    pub fn describe(&self) -> String {
        match self {
            Self::Cast { ty, format, zone } => {
                let mut words = vec![format!("cast to {}", one_line(ty))];
                words.extend(format.iter().map(|f| format!("written as {}", one_line(f))));
                words.extend(zone.iter().map(|z| format!("in the zone {}", one_line(z))));
                words.join(" ")
            }
            Self::Value(value) => format!("always {}", value.quoted()),
            Self::Concat { separator, .. } => {
                format!("joined by {}", quoted(separator))
            }
            Self::Split {
                on: Some(separator),
                ..
            } => format!("split at {}", quoted(separator)),
            Self::Split { .. } => "split by a regular expression".to_owned(),
            Self::Values { on_unknown, .. } => match on_unknown {
                Fallback::Error => "values".to_owned(),
                Fallback::Null => "values (others NULL)".to_owned(),
                Fallback::Keep => "values (others stay)".to_owned(),
                Fallback::Value(value) => format!("values (others {})", value.quoted()),
            },
            Self::Range { rule, .. } => match rule {
                RangeRule::Lower => "range (lower end)".to_owned(),
                RangeRule::Upper => "range (upper end)".to_owned(),
                RangeRule::Midpoint => "range (midpoint)".to_owned(),
            },
            Self::Lookup(lookup) => lookup.describe(),
            Self::Json { path } => format!("member {path}"),
            Self::Pack(PackForm::Json) => "packed as JSON".to_owned(),
            Self::Pack(PackForm::Text) => "packed as text".to_owned(),
            Self::Scale { factor, offset } => match (factor.as_str(), offset.as_str()) {
                (_, "0") => format!("times {factor}"),
                ("1", _) => format!("plus {offset}"),
                _ => format!("times {factor} plus {offset}"),
            },
            Self::When { cases, otherwise } => {
                let mut words: Vec<String> = cases
                    .iter()
                    .map(|case| format!("when {} then {}", case.condition, case.value.quoted()))
                    .collect();
                words.push(match otherwise {
                    Some(value) => format!("else {}", value.quoted()),
                    None => "else NULL".to_owned(),
                });
                one_line(&words.join(", "))
            }
            Self::Sql(expression) => format!("sql {}", shortened(&one_line(expression))),
        }
    }

    /// Whether some value makes it fail, which is when `on_error` decides.
    pub fn can_fail(&self) -> bool {
        match self {
            Self::Cast { .. }
            | Self::Split { .. }
            | Self::Range { .. }
            | Self::Json { .. }
            | Self::Scale { .. }
            | Self::Sql(_) => true,
            Self::Values { on_unknown, .. } => *on_unknown == Fallback::Error,
            Self::Lookup(lookup) => {
                lookup.on_missing == OnMissing::Error || lookup.on_ambiguous == OnAmbiguous::Error
            }
            Self::Value(_) | Self::Concat { .. } | Self::Pack(_) | Self::When { .. } => false,
        }
    }
}

impl Lookup {
    fn describe(&self) -> String {
        let mut columns: Vec<String> = self.matches.iter().map(ToString::to_string).collect();
        let last = columns.pop().unwrap_or_default();
        let columns = match columns.as_slice() {
            [] => last,
            others => format!("{} or {last}", others.join(", ")),
        };
        format!("lookup {} by {columns}", self.table)
    }
}

fn quoted(text: &str) -> String {
    Literal::Text(text.to_owned()).quoted()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SQL_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::mapping::file::read;

    #[test]
    fn says_a_rule_in_one_line() {
        for (entry, words) in [
            ("from = 't.a'\nto = 't.b'", "as it is"),
            ("from = 't.a'\nkeep = true", "kept under its own name"),
            ("from = 't.a'\narchive = true", "kept in the archive"),
            (
                "from = 't.a'\ndrop = true\nreason = 'never\\nfilled'",
                "dropped: never\\nfilled",
            ),
            (
                "from = 't.a'\nto = 't.b'\nrange = { rule = 'midpoint' }\nnulls = ['', 'n/a']",
                "range (midpoint); '' and 1 more as NULL; the row goes to quarantine when it cannot be converted",
            ),
            (
                "from = 't.a'\nto = 't.b'\nsteps = [{ values = { a = 'b' }, on_unknown = 'keep' }, \
                 { lookup = { table = 'users', match = ['email', 'full_name', 'id'], take = 'id', \
                 on_missing = 'null', on_ambiguous = 'null' } }]",
                "values (others stay) → lookup users by email, full_name or id",
            ),
            (
                "from = 't.a'\nto = 't.b'\nwhen = [{ if = 'a >= 70 or a is null', value = 'P1' }]\notherwise = 3",
                "when a >= 70 or a is null then 'P1', else 3",
            ),
            (
                "from = 't.a'\nto = 't.b'\ncast = 'numeric'\non_error = 'null'",
                "cast to numeric; NULL when it cannot be converted",
            ),
            (
                "from = 't.a'\nto = 't.b'\ncast = 'date'\nformat = 'DD/MM'\nzone = 'UTC'\ndefault = 'x'\non_error = 'default'",
                "cast to date written as DD/MM in the zone UTC; 'x' for NULL; 'x' when it cannot be converted",
            ),
            ("to = 't.b'\nvalue = true", "always true"),
            (
                "from = ['t.a', 't.c']\nto = 't.b'\npack = 'json'",
                "packed as JSON",
            ),
            (
                "from = ['t.a', 't.c']\nto = 't.b'\nconcat = { sep = ' ' }",
                "joined by ' '",
            ),
            (
                "from = 't.a'\nto = ['t.b', 't.c']\nsplit = { on = ' ' }\non_error = 'fail'",
                "split at ' '; the run stops when it cannot be converted",
            ),
            (
                "from = 't.a'\nto = 't.b'\nscale = { factor = 1.8, offset = 32 }\non_error = 'null'",
                "times 1.8 plus 32; NULL when it cannot be converted",
            ),
            (
                "to = 't.b'\nsql = \"\"\"\n  now()\n  + '1 day'\n\"\"\"\non_error = 'null'",
                "sql now() + '1 day'; NULL when it cannot be converted",
            ),
        ] {
            let text = format!("format = 1\n[[column]]\n{entry}");
            let mapping = read(&text).unwrap_or_else(|errors| panic!("{errors:?}\n{text}"));
            assert_eq!(mapping.columns[0].describe(), words);
        }
    }

    #[test]
    fn shortens_long_sql_between_characters() {
        let entry = format!(
            "format = 1\n[[column]]\nto = 't.b'\nsql = '{}'",
            "é".repeat(100)
        );
        let words = read(&entry).unwrap().columns[0].describe();
        assert!(
            words.starts_with(&format!("sql {}…;", "é".repeat(60))),
            "{words}"
        );
    }
}
