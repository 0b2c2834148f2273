//! What was run here, against the files that it is said to come from, and what a run left that did not
//! end.

use std::path::Path;

use sqlx::postgres::PgConnection;

use super::error::{VerifyError, server};
use super::{Check, Finding, Section, Spot};
use crate::migrate::{
    MigrateError, MigrationFile, Phase, Refusal, State, check_history, read_progress, survey,
};

const PHASES: &str = include_str!("sql/phases.sql");
const LEFT: &str = include_str!("sql/left.sql");

/// The files of a phase, or why they cannot be read.
#[derive(Debug)]
pub struct Folder {
    /// The phase.
    pub name: String,
    /// Whether the mapping's road leads through it, so that it is to be applied whole.
    pub is_own: bool,
    /// Its files.
    pub phase: Result<Phase, String>,
}

/// Compares the histories of a pair with the phases' files, where anything of it was run.
///
/// # Errors
/// [`VerifyError::Server`].
pub(super) async fn check(
    connection: &mut PgConnection,
    pair: &str,
    folders: &[Folder],
) -> Result<Check, VerifyError> {
    let name = "history and files agree";
    let section = Section::Structure;
    let run = phases(connection, pair).await?;
    if run.is_empty() {
        let why = "there is no history: no migration was run here";
        return Ok(Check::skipped(section, name, why));
    }
    if folders.is_empty() {
        let why = "the mapping names no folder of migrations";
        return Ok(Check::skipped(section, name, why));
    }
    let mut findings = Vec::new();
    let mut seen = 0;
    for gone in run
        .iter()
        .filter(|name| folders.iter().all(|folder| folder.name != **name))
    {
        let message = format!("{gone}: it was run here, and there is no such folder");
        findings.push(Finding::new(message));
    }
    for folder in folders {
        let was_run = run.contains(&folder.name);
        if !was_run && !folder.is_own {
            continue;
        }
        let phase = match &folder.phase {
            Ok(phase) => std::slice::from_ref(phase),
            Err(why) => {
                let message = format!("{}: its files cannot be read: {why}", folder.name);
                findings.push(Finding::new(message));
                continue;
            }
        };
        let standings = survey(connection, pair, phase)
            .await
            .map_err(|error| told(&error))?;
        let entries = standings.iter().flatten();
        seen += u64::try_from(entries.clone().count()).unwrap_or(u64::MAX);
        let begun = entries.clone().any(|entry| entry.state != State::Pending);
        if !begun && !folder.is_own {
            continue;
        }
        if let Err(Refusal::Divergent { lines, .. }) = check_history(phase, &standings, &[]) {
            findings.extend(lines.into_iter().map(|line| {
                let mut files = phase.iter().flat_map(|phase| &phase.files);
                let file = files.find(|file| line.contains(&stem(file.version, &file.name)));
                Finding::new(line).at(file.and_then(spot))
            }));
        }
        let pending = entries.filter(|entry| entry.state == State::Pending);
        let pending: Vec<String> = pending
            .map(|entry| stem(entry.version, &entry.name))
            .collect();
        if let Some(first) = pending.first() {
            let message = match pending.len() {
                1 => format!("{} `{first}` is pending", folder.name),
                all => format!("{}: {all} are pending, `{first}` first", folder.name),
            };
            let sql = format!("align migrate --phase {}", folder.name);
            let files = phase.iter().flat_map(|phase| &phase.files);
            let mut files = files.filter(|file| *first == stem(file.version, &file.name));
            let file = files.next().and_then(spot);
            findings.push(Finding::new(message).shown_by(sql).at(file));
        }
    }
    Ok(Check::of(section, name, seen, findings))
}

fn stem(version: i64, name: &str) -> String {
    format!("V{version}__{name}")
}

/// The migration's file; one inside the program is none.
fn spot(file: &MigrationFile) -> Option<Spot> {
    let path = &file.script.path;
    Path::new(path).is_file().then(|| Spot::File(path.clone()))
}

/// Looks for what is there only while a run is under way. What a migration that is pending drops is that
/// one's to take away.
///
/// # Errors
/// [`VerifyError::Server`].
pub(super) async fn left(
    connection: &mut PgConnection,
    pair: &str,
    folders: &[Folder],
    namespaces: &[String],
) -> Result<Check, VerifyError> {
    let doing = "look for what a run left";
    let failed = |error: sqlx::Error| server(doing, &error);
    let there =
        "SELECT to_regclass('align.progress') IS NOT NULL, to_regclass('align.copies') IS NOT NULL";
    let (has_progress, has_copies): (bool, bool) = sqlx::query_as(there)
        .persistent(false)
        .fetch_one(&mut *connection)
        .await
        .map_err(failed)?;
    let mut findings = Vec::new();
    if has_progress {
        for step in read_progress(connection, pair)
            .await
            .map_err(|error| told(&error))?
        {
            let message = format!(
                "{} {} did not end: its last commit was at {}",
                step.phase, step.step, step.at
            );
            findings.push(Finding::new(message).shown_by("SELECT * FROM align.progress"));
        }
    }
    if has_copies {
        let sql = "SELECT run::text FROM align.copies WHERE state = 'under way' AND pair = $1 ORDER BY began_at";
        let runs: Vec<String> = sqlx::query_scalar(sql)
            .persistent(false)
            .bind(pair)
            .fetch_all(&mut *connection)
            .await
            .map_err(failed)?;
        findings.extend(
            runs.iter()
                .map(|run| Finding::new(format!("copy {run} did not end"))),
        );
    }
    let mut later = Vec::new();
    for phase in folders
        .iter()
        .filter_map(|folder| folder.phase.as_ref().ok())
    {
        let standings = survey(connection, pair, std::slice::from_ref(phase))
            .await
            .map_err(|error| told(&error))?;
        let pending = |version| {
            let mut entries = standings.iter().flatten();
            entries.any(|entry| entry.version == version && entry.state == State::Pending)
        };
        let files = phase.files.iter().filter(|file| pending(file.version));
        let statements = files.flat_map(|file| file.script.text.split(';'));
        later.extend(statements.filter(|statement| statement.contains("DROP FUNCTION")));
    }
    let objects: Vec<String> = sqlx::query_scalar(LEFT)
        .persistent(false)
        .bind(namespaces)
        .bind(later.join("\n"))
        .fetch_all(&mut *connection)
        .await
        .map_err(failed)?;
    findings.extend(objects.into_iter().map(Finding::new));
    let name = "no run left anything behind";
    Ok(Check::of(Section::Structure, name, 1, findings))
}

/// The phases that have a history here.
async fn phases(connection: &mut PgConnection, pair: &str) -> Result<Vec<String>, VerifyError> {
    let query = sqlx::query_scalar(PHASES).persistent(false).bind(pair);
    let phases = query.fetch_all(connection).await;
    phases.map_err(|error| server("look for histories", &error))
}

fn told(error: &MigrateError) -> VerifyError {
    VerifyError::Server {
        doing: "read what was run",
        cause: error.to_string(),
    }
}
