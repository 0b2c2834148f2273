//! What tells, before a cast, that it cannot fail.

use super::flow::{any_of, code};
use crate::ddl::literal;
use crate::mapping::Literal;
use crate::schema::ColumnType;
use crate::transform::grammar as g;
use crate::transform::{Code, Kind, charset};

/// A cast that is made only of texts that pass its checks.
pub(super) struct Guard {
    /// Under which the text passes without the checks: most of what there is, at a low price.
    plain: Option<String>,
    /// Conditions under which the text is refused, tried in order: each may rely on those before it.
    /// NULL counts as false.
    checks: Vec<(String, Code)>,
    /// The value of a text that passed.
    cast: String,
}

/// Whether blanks around the text mean nothing to the type.
pub(super) fn wants_trim(kind: &Kind) -> bool {
    matches!(kind, Kind::Plain(_) | Kind::Domain { .. }) && !kind.is_text() && !is_json(kind)
}

fn is_json(kind: &Kind) -> bool {
    matches!(kind.plain(), Some(ColumnType::Json | ColumnType::Jsonb))
}

impl Guard {
    /// The guard of a text, already without blanks around it where [`wants_trim`] says so.
    ///
    /// # Errors
    /// Why texts of the type cannot be told apart.
    pub(super) fn of(kind: &Kind, text: &str, zone: Option<&str>) -> Result<Self, String> {
        match kind {
            Kind::Plain(ty) => plain(ty, text, zone),
            Kind::Enum { labels, .. } => {
                let known = any_of(text, labels.iter().map(String::as_str));
                Ok(Self {
                    plain: None,
                    checks: vec![(format!("NOT ({known})"), Code::CastInvalid)],
                    cast: format!("{text}::{}", kind.sql()),
                })
            }
            Kind::Domain { base, .. } => {
                let base = Self::of(base, text, zone)?;
                Ok(Self {
                    cast: format!("({})::{}", base.cast, kind.sql()),
                    ..base
                })
            }
            Kind::Opaque { why, .. } => Err(format!("it is {why}")),
        }
    }

    /// Whether any text passes.
    pub(super) fn is_empty(&self) -> bool {
        self.checks.is_empty()
    }

    /// The code of a text that does not pass; `None` when every text does.
    pub(super) fn code(&self) -> Option<String> {
        let cases = self.checks.iter();
        let cases = cases.map(|(refused, why)| format!(" WHEN {refused} THEN {}", code(*why)));
        let cases: String = cases.collect();
        let passed = self.passed("NULL");
        (!cases.is_empty()).then(|| format!("CASE{passed}{cases} END"))
    }

    /// The value, NULL for a text that does not pass.
    pub(super) fn value(&self) -> String {
        let cases = self.checks.iter();
        let cases = cases.map(|(refused, _)| format!(" WHEN {refused} THEN NULL"));
        let cases: String = cases.collect();
        if cases.is_empty() {
            self.cast.clone()
        } else {
            let passed = self.passed(&self.cast);
            format!("CASE{passed}{cases} ELSE {} END", self.cast)
        }
    }

    fn passed(&self, then: &str) -> String {
        let plain = self.plain.iter();
        plain
            .map(|plain| format!(" WHEN {plain} THEN {then}"))
            .collect()
    }
}

