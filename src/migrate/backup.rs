//! The word of whoever has a backup, where a phase asks for one because nothing else leads back from it.

use sqlx::postgres::PgConnection;

use super::error::MigrateError;
use super::plan::Plan;
use super::session::server;

/// The phase that takes the old form away for good.
const LAST: &str = "contract";

impl Plan<'_> {
    /// Whether it runs something from which a backup alone leads back.
    pub fn wants_backup(&self) -> bool {
        self.steps
            .iter()
            .any(|step| step.phase.name == LAST && step.file.is_some())
    }
}

/// Notes in the database where the backup is. `false` says that the database has no place for the note,
/// which an earlier phase makes.
///
/// # Errors
/// [`MigrateError::Server`].
pub async fn confirm_backup(
    connection: &mut PgConnection,
    place: &str,
) -> Result<bool, MigrateError> {
    let failed = |error| server("confirm the backup", &error);
    let known: bool =
        sqlx::query_scalar("SELECT to_regprocedure('align.confirm_backup(text)') IS NOT NULL")
            .persistent(false)
            .fetch_one(&mut *connection)
            .await
            .map_err(failed)?;
    if known {
        sqlx::query("SELECT align.confirm_backup($1)")
            .persistent(false)
            .bind(place)
            .execute(connection)
            .await
            .map_err(failed)?;
    }
    Ok(known)
}
