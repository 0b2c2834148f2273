//! Into an empty table, or one of few rows that nobody looks at: its indexes and foreign keys go, and come
//! back when the rows are there. All of it is one transaction, so whatever ends it leaves them as they were.

use sqlx::Row;

use super::error::{CopyError, failed};
use super::open::Copy;
use super::plan::TablePlan;
use super::report::Event;

const BEHIND: &str = include_str!("sql/behind.sql");
/// For fewer rows it is not worth the lock.
pub(super) const WORTH: u64 = 20_000;
/// So many rows may be there for each that comes: an index is made anew at about a quarter of what it
/// costs, row by row, to be kept up.
const FEW: u64 = 2;
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
    /// Before the table is counted.
    indexes: Vec<String>,
    /// They are looked through by a plan that rests on the count.
    references: Vec<String>,
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
    /// Takes away what is cheaper to make later than to keep up while so many rows come, within the
    /// transaction at hand; nothing where there are many rows, or somebody may look at them.
    pub(super) async fn put_behind(
        &mut self,
        table: &TablePlan,
        extent: Extent,
        rows: u64,
    ) -> Result<Behind, CopyError> {
        if !self.is_free(table, rows).await? {
            return Ok(Behind::default());
        }
        let mut things = self.things(table, extent).await?;
        loop {
            if things.is_empty() {
                return Ok(Behind::default());
            }
            if !self.is_empty(&table.to.to_string()).await? {
                let words = format!(
                    "nobody else is connected: `{}` is locked until its indexes and foreign keys are made anew",
                    table.target
                );
                self.tell(Event::Note(words));
            }
            if self.take_away(table, &things, rows).await? {
                let is_reference = |thing: &Thing| [REFERRED, REFERRING].contains(&thing.step);
                let (references, indexes): (Vec<Thing>, Vec<Thing>) =
                    things.into_iter().partition(is_reference);
                let back = |things: Vec<Thing>| things.into_iter().map(|thing| thing.back);
                return Ok(Behind {
                    indexes: back(indexes).collect(),
                    references: back(references).collect(),
                });
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
        // Within a transaction the server shows who was there when it was first asked.
        self.target
            .rows("SELECT pg_stat_clear_snapshot()", doing)
            .await?;
        let row = self.target.row(COMPANY, doing).await?;
        row.try_get("has").map_err(failed(doing))
    }

    /// Whether it is gone; as it was, if not.
    async fn take_away(
        &mut self,
        table: &TablePlan,
        things: &[Thing],
        rows: u64,
    ) -> Result<bool, CopyError> {
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
            Ok(_) if self.is_free(table, rows).await? => Ok(true),
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

    /// Brings it back, and tells whether the table was counted for that.
    pub(super) async fn bring_back(
        &mut self,
        table: &TablePlan,
        behind: Behind,
    ) -> Result<bool, CopyError> {
        let doing = format!(
            "bring back the indexes and foreign keys of `{}`",
            table.target
        );
        let is_counted = !behind.references.is_empty();
        let count = is_counted.then(|| format!("ANALYZE {}", table.to));
        let statements = behind.indexes.into_iter().chain(count);
        for statement in statements.chain(behind.references) {
            self.target.run(&statement, &doing).await?;
        }
        Ok(is_counted)
    }

    /// Whether it may be locked while so many rows come.
    async fn is_free(&mut self, table: &TablePlan, rows: u64) -> Result<bool, CopyError> {
        let name = table.to.to_string();
        if self.is_empty(&name).await? {
            return Ok(true);
        }
        let doing = format!("see how many rows `{name}` has");
        let many = rows.saturating_mul(FEW);
        let sql = format!(
            "SELECT count(*) <= {many} AS few FROM (SELECT FROM {name} LIMIT {}) AS q",
            many.saturating_add(1)
        );
        let row = self.target.row(&sql, &doing).await?;
        let few: bool = row.try_get("few").map_err(failed(doing))?;
        Ok(few && !self.has_company().await?)
    }

    pub(super) async fn is_empty(&mut self, name: &str) -> Result<bool, CopyError> {
        let doing = format!("see whether `{name}` is empty");
        let sql = format!("SELECT NOT EXISTS (SELECT FROM {name}) AS empty");
        let row = self.target.row(&sql, &doing).await?;
        row.try_get("empty").map_err(failed(doing))
    }
}
