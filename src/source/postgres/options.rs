//! How to reach a server: a URL, completed by `PG*` variables and a password file as libpq does.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::settings::Settings;
use super::url::Url;
use crate::source::LoadError;

/// The port of Supabase's poolers that lend a server for a transaction.
const FOR_TRANSACTIONS: u16 = 6543;
/// The port of those that lend one for a session, and of the server itself.
const FOR_SESSIONS: u16 = 5432;

/// Looks up an environment variable; an empty one counts as unset.
pub type Environment<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Everything that a connection needs. Holds a password; neither `Debug` nor [`Address`] shows it.
#[derive(Clone)]
pub struct ConnectOptions {
    pub(super) address: Address,
    pub(super) driver: PgConnectOptions,
    /// `None` waits for ever.
    pub(super) timeout: Option<Duration>,
    pub(super) has_password: bool,
    pub(super) warnings: Vec<String>,
}

/// Who connects to what, as messages show it: `user@host:port/database`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The role.
    pub user: String,
    /// A host, an IP address, or the folder of a socket.
    pub host: String,
    /// Also part of the socket's name.
    pub port: u16,
    /// The database.
    pub database: String,
}

/// What is wrong with a URL.
pub(super) struct Misspelling {
    /// Without any part of the URL that may be a password.
    pub(super) cause: String,
    pub(super) hint: &'static str,
}

impl ConnectOptions {
    /// Completes a `postgres://` URL. What the URL leaves out comes from `PGHOST`, `PGHOSTADDR`,
    /// `PGPORT`, `PGDATABASE`, `PGUSER`, `PGPASSWORD`, `PGPASSFILE`, `PGOPTIONS`, `PGAPPNAME`,
    /// `PGCONNECT_TIMEOUT`, `PGSSLMODE`, `PGSSLROOTCERT`, `PGSSLCERT` and `PGSSLKEY`, then from
    /// libpq's own defaults.
    ///
    /// What differs from libpq: a host that is not this machine needs TLS (`require`) unless
    /// `sslmode` says otherwise; waiting ends after 10 seconds unless `connect_timeout` says
    /// otherwise; `allow` means `prefer`; `sslrootcert` is trusted beside the public authorities, not
    /// in their place; `options` of the URL come after those of `PGOPTIONS`, which the driver reads
    /// from the process by itself; `service` and several hosts are refused.
    ///
    /// # Errors
    /// [`LoadError::Spec`] when the URL is misspelled or asks for what is not supported.
    pub fn from_url(url: &str, environment: &Environment<'_>) -> Result<Self, LoadError> {
        let parsed = Url::parse(url).and_then(|url| Settings::of(url, environment));
        parsed
            .and_then(|settings| settings.complete(environment))
            .map_err(|Misspelling { cause, hint }| LoadError::Spec {
                spec: "postgres://…".to_owned(),
                cause,
                hint,
            })
    }

    /// Who connects to what.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// `user@host:port/database`, without the password.
    pub fn describe(&self) -> String {
        self.address.to_string()
    }

    /// What the user should know although it stops nothing: a password file that is not trusted,
    /// a parameter without effect.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The same server and role, another database.
    #[must_use]
    pub fn with_database(&self, database: &str) -> Self {
        let mut other = self.clone();
        other.driver = other.driver.database(database);
        database.clone_into(&mut other.address.database);
        other
    }

    pub(super) fn encrypts(&self) -> bool {
        !matches!(
            self.driver.get_ssl_mode(),
            PgSslMode::Disable | PgSslMode::Allow | PgSslMode::Prefer
        )
    }
}

impl fmt::Debug for ConnectOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectOptions")
            .field("address", &self.address)
            .field("timeout", &self.timeout)
            .field("has_password", &self.has_password)
            .field("warnings", &self.warnings)
            .finish_non_exhaustive()
    }
}

impl Address {
    /// The file of the socket; `None` for TCP.
    pub fn socket(&self) -> Option<PathBuf> {
        let name = format!(".s.PGSQL.{}", self.port);
        self.host
            .starts_with('/')
            .then(|| Path::new(&self.host).join(name))
    }

    /// Where sessions are the client's own, if this is a pooler of Supabase's that lends a server for each
    /// transaction: the same host on another port.
    pub fn for_sessions(&self) -> Option<Self> {
        let host = self.host.trim_end_matches('.').to_ascii_lowercase();
        let is_supabase = host.ends_with(".pooler.supabase.com")
            || (host.starts_with("db.") && host.ends_with(".supabase.co"));
        (is_supabase && self.port == FOR_TRANSACTIONS).then(|| Self {
            port: FOR_SESSIONS,
            ..self.clone()
        })
    }

    pub(super) fn is_this_machine(&self) -> bool {
        self.host.starts_with('/')
            || self.host == "localhost"
            || self.host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(
                f,
                "{}@[{}]:{}/{}",
                self.user, self.host, self.port, self.database
            )
        } else {
            write!(
                f,
                "{}@{}:{}/{}",
                self.user, self.host, self.port, self.database
            )
        }
    }
}

#[cfg(test)]
mod tests;
