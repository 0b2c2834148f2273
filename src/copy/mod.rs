//! Rows of one database into another, through a mapping.
//!
//! [`plan()`] decides by two schemas and a mapping what a copy does; [`statement`] writes its SQL. Up to
//! there nothing waits for a server. [`struct@Copy`] does it:
//!
//! 1. The source is read in one read-only snapshot, which several sessions share; it evaluates the
//!    mapping's expressions. Its rows go as they come, in the binary form of COPY, into a *stage* on the
//!    target: a table without indexes that nobody else looks at. Each range of pages commits with a line
//!    that says so, and a run that ended early goes on from there.
//! 2. The rows are *judged* on the target: which are there already, which cannot go there and why.
//! 3. Unless too many cannot, each table is *published* in one transaction, parents first: new rows,
//!    quarantine, and what is remembered of rows that are there under another key. An empty table gets its
//!    indexes and foreign keys after its rows, in the same transaction.
//!
//! Where every large table is empty, the rows need no stage: `straight` sends them into the tables
//! themselves, in the transaction that publishes them, and keeps the stage for tables that do not take
//! every row.
//!
//! A second copy finds every row there and changes nothing, so a run that was killed at any moment may
//! simply be started again.

mod behind;
mod error;
mod forward;
mod judging;
mod ledger;
mod link;
mod open;
pub mod plan;
mod planned;
mod publishing;
mod quarantine;
mod report;
mod rivals;
mod split;
mod staging;
pub mod statement;
mod straight;
mod trigger;

pub use error::{Answer, CopyError};
pub use open::{Copy, Request};
pub use plan::{Plan, TablePlan, Trouble, Wishes, plan};
pub use planned::{Asked, Planned, planned};
pub use quarantine::{Filter, Line, list, resolve};
pub use report::{Event, Finding, Report, TableReport};
pub use statement::Conflict;
pub use trigger::{Raised, Trigger};
