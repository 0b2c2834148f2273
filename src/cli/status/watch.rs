//! `align status --watch`: a run from beside, until it ends.

use std::time::{Duration, Instant};

use sqlx::postgres::PgConnection;

use super::super::args::CheckFormat;
use super::super::error::CliError;
use super::super::migrate::{Found, failed};
use super::super::runtime::or_stopped;
use super::super::ui::Ui;
use super::{Database, Document, ProgressStatus, StatusArgs, database, document};
use crate::migrate::{Control, read_events};
use crate::report::screen::{Screen, visible};
use crate::source::postgres::{ConnectOptions, connect};

const EVERY: Duration = Duration::from_secs(2);

/// One database that is looked at again and again.
struct Watched<'w> {
    options: &'w ConnectOptions,
    connection: PgConnection,
    was_running: bool,
    speed: Speed,
}

/// Rows a second of the step that is under way, since it was first seen.
#[derive(Debug, Default)]
struct Speed {
    step: String,
    first: Option<(Instant, i64, u64)>,
}

/// Shows what changes until no run is left, and gives the last state.
pub(super) async fn run(
    ui: &Ui,
    args: &StatusArgs,
    found: &Found,
    servers: &[ConnectOptions],
    control: &Control,
) -> Result<Document, CliError> {
    let mut all = Vec::new();
    for options in servers {
        let connected = or_stopped(control, connect(options)).await?;
        all.push(Watched {
            options,
            connection: connected.map_err(|error| failed(control, error.into()))?,
            was_running: false,
            speed: Speed::default(),
        });
    }
    let mut shown = Shown::new(ui, args);
    loop {
        let mut databases = Vec::new();
        let mut lines = Vec::new();
        for watched in &mut all {
            let one = watched.look(args, found);
            let (state, told) = or_stopped(control, one).await??;
            databases.push(state);
            lines.extend(told);
        }
        let document = document(found, databases);
        shown.show(&document, lines)?;
        if document.databases.iter().all(|one| one.running.is_none()) {
            return Ok(document);
        }
        or_stopped(control, tokio::time::sleep(EVERY)).await?;
    }
}

impl Watched<'_> {
    async fn look(
        &mut self,
        args: &StatusArgs,
        found: &Found,
    ) -> Result<(Database, Vec<String>), CliError> {
        let fail = |error| failed(&Control::default(), error);
        let connection = &mut self.connection;
        let state = database(connection, args, found, self.options).await;
        let state = state.map_err(fail)?;
        let mut lines = vec![match &state.runner {
            Some(runner) => format!("{}: running: {runner}", state.database),
            None if self.was_running => format!("{}: the run has ended", state.database),
            None => format!("{}: no run is under way", state.database),
        }];
        for phase in &state.phases {
            lines.push(format!(
                "{}  {} applied, {} pending",
                phase.name, phase.applied, phase.pending
            ));
        }
        for step in &state.progress {
            lines.push(self.speed.line(step));
        }
        if state.running.is_none() && state.has_ledger {
            let last = read_events(connection, &found.pair, 1).await;
            let last = last.map_err(fail)?;
            for event in last.iter().filter(|event| event.event != "run") {
                let name = event.name.as_deref().unwrap_or_default();
                let code = event.sqlstate.as_deref().unwrap_or_default();
                let line = format!("last: {} {name} {code}", event.event);
                lines.push(line.trim_end().to_owned());
            }
        }
        self.was_running |= state.running.is_some();
        Ok((state, lines))
    }
}

impl Speed {
    /// How far a step has come, and how long it may still take.
    fn line(&mut self, step: &ProgressStatus) -> String {
        let name = format!("{} {}", step.phase, step.step);
        let permille = step.permille.unwrap_or_default();
        if self.step != name {
            self.step.clone_from(&name);
            self.first = None;
        }
        let now = Instant::now();
        let (since, rows, share) = *self.first.get_or_insert((now, step.rows_done, permille));
        let mut parts = vec![format!("{name}  {} rows", step.rows_done)];
        if step.permille.is_some() {
            parts.push(format!("{} %", permille / 10));
        }
        if step.quarantined > 0 {
            parts.push(format!("{} in quarantine", step.quarantined));
        }
        if step.statements_done > 0 {
            parts.push(format!("{} statements", step.statements_done));
        }
        let took = now.duration_since(since);
        let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
        let more = u64::try_from(step.rows_done - rows).unwrap_or_default();
        if more > 0 {
            let rate = more.saturating_mul(1000) / milliseconds;
            parts.push(format!("{rate} rows a second"));
        }
        let gone = permille.saturating_sub(share);
        let open = milliseconds.saturating_mul(1000 - permille.min(1000));
        if let Some(left) = open.checked_div(gone) {
            parts.push(format!("about {} left", time_left(left / 1000)));
        }
        parts.join(", ")
    }
}

fn time_left(seconds: u64) -> String {
    match seconds {
        0..=99 => format!("{seconds} s"),
        100..=5999 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3600),
    }
}

/// What stands on the screen, or was written.
struct Shown<'s> {
    ui: &'s Ui,
    format: CheckFormat,
    redraws: bool,
    lines: Vec<String>,
    json: String,
}

impl<'s> Shown<'s> {
    fn new(ui: &'s Ui, args: &StatusArgs) -> Self {
        Self {
            ui,
            format: args.format,
            redraws: ui.redraws(&super::super::environment),
            lines: Vec::new(),
            json: String::new(),
        }
    }

    /// On a terminal in place of what stood there, elsewhere a line for each that is new.
    fn show(&mut self, document: &Document, lines: Vec<String>) -> Result<(), CliError> {
        let text = match self.format {
            CheckFormat::Json => {
                let json = serde_json::to_string(document).map_err(CliError::failed)?;
                if json == self.json {
                    return Ok(());
                }
                self.json.clone_from(&json);
                json + "\n"
            }
            _ if self.redraws => {
                let screen = Screen::of(self.ui.options());
                let back = match self.lines.len() {
                    0 => String::new(),
                    lines => format!("\u{1b}[{lines}F\u{1b}[J"),
                };
                let drawn = lines
                    .iter()
                    .map(|line| screen.cut(&visible(line), usize::from(self.ui.width())) + "\n");
                back + &drawn.collect::<String>()
            }
            _ => lines
                .iter()
                .filter(|line| !self.lines.contains(line))
                .map(|line| visible(line) + "\n")
                .collect(),
        };
        self.lines = lines;
        let written = self.ui.answer(&text);
        written.map_err(|error| CliError::write("the answer", error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(rows: i64, permille: u64) -> ProgressStatus {
        ProgressStatus {
            phase: "one".to_owned(),
            step: "V2__rows".to_owned(),
            statements_done: 0,
            rows_done: rows,
            quarantined: 0,
            permille: Some(permille),
            windows_done: 1,
            at: String::new(),
        }
    }

    #[test]
    fn tells_rate_and_time_left_from_what_was_seen() {
        let mut speed = Speed::default();
        assert_eq!(speed.line(&step(100, 100)), "one V2__rows  100 rows, 10 %");
        let ago = Instant::now().checked_sub(Duration::from_secs(10)).unwrap();
        speed.first = Some((ago, 100, 100));
        let line = speed.line(&step(1100, 200));
        assert!(
            line.starts_with("one V2__rows  1100 rows, 20 %, ")
                && line.ends_with("rows a second, about 80 s left"),
            "{line}"
        );
        let mut other = step(5, 10);
        other.step = "V3__more".to_owned();
        assert_eq!(speed.line(&other), "one V3__more  5 rows, 1 %");
    }
}
