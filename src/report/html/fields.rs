//! Tables with their columns beside each other, what becomes of each value, and why.

use super::{code, list, prose, text};
use crate::diff::{Change, ColumnComparison, Counterpart, Object, RuleText, TableComparison, What};
use crate::mapping::Class;
use crate::report::Report;
use crate::report::standing::{
    Points, count, expectation, is_missing, is_paired, sources, table_permille, tenths, to_type,
};

/// What a link to the table at this place of the comparison names.
pub(super) fn anchor(at: usize) -> String {
    format!("table-{}", at + 1)
}

/// A block a table, opened where something blocks.
pub(super) fn section(report: &Report<'_>) -> String {
    let tables = report.comparison.tables.iter().enumerate();
    let blocks: Vec<String> = tables.map(|(at, table)| block(report, at, table)).collect();
    format!(
        "<section>\n<h2>Tables</h2>\n{}\n</section>",
        blocks.join("\n")
    )
}

fn block(report: &Report<'_>, at: usize, table: &TableComparison) -> String {
    let blockers: Vec<String> = report
        .comparison
        .blockers
        .iter()
        .filter(|blocker| blocker.table == table.name)
        .map(|blocker| {
            let message = prose(&report.named(&blocker.message));
            match blocker.column.as_str() {
                "" => message,
                column => format!("{}: {message}", code(column)),
            }
        })
        .collect();
    let open = if blockers.is_empty() { "" } else { " open" };
    let blocks = if blockers.is_empty() {
        String::new()
    } else {
        format!("<div class=\"blocks\">\n{}\n</div>\n", list(&blockers))
    };
    format!(
        "<details id=\"{}\"{open}>\n<summary>{}</summary>\n{blocks}{}</details>",
        anchor(at),
        head(report, table, blockers.len()),
        inside(report, table)
    )
}

fn head(report: &Report<'_>, table: &TableComparison, blockers: usize) -> String {
    let (sign, class) = match (blockers, is_missing(table), table.to.is_none()) {
        (1.., _, _) => ("!", "bad"),
        (_, true, _) => ("+", "good"),
        (_, _, true) => ("-", "bad"),
        _ if table.changes.is_empty() => ("=", "dim"),
        _ => ("~", "warn"),
    };
    let name = match &table.from_name {
        Some(from) if *from != table.name => format!("{} → {}", code(from), code(&table.name)),
        _ => code(&table.name),
    };
    let words = if is_paired(table) {
        let share = table_permille(report.score, &report.mapping.credit, table);
        let points = Points::of(table, &report.mapping.credit);
        format!("{points}, {}", tenths(share))
    } else if is_missing(table) {
        let columns = count(table.columns.len(), "column", "columns");
        format!("only in {}, {columns}", text(report.to.name))
    } else {
        format!("only in {}", text(report.from.name))
    };
    format!(
        "<span class=\"sign {class}\" aria-hidden=\"true\">{sign}</span> {name} <span class=\"dim\">{words}</span>"
    )
}

fn inside(report: &Report<'_>, table: &TableComparison) -> String {
    let mut parts = Vec::new();
    if let Some(why) = &table.why {
        parts.push(paragraph("why", &prose(why)));
    }
    if let Some(said) = expectation(report.mapping, table) {
        let phase = said.phase.as_deref();
        let phase = phase.map_or(String::new(), |phase| {
            format!(", comes with {}", text(phase))
        });
        let impact = format!(
            "{} priority: {}{phase}",
            said.priority.word(),
            prose(&said.impact)
        );
        parts.push(paragraph("dim", &impact));
    }
    if is_paired(table) {
        parts.push(columns(report, table));
    } else if is_missing(table) {
        let names: Vec<String> = table
            .columns
            .iter()
            .map(|column| {
                let ty = to_type(table, &column.to_type);
                format!(
                    "{} <span class=\"dim\">{}</span>",
                    code(&column.name.to_string()),
                    text(&ty)
                )
            })
            .collect();
        parts.push(format!(
            "<div class=\"columns\">\n{}\n</div>\n",
            list(&names)
        ));
    }
    let others: Vec<String> = table
        .changes
        .iter()
        .filter(|change| change.object != Object::Column && change.object != Object::Table)
        .map(|change| entry(report, change))
        .collect();
    if !others.is_empty() {
        let title = count(others.len(), "other difference", "other differences");
        parts.push(format!(
            "<h3>{title}</h3>\n<div class=\"signs\">\n{}\n</div>\n",
            list(&others)
        ));
    }
    parts.concat()
}

