//! What several formats say alike of a comparison: a table's points, what the mapping says of a table,
//! rounded shares, numbers with their nouns.

pub(crate) use crate::diff::count;
use crate::diff::{ColumnComparison, Counterpart, SelectOutcome, TableComparison};
use crate::mapping::{Class, Credit, ExpectTable, Mapping, TableRef};
use crate::schema::ColumnType;
use crate::score::Score;

/// What a table's columns earn together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Points {
    /// In thousandths.
    pub(crate) earned: u64,
    pub(crate) columns: usize,
}

impl Points {
    pub(crate) fn of(table: &TableComparison, credit: &Credit) -> Self {
        let earned = table.columns.iter().map(|c| u64::from(credit.of(c.class)));
        Self {
            earned: earned.sum(),
            columns: table.columns.len(),
        }
    }

    /// The mean, in tenths of a percent; 1000 for a table without columns.
    pub(crate) fn permille(self) -> u32 {
        match u64::try_from(self.columns) {
            Ok(columns) if columns > 0 => permille(self.earned, columns.saturating_mul(1000)),
            _ => 1000,
        }
    }
}

impl std::fmt::Display for Points {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let noun = if self.columns == 1 {
            "column"
        } else {
            "columns"
        };
        write!(f, "{} of {} {noun}", thousandths(self.earned), self.columns)
    }
}

/// A number of thousandths as a decimal without needless zeros.
pub(crate) fn thousandths(n: u64) -> String {
    let text = format!("{}.{:03}", n / 1000, n % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The part in tenths of a percent, rounded half up; 1000 only for all of it, and for nothing of
/// nothing.
pub(crate) fn permille(part: u64, whole: u64) -> u32 {
    if part >= whole {
        return 1000;
    }
    let (part, whole) = (u128::from(part), u128::from(whole));
    let tenths = (part * 2000 + whole) / (whole * 2);
    u32::try_from(tenths).map_or(999, |tenths| tenths.min(999))
}

/// Tenths as a decimal with one place.
pub(crate) fn tenths(n: u32) -> String {
    format!("{}.{}", n / 10, n % 10)
}

/// Whether the mapping means this table.
pub(crate) fn is_meant(reference: &TableRef, table: &TableComparison) -> bool {
    let text = reference.to_string();
    text == table.name || table.to.as_ref().is_some_and(|to| to.to_string() == text)
}

/// What the mapping says of a table's absence.
pub(crate) fn expectation<'a>(
    mapping: &'a Mapping,
    table: &TableComparison,
) -> Option<&'a ExpectTable> {
    mapping
        .expect_tables
        .iter()
        .find(|e| is_meant(&e.table, table))
}

/// Tables that both sides have.
pub(crate) fn is_paired(table: &TableComparison) -> bool {
    table.from.is_some() && table.to.is_some()
}

/// Tables that only the to side has.
pub(crate) fn is_missing(table: &TableComparison) -> bool {
    table.from.is_none()
}

/// The mean of a table as the score has it, or by its own columns when no category scores it.
pub(crate) fn table_permille(score: &Score, credit: &Credit, table: &TableComparison) -> u32 {
    let scored = score.categories.iter().flat_map(|c| &c.tables);
    match scored.into_iter().find(|t| t.name == table.name) {
        Some(scored) => scored.share.permille(),
        None if is_missing(table) => 0,
        None => Points::of(table, credit).permille(),
    }
}

/// A type of the to side as a reader of that table sees it.
pub(crate) fn to_type(table: &TableComparison, ty: &ColumnType) -> String {
    shown_type(ty, table.to.as_ref(), &table.name)
}

/// A type of the from side as a reader of that table sees it.
pub(crate) fn from_type(table: &TableComparison, ty: &ColumnType) -> String {
    shown_type(
        ty,
        table.from.as_ref(),
        table.from_name.as_deref().unwrap_or_default(),
    )
}

/// A table that is shown without its namespace lies at home, and so do types that need none.
fn shown_type(ty: &ColumnType, name: Option<&crate::schema::QualifiedName>, shown: &str) -> String {
    match name {
        Some(name) if name.name.to_string() == shown => ty.within(&name.namespace),
        _ => ty.to_string(),
    }
}

/// Names and types of what stands for a column on the from side.
pub(crate) fn sources(
    table: &TableComparison,
    column: &ColumnComparison,
) -> (Vec<String>, Vec<String>) {
    match &column.counterpart {
        Counterpart::None => (Vec::new(), Vec::new()),
        Counterpart::Same { from_type: ty, .. } => {
            (vec![column.name.to_string()], vec![from_type(table, ty)])
        }
        Counterpart::Mapped {
            from, from_types, ..
        } => (
            from.clone(),
            from_types.iter().map(|ty| from_type(table, ty)).collect(),
        ),
    }
}

/// Whether the from side has a column of that very name, in a type that takes every value.
pub(crate) fn is_really_there(column: &ColumnComparison) -> bool {
    column.class == Class::Same && matches!(column.counterpart, Counterpart::Same { .. })
}

/// What comes of a query, in words.
pub(crate) fn select_words(select: &SelectOutcome) -> String {
    let problems: Vec<String> = select.problems().map(ToString::to_string).collect();
    if problems.is_empty() {
        "answered".to_owned()
    } else {
        problems.join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounded_shares_never_reach_all_before_all_is_there() {
        for (part, whole, expected) in [
            (0, 10, 0),
            (1, 3, 333),
            (2, 3, 667),
            (9999, 10000, 999),
            (10, 10, 1000),
            (0, 0, 1000),
            (1, 2000, 1),
            (u64::MAX - 1, u64::MAX, 999),
        ] {
            assert_eq!(permille(part, whole), expected, "{part} of {whole}");
        }
    }

    #[test]
    fn thousandths_have_no_needless_zeros() {
        for (n, text) in [
            (18500, "18.5"),
            (1000, "1"),
            (0, "0"),
            (333, "0.333"),
            (10000, "10"),
        ] {
            assert_eq!(thousandths(n), text);
        }
    }
}
