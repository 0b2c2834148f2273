//! SQL into a database of the scratch server, where nothing but the run itself can be harmed.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor};

use crate::schema::QualifiedName;

/// Runs a text of SQL as it stands.
///
/// # Errors
/// The server's, at the first statement that fails; those before it in the text are undone with it.
pub async fn run(connection: &mut PgConnection, sql: &str) -> Result<(), sqlx::Error> {
    connection
        .execute(sqlx::raw_sql(AssertSqlSafe(sql)))
        .await
        .map(|_| ())
}

/// How many rows a table has.
///
/// # Errors
/// The server's.
pub async fn count(
    connection: &mut PgConnection,
    table: &QualifiedName,
) -> Result<i64, sqlx::Error> {
    let count = AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
    sqlx::query_scalar(count)
        .persistent(false)
        .fetch_one(connection)
        .await
}
