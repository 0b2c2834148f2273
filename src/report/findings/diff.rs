//! The findings of a comparison: one check a table, one for all that belongs to no table, one for the
//! queries of the other application, one for the mapping, one for the gate.

use super::{Check, Finding, Findings, Level, Outcome, Spot};
use crate::diff::{
    Blocker, Change, ColumnComparison, Counterpart, Object, State, TableComparison, What,
};
use crate::report::Report;
use crate::report::standing::select_words;
use crate::schema::{ObjectPath, QualifiedName};

/// What `align diff` found out.
pub(crate) fn of_report(report: &Report<'_>) -> Findings {
    Findings {
        command: "diff",
        subject: format!("{} → {}", report.from.name, report.to.name),
        file: report.places.mapping.map(str::to_owned),
        terms: Vec::new(),
        checks: checks_of_comparison(report),
    }
}

/// The checks of a comparison, for commands that make one on their way.
pub(crate) fn checks_of_comparison(report: &Report<'_>) -> Vec<Check> {
    let comparison = report.comparison;
    let mut checks: Vec<Check> = comparison
        .tables
        .iter()
        .map(|table| {
            let findings = of_table(report, table);
            Check::of("tables", table.name.clone(), findings)
        })
        .collect();
    let elsewhere = rest(report);
    if !elsewhere.is_empty() {
        checks.push(Check::of("schema", "what belongs to no table", elsewhere));
    }
    checks.extend(comparison.selects.iter().map(|select| {
        let name = format!("{}?select={}", select.table, select.select);
        let spot = Spot::in_mapping(report.places.mapping, select.at);
        if select.problems().next().is_none() {
            return Check::of("queries", name, Vec::new());
        }
        let level = match select.known_failure {
            Some(_) => Level::Note,
            None => Level::Warning,
        };
        let finding = Finding::new("query.unanswered", level, &select.table, {
            format!("`{}`: {}", select.select, select_words(select))
        });
        let mut check = Check::of("queries", name, vec![finding.at(spot)]);
        check.outcome = match &select.known_failure {
            Some(why) => Outcome::Skipped(format!("known to fail: {why}")),
            None => Outcome::Failed,
        };
        check
    }));
    checks.push(of_mapping(report));
    checks.push(of_gate(report));
    checks
}

fn of_table(report: &Report<'_>, table: &TableComparison) -> Vec<Finding> {
    let blockers = report.comparison.blockers.iter();
    let blockers = blockers.filter(|blocker| blocker.table == table.name);
    let mut findings: Vec<Finding> = blockers.map(|b| blocker(report, Some(table), b)).collect();
    findings.extend(table.changes.iter().filter_map(|change| {
        // A missing table blocks, and that is said.
        let is_said = change.object == Object::Table && change.what == What::Missing;
        (!is_said).then(|| of_change(report, Some(table), change))
    }));
    let unknowns = report.comparison.unknowns.iter();
    let unknowns = unknowns.filter(|unknown| unknown.table == table.name);
    findings.extend(unknowns.map(|unknown| {
        let object = dotted(&unknown.table, &unknown.name);
        Finding::new("unknown", Level::Warning, object, &unknown.message).at(spots(
            report,
            table,
            &unknown.name,
            "",
        ))
    }));
    findings
}

fn blocker(report: &Report<'_>, table: Option<&TableComparison>, blocker: &Blocker) -> Finding {
    let finding = Finding::new(
        blocker.kind.word(),
        Level::Error,
        dotted(&blocker.table, &blocker.column),
        report.named(&blocker.message),
    );
    match table {
        Some(table) => finding.at(spots(report, table, &blocker.column, "")),
        None => finding,
    }
}

fn of_change(report: &Report<'_>, table: Option<&TableComparison>, change: &Change) -> Finding {
    let level = match change.what {
        What::Lossy => Level::Warning,
        _ => Level::Note,
    };
    let to = change.to.as_deref().unwrap_or_default();
    let from = change.from.as_deref().unwrap_or_default();
    let name = if to.is_empty() { from } else { to };
    let object = match change.object {
        Object::Table => change.table.clone(),
        _ => dotted(&change.table, name),
    };
    let finding = Finding::new(change.kind(), level, object, report.named(&change.message));
    match table {
        Some(table) => finding.at(spots(report, table, to, from)),
        None => finding,
    }
}

