//! Who of the target has refused a row: the server tells the function, and people know the trigger.

use sqlx::Row;

use super::error::CopyError;
use super::open::Copy;

const TRIGGERS: &str = include_str!("sql/triggers.sql");

/// Where within functions of the server something failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raised {
    /// As the server tells it.
    context: String,
    /// The trigger whose function it is.
    pub(super) trigger: Option<Trigger>,
}

impl Raised {
    pub(super) fn new(context: &str) -> Self {
        Self {
            context: context.to_owned(),
            trigger: None,
        }
    }
}

/// A trigger that refused what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// Its name.
    pub name: String,
    /// Its table.
    pub table: String,
}

impl Copy<'_> {
    /// Adds the target's trigger that has raised an error, where one has.
    pub async fn explain(&mut self, error: CopyError) -> CopyError {
        let CopyError::Server { doing, mut answer } = error else {
            return error;
        };
        if let Some(raised) = &mut answer.raised {
            // The transaction that failed takes no more questions.
            self.target.roll_back().await;
            raised.trigger = self.trigger(&raised.context).await;
        }
        CopyError::Server { doing, answer }
    }

    /// An error while looking is no news beside the one that is to be explained.
    async fn trigger(&mut self, context: &str) -> Option<Trigger> {
        let tables = self.plan.tables.iter();
        let names: Vec<String> = tables.map(|table| table.to.to_string()).collect();
        let row = sqlx::query(TRIGGERS)
            .persistent(false)
            .bind(&names)
            .bind(context)
            .fetch_optional(&mut self.target.connection)
            .await
            .ok()
            .flatten()?;
        let table: String = row.try_get("table_name").ok()?;
        let shown = self
            .plan
            .tables
            .iter()
            .find(|known| known.to.to_string() == table);
        Some(Trigger {
            name: row.try_get("name").ok()?,
            table: shown.map_or(table.clone(), |known| known.target.clone()),
        })
    }
}
