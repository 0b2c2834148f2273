//! The verbs, one step at a time.

use std::collections::HashMap;

use jiff::tz::TimeZone;
use regex::Regex;

use super::cast::{self, GROUPED};
use super::conditions::Prepared;
use super::decimal::Decimal;
use super::json::Json;
use super::{Program, Row, range, read};
use crate::mapping::{
    Fallback, JsonPath, Lookup, OnAmbiguous, OnMissing, OpenRange, PackForm, RangeRule,
};
use crate::schema::{ColumnType as T, Ident};
use crate::transform::format::{Field, Format, MONTHS};
use crate::transform::lookup::{Found, LookupTable};
use crate::transform::{Code, Kind, charset};

/// A step made ready.
#[derive(Debug)]
pub(super) enum Step<'a> {
    Cast(Kind, Option<TimeZone>),
    FormatNumber,
    FormatMoment(Regex, Vec<Field>),
    Value(String),
    Concat(String, bool),
    Split {
        on: String,
        limit: Option<usize>,
        index: usize,
        columns: usize,
    },
    SplitRegex {
        regex: Regex,
        index: usize,
    },
    Values(HashMap<String, String>, Fallback),
    Range(RangeRule, OpenRange, Vec<(String, i64)>),
    Lookup(Lookup, &'a LookupTable),
    Json(JsonPath),
    Pack(PackForm, Vec<(Ident, Kind)>),
    Scale(Decimal, Decimal),
    When(Vec<(Prepared, String)>, Option<String>),
}

/// What a step gives.
#[derive(Debug, Default)]
pub(super) struct Given {
    pub(super) text: Option<String>,
    pub(super) note: Option<Code>,
}

impl From<Option<String>> for Given {
    fn from(text: Option<String>) -> Self {
        Self { text, note: None }
    }
}

impl Step<'_> {
    pub(super) fn format(format: &Format) -> Result<Self, String> {
        Ok(match format {
            Format::Number => Self::FormatNumber,
            Format::Moment { pattern, fields } => {
                let regex = Regex::new(pattern).map_err(|error| error.to_string())?;
                Self::FormatMoment(regex, fields.clone())
            }
        })
    }

    /// Applies the step to the text at hand.
    pub(super) fn apply(
        &self,
        text: Option<String>,
        program: &Program<'_>,
        row: &Row<'_>,
    ) -> Result<Given, Code> {
        match self {
            Self::Value(value) => return Ok(Some(value.clone()).into()),
            Self::Concat(separator, skip_null) => {
                return Ok(concat(separator, *skip_null, program, row).into());
            }
            Self::Pack(form, parts) => return Ok(pack(*form, parts, program, row)?.into()),
            Self::When(cases, otherwise) => {
                let holding = cases
                    .iter()
                    .find(|(condition, _)| condition.holds(row, &program.nulls) == Some(true));
                let value = holding.map(|(_, value)| value).or(otherwise.as_ref());
                return Ok(value.cloned().into());
            }
            Self::Values(_, Fallback::Value(value)) if text.is_none() => {
                return Ok(Some(value.to_string()).into());
            }
            _ => {}
        }
        match text {
            Some(text) => self.apply_to(text),
            None => Ok(Given::default()),
        }
    }

    fn apply_to(&self, text: String) -> Result<Given, Code> {
        let trimmed = text.trim_matches(|c| charset::ASCII_BLANKS.contains(c));
        Ok(match self {
            Self::Cast(kind, zone) => Some(cast::cast(kind, &text, zone.as_ref())?),
            Self::FormatNumber => {
                if !cast::matches(&GROUPED, trimmed) {
                    return Err(Code::CastInvalid);
                }
                Some(trimmed.replace(',', ""))
            }
            Self::FormatMoment(regex, fields) => {
                let small = trimmed.to_ascii_lowercase();
                let groups = regex.captures(&small).ok_or(Code::CastInvalid)?;
                let group = |field: Field| {
                    let index = fields.iter().position(|found| *found == field)?;
                    groups.get(index + 1).map(|found| found.as_str())
                };
                Some(rebuilt(&group, fields))
            }
            Self::Split {
                on,
                limit,
                index,
                columns,
            } => split(&text, on, *limit, *index, *columns)?,
            Self::SplitRegex { regex, index } => {
                let groups = regex.captures(&text).ok_or(Code::SplitUnmatched)?;
                groups.get(index + 1).map(|found| found.as_str().to_owned())
            }
            Self::Values(pairs, on_unknown) => match (pairs.get(&text), on_unknown) {
                (Some(value), _) => Some(value.clone()),
                (None, Fallback::Error) => return Err(Code::ValuesUnknown),
                (None, Fallback::Null) => None,
                (None, Fallback::Keep) => Some(text),
                (None, Fallback::Value(value)) => Some(value.to_string()),
            },
            Self::Range(rule, open, words) => range::range(&text, *rule, *open, words)?,
            Self::Lookup(lookup, table) => return look_up(lookup, table, &text),
            Self::Json(path) => {
                let json = Json::read(&text).ok_or(Code::JsonUnreadable)?;
                json.member(path).cloned().and_then(Json::into_text)
            }
            Self::Scale(factor, offset) => {
                let number = cast::finite(trimmed).ok_or(Code::ScaleInvalid)?;
                Some(number.times(factor).plus(offset).to_string())
            }
            Self::Value(_) | Self::Concat(..) | Self::Pack(..) | Self::When(..) => Some(text),
        }
        .into())
    }
}

