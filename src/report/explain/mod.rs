//! The arithmetic of one table or one column in lines that a reader can recompute by hand.

mod arithmetic;
mod column;

use arithmetic::consequences;
use column::{of_column, of_source};

use super::Report;
use super::screen::{Screen, pad, visible, width};
use super::standing::{Points, from_type, sources, thousandths, to_type};
use crate::diff::{Change, ColumnComparison, Counterpart, Object, RuleText, TableComparison, What};

/// A name that neither side has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("neither side has a table or a column `{target}`")]
pub struct NotFound {
    /// What was asked for.
    pub target: String,
    /// Names like it that are there, nearest first, at most 3.
    pub near: Vec<String>,
}

impl NotFound {
    /// What to look at next; `None` when nothing is called nearly so.
    pub fn hint(&self) -> Option<String> {
        let near: Vec<String> = self
            .near
            .iter()
            .map(|name| format!("`{}`", visible(name)))
            .collect();
        (!near.is_empty()).then(|| format!("there is {}", near.join(", ")))
    }
}

/// Explains what a table or a column earns and how the score follows from it.
///
/// The target is `table` or `table.column`, by the names of the to side; where that has none of the
/// name, by those of the from side.
///
/// # Errors
/// [`NotFound`] when no side has it.
pub fn render(report: &Report<'_>, target: &str) -> Result<String, NotFound> {
    let screen = Screen::of(report.options);
    let tables = &report.comparison.tables;
    if let Some(table) = tables.iter().find(|t| is_called(t, target)) {
        return Ok(text(&of_table(report, screen, table)));
    }
    for (table, rest) in tables
        .iter()
        .filter_map(|t| Some((t, column_part(t, target)?)))
    {
        if let Some(column) = table.columns.iter().find(|c| is_name(rest, c)) {
            return Ok(text(&of_column(report, screen, table, column)));
        }
        let uses: Vec<&ColumnComparison> = table
            .columns
            .iter()
            .filter(|c| sources(table, c).0.iter().any(|n| n == rest))
            .collect();
        let extra = table.changes.iter().find(|c| is_extra(c, rest));
        if !uses.is_empty() || extra.is_some() {
            return Ok(text(&of_source(report, screen, table, rest, &uses, extra)));
        }
    }
    Err(NotFound {
        target: target.to_owned(),
        near: near(report, target),
    })
}

fn text(lines: &[String]) -> String {
    let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    lines.join("\n") + "\n"
}

fn is_called(table: &TableComparison, target: &str) -> bool {
    let full = [&table.to, &table.from].into_iter().flatten();
    target == table.name
        || table.from_name.as_deref() == Some(target)
        || full
            .into_iter()
            .any(|name| name.to_string() == target || name.name.as_str() == target)
}

/// What follows the table's name and a point.
fn column_part<'t>(table: &TableComparison, target: &'t str) -> Option<&'t str> {
    let full = [&table.to, &table.from]
        .into_iter()
        .flatten()
        .map(ToString::to_string);
    let bare = [&table.to, &table.from]
        .into_iter()
        .flatten()
        .map(|n| n.name.as_str().to_owned());
    let shown = [Some(table.name.clone()), table.from_name.clone()]
        .into_iter()
        .flatten();
    shown
        .chain(full)
        .chain(bare)
        .find_map(|name| target.strip_prefix(name.as_str())?.strip_prefix('.'))
}

fn is_name(written: &str, column: &ColumnComparison) -> bool {
    written == column.name.as_str() || written == column.name.to_string()
}

fn is_extra(change: &Change, name: &str) -> bool {
    change.object == Object::Column
        && change.what == What::Extra
        && change.from.as_deref() == Some(name)
}

fn near(report: &Report<'_>, target: &str) -> Vec<String> {
    let names = report.comparison.tables.iter().flat_map(|table| {
        let columns = table
            .columns
            .iter()
            .map(|c| format!("{}.{}", table.name, c.name));
        let extra = table
            .changes
            .iter()
            .filter(|c| c.object == Object::Column && c.what == What::Extra);
        let extra = extra
            .filter_map(|c| c.from.as_ref())
            .map(|name| format!("{}.{name}", table.name));
        std::iter::once(table.name.clone())
            .chain(columns)
            .chain(extra)
    });
    let mut scored: Vec<(f64, String)> = names
        .map(|name| (strsim::jaro_winkler(target, &name), name))
        .filter(|(likeness, _)| *likeness > 0.75)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    scored.into_iter().take(3).map(|(_, name)| name).collect()
}

