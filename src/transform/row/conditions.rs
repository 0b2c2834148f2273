//! Conditions of `when` and `where`, in SQL's three-valued logic.

use std::cmp::Ordering;

use jiff::tz::TimeZone;

use super::Row;
use super::cast;
use super::decimal::Decimal;
use crate::mapping::Literal;
use crate::mapping::condition::{Comparator, Condition};
use crate::schema::{ColumnType as T, Ident};
use crate::transform::{Kind, Shape};

/// A condition, with what its columns are compared with made ready.
#[derive(Debug)]
pub(super) enum Prepared {
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
    IsNull(Ident),
    Compare(Ident, Comparator, Comparison),
}

/// A value of the mapping, in the way its column is compared.
#[derive(Debug)]
pub(super) enum Comparison {
    Number(Decimal),
    Boolean(bool),
    /// Byte by byte, so that no collation has a say.
    Text(String),
    /// Microseconds of a moment or a time of day, and the type that reads them.
    Moment(i64, T),
}

impl Prepared {
    /// Makes a condition ready for rows of that shape.
    ///
    /// # Errors
    /// What in it fits no row.
    pub(super) fn new(condition: &Condition, from: &Shape) -> Result<Self, String> {
        let all = |parts: &[Condition]| -> Result<Vec<Self>, String> {
            parts.iter().map(|part| Self::new(part, from)).collect()
        };
        Ok(match condition {
            Condition::And(parts) => Self::And(all(parts)?),
            Condition::Or(parts) => Self::Or(all(parts)?),
            Condition::Not(part) => Self::Not(Box::new(Self::new(part, from)?)),
            Condition::IsNull(column) => {
                kind(from, column)?;
                Self::IsNull(column.clone())
            }
            Condition::Compare(column, comparator, value) => {
                let comparison = comparison(kind(from, column)?, column, value)?;
                Self::Compare(column.clone(), *comparator, comparison)
            }
            Condition::In(column, values) => {
                let kind = kind(from, column)?;
                let cases: Result<Vec<Self>, String> = values
                    .iter()
                    .map(|value| {
                        let comparison = comparison(kind, column, value)?;
                        Ok(Self::Compare(column.clone(), Comparator::Equal, comparison))
                    })
                    .collect();
                Self::Or(cases?)
            }
        })
    }

    /// Whether it holds; `None` is unknown.
    pub(super) fn holds(&self, row: &Row<'_>, nulls: &[String]) -> Option<bool> {
        let read = |column: &Ident| super::read(row, column, nulls);
        match self {
            Self::And(parts) => parts
                .iter()
                .try_fold_three(true, |part| part.holds(row, nulls)),
            Self::Or(parts) => parts
                .iter()
                .try_fold_three(false, |part| part.holds(row, nulls)),
            Self::Not(part) => part.holds(row, nulls).map(|holds| !holds),
            Self::IsNull(column) => Some(read(column).is_none()),
            Self::Compare(column, comparator, comparison) => {
                let order = comparison.order(read(column)?)?;
                Some(match comparator {
                    Comparator::Equal => order.is_eq(),
                    Comparator::NotEqual => order.is_ne(),
                    Comparator::Less => order.is_lt(),
                    Comparator::LessOrEqual => order.is_le(),
                    Comparator::Greater => order.is_gt(),
                    Comparator::GreaterOrEqual => order.is_ge(),
                })
            }
        }
    }
}

/// `and` and `or`: one part that is `!neutral` decides, one that is unknown makes the rest unknown.
trait ThreeValued: Iterator + Sized {
    fn try_fold_three(
        self,
        neutral: bool,
        holds: impl Fn(Self::Item) -> Option<bool>,
    ) -> Option<bool> {
        let mut result = Some(neutral);
        for part in self {
            match holds(part) {
                Some(found) if found != neutral => return Some(found),
                Some(_) => {}
                None => result = None,
            }
        }
        result
    }
}

impl<I: Iterator> ThreeValued for I {}

impl Comparison {
    /// How the text of a column stands to the value; `None` where it is none of its kind.
    fn order(&self, text: &str) -> Option<Ordering> {
        match self {
            Self::Number(number) => Some(cast::finite(text)?.cmp(number)),
            Self::Boolean(value) => Some(cast::boolean(text)?.cmp(value)),
            Self::Text(value) => Some(text.as_bytes().cmp(value.as_bytes())),
            Self::Moment(key, ty) => Some(key_of(ty, text)?.cmp(key)),
        }
    }
}

fn key_of(ty: &T, text: &str) -> Option<i64> {
    match ty {
        T::Time { .. } => cast::clock_of(text).ok(),
        _ => cast::moment_of(ty, text, &TimeZone::UTC)
            .ok()
            .map(super::moment::Moment::key),
    }
}

fn kind<'a>(from: &'a Shape, column: &Ident) -> Result<&'a Kind, String> {
    from.slot(column)
        .map(|slot| &slot.kind)
        .ok_or_else(|| format!("the source row has no column `{column}`"))
}

fn comparison(kind: &Kind, column: &Ident, value: &Literal) -> Result<Comparison, String> {
    let ty = kind.plain();
    let mismatch = || {
        format!(
            "`{column}` is `{}`, which cannot be compared with `{value}`",
            kind.sql()
        )
    };
    let is_number = matches!(
        ty,
        Some(T::Smallint | T::Integer | T::Bigint | T::Numeric { .. } | T::Real | T::Double)
    );
    Ok(match (value, ty) {
        (Literal::Integer(_) | Literal::Float(_), _) if is_number || kind.is_text() => {
            Comparison::Number(cast::finite(&value.to_string()).ok_or_else(mismatch)?)
        }
        (Literal::Boolean(value), Some(T::Boolean)) => Comparison::Boolean(*value),
        (Literal::Boolean(value), _) if kind.is_text() => Comparison::Boolean(*value),
        (Literal::Text(text), _) if is_number => {
            Comparison::Number(cast::finite(text).ok_or_else(mismatch)?)
        }
        (
            Literal::Text(text),
            Some(ty @ (T::Date | T::Time { tz: false, .. } | T::Timestamp { .. })),
        ) => Comparison::Moment(key_of(ty, text).ok_or_else(mismatch)?, ty.clone()),
        (Literal::Text(text), Some(T::Uuid)) => Comparison::Text(text.to_ascii_lowercase()),
        (
            Literal::Text(_),
            Some(
                T::Boolean | T::Json | T::Jsonb | T::Bytea | T::Array(_) | T::Time { tz: true, .. },
            ),
        ) => return Err(mismatch()),
        (Literal::Text(text), _) => Comparison::Text(text.clone()),
        _ => return Err(mismatch()),
    })
}
