//! One column: what stands for it and why, or what it goes into.

use super::arithmetic::consequences;
use super::{counterpart, told};
use crate::diff::{Change, ColumnComparison, Conversion, Counterpart, Object, TableComparison};
use crate::mapping::Class;
use crate::report::Report;
use crate::report::screen::{Screen, pad, width};
use crate::report::standing::{Points, count, is_paired, sources, thousandths, to_type};

/// Both types, the rule and its reason, the class and why it is that, what it earns.
pub(super) fn of_column(
    report: &Report<'_>,
    screen: Screen,
    table: &TableComparison,
    column: &ColumnComparison,
) -> Vec<String> {
    let credit = thousandths(u64::from(report.mapping.credit.of(column.class)));
    let name = format!("{}.{}", table.name, column.name);
    let (names, types) = sources(table, column);
    let from: Vec<String> = names
        .iter()
        .zip(&types)
        .map(|(name, ty)| format!("{name} {ty}"))
        .collect();
    let from = match (from.is_empty(), &column.counterpart) {
        (false, _) => from.join(", "),
        (true, Counterpart::Mapped { .. }) => "no column: a constant".to_owned(),
        (true, _) => "nothing".to_owned(),
    };
    let rule = match &column.counterpart {
        Counterpart::Mapped { rule, .. } => Some(rule),
        Counterpart::Same { rule, .. } => rule.as_ref(),
        Counterpart::None => None,
    };
    let mut facts: Vec<(&str, String)> = vec![
        (report.from.name, from),
        (
            report.to.name,
            format!("{} {}", column.name, to_type(table, &column.to_type)),
        ),
    ];
    if let Some(rule) = rule {
        facts.push(("rule", told(rule)));
        facts.extend(rule.why.iter().map(|why| ("why", why.clone())));
    }
    facts.push(("conversion", conversion(column).to_owned()));
    facts.push((
        "class",
        format!("{}: {}", column.class.word(), reason(column)),
    ));
    facts.push(("by name alone", column.by_name.word().to_owned()));
    facts.push((
        "credit",
        format!(
            "{credit} of 1, as the mapping gives for {}",
            column.class.word()
        ),
    ));
    let own = table.changes.iter().filter(|c| {
        c.object != Object::Column && c.to.as_deref() == Some(column.name.to_string().as_str())
    });
    facts.extend(own.map(|change| ("differs", report.named(&change.message))));
    let blockers = report.comparison.blockers.iter();
    let blockers =
        blockers.filter(|b| b.table == table.name && b.column == column.name.to_string());
    facts.extend(blockers.map(|blocker| ("blocks", report.named(&blocker.message))));
    let mut lines = vec![
        format!(
            "{}: {}, {credit} of 1",
            screen.clean(&name),
            column.class.word()
        ),
        String::new(),
    ];
    lines.extend(listed(screen, &facts));
    lines.push(String::new());
    let points = Points::of(table, &report.mapping.credit);
    lines.push(format!(
        "It is one of {} of {}, which earn {} together.",
        count(points.columns, "column", "columns"),
        screen.clean(&table.name),
        thousandths(points.earned)
    ));
    lines.extend(consequences(report, screen, table, points));
    lines
}

/// A fact a line, wrapped beside its label.
fn listed(screen: Screen, facts: &[(&str, String)]) -> Vec<String> {
    let labels: Vec<String> = facts.iter().map(|(label, _)| screen.clean(label)).collect();
    let widest = labels
        .iter()
        .map(|l| width(l))
        .max()
        .unwrap_or(0)
        .min(screen.width / 3);
    let mut lines = Vec::new();
    for (label, (_, fact)) in labels.iter().zip(facts) {
        let room = screen.width.saturating_sub(widest + 4);
        for (at, part) in screen.wrap(&screen.clean(fact), room).iter().enumerate() {
            let label = if at == 0 {
                screen.cut(label, widest)
            } else {
                String::new()
            };
            lines.push(format!("  {}  {part}", pad(&label, widest)));
        }
    }
    lines
}

fn conversion(column: &ColumnComparison) -> &'static str {
    match (column.conversion, &column.counterpart) {
        (Some(Conversion::Identical), _) => "one type",
        (Some(Conversion::Widening), _) => "every value fits and keeps its meaning",
        (Some(Conversion::Unknown), _) => {
            "one side cannot say its type, and nothing speaks against it"
        }
        (Some(Conversion::Lossy), _) => "a value may be refused, cut, rounded, or read differently",
        (None, Counterpart::None) => "none",
        (None, _) => "the rule makes the value",
    }
}

fn reason(column: &ColumnComparison) -> &'static str {
    if column.stated {
        return "stated in the mapping, against what verb and types give";
    }
    match (column.class, &column.counterpart) {
        (Class::Same, _) => "the same name, and a type that takes every value",
        (Class::Renamed, _) => "a mapped name, and a type that takes every value",
        (Class::Derived, _) => "made from the same row by a rule of the mapping",
        (Class::Lossy, Counterpart::Same { .. }) => {
            "the same name, and values may be lost on the way"
        }
        (Class::Lossy, _) => "a counterpart, and values may be lost on the way",
        (Class::Missing, Counterpart::None) => "no column of that name, and no rule that makes it",
        (Class::Missing, _) => "nothing of it can be used",
    }
}

/// A column of the from side: what becomes of it.
pub(super) fn of_source(
    report: &Report<'_>,
    screen: Screen,
    table: &TableComparison,
    name: &str,
    uses: &[&ColumnComparison],
    extra: Option<&Change>,
) -> Vec<String> {
    let from = table.from_name.as_deref().unwrap_or(&table.name);
    let mut lines = vec![
        format!(
            "{}: a column of {}",
            screen.clean(&format!("{from}.{name}")),
            screen.clean(report.from.name)
        ),
        String::new(),
    ];
    let mut facts: Vec<(&str, String)> = uses
        .iter()
        .map(|column| {
            let words = format!(
                "{}.{}, {}: {}",
                table.name,
                column.name,
                column.class.word(),
                counterpart(table, column, screen)
            );
            ("goes into", words)
        })
        .collect();
    facts.extend(extra.map(|change| ("itself", report.named(&change.message))));
    lines.extend(listed(screen, &facts));
    if is_paired(table) && uses.is_empty() {
        lines.extend([
            String::new(),
            "Columns that only this side has cost nothing.".to_owned(),
        ]);
    }
    lines
}
