//! `--dry-run=rollback`: what was seen, as text.

use std::fmt::Write;
use std::time::Duration;

use super::super::ui::Ui;
use super::Prepared;
use super::show::{bytes, head, summary};
use super::teller::time;
use crate::migrate::{Held, LockMode, Planned, Substitution, Trial, Tried, TriedStep};
use crate::report::screen::{Screen, visible};

/// What the user should know before it begins.
pub(super) fn warn(ui: &Ui, limit: Duration) {
    ui.warning(format_args!(
        "each statement is run in one transaction, and takes its locks for real: others wait for them until \
         all is rolled back, {} s at most",
        limit.as_secs_f64()
    ));
}

/// The page.
pub(super) fn text(ui: &Ui, prepared: &Prepared<'_>, trial: &Trial) -> String {
    let mut text = format!("{}\n\n", head(prepared));
    for step in &trial.steps {
        append_step(&mut text, ui, prepared, step);
    }
    if !trial.held.is_empty() {
        text.push_str("\nstrongest locks, each held to the end\n");
    }
    let name_width = trial
        .held
        .iter()
        .map(|held| held.lock.relation.chars().count());
    let name_width = name_width.max().unwrap_or_default();
    for held in &trial.held {
        let name = visible(&held.lock.relation);
        let mode = held.lock.mode.word();
        let place = place(prepared, held);
        let longest = LockMode::ShareUpdateExclusive.word().len();
        line(
            &mut text,
            format_args!(
                "  {name:name_width$}  {mode:longest$}  {}, from {place}",
                time(held.held)
            ),
        );
    }
    text.push('\n');
    for (table, rows) in &trial.quarantined {
        let table = visible(table);
        line(
            &mut text,
            format_args!("{rows} rows of {table} would go to align.quarantine"),
        );
    }
    for sequence in &trial.advanced {
        let name = visible(&sequence.name);
        let value =
            |value: Option<i64>| value.map_or_else(|| "unused".to_owned(), |v| v.to_string());
        let (before, after) = (value(sequence.before), value(sequence.after));
        line(
            &mut text,
            format_args!(
                "sequence {name} went from {before} to {after}: a rollback does not take it back"
            ),
        );
    }
    for table in &trial.grown {
        let (name, by) = (visible(&table.name), bytes(table.bytes));
        line(
            &mut text,
            format_args!("{name} takes {by} more until VACUUM frees them"),
        );
    }
    let all = costs(trial.took, trial.wal_bytes);
    line(
        &mut text,
        format_args!("rolled back after {all}: nothing was changed"),
    );
    text
}

fn place(prepared: &Prepared<'_>, held: &Held) -> String {
    let title = prepared.plan.steps.get(held.step).map(Planned::title);
    format!("{}:{}", visible(&title.unwrap_or_default()), held.line)
}

fn append_step(text: &mut String, ui: &Ui, prepared: &Prepared<'_>, step: &TriedStep) {
    let Some(planned) = prepared.plan.steps.get(step.at) else {
        return;
    };
    let costs = costs(step.took, step.wal_bytes);
    line(
        text,
        format_args!("{}  {costs}", visible(&summary(planned))),
    );
    if let Some(batch) = &planned.script.directives.batch {
        let (table, key) = (batch.table.to_string(), batch.key.to_string());
        line(
            text,
            format_args!(
                "  substituted: one statement in place of windows of {} rows of {} by {}",
                batch.size,
                visible(&table),
                visible(&key)
            ),
        );
    }
    let mut untold = 0_usize;
    for tried in &step.statements {
        if !has_news(tried) && !ui.is_verbose() {
            untold += 1;
            continue;
        }
        append_statement(text, ui, planned, tried);
    }
    let count = planned.statements().count();
    if untold > 0 && untold < count {
        let noun = if untold == 1 {
            "statement"
        } else {
            "statements"
        };
        line(
            text,
            format_args!("  {untold} {noun} more, with no lock that was not held already"),
        );
    }
}

fn has_news(tried: &Tried) -> bool {
    let is_substituted = matches!(
        tried.substituted,
        Some(Substitution::Plain(_) | Substitution::Nothing)
    );
    is_substituted || !tried.rewrites.is_empty() || !tried.locks.is_empty()
}

fn append_statement(text: &mut String, ui: &Ui, planned: &Planned<'_>, tried: &Tried) {
    let mut statements = planned.statements();
    let sql = statements.find(|(_, line, _)| *line == tried.line);
    let sql = sql.map_or("", |(sql, _, _)| sql);
    let shown = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    let costs = costs(tried.took, tried.wal_bytes);
    let first = format!("  line {}  {costs}  {}", tried.line, visible(&shown));
    let screen = Screen::of(ui.options());
    line(text, format_args!("{}", screen.cut(&first, screen.width)));
    match &tried.substituted {
        Some(Substitution::Plain(_)) => {
            text.push_str(
                "    substituted: without CONCURRENTLY, so that its lock is the stronger one\n",
            );
        }
        Some(Substitution::Nothing) => {
            text.push_str("    substituted: not run, for the server refuses it in a transaction\n");
        }
        Some(Substitution::Whole) | None => {}
    }
    let strongest = tried.locks.iter().enumerate().filter(|(at, lock)| {
        // The strongest on each relation comes first.
        let before = at.checked_sub(1).and_then(|before| tried.locks.get(before));
        before.is_none_or(|before| before.relation != lock.relation)
    });
    for (_, lock) in strongest {
        let (relation, mode) = (visible(&lock.relation), lock.mode.word());
        line(text, format_args!("    locks {relation} {mode}"));
    }
    for relation in &tried.rewrites {
        line(text, format_args!("    rewrites {}", visible(relation)));
    }
}

/// `38 ms, 4 kB of WAL`
fn costs(took: Duration, wal: Option<i64>) -> String {
    match wal {
        Some(wal) => format!("{}, {} of WAL", time(took), bytes(wal)),
        None => time(took),
    }
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("a String takes everything");
}