/// Every column with its credit, their sum and mean, and what follows from it.
fn of_table(report: &Report<'_>, screen: Screen, table: &TableComparison) -> Vec<String> {
    let credit = &report.mapping.credit;
    if table.to.is_none() {
        let mut lines = vec![format!(
            "{}: only in {}",
            screen.clean(&table.name),
            screen.clean(report.from.name)
        )];
        lines.push(String::new());
        lines.push(
            "It earns nothing and costs nothing: the score counts columns of the other side."
                .to_owned(),
        );
        return lines;
    }
    let points = Points::of(table, credit);
    let mut lines = vec![format!("{}: {points}", screen.clean(&table.name))];
    lines.extend(paired_with(report, screen, table));
    lines.push(String::new());
    let rows: Vec<(String, &str, String, String)> = table
        .columns
        .iter()
        .map(|column| {
            (
                screen.clean(&column.name.to_string()),
                column.class.word(),
                thousandths(u64::from(credit.of(column.class))),
                screen.clean(&counterpart(table, column, screen)),
            )
        })
        .collect();
    let named = rows
        .iter()
        .map(|r| width(&r.0))
        .max()
        .unwrap_or(0)
        .min(screen.width / 3);
    let earned = thousandths(points.earned);
    let number = rows
        .iter()
        .map(|r| width(&r.2))
        .chain([width(&earned)])
        .max()
        .unwrap_or(0);
    let right = |text: &str| format!("{}{text}", " ".repeat(number.saturating_sub(width(text))));
    for (name, class, credit, from) in &rows {
        let name = pad(&screen.cut(name, named), named);
        let start = format!("  {name}  {class:7}  {}  ", right(credit));
        let room = screen.width.saturating_sub(width(&start)).max(20);
        for (at, part) in screen.wrap(from, room).iter().enumerate() {
            let indent = " ".repeat(width(&start));
            lines.push(format!("{}{part}", if at == 0 { &start } else { &indent }));
        }
        if from.is_empty() {
            lines.push(start);
        }
    }
    lines.push(format!(
        "  {}  {:7}  {}",
        pad("sum", named),
        "",
        right(&earned)
    ));
    lines.push(String::new());
    lines.extend(consequences(report, screen, table, points));
    lines
}

fn paired_with(report: &Report<'_>, screen: Screen, table: &TableComparison) -> Vec<String> {
    let (from, to) = (screen.clean(report.from.name), screen.clean(report.to.name));
    match &table.from_name {
        None => vec![format!(
            "  {from} has no counterpart, so every column of {to} is missing"
        )],
        Some(name) if *name == table.name => Vec::new(),
        Some(name) => {
            let mut lines = vec![format!(
                "  its counterpart in {from} is {}",
                screen.clean(name)
            )];
            lines.extend(
                table
                    .why
                    .iter()
                    .map(|why| format!("  why: {}", screen.clean(why))),
            );
            lines
        }
    }
}

/// `name varchar(255) → text, rename (mapping line 40)`
fn counterpart(table: &TableComparison, column: &ColumnComparison, screen: Screen) -> String {
    let (names, types) = sources(table, column);
    let to = to_type(table, &column.to_type);
    let stated = if column.stated { ", stated" } else { "" };
    match &column.counterpart {
        Counterpart::None => String::new(),
        Counterpart::Same {
            from_type: ty,
            rule,
        } => {
            let from = from_type(table, ty);
            let rule = rule
                .as_ref()
                .map_or(String::new(), |rule| format!(", {}", told(rule)));
            if from == to {
                format!("{to}{rule}{stated}")
            } else {
                format!("{from} {} {to}{rule}{stated}", screen.arrow())
            }
        }
        Counterpart::Mapped { rule, .. } => {
            let made_of: Vec<String> = names
                .iter()
                .zip(&types)
                .map(|(name, ty)| format!("{name} {ty}"))
                .collect();
            let made_of = if made_of.is_empty() {
                "a constant".to_owned()
            } else {
                made_of.join(", ")
            };
            format!("{made_of} {} {to}, {}{stated}", screen.arrow(), told(rule))
        }
    }
}

fn told(rule: &RuleText) -> String {
    format!("{} (mapping line {})", rule.text, rule.at.line)
}

#[cfg(test)]
mod tests;
