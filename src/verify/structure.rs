//! What a catalog shows by itself: indexes that no query uses, constraints that were never checked,
//! sequences behind their column, triggers that are off.

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Row};

use super::error::{VerifyError, server};
use super::{Check, Finding, Section};
use crate::source::postgres::count;

const STRUCTURE: &str = include_str!("sql/structure.sql");
const EXPOSED: &str = include_str!("sql/exposed.sql");
const SEQUENCES: &str = include_str!("sql/sequences.sql");

/// What `structure.sql` looks for.
const NAMES: [&str; 4] = [
    "every index is valid",
    "every constraint is validated",
    "every trigger is on",
    "every view lets its reader's rights decide",
];

/// Looks at the catalog of the namespaces, and at the columns that sequences fill.
///
/// # Errors
/// [`VerifyError::Server`].
pub async fn check(
    connection: &mut PgConnection,
    namespaces: &[String],
) -> Result<Vec<Check>, VerifyError> {
    let doing = "read the catalog";
    let query = sqlx::query(STRUCTURE).persistent(false).bind(namespaces);
    let rows = query.fetch_all(&mut *connection).await;
    let rows = rows.map_err(|error| server(doing, &error))?;
    let read = |row: &PgRow| -> Result<(String, u64, Option<String>), sqlx::Error> {
        Ok((
            row.try_get("kind")?,
            count(row, "seen")?,
            row.try_get("message")?,
        ))
    };
    let mut checks = Vec::new();
    for name in NAMES {
        let mut seen = 0;
        let mut findings = Vec::new();
        for row in &rows {
            let (kind, looked_at, message) = read(row).map_err(|error| server(doing, &error))?;
            if kind == name {
                seen = looked_at;
                findings.extend(message.map(Finding::new));
            }
        }
        checks.push(Check::of(Section::Structure, name, seen, findings));
    }
    checks.push(sequences(connection, namespaces).await?);
    Ok(checks)
}

/// What a sequence gives next must lie beyond every value of its column, or an insert fails some day.
async fn sequences(
    connection: &mut PgConnection,
    namespaces: &[String],
) -> Result<Check, VerifyError> {
    let doing = "compare the sequences";
    let failed = |error: sqlx::Error| server(doing, &error);
    let query = sqlx::query(SEQUENCES).persistent(false).bind(namespaces);
    let rows = query.fetch_all(&mut *connection).await.map_err(failed)?;
    let mut findings = Vec::new();
    for row in &rows {
        let sequence: String = row.try_get("sequence").map_err(failed)?;
        let table: String = row.try_get("of_table").map_err(failed)?;
        let column: String = row.try_get("of_column").map_err(failed)?;
        let up: bool = row.try_get("up").map_err(failed)?;
        let (furthest, behind) = if up { ("max", "<") } else { ("min", ">") };
        let sql = format!(
            "SELECT coalesce((SELECT {furthest}({column}) FROM {table}) >= s.last_value AND NOT s.is_called \
             OR s.last_value {behind} (SELECT {furthest}({column}) FROM {table}), false) FROM {sequence} AS s"
        );
        let sql = if up { sql } else { sql.replacen(">=", "<=", 1) };
        let query = sqlx::query_scalar(AssertSqlSafe(sql.clone())).persistent(false);
        let is_behind: bool = query.fetch_one(&mut *connection).await.map_err(failed)?;
        if is_behind {
            let message = format!(
                "{sequence} is behind {table}.{column}: the next insert may meet a key that exists"
            );
            findings.push(Finding::new(message).shown_by(sql));
        }
    }
    let seen = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    Ok(Check::of(
        Section::Structure,
        "every sequence is ahead of its column",
        seen,
        findings,
    ))
}

/// What the role of visitors may do with tables and views that are not among `known`: neither the target nor
/// the mapping speaks of them, so nobody meant them to be open.
///
/// # Errors
/// [`VerifyError::Server`].
pub(super) async fn exposed(
    connection: &mut PgConnection,
    namespaces: &[String],
    visitor: &str,
    known: &[String],
) -> Result<Vec<Finding>, VerifyError> {
    let failed = |error: sqlx::Error| server("look at what visitors reach", &error);
    let query = sqlx::query_scalar(EXPOSED).persistent(false);
    let query = query.bind(namespaces).bind(visitor).bind(known);
    let open: Vec<String> = query.fetch_all(connection).await.map_err(failed)?;
    Ok(open.into_iter().map(Finding::new).collect())
}
