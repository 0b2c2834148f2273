//! One runner a database. The lock is tried again and again and never waited for: a session that waits
//! holds a snapshot, and CREATE INDEX CONCURRENTLY of the other runner would wait for it in turn.

use std::time::{Duration, Instant};

use sqlx::postgres::PgConnection;

use super::error::{self, MigrateError, Refusal};
use super::session::{Event, Session, chance, seen, server};

/// The one lock of everything that changes a database: "align" in ASCII.
pub const KEY: i64 = 0x61_6c_69_67_6e;
const HOLDER: &str = include_str!("sql/holder.sql");
const PAUSE: Duration = Duration::from_millis(150);

/// Takes the lock, which the end of the session frees.
pub(super) async fn take(session: &mut Session<'_>) -> Result<(), MigrateError> {
    let end = Instant::now() + session.limits.wait_lock;
    let mut told: Option<error::Session> = None;
    loop {
        let query = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").persistent(false);
        let taken: Result<bool, _> = query.bind(KEY).fetch_one(&mut session.main).await;
        if taken.map_err(|error| server("take the lock", &error))? {
            return Ok(());
        }
        let holder = holder(&mut session.main).await?;
        if Instant::now() >= end {
            return Err(MigrateError::Refused(Refusal::Locked { holder }));
        }
        let is_new = holder.as_ref().map(|holder| holder.pid) != told.as_ref().map(|told| told.pid);
        if holder.is_some() && is_new {
            session.tell(Event::Waiting {
                holder: holder.as_ref(),
            });
            told = holder;
        }
        let pause = PAUSE + PAUSE.mul_f64(chance());
        session
            .sleep(pause.min(end.saturating_duration_since(Instant::now())))
            .await?;
    }
}

/// Refuses to go on without the lock: a migration may have given it away, and another runner be at work.
pub(super) async fn keep(session: &mut Session<'_>) -> Result<(), MigrateError> {
    let doing = "go on";
    let holder = holder(&mut session.main).await?;
    if holder.is_some_and(|holder| holder.pid == session.pid()) {
        return Ok(());
    }
    Err(MigrateError::Server {
        doing,
        cause: "a migration gave away the lock that keeps a second runner out".to_owned(),
    })
}

/// Who has the lock.
///
/// # Errors
/// [`MigrateError::Server`].
pub async fn holder(connection: &mut PgConnection) -> Result<Option<error::Session>, MigrateError> {
    let row = sqlx::query(HOLDER)
        .persistent(false)
        .bind(KEY)
        .fetch_optional(connection)
        .await;
    row.map_err(|error| server("see who has the lock", &error))?
        .as_ref()
        .map(seen)
        .transpose()
}
