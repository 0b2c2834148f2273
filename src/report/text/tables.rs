//! The blocks of tables, and of what belongs to none.

use super::Block;
use super::layout::{Layout, Row, Sign};
use super::row;
use crate::diff::{BlockerKind, TableComparison};
use crate::mapping::Priority;
use crate::report::Report;
use crate::report::screen::{Screen, width};
use crate::report::standing::{
    Points, count, expectation, is_missing, is_paired, table_permille, tenths,
};
use crate::report::style::{HEADING, paint};

pub(super) fn blocks(report: &Report<'_>, screen: Screen) -> Vec<Block> {
    let paired: Vec<(&TableComparison, Vec<Row>)> = report
        .comparison
        .tables
        .iter()
        .filter(|t| is_paired(t))
        .map(|table| (table, row::of_table(report, screen, table)))
        .collect();
    let elsewhere = row::of_objects(report, screen, report.comparison.changes.iter());
    let limit = if report.options.all { usize::MAX } else { 2 };
    let rows: Vec<&Row> = paired
        .iter()
        .flat_map(|(_, rows)| rows)
        .chain(&elsewhere)
        .collect();
    let layout = Layout::new(screen, rows.iter().copied(), limit);
    let mut blocks: Vec<Block> = Vec::new();
    for (table, rows) in paired.iter().filter(|(_, rows)| !rows.is_empty()) {
        let mut block = vec![heading(report, screen, &layout, table)];
        block.extend(rows.iter().flat_map(|row| layout.lines(row)));
        blocks.push(block);
    }
    blocks.push(agreeing(screen, &paired));
    blocks.push(missing(report, screen));
    blocks.push(extra(report, screen));
    if !elsewhere.is_empty() {
        let mut block = vec![paint(HEADING, "outside of tables")];
        block.extend(elsewhere.iter().flat_map(|row| layout.lines(row)));
        blocks.push(block);
    }
    blocks
}

/// `activities → lead_activities      11 of 11 columns, 100.0`
fn heading(
    report: &Report<'_>,
    screen: Screen,
    layout: &Layout,
    table: &TableComparison,
) -> String {
    let from = table.from_name.as_deref().unwrap_or(&table.name);
    let label = if from == table.name {
        screen.clean(&table.name)
    } else {
        screen.clean(&format!("{from} → {}", table.name))
    };
    let points = Points::of(table, &report.mapping.credit);
    let share = table_permille(report.score, &report.mapping.credit, table);
    let note = format!("{points}, {}", tenths(share));
    let column = layout
        .start(2)
        .min(screen.width.saturating_sub(width(&note)));
    let label = screen.cut(&label, screen.width - width(&note) - 2);
    let blanks = column.saturating_sub(width(&label)).max(2);
    format!("{}{}{note}", paint(HEADING, &label), " ".repeat(blanks))
}

/// Tables without a difference, in one paragraph.
fn agreeing(screen: Screen, paired: &[(&TableComparison, Vec<Row>)]) -> Block {
    let names: Vec<String> = paired
        .iter()
        .filter(|(_, rows)| rows.is_empty())
        .map(|(table, _)| screen.clean(&table.name))
        .collect();
    if names.is_empty() {
        return Vec::new();
    }
    let title = format!(
        "{} without a difference",
        count(names.len(), "table", "tables")
    );
    let mut block = vec![paint(HEADING, &title)];
    let lines = screen.wrap(&names.join(", "), screen.width - 4);
    block.extend(lines.into_iter().map(|line| format!("    {line}")));
    block
}

/// Tables that only the to side has, the most important first, with what the mapping says of them.
fn missing(report: &Report<'_>, screen: Screen) -> Block {
    let mut tables: Vec<&TableComparison> = report
        .comparison
        .tables
        .iter()
        .filter(|t| is_missing(t))
        .collect();
    if tables.is_empty() {
        return Vec::new();
    }
    let priority = |table: &TableComparison| -> Option<Priority> {
        expectation(report.mapping, table).map(|e| e.priority)
    };
    tables.sort_by_key(|table| (priority(table).is_none(), priority(table)));
    let is_told = tables.iter().any(|table| priority(table).is_some());
    let is_phased = tables
        .iter()
        .any(|table| expectation(report.mapping, table).is_some_and(|e| e.phase.is_some()));
    let rows: Vec<Row> = tables
        .iter()
        .map(|table| {
            let said = expectation(report.mapping, table);
            let mut cells = vec![
                screen.clean(&table.name),
                count(table.columns.len(), "column", "columns"),
            ];
            if is_told {
                cells.push(said.map_or(String::new(), |e| e.priority.word().to_owned()));
            }
            if is_phased {
                let phase = said.and_then(|e| e.phase.as_deref()).unwrap_or_default();
                cells.push(screen.clean(phase));
            }
            Row {
                sign: if is_blocking(report, table) {
                    Sign::Grave
                } else {
                    Sign::Added
                },
                cells,
                words: said.map_or(String::new(), |e| screen.clean(&e.impact)),
                short: None,
                is_named: true,
            }
        })
        .collect();
    let title = format!(
        "{} only in {}",
        count(rows.len(), "table", "tables"),
        screen.clean(report.to.name)
    );
    listed(report, screen, &title, &rows)
}

fn is_blocking(report: &Report<'_>, table: &TableComparison) -> bool {
    let mut blockers = report.comparison.blockers.iter();
    blockers.any(|b| b.kind == BlockerKind::TableMissing && b.table == table.name)
}

fn extra(report: &Report<'_>, screen: Screen) -> Block {
    let rows: Vec<Row> = report
        .comparison
        .tables
        .iter()
        .filter(|table| table.to.is_none())
        .map(|table| {
            let only = format!("only in {}", report.from.name);
            let words: Vec<String> = table
                .changes
                .iter()
                .map(|change| report.named(&change.message))
                .map(|message| match message.strip_prefix(&only) {
                    Some(rest) => screen.clean(rest.trim_start_matches(", ")),
                    None => screen.clean(&message),
                })
                .collect();
            Row {
                sign: Sign::Removed,
                cells: vec![screen.clean(&table.name)],
                words: words.join(", "),
                short: None,
                is_named: true,
            }
        })
        .collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let title = format!(
        "{} only in {}",
        count(rows.len(), "table", "tables"),
        screen.clean(report.from.name)
    );
    listed(report, screen, &title, &rows)
}

/// A title and rows of a layout of their own.
pub(super) fn listed(report: &Report<'_>, screen: Screen, title: &str, rows: &[Row]) -> Block {
    let limit = if report.options.all { usize::MAX } else { 2 };
    let layout = Layout::new(screen, rows, limit);
    let mut block = vec![paint(HEADING, title)];
    block.extend(rows.iter().flat_map(|row| layout.lines(row)));
    block
}
