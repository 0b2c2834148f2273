//! How far a step has come that commits more than once.

use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};

use super::apply::Step;
use super::error::MigrateError;
use super::session::server;

const READ: &str = include_str!("sql/progress.sql");
const UNDER_WAY: &str = include_str!("sql/under_way.sql");
const SAVE: &str = include_str!("sql/save.sql");

/// How far a step has come, this run and those before it.
#[derive(Debug, Default, Clone)]
pub(super) struct Progress {
    /// For a file without a transaction.
    pub(super) statements_done: usize,
    /// The key up to which windows are committed.
    pub(super) position: Option<String>,
    /// The last key when the batch began; rows that come later are no part of it.
    pub(super) upper_end: Option<String>,
    /// How often the key is walked through; 0 when the batch has not begun.
    pub(super) passes: u32,
    /// The one that is next, from 0.
    pub(super) pass: u32,
    /// Rows changed.
    pub(super) rows_done: i64,
    /// Rows looked at.
    pub(super) keys_done: i64,
    /// Rows to look at, by the server's estimate when the batch began.
    pub(super) keys_total: Option<i64>,
    /// Rows put into quarantine.
    pub(super) quarantined: i64,
    pub(super) windows_done: i64,
    pub(super) resumed: bool,
}

impl Progress {
    /// What an earlier run left; nothing when the file is another one since, of which nothing can be done yet.
    pub(super) async fn of(
        connection: &mut PgConnection,
        step: &Step<'_>,
    ) -> Result<Self, MigrateError> {
        let query = sqlx::query(READ).persistent(false);
        let query = query
            .bind(&step.run.pair)
            .bind(step.phase)
            .bind(&step.name)
            .bind(&step.checksum);
        let failed = |error| server("read how far the step has come", &error);
        let Some(row) = query.fetch_optional(connection).await.map_err(failed)? else {
            return Ok(Self::default());
        };
        let count = |column| -> Result<u32, MigrateError> {
            let count: i32 = row.try_get(column).map_err(failed)?;
            Ok(u32::try_from(count).unwrap_or_default())
        };
        let statements: i32 = row.try_get("statements_done").map_err(failed)?;
        Ok(Self {
            statements_done: usize::try_from(statements).unwrap_or_default(),
            position: row.try_get("position").map_err(failed)?,
            upper_end: row.try_get("upper_end").map_err(failed)?,
            passes: count("passes")?,
            pass: count("pass")?,
            rows_done: row.try_get("rows_done").map_err(failed)?,
            keys_done: row.try_get("keys_done").map_err(failed)?,
            keys_total: row.try_get("keys_total").map_err(failed)?,
            quarantined: row.try_get("quarantined").map_err(failed)?,
            windows_done: row.try_get("windows_done").map_err(failed)?,
            resumed: true,
        })
    }

    /// Rows of earlier runs, where this one goes on from there.
    pub(super) fn resumes_after(&self) -> Option<i64> {
        self.resumed.then_some(self.rows_done)
    }

    pub(super) fn is_partly_done(&self) -> bool {
        self.statements_done > 0 || self.windows_done > 0
    }

    /// Writes it, in whatever transaction is open.
    pub(super) async fn save(
        &self,
        connection: &mut PgConnection,
        step: &Step<'_>,
    ) -> Result<(), MigrateError> {
        let saved = self.try_save(connection, step).await;
        saved.map_err(|error| server("write how far the step has come", &error))
    }

    pub(super) async fn try_save(
        &self,
        connection: &mut PgConnection,
        step: &Step<'_>,
    ) -> Result<(), sqlx::Error> {
        let statements = i32::try_from(self.statements_done).unwrap_or(i32::MAX);
        let passes = |count| i32::try_from(count).unwrap_or(i32::MAX);
        sqlx::query(SAVE)
            .persistent(false)
            .bind(&step.run.pair)
            .bind(step.phase)
            .bind(&step.name)
            .bind(&step.checksum)
            .bind(&step.run.id)
            .bind(statements)
            .bind(&self.position)
            .bind(&self.upper_end)
            .bind(passes(self.passes))
            .bind(passes(self.pass))
            .bind(self.rows_done)
            .bind(self.keys_done)
            .bind(self.keys_total)
            .bind(self.quarantined)
            .bind(self.windows_done)
            .execute(connection)
            .await?;
        Ok(())
    }

