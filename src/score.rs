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

use crate::diff::{ColumnComparison, Comparison, TableComparison};
use crate::mapping::{At, Category, Class, Mapping, TableRef};

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
    /// Tables that the mapping names and the to side does not have; they count nothing.
    pub absent: Vec<String>,
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
    /// Of the columns with a counterpart of their own, those whose type takes every value: `matched` of
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

/// Scores a comparison under the categories and credits of its mapping.
pub fn score(comparison: &Comparison, mapping: &Mapping) -> Score {
    let every = [everything()];
    let categories = if mapping.categories.is_empty() {
        &every[..]
    } else {
        &mapping.categories[..]
    };
    let credit = mapping.credit;
    let by = |class: &dyn Fn(&ColumnComparison) -> Class| -> Vec<CategoryScore> {
        categories
            .iter()
            .map(|category| category_score(comparison, category, &|c| credit.of(class(c))))
            .collect()
    };
    let mut scored = by(&|column| column.class);
    let overall = overall(&scored);
    let weights = scored
        .iter()
        .filter(|c| c.share.is_some())
        .map(|c| u64::from(c.weight))
        .sum::<u64>();
    for category in &mut scored {
        category.lost = category.share.as_ref().map_or_else(Share::none, |share| {
            let lost = (BigRational::one() - &share.0) * BigInt::from(category.weight);
            Share(lost / BigInt::from(weights))
        });
    }
    let strict = Strict {
        by_name: self::overall(&by(&|column| column.by_name)),
        renames: self::overall(&by(&|column| match column.class {
            Class::Derived => Class::Missing,
            other => other,
        })),
    };
    Score {
        overall,
        is_capped: !comparison.unmodelled.is_empty(),
        categories: scored,
        strict,
        coverage: coverage(comparison),
    }
}

fn everything() -> Category {
    Category {
        name: "All tables".to_owned(),
        weight: 1,
        tables: Vec::new(),
        at: At::default(),
    }
}

fn overall(categories: &[CategoryScore]) -> Option<Share> {
    Share::mean(
        categories
            .iter()
            .filter_map(|c| Some((c.share.as_ref()?, c.weight))),
    )
}

fn category_score(
    comparison: &Comparison,
    category: &Category,
    credit: &dyn Fn(&ColumnComparison) -> u32,
) -> CategoryScore {
    let targets = || comparison.tables.iter().filter(|t| t.to.is_some());
    let mut absent = Vec::new();
    let tables: Vec<&TableComparison> = if category.tables.is_empty() {
        targets().collect()
    } else {
        let mut named = Vec::new();
        for wanted in &category.tables {
            match targets().find(|t| t.name == wanted.to_string() || is(t, wanted)) {
                Some(table) => named.push(table),
                None => absent.push(wanted.to_string()),
            }
        }
        named
    };
    let tables: Vec<TableScore> = tables
        .into_iter()
        .map(|table| table_score(table, credit))
        .collect();
    CategoryScore {
        name: category.name.clone(),
        weight: category.weight,
        share: Share::mean(tables.iter().map(|t| (&t.share, 1))),
        lost: Share::none(),
        tables,
        absent,
    }
}

/// Whether the mapping's full name is the table's.
fn is(table: &TableComparison, wanted: &TableRef) -> bool {
    table.to.as_ref().is_some_and(|name| {
        wanted.namespace.as_ref() == Some(&name.namespace) && wanted.name == name.name
    })
}

fn table_score(table: &TableComparison, credit: &dyn Fn(&ColumnComparison) -> u32) -> TableScore {
    let earned: u64 = table
        .columns
        .iter()
        .map(|column| u64::from(credit(column)))
        .sum();
    let columns = table.columns.len();
    let share = match (columns, &table.from) {
        (0, Some(_)) => Share::all(),
        (0, None) => Share::none(),
        _ => Share::of(earned, columns as u64 * 1000),
    };
    TableScore {
        name: table.name.clone(),
        share,
        earned,
        columns,
    }
}

fn coverage(comparison: &Comparison) -> Coverage {
    let targets = || comparison.tables.iter().filter(|t| t.to.is_some());
    let columns = || targets().flat_map(|t| &t.columns);
    let paired = |column: &&ColumnComparison| {
        matches!(column.class, Class::Same | Class::Renamed | Class::Lossy)
    };
    let is_compatible =
        |column: &&ColumnComparison| matches!(column.class, Class::Same | Class::Renamed);
    Coverage {
        tables: Counted {
            by_name: targets()
                .filter(|t| t.from.is_some() && t.from_name.as_ref() == Some(&t.name))
                .count(),
            matched: targets().filter(|t| t.from.is_some()).count(),
            total: targets().count(),
        },
        columns: Counted {
            by_name: columns().filter(|c| c.by_name == Class::Same).count(),
            matched: columns().filter(|c| c.class != Class::Missing).count(),
            total: columns().count(),
        },
        types: Counted {
            by_name: columns().filter(|c| c.by_name == Class::Same).count(),
            matched: columns().filter(is_compatible).count(),
            total: columns().filter(paired).count(),
        },
    }
}

impl Share {
    pub(crate) fn of(numerator: u64, denominator: u64) -> Self {
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

    /// Whether the score is at least the threshold (0 to 100), exactly, before any rounding. The
    /// threshold is the decimal number that was written, not the binary one next to it.
    pub fn reaches(&self, threshold: f64) -> bool {
        let Some(overall) = &self.overall else {
            return false;
        };
        let Some(threshold) = decimal(threshold) else {
            return false;
        };
        let hundred = BigRational::from_integer(BigInt::from(100));
        &overall.0 * &hundred >= threshold && !(self.is_capped && threshold >= hundred)
    }
}

/// The shortest decimal number that is read as this one.
fn decimal(number: f64) -> Option<BigRational> {
    let text = number.to_string();
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let digits: BigInt = format!("{whole}{part}").parse().ok()?;
    let scale = BigInt::from(10).pow(u32::try_from(part.len()).ok()?);
    Some(BigRational::new(digits, scale))
}

#[cfg(test)]
pub(crate) mod tests;
