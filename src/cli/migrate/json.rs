//! Plans, trials and runs for programs. Keys are only added.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::super::error::CliError;
use super::Prepared;
use super::show::Standing;
use super::teller::{Happened, Story};
use crate::migrate::{Effects, Planned, Severity, Substitution, Trial, Tried};

/// What every answer begins with.
fn head(prepared: &Prepared<'_>) -> Map<String, Value> {
    let mut page = Map::new();
    page.insert("format_version".to_owned(), json!(1));
    page.insert("command".to_owned(), json!("migrate"));
    page.insert(
        "database".to_owned(),
        json!({
            "address": prepared.options.describe(),
            "name": prepared.target.database,
            "release": prepared.target.release,
        }),
    );
    page.insert("pair".to_owned(), json!(prepared.found.pair));
    let folder = prepared.found.folder.display().to_string();
    page.insert("migrations".to_owned(), json!(folder));
    page.insert("fingerprint".to_owned(), json!(prepared.fingerprint));
    page
}

fn page(prepared: &Prepared<'_>, rest: Value) -> String {
    let mut page = head(prepared);
    if let Value::Object(rest) = rest {
        page.extend(rest);
    }
    format!("{:#}\n", Value::Object(page))
}

/// `--dry-run=print`
pub(super) fn plan(prepared: &Prepared<'_>) -> String {
    let steps = prepared.plan.steps.iter();
    let steps: Vec<Value> = steps.map(|step| planned(prepared, step)).collect();
    page(prepared, json!({"dry_run": "print", "steps": steps}))
}

fn planned(prepared: &Prepared<'_>, step: &Planned<'_>) -> Value {
    let directives = &step.script.directives;
    let batch = directives.batch.as_ref().map(|batch| {
        json!({
            "table": batch.table.to_string(),
            "key": batch.key.as_str(),
            "size": batch.size,
        })
    });
    let transaction = match (&batch, directives.no_transaction) {
        (Some(_), _) => "windows",
        (None, true) => "none",
        (None, false) => "one",
    };
    let statements: Vec<Value> = step
        .statements()
        .map(|(sql, line, effects)| statement(prepared, sql, line, effects))
        .collect();
    let mut value = identity(step);
    value.insert("transaction".to_owned(), json!(transaction));
    value.insert("batch".to_owned(), json!(batch));
    value.insert("statements".to_owned(), json!(statements));
    Value::Object(value)
}

fn identity(step: &Planned<'_>) -> Map<String, Value> {
    let hazards: Vec<&str> = step.hazards().iter().map(|hazard| hazard.word()).collect();
    let mut value = Map::new();
    value.insert("phase".to_owned(), json!(step.phase.name));
    value.insert("name".to_owned(), json!(step.name()));
    value.insert(
        "version".to_owned(),
        json!(step.file.map(|file| file.version)),
    );
    value.insert("path".to_owned(), json!(step.script.path));
    value.insert("hazards".to_owned(), json!(hazards));
    value
}

fn statement(prepared: &Prepared<'_>, sql: &str, line: usize, effects: &Effects) -> Value {
    let locks: Vec<Value> = effects
        .locks
        .iter()
        .map(|lock| {
            let size = prepared
                .sizes
                .iter()
                .find(|size| size.name == lock.relation);
            json!({
                "relation": lock.relation,
                "mode": lock.mode.word(),
                "rows": size.and_then(|size| size.rows),
                "bytes": size.map(|size| size.bytes),
            })
        })
        .collect();
    let hazards: Vec<&str> = effects.hazards.iter().map(|hazard| hazard.word()).collect();
    json!({
        "line": line,
        "sql": sql,
        "locks": locks,
        "hazards": hazards,
        "opaque": effects.opaque,
    })
}

/// `--dry-run=rollback`
pub(super) fn trial(
    prepared: &Prepared<'_>,
    limit: Duration,
    trial: &Trial,
    error: Option<&CliError>,
) -> String {
    let steps: Vec<Value> = trial
        .steps
        .iter()
        .filter_map(|step| {
            let planned = prepared.plan.steps.get(step.at)?;
            let statements: Vec<Value> = step
                .statements
                .iter()
                .map(|tried| tried_statement(planned, tried))
                .collect();
            let mut value = identity(planned);
            value.insert("duration_ms".to_owned(), milliseconds(step.took));
            value.insert("wal_bytes".to_owned(), json!(step.wal_bytes));
            value.insert("statements".to_owned(), json!(statements));
            Some(Value::Object(value))
        })
        .collect();
    let locks: Vec<Value> = trial
        .held
        .iter()
        .map(|held| {
            let step = prepared.plan.steps.get(held.step);
            json!({
                "relation": held.lock.relation,
                "mode": held.lock.mode.word(),
                "held_ms": milliseconds(held.held),
                "phase": step.map(|step| &step.phase.name),
                "name": step.map(Planned::name),
                "line": held.line,
            })
        })
        .collect();
    let advanced: Vec<Value> = trial
        .advanced
        .iter()
        .map(|sequence| {
            json!({"name": sequence.name, "before": sequence.before, "after": sequence.after})
        })
        .collect();
    let grown: Vec<Value> = trial
        .grown
        .iter()
        .map(|table| json!({"relation": table.name, "bytes": table.bytes}))
        .collect();
    page(
        prepared,
        json!({
            "dry_run": "rollback",
            "time_limit_ms": milliseconds(limit),
            "duration_ms": milliseconds(trial.took),
            "wal_bytes": trial.wal_bytes,
            "steps": steps,
            "locks": locks,
            "quarantined": quarantined(&trial.quarantined),
            "sequences_not_rolled_back": advanced,
            "grown": grown,
            "error": error.map(failure),
        }),
    )
}

