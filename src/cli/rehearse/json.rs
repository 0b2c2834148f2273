//! The page for programs. Keys are only added.

use std::time::Duration;

use serde_json::{Value, json};

use super::page::{Page, Standing};
use crate::report::verify as report;

pub(super) fn page(page: &Page<'_>) -> String {
    let phases: Vec<Value> = page
        .standings
        .iter()
        .enumerate()
        .map(|(at, standing)| {
            let tables = standing.score.coverage.tables;
            let columns = standing.score.coverage.columns;
            let queries = standing.queries();
            json!({
                "name": standing.name,
                "score": standing.score.permille().map(|tenths| f64::from(tenths) / 10.0),
                "blockers": standing.comparison.blockers.len(),
                "tables": {"matched": tables.matched, "total": tables.total},
                "columns": {"matched": columns.matched, "total": columns.total},
                "queries": {"answered": queries.answered, "known_to_fail": queries.known, "total": queries.all},
                "steps": standing.done.steps,
                "hazards": standing.done.hazards,
                "duration_ms": (at > 0).then(|| milliseconds(standing.done.took)),
                "quarantined": quarantined(&standing.done.quarantined),
                "migrations": watched(standing),
            })
        })
        .collect();
    let last = page.standings.last();
    let blockers: Vec<Value> = last
        .map(|last| last.comparison.blockers.as_slice())
        .unwrap_or_default()
        .iter()
        .map(|blocker| {
            json!({
                "kind": blocker.kind.word(),
                "table": blocker.table,
                "column": blocker.column,
                "message": page.named(&blocker.message),
            })
        })
        .collect();
    let quarantined: Vec<Value> = page
        .quarantined()
        .map(|(table, rows)| json!({"table": table, "rows": rows}))
        .collect();
    let gate = last.map(|last| {
        json!({
            "threshold": last.verdict.threshold,
            "passed": last.verdict.passed,
            "reasons": last.verdict.reasons,
        })
    });
    let answer = json!({
        "format_version": 1,
        "command": "rehearse",
        "from": {"source": page.from.source},
        "to": {"source": page.to.source},
        "profile": page.profile.word(),
        "phases": phases,
        "blockers": blockers,
        "quarantined": quarantined,
        "gate": gate,
        "verify": report::checks(page.verification),
    });
    format!("{answer:#}\n")
}

/// Each migration, with what it held and wrote anew.
fn watched(standing: &Standing) -> Vec<Value> {
    let of = |step: &crate::migrate::Watched| {
        let locks: Vec<Value> = step
            .locks
            .iter()
            .map(|seen| {
                json!({
                    "relation": seen.lock.relation,
                    "mode": seen.lock.mode.word(),
                    "held_ms": seen.held.map(milliseconds),
                })
            })
            .collect();
        json!({
            "name": step.name,
            "duration_ms": milliseconds(step.took),
            "locks": locks,
            "rewrites": step.rewrites,
        })
    };
    standing.done.watched.iter().map(of).collect()
}

fn quarantined(tables: &[(String, i64)]) -> Vec<Value> {
    tables
        .iter()
        .map(|(table, rows)| json!({"table": table, "rows": rows}))
        .collect()
}

fn milliseconds(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}
