//! refinery's own history, one table a pair and phase, in the schema `align`.

use refinery::Runner;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use time::format_description::well_known::Rfc3339;

use super::driver::Driver;
use super::error::MigrateError;
use super::files::MigrationFile;
use super::session::server;
use super::standing::Applied;
use crate::schema::{Ident, IdentError, QualifiedName};

/// The history of a phase, as SQL names it.
///
/// # Errors
/// The names of pair and phase are too long together.
pub fn table(pair: &str, phase: &str) -> Result<QualifiedName, IdentError> {
    let name = Ident::new(format!("{pair}_{phase}_history"))?;
    Ok(QualifiedName::new(Ident::new("align")?, name))
}

/// What is applied, by version; nothing where there is no table yet.
///
/// # Errors
/// [`MigrateError::Server`].
pub async fn read(
    connection: &mut PgConnection,
    table: &QualifiedName,
) -> Result<Vec<Applied>, MigrateError> {
    let doing = "read the history";
    let name = table.to_string();
    let exists = "SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                  WHERE n.nspname = $1 AND c.relname = $2)";
    let exists: bool = sqlx::query_scalar(exists)
        .persistent(false)
        .bind(table.namespace.as_str())
        .bind(table.name.as_str())
        .fetch_one(&mut *connection)
        .await
        .map_err(|error| server(doing, &error))?;
    if !exists {
        return Ok(Vec::new());
    }
    let mut runner = Runner::new(&[]);
    runner.set_migration_table_name(&name);
    let mut driver = Driver::reading(connection);
    let found = match runner.get_applied_migrations_async(&mut driver).await {
        Ok(found) => found,
        Err(error) => return Err(driver.failure(doing, &error)),
    };
    let row = |migration: &refinery::Migration| Applied {
        version: migration.version(),
        name: migration.name().to_owned(),
        checksum: migration.checksum(),
        on: migration
            .applied_on()
            .and_then(|on| on.format(&Rfc3339).ok())
            .unwrap_or_default(),
    };
    Ok(found.iter().map(row).collect())
}

/// Takes the text and the name of a file as those of the applied migration of its version.
///
/// # Errors
/// [`MigrateError::Server`].
pub(super) async fn accept(
    connection: &mut PgConnection,
    table: &QualifiedName,
    file: &MigrationFile,
) -> Result<(), MigrateError> {
    let sql = format!("UPDATE {table} SET name = $2, checksum = $3 WHERE version = $1");
    let update = sqlx::query(AssertSqlSafe(sql)).persistent(false);
    let update = update
        .bind(file.version)
        .bind(&file.name)
        .bind(file.checksum.to_string());
    update
        .execute(connection)
        .await
        .map_err(|error| server("change the history", &error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_and_phase_has_a_table_of_its_own() {
        let table = |pair, phase| table(pair, phase).map(|table| table.to_string());
        assert_eq!(
            table("clara-to-trendtialcrm", "phase1").unwrap(),
            "align.\"clara-to-trendtialcrm_phase1_history\""
        );
        assert_eq!(table("a\"b", "p").unwrap(), "align.\"a\"\"b_p_history\"");
        assert!(table(&"x".repeat(60), "p").is_err());
    }
}
