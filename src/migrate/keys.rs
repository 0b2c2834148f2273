//! The key of a batch: what it is, and where windows end.

use sqlx::{AssertSqlSafe, Row};

use super::apply::Step;
use super::directive::Batch;
use super::error::MigrateError;
use super::progress::Progress;
use super::session::{Session, server};
use super::window::{Pass, Share, Window, updates};

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
/// Of a table whose rows lie in the order of the key.
const PASSES: u32 = 8;
/// Windows that a pass must have to be worth it.
const WORTH: i64 = 4;

/// The table and its key, as SQL writes them.
pub(super) struct Keys {
    pub(super) table: String,
    pub(super) key: String,
    pub(super) key_type: String,
    /// By the server's estimate.
    pub(super) rows: Option<i64>,
    /// How often the key had best be walked through.
    pub(super) passes: u32,
    share: Share,
}

/// The next window.
#[derive(Debug)]
pub(super) struct Span {
    /// Its last key.
    pub(super) through: String,
    /// Keys in it, to be changed or not.
    pub(super) rows: u32,
}

impl Keys {
    pub(super) async fn read(
        session: &mut Session<'_>,
        step: &Step<'_>,
        batch: &Batch,
    ) -> Result<Self, MigrateError> {
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
        let row =
            row.ok_or_else(|| unfit(format!("there is no column `{named}.{}`", batch.key)))?;
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
        let rows: Option<i64> = row.try_get("rows").map_err(failed)?;
        let in_order: bool = row.try_get("in_order").map_err(failed)?;
        let mut statements = step.script.statements.iter();
        let leaves_versions = statements.any(|statement| updates(statement, batch));
        let worth = i64::from(batch.size) * i64::from(PASSES) * WORTH;
        let pays = in_order && leaves_versions && rows.is_some_and(|rows| rows >= worth);
        Ok(Self {
            table: row.try_get("table_name").map_err(failed)?,
            key: batch.key.to_string(),
            key_type,
            rows,
            passes: batch.passes.unwrap_or(if pays { PASSES } else { 1 }),
            share: match base.as_str() {
                "uuid" => Share::Uuid,
                "text" | "character varying" => Share::Text,
                _ => Share::Number,
            },
        })
    }

    /// The largest key there is.
    pub(super) async fn last(
        &self,
        session: &mut Session<'_>,
    ) -> Result<Option<String>, MigrateError> {
        let (key, table) = (&self.key, &self.table);
        let sql = format!(
            "SELECT max_key::text FROM (SELECT {key} AS max_key FROM {table} ORDER BY {key} DESC LIMIT 1) AS last"
        );
        let query = sqlx::query_scalar(AssertSqlSafe(sql)).persistent(false);
        let found = query.fetch_optional(&mut session.main).await;
        found.map_err(|error| server("read the keys of a batch", &error))
    }

    /// The next window of the pass, of so many rows at most; `None` when the pass is done.
    pub(super) async fn next(
        &self,
        session: &mut Session<'_>,
        progress: &Progress,
        upper_end: &str,
        size: u32,
    ) -> Result<Option<Span>, MigrateError> {
        if progress.position.as_deref() == Some(upper_end) {
            return Ok(None);
        }
        let condition = self.window(progress, upper_end).condition(&self.key);
        let (table, key) = (&self.table, &self.key);
        let sql = format!(
            "SELECT span.last_key::text AS through, count(*) OVER () AS rows \
             FROM (SELECT {key} AS last_key FROM {table} WHERE {condition} ORDER BY {key} LIMIT {size}) AS span \
             ORDER BY span.last_key DESC LIMIT 1"
        );
        let query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
        let failed = |error| server("read the keys of a batch", &error);
        let found = query.fetch_optional(&mut session.main).await;
        let Some(row) = found.map_err(failed)? else {
            return Ok(None);
        };
        let rows: i64 = row.try_get("rows").map_err(failed)?;
        Ok(Some(Span {
            through: row.try_get("through").map_err(failed)?,
            rows: u32::try_from(rows).unwrap_or(u32::MAX),
        }))
    }

    /// Whether several rows have this key, so that they cannot be told apart.
    pub(super) async fn is_shared(
        &self,
        session: &mut Session<'_>,
        key: &str,
    ) -> Result<bool, MigrateError> {
        let (table, column, ty) = (&self.table, &self.key, &self.key_type);
        let sql = format!(
            "SELECT count(*) > 1 FROM (SELECT FROM {table} WHERE {column} = $1::text::{ty} LIMIT 2) AS same"
        );
        let query = sqlx::query_scalar(AssertSqlSafe(sql)).persistent(false);
        let found = query.bind(key).fetch_one(&mut session.main).await;
        found.map_err(|error| server("read the keys of a batch", &error))
    }

    /// From where the batch is.
    pub(super) fn window<'w>(&'w self, progress: &'w Progress, through: &'w str) -> Window<'w> {
        Window {
            after: progress.position.as_deref(),
            through,
            key_type: &self.key_type,
            pass: Pass {
                number: progress.pass,
                of: progress.passes,
                by: self.share,
            },
        }
    }
}
