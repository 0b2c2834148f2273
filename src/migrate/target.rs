//! The database that is to be changed: whether it is the right one, and whether this role may.

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{Executor, Row};

use super::error::{MigrateError, Refusal};
use super::hazard::ledger_needs;
use super::rights;
use super::session::{server, string};

const TARGET: &str = include_str!("sql/target.sql");
const CATALOG: &str = include_str!("sql/catalog.sql");
const RELATIONS: &str = include_str!("sql/relations.sql");
const PATIENCE: &str = "SET lock_timeout = '5s'";
/// `server_version_num` of the oldest that is changed.
const OLDEST: i32 = 140_000;
/// The form of `sql/ledger.sql`.
pub(super) const FORMAT: i32 = 1;

/// What a database says of itself.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its name.
    pub database: String,
    /// Who is connected.
    pub role: String,
    /// Whose rights count: the same, unless a setting of the role says otherwise.
    pub acts_as: String,
    /// The server's version, as it says it.
    pub release: String,
    /// The server's identity, where this role may see it.
    pub system: Option<String>,
    /// The ledger's, where there is one.
    pub ledger: Option<LedgerIdentity>,
    /// Those of the from side's tables that are here.
    pub tables_here: Vec<String>,
    version: i32,
    standby: bool,
    read_only: bool,
}

/// What a ledger says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerIdentity {
    /// The form of its tables.
    pub format: i32,
    /// The server it was made on.
    pub system: Option<String>,
}

/// A relation that pending migrations lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// As the migrations name it.
    pub name: String,
    /// Rows by the server's own estimate; `None` before the first ANALYZE.
    pub rows: Option<i64>,
    /// With indexes and what is stored beside it.
    pub bytes: i64,
    /// Whether it is a table that takes no room: no row is in it.
    pub is_empty: bool,
}

impl Target {
    /// Asks the database. `tables` are those of the from side, as SQL names them.
    ///
    /// # Errors
    /// [`MigrateError::Server`].
    pub async fn read(
        connection: &mut PgConnection,
        tables: &[String],
    ) -> Result<Self, MigrateError> {
        let row = sqlx::query(TARGET)
            .persistent(false)
            .bind(tables)
            .fetch_one(&mut *connection)
            .await;
        let row = row.map_err(|error| server("ask the database what it is", &error))?;
        let system = if flag(&row, "may_identify")? {
            let query =
                sqlx::query_scalar("SELECT system_identifier::text FROM pg_control_system()");
            let system: Result<String, _> =
                query.persistent(false).fetch_one(&mut *connection).await;
            Some(system.map_err(|error| server("ask for the server's identity", &error))?)
        } else {
            None
        };
        let has_ledger = flag(&row, "has_ledger")?;
        if has_ledger && !flag(&row, "is_ours")? {
            return Err(MigrateError::Refused(Refusal::ForeignLedger));
        }
        if has_ledger && !flag(&row, "may_read_ledger")? {
            let (database, role) = (string(&row, "database")?, string(&row, "acts_as")?);
            rights::check(connection, &database, &role, &ledger_needs(&[])).await?;
        }
        let ledger = if has_ledger {
            let query =
                sqlx::query("SELECT format, system_identifier FROM align.ledger").persistent(false);
            let row = query.fetch_one(&mut *connection).await;
            let read = |row: &PgRow| {
                Ok(LedgerIdentity {
                    format: row.try_get("format")?,
                    system: row.try_get("system_identifier")?,
                })
            };
            Some(
                row.and_then(|row| read(&row))
                    .map_err(|error| server("read the ledger", &error))?,
            )
        } else {
            None
        };
        let failed = |error| server("read what the database is", &error);
        Ok(Self {
            database: string(&row, "database")?,
            role: string(&row, "role")?,
            acts_as: string(&row, "acts_as")?,
            release: string(&row, "release")?,
            system,
            ledger,
            tables_here: row.try_get("tables_here").map_err(failed)?,
            version: row.try_get("version").map_err(failed)?,
            standby: flag(&row, "standby")?,
            read_only: flag(&row, "read_only")?,
        })
    }

