//! Into an empty table: its indexes and foreign keys go, and come back when the rows are there. All of it
//! is one transaction, so whatever ends it leaves them as they were.

use sqlx::Row;

use super::error::{CopyError, failed};
use super::open::Copy;
use super::plan::TablePlan;

const BEHIND: &str = include_str!("sql/behind.sql");
/// For fewer rows it is not worth the lock.
const WORTH: u64 = 20_000;
/// Readers of an empty table are waited for this long.
const PATIENCE: &str = "2s";

/// What comes back when the rows are there.
#[derive(Debug, Default)]
pub(super) struct Behind {
    statements: Vec<String>,
}

impl Copy<'_> {
    /// Takes away what is cheaper to make later, within the transaction at hand; nothing where there are
    /// rows, or somebody looks at the table.
    pub(super) async fn put_behind(
        &mut self,
        table: &TablePlan,
        rows: u64,
    ) -> Result<Behind, CopyError> {
        if rows < WORTH || !self.is_empty(table).await? {
            return Ok(Behind::default());
        }
        let doing = format!("see what indexes `{}` has", table.target);
        // What the server prints without a namespace is found without one.
        self.target
            .run("SAVEPOINT before; SET LOCAL search_path = ''", &doing)
            .await?;
        let found = sqlx::query(BEHIND)
            .persistent(false)
            .bind(table.to.to_string())
            .fetch_all(&mut self.target.connection)
            .await
            .map_err(failed(doing.clone()))?;
        let (mut away, mut back) = (Vec::new(), Vec::new());
        for row in &found {
            away.push(
                row.try_get::<String, _>("away")
                    .map_err(failed(doing.clone()))?,
            );
            back.push(
                row.try_get::<String, _>("back")
                    .map_err(failed(doing.clone()))?,
            );
        }
        self.target.run("ROLLBACK TO before", &doing).await?;
        if away.is_empty() {
            return Ok(Behind::default());
        }
        let sql = format!(
            "SET LOCAL lock_timeout = '{PATIENCE}'; LOCK TABLE {} IN ACCESS EXCLUSIVE MODE; {}; SET LOCAL lock_timeout = 0",
            table.to,
            away.join("; ")
        );
        match self.target.run(&sql, &doing).await {
            // Somebody may have been quicker.
            Ok(_) if self.is_empty(table).await? => Ok(Behind { statements: back }),
            Ok(_) => {
                self.target.run("ROLLBACK TO before", &doing).await?;
                Ok(Behind::default())
            }
            Err(CopyError::Server { answer, .. })
                if !answer.is_lost && answer.sqlstate.is_some() =>
            {
                self.target.run("ROLLBACK TO before", &doing).await?;
                Ok(Behind::default())
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

    async fn is_empty(&mut self, table: &TablePlan) -> Result<bool, CopyError> {
        let doing = format!("see whether `{}` is empty", table.target);
        let sql = format!("SELECT NOT EXISTS (SELECT FROM {}) AS empty", table.to);
        let row = self.target.row(&sql, &doing).await?;
        row.try_get("empty").map_err(failed(doing))
    }
}