    /// The step is done: nothing is left to resume.
    pub(super) async fn clear(
        connection: &mut PgConnection,
        step: &Step<'_>,
    ) -> Result<(), sqlx::Error> {
        // Under another name, too: a step that had only begun may have been renamed since.
        let delete = "DELETE FROM align.progress WHERE pair = $1 AND phase = $2 \
                      AND split_part(step, '__', 1) = split_part($3, '__', 1)";
        let delete = sqlx::query(delete).persistent(false);
        delete
            .bind(&step.run.pair)
            .bind(step.phase)
            .bind(&step.name)
            .execute(connection)
            .await?;
        Ok(())
    }
}

/// A step that a run began and has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnderWay {
    /// Its phase.
    pub phase: String,
    /// `V3__x`, or `undo`.
    pub step: String,
    /// Of what it ran: refinery's for a migration, a digest for a way back.
    pub checksum: String,
    /// For a file without a transaction.
    pub statements_done: i32,
    /// For a batch: rows changed.
    pub rows_done: i64,
    /// For a batch: rows put into quarantine.
    pub quarantined: i64,
    /// For a batch: the share that is done, in thousandths, where it is known.
    pub permille: Option<u64>,
    /// For a batch.
    pub windows_done: i64,
    /// The last commit, in UTC.
    pub at: String,
}

impl UnderWay {
    /// Whether anything of it is committed.
    pub fn is_partly_done(&self) -> bool {
        self.statements_done > 0 || self.windows_done > 0
    }

    /// The migration's; `None` for a way back.
    pub fn version(&self) -> Option<i64> {
        let (version, _) = self.step.strip_prefix('V')?.split_once("__")?;
        version.parse().ok()
    }

    /// Goes on as another file.
    pub(super) async fn go_on_as(
        &self,
        connection: &mut PgConnection,
        pair: &str,
        step: &str,
        checksum: &str,
    ) -> Result<(), MigrateError> {
        let update = "UPDATE align.progress SET step = $4, checksum = $5 WHERE pair = $1 AND phase = $2 AND step = $3";
        let update = sqlx::query(update).persistent(false);
        let update = update.bind(pair).bind(&self.phase).bind(&self.step);
        let done = update.bind(step).bind(checksum).execute(connection).await;
        done.map_err(|error| server("write how far the step has come", &error))?;
        Ok(())
    }
}

/// The steps of a pair that are under way, or were when their run ended.
///
/// # Errors
/// [`MigrateError::Server`].
pub async fn read(
    connection: &mut PgConnection,
    pair: &str,
) -> Result<Vec<UnderWay>, MigrateError> {
    let failed = |error| server("read how far the steps have come", &error);
    let rows = sqlx::query(UNDER_WAY)
        .persistent(false)
        .bind(pair)
        .fetch_all(connection)
        .await;
    let read = |row: &PgRow| {
        Ok(UnderWay {
            phase: row.try_get("phase")?,
            step: row.try_get("step")?,
            checksum: row.try_get("checksum")?,
            statements_done: row.try_get("statements_done")?,
            rows_done: row.try_get("rows_done")?,
            quarantined: row.try_get("quarantined")?,
            permille: share(row.try_get("keys_done")?, row.try_get("keys_total")?),
            windows_done: row.try_get("windows_done")?,
            at: row.try_get("at")?,
        })
    };
    rows.map_err(failed)?
        .iter()
        .map(|row| read(row).map_err(failed))
        .collect()
}

/// Of an estimate, so that all is never said before it is known.
pub(super) fn share(done: i64, total: Option<i64>) -> Option<u64> {
    let total = u64::try_from(total?).ok().filter(|total| *total > 0)?;
    let done = u64::try_from(done).ok()?;
    Some((done.saturating_mul(1000) / total).min(999))
}
