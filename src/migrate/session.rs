//! The connections of a run: one that works, and one beside it that sees who is in the way and calls
//! the work off.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnection, PgDatabaseError, PgErrorPosition, PgRow};
use sqlx::{AssertSqlSafe, Connection, Executor, Row};
use tracing::instrument::WithSubscriber;

use super::blocker::Blocker;
use super::error::{self, MigrateError, Refusal};
use super::message::{unanswered, without_values};
use super::notice::{Formats, Listener, Severity};
use super::pooler;
use super::watch::Watch;
use crate::mapping::ColumnRef;
use crate::source::postgres::{ConnectOptions, connect, ends_session};

/// How often a statement in flight is looked after.
const TICK: Duration = Duration::from_millis(100);
/// A blocker is looked for this many ticks apart.
const LOOK: u32 = 3;
/// A backend whose client is gone ends within this time. Without it, it would go on holding its locks.
const CHECK_INTERVAL: &str = "SET client_connection_check_interval = '1s'";

/// What the command line and a run tell each other while it lasts.
#[derive(Debug, Default, Clone)]
pub struct Control(Arc<Flags>);

#[derive(Debug, Default)]
struct Flags {
    stop: AtomicBool,
    changed: AtomicBool,
}

impl Control {
    /// Asks the run to end as soon as it can: the statement in flight is called off.
    pub fn stop(&self) {
        self.0.stop.store(true, Ordering::Relaxed);
    }

    /// Whether the run was asked to end.
    pub fn is_stopped(&self) -> bool {
        self.0.stop.load(Ordering::Relaxed)
    }

    /// Whether the run has committed a change beside its own ledger.
    pub fn has_changed(&self) -> bool {
        self.0.changed.load(Ordering::Relaxed)
    }

    pub(crate) fn change(&self) {
        self.0.changed.store(true, Ordering::Relaxed);
    }
}

/// What is told while a run lasts.
#[derive(Debug)]
pub enum Event<'a> {
    /// Another runner has the lock.
    Waiting {
        /// Who, if that can be seen.
        holder: Option<&'a error::Session>,
    },
    /// A migration begins.
    Begins {
        /// Its phase and name.
        title: &'a str,
        /// Rows that were done by an earlier run, where it goes on from there.
        resumes_after: Option<i64>,
    },
    /// A window of a batch was committed.
    Window {
        /// Rows changed so far, earlier runs included.
        rows: i64,
        /// The share of the key's range that is done, in thousandths, where it is known.
        permille: Option<u64>,
        /// Rows a second in this run.
        rate: u64,
    },
    /// A statement did not get its lock, and is tried again.
    Retries {
        /// File and line.
        place: String,
        /// Who was in the way, if that was seen.
        blocker: Option<&'a error::Session>,
        /// Until it is tried again.
        pause: Duration,
    },
    /// A statement waits for another session, and does not give up soon.
    Blocked {
        /// Whose transaction or lock it is.
        blocker: &'a error::Session,
    },
    /// Standbys are too far behind; the batch goes on when they are not.
    Lags {
        /// The one that is the furthest behind.
        standby: &'a str,
        /// How far.
        behind: Duration,
        /// How far it may be.
        limit: Duration,
    },
    /// The server said something beside its answer.
    Notice {
        /// How serious it is.
        severity: Severity,
        /// Whether a RAISE of the migrations made it.
        is_own: bool,
        /// Its words; `None` where they may hold values that nobody asked for.
        message: Option<&'a str>,
    },
    /// Something else that the user should know.
    Note(String),
    /// A migration is in the history.
    Applied {
        /// Its phase and name.
        title: &'a str,
        /// How long it took.
        took: Duration,
    },
}

/// Limits of a run.
#[derive(Debug, Clone)]
pub struct Limits {
    /// How long another runner is waited for.
    pub wait_lock: Duration,
    /// After which no further step or window begins.
    pub stop_after: Option<Duration>,
    /// Rows a second that a batch may change.
    pub max_rows_per_second: Option<u32>,
    /// How far standbys may be behind before a batch waits for them.
    pub max_lag: Option<Duration>,
    /// Columns for which a value that cannot be converted ends the run; other rows go to quarantine.
    pub strict: Vec<ColumnRef>,
    /// Whether messages of the server may show values of rows.
    pub show_values: bool,
}

