//! Why a copy ended, in the user's words and with its code.

use anyhow::anyhow;

use super::super::error::CliError;
use super::super::migrate::refused;
use crate::copy::{CopyError, Trouble};
use crate::migrate::Control;

const WHO: &str = r#"say who writes with `--claims`, such as `--claims '{"role":"authenticated","sub":"ID"}'` of a user whom it lets"#;
const GO_ON: &str = "run the same command again; it goes on from there";

/// What cannot be done with this mapping, and why.
pub(in crate::cli) fn unfit(doing: &str, troubles: &[Trouble]) -> CliError {
    let mut lines = troubles.iter().rev().map(|trouble| trouble.message.clone());
    let last = lines.next().unwrap_or_default();
    let chain = lines.fold(anyhow::Error::msg(last), anyhow::Error::context);
    let mut hints: Vec<String> = Vec::new();
    for hint in troubles.iter().filter_map(|trouble| trouble.hint.clone()) {
        if !hints.contains(&hint) {
            hints.push(hint);
        }
    }
    let error =
        CliError::failed(chain.context(format!("cannot {doing}: the mapping does not fit")));
    hints.into_iter().fold(error, CliError::hint)
}

/// What is said, and with which code.
pub(in crate::cli) fn failed(control: &Control, error: CopyError) -> CliError {
    let changed = control.has_changed();
    let by_change = |error: CliError| if changed { error.stopped() } else { error };
    match error {
        CopyError::Connect(error) => {
            let hint = error.hint();
            let error = CliError::failed(anyhow!(error).context("cannot connect"));
            by_change(hint.into_iter().fold(error, CliError::hint))
        }
        CopyError::Refused(refusal) => refused(&refusal),
        CopyError::Plan(troubles) => unfit("copy", &troubles),
        CopyError::Server { doing, answer } => {
            let advice = match answer.sqlstate.as_deref() {
                Some("53100") => {
                    Some("make room on the server; then run the same command again".to_owned())
                }
                Some(code) if code.starts_with("08") || answer.is_lost => Some(GO_ON.to_owned()),
                None => Some(GO_ON.to_owned()),
                Some(_) if changed => Some(format!("after mending the cause, {GO_ON}")),
                Some(_) => None,
            };
            let who = answer.trigger().is_some().then(|| WHO.to_owned());
            let said = anyhow!("{answer}").context(format!("cannot {doing}"));
            let error = CliError::failed(said);
            by_change(
                answer
                    .hint
                    .into_iter()
                    .chain(who)
                    .chain(advice)
                    .fold(error, CliError::hint),
            )
        }
        error @ CopyError::TooMany { rows, .. } => by_change(
            CliError::failed(anyhow!(error).context("nothing was published"))
                .hint("see them with `--dry-run --show-values`")
                .hint(format!(
                    "let so many go to quarantine with `--max-errors {rows}`"
                )),
        ),
        error @ CopyError::Fails { .. } => by_change(
            CliError::failed(anyhow!(error).context("nothing was published"))
                .hint("see them with `--dry-run --show-values`"),
        ),
        error @ CopyError::Conflict { .. } => by_change(
            CliError::failed(anyhow!(error).context("nothing was published"))
                .hint("leave them as they are with `--on-conflict keep`"),
        ),
        CopyError::Interrupted if changed => {
            CliError::say("interrupted part way").hint(GO_ON).stopped()
        }
        CopyError::Interrupted => CliError::interrupted(),
    }
}
