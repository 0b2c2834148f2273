//! A connection to one of both servers, in a snapshot of its own.

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Executor, Row};

use crate::source::postgres::{ConnectOptions, connect, ends_session};
use crate::transform::SESSION;
use crate::verify::VerifyError;
use crate::verify::error::{server, words};

use super::side::SAME_HASH;

const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// A connection to one of both servers.
#[derive(Debug)]
pub(super) struct Session {
    connection: PgConnection,
    /// Another one in the same snapshot, where the server has room for it.
    pub(super) second: Option<Box<Self>>,
}

/// What went wrong with one question.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The server said why, in these words; other questions may be asked.
    Said(String),
    /// Nothing can be asked any more.
    Lost(VerifyError),
}

impl Session {
    /// Connects, with settings under which every value has one form and no row is hidden silently.
    pub(super) async fn open(
        options: &ConnectOptions,
        milliseconds: u128,
    ) -> Result<Self, VerifyError> {
        let connection = connect(options).await?;
        let mut session = Self {
            connection,
            second: None,
        };
        let mut settings = vec![
            "SET idle_in_transaction_session_timeout = 0".to_owned(),
            format!("SET statement_timeout = {milliseconds}"),
            "SET row_security = off".to_owned(),
            "SET default_transaction_read_only = on".to_owned(),
            "SET jit = off".to_owned(),
            "SET client_min_messages = error".to_owned(),
            "SET application_name = 'align verify'".to_owned(),
        ];
        let forms = SESSION.iter();
        settings.extend(
            forms.map(|(name, value)| format!("SET {name} = {}", crate::ddl::literal(value))),
        );
        let settings = sqlx::raw_sql(AssertSqlSafe(settings.join("; ")));
        let set = session.connection.execute(settings).await;
        set.map_err(|error| server("prepare the session", &error))?;
        // Not every platform can see that a client is gone.
        let watch = "SET client_connection_check_interval = '1s'";
        match session.connection.execute(watch).await {
            Ok(_) => {}
            Err(error) if error.as_database_error().is_some() => {}
            Err(error) => return Err(server("prepare the session", &error)),
        }
        Ok(session)
    }

    /// What the server's hash makes of some bytes; `None` where it has none.
    pub(super) async fn hash(&mut self) -> Option<String> {
        let query = sqlx::query_scalar(SAME_HASH).persistent(false);
        query.fetch_one(&mut self.connection).await.ok()
    }

    /// Opens the snapshot that everything after it sees, and a second session in it.
    pub(super) async fn begin(
        &mut self,
        options: &ConnectOptions,
        milliseconds: u128,
    ) -> Result<(), VerifyError> {
        self.run(BEGIN, "open a snapshot").await?;
        let name = sqlx::query_scalar("SELECT pg_export_snapshot()").persistent(false);
        let name: String = match name.fetch_one(&mut self.connection).await {
            Ok(name) => name,
            // Not every server can share one.
            Err(error) if error.as_database_error().is_some() => {
                self.run("ROLLBACK", "open a snapshot").await?;
                self.run(BEGIN, "open a snapshot").await?;
                return self.run("SELECT 1", "open a snapshot").await;
            }
            Err(error) => return Err(server("open a snapshot", &error)),
        };
        if let Ok(mut second) = Self::open(options, milliseconds).await {
            let join = format!("SET TRANSACTION SNAPSHOT {}", crate::ddl::literal(&name));
            second.run(BEGIN, "open a snapshot").await?;
            match second.run(&join, "share a snapshot").await {
                Ok(()) => self.second = Some(Box::new(second)),
                Err(_) => second.end().await,
            }
        }
        Ok(())
    }

    async fn run(&mut self, sql: &str, doing: &'static str) -> Result<(), VerifyError> {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        let done = self.connection.execute(sql).await;
        done.map(|_| ()).map_err(|error| server(doing, &error))
    }

    /// Marks where [`Session::back`] leads after a question that the server did not answer.
    pub(super) async fn mark(&mut self) -> Result<(), VerifyError> {
        self.on_both("SAVEPOINT align_against", "mark a place")
            .await
    }

    pub(super) async fn back(&mut self) -> Result<(), VerifyError> {
        let back = "ROLLBACK TO SAVEPOINT align_against";
        self.on_both(back, "go on after a failure").await
    }

    async fn on_both(&mut self, sql: &str, doing: &'static str) -> Result<(), VerifyError> {
        self.run(sql, doing).await?;
        match &mut self.second {
            Some(second) => second.run(sql, doing).await,
            None => Ok(()),
        }
    }

    /// Runs a query.
    pub(super) async fn rows(&mut self, sql: &str) -> Result<Vec<PgRow>, Trouble> {
        let query = sqlx::query(AssertSqlSafe(sql.to_owned())).persistent(false);
        query
            .fetch_all(&mut self.connection)
            .await
            .map_err(|error| Trouble::of(&error))
    }

    /// Lists of texts that a query gives in its column `key`.
    pub(super) async fn keys(&mut self, sql: &str) -> Result<Vec<Vec<String>>, Trouble> {
        let rows = self.rows(sql).await?;
        let mut keys = Vec::new();
        for row in &rows {
            let key: Vec<Option<String>> =
                row.try_get("key").map_err(|error| Trouble::of(&error))?;
            keys.extend(key.into_iter().collect::<Option<Vec<String>>>());
        }
        Ok(keys)
    }

    /// The transactions end with the connections, which wrote nothing.
    pub(super) async fn close(mut self) {
        if let Some(second) = self.second.take() {
            second.end().await;
        }
        self.end().await;
    }

    async fn end(self) {
        match sqlx::Connection::close(self.connection).await {
            Ok(()) | Err(_) => {}
        }
    }
}

impl Trouble {
    pub(super) fn of(error: &sqlx::Error) -> Self {
        let reported = error.as_database_error();
        let code = reported.and_then(|reported| reported.code());
        if code.is_none_or(|code| ends_session(&code)) {
            Self::Lost(server("compare rows", error))
        } else {
            Self::Said(words(error))
        }
    }
}
