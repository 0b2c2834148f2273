//! Migrations as files that run by themselves: each in one transaction, without this program.
//!
//! What the server refuses in a transaction is written in its plain form, a batch as one statement. Each file
//! ends with the lines of the history and the ledger, so that a database that was changed by such files is
//! one that `align` has changed. Equal migrations give equal files.

use std::fmt::Write;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::error::MigrateError;
use super::files::MigrationFile;
use super::history;
use super::ledger::LEDGER;
use super::plain::{Plain, plain};
use super::plan::{Plan, Planned, hex};
use super::pushed::Marker;
use super::statement::line_of;
use super::target::FORMAT;
use super::window::fill_with;
use crate::ddl::{body, literal};

const HEAD: &str = include_str!("sql/export_head.sql");
const HISTORY: &str = include_str!("sql/export_history.sql");
const CLOSE: &str = include_str!("sql/export_close.sql");
const IDENTITY: &str = include_str!("sql/export_identity.sql");
/// Nothing tries again here, so that a statement waits longer than one that is tried again.
const PATIENCE: Duration = Duration::from_secs(10);

/// One file.
#[derive(Debug)]
pub struct Exported {
    /// Which migration it is.
    pub marker: Marker,
    /// The words of its name.
    pub name: String,
    /// What it holds.
    pub text: String,
    /// Statements that no transaction takes, which are left out, by their line in the migration.
    pub left_out: Vec<(usize, String)>,
    /// Whether CONCURRENTLY was left out, so that writers wait meanwhile.
    pub waits: bool,
}

/// Writes the steps of a plan as files, the ledger's first.
///
/// # Errors
/// [`MigrateError::Server`] when the names of pair and phase are too long together.
pub fn export(plan: &Plan<'_>, pair: &str) -> Result<Vec<Exported>, MigrateError> {
    let run = run_id(plan, pair);
    let mut files = vec![ledger()];
    let mut phase = None;
    for planned in &plan.steps {
        let Some(file) = planned.file else {
            continue;
        };
        let begins = phase.replace(&planned.phase.name) != Some(&planned.phase.name);
        files.push(migration(planned, file, pair, &run, begins)?);
    }
    Ok(files)
}

fn ledger() -> Exported {
    let marker = Marker::Ledger;
    let tables = LEDGER.replace("CREATE TABLE ", "CREATE TABLE IF NOT EXISTS ");
    let identity = IDENTITY.replace("{format}", &FORMAT.to_string());
    Exported {
        name: "align_ledger".to_owned(),
        text: format!(
            "{marker}\n-- What was done, for `align status` and `align migrate`.\n\n{tables}{identity}"
        ),
        marker,
        left_out: Vec::new(),
        waits: false,
    }
}

/// The same for the same files, in the form of a uuid.
fn run_id(plan: &Plan<'_>, pair: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(pair.as_bytes());
    for planned in &plan.steps {
        hash.update(planned.title().as_bytes());
        hash.update(planned.script.text.as_bytes());
    }
    hex(&hash.finalize(), 16)
}

fn migration(
    planned: &Planned<'_>,
    file: &MigrationFile,
    pair: &str,
    run: &str,
    begins: bool,
) -> Result<Exported, MigrateError> {
    let phase = &planned.phase.name;
    let table = history::table(pair, phase).map_err(|error| MigrateError::Server {
        doing: "name the history",
        cause: error.to_string(),
    })?;
    let digits = planned
        .phase
        .files
        .last()
        .map_or(1, |last| last.version.to_string().len());
    let body_of_file = rewritten(planned);
    let marker = Marker::of(phase, file, pair);
    let put = |template: &str| {
        // The pair's name goes in last: it alone can hold what looks like a place.
        template
            .replace("{version}", &file.version.to_string())
            .replace("{label}", &planned.title())
            .replace("{title}", &literal(&file.title()))
            .replace("{name}", &literal(&file.name))
            .replace("{checksum}", &file.checksum.to_string())
            .replace("{run}", run)
            .replace("{phase}", phase)
            .replace("{tool}", env!("CARGO_PKG_VERSION"))
            .replace("{pair}", &literal(pair))
            .replace("{history}", &table.to_string())
    };
    let mut text = format!(
        "{marker}\n-- Made by align {} to run by itself.\n",
        env!("CARGO_PKG_VERSION")
    );
    for note in notes(planned, &body_of_file) {
        line(&mut text, &format!("-- {note}"));
    }
    text.push('\n');
    if begins {
        text.push_str(&put(HISTORY));
    }
    line(&mut text, &format!("DO {};", body(&put(HEAD))));
    let settings = settings(planned, run);
    for (name, value) in &settings {
        line(&mut text, &format!("SET {name} = {value};"));
    }
    text.push('\n');
    text.push_str(&body_of_file.sql);
    text.push('\n');
    text.push_str(&put(CLOSE));
    for (name, _) in &settings {
        line(&mut text, &format!("RESET {name};"));
    }
    Ok(Exported {
        name: format!(
            "align_{}_v{:0digits$}_{}",
            phase.replace('-', "_"),
            file.version,
            file.name
        ),
        marker,
        text,
        left_out: body_of_file.left_out,
        waits: body_of_file.waits,
    })
}