fn plain(ty: &ColumnType, text: &str, zone: Option<&str>) -> Result<Guard, String> {
    use ColumnType as T;
    let cast = format!("{text}::{ty}");
    Ok(match ty {
        T::Text | T::Varchar { limit: None } | T::Char { limit: None } | T::Unknown { .. } => {
            let cast = if matches!(ty, T::Text | T::Unknown { .. }) {
                text.to_owned()
            } else {
                cast
            };
            let checks = Vec::new();
            Guard {
                plain: None,
                checks,
                cast,
            }
        }
        T::Varchar { limit: Some(limit) } | T::Char { limit: Some(limit) } => {
            // Blanks past the limit are cut, as the server does on assignment.
            let long = format!("length(rtrim({text}, ' ')) > {limit}");
            let checks = vec![(long, Code::CastTooLong)];
            Guard {
                plain: None,
                checks,
                cast,
            }
        }
        T::Smallint => integer(text, i16::MIN.into(), i16::MAX.into(), ty),
        T::Integer => integer(text, i32::MIN.into(), i32::MAX.into(), ty),
        T::Bigint => integer(text, i64::MIN, i64::MAX, ty),
        T::Numeric { precision, scale } => numeric(text, *precision, *scale, ty),
        T::Real => float(text, g::REAL, ty),
        T::Double => float(text, g::DOUBLE, ty),
        T::Boolean => {
            let small = format!(
                "translate({text}, {}, {})",
                literal(charset::UPPER),
                literal(charset::LOWER)
            );
            let known = any_of(&small, g::TRUE.into_iter().chain(g::FALSE));
            Guard {
                plain: None,
                checks: vec![(format!("NOT ({known})"), Code::CastInvalid)],
                cast: any_of(&small, g::TRUE.into_iter()),
            }
        }
        T::Uuid => {
            let either = format!(
                "{} AND {}",
                unlike(text, g::UUID),
                unlike(text, g::UUID_IN_BRACES)
            );
            let checks = vec![(either, Code::CastInvalid)];
            Guard {
                plain: None,
                checks,
                cast,
            }
        }
        T::Bytea => {
            let checks = vec![(unlike(text, g::BYTES), Code::CastInvalid)];
            Guard {
                plain: None,
                checks,
                cast,
            }
        }
        T::Date | T::Timestamp { .. } => moment(ty, text, zone.unwrap_or("UTC")),
        T::Time { tz: false, .. } => Guard {
            plain: None,
            checks: vec![
                (unlike(text, g::CLOCK), Code::CastInvalid),
                (unlike(text, g::CLOCK_THAT_EXISTS), Code::CastOutOfRange),
            ],
            cast,
        },
        T::Json | T::Jsonb => {
            let checks = super::json::checks(text);
            Guard {
                plain: None,
                checks,
                cast,
            }
        }
        T::Other(name) if name == "citext" => {
            let checks = Vec::new();
            Guard {
                plain: None,
                checks,
                cast,
            }
        }
        T::Interval { .. } | T::Time { .. } | T::Array(_) | T::Named(_) | T::Other(_) => {
            return Err("no expression can tell beforehand which texts are values of it".into());
        }
    })
}

/// Whether the text does not match.
pub(super) fn unlike(text: &str, pattern: &str) -> String {
    format!("{text} !~ {}", literal(pattern))
}

/// Whether the text matches.
pub(super) fn like(text: &str, pattern: &str) -> String {
    format!("{text} ~ {}", literal(pattern))
}

/// Whether the text is a number that `numeric` takes, given that it looks like one.
fn too_long_a_number(text: &str) -> String {
    format!(
        "length({text}) > {} OR {}",
        g::NUMBER_LENGTH,
        like(text, g::HUGE_POWER)
    )
}

/// Whether the text is a finite number that `numeric` takes.
pub(super) fn is_number(text: &str) -> String {
    format!(
        "{} AND NOT ({})",
        like(text, g::NUMBER),
        too_long_a_number(text)
    )
}

fn integer(text: &str, least: i64, most: i64, ty: &ColumnType) -> Guard {
    let number = format!("{text}::numeric");
    let not_finite = format!("{} OR {}", like(text, g::NAN), like(text, g::INFINITE));
    let digits = match ty {
        ColumnType::Smallint => 4,
        ColumnType::Integer => 9,
        _ => 18,
    };
    Guard {
        plain: Some(like(text, &format!("^-?[0-9]{{1,{digits}}}$"))),
        checks: vec![
            (
                format!("{} AND NOT ({not_finite})", unlike(text, g::NUMBER)),
                Code::CastInvalid,
            ),
            (
                format!(
                    "CASE WHEN {not_finite} OR {} THEN true ELSE {number} NOT BETWEEN {least} AND {most} END",
                    too_long_a_number(text)
                ),
                Code::CastOutOfRange,
            ),
            (format!("{number} <> trunc({number})"), Code::CastInexact),
        ],
        cast: format!("{number}::{ty}"),
    }
}

