//! A verification as text, one line a check with failures opened, and as JSON.

use serde::Serialize;

use super::Options;
use super::screen::{Screen, width};
use super::style::{ADDED, CHANGED, DIM, HEADING, REMOVED, paint};
use crate::verify::{Check, Confidence, Section, Summary, Verdict, Verification};

/// The most findings of one check that are opened.
const OPENED: usize = 8;

/// The most skipped checks of a section that are listed one by one.
const LISTED: usize = 3;

/// The text for a terminal: one line a check, and under it what stands against it.
pub fn text(verification: &Verification, options: Options) -> String {
    let screen = Screen::of(options);
    let mut text = Vec::new();
    for section in Section::ALL {
        let checks = verification.checks.iter();
        let mut checks = checks.filter(|check| check.section == section).peekable();
        if checks.peek().is_some() {
            text.push(paint(HEADING, section.word()));
            let checks: Vec<&Check> = checks.collect();
            let skipped = checks.iter().filter_map(|check| skipped_as(check)).count();
            let sums_up = skipped > LISTED && !options.all;
            let listed = checks
                .iter()
                .filter(|check| !sums_up || skipped_as(check).is_none());
            text.extend(listed.flat_map(|check| lines(check, screen, options)));
            if sums_up && let Some(why) = checks.iter().find_map(|check| skipped_as(check)) {
                let line = format!("{skipped} checks skipped: {why}");
                let line = screen.cut(&screen.clean(&line), screen.width.saturating_sub(4));
                text.push(format!("  {} {line}", paint(DIM, "-")));
            }
            text.push(String::new());
        }
    }
    let sum = sum(verification);
    text.extend(sum.lines().flat_map(|line| screen.hang(line)));
    text.push(String::new());
    text.join("\n")
}

fn skipped_as(check: &Check) -> Option<&str> {
    match &check.verdict {
        Verdict::Skipped { why } => Some(why),
        Verdict::Passed | Verdict::Failed | Verdict::Known { .. } => None,
    }
}

fn lines(check: &Check, screen: Screen, options: Options) -> Vec<String> {
    let (sign, style) = match (&check.verdict, options.unicode) {
        (Verdict::Passed, true) => ("✓", ADDED),
        (Verdict::Passed, false) => ("ok", ADDED),
        (Verdict::Failed, true) => ("✗", REMOVED),
        (Verdict::Failed, false) => ("NO", REMOVED),
        (Verdict::Known { .. }, _) => ("!", CHANGED),
        (Verdict::Skipped { .. }, _) => ("-", DIM),
    };
    let why = match &check.verdict {
        Verdict::Passed | Verdict::Failed => String::new(),
        Verdict::Known { why } => format!("  known to fail: {why}"),
        Verdict::Skipped { why } => format!("  skipped: {why}"),
    };
    let name = screen.clean(&format!("{}{why}", check.name));
    let name = screen.cut(&name, screen.width.saturating_sub(3 + width(sign)));
    let mut lines = vec![format!("  {} {name}", paint(style, sign))];
    let most = if options.all { usize::MAX } else { OPENED };
    for finding in check.findings.iter().take(most) {
        let wrapped = screen.wrap(
            &screen.clean(&finding.message),
            screen.width.saturating_sub(8),
        );
        lines.extend(wrapped.iter().map(|line| format!("      {line}")));
    }
    let more = check.findings.len().saturating_sub(most);
    if more > 0 {
        lines.push(format!("      and {more} more"));
    }
    for summary in &check.summaries {
        let wrapped = screen.wrap(
            &screen.clean(&holds(summary)),
            screen.width.saturating_sub(8),
        );
        lines.extend(wrapped.iter().map(|line| format!("      {line}")));
    }
    lines
}

fn holds(summary: &Summary) -> String {
    let when = if summary.is_new { "after" } else { "before" };
    let range = summary.range.as_ref().map_or_else(String::new, |range| {
        let what = if summary.of_length { "length " } else { "" };
        format!(", {what}{} to {}", range.0, range.1)
    });
    format!(
        "{when}: {}: {} rows, {} NULL, {} distinct{range}",
        summary.column, summary.rows, summary.nulls, summary.distinct
    )
}

/// One line: how many checks ended how.
pub fn sum(verification: &Verification) -> String {
    let passed = verification.count(|verdict| *verdict == Verdict::Passed);
    let failed = verification.count(|verdict| *verdict == Verdict::Failed);
    let known = verification.count(|verdict| matches!(verdict, Verdict::Known { .. }));
    let skipped = verification.count(|verdict| matches!(verdict, Verdict::Skipped { .. }));
    let mut parts = vec![format!(
        "{passed} of {} checks pass",
        verification.checks.len()
    )];
    for (count, words) in [
        (failed, "fail"),
        (known, "known to fail"),
        (skipped, "skipped"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {words}"));
        }
    }
    let mut lines = vec![parts.join(", ")];
    if !verification.left_out.is_empty() {
        lines.push(format!("not asked for: {}", not_asked(verification)));
    }
    lines.extend(verification.confidence().map(worth));
    lines.join("\n")
}

/// The sections that nobody asked for.
pub(super) fn not_asked(verification: &Verification) -> String {
    let words: Vec<&str> = verification
        .left_out
        .iter()
        .map(|section| section.word())
        .collect();
    words.join(", ")
}

/// What a sample without a fault says.
pub(super) fn worth(sure: Confidence) -> String {
    format!(
        "at most {} rows of a table were looked at: where none fails, fewer than {:.2} % of its rows do, with {:.0} % certainty",
        sure.rows,
        sure.share * 100.0,
        sure.certainty * 100.0
    )
}

