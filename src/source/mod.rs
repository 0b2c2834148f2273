//! From the world to a [`crate::schema::Schema`]: SQL text, TypeScript, JSON, a live Postgres.

mod error;
pub mod sql;

pub use error::LoadError;

/// A text that was read, and what the user calls it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextFile {
    /// The path as the user wrote it, `-` for standard input.
    pub name: String,
    /// UTF-8, whatever line ends it has.
    pub text: String,
}
