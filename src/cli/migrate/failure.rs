//! Why a run ended, in the user's words and with its code.

use anyhow::anyhow;

use super::super::error::CliError;
use crate::migrate::{Control, MigrateError, Refusal, StepError};

const GO_ON: &str = "run the same command again; it goes on from there";

/// What is said, and with which code.
pub(in crate::cli) fn failed(control: &Control, error: MigrateError) -> CliError {
    let changed = control.has_changed();
    let by_change = |error: CliError| if changed { error.stopped() } else { error };
    match error {
        MigrateError::Connect(error) => {
            let hint = error.hint();
            let error = CliError::failed(anyhow!(error).context("cannot connect"));
            by_change(hint.into_iter().fold(error, CliError::hint))
        }
        MigrateError::Refused(refusal) => refused(&refusal),
        MigrateError::Step(step) => {
            // A commit whose answer never came may have happened.
            let unknown = step.lost && step.line.is_none();
            // Or an earlier run has done a part of it.
            let partly = unknown || step.partly;
            let error = step_failed(&step, changed || partly);
            if partly {
                error.stopped()
            } else {
                by_change(error)
            }
        }
        MigrateError::Server { ref cause, .. } => {
            let hint = where_to_look(cause);
            let error = hint
                .into_iter()
                .fold(CliError::failed(error), CliError::hint);
            if changed {
                error.hint(GO_ON).stopped()
            } else {
                error
            }
        }
        MigrateError::Interrupted if changed => {
            CliError::say("interrupted part way").hint(GO_ON).stopped()
        }
        MigrateError::Interrupted => CliError::interrupted(),
        MigrateError::OverLimit { .. } => {
            CliError::failed(error).hint("give it more time with `--time-limit 10m`")
        }
        MigrateError::OutOfTime => {
            CliError::say("stopped part way: the time of `--stop-after` is over")
                .hint(GO_ON)
                .stopped()
        }
    }
}

/// What to do about a server that does not answer what every run asks.
fn where_to_look(cause: &str) -> Option<&'static str> {
    if cause.contains("(55P03)") {
        Some(
            "another session has locked a table, such as by ALTER TABLE; try again when it is done",
        )
    } else if cause.contains("has another form") || cause.contains("(42P07)") {
        Some(
            "a table in schema `align` is not as this program made it; look at it, and rename or restore it",
        )
    } else {
        None
    }
}

/// Why it must not run, and what to do.
pub(in crate::cli) fn refused(refusal: &Refusal) -> CliError {
    let text = refusal.to_string();
    let mut lines = text.lines().rev().map(str::to_owned);
    let last = lines.next().unwrap_or_default();
    let chain = lines.fold(anyhow::Error::msg(last), anyhow::Error::context);
    refusal
        .hints()
        .into_iter()
        .fold(CliError::refused(chain), CliError::hint)
}

fn step_failed(step: &StepError, changed: bool) -> CliError {
    let code = step
        .sqlstate
        .as_ref()
        .map(|code| format!(" ({code})"))
        .unwrap_or_default();
    let mut causes = vec![format!("{}{code}", step.message)];
    if let Some(blocker) = &step.blocker {
        causes.push(format!("in the way: {blocker}"));
    }
    if let (Some(line), Some(statement)) = (step.line, &step.statement) {
        causes.push(format!("{}:{line}: {statement}", step.path));
    } else {
        causes.push(format!("{}: at its end", step.path));
    }
    let mut causes = causes.into_iter().rev();
    let last = causes.next().unwrap_or_default();
    let chain = causes.fold(anyhow::Error::msg(last), anyhow::Error::context);
    let mut error = CliError::failed(chain.context(step.to_string()));
    if let Some(hint) = &step.hint {
        error = error.hint(hint.clone());
        if hint.contains("align.confirm_backup(") {
            error = error.hint("or run it again with `--confirm-backup 'where it is'`");
        }
    }
    if step.lost && !changed {
        error =
            error.hint("see with `align status` what is applied, then run the same command again");
    }
    if changed {
        error = error
            .hint("what was committed stays; after mending the cause, run the same command again");
    }
    error
}
