//! Rows in windows of their key: each window is a transaction, and how far it came commits with it.

use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Row};

use super::apply::{Halt, Step, pause};
use super::directive::Batch;
use super::error::MigrateError;
use super::progress::Progress;
use super::session::{Backoff, Event, Failure, Session, server};
use super::window::{Window, fill};

const KEY: &str = include_str!("sql/key.sql");
/// Types whose values stand in the order of their text form, or are compared as themselves.
const TYPES: [&str; 6] = [
    "uuid",
    "smallint",
    "integer",
    "bigint",
    "text",
    "character varying",
];

/// The table and its key, as SQL writes them.
struct Keyed {
    table: String,
    key: String,
    key_type: String,
    /// By the server's estimate.
    rows: Option<i64>,
}

/// Runs the windows from where an earlier run ended.
pub(super) async fn run(
    session: &mut Session<'_>,
    step: &Step<'_>,
    progress: &mut Progress,
) -> Result<(), Halt> {
    let Some(batch) = &step.script.directives.batch else {
        return Ok(());
    };
    let keyed = keyed(session, step, batch).await?;
    if progress.upper_end.is_none() {
        let sql = format!(
            "SELECT max_key::text FROM (SELECT {key} AS max_key FROM {table} ORDER BY {key} DESC LIMIT 1) AS last",
            key = keyed.key,
            table = keyed.table
        );
        progress.upper_end = key_of(session, sql).await?;
        if progress.upper_end.is_none() {
            return Ok(());
        }
        progress.save(&mut session.main, step).await?;
    }
    let Some(upper_end) = progress.upper_end.clone() else {
        return Ok(());
    };
    let began = Instant::now();
    let before = progress.rows_done;
    let windows_before = progress.windows_done;
    while let Some(through) = next_end(session, batch, &keyed, progress, &upper_end).await? {
        session.check()?;
        let window_began = Instant::now();
        let rows = window(session, step, batch, &keyed, progress, &through).await?;
        session.control.change();
        let done = progress.rows_done - before;
        let rate = per_second(done, began.elapsed());
        let permille = share(&keyed, batch, progress.windows_done);
        session.tell(Event::Window {
            rows: progress.rows_done,
            permille,
            rate,
        });
        if let Some(limit) = session.limits.max_rows_per_second {
            let wanted = Duration::from_secs_f64(to_f64(rows) / f64::from(limit.max(1)));
            let left = wanted.saturating_sub(window_began.elapsed());
            session.sleep(left).await?;
        }
    }
    if progress.windows_done > windows_before {
        let (rows, windows) = (progress.rows_done, progress.windows_done);
        let of =
            |count: i64, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
        let title = step.title();
        session.tell(Event::Note(format!(
            "{title}: {} in {}",
            of(rows, "row"),
            of(windows, "window")
        )));
    }
    Ok(())
}

/// One window, tried again while others are in its way. Gives the rows it changed.
async fn window(
    session: &mut Session<'_>,
    step: &Step<'_>,
    batch: &Batch,
    keyed: &Keyed,
    progress: &mut Progress,
    through: &str,
) -> Result<i64, Halt> {
    let after = progress.position.clone();
    let window = Window {
        after: after.as_deref(),
        through,
        key_type: &keyed.key_type,
    };
    let mut backoff = Backoff::new();
    loop {
        match attempt(session, step, batch, &window, progress).await {
            Ok(rows) => return Ok(rows),
            Err((at, failure)) => {
                if !failure.lost {
                    session.roll_back().await;
                }
                pause(session, step, at, failure, &mut backoff).await?;
            }
        }
    }
}

async fn attempt(
    session: &mut Session<'_>,
    step: &Step<'_>,
    batch: &Batch,
    window: &Window<'_>,
    progress: &mut Progress,
) -> Result<i64, (Option<usize>, Failure)> {
    let no_place = |failure| (None, failure);
    session.execute(&step.begin()).await.map_err(no_place)?;
    session.watch_begin();
    let mut rows = 0_i64;
    for (at, statement) in step.script.statements.iter().enumerate() {
        let sql = fill(&step.script.text, statement, batch, window);
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
        position: Some(window.through.to_owned()),
        upper_end: progress.upper_end.clone(),
        rows_done: progress.rows_done.saturating_add(rows),
        windows_done: progress.windows_done + 1,
        ..Progress::default()
    };
    let saved = next.try_save(&mut session.main, step).await;
    saved.map_err(|error| no_place(Failure::of(&error, false)))?;
    session.execute("COMMIT").await.map_err(no_place)?;
    session.watch_commit();
    progress.position = next.position;
    progress.rows_done = next.rows_done;
    progress.windows_done = next.windows_done;
    Ok(rows)
}

