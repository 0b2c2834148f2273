//! `align.quarantine`: rows that could not be copied, and what became of them.

use std::collections::BTreeMap;

use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};

use super::error::{CopyError, failed};
use super::link::Link;
use super::plan::Plan;

const LIST: &str = include_str!("sql/list.sql");
const RESOLVE: &str = include_str!("sql/resolve.sql");
const KNOWN: &str = "SELECT to_regclass('align.quarantine') IS NOT NULL";
const OPEN: &str = "SELECT DISTINCT q.table_name, q.key::text AS key FROM align.quarantine AS q \
    WHERE q.resolved_at IS NULL AND q.run IN (SELECT c.run::text FROM align.copies AS c)";
const ALL: &str = "SELECT count(*) AS lines FROM align.quarantine AS q WHERE q.resolved_at IS NULL";
const OTHERS: &str = "SELECT count(*) AS lines FROM align.quarantine AS q WHERE q.resolved_at IS NULL \
    AND NOT EXISTS (SELECT FROM align.copies AS c WHERE c.run::text = q.run)";

/// A line of the quarantine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number.
    pub id: i64,
    /// The run that put it there.
    pub run: Option<String>,
    /// When, in UTC.
    pub at: String,
    /// The source's table.
    pub table: String,
    /// The row's key, as JSON.
    pub key: String,
    /// The target's column.
    pub column: String,
    /// Why.
    pub code: String,
    /// The same in words.
    pub message: Option<String>,
    /// The value.
    pub value: Option<String>,
    /// The whole row, as JSON.
    pub row: Option<String>,
    /// When and how it was dealt with.
    pub resolved: Option<(String, Option<String>)>,
}

/// Which lines.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of that table.
    pub table: Option<String>,
    /// With that code.
    pub code: Option<String>,
    /// Of that run.
    pub run: Option<String>,
    /// Those alone.
    pub ids: Vec<i64>,
    /// Also those that were dealt with.
    pub all: bool,
}

/// The lines, in the order of their numbers.
///
/// # Errors
/// [`CopyError::Server`].
pub async fn list(connection: &mut PgConnection, filter: &Filter) -> Result<Vec<Line>, CopyError> {
    let doing = "read the quarantine";
    if !is_known(connection).await? {
        return Ok(Vec::new());
    }
    // Migrations make a table without the columns that only a copy fills.
    let rows = sqlx::query(LIST)
        .persistent(false)
        .bind(&filter.table)
        .bind(&filter.code)
        .bind(&filter.run)
        .bind(&filter.ids)
        .bind(filter.all)
        .fetch_all(connection)
        .await
        .map_err(failed(doing))?;
    let read = |row: &PgRow| -> Result<Line, sqlx::Error> {
        let at: Option<String> = row.try_get("resolved_at")?;
        let how: Option<String> = row.try_get("resolution")?;
        Ok(Line {
            id: row.try_get("id")?,
            run: row.try_get("run")?,
            at: row.try_get("at")?,
            table: row.try_get("table_name")?,
            key: row.try_get("key")?,
            column: row.try_get("column_name")?,
            code: row.try_get("code")?,
            message: row.try_get("message")?,
            value: row.try_get("value")?,
            row: row.try_get("row_data")?,
            resolved: at.map(|at| (at, how)),
        })
    };
    rows.iter()
        .map(read)
        .collect::<Result<_, _>>()
        .map_err(failed(doing))
}

/// Marks lines as dealt with, and tells how many.
///
/// # Errors
/// [`CopyError::Server`].
pub async fn resolve(
    connection: &mut PgConnection,
    filter: &Filter,
    reason: &str,
) -> Result<u64, CopyError> {
    if !is_known(connection).await? {
        return Ok(0);
    }
    let doing = "mark lines of the quarantine";
    let add = "ALTER TABLE align.quarantine ADD COLUMN IF NOT EXISTS resolution text";
    sqlx::query(add)
        .persistent(false)
        .execute(&mut *connection)
        .await
        .map_err(failed(doing))?;
    let done = sqlx::query(RESOLVE)
        .persistent(false)
        .bind(&filter.table)
        .bind(&filter.code)
        .bind(&filter.run)
        .bind(&filter.ids)
        .bind(reason)
        .execute(connection)
        .await
        .map_err(failed(doing))?;
    Ok(done.rows_affected())
}

async fn is_known(connection: &mut PgConnection) -> Result<bool, CopyError> {
    let known = sqlx::query_scalar(KNOWN)
        .persistent(false)
        .fetch_one(connection);
    known.await.map_err(failed("look for the quarantine"))
}

/// What is said of open lines that are not a copy's: whoever retries would wait for them in vain.
pub(super) async fn left_by_migrations(
    target: &mut Link,
    has_copies: bool,
) -> Result<Option<String>, CopyError> {
    let doing = "read the quarantine";
    if !is_known(&mut target.connection).await? {
        return Ok(None);
    }
    let others = if has_copies { OTHERS } else { ALL };
    let row = target.row(others, doing).await?;
    let lines: i64 = row.try_get("lines").map_err(failed(doing))?;
    Ok((lines > 0).then(|| {
        format!(
            "{lines} lines are of migrations, and no copy retries them: mend those rows in their tables, and close \
             what is left with `align quarantine resolve`"
        )
    }))
}

/// The keys of the rows that copies have put into quarantine, by table.
pub(super) async fn open_keys(
    target: &mut Link,
    plan: &Plan,
) -> Result<BTreeMap<String, Vec<Vec<String>>>, CopyError> {
    let doing = "read the quarantine";
    let rows = target.rows(OPEN, doing).await?;
    let mut keys: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
    for row in &rows {
        let name: String = row.try_get("table_name").map_err(failed(doing))?;
        let key: String = row.try_get("key").map_err(failed(doing))?;
        let Some(table) = plan.tables.iter().find(|table| table.name == name) else {
            continue;
        };
        let Ok(serde_json::Value::Object(members)) = serde_json::from_str(&key) else {
            continue;
        };
        let parts = table
            .key
            .iter()
            .map(|column| match members.get(column.name.as_str())? {
                serde_json::Value::String(text) => Some(text.clone()),
                serde_json::Value::Null => None,
                other => Some(other.to_string()),
            });
        if let Some(key) = parts.collect() {
            keys.entry(name).or_default().push(key);
        }
    }
    Ok(keys)
}
