//! A plan as text.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::super::ui::Ui;
use super::{Found, Prepared};
use crate::migrate::{Effects, Entry, LockMode, Phase, Planned, Relation, Session, State};

/// Whom the run will write to, and what is pending.
pub(super) fn announce(ui: &Ui, prepared: &Prepared<'_>) {
    for line in head(prepared).lines() {
        ui.status(line);
    }
    for step in &prepared.plan.steps {
        ui.status(format_args!("  {}", summary(step)));
    }
}

pub(super) fn head(prepared: &Prepared<'_>) -> String {
    let address = prepared.options.describe();
    let count = prepared.plan.steps.len();
    let (pair, folder) = (&prepared.found.pair, prepared.found.folder.display());
    let release = &prepared.target.release;
    let noun = if count == 1 {
        "migration"
    } else {
        "migrations"
    };
    format!(
        "{address} (PostgreSQL {release})\npair {pair}, {count} {noun} to run from {folder}\nfingerprint {}",
        prepared.fingerprint
    )
}

pub(super) fn summary(step: &Planned<'_>) -> String {
    let count = step.statements().count();
    let noun = if count == 1 {
        "statement"
    } else {
        "statements"
    };
    let hazards: Vec<&str> = step.hazards().iter().map(|hazard| hazard.word()).collect();
    let title = step.title();
    if hazards.is_empty() {
        format!("{title}  {count} {noun}")
    } else {
        format!("{title}  {count} {noun}  {}", hazards.join(", "))
    }
}

/// A line for each step that has a hazard, with the tables it meets and their sizes.
pub(super) fn hazards(prepared: &Prepared<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    for step in &prepared.plan.steps {
        let hazards: Vec<&str> = step.hazards().iter().map(|hazard| hazard.word()).collect();
        if hazards.is_empty() {
            continue;
        }
        let mut met: Vec<String> = Vec::new();
        let dangerous = step
            .effects
            .iter()
            .filter(|effects| !effects.hazards.is_empty());
        for lock in dangerous.flat_map(|effects| &effects.locks) {
            let size = size(&prepared.sizes, &lock.relation);
            let told = size.map_or_else(
                || lock.relation.clone(),
                |size| format!("{} ({size})", lock.relation),
            );
            if !met.contains(&told) {
                met.push(told);
            }
        }
        let on = if met.is_empty() {
            String::new()
        } else {
            format!(": {}", met.join(", "))
        };
        lines.push(format!("  {}  {}{on}", step.title(), hazards.join(", ")));
    }
    lines
}

fn size(sizes: &[Relation], name: &str) -> Option<String> {
    let relation = sizes.iter().find(|relation| relation.name == name)?;
    let bytes = bytes(relation.bytes);
    Some(match relation.rows {
        Some(rows) => format!("about {rows} rows, {bytes}"),
        None => bytes,
    })
}

pub(super) fn bytes(bytes: i64) -> String {
    for (unit, size) in [("GB", 1_i64 << 30), ("MB", 1 << 20), ("kB", 1 << 10)] {
        if bytes >= size {
            return format!("{} {unit}", bytes / size);
        }
    }
    format!("{bytes} bytes")
}

/// Everything that would run.
pub(super) fn dry_run(prepared: &Prepared<'_>) -> String {
    let mut text = format!("{}\n", head(prepared));
    for step in &prepared.plan.steps {
        append(
            &mut text,
            format_args!("\n-- {}  {}\n", summary(step), step.script.path),
        );
        let directives = &step.script.directives;
        if directives.no_transaction {
            text.push_str("-- each statement by itself, in no transaction\n");
        }
        if let Some(batch) = &directives.batch {
            let (table, key, size) = (&batch.table, &batch.key, batch.size);
            append(
                &mut text,
                format_args!(
                    "-- in windows of {size} rows of {table} by {key}, each a transaction\n"
                ),
            );
        }
        for (sql, line, effects) in step.statements() {
            append(
                &mut text,
                format_args!("\n-- line {line}{}\n", costs(prepared, effects)),
            );
            append(&mut text, format_args!("{sql};\n"));
        }
    }
    text.push_str(&in_short(prepared));
    text.push_str("\nnothing was changed\n");
    text
}

