//! From a table's points to the score.

use crate::diff::TableComparison;
use crate::report::Report;
use crate::report::screen::Screen;
use crate::report::standing::{Points, tenths, thousandths};
use crate::score::{CategoryScore, Share};

/// Mean of the table, mean of each category that holds it, weighted mean of all.
pub(super) fn consequences(
    report: &Report<'_>,
    screen: Screen,
    table: &TableComparison,
    points: Points,
) -> Vec<String> {
    let score = report.score;
    let mut lines = Vec::new();
    if points.columns > 0 {
        lines.push(format!(
            "{}: 100 x {} / {} = {}",
            screen.clean(&table.name),
            thousandths(points.earned),
            points.columns,
            tenths(points.permille())
        ));
    }
    let holding: Vec<&CategoryScore> = score
        .categories
        .iter()
        .filter(|c| c.tables.iter().any(|t| t.name == table.name))
        .collect();
    if holding.is_empty() {
        lines.push("No category scores this table, so the score does not depend on it.".to_owned());
        return lines;
    }
    for category in holding {
        let Some(share) = &category.share else {
            continue;
        };
        let shares: Vec<String> = category
            .tables
            .iter()
            .map(|t| t.share.to_string())
            .collect();
        let names: Vec<String> = category
            .tables
            .iter()
            .map(|t| screen.clean(&t.name))
            .collect();
        lines.push(format!(
            "{}, the mean of {}: ({}) / {} = {}",
            screen.clean(&category.name),
            names.join(", "),
            shares.join(" + "),
            shares.len(),
            exact(share)
        ));
    }
    let counted: Vec<(&CategoryScore, &Share)> = score
        .categories
        .iter()
        .filter_map(|c| Some((c, c.share.as_ref()?)))
        .collect();
    if let Some(overall) = &score.overall {
        let terms: Vec<String> = counted
            .iter()
            .map(|(c, share)| format!("{} x {share}", c.weight))
            .collect();
        let weights: u64 = counted.iter().map(|(c, _)| u64::from(c.weight)).sum();
        lines.push(format!(
            "overall: ({}) / {weights} = {}",
            terms.join(" + "),
            exact(overall)
        ));
        if score.is_capped && overall.is_all() {
            lines.push("It prints as 99.9, since not everything was compared.".to_owned());
        }
    }
    lines.iter().flat_map(|line| screen.hang(line)).collect()
}

/// Rounded, and as the fraction that it is.
fn exact(share: &Share) -> String {
    format!("{share}, exactly 100 x {}", share.fraction())
}
