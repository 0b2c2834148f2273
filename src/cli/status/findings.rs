//! What is applied and pending, for the formats that other tools read.

use std::path::Path;

use super::super::again;
use super::super::args::CheckFormat;
use super::super::error::CliError;
use super::super::ui::Ui;
use super::{Database, Document, Found, MigrationStatus, OldFormStatus, StatusArgs};
use crate::report::findings::{Check, Finding, Findings, Level, Outcome, Spot};
use crate::report::{github, html, junit, sarif};

impl StatusArgs {
    /// Not every answer fits every format.
    pub(super) fn check_format(&self) -> Result<(), CliError> {
        let flag = match self.format {
            CheckFormat::Text | CheckFormat::Json => None,
            _ if self.watch => Some("--watch"),
            _ if self.grants => Some("--grants"),
            _ => None,
        };
        flag.map_or(Ok(()), |flag| {
            let error = CliError::say(format!("`{flag}` writes text or json, and nothing else"));
            Err(error.hint("leave `--format` out"))
        })
    }
}

impl Database {
    /// Phases whose way back was begun and has not ended.
    pub(super) fn half_way_back(&self) -> impl Iterator<Item = &str> {
        let steps = self.progress.iter().filter(|step| step.step == "undo");
        steps.map(|step| step.phase.as_str())
    }
}

/// A check for each database and one for each migration; what is pending fails where `is_asked`.
pub(super) fn of(document: &Document, found: &Found, is_asked: bool) -> Findings {
    let databases: Vec<&str> = document
        .databases
        .iter()
        .map(|database| database.database.as_str())
        .collect();
    let checks = document.databases.iter().flat_map(|database| {
        let ready = std::iter::once(ready(database, is_asked));
        let migrations = database.phases.iter().flat_map(move |phase| {
            let group = match document.databases.as_slice() {
                [_] => phase.name.clone(),
                _ => format!("{}: {}", database.database, phase.name),
            };
            phase.migrations.iter().map(move |migration| {
                let file = file(found, &phase.name, migration);
                check(&group, migration, file, is_asked)
            })
        });
        ready.chain(migrations)
    });
    Findings {
        command: "status",
        subject: databases.join(", "),
        file: None,
        terms: Vec::new(),
        checks: checks.collect(),
    }
}

/// Whether a database is not where its files are, and says so.
pub(super) fn is_behind(ui: &Ui, document: &Document) -> bool {
    let mut is_behind = false;
    for database in &document.databases {
        for phase in database.half_way_back() {
            is_behind = true;
            ui.no(format_args!(
                "{}: {phase} is undone in part (--check)",
                database.database
            ));
        }
        for phase in &database.phases {
            let open = phase.pending + phase.divergent;
            if open > 0 {
                is_behind = true;
                ui.no(format_args!(
                    "{}: {open} of {} migrations of {} are not applied as they are (--check)",
                    database.database,
                    phase.migrations.len(),
                    phase.name
                ));
            }
        }
    }
    is_behind
}

/// The answer, in a format that is neither text nor JSON.
pub(super) fn render(findings: &Findings, format: CheckFormat) -> Option<String> {
    match format {
        CheckFormat::Text | CheckFormat::Json => None,
        CheckFormat::Html => Some(html::checks(findings, &again::command(), &[])),
        CheckFormat::Junit => Some(junit::render(findings)),
        CheckFormat::Sarif => Some(sarif::render(findings)),
        CheckFormat::Github => Some(github::render(findings)),
    }
}

fn ready(database: &Database, is_asked: bool) -> Check {
    let mut findings = Vec::new();
    findings.extend(database.half_way_back().map(|phase| {
        let message = format!("`{phase}` is undone in part");
        Finding::new("status.undo", level(is_asked), phase, message)
    }));
    if let Some(refusal) = &database.refusal {
        findings.push(Finding::new("status.refused", Level::Error, "", refusal));
    }
    findings.extend(database.missing_rights.iter().map(|missing| {
        let finding = Finding::new("status.right", Level::Error, "", &missing.what);
        Finding {
            sql: Some(missing.grant.clone()),
            ..finding
        }
    }));
    let mut check = Check::of(
        "database",
        format!("{} can be migrated", database.database),
        findings,
    );
    let mut said = vec![format!("PostgreSQL {}", database.server_version)];
    said.extend(database.running.iter().map(|run| format!("running: {run}")));
    said.extend(database.progress.iter().map(|step| {
        format!(
            "under way: {} {}, {} rows",
            step.phase, step.step, step.rows_done
        )
    }));
    let old_form = database.old_form.as_ref().map(OldFormStatus::lines);
    said.extend(old_form.into_iter().flatten());
    check.said = Some(said.join("; "));
    check
}

/// Of what fails only where it is asked for.
fn level(is_asked: bool) -> Level {
    if is_asked {
        Level::Error
    } else {
        Level::Warning
    }
}

fn check(group: &str, migration: &MigrationStatus, file: Option<Spot>, is_asked: bool) -> Check {
    let name = format!("V{}__{}", migration.version, migration.name);
    let finding = match (migration.state, &migration.message) {
        ("applied", _) => None,
        ("pending", _) => Some(Finding::new(
            "status.pending",
            level(is_asked),
            &name,
            "is pending",
        )),
        (state, message) => {
            let message = message.as_deref().unwrap_or(state);
            let rule = format!("status.{state}");
            Some(Finding::new(rule, Level::Error, &name, message))
        }
    };
    let findings = finding.map(|finding| finding.at(file)).into_iter();
    let mut check = Check::of(group, name, findings.collect());
    if check.outcome == Outcome::Passed && migration.state == "pending" {
        check.outcome = Outcome::Skipped("pending".to_owned());
    }
    check.said.clone_from(&migration.applied_on);
    check
}

/// The migration's file; one inside the program is none.
fn file(found: &Found, phase: &str, migration: &MigrationStatus) -> Option<Spot> {
    let phase = found.phases.iter().find(|known| known.name == phase)?;
    let file = phase
        .files
        .iter()
        .find(|file| file.version == migration.version)?;
    let path = &file.script.path;
    Path::new(path).is_file().then(|| Spot {
        line: Some(1),
        ..Spot::file(path)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn migration(state: &'static str, message: Option<&str>) -> MigrationStatus {
        MigrationStatus {
            version: 3,
            name: "add_keys".to_owned(),
            state,
            applied_on: (state == "applied").then(|| "2026-11-22T19:20:50Z".to_owned()),
            message: message.map(str::to_owned),
        }
    }

    #[test]
    fn pending_fails_only_where_it_is_asked_and_an_edit_always() {
        let skipped = Outcome::Skipped("pending".to_owned());
        for (state, is_asked, expected) in [
            ("applied", true, Outcome::Passed),
            ("pending", false, skipped),
            ("pending", true, Outcome::Failed),
            ("edited", false, Outcome::Failed),
            ("missing", false, Outcome::Failed),
        ] {
            let check = check(
                "phase1",
                &migration(state, Some("so it is")),
                None,
                is_asked,
            );
            assert_eq!(check.outcome, expected, "{state}");
            assert_eq!(check.findings.is_empty(), state == "applied", "{state}");
        }
    }
}
