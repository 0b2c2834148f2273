//! What is critical, what is missing by module, and what of the checklist is done.

use super::Section;
use super::escape::{code, prose};
use crate::diff::{Blocker, BlockerKind, Object, TableComparison, What};
use crate::mapping::{ChecklistItem, ExpectTable, Priority};
use crate::report::Report;
use crate::report::standing::{count, is_meant, is_missing, is_really_there};

/// Entries of a list before the rest is only counted.
const SHOWN: usize = 60;

/// Blockers, and columns that lose values.
pub(super) fn critical(report: &Report<'_>) -> Section {
    let comparison = report.comparison;
    let (missing, named): (Vec<&Blocker>, Vec<&Blocker>) = comparison
        .blockers
        .iter()
        .partition(|b| b.kind == BlockerKind::TableMissing);
    let folded = (!missing.is_empty()).then(|| {
        let tables = count(missing.len(), "table is", "tables are");
        format!("- {tables} missing whole, see above")
    });
    let named = named.into_iter().map(|blocker| {
        let name = match (blocker.table.as_str(), blocker.column.as_str()) {
            (table, "") => code(table),
            (table, column) => code(&format!("{table}.{column}")),
        };
        format!("- {name}: {}", prose(&report.named(&blocker.message)))
    });
    let blockers = folded.into_iter().chain(named);
    let lossy = comparison
        .all_changes()
        .filter(|c| c.object == Object::Column && c.what == What::Lossy)
        .map(|change| {
            let side = |table: &str, name: &str, ty: &Option<String>| {
                let ty = ty
                    .as_ref()
                    .map_or(String::new(), |ty| format!(" ({})", code(ty)));
                if table.is_empty() {
                    format!("{}{ty}", code(name))
                } else {
                    format!("{}{ty}", code(&format!("{table}.{name}")))
                }
            };
            let to = change.to.as_deref().unwrap_or_default();
            let from = change.from.as_deref().unwrap_or(to);
            format!(
                "- {} from {}: {}",
                side(&change.table, to, &change.to_type),
                side("", from, &change.from_type),
                prose(&report.named(&change.message))
            )
        });
    let (blockers, lossy): (Vec<String>, Vec<String>) = (blockers.collect(), lossy.collect());
    let mut lines = Vec::new();
    for (title, entries) in [
        (
            count(comparison.blockers.len(), "blocker", "blockers"),
            blockers,
        ),
        (
            format!("{} lossy", count(lossy.len(), "conversion", "conversions")),
            lossy,
        ),
    ] {
        if entries.is_empty() {
            continue;
        }
        if lines.is_empty() {
            lines.extend(["### Critical mismatches".to_owned(), String::new()]);
        }
        lines.extend([format!("**{title}**"), String::new()]);
        lines.extend(limited(entries));
        lines.push(String::new());
    }
    lines
}

fn limited(mut entries: Vec<String>) -> Vec<String> {
    if entries.len() > SHOWN {
        let rest = entries.len() - SHOWN;
        entries.truncate(SHOWN);
        entries.push(format!("- and {rest} more"));
    }
    entries
}

/// Missing tables under their modules, the most important first.
pub(super) fn modules(report: &Report<'_>) -> Section {
    let mut lines = Vec::new();
    for (priority, title) in [
        (Priority::High, "High priority"),
        (Priority::Medium, "Medium priority"),
        (Priority::Low, "Low priority"),
    ] {
        let missing: Vec<&ExpectTable> = report
            .mapping
            .expect_tables
            .iter()
            .filter(|e| e.priority == priority)
            .filter(|e| tables(report, e).any(is_missing))
            .collect();
        if missing.is_empty() {
            continue;
        }
        if lines.is_empty() {
            lines.extend([
                format!("### Modules missing in {}", prose(report.from.name)),
                String::new(),
            ]);
        }
        lines.extend([format!("**{title}**"), String::new()]);
        let mut names: Vec<Option<&str>> = Vec::new();
        for expected in &missing {
            if !names.contains(&expected.module.as_deref()) {
                names.push(expected.module.as_deref());
            }
        }
        for name in names {
            let of_module = missing.iter().filter(|e| e.module.as_deref() == name);
            let parts: Vec<String> = of_module.map(|expected| needed(expected)).collect();
            let label = name.map_or(String::new(), |name| format!("{}: ", prose(name)));
            lines.push(format!("- {label}{}", parts.join("; ")));
        }
        lines.push(String::new());
    }
    lines
}

