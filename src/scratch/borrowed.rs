//! A database for one run on a server that is somebody else's: made, and dropped in the end.
//!
//! Its name holds a number, and a session beside it holds an advisory lock on that number as long as
//! this process lives. A process that is killed leaves the database behind, but not the lock, which every
//! session of the server can see. So the next run knows what may be dropped.

use sha2::{Digest, Sha256};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};

use crate::schema::quote;
use crate::source::LoadError;
use crate::source::postgres::{ConnectOptions, connect};

const PREFIX: &str = "align_rehearsal_";
/// "algn" in ASCII: the first half of the lock's key.
const CLASS: i32 = 0x61_6c_67_6e;
const LEFT: &str = "\
SELECT d.datname::text FROM pg_catalog.pg_database AS d
WHERE d.datname LIKE 'align\\_rehearsal\\_%' AND pg_catalog.pg_has_role(d.datdba, 'USAGE')";
/// The keys of runs that live, whatever database they are connected to.
const ALIVE: &str = "\
SELECT l.objid::bigint FROM pg_catalog.pg_locks AS l
WHERE l.locktype = 'advisory' AND l.granted AND l.classid::bigint = $1::bigint AND l.objsubid = 2";

/// Why there is no database for a run.
#[derive(Debug, thiserror::Error)]
pub enum BorrowError {
    /// No connection.
    #[error(transparent)]
    Connect(#[from] LoadError),
    /// The role may not.
    #[error("role `{role}` may not create a database")]
    Rights {
        /// Who is connected.
        role: String,
        /// What to type, by somebody who may.
        grant: String,
    },
    /// The server does not know them, and making roles would change more than one database.
    #[error("this server has no role `{}`", missing.join("`, `"))]
    Roles {
        /// Those that a Supabase project has.
        missing: Vec<String>,
    },
    /// Anything else.
    #[error("cannot {doing}")]
    Server {
        /// What was tried.
        doing: &'static str,
        /// The server's answer.
        source: sqlx::Error,
    },
}

/// A database of one's own on another's server.
#[derive(Debug)]
pub struct Borrowed {
    options: ConnectOptions,
    name: String,
    keeper: PgConnection,
}

impl Borrowed {
    /// Makes one, and drops what runs that were killed have left.
    ///
    /// # Errors
    /// [`BorrowError`]; then nothing is left of it.
    pub async fn create(options: &ConnectOptions) -> Result<Self, BorrowError> {
        let mut keeper = connect(options).await?;
        let asked = "SELECT r.rolname::text, r.rolcreatedb OR r.rolsuper FROM pg_catalog.pg_roles AS r \
                     WHERE r.rolname = current_user";
        let role: Result<(String, bool), _> = sqlx::query_as(asked)
            .persistent(false)
            .fetch_one(&mut keeper)
            .await;
        let (role, may_create) =
            role.map_err(|error| server("ask for the role's rights", error))?;
        if !may_create {
            let grant = format!("ALTER ROLE {} CREATEDB;", quote(&role));
            return Err(BorrowError::Rights { role, grant });
        }
        // The lock is the session's, and the session does nothing while the run lasts.
        let settings =
            "SET idle_session_timeout = 0; SET statement_timeout = 0; SET search_path = ''";
        let settled = keeper.execute(settings).await;
        settled.map_err(|error| server("prepare the session", error))?;
        sweep(&mut keeper).await?;
        let key = free_key(&mut keeper).await?;
        let name = named(key);
        let create = format!("CREATE DATABASE {name} TEMPLATE template0");
        let made = keeper.execute(sqlx::raw_sql(AssertSqlSafe(create))).await;
        made.map_err(|error| server("create a database", error))?;
        Ok(Self {
            options: options.with_database(&name),
            name,
            keeper,
        })
    }

