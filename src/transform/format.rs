//! The formats of `cast`: fields and signs, as `to_timestamp` and `to_number` name them.
//!
//! A format becomes a regular expression and an order of its groups; the text is then put into the
//! server's own form and cast from there, so that neither back-end parses it in a second way.

use std::sync::LazyLock;

use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::Kind;
use crate::schema::ColumnType;

/// A format that both back-ends read alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Format {
    /// Of a date, a moment or a time of day. Letters of the text are made small beforehand.
    Moment {
        /// Groups in the order of `fields`.
        pattern: String,
        /// What each group is.
        fields: Vec<Field>,
    },
    /// Of a number, with `,` between groups of digits.
    Number,
}

/// A part of a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Year,
    Month,
    MonthName,
    Day,
    Hour,
    /// Of a clock with twelve hours.
    HalfHour,
    Minute,
    Second,
    /// Digits after the point of a second.
    Fraction,
    /// `am` or `pm`.
    Half,
}

/// The first three letters of a month's name tell which it is.
pub(super) const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

const MONTH_NAMES: &str = "(jan|january|feb|february|mar|march|apr|april|may|jun|june|jul|july|aug|august|sep|september|oct|october|nov|november|dec|december)";

/// Longer words come before the ones they begin with.
const WORDS: [(&str, Field, &str); 22] = [
    ("YYYY", Field::Year, "([0-9]{4})"),
    ("yyyy", Field::Year, "([0-9]{4})"),
    ("MONTH", Field::MonthName, MONTH_NAMES),
    ("Month", Field::MonthName, MONTH_NAMES),
    ("month", Field::MonthName, MONTH_NAMES),
    ("MON", Field::MonthName, MONTH_NAMES),
    ("Mon", Field::MonthName, MONTH_NAMES),
    ("mon", Field::MonthName, MONTH_NAMES),
    ("MM", Field::Month, "([0-9]{1,2})"),
    ("mm", Field::Month, "([0-9]{1,2})"),
    ("DD", Field::Day, "([0-9]{1,2})"),
    ("dd", Field::Day, "([0-9]{1,2})"),
    ("HH24", Field::Hour, "([0-9]{1,2})"),
    ("hh24", Field::Hour, "([0-9]{1,2})"),
    ("HH12", Field::HalfHour, "([0-9]{1,2})"),
    ("HH", Field::HalfHour, "([0-9]{1,2})"),
    ("MI", Field::Minute, "([0-9]{1,2})"),
    ("SS", Field::Second, "([0-9]{1,2})"),
    ("MS", Field::Fraction, "([0-9]{1,3})"),
    ("US", Field::Fraction, "([0-9]{1,6})"),
    ("AM", Field::Half, "(am|pm)"),
    ("PM", Field::Half, "(am|pm)"),
];

/// A number in groups of three, or without groups.
pub(super) const GROUPED: &str = "^[+-]?([0-9]{1,3}(,[0-9]{3})+|[0-9]+)([.][0-9]*)?$";

impl Format {
    /// Reads the format for a cast to that type.
    ///
    /// # Errors
    /// What in it cannot be read.
    pub(super) fn read(written: &str, kind: &Kind) -> Result<Self, String> {
        match kind.plain() {
            Some(ColumnType::Date | ColumnType::Timestamp { .. }) => {
                let format = moment(written)?;
                format.require(&[Field::Year, Field::Day])?;
                if !format.has(Field::Month) && !format.has(Field::MonthName) {
                    return Err("it has no month".into());
                }
                Ok(format)
            }
            Some(ColumnType::Time { tz: false, .. }) => moment(written),
            Some(
                ColumnType::Smallint
                | ColumnType::Integer
                | ColumnType::Bigint
                | ColumnType::Numeric { .. }
                | ColumnType::Real
                | ColumnType::Double,
            ) => number(written),
            _ => Err(format!("`{}` has no formats", kind.sql())),
        }
    }

    pub(super) fn has(&self, field: Field) -> bool {
        matches!(self, Self::Moment { fields, .. } if fields.contains(&field))
    }

    fn require(&self, fields: &[Field]) -> Result<(), String> {
        match fields.iter().find(|field| !self.has(**field)) {
            Some(field) => Err(format!("it has no {}", format!("{field:?}").to_lowercase())),
            None => Ok(()),
        }
    }
}

fn moment(written: &str) -> Result<Format, String> {
    let mut pattern = "^".to_owned();
    let mut fields = Vec::new();
    let mut rest = written;
    while let Some(first) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("FM") {
            rest = after;
            continue;
        }
        if let Some((word, field, group)) = WORDS.iter().find(|(word, ..)| rest.starts_with(word)) {
            if fields.contains(field) {
                return Err(format!("`{word}` stands in it twice"));
            }
            fields.push(*field);
            pattern += group;
            rest = &rest[word.len()..];
            continue;
        }
        if first == '"' {
            let (text, after) = rest[1..].split_once('"').ok_or("a quote has no end")?;
            text.chars().for_each(|c| literal(&mut pattern, c));
            rest = after;
            continue;
        }
        if first.is_alphanumeric() {
            return Err(format!("`{rest}` begins with no field that can be checked"));
        }
        literal(&mut pattern, first);
        rest = &rest[first.len_utf8()..];
    }
    pattern.push('$');
    let format = Format::Moment { pattern, fields };
    if format.has(Field::Hour) && format.has(Field::HalfHour) {
        return Err("it has the hour twice".into());
    }
    if format.has(Field::HalfHour) != format.has(Field::Half) {
        return Err("`HH12` and `AM` go together; the hour of a whole day is `HH24`".into());
    }
    if format.has(Field::Fraction) && !format.has(Field::Second) {
        return Err("it has parts of a second and no second".into());
    }
    Ok(format)
}

/// The character itself; letters are small in the text they are compared with.
fn literal(pattern: &mut String, c: char) {
    match c.to_ascii_lowercase() {
        ' ' => *pattern += " +",
        c if c.is_ascii_punctuation() => {
            pattern.push('[');
            if "^\\]".contains(c) {
                pattern.push('\\');
            }
            pattern.extend([c, ']']);
        }
        c => pattern.push(c),
    }
}

fn number(written: &str) -> Result<Format, String> {
    let signs = written.strip_prefix("FM").unwrap_or(written);
    if let Some(other) = signs.chars().find(|c| !"90,.GD".contains(*c)) {
        return Err(format!("`{other}` is no sign that can be checked"));
    }
    let point = signs.find(['.', 'D']).unwrap_or(signs.len());
    if signs[point..].len() > 1 && signs[point + 1..].contains([',', '.', 'G', 'D']) {
        return Err("`.` is the point and `,` stands before it, as `to_number` has them".into());
    }
    Ok(Format::Number)
}

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The time zone of that name.
pub(super) fn zone(name: &str) -> Option<TimeZone> {
    // The server knows its zones by their exact names or takes any case; the exact name is both.
    let found = ZONES.get(name).ok()?;
    (found.iana_name() == Some(name) || name == "UTC").then_some(found)
}

/// Whether that is a time zone's name.
pub(super) fn is_zone(name: &str) -> bool {
    zone(name).is_some()
}
