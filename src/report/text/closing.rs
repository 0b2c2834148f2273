//! What stands in the way, what was not compared, and the counts at the end.

use super::Block;
use super::layout::{Row, Sign};
use super::tables::listed;
use crate::diff::{Blocker, BlockerKind, Change, Object, SelectResult, State, What};
use crate::report::Report;
use crate::report::screen::Screen;
use crate::report::standing::{count, is_missing, is_paired, select_words};

/// Lines of a list that are printed before the rest is only counted.
const SHOWN: usize = 12;

pub(super) fn blocks(report: &Report<'_>, screen: Screen) -> Vec<Block> {
    vec![
        blockers(report, screen),
        unknowns(report, screen),
        unmodelled(report, screen),
        stale(report, screen),
        selects(report, screen),
        screen.wrap(&screen.clean(&counts(report)), screen.width),
    ]
}

/// The next moves, plain text: the first is the one to take.
pub fn hints(report: &Report<'_>) -> Vec<String> {
    let comparison = report.comparison;
    let mut hints = Vec::new();
    if comparison.correspondences.iter().any(is_stale) {
        hints.push("see which correspondences no longer fit with `align map check`".to_owned());
    }
    let blocked = comparison
        .blockers
        .iter()
        .find(|b| !b.column.is_empty() && !b.column.contains(", "));
    if let Some(blocker) = blocked {
        let target = format!("{}.{}", blocker.table, blocker.column);
        hints.push(format!(
            "see why `{}` blocks with `align diff --explain {}`",
            crate::report::screen::visible(&target),
            quoted(&target)
        ));
    }
    if !report.options.all && !comparison.is_empty() {
        hints.push("list everything with `align diff --all`".to_owned());
    }
    hints
}

/// A word as a POSIX shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = word
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
    if is_plain {
        word.to_owned()
    } else {
        format!(
            "'{}'",
            crate::report::screen::visible(&word.replace('\'', "'\\''"))
        )
    }
}

fn is_stale(state: &crate::diff::CorrespondenceState) -> bool {
    matches!(state.state, State::Stale { .. })
}

fn row(sign: Sign, cell: String, words: String) -> Row {
    Row {
        sign,
        cells: if cell.is_empty() {
            Vec::new()
        } else {
            vec![cell]
        },
        words,
        short: None,
        is_named: true,
    }
}

/// The list, or its beginning and the number of the rest.
fn list(report: &Report<'_>, screen: Screen, title: &str, rows: &[Row]) -> Block {
    if rows.is_empty() {
        return Vec::new();
    }
    let total = rows.len();
    let shown = if report.options.all || total <= SHOWN {
        total
    } else {
        SHOWN - 2
    };
    let mut block = listed(report, screen, title, &rows[..shown]);
    if shown < total {
        block.push(format!("    and {} more, listed with --all", total - shown));
    }
    block
}

/// Each forbids the switch by itself, so none is left out; missing tables were all listed before.
fn blockers(report: &Report<'_>, screen: Screen) -> Block {
    let all = &report.comparison.blockers;
    let is_folded = |b: &Blocker| b.kind == BlockerKind::TableMissing && !report.options.all;
    let folded = all.iter().filter(|b| is_folded(b)).count();
    let mut rows = Vec::new();
    if folded > 0 {
        let (noun, verb) = if folded == 1 {
            ("table", "is")
        } else {
            ("tables", "are")
        };
        rows.push(Row {
            is_named: false,
            ..row(
                Sign::Grave,
                format!("{folded} {noun}"),
                format!("{verb} missing whole, marked ! above"),
            )
        });
    }
    rows.extend(all.iter().filter(|b| !is_folded(b)).map(|blocker| {
        let name = match (blocker.table.as_str(), blocker.column.as_str()) {
            (table, "") => table.to_owned(),
            (table, column) => format!("{table}.{column}"),
        };
        let message = report.named(&blocker.message);
        row(Sign::Grave, screen.clean(&name), screen.clean(&message))
    }));
    if rows.is_empty() {
        return Vec::new();
    }
    listed(
        report,
        screen,
        &count(all.len(), "blocker", "blockers"),
        &rows,
    )
}

fn unknowns(report: &Report<'_>, screen: Screen) -> Block {
    let rows: Vec<Row> = report
        .comparison
        .unknowns
        .iter()
        .map(|unknown| {
            row(
                Sign::Unknown,
                screen.clean(&unknown.place()),
                screen.clean(&report.named(&unknown.message)),
            )
        })
        .collect();
    let title = format!("{} not compared", count(rows.len(), "fact", "facts"));
    list(report, screen, &title, &rows)
}

