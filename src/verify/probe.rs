//! Statements that are tried as somebody else, and never last.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Executor, Row};

use super::counters;
use super::error::{OUT_OF_TIME, UNFINISHED, VerifyError, server, words};
use crate::mapping::{Actor, Step, can_be_tried};
use crate::schema::{Ident, quote};
use crate::source::postgres::ends_session;

const BEGIN: &str = include_str!("sql/begin.sql");
/// A probe holds locks, and touches one row.
const LONGEST: Duration = Duration::from_secs(30);
/// For a lock that somebody else has.
const PATIENCE: &str = "2s";
const ROLES: &str = include_str!("sql/roles.sql");

/// A transaction that only tries things. It ends with [`Probes::end`] or with the connection, and is
/// rolled back either way.
#[derive(Debug)]
pub struct Probes<'c> {
    connection: &'c mut PgConnection,
    /// Sequences that an insert moves on for good, with the reason.
    pub(super) moving: Vec<String>,
}

/// A step, and who takes it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn<'a> {
    /// Its number, from 1.
    pub(super) at: usize,
    pub(super) step: &'a Step,
    /// Nobody is who is connected.
    pub(super) actor: Option<&'a Actor>,
    /// Whether the actor's role is not there, and who is connected has their claims alone.
    pub(super) stands_in: bool,
}

/// What became of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// It ran, and gave or changed as many rows.
    Rows(u64),
    /// It failed.
    Failed {
        /// The server's code.
        sqlstate: String,
        /// The server's message.
        message: String,
    },
}

/// Which roles can be tried.
#[derive(Debug, Clone, Default)]
pub struct Roles {
    troubles: BTreeMap<String, String>,
    absent: BTreeSet<String>,
}

impl Roles {
    /// Asks which of the actors' roles are there, and can be taken by who is connected.
    ///
    /// # Errors
    /// [`VerifyError::Server`].
    pub async fn read(
        connection: &mut PgConnection,
        actors: &[Actor],
    ) -> Result<Self, VerifyError> {
        let names: Vec<&str> = actors.iter().map(|actor| actor.role.as_str()).collect();
        let query = sqlx::query(ROLES).persistent(false).bind(names);
        let rows = query.fetch_all(connection).await;
        let rows = rows.map_err(|error| server("ask for the roles", &error))?;
        let read = |row: &PgRow| -> Result<(String, bool, bool, String), sqlx::Error> {
            Ok((
                row.try_get("name")?,
                row.try_get("there")?,
                row.try_get("member")?,
                row.try_get("me")?,
            ))
        };
        let (mut troubles, mut absent) = (BTreeMap::new(), BTreeSet::new());
        for row in &rows {
            let (name, there, member, me) =
                read(row).map_err(|error| server("read the roles", &error))?;
            let quoted = quote(&name);
            if !there {
                absent.insert(name.clone());
                troubles.insert(name, format!("there is no role `{quoted}`"));
            } else if !member {
                let grant = format!("GRANT {quoted} TO {};", quote(&me));
                troubles.insert(name, format!("`{me}` is no member of it: {grant}"));
            }
        }
        Ok(Self { troubles, absent })
    }

    /// Whether an actor's role is not there.
    pub(super) fn lacks(&self, actor: &Actor) -> bool {
        self.absent.contains(actor.role.as_str())
    }

    /// Names of roles that are not there.
    pub fn absent(&self) -> BTreeSet<String> {
        self.absent.clone()
    }

    /// Why nothing can be tried as this actor.
    pub(super) fn trouble(&self, actor: &Actor) -> Option<String> {
        let why = self.troubles.get(actor.role.as_str())?;
        Some(format!("{}: {why}", actor.name))
    }
}

/// Whether a database has no such namespace.
///
/// # Errors
/// [`VerifyError::Server`].
pub async fn lacks_namespace(
    connection: &mut PgConnection,
    name: &Ident,
) -> Result<bool, VerifyError> {
    let query = sqlx::query_scalar("SELECT to_regnamespace(quote_ident($1)) IS NULL");
    let query = query.persistent(false).bind(name.as_str());
    let lacks = query.fetch_one(connection).await;
    lacks.map_err(|error| server("ask for a namespace", &error))
}

impl<'c> Probes<'c> {
    /// Begins, with names found in the namespace `home` and the rows that `setup` makes: a file's name
    /// and its text.
    ///
    /// # Errors
    /// [`VerifyError::Setup`] when the rows cannot be made, [`VerifyError::Server`].
    pub async fn begin(
        connection: &'c mut PgConnection,
        home: &str,
        budget: Duration,
        setup: Option<(&str, &str)>,
    ) -> Result<Self, VerifyError> {
        let begun = connection.execute(BEGIN).await;
        begun.map_err(|error| server("begin a transaction", &error))?;
        let moving = counters::hold(connection, &[home, "align"]).await?;
        let probes = Self { connection, moving };
        let milliseconds = budget.min(LONGEST).as_millis().to_string();
        let path = sqlx::query(
            "SELECT set_config('search_path', $1, true), set_config('statement_timeout', $2, true), \
             set_config('lock_timeout', $3, true)",
        )
        .persistent(false)
        .bind(quote(home))
        .bind(milliseconds)
        .bind(PATIENCE);
        let path = path.execute(&mut *probes.connection).await;
        path.map_err(|error| server("set up the probes", &error))?;
        if let Some((file, text)) = setup {
            let failed = |cause: String| VerifyError::Setup {
                file: file.to_owned(),
                cause,
            };
            if !can_be_tried(text) {
                probes.end().await?;
                let cause =
                    "it is to be one statement that reads or writes rows, such as a DO block";
                return Err(failed(cause.to_owned()));
            }
            let made = sqlx::query(AssertSqlSafe(text.to_owned())).persistent(false);
            if let Err(error) = made.execute(&mut *probes.connection).await {
                let cause = words(&error);
                probes.end().await?;
                return Err(failed(cause));
            }
        }
        Ok(probes)
    }

