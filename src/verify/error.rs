//! Why a verification ends early. No variant holds a password or a value of a user's row.

use crate::source::LoadError;

/// The server's code where `statement_timeout` is over.
pub(super) const OUT_OF_TIME: &str = "57014";

/// What is said of a check that was broken off.
pub(super) const UNFINISHED: &str =
    "it did not end within the time that a check may take, so nothing is known";

/// Why a verification ends early.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// There is no connection.
    #[error(transparent)]
    Connect(#[from] LoadError),
    /// The rows that the probes rest on cannot be made.
    #[error("cannot make the rows of `{file}`: {cause}")]
    Setup {
        /// The file of `[verify] setup`.
        file: String,
        /// The server's word, or what is wrong with the file.
        cause: String,
    },
    /// The server broke off a question that took longer than a check may.
    #[error("cannot {doing}: it did not end within the time that a check may take")]
    OutOfTime {
        /// What was tried.
        doing: &'static str,
    },
    /// The server did not do what every check needs.
    #[error("cannot {doing}: {cause}")]
    Server {
        /// What was tried.
        doing: &'static str,
        /// The server's word.
        cause: String,
    },
}

/// A failure of what every check needs.
pub(super) fn server(doing: &'static str, error: &sqlx::Error) -> VerifyError {
    if is_out_of_time(error) {
        return VerifyError::OutOfTime { doing };
    }
    VerifyError::Server {
        doing,
        cause: words(error),
    }
}

/// Whether the server broke off for the sake of `statement_timeout`.
fn is_out_of_time(error: &sqlx::Error) -> bool {
    let error = error.as_database_error();
    error.is_some_and(|error| error.code().as_deref() == Some(OUT_OF_TIME))
}

/// The server's message with its code. What it quotes may be a row's, except where it speaks of the statement (class
/// 42), and what it says beside the message always may.
pub(super) fn words(error: &sqlx::Error) -> String {
    if is_out_of_time(error) {
        return UNFINISHED.to_owned();
    }
    match error.as_database_error() {
        Some(error) => match error.code() {
            Some(code) if code.starts_with("42") => format!("{} ({code})", error.message()),
            Some(code) => {
                let message = crate::migrate::without_values(&code, error.message(), "");
                format!("{message} ({code})")
            }
            None => error.message().to_owned(),
        },
        None => crate::migrate::unanswered(error).0.to_owned(),
    }
}
