//! The condition language of `when`: comparisons over one row, joined by `and`, `or`, `not`.

use super::Literal;
use crate::schema::Ident;

/// A condition over one row.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Every one holds.
    And(Vec<Self>),
    /// One holds.
    Or(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
    /// A column against a value; NULL never holds.
    Compare(Ident, Comparator, Literal),
    /// A column is one of the values.
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