/// The last key of the next window; `None` when all are done.
async fn next_end(
    session: &mut Session<'_>,
    batch: &Batch,
    keyed: &Keyed,
    progress: &Progress,
    upper_end: &str,
) -> Result<Option<String>, MigrateError> {
    if progress.position.as_deref() == Some(upper_end) {
        return Ok(None);
    }
    let window = Window {
        after: progress.position.as_deref(),
        through: upper_end,
        key_type: &keyed.key_type,
    };
    let condition = window.condition(&keyed.key);
    let (table, key) = (&keyed.table, &keyed.key);
    let sql = format!(
        "SELECT span.last_key::text AS text_form FROM (SELECT {key} AS last_key FROM {table} WHERE {condition} \
         ORDER BY {key} LIMIT {size}) AS span ORDER BY span.last_key DESC LIMIT 1",
        size = batch.size
    );
    key_of(session, sql).await
}

async fn key_of(session: &mut Session<'_>, sql: String) -> Result<Option<String>, MigrateError> {
    let query = sqlx::query_scalar(AssertSqlSafe(sql)).persistent(false);
    let found = query.fetch_optional(&mut session.main).await;
    found.map_err(|error| server("read the keys of a batch", &error))
}

async fn keyed(
    session: &mut Session<'_>,
    step: &Step<'_>,
    batch: &Batch,
) -> Result<Keyed, MigrateError> {
    let doing = "read the key of a batch";
    let unfit = |cause: String| MigrateError::Server {
        doing,
        cause: format!("{}: {cause}", step.script.path),
    };
    let named = batch.table.to_string();
    let query = sqlx::query(KEY)
        .persistent(false)
        .bind(&named)
        .bind(batch.key.as_str());
    let row = query
        .fetch_optional(&mut session.main)
        .await
        .map_err(|error| server(doing, &error))?;
    let row = row.ok_or_else(|| unfit(format!("there is no column `{named}.{}`", batch.key)))?;
    let failed = |error| server(doing, &error);
    let key_type: String = row.try_get("key_type").map_err(failed)?;
    let base: String = row.try_get("base_type").map_err(failed)?;
    if !TYPES.contains(&base.as_str()) {
        return Err(unfit(format!(
            "`{named}.{}` is {key_type}; a key is {}",
            batch.key,
            TYPES.join(", ")
        )));
    }
    if !row.try_get::<bool, _>("not_null").map_err(failed)? {
        return Err(unfit(format!(
            "`{named}.{}` may be NULL, so that windows would miss rows",
            batch.key
        )));
    }
    if !row.try_get::<bool, _>("indexed").map_err(failed)? {
        return Err(unfit(format!(
            "no index begins with `{named}.{}`, so that each window would read the whole table",
            batch.key
        )));
    }
    Ok(Keyed {
        table: row.try_get("table_name").map_err(failed)?,
        key: batch.key.to_string(),
        key_type,
        rows: row.try_get("rows").map_err(failed)?,
    })
}

/// By windows, for rows that need no change count as done, too.
fn share(keyed: &Keyed, batch: &Batch, windows: i64) -> Option<u64> {
    let total = u64::try_from(keyed.rows?).ok().filter(|total| *total > 0)?;
    let done = u64::try_from(windows)
        .ok()?
        .saturating_mul(u64::from(batch.size));
    Some((done.saturating_mul(1000) / total).min(999))
}

fn per_second(rows: i64, time: Duration) -> u64 {
    let milliseconds = time.as_millis().max(1);
    let rows = u128::try_from(rows).unwrap_or_default();
    u64::try_from(rows * 1000 / milliseconds).unwrap_or(u64::MAX)
}

fn to_f64(rows: i64) -> f64 {
    f64::from(i32::try_from(rows).unwrap_or(i32::MAX))
}
