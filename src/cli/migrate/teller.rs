//! What is said while a run lasts: a line for each step on standard output, the rest beside it. Where the
//! answer is JSON, all of it is said beside.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::super::args::ListFormat;
use super::super::ui::Ui;
use crate::migrate::{Event, Severity};
use crate::report::screen::visible;

/// What happened, for who reads it when it is over.
#[derive(Debug, Clone, Default)]
pub(super) struct Story(Arc<Mutex<Vec<Happened>>>);

/// One thing that happened to the migration of that title.
#[derive(Debug, Clone)]
pub(super) enum Happened {
    Applied {
        title: String,
        took: Duration,
    },
    Said {
        title: String,
        severity: Severity,
        message: String,
    },
}

impl Story {
    /// All of it, in its order.
    pub(super) fn told(&self) -> Vec<Happened> {
        self.pages().clone()
    }

    fn add(&self, happened: Happened) {
        self.pages().push(happened);
    }

    /// What was written is whole, whoever failed since.
    fn pages(&self) -> MutexGuard<'_, Vec<Happened>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells the user.
pub(super) struct Teller<'u> {
    ui: &'u Ui,
    format: ListFormat,
    story: Story,
    title: String,
}

impl<'u> Teller<'u> {
    pub(super) fn new(ui: &'u Ui, format: ListFormat, story: Story) -> Self {
        Self {
            ui,
            format,
            story,
            title: String::new(),
        }
    }

    pub(super) fn tell(&mut self, event: &Event<'_>) {
        match event {
            Event::Waiting {
                holder: Some(holder),
            } => {
                self.ui
                    .status(format_args!("waiting for another runner: {holder}"));
            }
            Event::Waiting { holder: None } => self.ui.status("waiting for another runner"),
            Event::Begins {
                title,
                resumes_after,
            } => {
                (*title).clone_into(&mut self.title);
                self.ui.next(title);
                match resumes_after {
                    Some(0) => {
                        self.ui
                            .status(format_args!("{title} goes on where an earlier run ended"));
                    }
                    Some(rows) => self.ui.status(format_args!(
                        "{title} goes on where an earlier run ended, after {rows} rows"
                    )),
                    None => {}
                }
            }
            Event::Window {
                rows,
                permille,
                rate,
            } => self.window(*rows, *permille, *rate),
            Event::Retries {
                place,
                blocker,
                pause,
            } => {
                let pause = pause.as_secs_f64();
                let who = match blocker {
                    Some(blocker) => format!(", in the way is {blocker}"),
                    None => String::new(),
                };
                self.ui
                    .status(format!("{place}: no lock{who}; next try in {pause:.1} s"));
            }
            Event::Blocked { blocker } => {
                self.ui
                    .status(format_args!("{} waits for {blocker}", self.title));
            }
            Event::Lags {
                standby,
                behind,
                limit,
            } => self.ui.status(format!(
                "waiting for standby `{standby}`, which is {} behind (--max-lag {})",
                time(*behind),
                time(*limit)
            )),
            Event::Notice {
                severity, message, ..
            } => self.notice(*severity, *message),
            Event::Note(note) => self.ui.status(note),
            Event::Applied { title, took } => {
                self.story.add(Happened::Applied {
                    title: (*title).to_owned(),
                    took: *took,
                });
                let line = visible(&format!("applied {title}  {}", time(*took)));
                if self.format == ListFormat::Json {
                    return self.ui.status(line);
                }
                let line = line + "\n";
                // A reader who is gone must not stop a run that changes a database.
                match self.ui.answer(&line) {
                    Ok(()) | Err(_) => {}
                }
            }
        }
    }

    fn notice(&self, severity: Severity, message: Option<&str>) {
        let (ui, title) = (self.ui, &self.title);
        if let Some(message) = message {
            self.story.add(Happened::Said {
                title: title.clone(),
                severity,
                message: message.to_owned(),
            });
        }
        match (severity, message) {
            (Severity::Warning, Some(message)) => ui.warning(format_args!("{title}: {message}")),
            (Severity::Warning, None) => ui.warning(format_args!(
                "{title}: the server warned, in words that may hold values: `--show-values` shows them"
            )),
            (Severity::Notice, Some(message)) => {
                ui.status(format_args!("notice: {title}: {message}"));
            }
            (Severity::Notice, None) => {}
        }
    }

    fn window(&self, rows: i64, permille: Option<u64>, rate: u64) {
        let words = format!("{}: {rows} rows, {rate} a second", self.title);
        match permille {
            Some(permille) => self.ui.at_and_left(permille, &words),
            None => self.ui.now(&words),
        }
    }
}

/// `38 ms`, `4.2 s`
pub(in crate::cli) fn time(took: Duration) -> String {
    let milliseconds = took.as_millis();
    if milliseconds < 1000 {
        format!("{milliseconds} ms")
    } else {
        format!("{:.1} s", took.as_secs_f64())
    }
}
