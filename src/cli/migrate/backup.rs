//! `--confirm-backup`: said on the command line in place of a statement.

use clap::Args;

use super::super::error::CliError;
use super::{Prepared, failed};
use crate::migrate::{Control, Session, confirm_backup};

/// What a phase without a way back asks for.
#[derive(Debug, Args)]
#[command(next_help_heading = "Consent")]
pub(super) struct BackupArg {
    /// Where the backup is that `contract` asks for
    ///
    /// Who can restore from it says so here, or by `SELECT align.confirm_backup('...')` up to a day before.
    /// The place is kept in the database, and in the ledger with the consents.
    #[arg(long = "confirm-backup", value_name = "PLACE", value_parser = place)]
    #[arg(conflicts_with_all = ["dry_run", "undo", "adopt", "export"], hide_short_help = true)]
    place: Option<String>,
}

impl BackupArg {
    /// What clap cannot tell.
    pub(super) fn check(&self, prepared: &Prepared<'_>) -> Result<(), CliError> {
        if self.place.is_none() || prepared.plan.wants_backup() {
            return Ok(());
        }
        let message = "`--confirm-backup` is about `contract`, and nothing of it would run";
        Err(CliError::say(message).hint("name it with `--phase contract`, or leave the flag out"))
    }

    /// Notes it, and adds it to what was consented to.
    pub(super) async fn confirm(
        &self,
        session: &mut Session<'_>,
        control: &Control,
        consents: &mut Vec<String>,
    ) -> Result<(), CliError> {
        let Some(place) = &self.place else {
            return Ok(());
        };
        let noted = confirm_backup(session.connection(), place).await;
        if noted.map_err(|error| failed(control, error))? {
            consents.push(format!("backup: {place}"));
            return Ok(());
        }
        let message = "a backup cannot be confirmed: the database has no `align.confirm_backup`";
        Err(CliError::refused(anyhow::Error::msg(message))
            .hint("run the phases before `contract` first; `align status` lists them"))
    }
}

fn place(text: &str) -> Result<String, String> {
    let place = text.trim();
    if place.is_empty() {
        return Err("say where the backup is".to_owned());
    }
    Ok(place.to_owned())
}