/// What belongs to no table, or to one that neither side has.
fn rest(report: &Report<'_>) -> Vec<Finding> {
    let comparison = report.comparison;
    let is_named = |name: &str| comparison.tables.iter().any(|table| table.name == name);
    let mut findings: Vec<Finding> = comparison
        .blockers
        .iter()
        .filter(|found| !is_named(&found.table))
        .map(|found| blocker(report, None, found))
        .collect();
    let changes = comparison.changes.iter();
    findings.extend(changes.map(|change| of_change(report, None, change)));
    let unknowns = comparison.unknowns.iter();
    findings.extend(
        unknowns
            .filter(|found| !is_named(&found.table))
            .map(|found| {
                let object = dotted(&found.table, &found.name);
                Finding::new("unknown", Level::Warning, object, &found.message)
            }),
    );
    findings.extend(comparison.unmodelled.iter().map(|seen| {
        let (rule, end) = if seen.unreadable {
            ("unreadable", "could not be read")
        } else {
            ("unmodelled", "was not compared")
        };
        let side = match seen.side {
            "from" => report.from.name,
            _ => report.to.name,
        };
        let sighting = &seen.sighting;
        let message = match sighting.name.as_str() {
            "" => format!("{side}: {} {end}", sighting.what),
            name => format!("{side}: {} `{name}` {end}", sighting.what),
        };
        Finding::new(rule, Level::Warning, "", message)
            .at(sighting.place.as_ref().and_then(Spot::of))
    }));
    findings
}

/// Correspondences that no longer fit.
fn of_mapping(report: &Report<'_>) -> Check {
    let states = report.comparison.correspondences.iter();
    let stale = states.filter_map(|state| match &state.state {
        State::Stale { missing, near } => {
            let near: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
            let near = match near.as_slice() {
                [] => String::new(),
                near => format!("; there is {}", near.join(", ")),
            };
            let message = format!("{}{near}", report.named(missing));
            let object = format!("{} → {}", state.from, state.to);
            let finding = Finding::new("mapping.stale", Level::Warning, object, message);
            Some(finding.at(Spot::in_mapping(report.places.mapping, state.at)))
        }
        State::Open | State::Applied | State::Idle => None,
    });
    Check::of("mapping", "every correspondence fits", stale.collect())
}

fn of_gate(report: &Report<'_>) -> Check {
    let reasons = report.verdict.reasons.iter();
    let findings = reasons.map(|reason| Finding::new("gate", Level::Error, "", reason));
    let file = report.places.mapping.map(Spot::file);
    let findings = findings.map(|finding| finding.at(file.clone())).collect();
    Check::of("gate", "the gate passes", findings)
}

fn dotted(table: &str, column: &str) -> String {
    match (table, column) {
        (table, "") => table.to_owned(),
        ("", column) => column.to_owned(),
        (table, column) => format!("{table}.{column}"),
    }
}

/// The lines that say something of a column, those of the from side first: it is the one that is to
/// change.
fn spots(report: &Report<'_>, table: &TableComparison, to: &str, from: &str) -> Vec<Spot> {
    let column = table.columns.iter().find(|c| c.name.to_string() == to);
    let sources: Vec<&str> = match column.map(|column| &column.counterpart) {
        Some(Counterpart::Mapped { from, .. }) => from.iter().map(String::as_str).collect(),
        Some(Counterpart::Same { .. }) => vec![to],
        Some(Counterpart::None) | None => vec![from],
    };
    let look = |places: &std::collections::BTreeMap<ObjectPath, crate::schema::Place>,
                name: Option<&QualifiedName>,
                wanted: &str| {
        let name = name?;
        let whole = ObjectPath {
            table: name.clone(),
            column: None,
        };
        // A table and its columns lie beside each other.
        let mut of_table = places
            .range(&whole..)
            .take_while(|(path, _)| path.table == *name);
        let exact = of_table.find(|(path, _)| {
            let column = path.column.as_ref().map(ToString::to_string);
            column.as_deref() == Some(wanted)
        });
        let table = || places.get_key_value(&whole);
        exact.or_else(table).and_then(|(_, place)| Spot::of(place))
    };
    let places = report.places;
    let mut spots: Vec<Spot> = sources
        .iter()
        .filter_map(|source| look(places.from?, table.from.as_ref(), source))
        .collect();
    spots.extend(
        places
            .to
            .and_then(|places| look(places, table.to.as_ref(), to)),
    );
    let rule = column.and_then(rule_of);
    spots.extend(rule.and_then(|at| Spot::in_mapping(places.mapping, at)));
    spots
}

fn rule_of(column: &ColumnComparison) -> Option<crate::mapping::At> {
    match &column.counterpart {
        Counterpart::Mapped { rule, .. }
        | Counterpart::Same {
            rule: Some(rule), ..
        } => Some(rule.at),
        Counterpart::Same { rule: None, .. } | Counterpart::None => None,
    }
}
