//! From a comparison to one number, and the stricter numbers beside it.
//!
//! Every target column of a category's tables earns the credit of its class. A table is the mean of
//! its columns, a category the mean of its tables, the overall score the weighted mean of the
//! categories. All of it is exact arithmetic in whole numbers; only printing rounds, half up, to one
//! decimal, and 100.0 is printed for nothing less than all of it.

use std::fmt;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, ToPrimitive, Zero};

/// A share between 0 and 1, exact.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(BigRational);

/// The alignment score of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// The weighted mean of the categories; `None` when no category has a table.
    pub overall: Option<Share>,
    /// Whether something was seen and not compared, so that 100 must not be printed.
    pub is_capped: bool,
    /// In the mapping's order; one category of every table when the mapping has none.
    pub categories: Vec<CategoryScore>,
    /// The stricter lines.
    pub strict: Strict,
    /// How many tables, columns and types have a counterpart, over the whole to side.
    pub coverage: Coverage,
}

/// The score of a category.
#[derive(Debug, Clone, PartialEq)]
pub struct CategoryScore {
    /// What it is called.
    pub name: String,
    /// Its weight.
    pub weight: u32,
    /// The mean of its tables; `None` when it has none, and then its weight counts nothing.
    pub share: Option<Share>,
    /// What the category costs the overall score: weight × (1 − share) ÷ sum of weights.
    pub lost: Share,
    /// Its tables in the mapping's order.
    pub tables: Vec<TableScore>,
}

/// The score of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct TableScore {
    /// As the to side calls it.
    pub name: String,
    /// The mean of its columns; 1 for a table without columns that is there, 0 for one that is not.
    pub share: Share,
    /// What its columns earn together, in thousandths.
    pub earned: u64,
    /// How many columns it has.
    pub columns: usize,
}

/// The same mean under stricter rules, so that nobody mistakes the one number for the whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Strict {
    /// No mapping: same table and column name, compatible type.
    pub by_name: Option<Share>,
    /// Renames count, what is derived does not.
    pub renames: Option<Share>,
}

/// How many have a counterpart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coverage {
    /// Tables.
    pub tables: Counted,
    /// Columns.
    pub columns: Counted,
    /// Of the columns with a counterpart of their own, those whose type takes every value: `mapped` of
    /// `total`; `by_name` counts the pairs of one name.
    pub types: Counted,
}

/// A count out of a total.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// By name alone.
    pub by_name: usize,
    /// With the mapping's correspondences.
    pub matched: usize,
    /// Out of.
    pub total: usize,
}

impl Share {
    fn of(numerator: u64, denominator: u64) -> Self {
        Self(BigRational::new(
            BigInt::from(numerator),
            BigInt::from(denominator),
        ))
    }

    fn all() -> Self {
        Self(BigRational::one())
    }

    fn none() -> Self {
        Self(BigRational::zero())
    }

    fn mean<'a>(shares: impl IntoIterator<Item = (&'a Self, u32)>) -> Option<Self> {
        let (mut sum, mut weights) = (BigRational::zero(), BigInt::zero());
        for (share, weight) in shares {
            sum += &share.0 * BigInt::from(weight);
            weights += weight;
        }
        (!weights.is_zero()).then(|| Self(sum / weights))
    }

    /// Whether it is all of it.
    pub fn is_all(&self) -> bool {
        self.0 >= BigRational::one()
    }

    /// In tenths of a percent, rounded half up; 1000 only for all of it.
    pub fn permille(&self) -> u32 {
        let tenths = (&self.0 * BigInt::from(1000)
            + BigRational::new(BigInt::one(), BigInt::from(2)))
        .floor();
        let tenths = tenths.to_integer().to_u32().unwrap_or(0);
        if self.is_all() { 1000 } else { tenths.min(999) }
    }

    /// In whole percent, rounded half up; 100 only for all of it.
    pub fn percent(&self) -> u32 {
        let whole = (&self.0 * BigInt::from(100)
            + BigRational::new(BigInt::one(), BigInt::from(2)))
        .floor();
        let whole = whole.to_integer().to_u32().unwrap_or(0);
        if self.is_all() { 100 } else { whole.min(99) }
    }

    /// The share as a fraction of whole numbers in lowest terms.
    pub fn fraction(&self) -> String {
        format!("{}/{}", self.0.numer(), self.0.denom())
    }
}

#[cfg(test)]
impl Share {
    /// A share made by hand, for tests of what prints it.
    pub(crate) fn fixture(numerator: u64, denominator: u64) -> Self {
        Self::of(numerator, denominator)
    }
}

impl fmt::Display for Share {
    /// In percent with one decimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = self.permille();
        write!(f, "{}.{}", tenths / 10, tenths % 10)
    }
}

impl Score {
    /// The overall score in tenths of a point as printed: never 1000 when something was not compared.
    pub fn permille(&self) -> Option<u32> {
        let tenths = self.overall.as_ref()?.permille();
        Some(if self.is_capped {
            tenths.min(999)
        } else {
            tenths
        })
    }

    /// The overall score with one decimal, or `-` when nothing was scored.
    pub fn printed(&self) -> String {
        match self.permille() {
            Some(tenths) => format!("{}.{}", tenths / 10, tenths % 10),
            None => "-".to_owned(),
        }
    }

    /// Whether the score is at least the threshold (0 to 100), exactly, before any rounding.
    pub fn reaches(&self, threshold: f64) -> bool {
        let Some(overall) = &self.overall else {
            return false;
        };
        let Some(threshold) = BigRational::from_float(threshold) else {
            return false;
        };
        let hundred = BigRational::from_integer(BigInt::from(100));
        &overall.0 * &hundred >= threshold && !(self.is_capped && threshold >= hundred)
    }
}
