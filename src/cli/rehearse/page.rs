//! What a rehearsal says at its end: one page.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::time::Duration;

use super::super::migrate::time;
use super::super::pair::Loaded;
use super::super::ui::Ui;
use super::Profile;
use super::road::Done;
use crate::diff::{Comparison, SelectResult};
use crate::gate::Verdict;
use crate::migrate::LockMode;
use crate::report::screen::{Screen, visible, width};
use crate::report::verify as report;
use crate::score::Score;
use crate::verify::{self, Verification};

/// The most blockers that are listed.
const LISTED: usize = 20;

/// The most failing checks that are named.
const NAMED: usize = 8;
/// The most failing checks that are each shown with what they found first.
const OPENED: usize = 4;

/// Where the schema stands after a phase.
#[derive(Debug)]
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
    pub(super) verification: &'p Verification,
}

/// Queries of the other application: answered, known to fail, all.
pub(super) struct Queries {
    pub(super) answered: usize,
    pub(super) known: usize,
    pub(super) all: usize,
}

impl Standing {
    pub(super) fn queries(&self) -> Queries {
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

    fn distance(&self) -> Vec<String> {
        let tables = self.score.coverage.tables;
        let queries = self.queries();
        vec![
            self.name.clone(),
            self.score.printed(),
            self.comparison.blockers.len().to_string(),
            format!("{} / {}", tables.matched, tables.total),
            format!("{} / {}", queries.answered, queries.all),
        ]
    }

    fn cost(&self) -> Vec<String> {
        let rewrites = self.done.watched.iter().map(|step| step.rewrites.len());
        let quarantined = self.done.quarantined.iter().map(|(_, rows)| rows);
        vec![
            self.name.clone(),
            self.done.steps.to_string(),
            time(self.done.took),
            rewrites.sum::<usize>().to_string(),
            quarantined.sum::<i64>().to_string(),
            self.done.hazards.join(", "),
        ]
    }

    /// The locks that keep writers out: strongest first, how long at most, and on what.
    fn locks(&self) -> BTreeMap<Reverse<LockMode>, (Duration, BTreeSet<&str>)> {
        let mut strongest: BTreeMap<&str, (LockMode, Duration)> = BTreeMap::new();
        let seen = self.done.watched.iter().flat_map(|step| &step.locks);
        for seen in seen.filter(|seen| seen.lock.mode >= LockMode::Share) {
            let found = (seen.lock.mode, seen.held.unwrap_or_default());
            let known = strongest.entry(&seen.lock.relation).or_insert(found);
            *known = found.max(*known);
        }
        let mut locks: BTreeMap<Reverse<LockMode>, (Duration, BTreeSet<&str>)> = BTreeMap::new();
        for (relation, (mode, held)) in strongest {
            let (longest, relations) = locks.entry(Reverse(mode)).or_default();
            *longest = held.max(*longest);
            relations.insert(relation);
        }
        locks
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
        self.tables(&mut text);
        self.locks(&mut text);
        self.steps(&mut text);
        let Some(last) = self.standings.last() else {
            return text;
        };
        text.push('\n');
        let screen = Screen::of(self.ui.options());
        let blockers = &last.comparison.blockers;
        for blocker in blockers.iter().take(LISTED) {
            let object = match blocker.column.as_str() {
                "" => blocker.table.clone(),
                column => format!("{}.{column}", blocker.table),
            };
            let (object, message) = (visible(&object), visible(&self.named(&blocker.message)));
            let mut lines = screen
                .wrap(&format!("{object}: {message}"), screen.width - 4)
                .into_iter();
            if let Some(first) = lines.next() {
                line(&mut text, format_args!("  ! {first}"));
            }
            for rest in lines {
                line(&mut text, format_args!("    {rest}"));
            }
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
            self.paragraph(&mut text, &format!("the gate fails: {reasons}"));
        }
        self.checks(&mut text);
        text
    }

    /// What `align verify` says of it: the sum and what fails, or all of it for those who want that.
    fn checks(&self, text: &mut String) {
        if self.ui.is_verbose() {
            text.push('\n');
            text.push_str(&report::text(self.verification, self.ui.options()));
            return;
        }
        let screen = Screen::of(self.ui.options());
        let checks = self.verification.checks.iter();
        let failed = checks.filter(|check| check.verdict == verify::Verdict::Failed);
        let failed: Vec<&verify::Check> = failed.collect();
        for check in failed.iter().take(NAMED) {
            let name = visible(&format!("{}: {}", check.section, check.name));
            let name = screen.cut(&name, screen.width.saturating_sub(4));
            line(text, format_args!("  ! {name}"));
            if failed.len() <= OPENED
                && let Some(first) = check.findings.first()
            {
                let more = match check.findings.len() - 1 {
                    0 => String::new(),
                    more => format!(", and {more} more, shown by -v"),
                };
                let room = screen.width.saturating_sub(6 + more.len());
                let first = screen.cut(&visible(&first.message), room);
                line(text, format_args!("      {first}{more}"));
            }
        }
        if failed.len() > NAMED {
            let more = failed.len() - NAMED;
            line(text, format_args!("  and {more} checks more, shown by -v"));
        }
        line(
            text,
            format_args!("verify: {}", report::sum(self.verification)),
        );
    }

    fn tables(&self, text: &mut String) {
        let mut rows = vec![head(&["", "score", "blockers", "tables", "queries"])];
        rows.extend(self.standings.iter().map(Standing::distance));
        columns(text, &rows, |column| column > 0);
        let phases = self.standings.get(1..).unwrap_or_default();
        if phases.is_empty() {
            return;
        }
        text.push('\n');
        let heads = ["", "steps", "time", "rewrites", "quarantined", "hazards"];
        let mut rows = vec![head(&heads)];
        rows.extend(phases.iter().map(Standing::cost));
        let last = heads.len() - 1;
        columns(text, &self.fitted(rows), |column| {
            column > 0 && column < last
        });
    }

    /// What kept writers out, and for how long.
    fn locks(&self, text: &mut String) {
        let mut rows = Vec::new();
        for standing in self.standings {
            for (at, (mode, (held, relations))) in standing.locks().into_iter().enumerate() {
                let phase = if at == 0 { standing.name.as_str() } else { "" };
                let relations: Vec<String> =
                    relations.into_iter().map(|name| self.short(name)).collect();
                rows.push(vec![
                    phase.to_owned(),
                    mode.0.word().to_owned(),
                    time(held),
                    relations.join(", "),
                ]);
            }
        }
        if rows.is_empty() {
            return;
        }
        text.push('\n');
        rows.insert(0, head(&["", "lock", "longest", "on"]));
        let rows = self.fitted(rows);
        columns(text, &rows, |column| column == 2);
        for standing in self.standings {
            let mut written: Vec<String> = standing
                .done
                .watched
                .iter()
                .flat_map(|step| step.rewrites.iter().map(|name| self.short(name)))
                .collect();
            written.sort();
            written.dedup();
            if !written.is_empty() {
                let (phase, written) = (&standing.name, written.join(", "));
                self.paragraph(text, &format!("{phase} writes anew {written}"));
            }
        }
    }

    /// Each migration, for those who want to know all.
    fn steps(&self, text: &mut String) {
        if !self.ui.is_verbose() {
            return;
        }
        let mut rows = vec![head(&["", "time", "strongest lock", "on"])];
        for standing in self.standings {
            for step in &standing.done.watched {
                let strongest = step.locks.first();
                let mode = strongest.map(|seen| seen.lock.mode);
                let on = step
                    .locks
                    .iter()
                    .filter(|seen| Some(seen.lock.mode) == mode);
                let on: Vec<String> = on.map(|seen| self.short(&seen.lock.relation)).collect();
                rows.push(vec![
                    format!("{} {}", standing.name, step.name),
                    time(step.took),
                    mode.map(LockMode::word).unwrap_or_default().to_owned(),
                    on.join(", "),
                ]);
            }
        }
        text.push('\n');
        columns(text, &self.fitted(rows), |column| column == 1);
    }

    /// The last column in as many lines as it needs.
    fn fitted(&self, rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
        let screen = Screen::of(self.ui.options());
        let widths = widths(&rows);
        let before: usize = widths.iter().rev().skip(1).map(|wide| wide + 2).sum();
        let room = screen.width.saturating_sub(before + 2);
        let mut fitted = Vec::new();
        for mut row in rows {
            let last = row.pop().unwrap_or_default();
            let blank = vec![String::new(); row.len()];
            let mut lines = screen.wrap(&last, room).into_iter();
            row.push(lines.next().unwrap_or_default());
            fitted.push(row);
            fitted.extend(lines.map(|line| [blank.clone(), vec![line]].concat()));
        }
        fitted
    }

    fn paragraph(&self, text: &mut String, paragraph: &str) {
        let screen = Screen::of(self.ui.options());
        for written in screen.wrap(&visible(paragraph), screen.width) {
            line(text, format_args!("{written}"));
        }
    }

    /// The home schema's name goes without saying.
    fn short(&self, name: &str) -> String {
        let home = self.from.schema.namespaces.first();
        let home = home.map(|home| format!("{home}."));
        let short = home.and_then(|home| name.strip_prefix(&home));
        visible(short.unwrap_or(name))
    }

    pub(super) fn quarantined(&self) -> impl Iterator<Item = (&str, i64)> {
        self.standings
            .iter()
            .flat_map(|standing| &standing.done.quarantined)
            .map(|(table, rows)| (table.as_str(), *rows))
    }

    pub(super) fn named(&self, message: &str) -> String {
        message
            .replace("the from side", &self.from.name)
            .replace("the to side", &self.to.name)
    }
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("a String takes everything");
}

fn head(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn widths(rows: &[Vec<String>]) -> Vec<usize> {
    let count = rows.first().map_or(0, Vec::len);
    let widest = |at: usize| {
        let cells = rows.iter().filter_map(|row| row.get(at));
        cells.map(|cell| width(cell)).max().unwrap_or(0)
    };
    (0..count).map(widest).collect()
}

/// Words begin at one place, numbers end at one.
fn columns(text: &mut String, rows: &[Vec<String>], is_number: impl Fn(usize) -> bool) {
    let widths = widths(rows);
    for row in rows {
        let mut shown = String::new();
        for (at, (cell, wide)) in row.iter().zip(&widths).enumerate() {
            let blanks = " ".repeat(wide.saturating_sub(width(cell)));
            shown.push_str("  ");
            if is_number(at) {
                shown.push_str(&blanks);
                shown.push_str(cell);
            } else {
                shown.push_str(cell);
                shown.push_str(&blanks);
            }
        }
        line(text, format_args!("{}", shown.trim_end()));
    }
}