/// `users`, authentication and roles (phase1)
fn needed(expected: &ExpectTable) -> String {
    let phase = expected
        .phase
        .as_ref()
        .map_or(String::new(), |p| format!(" ({})", prose(p)));
    format!(
        "{}, {}{phase}",
        code(&expected.table.to_string()),
        prose(&expected.impact)
    )
}

fn tables<'a>(
    report: &Report<'a>,
    expected: &'a ExpectTable,
) -> impl Iterator<Item = &'a TableComparison> + use<'a> {
    report
        .comparison
        .tables
        .iter()
        .filter(|table| is_meant(&expected.table, table))
}

/// The mapping's checklist by phase, in its order, ticked from what is there.
pub(super) fn checklist(report: &Report<'_>) -> Section {
    let items: Vec<(Option<&str>, &ExpectTable, &ChecklistItem)> = report
        .mapping
        .expect_tables
        .iter()
        .flat_map(|table| table.checklist.iter().map(move |item| (table, item)))
        .map(|(table, item)| {
            (
                item.phase.as_deref().or(table.phase.as_deref()),
                table,
                item,
            )
        })
        .collect();
    let mut phases: Vec<Option<&str>> = Vec::new();
    for (phase, _, _) in &items {
        if !phases.contains(phase) {
            phases.push(*phase);
        }
    }
    // What no phase brings stands first, so that it does not read as part of the phase above it.
    phases.sort_by_key(|phase| phase.is_some());
    let mut lines = Vec::new();
    for wanted in phases {
        if lines.is_empty() {
            lines.extend(["### Checklist".to_owned(), String::new()]);
        }
        if let Some(phase) = wanted {
            lines.extend([format!("**{}**", prose(phase)), String::new()]);
        }
        for (_, table, item) in items.iter().filter(|(phase, _, _)| *phase == wanted) {
            let tick = if is_done(report, table, item) {
                'x'
            } else {
                ' '
            };
            lines.push(format!("- [{tick}] {}", prose(&item.text)));
        }
        lines.push(String::new());
    }
    lines
}

/// Whether the from side has the table under its own name, and every named column in a type that takes
/// every value. A column that only the mapping stands for is still to be made.
fn is_done(report: &Report<'_>, expected: &ExpectTable, item: &ChecklistItem) -> bool {
    tables(report, expected).any(|table| {
        table.to.is_some()
            && table.from_name.as_ref() == Some(&table.name)
            && item.columns.iter().all(|name| {
                let mut columns = table.columns.iter();
                columns.any(|column| column.name == *name && is_really_there(column))
            })
    })
}

/// What was not compared.
pub(super) fn unknown(report: &Report<'_>) -> Section {
    let unknowns = report.comparison.unknowns.iter().map(|unknown| {
        let name = match unknown.place().as_str() {
            "" => String::new(),
            place => format!("{}: ", code(place)),
        };
        format!("- {name}{}", prose(&report.named(&unknown.message)))
    });
    let seen = report.comparison.unmodelled.iter().map(|seen| {
        let side = if seen.side == "to" {
            report.to.name
        } else {
            report.from.name
        };
        let name = match seen.sighting.name.as_str() {
            "" => String::new(),
            name => format!(" {}", code(name)),
        };
        let fate = if seen.unreadable {
            "not read"
        } else {
            "not modelled"
        };
        format!(
            "- {}: {}{name} {fate}",
            prose(side),
            prose(&seen.sighting.what)
        )
    });
    let entries: Vec<String> = unknowns.chain(seen).collect();
    if entries.is_empty() {
        return Vec::new();
    }
    let title = count(entries.len(), "fact was", "facts were");
    let mut lines = vec![
        format!("<details><summary>{title} not compared</summary>"),
        String::new(),
    ];
    lines.extend(limited(entries));
    lines.extend([String::new(), "</details>".to_owned()]);
    lines
}
