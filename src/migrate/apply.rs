//! One migration on its way into the database: in a transaction, by statements, or in windows.

use std::fmt::Write;
use std::time::{Duration, Instant};

use sqlx::Executor;

use super::batch;
use super::error::{MigrateError, Refusal, StepError};
use super::files::Script;
use super::index;
use super::ledger::{Happened, Line, Run, record};
use super::lock;
use super::progress::Progress;
use super::rights::Missing;
use super::session::{Backoff, Event, Failure, Session, server};
use super::statement::{Statement, line_of};

/// How long a statement waits for a lock before it lets others pass and tries again.
pub(super) const LOCK_TIMEOUT: Duration = Duration::from_secs(2);
/// CONCURRENTLY waits for the transactions of others and holds up none of them meanwhile.
const CONCURRENT_TIMEOUT: Duration = Duration::from_secs(30 * 60);

/// A migration, or a way back, that is to be run.
#[derive(Debug)]
pub(super) struct Step<'s> {
    pub(super) run: &'s Run,
    pub(super) phase: &'s str,
    /// `V3__x`, or `undo`.
    pub(super) name: String,
    pub(super) version: Option<i64>,
    pub(super) checksum: String,
    pub(super) script: &'s Script,
}

/// Why a step goes no further.
pub(super) enum Halt {
    Failed { at: Option<usize>, failure: Failure },
    Ended(MigrateError),
}

impl From<MigrateError> for Halt {
    fn from(error: MigrateError) -> Self {
        Self::Ended(error)
    }
}

impl Step<'_> {
    /// `phase1 V3__x`
    pub(super) fn title(&self) -> String {
        format!("{} {}", self.phase, self.name)
    }

    pub(super) fn line(&self) -> Line<'_> {
        Line {
            phase: Some(self.phase),
            version: self.version,
            name: Some(&self.name),
            checksum: Some(self.checksum.clone()),
            ..Line::default()
        }
    }

    fn place(&self, statement: &Statement) -> String {
        format!(
            "{}:{}",
            self.script.path,
            line_of(&self.script.text, statement.start)
        )
    }

    /// What every transaction of it begins with.
    pub(super) fn begin(&self) -> String {
        format!("BEGIN; {}", self.limits(" LOCAL", LOCK_TIMEOUT))
    }

    fn limits(&self, local: &str, lock_timeout: Duration) -> String {
        let directives = &self.script.directives;
        let lock = directives.lock_timeout.unwrap_or(lock_timeout);
        let mut sql = format!("SET{local} lock_timeout = {}", lock.as_millis());
        if let Some(limit) = directives.statement_timeout {
            write!(
                sql,
                "; SET{local} statement_timeout = {}",
                limit.as_millis()
            )
            .expect("a String takes everything");
        }
        sql
    }
}

/// Runs a step with what its history needs, `closing`, in its last transaction.
pub(super) async fn run(
    session: &mut Session<'_>,
    step: &Step<'_>,
    closing: &[&str],
) -> Result<(), MigrateError> {
    session.check()?;
    session.settle(step.phase).await?;
    lock::keep(session).await?;
    let began = Instant::now();
    record(&mut session.main, step.run, Happened::Start, &step.line())
        .await
        .map_err(|error| server("write the ledger", &error))?;
    let mut progress = Progress::of(&mut session.main, step).await?;
    let title = step.title();
    session.tell(Event::Begins {
        title: &title,
        resumes_after: progress.resumes_after(),
    });
    let done = if step.script.directives.batch.is_some() {
        batch::run(session, step, &mut progress).await
    } else if step.script.directives.no_transaction {
        statements(session, step, &mut progress).await
    } else {
        Ok(())
    };
    let done = match done {
        Ok(()) => close(session, step, closing, began).await,
        Err(halt) => Err(halt),
    };
    match done {
        Ok(()) => {
            session.control.change();
            let took = began.elapsed();
            session.watch_end(step, took);
            session.tell(Event::Applied {
                title: &title,
                took,
            });
            Ok(())
        }
        Err(halt) => Err(end(session, step, &progress, halt, began.elapsed()).await),
    }
}

