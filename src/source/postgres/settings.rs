//! What a URL and the environment say about a connection, and what goes without saying.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::options::{Address, ConnectOptions, Environment, Misspelling};
use super::passfile::{self, Answer, Login};
use super::url::{self, Url};

/// Where a server that was not told otherwise puts its socket.
const SOCKET_FOLDERS: [&str; 3] = ["/var/run/postgresql", "/tmp", "/private/tmp"];
/// Seconds that a connection may take when nobody says otherwise.
const TIMEOUT: u64 = 10;

/// What URL and environment say, before defaults.
#[derive(Default)]
pub(super) struct Settings {
    values: Vec<Setting>,
    warnings: Vec<String>,
}

/// A value, and whether a variable gave it.
struct Setting {
    parameter: &'static Parameter,
    value: String,
    is_variable: bool,
}

/// A setting under the name that URLs use, and its variable.
struct Parameter {
    name: &'static str,
    variable: &'static str,
}

const fn parameter(name: &'static str, variable: &'static str) -> Parameter {
    Parameter { name, variable }
}

const PARAMETERS: [Parameter; 14] = [
    parameter("host", "PGHOST"),
    parameter("hostaddr", "PGHOSTADDR"),
    parameter("port", "PGPORT"),
    parameter("dbname", "PGDATABASE"),
    parameter("user", "PGUSER"),
    parameter("password", "PGPASSWORD"),
    parameter("passfile", "PGPASSFILE"),
    parameter("options", "PGOPTIONS"),
    parameter("application_name", "PGAPPNAME"),
    parameter("connect_timeout", "PGCONNECT_TIMEOUT"),
    parameter("sslmode", "PGSSLMODE"),
    parameter("sslrootcert", "PGSSLROOTCERT"),
    parameter("sslcert", "PGSSLCERT"),
    parameter("sslkey", "PGSSLKEY"),
];

/// Parameters of libpq that change nothing about what a client such as this one gets.
const HARMLESS: [&str; 19] = [
    "client_encoding",
    "fallback_application_name",
    "gssdelegation",
    "gssencmode",
    "gsslib",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "load_balance_hosts",
    "replication",
    "sslcompression",
    "sslkeylogfile",
    "sslsni",
    "target_session_attrs",
    "tcp_user_timeout",
    "max_protocol_version",
    "min_protocol_version",
];

/// Parameters that are understood elsewhere: what libpq would do for them does not happen here, and
/// other clients (Prisma, Vercel) put their own into the same URL.
const WITHOUT_EFFECT: [&str; 16] = [
    "channel_binding",
    "connection_limit",
    "pgbouncer",
    "pool_timeout",
    "require_auth",
    "requirepeer",
    "schema",
    "socket_timeout",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "sslcertmode",
    "sslcrl",
    "sslcrldir",
    "sslnegotiation",
    "statement_cache_size",
    "supa",
];

impl Settings {
    pub(super) fn of(url: Url, environment: &Environment<'_>) -> Result<Self, Misspelling> {
        let mut settings = Self::default();
        let parts = [
            ("host", url.host),
            ("port", url.port),
            ("dbname", url.database),
            ("user", url.user),
            ("password", url.password),
        ];
        for (name, value) in parts {
            if let Some(value) = value {
                settings.set(name, value);
            }
        }
        for (name, value) in url.parameters {
            if name == "ssl" && value == "true" {
                settings.set("sslmode", "require".to_owned());
            } else if HARMLESS.contains(&name.as_str()) || settings.set(&name, value) {
            } else if WITHOUT_EFFECT.contains(&name.as_str()) {
                let warning = format!("`{name}` in the URL has no effect here");
                settings.warnings.push(warning);
            } else {
                return Err(unknown(&name));
            }
        }
        for parameter in &PARAMETERS {
            let told = settings.get(parameter.name).is_some();
            let value = environment(parameter.variable).filter(|value| !value.is_empty());
            if let Some(value) = value.filter(|_| !told) {
                settings.values.push(Setting {
                    parameter,
                    value,
                    is_variable: true,
                });
            }
        }
        for variable in ["PGSERVICE", "PGSERVICEFILE"] {
            if environment(variable).is_some_and(|value| !value.is_empty()) {
                let warning = format!("`{variable}` has no effect here");
                settings.warnings.push(warning);
            }
        }
        Ok(settings)
    }

