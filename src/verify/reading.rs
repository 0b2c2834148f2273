//! The transactions that verification reads in: one state of the database, and nothing is written.

use std::time::Duration;

use sqlx::Executor;
use sqlx::postgres::PgConnection;

use super::error::{VerifyError, server};
use crate::schema::quote;

const READ: &str = include_str!("sql/read.sql");

/// Begins; rows that row security would hide make a question fail. `home` is where names are found.
pub(super) async fn begin(
    connection: &mut PgConnection,
    home: Option<&str>,
    budget: Duration,
) -> Result<(), VerifyError> {
    let begun = connection.execute(READ).await;
    begun.map_err(|error| server("begin to read", &error))?;
    let path = home.map(|home| format!("pg_catalog, {}", quote(home)));
    let milliseconds = budget.as_millis().to_string();
    for (name, value) in [
        ("search_path", path),
        ("statement_timeout", Some(milliseconds)),
    ] {
        if let Some(value) = value {
            let set = sqlx::query("SELECT set_config($1, $2, true)").persistent(false);
            let set = set.bind(name).bind(value).execute(&mut *connection).await;
            set.map_err(|error| server("set up the reading", &error))?;
        }
    }
    Ok(())
}

/// Ends it.
pub(super) async fn end(connection: &mut PgConnection) -> Result<(), VerifyError> {
    let ended = connection.execute("ROLLBACK").await;
    ended.map_err(|error| server("end the reading", &error))?;
    Ok(())
}