fn line(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("a String takes everything");
}

/// What somebody has to know who runs it.
fn notes(planned: &Planned<'_>, rewritten: &Rewritten) -> Vec<String> {
    let mut notes = Vec::new();
    let hazards: Vec<&str> = planned
        .hazards()
        .iter()
        .map(|hazard| hazard.word())
        .collect();
    if !hazards.is_empty() {
        notes.push(format!(
            "Hazards, which nobody is asked about here: {}.",
            hazards.join(", ")
        ));
    }
    if rewritten.waits {
        notes.push(
            "CONCURRENTLY is left out, since this is one transaction: writes to the table wait until it ends."
                .to_owned(),
        );
    }
    if let Some(batch) = &planned.script.directives.batch {
        notes.push(format!(
            "In one go: `align migrate` changes {} in windows of {}, each a transaction.",
            batch.table, batch.key
        ));
    }
    notes
}

fn settings(planned: &Planned<'_>, run: &str) -> Vec<(&'static str, String)> {
    let directives = &planned.script.directives;
    let lock = directives.lock_timeout.unwrap_or_default().max(PATIENCE);
    let longest = directives.statement_timeout.unwrap_or_default();
    vec![
        ("align.run", literal(run)),
        ("lock_timeout", lock.as_millis().to_string()),
        ("statement_timeout", longest.as_millis().to_string()),
    ]
}

struct Rewritten {
    sql: String,
    left_out: Vec<(usize, String)>,
    waits: bool,
}

/// The file's text with each statement as a transaction takes it, and without directives.
fn rewritten(planned: &Planned<'_>) -> Rewritten {
    let (script, text) = (planned.script, planned.script.text.as_str());
    let mut done = Rewritten {
        sql: String::new(),
        left_out: Vec::new(),
        waits: false,
    };
    let mut at = 0;
    for statement in &script.statements {
        let between = text.get(at..statement.start).unwrap_or_default();
        done.sql.push_str(&without_directives(between));
        match (plain(text, statement), &script.directives.batch) {
            (Plain::Never, _) => {
                let line = line_of(text, statement.start);
                let told = statement.text(text).to_owned();
                done.sql
                    .push_str("-- Left out, since no transaction takes it; run it by itself:");
                for part in told.lines() {
                    done.sql.push_str("\n-- ");
                    done.sql.push_str(part);
                }
                done.sql.push('\n');
                done.left_out.push((line, told));
            }
            (Plain::Instead(sql), _) => {
                done.waits = true;
                done.sql.push_str(&sql);
            }
            (Plain::AsIs, Some(batch)) => {
                let all = |_: &str| "true".to_owned();
                done.sql.push_str(&fill_with(text, statement, batch, all));
            }
            (Plain::AsIs, None) => done.sql.push_str(statement.text(text)),
        }
        at = statement.end;
    }
    let rest = text.get(at..).unwrap_or_default();
    if !rest.trim_start().starts_with(';') {
        done.sql.push(';');
    }
    done.sql.push_str(&without_directives(rest));
    if !done.sql.ends_with('\n') {
        done.sql.push('\n');
    }
    done
}