    /// Whether there is such a parameter. An empty value leaves the setting to its default; of two,
    /// the last counts.
    fn set(&mut self, name: &str, value: String) -> bool {
        let Some(parameter) = PARAMETERS.iter().find(|p| p.name == name) else {
            return false;
        };
        self.values.retain(|other| other.parameter.name != name);
        if !value.is_empty() {
            self.values.push(Setting {
                parameter,
                value,
                is_variable: false,
            });
        }
        true
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self.values.iter().find(|s| s.parameter.name == name);
        found.map(|setting| setting.value.as_str())
    }

    /// Where a value comes from, for who looks for it in the URL in vain.
    fn origin(&self, name: &str) -> String {
        let found = self.values.iter().find(|s| s.parameter.name == name);
        match found {
            Some(setting) if setting.is_variable => {
                format!(" (from `{}`)", setting.parameter.variable)
            }
            Some(_) | None => String::new(),
        }
    }

    pub(super) fn complete(
        mut self,
        environment: &Environment<'_>,
    ) -> Result<ConnectOptions, Misspelling> {
        let driver = self.driver_with_options()?;
        let port =
            match self.get("port") {
                None => 5432,
                Some(port) => port.parse().ok().filter(|&port| port > 0).ok_or_else(|| {
                    Misspelling {
                        cause: format!(
                            "the port is no number from 1 to 65535{}",
                            self.origin("port")
                        ),
                        hint: "write it after the host, as in `postgres://user@host:5432/database`",
                    }
                })?,
            };
        let host = match self.get("host").or(self.get("hostaddr")) {
            None => default_host(port),
            Some(host) if host.contains(',') => {
                return Err(Misspelling {
                    cause: format!("it names several hosts{}", self.origin("host")),
                    hint: "name one of them",
                });
            }
            Some(host) => host.to_owned(),
        };
        // The driver knows the name of the process's user, and `PGUSER` has had its turn.
        let user = self.get("user").unwrap_or(driver.get_username()).to_owned();
        let address = Address {
            database: self.get("dbname").unwrap_or(&user).to_owned(),
            user,
            host,
            port,
        };
        let password = match self.get("password") {
            Some(password) => Some(password.to_owned()),
            None => self.password_from_file(&address, environment),
        };
        let reached = self.get("hostaddr").unwrap_or(&address.host);
        let mut driver = driver
            .host(reached)
            .port(port)
            .username(&address.user)
            .database(&address.database)
            // Given or not, so that the driver's own reading of the environment never counts.
            .password(password.as_deref().unwrap_or_default())
            .application_name(self.get("application_name").unwrap_or("align"))
            // A statement that outlives its transaction breaks behind a transaction pooler, and so
            // does a startup parameter that the pooler does not know.
            .statement_cache_capacity(0)
            .extra_float_digits(None)
            .disable_statement_logging();
        if address.socket().is_some() {
            driver = driver.socket(&address.host);
        }
        let driver = self.encryption(driver, &address, environment)?;
        let timeout = self.timeout()?;
        Ok(ConnectOptions {
            address,
            driver,
            timeout,
            has_password: password.is_some(),
            warnings: self.warnings,
        })
    }

    /// The driver takes a raw options text in a URL alone, and starts with that of `PGOPTIONS`.
    fn driver_with_options(&self) -> Result<PgConnectOptions, Misspelling> {
        let driver = PgConnectOptions::new_without_pgpass();
        match self.get("options") {
            Some(options) if driver.get_options() != Some(options) => {
                let url = format!("postgres://localhost?options={}", url::encode(options));
                url.parse().map_err(|error: sqlx::Error| Misspelling {
                    cause: error.to_string(),
                    hint: "write `options` as in `?options=-c%20statement_timeout%3D0`",
                })
            }
            _ => Ok(driver),
        }
    }

    fn password_from_file(
        &mut self,
        address: &Address,
        environment: &Environment<'_>,
    ) -> Option<String> {
        let path = match self.get("passfile") {
            Some(path) => PathBuf::from(path),
            None => home(environment)?.join(".pgpass"),
        };
        let host = if SOCKET_FOLDERS.contains(&address.host.as_str()) {
            "localhost"
        } else {
            &address.host
        };
        let login = Login {
            host,
            port: address.port,
            database: &address.database,
            user: &address.user,
        };
        match passfile::look_up(&path, &login) {
            Answer::Password(password) => Some(password),
            Answer::Nothing => None,
            Answer::Ignored(why) => {
                self.warnings.push(why);
                None
            }
        }
    }