/// The connections of a run.
pub struct Session<'a> {
    pub(super) main: PgConnection,
    side: PgConnection,
    pid: i32,
    /// A uuid.
    pub(super) run: String,
    pub(super) pair: String,
    pub(super) limits: Limits,
    pub(super) control: Control,
    pub(super) tell: Box<dyn FnMut(Event<'_>) + Send + 'a>,
    started: Instant,
    /// After which the statement in flight is called off.
    pub(super) deadline: Option<Instant>,
    listener: Listener,
    /// Of the RAISE statements of what runs.
    pub(super) formats: Formats,
    /// What is watched, where somebody asked.
    pub(super) watch: Option<Watch>,
    /// Whether the server can see that a client is gone; `None` before it was asked.
    sees_clients: Option<bool>,
}

/// Why one statement failed.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) sqlstate: Option<String>,
    pub(super) message: String,
    /// Characters into the statement, from 1.
    pub(super) position: Option<usize>,
    pub(super) hint: Option<String>,
    pub(super) blocker: Option<error::Session>,
    /// Of the row that is at fault, where the server names it.
    pub(super) column: Option<String>,
    pub(super) constraint: Option<String>,
    pub(super) lost: bool,
}

impl<'a> Session<'a> {
    /// Connects twice, and sees that the two are two.
    ///
    /// # Errors
    /// [`MigrateError::Connect`], and [`Refusal::Pooler`] or its kin when sessions are shared.
    pub async fn open(
        options: &ConnectOptions,
        pair: &str,
        limits: Limits,
        control: Control,
        tell: Box<dyn FnMut(Event<'_>) + Send + 'a>,
    ) -> Result<Self, MigrateError> {
        if let Some(refusal) = Refusal::of_address(options) {
            return Err(MigrateError::Refused(refusal));
        }
        let mut main = connect(options).await?;
        let mut side = connect(options).await?;
        let Some([pid, _]) = pooler::own_sessions(&mut main, &mut side).await? else {
            return Err(MigrateError::Refused(Refusal::Pooler));
        };
        let run = sqlx::query("SELECT gen_random_uuid()::text AS run").persistent(false);
        let run = run.fetch_one(&mut main).await;
        let run = run.map_err(|error| server("name the run", &error))?;
        let run = string(&run, "run")?;
        let mut session = Self {
            main,
            side,
            pid,
            run,
            pair: pair.to_owned(),
            limits,
            control,
            tell,
            started: Instant::now(),
            deadline: None,
            listener: Listener::new(),
            formats: Formats::default(),
            watch: None,
            sees_clients: None,
        };
        session.settle("").await?;
        Ok(session)
    }

    /// Brings the session back to what every step begins with, whatever the one before has set.
    pub(super) async fn settle(&mut self, phase: &str) -> Result<(), MigrateError> {
        let failed = |error: sqlx::Error| server("prepare the session", &error);
        // A policy must not hide rows that a migration is to change: with this the server refuses instead.
        let reset = "RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL; SET row_security = off; \
                     SET idle_in_transaction_session_timeout = 0; SET statement_timeout = 0";
        self.main.execute(reset).await.map_err(failed)?;
        // Not every platform can see that a client is gone.
        if self.sees_clients != Some(false) {
            let set = self.main.execute(CHECK_INTERVAL).await;
            self.sees_clients = Some(set.is_ok());
            if let Err(error) = set
                && Failure::of(&error, false).lost
            {
                return Err(failed(error));
            }
        }
        let name = application_name(&self.run, &self.pair);
        sqlx::query(
            "SELECT set_config('application_name', $1, false), set_config('align.run', $2, false), \
             set_config('align.pair', $3, false), set_config('align.phase', $4, false)",
        )
        .persistent(false)
        .bind(name)
        .bind(&self.run)
        .bind(&self.pair)
        .bind(phase)
        .execute(&mut self.main)
        .await
        .map_err(failed)?;
        Ok(())
    }

    /// The run's id: a uuid.
    pub fn run(&self) -> &str {
        &self.run
    }

    /// The server's process of the connection that works.
    pub(super) fn pid(&self) -> i32 {
        self.pid
    }

    pub(super) fn tell(&mut self, event: Event<'_>) {
        (self.tell)(event);
    }

    /// Whether the run has to end here.
    pub(super) fn check(&self) -> Result<(), MigrateError> {
        if self.control.is_stopped() {
            return Err(MigrateError::Interrupted);
        }
        match self.limits.stop_after {
            // Something is always done, or a short time would never end.
            Some(limit) if self.started.elapsed() >= limit && self.control.has_changed() => {
                Err(MigrateError::OutOfTime)
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Sleeps, unless the run is asked to end.
    pub(super) async fn sleep(&mut self, time: Duration) -> Result<(), MigrateError> {
        let end = Instant::now() + time;
        loop {
            if self.control.is_stopped() {
                return Err(MigrateError::Interrupted);
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            tokio::time::sleep(left.min(TICK)).await;
        }
    }

    /// Runs SQL on the working connection while the other one watches over it.
    pub(super) async fn execute(&mut self, sql: &str) -> Result<u64, Failure> {
        let Self {
            main,
            side,
            pid,
            control,
            limits,
            deadline,
            listener,
            formats,
            tell,
            ..
        } = self;
        let mut repeat = |blocker: Option<&error::Session>| {
            if let Some(blocker) = blocker {
                tell(Event::Blocked { blocker });
            }
            for notice in listener.take() {
                let is_own = formats.make(&notice.message);
                let may_show = is_own || limits.show_values;
                tell(Event::Notice {
                    severity: notice.severity,
                    is_own,
                    message: may_show.then_some(notice.message.as_str()),
                });
            }
        };
        let work = async {
            Listener::wake();
            main.execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned())))
                .await
        };
        let mut work = Box::pin(work.with_subscriber(listener.dispatch()));
        let (mut ticks, mut called_off, mut blocker) = (0_u32, false, Blocker::default());
        let done = loop {
            tokio::select! {
                biased;
                done = &mut work => break done,
                () = tokio::time::sleep(TICK) => {}
            }
            ticks += 1;
            repeat(blocker.news());
            let is_late = deadline.is_some_and(|deadline| Instant::now() >= deadline);
            if (control.is_stopped() || is_late) && !called_off {
                called_off = true;
                let cancel = sqlx::query("SELECT pg_cancel_backend($1)")
                    .persistent(false)
                    .bind(*pid);
                // When this fails the server is gone, and the work fails by itself.
                if cancel.execute(&mut *side).await.is_err() {
                    continue;
                }
            }
            if ticks % LOOK == 1 {
                blocker.look(side, *pid).await;
            }
        };
        repeat(None);
        done.map(|result| result.rows_affected()).map_err(|error| {
            let mut failure = Failure::of_statement(&error, limits.show_values, sql, formats);
            failure.blocker = blocker.seen;
            failure
        })
    }

    /// Ends a transaction that failed.
    pub(super) async fn roll_back(&mut self) {
        // A connection that cannot roll back is gone, and the server rolls back.
        match self.main.execute("ROLLBACK").await {
            Ok(_) | Err(_) => {}
        }
    }

    /// Ends both connections, which frees the lock.
    pub async fn close(self) {
        for connection in [self.main, self.side] {
            // The server frees everything when the process is gone, at the latest.
            match connection.close().await {
                Ok(()) | Err(_) => {}
            }
        }
    }
}

/// What `pg_stat_activity` calls the session, cut to what the server keeps.
fn application_name(run: &str, pair: &str) -> String {
    let name = format!("align migrate {} {pair}", run.get(..8).unwrap_or(run));
    name[..name.floor_char_boundary(63)].to_owned()
}

/// A row of `blocker.sql` or `holder.sql`.
pub(super) fn seen(row: &PgRow) -> Result<error::Session, MigrateError> {
    Ok(error::Session {
        pid: number(row, "pid")?,
        role: string(row, "role")?,
        application: string(row, "application")?,
        state: string(row, "state")?,
        seconds: row
            .try_get("seconds")
            .map_err(|error| server("read the server's sessions", &error))?,
    })
}

pub(super) fn number(row: &PgRow, column: &str) -> Result<i32, MigrateError> {
    row.try_get(column)
        .map_err(|error| server("read the server's answer", &error))
}

pub(super) fn string(row: &PgRow, column: &str) -> Result<String, MigrateError> {
    row.try_get(column)
        .map_err(|error| server("read the server's answer", &error))
}

/// A failure of what every run needs.
pub(super) fn server(doing: &'static str, error: &sqlx::Error) -> MigrateError {
    let failure = Failure::of(error, false);
    let cause = match failure.sqlstate {
        Some(code) => format!("{} ({code})", failure.message),
        None => failure.message,
    };
    MigrateError::Server { doing, cause }
}

impl Failure {
    /// What the server says of something that no file of the user's asked for.
    pub(super) fn of(error: &sqlx::Error, show_values: bool) -> Self {
        Self::of_statement(error, show_values, "", &Formats::default())
    }

    /// What it says of this statement.
    fn of_statement(error: &sqlx::Error, show_values: bool, sql: &str, formats: &Formats) -> Self {
        let Some(error) = error
            .as_database_error()
            .and_then(|error| error.try_downcast_ref::<PgDatabaseError>())
        else {
            let (message, lost) = unanswered(error);
            return Self {
                sqlstate: None,
                message: message.to_owned(),
                position: None,
                hint: None,
                blocker: None,
                column: None,
                constraint: None,
                lost,
            };
        };
        let code = error.code();
        let detail = error.detail().filter(|_| show_values);
        let place = error.r#where().and_then(|place| place.lines().next());
        let is_raised = error.routine() == Some("exec_stmt_raise");
        // What a migration raises is its author's own wording; what others raise may be a row's.
        let is_in_file = place.is_some_and(|place| place.contains("inline_code_block"));
        let is_own = is_raised && (is_in_file || formats.make(error.message()));
        let message = match detail {
            Some(detail) => format!("{}\n{detail}", error.message()),
            None if show_values || is_own => error.message().to_owned(),
            None if is_raised => format!("{} refuses", place.unwrap_or("a function of the server")),
            None => without_values(code, error.message(), sql),
        };
        let is_whole = message == error.message() || show_values;
        let hint = match error.hint() {
            Some(hint) if !is_raised || is_whole => Some(hint.to_owned()),
            Some(_) | None if is_whole => None,
            Some(_) | None if is_raised => Some(
                "see what it says with `--show-values`; that may hold values of rows".to_owned(),
            ),
            Some(_) | None => Some("see what `…` stands for with `--show-values`".to_owned()),
        };
        Self {
            sqlstate: Some(code.to_owned()),
            message,
            position: match error.position() {
                Some(PgErrorPosition::Original(position)) => Some(position),
                Some(PgErrorPosition::Internal { .. }) | None => None,
            },
            hint,
            blocker: None,
            column: error.column().map(str::to_owned),
            constraint: error.constraint().map(str::to_owned),
            lost: ends_session(code),
        }
    }

    /// Whether the same statement may well succeed later.
    pub(super) fn may_pass(&self) -> bool {
        matches!(self.sqlstate.as_deref(), Some("55P03" | "40P01" | "40001"))
    }

    /// Whether a value is at fault, and not the statement.
    pub(super) fn is_of_data(&self) -> bool {
        let class = self.sqlstate.as_deref().and_then(|code| code.get(..2));
        matches!(class, Some("22" | "23"))
    }

    pub(super) fn was_called_off(&self) -> bool {
        self.sqlstate.as_deref() == Some("57014")
    }
}

/// Pauses between tries: longer each time, and not the same for two runners.
#[derive(Debug)]
pub(super) struct Backoff {
    tries: u32,
    deadline: Instant,
}

impl Backoff {
    /// How long a lock is tried for, all pauses included.
    const PATIENCE: Duration = Duration::from_secs(15 * 60);
    const FIRST: Duration = Duration::from_millis(250);
    const LONGEST: Duration = Duration::from_secs(30);

    pub(super) fn new() -> Self {
        Self {
            tries: 0,
            deadline: Instant::now() + Self::PATIENCE,
        }
    }

    /// The next pause; `None` when patience is over.
    pub(super) fn next(&mut self) -> Option<Duration> {
        if Instant::now() >= self.deadline {
            return None;
        }
        let longest = Self::FIRST
            .saturating_mul(1 << self.tries.min(16))
            .min(Self::LONGEST);
        self.tries += 1;
        let half = longest / 2;
        Some(half + half.mul_f64(chance()))
    }
}

/// 0 to 1, another one each time.
pub(super) fn chance() -> f64 {
    let bits = RandomState::new().build_hasher().finish();
    f64::from(u32::try_from(bits >> 32).unwrap_or_default()) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_differ() {
        let mut backoff = Backoff::new();
        let pauses: Vec<Duration> = (0..12).filter_map(|_| backoff.next()).collect();
        assert_eq!(pauses.len(), 12);
        assert!(pauses[0] <= Backoff::FIRST, "{pauses:?}");
        assert!(
            pauses[11] >= Backoff::LONGEST / 2 && pauses[11] <= Backoff::LONGEST,
            "{pauses:?}"
        );
        assert!(pauses[10] != pauses[11], "{pauses:?}");
    }

    #[test]
    fn a_name_of_a_session_fits_the_server() {
        let name = application_name("12345678-aaaa", &"ü".repeat(60));
        assert!(
            name.len() <= 63 && name.starts_with("align migrate 12345678 ü"),
            "{name}"
        );
    }
}
