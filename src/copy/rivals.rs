//! Tables of the source that share one of the target do not take each other's rows for their own.

use sqlx::Row;

use super::error::{CopyError, failed};
use super::open::Copy;
use super::plan::TablePlan;
use super::statement::{Home, judge, shared, source};

/// How many keys one question has.
const KEYS: usize = 1000;

impl Copy<'_> {
    /// Takes back matches with rows of the target that are copies of another table's. The source is asked,
    /// for a copy of a part of the rows has not staged all of them.
    pub(super) async fn part_with_rivals(
        &mut self,
        table: &TablePlan,
        home: Home,
    ) -> Result<(), CopyError> {
        let Some(sql) = shared::rival_keys(table, home) else {
            return Ok(());
        };
        let doing = format!("judge the rows of `{}`", table.name);
        let found = keys(&self.target.rows(&sql, &doing).await?, &doing)?;
        for some in found.chunks(KEYS) {
            for rival in &table.rivals {
                let sql = source::of_rival(rival, some);
                let others = keys(&self.source.rows(&sql, &doing).await?, &doing)?;
                if let Some(sql) = judge::unmatch(table, home, &others) {
                    self.target.run(&sql, &doing).await?;
                }
            }
        }
        Ok(())
    }
}

fn keys(rows: &[sqlx::postgres::PgRow], doing: &str) -> Result<Vec<Vec<String>>, CopyError> {
    let keys = rows.iter().map(|row| row.try_get::<Vec<String>, _>("key"));
    keys.collect::<Result<_, _>>().map_err(failed(doing))
}