fn numeric(text: &str, precision: Option<u32>, scale: Option<i32>, ty: &ColumnType) -> Guard {
    let (nan, infinite) = (like(text, g::NAN), like(text, g::INFINITE));
    let number = format!("{text}::numeric");
    let mut checks = vec![(
        format!("{} AND NOT ({nan} OR {infinite})", unlike(text, g::NUMBER)),
        Code::CastInvalid,
    )];
    let out_of_range = match (precision, scale) {
        (Some(precision), Some(scale)) => {
            let power = i64::from(precision) - i64::from(scale);
            format!(
                "CASE WHEN {infinite} OR {} THEN true WHEN {nan} THEN false \
                 ELSE abs(round({number}, {scale})) >= '1e{power}'::numeric END",
                too_long_a_number(text)
            )
        }
        _ => too_long_a_number(text),
    };
    checks.push((out_of_range, Code::CastOutOfRange));
    let whole = match (precision, scale) {
        (Some(precision), Some(scale)) => i64::from(precision) - i64::from(scale) - 1,
        _ => 30,
    };
    // One digit less than there may be leaves room for rounding up.
    let plain = (1..=30).contains(&whole);
    let plain = plain.then(|| like(text, &format!("^-?[0-9]{{1,{whole}}}([.][0-9]{{1,30}})?$")));
    Guard {
        plain,
        checks,
        cast: format!("{text}::{ty}"),
    }
}

fn float(text: &str, (least, most): (&str, &str), ty: &ColumnType) -> Guard {
    let not_finite = format!("{} OR {}", like(text, g::NAN), like(text, g::INFINITE));
    let number = format!("abs({text}::numeric)");
    Guard {
        plain: None,
        checks: vec![
            (
                format!("{} AND NOT ({not_finite})", unlike(text, g::NUMBER)),
                Code::CastInvalid,
            ),
            (
                format!(
                    "CASE WHEN {not_finite} THEN false WHEN {} THEN true \
                     ELSE {number} > '{most}'::numeric OR {number} < '{least}'::numeric AND {number} <> 0 END",
                    too_long_a_number(text)
                ),
                Code::CastOutOfRange,
            ),
        ],
        cast: format!("{text}::{ty}"),
    }
}

/// Dates and moments. A text without an offset is in `zone`, and so is the result where it has none.
fn moment(ty: &ColumnType, text: &str, zone: &str) -> Guard {
    let zone = literal(zone);
    let endless = like(text, g::ENDLESS);
    // The server takes several times as long for one expression over the whole text.
    let exists = format!(
        "{} AND {}",
        like(&format!("left({text}, 10)"), g::DAY_THAT_EXISTS),
        like(&format!("substr({text}, 11)"), g::HOUR_THAT_EXISTS)
    );
    let year = format!("substr({text}, 1, 4)::integer");
    let leap = format!("({year} % 4 = 0 AND ({year} % 100 <> 0 OR {year} % 400 = 0))");
    let has_offset = format!("substr({text}, 11) ~ '[zZ+-]'");
    let (at_zone, as_is) = match ty {
        ColumnType::Date => (
            format!("({text}::timestamptz AT TIME ZONE {zone})::date"),
            // The day of `24:00` is the next one.
            format!("{text}::timestamp::date"),
        ),
        ColumnType::Timestamp { tz: true, .. } => (
            format!("{text}::{ty}"),
            format!("({text}::timestamp AT TIME ZONE {zone})::{ty}"),
        ),
        _ => (
            format!("({text}::timestamptz AT TIME ZONE {zone})::{ty}"),
            format!("{text}::{ty}"),
        ),
    };
    Guard {
        plain: None,
        checks: vec![
            (
                format!(
                    "NOT ({exists}) AND {} AND NOT ({endless})",
                    unlike(text, g::MOMENT)
                ),
                Code::CastInvalid,
            ),
            (
                format!(
                    "CASE WHEN {endless} THEN false WHEN {exists} \
                     THEN substr({text}, 6, 5) = '02-29' AND NOT {leap} ELSE {text} IS NOT NULL END"
                ),
                Code::CastOutOfRange,
            ),
        ],
        cast: format!("CASE WHEN {has_offset} THEN {at_zone} ELSE {as_is} END"),
    }
}

/// A value of the mapping as a constant of the type.
///
/// # Errors
/// Why it cannot be one.
pub(super) fn constant(value: &Literal, kind: &Kind) -> Result<String, String> {
    let text = crate::transform::constant(value, kind)?;
    Ok(format!("{}::{}", literal(&text), kind.sql()))
}
