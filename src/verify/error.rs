//! Why a verification ends early. No variant holds a password or a value of a user's row.

use crate::source::LoadError;

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
    VerifyError::Server {
        doing,
        cause: words(error),
    }
}

/// The server's message with its code; what it says beside holds values.
pub(super) fn words(error: &sqlx::Error) -> String {
    match error.as_database_error() {
        Some(error) => match error.code() {
            Some(code) => format!("{} ({code})", error.message()),
            None => error.message().to_owned(),
        },
        None => "the connection to the server is lost".to_owned(),
    }
}