fn paragraph(class: &str, html: &str) -> String {
    format!("<p class=\"{class}\">{html}</p>\n")
}

/// Differences that belong to no table.
pub(super) fn elsewhere(report: &Report<'_>) -> String {
    let changes = report.comparison.changes.iter();
    let entries: Vec<String> = changes.map(|change| entry(report, change)).collect();
    super::folded(
        "signs",
        &count(
            entries.len(),
            "difference that belongs to no table",
            "differences that belong to no table",
        ),
        &entries,
        false,
    )
}

fn entry(report: &Report<'_>, change: &Change) -> String {
    let (sign, class) = match change.what {
        What::Lossy => ("!", "bad"),
        What::Missing => ("+", "good"),
        What::Extra => ("-", "bad"),
        What::Renamed | What::Derived | What::Widened | What::Changed => ("~", "warn"),
    };
    let name = change.to.as_deref().or(change.from.as_deref());
    let message = report.named(&change.message);
    let object = match name {
        Some(name) if !message.contains(&format!("`{name}`")) => format!("{}: ", code(name)),
        Some(_) | None => String::new(),
    };
    format!(
        "<span class=\"sign {class}\" aria-hidden=\"true\">{sign}</span> <span class=\"dim\">{}</span> {object}{}",
        text(&change.object.word().replace('_', " ")),
        prose(&message)
    )
}

fn columns(report: &Report<'_>, table: &TableComparison) -> String {
    let mut rows: Vec<String> = table
        .columns
        .iter()
        .map(|column| row(report, table, column))
        .collect();
    let extra = table
        .changes
        .iter()
        .filter(|change| change.object == Object::Column && change.what == What::Extra);
    rows.extend(extra.map(|change| {
        let name = change.from.as_deref().unwrap_or_default();
        let ty = change.from_type.as_deref().unwrap_or_default();
        format!(
            "<tr><td>{}</td><td></td><td><span class=\"sign bad\" aria-hidden=\"true\">-</span> {}</td></tr>\n",
            typed(name, ty),
            prose(&report.named(&change.message))
        )
    }));
    format!(
        "<table class=\"fields\">\n<thead><tr><th scope=\"col\">{}</th><th scope=\"col\">{}</th>\
         <th scope=\"col\">How</th></tr></thead>\n<tbody>\n{}</tbody>\n</table>\n",
        text(report.from.name),
        text(report.to.name),
        rows.concat()
    )
}

fn typed(name: &str, ty: &str) -> String {
    format!("{} <span class=\"type\">{}</span>", code(name), text(ty))
}

fn row(report: &Report<'_>, table: &TableComparison, column: &ColumnComparison) -> String {
    let (names, types) = sources(table, column);
    let from: Vec<String> = names
        .iter()
        .zip(&types)
        .map(|(name, ty)| typed(name, ty))
        .collect();
    let name = column.name.to_string();
    let (sign, class) = match column.class {
        Class::Same => ("=", "dim"),
        Class::Renamed | Class::Derived => ("~", "warn"),
        Class::Lossy => ("!", "bad"),
        Class::Missing => ("+", "good"),
    };
    let mut how = column.class.word().to_owned();
    if column.class == Class::Missing {
        how = format!("only in {}", text(report.to.name));
    }
    let mut why = Vec::new();
    if let Some(rule) = rule(column) {
        // A rename or a copy without a step is said by its class.
        if !matches!(rule.text.as_str(), "as it is" | "rename" | "copy") {
            how = format!("{how}: {}", prose(&rule.text));
        }
        if let Some(reason) = &rule.why {
            why.push(format!("<span class=\"why\">{}</span>", prose(reason)));
        }
        if rule.at.line > 0 {
            why.push(format!(
                " <span class=\"dim\">line {} of the mapping</span>",
                rule.at.line
            ));
        }
    }
    if column.stated {
        how.push_str(" (stated)");
    }
    format!(
        "<tr class=\"{}\"><td>{}</td><td>{}</td><td><span class=\"sign {class}\" aria-hidden=\"true\">{sign}</span> {how}{}</td></tr>\n",
        column.class.word(),
        from.join("<br>"),
        typed(&name, &to_type(table, &column.to_type)),
        why.concat(),
    )
}

fn rule(column: &ColumnComparison) -> Option<&RuleText> {
    match &column.counterpart {
        Counterpart::Mapped { rule, .. }
        | Counterpart::Same {
            rule: Some(rule), ..
        } => Some(rule),
        Counterpart::Same { rule: None, .. } | Counterpart::None => None,
    }
}
