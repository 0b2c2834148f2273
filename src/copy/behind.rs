//! Into an empty table: its indexes and foreign keys go, and come back when the rows are there. All of it
//! is one transaction, so whatever ends it leaves them as they were.

use sqlx::Row;

use super::error::{CopyError, failed};
use super::open::Copy;
use super::plan::TablePlan;

const BEHIND: &str = include_str!("sql/behind.sql");
/// For fewer rows it is not worth the lock.
pub(super) const WORTH: u64 = 20_000;
/// Readers of an empty table are waited for this long.
const PATIENCE: &str = "2s";

/// How much is put behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// Foreign keys, and indexes that hold no rows apart.
    Plain,
    /// Keys, too, and what refers to them from tables without rows.
    Keys,
}

/// What comes back when the rows are there.
#[derive(Debug, Default)]
pub(super) struct Behind {
    statements: Vec<String>,
}

/// A thing to take away.
struct Thing {
    away: String,
    back: String,
    step: i32,
    /// The table at the other end of a foreign key.
    of: String,
}

/// The steps in which things come back; they go in the opposite order.
const KEYS: i32 = 2;
const REFERRED: i32 = 3;
const REFERRING: i32 = 4;
/// Sessions of others in this database; what they are and do is not everybody's to see.
const COMPANY: &str = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() \
    AND pid <> pg_backend_pid() AND usesysid IS NOT NULL \
    AND coalesce(backend_type, 'client backend') = 'client backend' \
    AND coalesce(application_name, '') NOT LIKE 'align copy%') AS has";

impl Copy<'_> {
    /// Takes away what is cheaper to make later, within the transaction at hand; nothing where there are
    /// rows, or somebody looks at the table.
    pub(super) async fn put_behind(
        &mut self,
        table: &TablePlan,
        extent: Extent,
    ) -> Result<Behind, CopyError> {
        if !self.is_empty(&table.to.to_string()).await? {
            return Ok(Behind::default());
        }
        let mut things = self.things(table, extent).await?;
        loop {
            if things.is_empty() {
                return Ok(Behind::default());
            }
            if self.take_away(table, &things).await? {
                let statements = things.into_iter().map(|thing| thing.back).collect();
                return Ok(Behind { statements });
            }
            // What hangs on a key may keep it there.
            let before = things.len();
            things.retain(|thing| ![KEYS, REFERRING].contains(&thing.step));
            if things.len() == before {
                return Ok(Behind::default());
            }
        }
    }

    async fn things(&mut self, table: &TablePlan, extent: Extent) -> Result<Vec<Thing>, CopyError> {
        let doing = format!("see what indexes `{}` has", table.target);
        // What the server prints without a namespace is found without one.
        self.target
            .run("SAVEPOINT before; SET LOCAL search_path = ''", &doing)
            .await?;
        let found = sqlx::query(BEHIND)
            .persistent(false)
            .bind(table.to.to_string())
            .bind(extent == Extent::Keys)
            .fetch_all(&mut self.target.connection)
            .await
            .map_err(failed(doing.clone()))?;
        let read = |row: &sqlx::postgres::PgRow| -> Result<Thing, sqlx::Error> {
            Ok(Thing {
                away: row.try_get("away")?,
                back: row.try_get("back")?,
                step: row.try_get("step")?,
                of: row.try_get("of")?,
            })
        };
        let things = found.iter().map(read).collect::<Result<Vec<_>, _>>();
        let mut things = things.map_err(failed(doing.clone()))?;
        self.target.run("ROLLBACK TO before", &doing).await?;
        let mut has_rows = false;
        for thing in things.iter().filter(|thing| thing.step == REFERRING) {
            has_rows |= !self.is_empty(&thing.of).await?;
        }
        if has_rows {
            things.retain(|thing| ![KEYS, REFERRING].contains(&thing.step));
        }
        if things.iter().any(|thing| thing.step == REFERRED) && self.has_company().await? {
            // Whoever reads a parent must not wait for a load.
            let mut kept = Vec::new();
            for thing in things {
                if thing.step != REFERRED || self.is_empty(&thing.of).await? {
                    kept.push(thing);
                }
            }
            things = kept;
        }
        Ok(things)
    }

    async fn has_company(&mut self) -> Result<bool, CopyError> {
        let doing = "see who else is connected";
        let row = self.target.row(COMPANY, doing).await?;
        row.try_get("has").map_err(failed(doing))
    }

    /// Whether it is gone; as it was, if not.
    async fn take_away(&mut self, table: &TablePlan, things: &[Thing]) -> Result<bool, CopyError> {
        let doing = format!("put the indexes of `{}` behind its rows", table.target);
        let away: Vec<&str> = things
            .iter()
            .rev()
            .map(|thing| thing.away.as_str())
            .collect();
        let sql = format!(
            "SAVEPOINT before; SET LOCAL lock_timeout = '{PATIENCE}'; LOCK TABLE {} IN ACCESS EXCLUSIVE MODE; {}; SET LOCAL lock_timeout = 0",
            table.to,
            away.join("; ")
        );
        match self.target.run(&sql, &doing).await {
            // Somebody may have been quicker.
            Ok(_) if self.is_empty(&table.to.to_string()).await? => Ok(true),
            Ok(_) => {
                self.target.run("ROLLBACK TO before", &doing).await?;
                Ok(false)
            }
            Err(CopyError::Server { answer, .. })
                if !answer.is_lost && answer.sqlstate.is_some() =>
            {
                self.target.run("ROLLBACK TO before", &doing).await?;
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Brings it back.
    pub(super) async fn bring_back(
        &mut self,
        table: &TablePlan,
        behind: Behind,
    ) -> Result<(), CopyError> {
        for statement in &behind.statements {
            let doing = format!(
                "bring back the indexes and foreign keys of `{}`",
                table.target
            );
            self.target.run(statement, &doing).await?;
        }
        Ok(())
    }

    pub(super) async fn is_empty(&mut self, name: &str) -> Result<bool, CopyError> {
        let doing = format!("see whether `{name}` is empty");
        let sql = format!("SELECT NOT EXISTS (SELECT FROM {name}) AS empty");
        let row = self.target.row(&sql, &doing).await?;
        row.try_get("empty").map_err(failed(doing))
    }
}
