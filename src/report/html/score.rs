//! The score: one number and one bar, then a bar a category.

use super::{code, list, missing_tables, prose, text};
use crate::report::Report;
use crate::report::standing::{count, tenths};
use crate::score::Share;

/// Tables of a category that are named with their shares; more are counted.
const NAMED: usize = 6;

/// A share in tenths of a percent as a bar, with the threshold marked where there is one. The label says
/// the same to who cannot see it.
pub(crate) fn bar(permille: u32, threshold: Option<f64>, label: &str) -> String {
    let mark = threshold.map_or(String::new(), |threshold| {
        let at = (threshold * 10.0).clamp(0.0, 1000.0);
        format!("<line class=\"gate\" x1=\"{at}\" y1=\"0\" x2=\"{at}\" y2=\"10\"/>")
    });
    let kind = match threshold {
        Some(threshold) if f64::from(permille) / 10.0 < threshold => "under",
        Some(_) | None => "over",
    };
    format!(
        "<svg class=\"bar {kind}\" role=\"img\" aria-label=\"{}\" viewBox=\"0 0 1000 10\" \
         preserveAspectRatio=\"none\"><rect class=\"all\" width=\"1000\" height=\"10\"/>\
         <rect class=\"part\" width=\"{}\" height=\"10\"/>{mark}</svg>",
        text(label),
        permille.min(1000)
    )
}

pub(super) fn overall(report: &Report<'_>) -> String {
    let (score, verdict) = (report.score, report.verdict);
    let threshold = verdict.threshold;
    let (number, stands) = match score.permille() {
        Some(_) if score.reaches(threshold) => ("", format!("reaches the gate of {threshold}")),
        Some(_) => (" under", format!("under the gate of {threshold}")),
        None => (" under", "nothing was scored".to_owned()),
    };
    let printed = score.printed();
    let label = format!("{printed} of 100, gate {threshold}");
    let bar = bar(score.permille().unwrap_or(0), Some(threshold), &label);
    let coverage = score.coverage;
    let verdict = if verdict.passed {
        "<p class=\"yes\">The gate passes.</p>".to_owned()
    } else {
        let reasons: Vec<String> = verdict.reasons.iter().map(|why| prose(why)).collect();
        format!("<p class=\"no\">The gate fails:</p>\n{}", list(&reasons))
    };
    let strict = |share: &Option<Share>| share.as_ref().map_or("-".to_owned(), Share::to_string);
    let missing = match missing_tables(report) {
        0 => String::new(),
        some => format!(" {} missing.", count(some, "table is", "tables are")),
    };
    format!(
        "<section>\n<p class=\"score\"><span class=\"number{number}\">{printed}</span> of 100, {stands}</p>\n\
         {bar}\n<p>{} of {} tables and {} of {} columns of {} have a counterpart.{missing}</p>\n\
         <p class=\"dim\">By name only {}; with renames and nothing derived {}.</p>\n{verdict}\n</section>",
        coverage.tables.matched,
        coverage.tables.total,
        coverage.columns.matched,
        coverage.columns.total,
        text(report.to.name),
        strict(&score.strict.by_name),
        strict(&score.strict.renames),
    )
}

pub(super) fn categories(report: &Report<'_>) -> String {
    let threshold = report.verdict.threshold;
    let rows: String = report
        .score
        .categories
        .iter()
        .map(|category| {
            let tables: Vec<String> = category
                .tables
                .iter()
                .map(|table| format!("{} {}", code(&table.name), table.share))
                .collect();
            let tables = if tables.len() > NAMED {
                count(tables.len(), "table", "tables")
            } else {
                tables.join(", ")
            };
            let (points, bar) = match &category.share {
                Some(share) => {
                    let label = format!("{share} of 100");
                    (
                        share.to_string(),
                        bar(share.permille(), Some(threshold), &label),
                    )
                }
                None => ("-".to_owned(), "no table".to_owned()),
            };
            let weight = category.weight;
            format!(
                "<tr><th scope=\"row\">{}<span class=\"dim tables\">{}</span></th>\
                 <td class=\"wide\">{bar}</td><td class=\"n\">{points}</td>\
                 <td class=\"n\">{weight}</td><td class=\"n\">{}</td></tr>\n",
                text(&category.name),
                tables,
                tenths(category.lost.permille()),
            )
        })
        .collect();
    format!(
        "<section>\n<h2>Categories</h2>\n<table class=\"categories\">\n<thead><tr>\
         <th scope=\"col\">Category</th><th scope=\"col\" class=\"wide\">Share</th>\
         <th scope=\"col\" class=\"n\">Points</th><th scope=\"col\" class=\"n\">Weight</th>\
         <th scope=\"col\" class=\"n\">Lost</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n</section>"
    )
}
