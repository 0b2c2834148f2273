//! What a copy did, or would do.

use std::time::Duration;

/// What a copy did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// The run's id; empty when nothing was to be changed.
    pub run: String,
    /// In the order in which they are published.
    pub tables: Vec<TableReport>,
}

/// What became of the rows of one table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableReport {
    /// Where they were.
    pub name: String,
    /// Where they went.
    pub target: String,
    /// All that were to be copied: those copied, matched and quarantined.
    pub rows: u64,
    /// New in the target.
    pub copied: u64,
    /// In the target already.
    pub matched: u64,
    /// Of those, brought up to the copy.
    pub updated: u64,
    /// In quarantine.
    pub quarantined: u64,
    /// Why, by column and code.
    pub findings: Vec<Finding>,
    /// What was put NULL or a default in place of.
    pub notes: Vec<Finding>,
    /// Whether an earlier run of this copy published it.
    pub was_done: bool,
    /// Whether the server has its statistics of the table anew.
    pub is_counted: bool,
}

/// Values of one column that have one trouble.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The target's column.
    pub column: String,
    /// Why.
    pub code: String,
    /// How many rows.
    pub rows: u64,
    /// Keys of at most three of them, as JSON.
    pub keys: Vec<String>,
    /// Their values.
    pub values: Vec<String>,
    /// Which policy applies: `quarantine`, `fail`, `null`, `default`.
    pub policy: &'static str,
}

/// What is told while a copy lasts.
#[derive(Debug)]
pub enum Event<'a> {
    /// Another runner has the lock.
    Waiting {
        /// Who, if that can be seen.
        holder: Option<&'a crate::migrate::OtherSession>,
    },
    /// A run that ended early goes on.
    Resumes {
        /// Ranges of pages that are staged.
        windows: u64,
        /// Of those, how many have changed in the source and are read again.
        changed: u64,
        /// Tables that are published and unchanged.
        published: u64,
    },
    /// Rows were staged.
    Staged {
        /// In this run.
        rows: u64,
        /// The share of the ranges that is done, in thousandths.
        permille: u64,
    },
    /// The rows of a table are being judged.
    Judging {
        /// The table.
        name: &'a str,
    },
    /// A table is being published.
    Publishing {
        /// The table.
        name: &'a str,
    },
    /// A table is published.
    Published {
        /// What became of its rows.
        table: &'a TableReport,
        /// How long it took.
        took: Duration,
    },
    /// Something else that the user should know.
    Note(String),
}
