//! refinery over sqlx: what refinery runs, and how it is run here.
//!
//! refinery gives a migration's SQL and the line for its history together. A migration of this program
//! is run by [`apply`] in the way its file asks for; anything else goes into one transaction.

use refinery::Migration;
use refinery_core::traits::r#async::{AsyncMigrate, AsyncQuery, AsyncTransaction};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Connection, Executor, Row};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::apply::{self, Step};
use super::error::MigrateError;
use super::session::{Session, server};

/// A connection that refinery drives.
pub struct Driver<'d, 'a> {
    means: Means<'d, 'a>,
    /// Why the last thing it was told to do failed: refinery's own error holds words alone.
    failure: Option<MigrateError>,
}

/// Tells refinery that something failed; `Driver::failure` has the rest.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failed(String);

enum Means<'d, 'a> {
    Connection(&'d mut PgConnection),
    Step {
        session: &'d mut Session<'a>,
        step: &'d Step<'d>,
    },
}

impl<'d, 'a> Driver<'d, 'a> {
    /// For what refinery does by itself: its history, and migrations that are nothing but SQL.
    pub fn reading(connection: &'d mut PgConnection) -> Self {
        Self {
            means: Means::Connection(connection),
            failure: None,
        }
    }

    /// For one migration.
    pub(super) fn running(session: &'d mut Session<'a>, step: &'d Step<'d>) -> Self {
        Self {
            means: Means::Step { session, step },
            failure: None,
        }
    }

    /// Why refinery failed.
    pub(super) fn failure(self, doing: &'static str, error: &refinery::Error) -> MigrateError {
        self.failure.unwrap_or_else(|| MigrateError::Server {
            doing,
            cause: error.to_string(),
        })
    }

    fn keep<T>(&mut self, done: Result<T, MigrateError>) -> Result<T, Failed> {
        done.map_err(|error| {
            let failed = Failed(error.to_string());
            self.failure = Some(error);
            failed
        })
    }

    fn connection(&mut self) -> &mut PgConnection {
        match &mut self.means {
            Means::Connection(connection) => connection,
            Means::Step { session, .. } => &mut session.main,
        }
    }
}

impl AsyncTransaction for Driver<'_, '_> {
    type Error = Failed;

    async fn execute<'a, T: Iterator<Item = &'a str> + Send + 'a>(
        &'a mut self,
        queries: T,
    ) -> Result<usize, Self::Error> {
        let queries: Vec<&str> = queries.collect();
        if let Means::Step { session, step } = &mut self.means
            && let [migration, closing @ ..] = queries.as_slice()
            && *migration == step.script.text
        {
            let done = apply::run(session, step, closing).await;
            return self.keep(done.map(|()| queries.len()));
        }
        let done = in_transaction(self.connection(), &queries).await;
        let done = done.map_err(|error| server("keep the history", &error));
        self.keep(done.map(|()| queries.len()))
    }
}

async fn in_transaction(
    connection: &mut PgConnection,
    queries: &[&str],
) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin().await?;
    for query in queries {
        transaction
            .execute(sqlx::raw_sql(AssertSqlSafe((*query).to_owned())))
            .await?;
    }
    transaction.commit().await
}

impl AsyncQuery<Vec<Migration>> for Driver<'_, '_> {
    async fn query<'a>(&'a mut self, query: &'a str) -> Result<Vec<Migration>, Self::Error> {
        let query = sqlx::query(AssertSqlSafe(query.to_owned())).persistent(false);
        let rows = query.fetch_all(self.connection()).await;
        let found = rows.and_then(|rows| rows.iter().map(migration).collect::<Result<Vec<_>, _>>());
        self.keep(found.map_err(|error| server("read the history", &error)))
    }
}

impl AsyncMigrate for Driver<'_, '_> {}

fn migration(row: &PgRow) -> Result<Migration, sqlx::Error> {
    let on: String = row.try_get("applied_on")?;
    let on = OffsetDateTime::parse(&on, &Rfc3339)
        .map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    let checksum: String = row.try_get("checksum")?;
    let checksum = checksum
        .parse()
        .map_err(|error| sqlx::Error::Decode(Box::<std::num::ParseIntError>::new(error)))?;
    Ok(Migration::applied(
        row.try_get("version")?,
        row.try_get("name")?,
        on,
        checksum,
    ))
}
