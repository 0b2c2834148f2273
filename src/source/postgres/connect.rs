//! One connection, and what may be said when there is none.

use std::io;

use sqlx::postgres::PgConnection;
use sqlx::{ConnectOptions as _, Error};

use super::options::ConnectOptions;
use crate::source::LoadError;

/// Connects.
///
/// # Errors
/// [`LoadError::Server`] with the reason, and what to do about it.
pub async fn connect(options: &ConnectOptions) -> Result<PgConnection, LoadError> {
    let connecting = options.driver.connect();
    let connected = match options.timeout {
        None => connecting.await,
        Some(limit) => match tokio::time::timeout(limit, connecting).await {
            Ok(connected) => connected,
            Err(_elapsed) => {
                return Err(refusal(
                    options,
                    format!("no answer within {} s", limit.as_secs()),
                    "check host and port, and whether a firewall is in between; \
                     `connect_timeout=30` in the URL waits longer",
                ));
            }
        },
    };
    connected.map_err(|error| explain(options, &error))
}

/// Says what the driver's error means for the user.
pub(crate) fn explain(options: &ConnectOptions, error: &Error) -> LoadError {
    match error {
        Error::Database(error) => {
            let code = error.code().unwrap_or_default();
            let (cause, hint) = answered(options, &code, error.message());
            refusal(options, cause, hint)
        }
        Error::Io(error) => {
            let (cause, hint) = unreached(options, error);
            refusal(options, cause, hint)
        }
        Error::Tls(error) if error.to_string().contains("does not support TLS") => refusal(
            options,
            "the server offers no TLS, and the connection asks for it".to_owned(),
            "when the network in between is trusted, add `?sslmode=disable` to the URL",
        ),
        Error::Tls(error) => {
            let (cause, hint) = unencrypted(&error.to_string());
            refusal(options, cause, hint)
        }
        other => refusal(options, other.to_string(), "is this a PostgreSQL server?"),
    }
}

pub(super) fn refusal(options: &ConnectOptions, cause: String, hint: &'static str) -> LoadError {
    LoadError::Server {
        server: options.describe(),
        cause,
        hint,
    }
}

/// Why there is no TLS although both sides have it.
fn unencrypted(message: &str) -> (String, &'static str) {
    let hint = if message.contains("not valid for name") {
        "connect by a name that the certificate has; `sslmode=verify-ca` does not compare names"
    } else {
        "name the file of the authority's certificate with `sslrootcert=FILE`"
    };
    (format!("no TLS: {message}"), hint)
}

/// What the server said, by its SQLSTATE.
fn answered(options: &ConnectOptions, code: &str, message: &str) -> (String, &'static str) {
    let address = options.address();
    match code {
        "28P01" if !options.has_password => (
            format!(
                "the server wants a password for `{}`, and none was given",
                address.user
            ),
            "set PGPASSWORD, or write it into ~/.pgpass",
        ),
        "28P01" => (
            format!("the password for `{}` is wrong", address.user),
            "check it in the URL, PGPASSWORD or ~/.pgpass; in a URL, `%40` stands for `@`",
        ),
        // One code for three things; the texts are the same since PostgreSQL 9.
        "28000" if message.contains("does not exist") => (
            format!("there is no role `{}`", address.user),
            "name another user in the URL, or make it with CREATE ROLE",
        ),
        "28000" if message.contains("no encryption") && !options.encrypts() => (
            format!(
                "the server lets `{}` in with TLS only, or not at all: {message}",
                address.user
            ),
            "add `?sslmode=require` to the URL",
        ),
        "28000" => (
            message.to_owned(),
            "the server's pg_hba.conf says who may come in, and from where",
        ),
        "3D000" => (
            format!("there is no database `{}`", address.database),
            "list those that exist with `psql -l`",
        ),
        "42501" => (
            message.to_owned(),
            "ask the owner to GRANT it, or connect as another role",
        ),
        "53300" => (
            message.to_owned(),
            "wait for a connection to become free, or go through the pooler",
        ),
        "55P03" => (
            message.to_owned(),
            "another session holds a lock; pg_stat_activity shows which, try again when it is done",
        ),
        "57014" => (
            message.to_owned(),
            "the server is busy or its catalog very large; try again later",
        ),
        "57P03" => (
            message.to_owned(),
            "the server is starting or stopping; try again",
        ),
        _ => (
            format!("{message} ({code})"),
            "this is the server's answer; its log may tell more",
        ),
    }
}

/// Whether a server that answers with that SQLSTATE has ended the session.
pub(crate) fn ends_session(code: &str) -> bool {
    // The two of class 25 are time limits of a transaction; the others of that class end it alone.
    matches!(code, "25P03" | "25P04") || code.starts_with("08") || code.starts_with("57P")
}

/// Why no server was reached, by the system's error.
fn unreached(options: &ConnectOptions, error: &io::Error) -> (String, &'static str) {
    use io::ErrorKind as Kind;
    let address = options.address();
    let socket = address.socket();
    let place = match &socket {
        Some(socket) => format!("socket `{}`", socket.display()),
        None => format!("`{}`, port {}", address.host, address.port),
    };
    match error.kind() {
        Kind::NotFound if socket.is_some() => (
            format!("there is no {place}"),
            "is the server running, and are folder and port right? See its unix_socket_directories",
        ),
        Kind::PermissionDenied if socket.is_some() => (
            format!("{place} is not open to this user"),
            "see the server's unix_socket_permissions, or connect through TCP",
        ),
        Kind::ConnectionRefused => (
            format!("nothing listens at {place}"),
            "is the server running, and is the port right?",
        ),
        Kind::InvalidData => unencrypted(&error.to_string()),
        Kind::UnexpectedEof
        | Kind::ConnectionReset
        | Kind::ConnectionAborted
        | Kind::BrokenPipe => (
            format!("{place} closed the connection"),
            "is this a PostgreSQL server? Its log may tell more",
        ),
        // The standard library gives a failed look-up no kind of its own.
        _ if error.to_string().contains("lookup address") => (
            format!("host `{}` cannot be resolved", address.host),
            "check the spelling of the host, and the network",
        ),
        _ => (
            format!("{place} cannot be reached: {error}"),
            "check host and port, and the network",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::ends_session;

    #[test]
    fn a_failed_statement_leaves_the_session_and_a_server_that_ends_it_does_not() {
        for (code, expected) in [
            ("57P01", true),
            ("57P03", true),
            ("57P05", true),
            ("25P03", true),
            ("08006", true),
            ("57014", false),
            ("25P02", false),
            ("40001", false),
        ] {
            assert_eq!(ends_session(code), expected, "{code}");
        }
    }
}
