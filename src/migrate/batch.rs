//! Rows in windows of their key: each window is a transaction, and how far it came commits with it.

use std::time::{Duration, Instant};

use super::apply::{Halt, Step, pause};
use super::directive::Batch;
use super::error::MigrateError;
use super::keys::{Keys, Span};
use super::lag::Lag;
use super::pace::Pace;
use super::progress::{Progress, share};
use super::quarantine;
use super::session::{Backoff, Event, Failure, Session};
use super::window::fill;

/// Runs the windows from where an earlier run ended.
pub(super) async fn run(
    session: &mut Session<'_>,
    step: &Step<'_>,
    progress: &mut Progress,
) -> Result<(), Halt> {
    let Some(batch) = &step.script.directives.batch else {
        return Ok(());
    };
    let keys = Keys::read(session, step, batch).await?;
    if progress.upper_end.is_none() {
        progress.upper_end = keys.last(session).await?;
        if progress.upper_end.is_none() {
            return Ok(());
        }
        progress.passes = keys.passes;
        progress.keys_total = keys.rows;
        progress.save(&mut session.main, step).await?;
    }
    let before = progress.clone();
    windows(session, step, batch, &keys, progress).await?;
    if progress.windows_done > before.windows_done {
        let of =
            |count: i64, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
        let aside = match progress.quarantined {
            0 => String::new(),
            rows => format!(", {} put into quarantine", of(rows, "row")),
        };
        let (rows, windows) = (progress.rows_done, progress.windows_done);
        let title = step.title();
        session.tell(Event::Note(format!(
            "{title}: {} in {}{aside}",
            of(rows, "row"),
            of(windows, "window")
        )));
    }
    Ok(())
}

async fn windows(
    session: &mut Session<'_>,
    step: &Step<'_>,
    batch: &Batch,
    keys: &Keys,
    progress: &mut Progress,
) -> Result<(), Halt> {
    let Some(upper_end) = progress.upper_end.clone() else {
        return Ok(());
    };
    let began = Instant::now();
    let before = progress.rows_done;
    let mut pace = Pace::new(batch.size);
    let mut lag = Lag::new(session.limits.max_lag);
    let mut backoff = Backoff::new();
    let mut is_sound = false;
    loop {
        let next = keys
            .next(session, progress, &upper_end, pace.size())
            .await?;
        let Some(span) = next else {
            progress.pass += 1;
            if progress.pass >= progress.passes {
                return Ok(());
            }
            progress.position = None;
            continue;
        };
        session.check()?;
        lag.wait(session).await?;
        let window_began = Instant::now();
        match attempt(session, step, batch, keys, progress, &span).await {
            Ok(rows) => {
                pace.done(span.rows, window_began.elapsed());
                backoff = Backoff::new();
                committed(session, progress, before, began);
                slow_down(session, rows, window_began).await?;
            }
            Err((at, failure)) if failure.is_of_data() => {
                session.roll_back().await;
                if quarantine::ends_the_run(session, step, batch, at, &failure)
                    || !(is_sound || quarantine::is_sound(session, step, batch, at).await?)
                {
                    return Err(Halt::Failed { at, failure });
                }
                is_sound = true;
                if pace.failed(span.rows) {
                    if keys.is_shared(session, &span.through).await? {
                        let failure = Failure {
                            hint: Some(format!(
                                "batch by a unique key: several rows have this `{}`, and those that can be converted would be left out with it",
                                batch.key
                            )),
                            ..failure
                        };
                        return Err(Halt::Failed { at, failure });
                    }
                    put_aside(session, step, batch, keys, progress, &span, &failure).await?;
                    committed(session, progress, before, began);
                }
            }
            Err((at, failure)) => {
                if !failure.lost {
                    session.roll_back().await;
                }
                pause(session, step, at, failure, &mut backoff).await?;
                pace.held_up();
            }
        }
    }
}

