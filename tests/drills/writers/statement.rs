//! A connection of an application's, that takes the time of each statement; and what it has written.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgRow};
use sqlx::query::Query;
use sqlx::{Connection, Executor, Postgres, Row};

use super::{Scene, Stage};
use crate::clara::Surroundings;
use crate::cluster::Database;
use crate::ground::{app, owner};

/// How long a statement took.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) what: &'static str,
    pub(super) stage: Stage,
    pub(super) took: Duration,
}

/// Who an application is for the database.
#[derive(Debug, Clone, Copy)]
pub(super) enum Who {
    /// With grants of its own.
    App,
    /// The service key, where there is one.
    Service,
    /// The service key, or who owns the tables.
    Crm,
}

/// What stands in a row since its writer wrote it last; `None` where it wrote nothing.
#[derive(Debug, Default, Clone)]
struct Wrote {
    name: String,
    size: Option<String>,
}

/// Rows that only one application writes.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// Whether names and sizes are of the new form.
    pub(super) new_form: bool,
    rows: BTreeMap<String, Wrote>,
}

/// What an application tells in the end.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) entries: Vec<Entry>,
    pub(super) failed: Option<String>,
    pub(super) wrote: Rows,
}

/// A connection, and the time.
pub(super) struct Client<'s> {
    connection: PgConnection,
    scene: &'s Scene,
    pub(super) report: Report,
}

impl<'s> Client<'s> {
    /// As applications of Clara's connect once they know of the schema `clara`.
    pub(super) async fn connect(
        db: &Database<'_>,
        scene: &'s Scene,
        who: Who,
        surroundings: Surroundings,
    ) -> Result<Self, sqlx::Error> {
        let is_service = surroundings == Surroundings::Supabase && !matches!(who, Who::App);
        let role = match who {
            _ if is_service => "authenticator",
            Who::Crm => owner(),
            Who::App | Who::Service => app(),
        };
        let options = PgConnectOptions::new()
            .socket(db.cluster.socket())
            .port(db.cluster.port())
            .username(role)
            .database(&db.name)
            .application_name("drill");
        let mut connection = PgConnection::connect_with(&options).await?;
        connection
            .execute("SET search_path = clara, public")
            .await?;
        if is_service {
            let claims =
                "SET ROLE service_role; SET request.jwt.claims = '{\"role\": \"service_role\"}'";
            connection.execute(sqlx::raw_sql(claims)).await?;
        }
        Ok(Self {
            connection,
            scene,
            report: Report::default(),
        })
    }

    /// Runs a statement, which is prepared when it comes for the first time; gives the first row's text.
    pub(super) async fn run(
        &mut self,
        what: &'static str,
        query: Query<'_, Postgres, PgArguments>,
    ) -> Result<Option<String>, sqlx::Error> {
        let began = Instant::now();
        let done = self.timed(what, query).await;
        if let Err(error) = &done {
            let (version, took) = (self.scene.version(), began.elapsed());
            self.report.failed = Some(format!("{what} after V{version}, {took:?}: {error}"));
        }
        done
    }

    /// The same for one that a unique key may refuse.
    pub(super) async fn run_unless_taken(
        &mut self,
        what: &'static str,
        query: Query<'_, Postgres, PgArguments>,
    ) -> Result<(), sqlx::Error> {
        match self.timed(what, query).await {
            Err(error) if !is_taken(&error) => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    async fn timed(
        &mut self,
        what: &'static str,
        query: Query<'_, Postgres, PgArguments>,
    ) -> Result<Option<String>, sqlx::Error> {
        let stage = self.scene.stage();
        let began = Instant::now();
        let done = query.fetch_all(&mut self.connection).await;
        let took = began.elapsed();
        self.report.entries.push(Entry { what, stage, took });
        let rows = done?;
        Ok(rows
            .first()
            .and_then(|row: &PgRow| row.try_get::<String, _>(0).ok()))
    }
}

/// Whether somebody has the name already.
fn is_taken(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| code == "23505")
}

impl Rows {
    /// Takes note of a row.
    pub(super) fn wrote(&mut self, id: Option<String>, name: &str, size: Option<&str>) {
        let id = id.expect("the statement gives the row's key");
        self.rows.insert(
            id,
            Wrote {
                name: name.to_owned(),
                size: size.map(str::to_owned),
            },
        );
    }

    /// The key of one of them, as chance has it.
    pub(super) fn any(&self, n: usize) -> Option<String> {
        self.rows
            .keys()
            .nth(n.checked_rem(self.rows.len())?)
            .cloned()
    }

    /// Each row holds what was written last, in the form in which it was; gives their number.
    pub(super) fn check(&self, db: &Database<'_>) -> usize {
        let (name, size) = match self.new_form {
            true => ("client_name", "company_size::text"),
            false => ("name", "company_size_raw"),
        };
        self.compare(db, name, size)
    }

    /// The same when there is but the old form again.
    pub(super) fn check_old_form(&self, db: &Database<'_>) -> usize {
        self.compare(db, "name", "company_size")
    }

    fn compare(&self, db: &Database<'_>, name: &str, size: &str) -> usize {
        let quote = |text: &str| format!("'{}'", text.replace('\'', "''"));
        let values = self.rows.iter().map(|(id, wrote)| {
            let size = wrote.size.as_deref().map_or("NULL".to_owned(), quote);
            format!(
                "({}::uuid, {}, {size}::text)",
                quote(id),
                quote(&wrote.name)
            )
        });
        let values: Vec<String> = values.collect();
        if values.is_empty() {
            return 0;
        }
        let differing = db.psql(&format!(
            "SELECT w.*, c.{name}, c.{size} FROM (VALUES {}) AS w (id, name, size) LEFT JOIN public.clients AS c ON c.id = w.id
             WHERE w.name IS DISTINCT FROM c.{name} OR (w.size IS NOT NULL AND w.size IS DISTINCT FROM c.{size}) LIMIT 5",
            values.join(", ")
        ));
        assert_eq!(
            differing, "",
            "rows that hold something else than was written"
        );
        values.len()
    }
}