/// The last transaction: the statements of a file that has but this one, history, ledger.
async fn close(
    session: &mut Session<'_>,
    step: &Step<'_>,
    closing: &[&str],
    began: Instant,
) -> Result<(), Halt> {
    let mut backoff = Backoff::new();
    loop {
        let (at, failure) = match attempt(session, step, closing, began).await {
            Ok(()) => return Ok(()),
            Err(failed) => failed,
        };
        if !failure.lost {
            session.roll_back().await;
        }
        pause(session, step, at, failure, &mut backoff).await?;
    }
}

async fn attempt(
    session: &mut Session<'_>,
    step: &Step<'_>,
    closing: &[&str],
    began: Instant,
) -> Result<(), (Option<usize>, Failure)> {
    let script = step.script;
    let directives = &script.directives;
    let whole = directives.batch.is_none() && !directives.no_transaction;
    let no_place = |failure| (None, failure);
    session.execute(&step.begin()).await.map_err(no_place)?;
    session.watch_begin();
    if whole {
        for (at, statement) in script.statements.iter().enumerate() {
            let statement_began = Instant::now();
            let done = session.execute(statement.text(&script.text)).await;
            done.map_err(|failure| (Some(at), failure))?;
            let watched = session.watch_statement(statement_began).await;
            watched.map_err(no_place)?;
        }
        // What the file has set must not reach what follows.
        session
            .execute("RESET SESSION AUTHORIZATION; RESET ROLE")
            .await
            .map_err(no_place)?;
    }
    for query in closing {
        session.execute(query).await.map_err(no_place)?;
    }
    let line = Line {
        took: Some(began.elapsed()),
        ..step.line()
    };
    let recorded = record(&mut session.main, step.run, Happened::Ok, &line).await;
    recorded.map_err(|error| no_place(Failure::of(&error, false)))?;
    let cleared = Progress::clear(&mut session.main, step).await;
    cleared.map_err(|error| no_place(Failure::of(&error, false)))?;
    session.execute("COMMIT").await.map_err(no_place)?;
    session.watch_commit();
    Ok(())
}

/// Where a file without a transaction stands while it builds an index that was not there before: if the run dies,
/// the server may still end it.
const BUILDING: &str = "building";

/// Each statement by itself, from the first that is not done yet.
async fn statements(
    session: &mut Session<'_>,
    step: &Step<'_>,
    progress: &mut Progress,
) -> Result<(), Halt> {
    let script = step.script;
    let first = progress.statements_done;
    let mut may_be_done = progress.position.as_deref() == Some(BUILDING);
    for (at, statement) in script.statements.iter().enumerate().skip(first) {
        session.check()?;
        let timeout = if statement.has("concurrently") {
            CONCURRENT_TIMEOUT
        } else {
            LOCK_TIMEOUT
        };
        let limits = step.limits("", timeout);
        session
            .execute(&limits)
            .await
            .map_err(|failure| Halt::Failed {
                at: Some(at),
                failure,
            })?;
        let mut backoff = Backoff::new();
        loop {
            let ready = index::prepare(session, statement, may_be_done && at == first).await?;
            if matches!(ready, index::Ready::Build) && progress.position.is_none() {
                progress.position = Some(BUILDING.to_owned());
                progress.save(&mut session.main, step).await?;
            }
            let done = match ready {
                index::Ready::Done => break,
                index::Ready::Run | index::Ready::Build => {
                    session.execute(statement.text(&script.text)).await
                }
                index::Ready::Not(failure) => Err(*failure),
            };
            match done {
                Ok(_) => break,
                Err(failure) => pause(session, step, Some(at), failure, &mut backoff).await?,
            }
        }
        may_be_done = false;
        progress.position = None;
        progress.statements_done = at + 1;
        progress.save(&mut session.main, step).await?;
        session.control.change();
    }
    Ok(())
}