fn unmodelled(report: &Report<'_>, screen: Screen) -> Block {
    let rows: Vec<Row> = report
        .comparison
        .unmodelled
        .iter()
        .map(|seen| {
            let sighting = &seen.sighting;
            let side = if seen.side == "to" {
                report.to.name
            } else {
                report.from.name
            };
            let place = sighting
                .place
                .as_ref()
                .map_or(String::new(), |p| format!(", {p}"));
            let fate = if seen.unreadable {
                "not read"
            } else {
                "not modelled"
            };
            let name = if sighting.name.is_empty() {
                String::new()
            } else {
                format!(" `{}`", sighting.name)
            };
            row(
                Sign::Unknown,
                screen.clean(side),
                screen.clean(&format!("{}{name} {fate}{place}", sighting.what)),
            )
        })
        .collect();
    let title = format!(
        "{} seen and not compared",
        count(rows.len(), "thing", "things")
    );
    list(report, screen, &title, &rows)
}

fn stale(report: &Report<'_>, screen: Screen) -> Block {
    let rows: Vec<Row> = report
        .comparison
        .correspondences
        .iter()
        .filter_map(|c| match &c.state {
            State::Stale { missing, near } => {
                let pair = if c.to.is_empty() {
                    c.from.clone()
                } else {
                    format!("{} → {}", c.from, c.to)
                };
                let near = if near.is_empty() {
                    String::new()
                } else {
                    format!(", near it {}", near.join(", "))
                };
                let words = format!("{}{near} (line {})", report.named(missing), c.at.line);
                Some(row(
                    Sign::Unknown,
                    screen.clean(&pair),
                    screen.clean(&words),
                ))
            }
            State::Open | State::Applied | State::Idle => None,
        })
        .collect();
    let title = format!(
        "{} stale",
        count(rows.len(), "correspondence", "correspondences")
    );
    list(report, screen, &title, &rows)
}

/// How many queries are answered; those that are not, with `--all`.
fn selects(report: &Report<'_>, screen: Screen) -> Block {
    let selects = &report.comparison.selects;
    if selects.is_empty() {
        return Vec::new();
    }
    let answered = selects
        .iter()
        .filter(|s| s.result == SelectResult::Resolved)
        .count();
    let known = selects
        .iter()
        .filter(|s| s.result != SelectResult::Resolved && s.known_failure.is_some())
        .count();
    let verb = if answered == 1 { "is" } else { "are" };
    let title = format!(
        "{answered} of {} of the application {verb} answered{}",
        count(selects.len(), "query", "queries"),
        if known > 0 {
            format!(
                ", {known} {} known to fail",
                if known == 1 { "is" } else { "are" }
            )
        } else {
            String::new()
        },
    );
    if !report.options.all {
        return vec![title];
    }
    let rows: Vec<Row> = selects
        .iter()
        .filter(|s| s.result != SelectResult::Resolved)
        .map(|select| {
            let why = select
                .known_failure
                .as_ref()
                .map_or(String::new(), |k| format!(" ({k})"));
            let words = format!("{}: {}{why}", select.select, select_words(select));
            let sign = if why.is_empty() {
                Sign::Grave
            } else {
                Sign::Unknown
            };
            row(sign, screen.clean(&select.table), screen.clean(&words))
        })
        .collect();
    listed(report, screen, &title, &rows)
}

/// `7 blockers, 18 tables and 15 columns only in TrendtialCRM, …`
fn counts(report: &Report<'_>) -> String {
    let comparison = report.comparison;
    if comparison.is_empty() {
        return "no differences".to_owned();
    }
    let of = |test: &dyn Fn(&Change) -> bool| comparison.all_changes().filter(|c| test(c)).count();
    let columns = |what: What| of(&|c| c.object == Object::Column && c.what == what);
    let both = |tables: usize, columns: usize, side: &str| {
        let parts = [
            (tables, count(tables, "table", "tables")),
            (columns, count(columns, "column", "columns")),
        ];
        let parts: Vec<String> = parts
            .into_iter()
            .filter(|(n, _)| *n > 0)
            .map(|(_, text)| text)
            .collect();
        match parts.is_empty() {
            true => String::new(),
            false => format!("{} only in {side}", parts.join(" and ")),
        }
    };
    let some = |n: usize, text: String| if n > 0 { text } else { String::new() };
    let missing = comparison.tables.iter().filter(|t| is_missing(t)).count();
    let extra = comparison.tables.iter().filter(|t| t.to.is_none()).count();
    let (lossy, derived, renamed) = (
        columns(What::Lossy),
        columns(What::Derived),
        columns(What::Renamed),
    );
    let widened = columns(What::Widened);
    let paired: Vec<_> = comparison.tables.iter().filter(|t| is_paired(t)).collect();
    let others = paired
        .iter()
        .flat_map(|t| &t.changes)
        .chain(&comparison.changes);
    let others = others.filter(|c| c.object != Object::Column).count();
    let parts = [
        count(comparison.blockers.len(), "blocker", "blockers"),
        both(missing, columns(What::Missing), report.to.name),
        both(extra, columns(What::Extra), report.from.name),
        some(
            lossy,
            format!("{} lossy", count(lossy, "column", "columns")),
        ),
        some(derived, format!("{derived} derived")),
        some(renamed, format!("{renamed} renamed")),
        some(widened, format!("{widened} widened")),
        some(
            others,
            count(others, "other difference", "other differences"),
        ),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|p| !p.is_empty()).collect();
    parts.join(", ")
}
