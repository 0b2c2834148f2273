//! `align.events`: who did what, when, by whose leave.

use sqlx::Executor;
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};

use super::error::MigrateError;
use super::session::server;
use super::target::{FORMAT, Target};

pub(super) const LEDGER: &str = include_str!("sql/ledger.sql");
const RECORD: &str = include_str!("sql/record.sql");

/// Who starts a run, and by whose leave.
#[derive(Debug, Clone, Default)]
pub struct Operator {
    /// The user of the machine.
    pub user: Option<String>,
    /// The machine.
    pub host: Option<String>,
    /// `--reason`
    pub reason: Option<String>,
    /// What was consented to: `yes`, or hazards.
    pub consents: Vec<String>,
}

/// What is recorded of a run as a whole.
#[derive(Debug, Clone, Default)]
pub(super) struct Run {
    pub(super) id: String,
    pub(super) pair: String,
    pub(super) operator: Operator,
    pub(super) fingerprint: String,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Happened {
    Run,
    Start,
    Ok,
    Failed,
    Stopped,
    Accepted,
    Adopted,
}

/// One line.
#[derive(Debug, Default)]
pub(super) struct Line<'a> {
    pub(super) phase: Option<&'a str>,
    pub(super) version: Option<i64>,
    pub(super) name: Option<&'a str>,
    pub(super) checksum: Option<String>,
    pub(super) took: Option<std::time::Duration>,
    pub(super) sqlstate: Option<&'a str>,
}

/// One line, read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// When, in UTC.
    pub at: String,
    /// The run's id.
    pub run: String,
    /// The phase; `None` for a run as a whole.
    pub phase: Option<String>,
    /// The migration, or `undo`.
    pub name: Option<String>,
    /// `run`, `start`, `ok`, `failed`, `stopped`, `accepted`, `adopted`.
    pub event: String,
    /// In milliseconds.
    pub duration_ms: Option<i64>,
    /// The server's code.
    pub sqlstate: Option<String>,
    /// Who: the role, and the user of the machine where known.
    pub by: String,
    /// `--reason`
    pub reason: Option<String>,
}

impl Happened {
    fn word(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Start => "start",
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
            Self::Accepted => "accepted",
            Self::Adopted => "adopted",
        }
    }
}

const THERE: &str = "SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
    WHERE n.nspname = 'align' AND c.relname = 'ledger')";

/// Makes the ledger where there is none; `adopts` puts this server's name into one that is another's.
pub(super) async fn ensure(
    connection: &mut PgConnection,
    target: &Target,
    adopts: bool,
) -> Result<(), MigrateError> {
    let failed = |error| server("make the ledger", &error);
    if target.ledger.is_none() {
        let begun = connection.execute("BEGIN").await;
        begun.map_err(failed)?;
        // The runner that this one waited for may have made it since it was looked for.
        let there: bool = sqlx::query_scalar(THERE)
            .persistent(false)
            .fetch_one(&mut *connection)
            .await
            .map_err(failed)?;
        if !there {
            make(connection, target).await?;
        }
        connection.execute("COMMIT").await.map_err(failed)?;
    } else if adopts {
        let update = "UPDATE align.ledger SET system_identifier = $1 WHERE system_identifier IS DISTINCT FROM $1";
        let update = sqlx::query(update).persistent(false).bind(&target.system);
        update.execute(connection).await.map_err(failed)?;
    }
    Ok(())
}

/// Makes the ledger, in the transaction that is open.
pub(super) async fn make(
    connection: &mut PgConnection,
    target: &Target,
) -> Result<(), MigrateError> {
    let failed = |error| server("make the ledger", &error);
    connection.execute(LEDGER).await.map_err(failed)?;
    let insert = "INSERT INTO align.ledger (format, system_identifier) VALUES ($1, $2)";
    let insert = sqlx::query(insert)
        .persistent(false)
        .bind(FORMAT)
        .bind(&target.system);
    insert.execute(connection).await.map_err(failed)?;
    Ok(())
}