    /// Takes everything back.
    ///
    /// # Errors
    /// [`VerifyError::Server`]: the connection is gone, and the server takes it back.
    pub async fn end(self) -> Result<(), VerifyError> {
        let ended = self.connection.execute("ROLLBACK").await;
        ended.map_err(|error| server("roll back", &error))?;
        Ok(())
    }

    /// Rows of a query of our own, as who is connected.
    pub(super) async fn rows(
        &mut self,
        doing: &'static str,
        sql: &str,
        words: &[&str],
    ) -> Result<Vec<PgRow>, VerifyError> {
        let mut query = sqlx::query(AssertSqlSafe(sql.to_owned())).persistent(false);
        for word in words {
            query = query.bind((*word).to_owned());
        }
        let rows = query.fetch_all(&mut *self.connection).await;
        rows.map_err(|error| server(doing, &error))
    }

    /// Where a later [`Probes::back`] leads.
    async fn mark(&mut self) -> Result<(), VerifyError> {
        self.run("mark a place", "SAVEPOINT align_probe").await
    }

    /// Takes back everything since [`Probes::mark`], with the role and the claims.
    async fn back(&mut self) -> Result<(), VerifyError> {
        let back = "ROLLBACK TO SAVEPOINT align_probe; RELEASE SAVEPOINT align_probe";
        self.run("take a probe back", back).await
    }

    /// Who sends what follows; nobody is who is connected, who `stands_in` for somebody with their claims.
    async fn become_actor(
        &mut self,
        actor: Option<&Actor>,
        stands_in: bool,
    ) -> Result<(), VerifyError> {
        let claims = actor.and_then(|actor| actor.claims.as_deref());
        self.run("take a role back", "RESET ROLE").await?;
        let set = sqlx::query("SELECT set_config('request.jwt.claims', $1, true)")
            .persistent(false)
            .bind(claims.unwrap_or_default());
        let set = set.execute(&mut *self.connection).await;
        set.map_err(|error| server("say who asks", &error))?;
        match actor.filter(|_| !stands_in) {
            Some(actor) => {
                let sql = format!("SET LOCAL ROLE {}", quote(actor.role.as_str()));
                self.run("take a role", &sql).await
            }
            None => Ok(()),
        }
    }

    /// Tries a statement within the place that is marked. After a failure nothing but
    /// [`Probes::back`] goes on.
    async fn send(&mut self, sql: &str) -> Result<Answer, VerifyError> {
        // A named statement: sqlx asks the catalog about an enum in between, which ends an unnamed one.
        let query = sqlx::query(AssertSqlSafe(sql.to_owned())).persistent(true);
        match query.execute(&mut *self.connection).await {
            Ok(done) => Ok(Answer::Rows(done.rows_affected())),
            Err(error) => match error.as_database_error() {
                Some(reported) if !lost(reported.code().as_deref()) => Ok(Answer::Failed {
                    sqlstate: reported.code().unwrap_or_default().into_owned(),
                    message: match reported.code().as_deref() {
                        Some(OUT_OF_TIME) => UNFINISHED.to_owned(),
                        _ => reported.message().to_owned(),
                    },
                }),
                _ => Err(server("try a statement", &error)),
            },
        }
    }

    /// Tries one statement as an actor, and takes it back.
    pub(super) async fn attempt(
        &mut self,
        actor: Option<&Actor>,
        sql: &str,
    ) -> Result<Answer, VerifyError> {
        self.mark().await?;
        self.become_actor(actor, false).await?;
        let answer = self.send(sql).await;
        self.back().await?;
        answer
    }

    /// Tries steps after one another, each on what the ones before it did; ends at the first that does
    /// not give what it should, and says its number, from 1, and what it gave.
    pub(super) async fn walk(
        &mut self,
        turns: &[Turn<'_>],
        fits: impl Fn(&Step, &Answer) -> bool,
    ) -> Result<Option<(usize, Answer)>, VerifyError> {
        self.mark().await?;
        let mut found = None;
        for turn in turns {
            let step = turn.step;
            self.become_actor(turn.actor, turn.stands_in).await?;
            self.run("mark a step", "SAVEPOINT align_step").await?;
            let answer = self.send(&step.sql).await?;
            let go_on = match answer {
                Answer::Rows(_) => "RELEASE SAVEPOINT align_step",
                Answer::Failed { .. } => {
                    "ROLLBACK TO SAVEPOINT align_step; RELEASE SAVEPOINT align_step"
                }
            };
            self.run("go on after a step", go_on).await?;
            if !fits(step, &answer) {
                found = Some((turn.at, answer));
                break;
            }
        }
        self.back().await?;
        Ok(found)
    }

    async fn run(&mut self, doing: &'static str, sql: &str) -> Result<(), VerifyError> {
        let done = self
            .connection
            .execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned())))
            .await;
        done.map_err(|error| server(doing, &error))?;
        Ok(())
    }
}

fn lost(code: Option<&str>) -> bool {
    code.is_none_or(ends_session)
}
