//! Both sides beside each other: tables, then their columns.

use super::Section;
use super::escape::{code, header, html, prose, row};
use crate::diff::{ColumnComparison, Counterpart, Object, TableComparison, What};
use crate::mapping::{Class, Priority};
use crate::report::Report;
use crate::report::standing::{
    Points, count, expectation, is_missing, is_paired, sources, table_permille, tenths, to_type,
};

/// Tables that both sides have.
pub(super) fn matching(report: &Report<'_>) -> Section {
    let tables: Vec<&TableComparison> = report
        .comparison
        .tables
        .iter()
        .filter(|t| is_paired(t))
        .collect();
    if tables.is_empty() {
        return vec!["No table of one side has a counterpart on the other.".to_owned()];
    }
    let titles = [
        "Table".to_owned(),
        prose(report.from.name),
        prose(report.to.name),
        "Alignment".to_owned(),
        "Columns".to_owned(),
    ];
    let mut lines = vec!["### Tables that match".to_owned(), String::new()];
    lines.extend(header(&titles));
    for table in tables {
        let share = table_permille(report.score, &report.mapping.credit, table);
        let why = table
            .why
            .as_ref()
            .map_or(String::new(), |why| format!("; {}", prose(why)));
        lines.push(row([
            code(&table.name),
            code(table.from_name.as_deref().unwrap_or(&table.name)),
            code(&table.name),
            format!("{}, {}", alignment(share), tenths(share)),
            format!("{}{why}", classes(table)),
        ]));
    }
    lines.extend([
        String::new(),
        "High is half of the columns and more, medium a quarter and more.".to_owned(),
    ]);
    lines
}

fn alignment(permille: u32) -> &'static str {
    match permille {
        500.. => "High",
        250.. => "Medium",
        _ => "Low",
    }
}

/// `1 same, 1 renamed, 2 missing`
fn classes(table: &TableComparison) -> String {
    let parts: Vec<String> = Class::ALL
        .iter()
        .map(|class| {
            (
                class,
                table.columns.iter().filter(|c| c.class == *class).count(),
            )
        })
        .filter(|(_, n)| *n > 0)
        .map(|(class, n)| format!("{n} {}", class.word()))
        .collect();
    parts.join(", ")
}

/// Tables that only the to side has, the most important first; then those that only the from side has.
pub(super) fn missing(report: &Report<'_>) -> Section {
    let mut tables: Vec<&TableComparison> = report
        .comparison
        .tables
        .iter()
        .filter(|t| is_missing(t))
        .collect();
    let priority = |table: &TableComparison| -> Option<Priority> {
        expectation(report.mapping, table).map(|e| e.priority)
    };
    tables.sort_by_key(|table| (priority(table).is_none(), priority(table)));
    let mut lines = Vec::new();
    if !tables.is_empty() {
        let titles = ["Table", "Columns", "Impact", "Priority", "Phase"].map(str::to_owned);
        lines.extend([
            format!("### Tables only in {}", prose(report.to.name)),
            String::new(),
        ]);
        lines.extend(header(&titles));
        for table in tables {
            let said = expectation(report.mapping, table);
            lines.push(row([
                code(&table.name),
                table.columns.len().to_string(),
                said.map_or(String::new(), |e| prose(&e.impact)),
                said.map_or("", |e| e.priority.word()).to_owned(),
                said.and_then(|e| e.phase.as_deref())
                    .map_or(String::new(), prose),
            ]));
        }
    }
    let extra: Vec<String> = report
        .comparison
        .tables
        .iter()
        .filter(|table| table.to.is_none())
        .map(|table| code(&table.name))
        .collect();
    if !extra.is_empty() {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.push(format!(
            "Only in {}: {}.",
            prose(report.from.name),
            extra.join(", ")
        ));
    }
    lines
}

/// The columns of each pair beside each other, a folded block a table.
pub(super) fn fields(report: &Report<'_>) -> Vec<Section> {
    let paired = report.comparison.tables.iter().filter(|t| is_paired(t));
    paired.map(|table| pair(report, table)).collect()
}

fn pair(report: &Report<'_>, table: &TableComparison) -> Section {
    let points = Points::of(table, &report.mapping.credit);
    let titles = [
        prose(report.from.name),
        "Type".to_owned(),
        prose(report.to.name),
        "Type".to_owned(),
        "How".to_owned(),
    ];
    let mut lines = vec![
        format!(
            "<details><summary><code>{}</code>: {points}</summary>",
            html(&table.name)
        ),
        String::new(),
    ];
    lines.extend(header(&titles));
    for column in &table.columns {
        let (names, types) = sources(table, column);
        lines.push(row([
            list(&names),
            list(&types),
            code(&column.name.to_string()),
            code(&to_type(table, &column.to_type)),
            how(column),
        ]));
    }
    let extra = table
        .changes
        .iter()
        .filter(|c| c.object == Object::Column && c.what == What::Extra);
    for change in extra {
        let from: Vec<String> = change.from.iter().cloned().collect();
        let types: Vec<String> = change.from_type.iter().cloned().collect();
        let words = prose(&report.named(&change.message));
        lines.push(row([
            list(&from),
            list(&types),
            String::new(),
            String::new(),
            words,
        ]));
    }
    let others = table
        .changes
        .iter()
        .filter(|c| c.object != Object::Column && c.object != Object::Table)
        .count();
    if others > 0 {
        lines.extend([
            String::new(),
            format!(
                "And {} in nullability, defaults, keys, checks, indexes, policies and the like.",
                count(others, "difference", "differences")
            ),
        ]);
    }
    lines.extend([String::new(), "</details>".to_owned(), String::new()]);
    lines
}

fn list(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| code(name)).collect();
    names.join(", ")
}

fn how(column: &ColumnComparison) -> String {
    let rule = match &column.counterpart {
        Counterpart::Mapped { rule, .. }
        | Counterpart::Same {
            rule: Some(rule), ..
        } => Some(rule),
        Counterpart::Same { rule: None, .. } | Counterpart::None => None,
    };
    // A rename or a copy without a step is said by its class.
    let says_more = |text: &str| !matches!(text, "as it is" | "rename" | "copy");
    let text = match rule {
        Some(rule) if says_more(&rule.text) => {
            format!("{}: {}", column.class.word(), prose(&rule.text))
        }
        _ => column.class.word().to_owned(),
    };
    if column.stated {
        format!("{text} (stated)")
    } else {
        text
    }
}
