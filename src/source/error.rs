//! Why a schema could not be loaded.

use std::path::PathBuf;

use crate::schema::Place;

/// Why a schema could not be loaded. The text names the object and the cause; [`LoadError::hint`]
/// says what to do next. No variant ever holds a password.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The words after `--from` or `--to` name no source.
    #[error("`{spec}` is not a source: {cause}")]
    Spec {
        /// What was written, without a password.
        spec: String,
        /// What is wrong with it.
        cause: String,
        /// What to write instead.
        hint: &'static str,
    },
    /// A file or folder could not be opened or read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's word.
        source: std::io::Error,
    },
    /// The text is not what it is said to be.
    #[error("{place}: {cause}")]
    Text {
        /// The first line that is wrong.
        place: Place,
        /// What is wrong with it.
        cause: String,
        /// What to do.
        hint: &'static str,
    },
    /// The server could not be reached, or did not answer as it should.
    #[error("{server}: {cause}")]
    Server {
        /// `user@host:port/database`.
        server: String,
        /// The server's word, or the system's.
        cause: String,
        /// What to do.
        hint: &'static str,
    },
}

impl LoadError {
    /// What to do next.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Spec { hint, .. } | Self::Text { hint, .. } | Self::Server { hint, .. } => {
                Some(hint)
            }
            Self::Io { .. } => None,
        }
    }
}