    /// Whether anything may be changed here. `adopts` takes over a database whatever its ledger says.
    ///
    /// # Errors
    /// The [`Refusal`] that applies.
    pub fn check(&self, tables: &[String], adopts: bool) -> Result<(), Refusal> {
        if self.version < OLDEST {
            return Err(Refusal::OldServer {
                release: self.release.clone(),
            });
        }
        if self.standby {
            return Err(Refusal::ReadOnly {
                why: "it is a standby",
            });
        }
        if self.read_only {
            return Err(Refusal::ReadOnly {
                why: "`default_transaction_read_only` is on",
            });
        }
        match &self.ledger {
            Some(ledger) if ledger.format > FORMAT => {
                return Err(Refusal::NewerLedger {
                    format: ledger.format,
                });
            }
            Some(LedgerIdentity {
                system: Some(ledger),
                ..
            }) if !adopts => {
                if let Some(here) = self.system.as_ref().filter(|here| *here != ledger) {
                    return Err(Refusal::OtherSystem {
                        ledger: ledger.clone(),
                        here: here.clone(),
                    });
                }
            }
            Some(_) => {}
            None if self.tables_here.is_empty() => {
                return Err(Refusal::WrongDatabase {
                    tables: tables.to_vec(),
                });
            }
            None => {}
        }
        Ok(())
    }
}

/// A digest of the named namespaces, so that a change between approval and run is seen.
///
/// # Errors
/// [`MigrateError::Server`].
pub async fn digest(
    connection: &mut PgConnection,
    namespaces: &[String],
) -> Result<String, MigrateError> {
    let failed = |error| server("read the catalog", &error);
    // The text of a view is told only to who can lock its tables; nobody should wait for that without an end.
    connection.execute(PATIENCE).await.map_err(failed)?;
    let query = sqlx::query_scalar(CATALOG).persistent(false);
    let digest = query.bind(namespaces).fetch_one(&mut *connection).await;
    let digest = digest.map_err(failed)?;
    connection
        .execute("RESET lock_timeout")
        .await
        .map_err(failed)?;
    Ok(digest)
}

/// The sizes of relations; those that do not exist are left out.
///
/// # Errors
/// [`MigrateError::Server`].
pub async fn relations(
    connection: &mut PgConnection,
    names: &[String],
) -> Result<Vec<Relation>, MigrateError> {
    let failed = |error| server("read the sizes of tables", &error);
    let rows = sqlx::query(RELATIONS)
        .persistent(false)
        .bind(names)
        .fetch_all(connection)
        .await;
    let rows = rows.map_err(failed)?;
    let read = |row: &PgRow| {
        Ok(Relation {
            name: row.try_get("name")?,
            rows: row.try_get("rows")?,
            bytes: row.try_get("bytes")?,
            is_empty: row.try_get("empty")?,
        })
    };
    rows.iter().map(|row| read(row).map_err(failed)).collect()
}

fn flag(row: &PgRow, column: &str) -> Result<bool, MigrateError> {
    row.try_get(column)
        .map_err(|error| server("read what the database is", &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> Target {
        Target {
            database: "shop".to_owned(),
            role: "me".to_owned(),
            acts_as: "me".to_owned(),
            release: "15.1".to_owned(),
            system: Some("7".to_owned()),
            ledger: None,
            tables_here: vec!["public.clients".to_owned()],
            version: 150_001,
            standby: false,
            read_only: false,
        }
    }

    fn ledger(format: i32, system: &str) -> Option<LedgerIdentity> {
        Some(LedgerIdentity {
            format,
            system: Some(system.to_owned()),
        })
    }

    #[test]
    fn only_the_right_database_is_taken() {
        let tables = ["public.clients".to_owned()];
        let check = |target: Target, adopts| {
            target
                .check(&tables, adopts)
                .map_err(|refusal| refusal.to_string())
        };
        assert_eq!(check(target(), false), Ok(()));
        assert_eq!(
            check(
                Target {
                    ledger: ledger(1, "7"),
                    tables_here: Vec::new(),
                    ..target()
                },
                false
            ),
            Ok(())
        );
        assert_eq!(
            check(
                Target {
                    ledger: ledger(1, "8"),
                    ..target()
                },
                true
            ),
            Ok(())
        );
        for (target, words) in [
            (
                Target {
                    tables_here: Vec::new(),
                    ..target()
                },
                "neither a ledger of `align` nor one of the tables `public.clients`",
            ),
            (
                Target {
                    ledger: ledger(1, "8"),
                    ..target()
                },
                "that of server 8, and this is server 7",
            ),
            (
                Target {
                    ledger: ledger(2, "7"),
                    ..target()
                },
                "format 2",
            ),
            (
                Target {
                    standby: true,
                    ..target()
                },
                "standby",
            ),
            (
                Target {
                    read_only: true,
                    ..target()
                },
                "default_transaction_read_only",
            ),
            (
                Target {
                    version: 139_999,
                    ..target()
                },
                "PostgreSQL 15.1",
            ),
        ] {
            let refusal = check(target, false).unwrap_err();
            assert!(refusal.contains(words), "{refusal}");
        }
    }
}