fn concat(
    separator: &str,
    skip_null: bool,
    program: &Program<'_>,
    row: &Row<'_>,
) -> Option<String> {
    let parts = program.from.iter();
    let parts = parts.map(|column| read(row, column, &program.nulls));
    let parts: Vec<&str> = if skip_null {
        parts.flatten().collect()
    } else {
        parts.collect::<Option<_>>()?
    };
    (!parts.is_empty()).then(|| parts.join(separator))
}

fn look_up(lookup: &Lookup, table: &LookupTable, text: &str) -> Result<Given, Code> {
    let (code, is_error) = match table.find(lookup, text) {
        Found::One(take) => return Ok(Some(take.to_owned()).into()),
        Found::Missing => (Code::LookupMissing, lookup.on_missing == OnMissing::Error),
        Found::Ambiguous => (
            Code::LookupAmbiguous,
            lookup.on_ambiguous == OnAmbiguous::Error,
        ),
    };
    if is_error {
        return Err(code);
    }
    Ok(Given {
        text: None,
        note: Some(code),
    })
}

fn split(
    text: &str,
    on: &str,
    limit: Option<usize>,
    index: usize,
    columns: usize,
) -> Result<Option<String>, Code> {
    let parts: Vec<&str> = match limit {
        _ if text.is_empty() => Vec::new(),
        Some(limit) => text.splitn(limit, on).collect(),
        None => text.split(on).collect(),
    };
    if parts.len() > columns {
        return Err(Code::SplitLeftover);
    }
    Ok(parts.get(index).map(|part| (*part).to_owned()))
}

fn pack(
    form: PackForm,
    parts: &[(Ident, Kind)],
    program: &Program<'_>,
    row: &Row<'_>,
) -> Result<Option<String>, Code> {
    let texts = parts
        .iter()
        .map(|(name, kind)| (name, kind, read(row, name, &program.nulls)));
    match form {
        PackForm::Text => {
            let lines = texts.filter_map(|(name, _, text)| {
                text.map(|text| format!("{}: {text}", name.as_str()))
            });
            let lines: Vec<String> = lines.collect();
            Ok((!lines.is_empty()).then(|| lines.join("\n")))
        }
        PackForm::Json => {
            let mut any = false;
            let mut members = Vec::new();
            for (name, kind, text) in texts {
                any |= text.is_some();
                let member = match text {
                    Some(text) => packed(kind, text)?,
                    None => Json::Null,
                };
                members.push((name.as_str().to_owned(), member));
            }
            Ok(any.then(|| Json::object(members).to_string()))
        }
    }
}

/// A value as a member of an object.
fn packed(kind: &Kind, text: &str) -> Result<Json, Code> {
    let as_text = || Json::Text(text.to_owned());
    Ok(match kind {
        Kind::Plain(T::Json | T::Jsonb) => Json::read(text).ok_or(Code::JsonUnreadable)?,
        Kind::Plain(
            T::Smallint | T::Integer | T::Bigint | T::Numeric { .. } | T::Real | T::Double,
        ) => cast::finite(text).map_or_else(as_text, Json::Number),
        Kind::Plain(T::Boolean) => cast::boolean(text).map_or_else(as_text, Json::Boolean),
        _ => as_text(),
    })
}

/// The server's own form of a formatted moment, or a text that is none when an hour is none.
fn rebuilt<'a>(group: &dyn Fn(Field) -> Option<&'a str>, fields: &[Field]) -> String {
    let two = |field: Field| format!("{:0>2}", group(field).unwrap_or("0"));
    let hour = match (group(Field::HalfHour), group(Field::Half)) {
        (Some(hour), Some(half)) => match hour.parse::<u32>() {
            Ok(hour @ 1..=12) => {
                let later = if half == "pm" { 12 } else { 0 };
                format!("{:02}", hour % 12 + later)
            }
            _ => "99".to_owned(),
        },
        _ => two(Field::Hour),
    };
    let mut clock = format!("{hour}:{}:{}", two(Field::Minute), two(Field::Second));
    if let Some(fraction) = group(Field::Fraction) {
        clock += ".";
        clock += fraction;
    }
    let Some(year) = group(Field::Year) else {
        return clock;
    };
    let month = match group(Field::MonthName) {
        Some(name) => {
            let index = MONTHS.iter().position(|month| name.starts_with(month));
            format!("{:02}", index.map_or(0, |index| index + 1))
        }
        None => two(Field::Month),
    };
    let date = format!("{year}-{month}-{}", two(Field::Day));
    let has_clock = fields.iter().any(|field| {
        !matches!(
            field,
            Field::Year | Field::Month | Field::MonthName | Field::Day
        )
    });
    if has_clock {
        format!("{date} {clock}")
    } else {
        date
    }
}