    /// How to connect to it.
    pub fn options(&self) -> &ConnectOptions {
        &self.options
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Sees that the roles of a Supabase project are there.
    ///
    /// # Errors
    /// [`BorrowError::Roles`].
    pub async fn needs_roles(&mut self) -> Result<(), BorrowError> {
        let missing = "SELECT wanted FROM unnest(ARRAY['anon', 'authenticated', 'service_role']) AS wanted \
                       WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles AS r WHERE r.rolname = wanted)";
        let missing: Result<Vec<String>, _> = sqlx::query_scalar(missing)
            .persistent(false)
            .fetch_all(&mut self.keeper)
            .await;
        let missing = missing.map_err(|error| server("look for roles", error))?;
        if missing.is_empty() {
            Ok(())
        } else {
            Err(BorrowError::Roles { missing })
        }
    }

    /// Drops it.
    ///
    /// # Errors
    /// [`BorrowError::Server`]; the next run tries again.
    pub async fn remove(mut self) -> Result<(), BorrowError> {
        drop_database(&mut self.keeper, &self.name).await?;
        // The lock is of no more use, however the session ends.
        match self.keeper.close().await {
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

/// A key that nobody has, locked.
async fn free_key(keeper: &mut PgConnection) -> Result<i32, BorrowError> {
    let failed = |error| server("take a number for the database", error);
    loop {
        let key: Result<i32, _> =
            sqlx::query_scalar("SELECT (pg_catalog.random() * 2147483646)::integer AS key")
                .persistent(false)
                .fetch_one(&mut *keeper)
                .await;
        let key = key.map_err(failed)?;
        let alive = alive(keeper).await?;
        let exists: Result<bool, _> = sqlx::query_scalar(
            "SELECT EXISTS (SELECT FROM pg_catalog.pg_database AS d WHERE d.datname = $1)",
        )
        .persistent(false)
        .bind(named(key))
        .fetch_one(&mut *keeper)
        .await;
        if exists.map_err(failed)? || alive.contains(&i64::from(key)) {
            continue;
        }
        let taken: Result<bool, _> =
            sqlx::query_scalar("SELECT pg_catalog.pg_try_advisory_lock($1, $2)")
                .persistent(false)
                .bind(CLASS)
                .bind(key)
                .fetch_one(&mut *keeper)
                .await;
        if taken.map_err(failed)? {
            return Ok(key);
        }
    }
}

async fn alive(keeper: &mut PgConnection) -> Result<Vec<i64>, BorrowError> {
    let keys = sqlx::query_scalar(ALIVE).persistent(false).bind(CLASS);
    let keys = keys.fetch_all(keeper).await;
    keys.map_err(|error| server("see which runs live", error))
}

/// Drops the databases whose run is gone. A run takes its lock before its database has a name, so what
/// was listed first and has no lock then belongs to nobody.
async fn sweep(keeper: &mut PgConnection) -> Result<(), BorrowError> {
    let left: Result<Vec<String>, _> = sqlx::query_scalar(LEFT)
        .persistent(false)
        .fetch_all(&mut *keeper)
        .await;
    let left = left.map_err(|error| server("look for what other runs left", error))?;
    let alive = alive(keeper).await?;
    for name in left {
        let key = key_of(&name).filter(|key| !alive.contains(&i64::from(*key)));
        if key.is_some() {
            drop_database(keeper, &name).await?;
        }
    }
    Ok(())
}

async fn drop_database(keeper: &mut PgConnection, name: &str) -> Result<(), BorrowError> {
    let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quote(name));
    let dropped = keeper.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await;
    dropped.map_err(|error| server("drop a database of a rehearsal", error))?;
    Ok(())
}

/// The key, and a digest of it: a name that somebody else chose is not taken for one of these.
fn named(key: i32) -> String {
    let digest = Sha256::digest(format!("{PREFIX}{key}"));
    let digest: String = digest
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{PREFIX}{key:08x}{digest}")
}

fn key_of(name: &str) -> Option<i32> {
    let key = name.strip_prefix(PREFIX)?.get(..8)?;
    let key = i32::from_str_radix(key, 16).ok()?;
    (named(key) == name).then_some(key)
}

fn server(doing: &'static str, source: sqlx::Error) -> BorrowError {
    BorrowError::Server { doing, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_were_made_here_are_taken() {
        for key in [0, 1, 255, i32::MAX] {
            assert_eq!(key_of(&named(key)), Some(key));
        }
        for name in [
            "postgres",
            "align_rehearsal_",
            "align_rehearsal_0000000100000000",
            "align_rehearsal_ü0000001",
            "align_rehearsal_-0000001deadbeef",
        ] {
            assert_eq!(key_of(name), None, "{name}");
        }
        assert_eq!(key_of(&(named(7) + "0")), None);
    }
}
