//! What earlier runs have done in part, against the files as they are now. A step goes on from where it stopped, so
//! it must be the step that began.

use super::error::Refusal;
use super::files::{MigrationFile, Phase, Script};
use super::plan::digest;
use super::progress::UnderWay;
use super::standing::{Entry, State};

/// Steps that were begun otherwise than they would go on, or whose phase is on its way back.
///
/// `undo` is the way back where that is to be run; `accept` are versions whose files are taken as they are.
///
/// # Errors
/// [`Refusal::Divergent`], [`Refusal::HalfWayBack`].
pub fn check(
    phases: &[Phase],
    standings: &[Vec<Entry>],
    under_way: &[UnderWay],
    undo: Option<&Script>,
    accept: &[i64],
) -> Result<(), Refusal> {
    let (mut lines, mut hints) = (Vec::new(), Vec::new());
    let begun = under_way.iter().filter(|step| step.is_partly_done());
    for step in begun {
        let found = phases.iter().zip(standings);
        let mut found = found.filter(|(phase, _)| phase.name == step.phase);
        let Some((phase, entries)) = found.next() else {
            continue;
        };
        let title = format!("{} {}", phase.name, step.step);
        let anew = format!(
            "where it does no harm to begin anew, `DELETE FROM align.progress WHERE phase = {} AND step = {}` first",
            crate::ddl::literal(&step.phase),
            crate::ddl::literal(&step.step)
        );
        match (step.version(), undo) {
            (None, None) => {
                return Err(Refusal::HalfWayBack {
                    phase: phase.name.clone(),
                });
            }
            (None, Some(script)) => {
                let now = digest(&script.text);
                if now != step.checksum {
                    lines.push(format!(
                        "`{title}` is done in part with checksum {} and is {now} now",
                        step.checksum
                    ));
                    hints.extend(["bring the file back as it was".to_owned(), anew]);
                }
            }
            // The way back takes what is there, however far it came.
            (Some(_), Some(_)) => {}
            (Some(version), None) => {
                let is_pending = entries
                    .iter()
                    .find(|entry| entry.version == version)
                    .is_none_or(|entry| entry.state == State::Pending);
                let file = phase.files.iter().find(|file| file.version == version);
                match file {
                    _ if !is_pending => {}
                    Some(file) if is_of(step, file) || accept.contains(&version) => {}
                    Some(file) => {
                        let renamed = if file.title() == step.step {
                            String::new()
                        } else {
                            format!(", and is named `{}`", file.title())
                        };
                        lines.push(format!(
                            "`{title}` is done in part with checksum {} and is {:016x} now{renamed}",
                            shown(&step.checksum),
                            file.checksum
                        ));
                        hints.push(format!(
                            "bring the file back as it was, or go on with it as it is, from where it stopped, with `--phase {} --accept {version}`",
                            phase.name
                        ));
                        hints.push(anew);
                    }
                    None => {
                        lines.push(format!(
                            "`{title}` is done in part, and there is no such file"
                        ));
                        hints.push(
                            "bring the file back; the folder may be another version's".to_owned(),
                        );
                    }
                }
            }
        }
    }
    if lines.is_empty() {
        return Ok(());
    }
    hints.dedup();
    Err(Refusal::Divergent { lines, hints })
}

/// Whether the step began with this file as it is now.
pub(super) fn is_of(step: &UnderWay, file: &MigrationFile) -> bool {
    step.step == file.title() && step.checksum == file.checksum.to_string()
}

/// A checksum of refinery's, as it is told elsewhere.
fn shown(checksum: &str) -> String {
    match checksum.parse::<u64>() {
        Ok(checksum) => format!("{checksum:016x}"),
        Err(_) => checksum.to_owned(),
    }
}