fn without_directives(text: &str) -> String {
    let is_directive = |line: &&str| {
        let comment = line.trim().strip_prefix("--").map(str::trim_start);
        comment.is_some_and(|comment| comment.starts_with("align:"))
    };
    let kept = text
        .split_inclusive('\n')
        .filter(|line| !is_directive(line));
    kept.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrate::{Phase, standing};
    use crate::source::TextFile;

    fn exported(files: &[(&str, &str)]) -> Vec<Exported> {
        let texts = files.iter().map(|(name, text)| TextFile {
            name: (*name).to_owned(),
            text: (*text).to_owned(),
        });
        let phase = Phase::of("ph-1", "ph-1", texts.collect(), None).unwrap();
        let fresh = [standing(&phase, &[])];
        let phases = [phase];
        let plan = Plan::forward(&phases, &fresh, None);
        export(&plan, "my $$ 'pair'\nDROP TABLE t").unwrap()
    }

    /// What of the migration's own statements is left.
    fn own(file: &Exported) -> &str {
        let start = file.text.find("SET statement_timeout").unwrap();
        let end = file.text.find("-- What `align status`").unwrap();
        file.text[start..end].split_once('\n').unwrap().1.trim()
    }

    #[test]
    fn statements_are_written_as_a_transaction_takes_them() {
        for (text, expected) in [
            ("SELECT 1", "SELECT 1;"),
            ("SELECT 1;", "SELECT 1;"),
            ("SELECT 1 ;\n-- the end", "SELECT 1 ;\n-- the end"),
            ("SELECT 1 -- the end", "SELECT 1; -- the end"),
            (
                "-- align: lock-timeout=1m\n-- why\nSELECT 1;",
                "-- why\nSELECT 1;",
            ),
            (
                "-- align: no-transaction\nDROP INDEX CONCURRENTLY i;\nVACUUM t;\nSELECT 2;",
                "DROP INDEX i;\n-- Left out, since no transaction takes it; run it by itself:\n-- VACUUM t\n;\nSELECT 2;",
            ),
            (
                "-- align: batch table=t key=id\nUPDATE t SET a = 1 WHERE /* align:window */;",
                "UPDATE t SET a = 1 WHERE true;",
            ),
            (
                "-- align: batch table=t key=id\nUPDATE t SET a = 1 WHERE /* align:window */ b;",
                "UPDATE t SET a = 1 WHERE true AND b;",
            ),
        ] {
            let files = exported(&[("V1__a.sql", text)]);
            assert_eq!(own(&files[1]), expected, "{text}");
        }
    }

    #[test]
    fn what_runs_otherwise_is_told() {
        let files = exported(&[
            ("V1__a.sql", "-- align: no-transaction\nVACUUM t;"),
            (
                "V2__b.sql",
                "-- align: no-transaction\nCREATE INDEX CONCURRENTLY i ON t (a);",
            ),
            ("V10__c.sql", "DROP TABLE t;"),
        ]);
        let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        let expected = [
            "align_ledger",
            "align_ph_1_v01_a",
            "align_ph_1_v02_b",
            "align_ph_1_v10_c",
        ];
        assert_eq!(names, expected);
        assert_eq!(files[1].left_out, [(2, "VACUUM t".to_owned())]);
        assert!(!files[1].waits && files[2].waits && files[2].left_out.is_empty());
        assert!(
            files[3]
                .text
                .contains("-- Hazards, which nobody is asked about here: deletes-data")
        );
        let makes_history = |file: &Exported| file.text.contains("_history\" (\n    version int8");
        let made: Vec<bool> = files.iter().map(makes_history).collect();
        assert_eq!(made, [false, true, false, false]);
    }

    #[test]
    fn a_pair_of_any_name_stays_a_name() {
        let files = exported(&[("V1__a.sql", "SELECT 1;")]);
        let text = &files[1].text;
        assert_eq!(Marker::find(text).as_ref(), Some(&files[1].marker));
        let plain = |line: &str| !line.starts_with("DROP TABLE");
        assert!(
            text.lines()
                .next()
                .is_some_and(|line| line.contains("\\nDROP"))
        );
        assert!(text.lines().take(2).all(plain), "{text}");
        // The guard's body ends where it should, although the name holds its usual mark.
        assert!(text.contains("DO $body$"), "{text}");
        let again = exported(&[("V1__a.sql", "SELECT 1;")]);
        assert_eq!(*text, again[1].text);
    }
}
