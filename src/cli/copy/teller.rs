//! What is said while a copy lasts.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::super::ui::Ui;
use crate::copy::Event;

/// A line moves only when something takes longer.
const PATIENCE: Duration = Duration::from_millis(500);
const TOTAL: u64 = 1000;

/// Tells the user.
pub(super) struct Teller<'u> {
    ui: &'u Ui,
    moves: bool,
    bar: Option<ProgressBar>,
    began: Instant,
}

impl<'u> Teller<'u> {
    pub(super) fn new(ui: &'u Ui) -> Self {
        Self {
            ui,
            moves: ui.moves(&super::super::environment),
            bar: None,
            began: Instant::now(),
        }
    }

    pub(super) fn tell(&mut self, event: &Event<'_>) {
        match event {
            Event::Waiting {
                holder: Some(holder),
            } => self.status(&format!("waiting for another runner: {holder}")),
            Event::Waiting { holder: None } => self.status("waiting for another runner"),
            Event::Resumes {
                windows,
                changed,
                published,
            } => self.status(&format!(
                "goes on where an earlier run ended, with a new snapshot of the source: {published} tables are \
                 published and {windows} ranges staged, looked at again and unchanged; {changed} have changed and \
                 are read anew"
            )),
            Event::Staged { rows, permille } => self.staged(*rows, *permille),
            Event::Judging { name } => self.now(&format!("judging `{name}`")),
            Event::Publishing { name } => self.now(&format!("publishing `{name}`")),
            Event::Published { table, took } => {
                let seconds = took.as_secs_f64();
                self.status(&format!(
                    "`{}`: {} copied, {} were there, {} to quarantine ({seconds:.1} s)",
                    table.target, table.copied, table.matched, table.quarantined
                ));
            }
            Event::Note(note) => self.status(note),
        }
    }

    fn status(&mut self, text: &str) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        self.ui.status(text);
    }

    fn bar(&mut self) -> Option<&ProgressBar> {
        if !self.moves || self.began.elapsed() < PATIENCE {
            return None;
        }
        let bar = self.bar.get_or_insert_with(|| {
            let bar = ProgressBar::with_draw_target(Some(TOTAL), ProgressDrawTarget::stderr());
            match ProgressStyle::with_template("{bar:20} {percent}% {msg}") {
                Ok(style) => bar.with_style(style),
                Err(_) => bar,
            }
        });
        Some(bar)
    }

    fn staged(&mut self, rows: u64, permille: u64) {
        let seconds = self.began.elapsed().as_secs().max(1);
        if let Some(bar) = self.bar() {
            bar.set_message(format!("staged, {rows} rows, {} a second", rows / seconds));
            bar.set_position(permille);
        }
    }

    fn now(&mut self, words: &str) {
        if let Some(bar) = self.bar() {
            bar.set_message(words.to_owned());
            bar.set_position(TOTAL);
        }
    }
}
