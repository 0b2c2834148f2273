//! What is said while a copy lasts.

use std::time::Instant;

use super::super::ui::Ui;
use crate::copy::Event;

/// Tells the user.
pub(super) struct Teller<'u> {
    ui: &'u Ui,
    began: Instant,
}

impl<'u> Teller<'u> {
    pub(super) fn new(ui: &'u Ui) -> Self {
        Self {
            ui,
            began: Instant::now(),
        }
    }

    pub(super) fn tell(&self, event: &Event<'_>) {
        match event {
            Event::Waiting {
                holder: Some(holder),
            } => self.ui.status(format!("waiting for another runner: {holder}")),
            Event::Waiting { holder: None } => self.ui.status("waiting for another runner"),
            Event::Resumes {
                windows,
                changed,
                published,
            } => self.ui.status(format!(
                "goes on where an earlier run ended, with a new snapshot of the source: {published} tables are \
                 published and {windows} ranges staged, looked at again and unchanged; {changed} have changed and \
                 are read anew"
            )),
            Event::Staged { rows, permille } => self.staged(*rows, *permille),
            Event::Judging { name } => self.ui.now(&format!("judging `{name}`")),
            Event::Publishing { name } => self.ui.now(&format!("publishing `{name}`")),
            Event::Published { table, took } => {
                let seconds = took.as_secs_f64();
                self.ui.status(format!(
                    "`{}`: {} copied, {} were there, {} to quarantine ({seconds:.1} s)",
                    table.target, table.copied, table.matched, table.quarantined
                ));
            }
            Event::Note(note) => self.ui.status(note),
        }
    }

    fn staged(&self, rows: u64, permille: u64) {
        let seconds = self.began.elapsed().as_secs().max(1);
        let words = format!("staged, {rows} rows, {} a second", rows / seconds);
        self.ui.at(permille, &words);
    }
}
