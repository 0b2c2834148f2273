//! Sequences that stay where they are while inserts are tried.
//!
//! `nextval` is not taken back with its transaction. But `ALTER SEQUENCE` gives the transaction a sequence of its own
//! until it ends, and others who want a number wait for it as long.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor, Row};

use super::error::{VerifyError, server, words};

const COUNTERS: &str = include_str!("sql/counters.sql");

/// Holds every sequence of the namespaces for the transaction at hand, as long as its lock timeout lets it wait. Gives those that cannot be held, with the reason.
pub(super) async fn hold(
    connection: &mut PgConnection,
    namespaces: &[&str],
) -> Result<Vec<String>, VerifyError> {
    let doing = "hold the sequences";
    let failed = |error: sqlx::Error| server(doing, &error);
    let query = sqlx::query(COUNTERS).persistent(false).bind(namespaces);
    let rows = query.fetch_all(&mut *connection).await.map_err(failed)?;
    let mut moving = Vec::new();
    for row in &rows {
        let name: String = row.try_get("name").map_err(failed)?;
        let cache: i64 = row.try_get("cache").map_err(failed)?;
        run(connection, "SAVEPOINT align_counter")
            .await
            .map_err(failed)?;
        let held = run(connection, &format!("ALTER SEQUENCE {name} CACHE {cache}")).await;
        match held {
            Ok(()) => run(connection, "RELEASE SAVEPOINT align_counter")
                .await
                .map_err(failed)?,
            Err(error) if error.as_database_error().is_some() => {
                moving.push(format!("`{name}`: {}", words(&error)));
                run(connection, "ROLLBACK TO SAVEPOINT align_counter")
                    .await
                    .map_err(failed)?;
            }
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(moving)
}

async fn run(connection: &mut PgConnection, sql: &str) -> Result<(), sqlx::Error> {
    connection
        .execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned())))
        .await?;
    Ok(())
}
