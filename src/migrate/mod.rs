//! Migrations: from a folder of SQL files to a changed database. Nothing else changes a schema.
//!
//! [`Phase`] is what was read, [`standing()`] what of it is applied, [`Plan`] what would run and what
//! that may cost; up to there nothing waits for a server. [`Session`] runs it.
//!
//! Each step commits together with its line in refinery's history, and with its line in `align.events`;
//! a step of many transactions commits how far it came with each. So a process that is killed at any
//! moment leaves nothing that the next run does not go on from.

mod apply;
mod backup;
mod batch;
mod begun;
mod blocker;
mod directive;
mod driver;
mod error;
mod export;
mod files;
mod hazard;
mod history;
mod index;
mod keys;
mod lag;
mod ledger;
mod lock;
mod message;
mod notice;
mod observe;
mod old_form;
mod pace;
mod plain;
mod plan;
mod pooler;
mod progress;
mod pushed;
mod quarantine;
mod rights;
mod run;
mod session;
mod standing;
mod statement;
mod target;
mod token;
mod trial;
mod watch;
mod window;

pub use backup::confirm_backup;
pub use begun::check as check_begun;
pub use directive::{Batch, Directives, duration};
pub use driver::{Driver, Failed as DriverError};
pub use error::{MigrateError, Refusal, Session as OtherSession, StepError};
pub use export::{Exported, export};
pub use files::{FilesError, MigrationFile, Phase, Script, Trouble};
pub use hazard::{Effects, Hazard, Lock, LockMode, Need, Privilege};
pub use history::{read as read_history, table as history_table};
pub use ledger::{
    Operator, Recorded, begun as begun_run, keep as keep_ledger, quarantined, read as read_events,
};
pub use lock::{KEY as LOCK, holder};
pub(crate) use message::{unanswered, without_values};
pub use notice::Severity;
pub use old_form::{OldForm, OldWriter, Way, read as read_old_form};
pub use plan::{Plan, Planned, check as check_history};
pub use pooler::{begin_reading, own_sessions};
pub use progress::{UnderWay, read as read_progress};
pub use pushed::Marker;
pub use rights::{Missing, check as check_rights, missing as missing_rights, role_sql};
pub use run::{Request, survey};
pub use session::{Control, Event, Limits, Session};
pub use standing::{Applied, Entry, State, standing};
pub use target::{LedgerIdentity, Relation, Target, digest, relations};
pub use trial::{Advanced, Grown, Held, Substitution, Trial, Tried, TriedStep};
pub use watch::{LongestLock, Watched};
