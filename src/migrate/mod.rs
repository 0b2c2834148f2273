//! Migrations: from a folder of SQL files to a changed database.

mod directive;
mod files;
mod hazard;
mod standing;
mod statement;
mod token;
mod window;

pub use directive::{Batch, Directives, duration};
pub use files::{FilesError, MigrationFile, Phase, Script, Trouble};
pub use hazard::{Effects, Hazard, Lock, LockMode};
pub use standing::{Applied, Entry, State, standing};