/// Makes the ledger where there is none.
///
/// # Errors
/// [`MigrateError::Server`].
pub async fn keep(connection: &mut PgConnection, target: &Target) -> Result<(), MigrateError> {
    ensure(connection, target, false).await
}

/// Writes one line.
pub(super) async fn record(
    connection: &mut PgConnection,
    run: &Run,
    happened: Happened,
    line: &Line<'_>,
) -> Result<(), sqlx::Error> {
    let milliseconds = line
        .took
        .map(|took| i64::try_from(took.as_millis()).unwrap_or(i64::MAX));
    sqlx::query(RECORD)
        .persistent(false)
        .bind(&run.id)
        .bind(&run.pair)
        .bind(line.phase)
        .bind(line.version)
        .bind(line.name)
        .bind(happened.word())
        .bind(milliseconds)
        .bind(line.sqlstate)
        .bind(&line.checksum)
        .bind(env!("CARGO_PKG_VERSION"))
        .bind(&run.operator.user)
        .bind(&run.operator.host)
        .bind(&run.operator.consents)
        .bind(&run.operator.reason)
        .bind(&run.fingerprint)
        .bind(happened == Happened::Run)
        .execute(connection)
        .await?;
    Ok(())
}

/// The latest lines of a pair, oldest first.
///
/// # Errors
/// [`MigrateError::Server`].
pub async fn read(
    connection: &mut PgConnection,
    pair: &str,
    latest: i64,
) -> Result<Vec<Recorded>, MigrateError> {
    let failed = |error| server("read the ledger", &error);
    let rows = sqlx::query(include_str!("sql/events.sql"))
        .persistent(false)
        .bind(pair)
        .bind(latest);
    let rows = rows.fetch_all(connection).await.map_err(failed)?;
    let read = |row: &PgRow| {
        Ok(Recorded {
            at: row.try_get("at")?,
            run: row.try_get("run")?,
            phase: row.try_get("phase")?,
            name: row.try_get("name")?,
            event: row.try_get("event")?,
            duration_ms: row.try_get("duration_ms")?,
            sqlstate: row.try_get("sqlstate")?,
            by: row.try_get("by")?,
            reason: row.try_get("reason")?,
        })
    };
    rows.iter().map(|row| read(row).map_err(failed)).collect()
}

/// When the last run began that had this fingerprint, in UTC.
///
/// # Errors
/// [`MigrateError::Server`].
pub async fn begun(
    connection: &mut PgConnection,
    pair: &str,
    fingerprint: &str,
) -> Result<Option<String>, MigrateError> {
    let sql = "SELECT to_char(max(at) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS \"UTC\"') FROM align.events \
               WHERE pair = $1 AND event = 'run' AND fingerprint = $2";
    let query = sqlx::query_scalar(sql).persistent(false);
    let query = query.bind(pair).bind(fingerprint);
    let at = query.fetch_one(connection).await;
    at.map_err(|error| server("read the ledger", &error))
}

/// How many rows a run has put into quarantine, by table. Migrations make the table and write it.
///
/// # Errors
/// [`MigrateError::Server`].
pub async fn quarantined(
    connection: &mut PgConnection,
    run: &str,
) -> Result<Vec<(String, i64)>, MigrateError> {
    let failed = |error| server("count the rows in quarantine", &error);
    let exists =
        sqlx::query_scalar("SELECT to_regclass('align.quarantine') IS NOT NULL").persistent(false);
    if !exists.fetch_one(&mut *connection).await.map_err(failed)? {
        return Ok(Vec::new());
    }
    let sql = "SELECT table_name, count(*) FROM align.quarantine WHERE run::text = $1 GROUP BY 1 ORDER BY 1";
    let rows = sqlx::query_as(sql)
        .persistent(false)
        .bind(run)
        .fetch_all(connection)
        .await;
    rows.map_err(failed)
}
