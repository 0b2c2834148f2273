//! Whether the other application's queries find their way, by `PostgREST`'s rules of resolution.

use crate::mapping::At;

/// A query of the other application and whether the from side answers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectOutcome {
    /// The table it starts from, as the mapping names it.
    pub table: String,
    /// The query.
    pub select: String,
    /// What comes of it.
    pub result: SelectResult,
    /// Why it cannot work, said beforehand in the mapping.
    pub known_failure: Option<String>,
    /// Where it stands in the mapping file.
    pub at: At,
}

/// What comes of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SelectResult {
    /// It is answered.
    Resolved,
    /// A table it names is not there; the name as the to side calls it.
    MissingTable(String),
    /// A column it names is not there; `table.column`, first by the query's order.
    MissingColumn(String),
    /// No foreign key leads from one table to the other (`PGRST200`).
    NoWay {
        /// Where it comes from.
        origin: String,
        /// What it asks for.
        target: String,
    },
    /// More than one foreign key does (`PGRST201`).
    ManyWays {
        /// Where it comes from.
        origin: String,
        /// What it asks for.
        target: String,
        /// The constraints, sorted.
        ways: Vec<String>,
    },
    /// The query itself cannot be read; the reason.
    Unreadable(String),
}