/// Waits before a statement is tried again, or says that it is not.
pub(super) async fn pause(
    session: &mut Session<'_>,
    step: &Step<'_>,
    at: Option<usize>,
    failure: Failure,
    backoff: &mut Backoff,
) -> Result<(), Halt> {
    if session.control.is_stopped() && failure.was_called_off() {
        return Err(Halt::Ended(MigrateError::Interrupted));
    }
    let pause = if failure.may_pass() {
        backoff.next()
    } else {
        None
    };
    let Some(pause) = pause else {
        return Err(Halt::Failed { at, failure });
    };
    let place = match at.and_then(|at| step.script.statements.get(at)) {
        Some(statement) => step.place(statement),
        None => step.script.path.clone(),
    };
    session.tell(Event::Retries {
        place,
        blocker: failure.blocker.as_ref(),
        pause,
    });
    Ok(session.sleep(pause).await?)
}

/// Writes into the ledger how a step ended, and says it.
async fn end(
    session: &mut Session<'_>,
    step: &Step<'_>,
    progress: &Progress,
    halt: Halt,
    took: Duration,
) -> MigrateError {
    let (happened, sqlstate) = match &halt {
        Halt::Failed { failure, .. } => (Happened::Failed, failure.sqlstate.clone()),
        Halt::Ended(_) => (Happened::Stopped, None),
    };
    let line = Line {
        took: Some(took),
        sqlstate: sqlstate.as_deref(),
        ..step.line()
    };
    let lost = match &halt {
        Halt::Failed { failure, .. } => failure.lost,
        Halt::Ended(_) => false,
    };
    if !lost {
        // What no-transaction left behind must not be in the way of the line.
        match session
            .main
            .execute("RESET SESSION AUTHORIZATION; RESET ROLE")
            .await
        {
            Ok(_) | Err(_) => {}
        }
        if let Err(error) = record(&mut session.main, step.run, happened, &line).await {
            let cause = server("write the ledger", &error);
            session.tell(Event::Note(cause.to_string()));
        }
    }
    match halt {
        Halt::Ended(error) => error,
        Halt::Failed { at, failure } if is_right(&failure) => {
            let what = match at.and_then(|at| step.script.statements.get(at)) {
                Some(statement) => format!("{}: {}", step.place(statement), failure.message),
                None => failure.message.clone(),
            };
            match &failure.hint {
                Some(hint)
                    if !progress.is_partly_done()
                        && !session.control.has_changed()
                        && hint.starts_with("GRANT ") =>
                {
                    let grant = hint.clone();
                    MigrateError::Refused(Refusal::Rights {
                        missing: vec![Missing { what, grant }],
                    })
                }
                _ => step_error(step, progress, at, failure),
            }
        }
        Halt::Failed { at, failure } => step_error(step, progress, at, failure),
    }
}

/// A migration that looks at rights by itself says what to grant.
fn is_right(failure: &Failure) -> bool {
    failure.sqlstate.as_deref() == Some("42501")
}

/// A line that is shown: code that a program wrote may have it all in one.
fn shortened(line: &str) -> String {
    const LONGEST: usize = 200;
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or(line)),
        None => line.to_owned(),
    }
}

pub(super) fn step_error(
    step: &Step<'_>,
    progress: &Progress,
    at: Option<usize>,
    failure: Failure,
) -> MigrateError {
    let script = step.script;
    let statement = at.and_then(|at| script.statements.get(at));
    let line = statement.map(|statement| {
        let text = statement.text(&script.text);
        let skipped = failure.position.map_or(0, |position| {
            let before = text.char_indices().nth(position.saturating_sub(1));
            before.map_or(0, |(at, _)| at)
        });
        // Windows are longer than what they stand for, so a place within them says nothing.
        let skipped = if script.directives.batch.is_some() {
            0
        } else {
            skipped
        };
        line_of(&script.text, statement.start + skipped)
    });
    let shown = line.and_then(|line| script.text.lines().nth(line - 1));
    MigrateError::Step(Box::new(StepError {
        title: step.title(),
        path: script.path.clone(),
        line,
        statement: shown.map(|line| shortened(line.trim())),
        message: failure.message,
        sqlstate: failure.sqlstate,
        hint: failure.hint,
        blocker: failure.blocker,
        partly: progress.is_partly_done(),
        lost: failure.lost,
    }))
}