    fn encryption(
        &self,
        mut driver: PgConnectOptions,
        address: &Address,
        environment: &Environment<'_>,
    ) -> Result<PgConnectOptions, Misspelling> {
        let system = self.get("sslrootcert") == Some("system");
        let mode = match self.get("sslmode") {
            None if system => PgSslMode::VerifyFull,
            None if address.is_this_machine() => PgSslMode::Prefer,
            None => PgSslMode::Require,
            Some("disable") => PgSslMode::Disable,
            // The driver cannot try again with TLS, so it begins with it.
            Some("allow" | "prefer") => PgSslMode::Prefer,
            Some("require") => PgSslMode::Require,
            Some("verify-ca") => PgSslMode::VerifyCa,
            Some("verify-full") => PgSslMode::VerifyFull,
            Some(_) => {
                return Err(Misspelling {
                    cause: format!("`sslmode` has no such value{}", self.origin("sslmode")),
                    hint: "it takes `disable`, `allow`, `prefer`, `require`, `verify-ca` or `verify-full`",
                });
            }
        };
        if system && !matches!(mode, PgSslMode::VerifyFull) {
            return Err(Misspelling {
                cause: "`sslrootcert=system` would trust any host that has a certificate"
                    .to_owned(),
                hint: "add `sslmode=verify-full`",
            });
        }
        let mode = match mode {
            // A socket is never encrypted, whatever is asked.
            _ if address.socket().is_some() => PgSslMode::Disable,
            // As libpq: who names the authority wants the certificate checked.
            PgSslMode::Require if self.get("sslrootcert").is_some() => PgSslMode::VerifyCa,
            mode => mode,
        };
        driver = driver.ssl_mode(mode);
        if matches!(mode, PgSslMode::Disable) {
            return Ok(driver);
        }
        let file = |parameter: &str, usual: &str| match self.get(parameter).map(PathBuf::from) {
            Some(path) if path.is_file() => Ok(Some(path)),
            Some(path) => Err(Misspelling {
                cause: format!(
                    "`{parameter}` is `{}`, and there is no such file{}",
                    path.display(),
                    self.origin(parameter)
                ),
                hint: "name a PEM file that exists",
            }),
            None => Ok(home(environment)
                .map(|home| home.join(".postgresql").join(usual))
                .filter(|path| path.is_file())),
        };
        if system {
            // No certificate beside the public ones; also in place of what `PGSSLROOTCERT` told
            // the driver.
            driver = driver.ssl_root_cert_from_pem(Vec::new());
        } else if let Some(root) = file("sslrootcert", "root.crt")? {
            driver = driver.ssl_root_cert(root);
        }
        let certificate = file("sslcert", "postgresql.crt")?;
        let key = file("sslkey", "postgresql.key")?;
        if let (Some(certificate), Some(key)) = (certificate, key) {
            driver = driver.ssl_client_cert(certificate).ssl_client_key(key);
        }
        Ok(driver)
    }

    fn timeout(&self) -> Result<Option<Duration>, Misspelling> {
        let seconds = match self.get("connect_timeout") {
            None => return Ok(Some(Duration::from_secs(TIMEOUT))),
            Some(seconds) => seconds.trim().parse::<i64>().map_err(|error| Misspelling {
                cause: format!(
                    "`connect_timeout` is no number of seconds{}: {error}",
                    self.origin("connect_timeout")
                ),
                hint: "write `connect_timeout=10`, or 0 to wait for ever",
            })?,
        };
        let limit = u64::try_from(seconds).ok().filter(|&seconds| seconds > 0);
        Ok(limit.map(Duration::from_secs))
    }
}

fn home(environment: &Environment<'_>) -> Option<PathBuf> {
    let home = environment("HOME").filter(|home| !home.is_empty());
    home.map(PathBuf::from)
}

fn default_host(port: u16) -> String {
    let socket = format!(".s.PGSQL.{port}");
    let found = SOCKET_FOLDERS
        .iter()
        .find(|folder| Path::new(folder).join(&socket).exists());
    found.map_or("localhost", |folder| folder).to_owned()
}

fn unknown(name: &str) -> Misspelling {
    if name == "service" {
        return Misspelling {
            cause: "`service` is not supported".to_owned(),
            hint: "write host, port, database and user into the URL",
        };
    }
    let near = PARAMETERS
        .iter()
        .map(|parameter| parameter.name)
        .find(|known| strsim::osa_distance(known, name) <= 2);
    let meant = near.map_or(String::new(), |near| format!("; `{near}` is near"));
    Misspelling {
        cause: format!("there is no parameter `{name}`{meant}"),
        hint: "parameters are those of libpq, such as `sslmode` and `connect_timeout`",
    }
}
