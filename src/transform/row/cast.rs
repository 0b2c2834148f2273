//! Casts of texts: the canonical text of the value, or why there is none.

use std::sync::LazyLock;

use jiff::tz::TimeZone;
use regex::Regex;

use super::decimal::Decimal;
use super::float;
use super::json::Json;
use super::moment::{self, Moment};
use crate::schema::ColumnType;
use crate::transform::{Code, Kind, charset, format, grammar as g};

macro_rules! patterns {
    ($($name:ident = $pattern:expr;)*) => {
        $(pub(super) static $name: LazyLock<Option<Regex>> =
            LazyLock::new(|| Regex::new($pattern).ok());)*

        #[cfg(test)]
        fn compiled() -> Vec<(&'static str, bool)> {
            vec![$(($pattern, $name.is_some())),*]
        }
    };
}

patterns! {
    NUMBER = g::NUMBER;
    HUGE_POWER = g::HUGE_POWER;
    NAN = g::NAN;
    INFINITE = g::INFINITE;
    UUID = g::UUID;
    UUID_IN_BRACES = g::UUID_IN_BRACES;
    BYTES = g::BYTES;
    MOMENT = g::MOMENT;
    DAY_THAT_EXISTS = g::DAY_THAT_EXISTS;
    HOUR_THAT_EXISTS = g::HOUR_THAT_EXISTS;
    ENDLESS = g::ENDLESS;
    CLOCK = g::CLOCK;
    CLOCK_THAT_EXISTS = g::CLOCK_THAT_EXISTS;
    RANGE = g::RANGE;
    GROUPED = format::GROUPED;
}

pub(super) fn matches(pattern: &LazyLock<Option<Regex>>, text: &str) -> bool {
    pattern
        .as_ref()
        .is_some_and(|pattern| pattern.is_match(text))
}

/// Whether texts of the type are checked at all; the others pass as they are.
pub(super) fn is_guarded(kind: &Kind) -> bool {
    match kind {
        Kind::Enum { .. } => true,
        Kind::Domain { base, .. } => is_guarded(base),
        Kind::Opaque { .. } => false,
        Kind::Plain(ty) => !matches!(
            ty,
            ColumnType::Interval { .. }
                | ColumnType::Time { tz: true, .. }
                | ColumnType::Array(_)
                | ColumnType::Named(_)
                | ColumnType::Other(_)
        ),
    }
}

/// The canonical text of the value that the text means; a text of a type that is not guarded as it is.
pub(crate) fn cast(kind: &Kind, text: &str, zone: Option<&TimeZone>) -> Result<String, Code> {
    match kind {
        Kind::Enum { labels, .. } => {
            let known = labels.iter().any(|label| label == text);
            known.then(|| text.to_owned()).ok_or(Code::CastInvalid)
        }
        Kind::Domain { base, .. } => cast(base, text, zone),
        Kind::Opaque { .. } => Ok(text.to_owned()),
        Kind::Plain(ty) => plain(ty, text, zone.unwrap_or(&TimeZone::UTC)),
    }
}

fn plain(ty: &ColumnType, text: &str, zone: &TimeZone) -> Result<String, Code> {
    use ColumnType as T;
    let trimmed = text.trim_matches(|c| charset::ASCII_BLANKS.contains(c));
    match ty {
        T::Varchar { limit: Some(limit) } | T::Char { limit: Some(limit) } => {
            let limit = usize::try_from(*limit).unwrap_or(usize::MAX);
            let without_blanks = text.trim_end_matches(' ');
            if without_blanks.chars().count() > limit {
                return Err(Code::CastTooLong);
            }
            Ok(if matches!(ty, T::Char { .. }) {
                without_blanks.to_owned()
            } else {
                text.chars().take(limit).collect()
            })
        }
        T::Char { limit: None } => Ok(text.trim_end_matches(' ').to_owned()),
        T::Smallint => integer(trimmed, i16::MIN.into(), i16::MAX.into()),
        T::Integer => integer(trimmed, i32::MIN.into(), i32::MAX.into()),
        T::Bigint => integer(trimmed, i64::MIN, i64::MAX),
        T::Numeric { precision, scale } => numeric(trimmed, precision.zip(*scale)),
        T::Real => {
            let text = number_in(trimmed, g::REAL)?;
            Ok(float::real(text.parse().ok().ok_or(Code::CastInvalid)?))
        }
        T::Double => {
            let text = number_in(trimmed, g::DOUBLE)?;
            Ok(float::double(text.parse().ok().ok_or(Code::CastInvalid)?))
        }
        T::Boolean => boolean(trimmed)
            .map(|value| value.to_string())
            .ok_or(Code::CastInvalid),
        T::Uuid => uuid(trimmed).ok_or(Code::CastInvalid),
        T::Bytea => matches(&BYTES, trimmed)
            .then(|| trimmed.to_ascii_lowercase())
            .ok_or(Code::CastInvalid),
        T::Date | T::Timestamp { .. } => {
            let moment = moment_of(ty, trimmed, zone)?;
            Ok(match ty {
                T::Timestamp { tz: true, .. } => moment.written(true, "+00"),
                T::Timestamp { .. } => moment.written(true, ""),
                _ => moment.written(false, ""),
            })
        }
        T::Time {
            precision,
            tz: false,
        } => {
            let micros = clock_of(trimmed)?;
            Ok(moment::clock_text(moment::rounded(micros, *precision)))
        }
        T::Json => {
            Json::read(text).ok_or(Code::CastInvalid)?;
            Ok(text.to_owned())
        }
        T::Jsonb => {
            let json = Json::read(text).ok_or(Code::CastInvalid)?;
            Ok(json.to_string())
        }
        T::Text
        | T::Varchar { limit: None }
        | T::Unknown { .. }
        | T::Interval { .. }
        | T::Time { .. }
        | T::Array(_)
        | T::Named(_)
        | T::Other(_) => Ok(text.to_owned()),
    }
}