fn committed(session: &mut Session<'_>, progress: &Progress, before: i64, began: Instant) {
    session.control.change();
    session.tell(Event::Window {
        rows: progress.rows_done,
        permille: share(progress.keys_done, progress.keys_total),
        rate: per_second(progress.rows_done - before, began.elapsed()),
    });
}

async fn slow_down(
    session: &mut Session<'_>,
    rows: i64,
    window_began: Instant,
) -> Result<(), MigrateError> {
    let Some(limit) = session.limits.max_rows_per_second else {
        return Ok(());
    };
    let wanted = Duration::from_secs_f64(to_f64(rows) / f64::from(limit.max(1)));
    let left = wanted.saturating_sub(window_began.elapsed());
    session.sleep(left).await
}

async fn attempt(
    session: &mut Session<'_>,
    step: &Step<'_>,
    batch: &Batch,
    keys: &Keys,
    progress: &mut Progress,
    span: &Span,
) -> Result<i64, (Option<usize>, Failure)> {
    let no_place = |failure| (None, failure);
    session.execute(&step.begin()).await.map_err(no_place)?;
    session.watch_begin();
    let mut rows = 0_i64;
    for (at, statement) in step.script.statements.iter().enumerate() {
        let window = keys.window(progress, &span.through);
        let sql = fill(&step.script.text, statement, batch, &window);
        let began = Instant::now();
        let changed = session
            .execute(&sql)
            .await
            .map_err(|failure| (Some(at), failure))?;
        let watched = session.watch_statement(began).await;
        watched.map_err(no_place)?;
        rows = rows.saturating_add(i64::try_from(changed).unwrap_or(i64::MAX));
    }
    let next = Progress {
        rows_done: progress.rows_done.saturating_add(rows),
        ..after(progress, span)
    };
    commit(session, step, progress, next)
        .await
        .map_err(no_place)?;
    session.watch_commit();
    Ok(rows)
}

/// A row that no statement takes goes to quarantine, and the batch past it.
async fn put_aside(
    session: &mut Session<'_>,
    step: &Step<'_>,
    batch: &Batch,
    keys: &Keys,
    progress: &mut Progress,
    span: &Span,
    failure: &Failure,
) -> Result<(), Halt> {
    let mut backoff = Backoff::new();
    loop {
        let began = session.execute(&step.begin()).await;
        let put = match began {
            Ok(_) => quarantine::put(session, batch, keys, &span.through, failure).await,
            Err(failure) => Err(failure),
        };
        let next = Progress {
            quarantined: progress.quarantined + 1,
            ..after(progress, span)
        };
        let done = match put {
            Ok(()) => commit(session, step, progress, next).await,
            Err(failure) => Err(failure),
        };
        let Err(failure) = done else {
            return Ok(());
        };
        if !failure.lost {
            session.roll_back().await;
        }
        pause(session, step, None, failure, &mut backoff).await?;
    }
}

fn after(progress: &Progress, span: &Span) -> Progress {
    Progress {
        position: Some(span.through.clone()),
        keys_done: progress.keys_done.saturating_add(i64::from(span.rows)),
        windows_done: progress.windows_done + 1,
        ..progress.clone()
    }
}

async fn commit(
    session: &mut Session<'_>,
    step: &Step<'_>,
    progress: &mut Progress,
    next: Progress,
) -> Result<(), Failure> {
    let saved = next.try_save(&mut session.main, step).await;
    saved.map_err(|error| Failure::of(&error, false))?;
    session.execute("COMMIT").await?;
    *progress = next;
    Ok(())
}

fn per_second(rows: i64, time: Duration) -> u64 {
    let milliseconds = time.as_millis().max(1);
    let rows = u128::try_from(rows).unwrap_or_default();
    u64::try_from(rows * 1000 / milliseconds).unwrap_or(u64::MAX)
}

fn to_f64(rows: i64) -> f64 {
    f64::from(i32::try_from(rows).unwrap_or(i32::MAX))
}