/// What a reader looks for in all of it: the strongest lock of each relation, the hazards, and how much of
/// it no reader of text can judge.
fn in_short(prepared: &Prepared<'_>) -> String {
    let mut strongest: BTreeMap<&str, (LockMode, String)> = BTreeMap::new();
    let mut opaque = 0_usize;
    for step in &prepared.plan.steps {
        for (_, line, effects) in step.statements() {
            opaque += usize::from(effects.opaque);
            for lock in &effects.locks {
                let known = strongest.get(lock.relation.as_str());
                if known.is_none_or(|(mode, _)| *mode < lock.mode) {
                    let place = format!("{}:{line}", step.title());
                    strongest.insert(&lock.relation, (lock.mode, place));
                }
            }
        }
    }
    let mut text = String::new();
    if !strongest.is_empty() {
        text.push_str("\nstrongest locks\n");
    }
    let width = strongest.keys().map(|name| name.chars().count()).max();
    let width = width.unwrap_or_default();
    let longest = LockMode::ShareUpdateExclusive.word().len();
    for (name, (mode, place)) in &strongest {
        let mode = mode.word();
        append(
            &mut text,
            format_args!("  {name:width$}  {mode:longest$}  {place}\n"),
        );
    }
    let hazards = hazards(prepared);
    if !hazards.is_empty() {
        append(
            &mut text,
            format_args!("\nhazards\n{}\n", hazards.join("\n")),
        );
    }
    if opaque > 0 {
        let (noun, whose) = match opaque {
            1 => ("statement runs", "its"),
            _ => ("statements run", "their"),
        };
        append(
            &mut text,
            format_args!(
                "\n{opaque} {noun} code that cannot be read in full; `--dry-run=rollback` shows {whose} locks\n"
            ),
        );
    }
    text
}

fn costs(prepared: &Prepared<'_>, effects: &Effects) -> String {
    let mut parts: Vec<String> = Vec::new();
    for lock in &effects.locks {
        let mode = lock.mode.word();
        parts.push(match size(&prepared.sizes, &lock.relation) {
            Some(size) => format!("locks {} {mode} ({size})", lock.relation),
            None => format!("locks {} {mode}", lock.relation),
        });
    }
    if effects
        .hazards
        .contains(&crate::migrate::Hazard::RewritesTable)
    {
        parts.push("rewrites the table".to_owned());
    }
    parts.extend(
        effects
            .hazards
            .iter()
            .map(|hazard| format!("hazard {}", hazard.word())),
    );
    if effects.opaque {
        parts.push("runs code that cannot be read in full".to_owned());
    }
    parts.iter().map(|part| format!("\n--   {part}")).collect()
}

fn append(text: &mut String, part: std::fmt::Arguments<'_>) {
    text.write_fmt(part).expect("a String takes everything");
}

/// Where a phase stands.
pub(super) struct Standing {
    pub(super) phase: String,
    /// The last version that is applied.
    pub(super) applied: Option<i64>,
    pub(super) pending: usize,
}

/// Where each phase stands after a run; `None` when the server no longer says it.
pub(super) async fn standings(session: &mut Session<'_>, found: &Found) -> Option<Vec<Standing>> {
    let standings = session.survey(&found.phases).await.ok()?;
    let phases = found.phases.iter().zip(standings);
    let standing = |(phase, entries): (&Phase, Vec<Entry>)| {
        let applied = entries
            .iter()
            .filter(|entry| matches!(entry.state, State::Applied { .. }));
        let pending = entries.iter().filter(|entry| entry.state == State::Pending);
        Standing {
            phase: phase.name.clone(),
            applied: applied.map(|entry| entry.version).max(),
            pending: pending.count(),
        }
    };
    Some(phases.map(standing).collect())
}

pub(super) fn closing(standings: &[Standing]) -> String {
    let mut text = String::new();
    for standing in standings {
        let at = standing.applied.map_or_else(
            || "has nothing applied".to_owned(),
            |version| format!("is at V{version}"),
        );
        let rest = match standing.pending {
            0 => String::new(),
            pending => format!(", {pending} pending"),
        };
        append(&mut text, format_args!("{} {at}{rest}\n", standing.phase));
    }
    text
}