/// The finite number that the text is, if `numeric` takes it.
pub(super) fn finite(text: &str) -> Option<Decimal> {
    (matches(&NUMBER, text) && !is_too_long(text))
        .then(|| Decimal::read(text))
        .flatten()
}

fn is_too_long(text: &str) -> bool {
    // Numbers are ASCII, so bytes are characters; what is none has been refused.
    text.len() > g::NUMBER_LENGTH || matches(&HUGE_POWER, text)
}

fn number(text: &str) -> Result<Decimal, Code> {
    if !matches(&NUMBER, text) {
        return Err(Code::CastInvalid);
    }
    finite(text).ok_or(Code::CastOutOfRange)
}

/// NaN and the infinities in the server's words.
fn not_finite(text: &str) -> Option<&'static str> {
    if matches(&NAN, text) {
        Some("NaN")
    } else if matches(&INFINITE, text) {
        Some(if text.starts_with('-') {
            "-Infinity"
        } else {
            "Infinity"
        })
    } else {
        None
    }
}

fn integer(text: &str, least: i64, most: i64) -> Result<String, Code> {
    if not_finite(text).is_some() {
        return Err(Code::CastOutOfRange);
    }
    let number = number(text)?;
    let (least, most) = (Decimal::from_integer(least), Decimal::from_integer(most));
    if number < least || number > most {
        return Err(Code::CastOutOfRange);
    }
    if !number.is_whole() {
        return Err(Code::CastInexact);
    }
    Ok(number.floor().to_string())
}

fn numeric(text: &str, limits: Option<(u32, i32)>) -> Result<String, Code> {
    if let Some(word) = not_finite(text) {
        return match limits {
            Some(_) if word != "NaN" => Err(Code::CastOutOfRange),
            _ => Ok(word.to_owned()),
        };
    }
    let number = number(text)?;
    let Some((precision, scale)) = limits else {
        return Ok(number.to_string());
    };
    let number = number.round(scale);
    let limit = Decimal::power_of_ten(i64::from(precision) - i64::from(scale));
    if number.abs() >= limit {
        return Err(Code::CastOutOfRange);
    }
    Ok(number.to_string())
}

/// The text of a number within the limits, in words that Rust reads.
fn number_in<'a>(text: &'a str, (least, most): (&str, &str)) -> Result<&'a str, Code> {
    if let Some(word) = not_finite(text) {
        return Ok(word);
    }
    let size = number(text)?.abs();
    let within = |limit: &str, outside: fn(&Decimal, &Decimal) -> bool| {
        Decimal::read(limit).is_some_and(|limit| !outside(&size, &limit))
    };
    if within(most, |size, most| size > most)
        && (size.is_zero() || within(least, |size, least| size < least))
    {
        Ok(text)
    } else {
        Err(Code::CastOutOfRange)
    }
}

/// The words for true and for false.
pub(super) fn boolean(text: &str) -> Option<bool> {
    let small = text.to_ascii_lowercase();
    if g::TRUE.contains(&small.as_str()) {
        Some(true)
    } else {
        g::FALSE.contains(&small.as_str()).then_some(false)
    }
}

fn uuid(text: &str) -> Option<String> {
    if !matches(&UUID, text) && !matches(&UUID_IN_BRACES, text) {
        return None;
    }
    let digits = text.chars().filter(char::is_ascii_hexdigit);
    let mut uuid = String::with_capacity(36);
    for (index, digit) in digits.enumerate() {
        if matches!(index, 8 | 12 | 16 | 20) {
            uuid.push('-');
        }
        uuid.push(digit.to_ascii_lowercase());
    }
    Some(uuid)
}

/// The moment that the text means for a column of that type.
pub(super) fn moment_of(ty: &ColumnType, text: &str, zone: &TimeZone) -> Result<Moment, Code> {
    if !matches(&MOMENT, text) && !matches(&ENDLESS, text) {
        return Err(Code::CastInvalid);
    }
    // The form is ASCII.
    let (day, hour) = text.split_at_checked(10).unwrap_or((text, ""));
    let exists = matches(&DAY_THAT_EXISTS, day) && matches(&HOUR_THAT_EXISTS, hour);
    if !exists && !matches(&ENDLESS, text) {
        return Err(Code::CastOutOfRange);
    }
    let moment = Moment::read(text).ok_or(Code::CastOutOfRange)?;
    Ok(match ty {
        ColumnType::Timestamp {
            precision,
            tz: true,
        } => moment.in_greenwich(zone).rounded(*precision),
        ColumnType::Timestamp { precision, .. } => moment.in_zone(zone).rounded(*precision),
        _ => moment.in_zone(zone),
    })
}

/// The microseconds of a time of day.
pub(super) fn clock_of(text: &str) -> Result<i64, Code> {
    if !matches(&CLOCK, text) {
        return Err(Code::CastInvalid);
    }
    if !matches(&CLOCK_THAT_EXISTS, text) {
        return Err(Code::CastOutOfRange);
    }
    moment::clock(text).ok_or(Code::CastInvalid)
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_pattern_compiles() {
        for (pattern, compiles) in super::compiled() {
            assert!(compiles, "{pattern}");
        }
    }
}
