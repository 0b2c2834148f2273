//! Whether a database has what the target has, out of a comparison with it.

use std::collections::BTreeSet;

use super::{Check, Finding, Section};
use crate::diff::{Blocker, Change, Comparison, Object, What};
use crate::gate::Verdict;

const GRANTS: &str = "grants are the target's";

/// What is promised: the gate passes, nothing blocks, nothing of the target is missing or other than
/// there, and nobody is let in whom the target keeps out. Grants say nothing where `absent` roles, whom
/// the target speaks of, are not there.
pub fn check(comparison: &Comparison, verdict: &Verdict, absent: &BTreeSet<String>) -> Vec<Check> {
    let section = Section::Structure;
    let gate = verdict.reasons.iter().map(Finding::new).collect();
    let blockers = comparison.blockers.iter();
    let blockers = blockers.map(blocked).collect();
    let columns: usize = comparison
        .tables
        .iter()
        .map(|table| table.columns.len())
        .sum();
    let changes: Vec<&Change> = changes(comparison).collect();
    let of = |fits: &dyn Fn(&Change) -> bool| {
        let found = changes.iter().filter(|change| fits(change));
        found.map(|change| finding(change)).collect::<Vec<_>>()
    };
    let lacking = of(&|change| !is_access(change) && !is_harmless(change));
    let tables = comparison
        .tables
        .iter()
        .filter(|table| table.to.is_some())
        .count();
    let access = of(&|change| is_access(change) && change.object != Object::Grant);
    let grants = of(&|change| change.object == Object::Grant);
    let grants = if absent.is_empty() {
        Check::of(section, GRANTS, number(tables), grants)
    } else {
        let names: Vec<&str> = absent.iter().map(String::as_str).collect();
        let why = format!("there is no role {}", names.join(", "));
        Check::skipped(section, GRANTS, why)
    };
    vec![
        Check::of(section, "the gate passes", 1, gate),
        Check::of(section, "nothing blocks", number(tables), blockers),
        Check::of(
            section,
            "everything of the target is there",
            number(columns),
            lacking,
        ),
        Check::of(
            section,
            "row security is the target's",
            number(tables),
            access,
        ),
        grants,
    ]
}

fn changes(comparison: &Comparison) -> impl Iterator<Item = &Change> {
    let tables = comparison.tables.iter().filter(|table| table.to.is_some());
    tables
        .flat_map(|table| &table.changes)
        .chain(&comparison.changes)
}

/// What one side has beyond the other lets somebody in, or keeps somebody out.
fn is_access(change: &Change) -> bool {
    matches!(change.object, Object::Policy | Object::Grant | Object::Rls)
}

/// What the target lacks is no loss to it, and a wider type takes all that it holds.
fn is_harmless(change: &Change) -> bool {
    matches!(change.what, What::Extra | What::Widened) || change.object == Object::Comment
}

fn finding(change: &Change) -> Finding {
    let name = change.to.as_ref().or(change.from.as_ref());
    let place = match (change.table.as_str(), name) {
        ("", Some(name)) => name.clone(),
        (table, Some(name)) if name != table => format!("{table}.{name}"),
        (table, _) => table.to_owned(),
    };
    let message = here(&change.message);
    Finding::new(format!("{place}: {message} ({})", change.kind()))
}

fn blocked(blocker: &Blocker) -> Finding {
    let place = match (blocker.table.as_str(), blocker.column.as_str()) {
        ("", _) => String::new(),
        (table, "") => format!("{table}: "),
        (table, column) => format!("{table}.{column}: "),
    };
    Finding::new(format!("{place}{}", here(&blocker.message)))
}

/// A comparison knows two sides; the reader has a database, and what was promised of it.
fn here(message: &str) -> String {
    message
        .replace("the from side", "this database")
        .replace("the to side", "the target")
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