/// The document that `--format json` writes, version 1.
#[derive(Debug, Serialize)]
struct Document<'a> {
    format_version: u32,
    command: &'static str,
    align_version: &'static str,
    database: &'a str,
    passed: bool,
    /// Where not every row was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    sample: Option<JsonSample>,
    /// The most that one question of a check might take.
    #[serde(skip_serializing_if = "Option::is_none")]
    budget_milliseconds: Option<u64>,
    /// Sections that nobody asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left_out: Vec<&'static str>,
    checks: Vec<JsonCheck<'a>>,
}

#[derive(Debug, Serialize)]
struct JsonSample {
    /// Of a table, at most.
    rows: u64,
    /// Of a check that passes.
    certainty: f64,
    /// Fewer rows than this share fail, with that certainty.
    share_below: f64,
}

#[derive(Debug, Serialize)]
struct JsonCheck<'a> {
    section: &'static str,
    name: &'a str,
    /// `passed`, `failed`, `known` or `skipped`.
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    looked_at: u64,
    milliseconds: u64,
    findings: Vec<JsonFinding<'a>>,
    /// What the columns hold, before and after.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    columns: Vec<JsonSummary<'a>>,
}

#[derive(Debug, Serialize)]
struct JsonSummary<'a> {
    /// `before` or `after`.
    when: &'static str,
    column: &'a str,
    rows: u64,
    nulls: u64,
    distinct: u64,
    /// `value` or `length`.
    #[serde(skip_serializing_if = "Option::is_none")]
    range_of: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<[&'a str; 2]>,
}

#[derive(Debug, Serialize)]
struct JsonFinding<'a> {
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sql: Option<&'a str>,
}

/// The document for a program; `database` is what was checked.
pub fn json(verification: &Verification, database: &str) -> String {
    let document = Document {
        format_version: 1,
        command: "verify",
        align_version: env!("CARGO_PKG_VERSION"),
        database,
        passed: verification.holds(),
        sample: verification.confidence().map(|sure| JsonSample {
            rows: sure.rows,
            certainty: sure.certainty,
            share_below: sure.share,
        }),
        budget_milliseconds: verification
            .budget
            .map(|budget| u64::try_from(budget.as_millis()).unwrap_or(u64::MAX)),
        left_out: verification
            .left_out
            .iter()
            .map(|section| section.word())
            .collect(),
        checks: verification.checks.iter().map(json_check).collect(),
    };
    let text = serde_json::to_string_pretty(&document);
    text.unwrap_or_else(|error| unreachable!("a value without maps becomes JSON: {error}")) + "\n"
}

/// The checks as the document lists them, for a document of another command.
pub fn checks(verification: &Verification) -> serde_json::Value {
    let checks: Vec<JsonCheck<'_>> = verification.checks.iter().map(json_check).collect();
    serde_json::json!({"passed": verification.holds(), "checks": checks})
}

fn json_check(check: &Check) -> JsonCheck<'_> {
    let (verdict, why) = match &check.verdict {
        Verdict::Passed => ("passed", None),
        Verdict::Failed => ("failed", None),
        Verdict::Known { why } => ("known", Some(why.as_str())),
        Verdict::Skipped { why } => ("skipped", Some(why.as_str())),
    };
    JsonCheck {
        section: check.section.word(),
        name: &check.name,
        verdict,
        why,
        looked_at: check.looked_at,
        milliseconds: u64::try_from(check.took.as_millis()).unwrap_or(u64::MAX),
        findings: check
            .findings
            .iter()
            .map(|finding| JsonFinding {
                message: &finding.message,
                sql: finding.sql.as_deref(),
            })
            .collect(),
        columns: check.summaries.iter().map(json_summary).collect(),
    }
}

fn json_summary(summary: &Summary) -> JsonSummary<'_> {
    let of = if summary.of_length { "length" } else { "value" };
    JsonSummary {
        when: if summary.is_new { "after" } else { "before" },
        column: &summary.column,
        rows: summary.rows,
        nulls: summary.nulls,
        distinct: summary.distinct,
        range_of: summary.range.is_some().then_some(of),
        range: summary
            .range
            .as_ref()
            .map(|(least, most)| [least.as_str(), most.as_str()]),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::verify::Finding;

    fn check(name: &str, verdict: Verdict) -> Check {
        let message = "clients.email: row level security off → on, and nobody who is asked for it may see \
                       a row of the other";
        Check {
            section: Section::Values,
            name: name.repeat(5),
            verdict,
            looked_at: 1,
            findings: vec![Finding {
                message: message.to_owned(),
                sql: None,
                spot: None,
            }],
            summaries: Vec::new(),
            took: Duration::ZERO,
            at: None,
        }
    }

    #[test]
    fn a_line_is_as_wide_as_the_screen_and_has_its_signs() {
        let why = "nobody knows → ".repeat(9);
        let verification = Verification {
            checks: vec![
                check("clients.name → clients.client_name", Verdict::Passed),
                check("leads.name → leads.contact_person", Verdict::Failed),
                check("顧客", Verdict::Known { why: why.clone() }),
                check("users", Verdict::Skipped { why }),
            ],
            ..Verification::default()
        };
        for columns in [40, 80, 100] {
            for unicode in [false, true] {
                let options = Options {
                    all: true,
                    width: columns,
                    unicode,
                };
                let text = text(&verification, options);
                let plain = anstream::adapter::strip_str(&text).to_string();
                for line in plain.lines() {
                    assert!(width(line) <= columns, "{columns}: {line}");
                }
                let arrows = text.contains('→') || text.contains('✓');
                assert_eq!(arrows, unicode, "{text}");
            }
        }
    }
}
