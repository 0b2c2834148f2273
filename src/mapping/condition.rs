//! The condition language of `when` and `where`: comparisons over one row, joined by `and`, `or`, `not`.
//!
//! It is small enough that a server and this program evaluate it alike: SQL's three-valued logic,
//! bare column names of the row, literals. What it cannot say is left to `sql`.

mod parse;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::Literal;
use crate::schema::Ident;

/// How deep parentheses and `not` may nest.
pub const MAX_DEPTH: usize = 64;

/// A condition over one row. It holds only when it is true: a comparison with NULL is unknown, and so
/// is its negation.
///
/// `Display` writes it so that it reads back as the same value.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Every one holds; two or more.
    And(Vec<Self>),
    /// One holds; two or more.
    Or(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
    /// A column against a value.
    Compare(Ident, Comparator, Literal),
    /// A column is one of the values; one or more.
    In(Ident, Vec<Literal>),
    /// A column is NULL.
    IsNull(Ident),
}

/// How a column is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparator {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// Why a text is no condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("character {at}: {message}")]
pub struct ConditionError {
    /// The first character that is wrong, from 1; one past the last when the text ends early.
    pub at: usize,
    /// What is wrong with it.
    pub message: String,
}

impl Comparator {
    /// As SQL writes it.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

impl FromStr for Condition {
    type Err = ConditionError;

    fn from_str(text: &str) -> Result<Self, ConditionError> {
        parse::condition(text)
    }
}

impl Condition {
    /// Every column it reads.
    pub fn columns(&self) -> BTreeSet<&Ident> {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().flat_map(Self::columns).collect(),
            Self::Not(part) => part.columns(),
            Self::Compare(column, ..) | Self::In(column, _) | Self::IsNull(column) => {
                BTreeSet::from([column])
            }
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(parts) => join(f, parts, " and ", |part| {
                matches!(part, Self::And(_) | Self::Or(_))
            }),
            Self::Or(parts) => join(f, parts, " or ", |part| matches!(part, Self::Or(_))),
            Self::Not(part) => match &**part {
                Self::In(column, values) => write_in(f, column, "not in", values),
                Self::IsNull(column) => write!(f, "{column} is not null"),
                Self::And(_) | Self::Or(_) => write!(f, "not ({part})"),
                Self::Not(_) | Self::Compare(..) => write!(f, "not {part}"),
            },
            Self::Compare(column, comparator, value) => {
                write!(f, "{column} {} {}", comparator.sign(), value.quoted())
            }
            Self::In(column, values) => write_in(f, column, "in", values),
            Self::IsNull(column) => write!(f, "{column} is null"),
        }
    }
}

fn join(
    f: &mut fmt::Formatter<'_>,
    parts: &[Condition],
    word: &str,
    in_parentheses: fn(&Condition) -> bool,
) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(word)?;
        }
        if in_parentheses(part) {
            write!(f, "({part})")?;
        } else {
            write!(f, "{part}")?;
        }
    }
    Ok(())
}

fn write_in(
    f: &mut fmt::Formatter<'_>,
    column: &Ident,
    word: &str,
    values: &[Literal],
) -> fmt::Result {
    write!(f, "{column} {word} (")?;
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        f.write_str(&value.quoted())?;
    }
    f.write_str(")")
}