fn tried_statement(planned: &Planned<'_>, tried: &Tried) -> Value {
    let sql = planned
        .statements()
        .find(|(_, line, _)| *line == tried.line)
        .map(|(sql, _, _)| sql);
    let substituted = tried
        .substituted
        .as_ref()
        .map(|substituted| match substituted {
            Substitution::Plain(sql) => json!({"by": "plain", "sql": sql}),
            Substitution::Whole => json!({"by": "whole", "sql": sql}),
            Substitution::Nothing => json!({"by": "nothing", "sql": null}),
        });
    let locks: Vec<Value> = tried
        .locks
        .iter()
        .map(|lock| json!({"relation": lock.relation, "mode": lock.mode.word()}))
        .collect();
    json!({
        "line": tried.line,
        "sql": sql,
        "substituted": substituted,
        "duration_ms": milliseconds(tried.took),
        "wal_bytes": tried.wal_bytes,
        "rows": tried.rows,
        "locks": locks,
        "rewrites": tried.rewrites,
    })
}

/// How a run ended.
pub(super) struct Ended<'e> {
    /// Its id; `None` when there was nothing to run.
    pub(super) run: Option<&'e str>,
    pub(super) story: &'e Story,
    pub(super) standings: Option<&'e [Standing]>,
    pub(super) quarantined: &'e [(String, i64)],
    pub(super) error: Option<&'e CliError>,
}

/// A run that is over, whether it came to its end or not.
pub(super) fn run(prepared: &Prepared<'_>, ended: &Ended<'_>) -> String {
    let result = match (ended.run, ended.error.map(CliError::code)) {
        (None, _) => "nothing",
        (Some(_), None) => "done",
        (Some(_), Some(3)) => "refused",
        (Some(_), Some(4)) => "stopped",
        (Some(_), Some(130)) => "interrupted",
        (Some(_), Some(_)) => "failed",
    };
    let (mut applied, mut notices) = (Vec::new(), Vec::new());
    for happened in ended.story.told() {
        match happened {
            Happened::Applied { title, took } => {
                let mut value = titled(prepared, &title);
                value.insert("duration_ms".to_owned(), milliseconds(took));
                applied.push(Value::Object(value));
            }
            Happened::Said {
                title,
                severity,
                message,
            } => {
                let severity = match severity {
                    Severity::Warning => "warning",
                    Severity::Notice => "notice",
                };
                let mut value = titled(prepared, &title);
                value.insert("severity".to_owned(), json!(severity));
                value.insert("message".to_owned(), json!(message));
                notices.push(Value::Object(value));
            }
        }
    }
    let phases: Option<Vec<Value>> = ended.standings.map(|standings| {
        let standing = |standing: &Standing| {
            json!({
                "name": standing.phase,
                "applied": standing.applied,
                "pending": standing.pending,
            })
        };
        standings.iter().map(standing).collect()
    });
    page(
        prepared,
        json!({
            "run": ended.run,
            "result": result,
            "applied": applied,
            "notices": notices,
            "phases": phases,
            "quarantined": quarantined(ended.quarantined),
            "error": ended.error.map(failure),
        }),
    )
}

fn titled(prepared: &Prepared<'_>, title: &str) -> Map<String, Value> {
    let step = prepared
        .plan
        .steps
        .iter()
        .find(|step| step.title() == title);
    let mut value = Map::new();
    value.insert("phase".to_owned(), json!(step.map(|step| &step.phase.name)));
    value.insert("name".to_owned(), json!(step.map(Planned::name)));
    value
}

fn failure(error: &CliError) -> Value {
    let mut sentences = error.sentences();
    json!({
        "message": sentences.next(),
        "causes": sentences.collect::<Vec<_>>(),
        "exit_code": error.code(),
    })
}

fn quarantined(tables: &[(String, i64)]) -> Vec<Value> {
    tables
        .iter()
        .map(|(table, rows)| json!({"table": table, "rows": rows}))
        .collect()
}

fn milliseconds(took: Duration) -> Value {
    json!(u64::try_from(took.as_millis()).unwrap_or(u64::MAX))
}
