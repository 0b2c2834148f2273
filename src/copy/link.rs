//! A connection to one of both sides.

use std::time::Duration;

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Connection, Executor};

use super::error::{CopyError, failed};
use crate::migrate::Control;
use crate::source::postgres::{ConnectOptions, connect};
use crate::transform::SESSION;

/// How often somebody who waits looks whether the run was asked to end.
const TICK: Duration = Duration::from_millis(100);

/// Rows of whole tables are joined by their keys; what does not fit into memory is joined on disk.
const MEMORY: &str = "SELECT set_config('work_mem', '64MB', false) \
    WHERE pg_size_bytes(current_setting('work_mem')) < pg_size_bytes('64MB')";

/// A connection to one of both sides.
pub(super) struct Link {
    pub(super) connection: PgConnection,
    control: Control,
}

impl Link {
    /// Connects, with settings under which every value has one form and no row is hidden silently.
    pub(super) async fn open(
        options: &ConnectOptions,
        control: &Control,
        name: &str,
    ) -> Result<Self, CopyError> {
        let connection = connect(options).await?;
        let mut link = Self {
            connection,
            control: control.clone(),
        };
        let mut settings = vec![
            "SET idle_in_transaction_session_timeout = 0".to_owned(),
            "SET statement_timeout = 0".to_owned(),
            "SET row_security = off".to_owned(),
            // Compiling an expression of a mapping takes longer than evaluating it for a whole range.
            "SET jit = off".to_owned(),
            "SET client_min_messages = error".to_owned(),
            MEMORY.to_owned(),
            format!(
                "SET application_name = {}",
                crate::ddl::literal(&name[..name.floor_char_boundary(63)])
            ),
        ];
        let forms = SESSION.iter();
        settings.extend(
            forms.map(|(name, value)| format!("SET {name} = {}", crate::ddl::literal(value))),
        );
        link.run(&settings.join("; "), "prepare the session")
            .await?;
        // Not every platform can see that a client is gone.
        match link
            .connection
            .execute("SET client_connection_check_interval = '1s'")
            .await
        {
            Ok(_) => {}
            Err(error) if error.as_database_error().is_some() => {}
            Err(error) => return Err(failed("prepare the session")(error)),
        }
        Ok(link)
    }

    /// Runs SQL that gives nothing back, and tells how many rows it changed.
    pub(super) async fn run(&mut self, sql: &str, doing: &str) -> Result<u64, CopyError> {
        let work = self
            .connection
            .execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned())));
        let done = or_stopped(&self.control, work).await?;
        done.map(|done| done.rows_affected()).map_err(failed(doing))
    }

    /// Runs a query.
    pub(super) async fn rows(&mut self, sql: &str, doing: &str) -> Result<Vec<PgRow>, CopyError> {
        let query = sqlx::query(AssertSqlSafe(sql.to_owned())).persistent(false);
        let rows = or_stopped(&self.control, query.fetch_all(&mut self.connection)).await?;
        rows.map_err(failed(doing))
    }

    /// Runs a query that gives one row.
    pub(super) async fn row(&mut self, sql: &str, doing: &str) -> Result<PgRow, CopyError> {
        let query = sqlx::query(AssertSqlSafe(sql.to_owned())).persistent(false);
        let row = or_stopped(&self.control, query.fetch_one(&mut self.connection)).await?;
        row.map_err(failed(doing))
    }

    /// Ends a transaction that failed.
    pub(super) async fn roll_back(&mut self) {
        // A connection that cannot roll back is gone, and the server rolls back.
        match self.connection.execute("ROLLBACK").await {
            Ok(_) | Err(_) => {}
        }
    }

    pub(super) async fn close(self) {
        // The server frees everything when the process is gone, at the latest.
        match self.connection.close().await {
            Ok(()) | Err(_) => {}
        }
    }
}

/// Waits, unless the run is asked to end: then the connection is of no use any more.
pub(super) async fn or_stopped<T>(
    control: &Control,
    work: impl Future<Output = T>,
) -> Result<T, CopyError> {
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return Ok(done),
            () = tokio::time::sleep(TICK) => {}
        }
        if control.is_stopped() {
            return Err(CopyError::Interrupted);
        }
    }
}
