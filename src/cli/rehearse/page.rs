//! What a rehearsal says at its end: one page.

use std::fmt::Write;

use serde_json::{Value, json};

use super::super::pair::Loaded;
use super::super::ui::Ui;
use super::Profile;
use super::road::Done;
use crate::diff::{Comparison, SelectResult};
use crate::gate::Verdict;
use crate::report::screen::{visible, width};
use crate::score::Score;

/// The most blockers that are listed.
const LISTED: usize = 20;

/// Where the schema stands after a phase.
pub(super) struct Standing {
    /// `start`, or the phase.
    pub(super) name: String,
    pub(super) comparison: Comparison,
    pub(super) score: Score,
    pub(super) verdict: Verdict,
    pub(super) done: Done,
}

pub(super) struct Page<'p> {
    pub(super) ui: &'p Ui,
    pub(super) from: &'p Loaded,
    pub(super) to: &'p Loaded,
    pub(super) profile: Profile,
    pub(super) standings: &'p [Standing],
}

/// Queries of the other application: answered, known to fail, all.
struct Queries {
    answered: usize,
    known: usize,
    all: usize,
}

impl Standing {
    fn queries(&self) -> Queries {
        let selects = &self.comparison.selects;
        let is_answered = |result: &SelectResult| *result == SelectResult::Resolved;
        Queries {
            answered: selects
                .iter()
                .filter(|select| is_answered(&select.result))
                .count(),
            known: selects
                .iter()
                .filter(|select| !is_answered(&select.result) && select.known_failure.is_some())
                .count(),
            all: selects.len(),
        }
    }

    fn cells(&self, is_start: bool) -> [String; 7] {
        let tables = self.score.coverage.tables;
        let queries = self.queries();
        let steps = if is_start {
            String::new()
        } else {
            self.done.steps.to_string()
        };
        [
            self.name.clone(),
            self.score.printed(),
            self.comparison.blockers.len().to_string(),
            format!("{} / {}", tables.matched, tables.total),
            format!("{} / {}", queries.answered, queries.all),
            steps,
            self.done.hazards.join(", "),
        ]
    }
}

impl Page<'_> {
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        let arrow = if self.ui.is_utf8() { "→" } else { "->" };
        let (from, to) = (visible(&self.from.name), visible(&self.to.name));
        let profile = self.profile.word();
        line(
            &mut text,
            format_args!("{from} {arrow} {to}, rehearsed, profile {profile}\n"),
        );
        self.table(&mut text);
        let Some(last) = self.standings.last() else {
            return text;
        };
        text.push('\n');
        let blockers = &last.comparison.blockers;
        for blocker in blockers.iter().take(LISTED) {
            let object = match blocker.column.as_str() {
                "" => blocker.table.clone(),
                column => format!("{}.{column}", blocker.table),
            };
            let (object, message) = (visible(&object), visible(&self.named(&blocker.message)));
            line(&mut text, format_args!("  ! {object}: {message}"));
        }
        if blockers.len() > LISTED {
            line(
                &mut text,
                format_args!("  and {} blockers more", blockers.len() - LISTED),
            );
        }
        let queries = last.queries();
        if queries.all > 0 {
            let known = match queries.known {
                0 => String::new(),
                1 => ", 1 is known to fail".to_owned(),
                known => format!(", {known} are known to fail"),
            };
            line(
                &mut text,
                format_args!(
                    "{} of {} queries of the application are answered{known}",
                    queries.answered, queries.all
                ),
            );
        }
        for (table, rows) in self.quarantined() {
            let table = visible(table);
            line(
                &mut text,
                format_args!("{rows} rows of {table} went to align.quarantine"),
            );
        }
        if last.verdict.passed {
            text.push_str("the gate passes\n");
        } else {
            let reasons = last.verdict.reasons.join("; ");
            line(&mut text, format_args!("the gate fails: {reasons}"));
        }
        text
    }

    fn table(&self, text: &mut String) {
        let head = [
            "", "score", "blockers", "tables", "queries", "steps", "hazards",
        ];
        let mut rows = vec![head.map(str::to_owned)];
        let standings = self.standings.iter().enumerate();
        rows.extend(standings.map(|(at, standing)| standing.cells(at == 0)));
        let widths: Vec<usize> = (0..head.len())
            .map(|at| rows.iter().map(|row| width(&row[at])).max().unwrap_or(0))
            .collect();
        for row in rows {
            let mut shown = String::from(" ");
            for (at, (cell, wide)) in row.iter().zip(&widths).enumerate() {
                let blanks = " ".repeat(wide.saturating_sub(width(cell)));
                // Words begin at one place, numbers end at one.
                let cell = if at == 0 || at + 1 == head.len() {
                    format!(" {cell}{blanks} ")
                } else {
                    format!(" {blanks}{cell} ")
                };
                shown.push_str(&cell);
            }
            line(text, format_args!("{}", shown.trim_end()));
        }
    }

    fn quarantined(&self) -> impl Iterator<Item = (&str, i64)> {
        self.standings
            .iter()
            .flat_map(|standing| &standing.done.quarantined)
            .map(|(table, rows)| (table.as_str(), *rows))
    }

    fn named(&self, message: &str) -> String {
        message
            .replace("the from side", &self.from.name)
            .replace("the to side", &self.to.name)
    }

    pub(super) fn json(&self) -> String {
        let phases: Vec<Value> = self
            .standings
            .iter()
            .enumerate()
            .map(|(at, standing)| {
                let tables = standing.score.coverage.tables;
                let columns = standing.score.coverage.columns;
                let queries = standing.queries();
                let milliseconds = u64::try_from(standing.done.took.as_millis());
                json!({
                    "name": standing.name,
                    "score": standing.score.permille().map(|tenths| f64::from(tenths) / 10.0),
                    "blockers": standing.comparison.blockers.len(),
                    "tables": {"matched": tables.matched, "total": tables.total},
                    "columns": {"matched": columns.matched, "total": columns.total},
                    "queries": {"answered": queries.answered, "known_to_fail": queries.known, "total": queries.all},
                    "steps": standing.done.steps,
                    "hazards": standing.done.hazards,
                    "duration_ms": (at > 0).then_some(milliseconds.unwrap_or(u64::MAX)),
                })
            })
            .collect();
        let last = self.standings.last();
        let blockers: Vec<Value> = last
            .map(|last| last.comparison.blockers.as_slice())
            .unwrap_or_default()
            .iter()
            .map(|blocker| {
                json!({
                    "kind": blocker.kind.word(),
                    "table": blocker.table,
                    "column": blocker.column,
                    "message": self.named(&blocker.message),
                })
            })
            .collect();
        let quarantined: Vec<Value> = self
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
        let page = json!({
            "format_version": 1,
            "command": "rehearse",
            "from": {"source": self.from.source},
            "to": {"source": self.to.source},
            "profile": self.profile.word(),
            "phases": phases,
            "blockers": blockers,
            "quarantined": quarantined,
            "gate": gate,
        });
        format!("{page:#}\n")
    }
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("a String takes everything");
}
