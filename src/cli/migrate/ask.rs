//! Consent: nothing for what only adds, a yes for the rest, and each hazard by its name.

use std::collections::BTreeSet;

use super::super::error::CliError;
use super::super::runtime::or_stopped;
use super::super::ui::Ui;
use super::{Leave, Prepared, show};
use crate::migrate::{Control, Hazard};

/// How consent is got.
pub(super) struct Consent<'c> {
    pub(super) ui: &'c Ui,
    pub(super) leave: &'c Leave,
    pub(super) control: &'c Control,
}

impl Consent<'_> {
    /// What was consented to, or why it does not run.
    pub(super) async fn get(
        &self,
        prepared: &Prepared<'_>,
        adopts: bool,
    ) -> Result<Vec<String>, CliError> {
        let hazards = prepared.plan.hazards();
        let asked: BTreeSet<Hazard> = hazards
            .iter()
            .filter(|hazard| !self.leave.allow.contains(hazard))
            .copied()
            .collect();
        let allowed: Vec<String> = hazards
            .iter()
            .map(|hazard| hazard.word().to_owned())
            .collect();
        if hazards.is_empty() {
            if prepared.plan.only_adds() && !adopts {
                return Ok(Vec::new());
            }
            if !self.leave.yes {
                self.yes("it changes the database, and there is no terminal to ask on")
                    .await?;
            }
            return Ok(vec!["yes".to_owned()]);
        }
        if asked.is_empty() {
            return Ok(allowed);
        }
        for line in show::hazards(prepared) {
            self.ui.say(line);
        }
        let words: Vec<&str> = asked.iter().map(|hazard| hazard.word()).collect();
        // All of them, for the line is typed as it stands.
        let hint = format!("allow it with `--allow {}`", allowed.join(","));
        if !self.may_ask() {
            let message = format!(
                "consent to {} is missing, and there is no terminal to ask on",
                words.join(", ")
            );
            return Err(CliError::refused(anyhow::Error::msg(message)).hint(hint));
        }
        let database = &prepared.target.database;
        let question = format!("To run it all the same, type the database's name ({database}):");
        if self.answer(&question).await? == *database {
            Ok(allowed)
        } else {
            Err(
                CliError::refused(anyhow::anyhow!("not run: that is not the database's name"))
                    .hint(hint),
            )
        }
    }

    /// Whether others may have to wait for locks, although nothing will be changed.
    pub(super) async fn to_locks(&self) -> Result<(), CliError> {
        if self.leave.yes {
            return Ok(());
        }
        self.yes("it holds up others, and there is no terminal to ask on")
            .await
    }

    async fn yes(&self, message: &'static str) -> Result<(), CliError> {
        if !self.may_ask() {
            return Err(
                CliError::refused(anyhow::anyhow!(message)).hint("say it beforehand with `--yes`")
            );
        }
        let answer = self.answer("Run it? [y/N]").await?.to_ascii_lowercase();
        if answer == "y" || answer == "yes" {
            Ok(())
        } else {
            Err(CliError::refused(anyhow::anyhow!("not run")))
        }
    }

    fn may_ask(&self) -> bool {
        !self.leave.no_input && self.ui.can_ask()
    }

    async fn answer(&self, question: &str) -> Result<String, CliError> {
        self.ui.ask(question);
        let read = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).map(|_| line)
        });
        let line = or_stopped(self.control, read).await?;
        let line = line.map_err(CliError::failed)?.map_err(CliError::failed)?;
        Ok(line.trim_end_matches(['\n', '\r']).to_owned())
    }
}
