//! Proof that a database is what the mapping and the other application need.
//!
//! A [`Verification`] is a list of [`Check`]s. Whatever a check tries, it leaves nothing behind: what
//! reads does so in one REPEATABLE READ, READ ONLY transaction, what writes in a transaction that is
//! always rolled back, on rows that the mapping's `[verify] setup` makes there.

mod access;
mod error;
mod probe;
mod promised;
mod select;
mod statement;
mod structure;
mod target;
mod values;

pub use access::check as check_access;
pub use error::VerifyError;
pub use probe::{Probes, Roles, lacks_namespace};
pub use promised::{promised, stand_in};
pub use select::check as check_select;
pub use statement::{check_flow, check_statement};
pub use structure::check as check_structure;
pub use target::check as check_target;
pub use values::{Values, check as check_values};

use std::fmt;
use std::time::Duration;

use crate::mapping::At;

/// What was found out, in the order in which it was tried.
#[derive(Debug, Default)]
pub struct Verification {
    /// One a thing that was promised.
    pub checks: Vec<Check>,
}

/// Whether one promise holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What it belongs to.
    pub section: Section,
    /// What was checked, in a few words; with the section it names the check.
    pub name: String,
    /// The answer.
    pub verdict: Verdict,
    /// How many things were looked at: probes, rows, constraints.
    pub looked_at: u64,
    /// What stands against it, or what is worth knowing.
    pub findings: Vec<Finding>,
    /// How long it took.
    pub took: Duration,
    /// Where the mapping asks for it.
    pub at: Option<At>,
}

/// The parts of a verification, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// Tables, constraints, history.
    Structure,
    /// Rows against the mapping.
    Values,
    /// Who may do what.
    Access,
    /// What must work from end to end.
    Flow,
    /// What the applications send.
    Statements,
    /// What the other application asks for.
    Selects,
}

impl Section {
    /// Every section.
    pub const ALL: [Self; 6] = [
        Self::Structure,
        Self::Values,
        Self::Access,
        Self::Flow,
        Self::Statements,
        Self::Selects,
    ];

    /// The word that `--only` and `--skip` take.
    pub fn word(self) -> &'static str {
        match self {
            Self::Structure => "structure",
            Self::Values => "values",
            Self::Access => "access",
            Self::Flow => "flow",
            Self::Statements => "statements",
            Self::Selects => "selects",
        }
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The answer of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    Passed,
    /// It does not.
    Failed,
    /// It does not, as the mapping says beforehand.
    Known {
        /// In the mapping's words.
        why: String,
    },
    /// It could not be tried.
    Skipped {
        /// Why not.
        why: String,
    },
}

/// Something that a check saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What is the matter; holds no value of a user's row.
    pub message: String,
    /// SQL that shows it.
    pub sql: Option<String>,
}

impl Finding {
    fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            sql: None,
        }
    }

    #[must_use]
    fn shown_by(mut self, sql: impl Into<String>) -> Self {
        self.sql = Some(sql.into());
        self
    }
}

impl Check {
    /// A check that looked at `looked_at` things and saw these troubles.
    fn of(
        section: Section,
        name: impl Into<String>,
        looked_at: u64,
        findings: Vec<Finding>,
    ) -> Self {
        Self {
            section,
            name: name.into(),
            verdict: if findings.is_empty() {
                Verdict::Passed
            } else {
                Verdict::Failed
            },
            looked_at,
            findings,
            took: Duration::ZERO,
            at: None,
        }
    }

    /// The rows that the probes rest on could not be made, so nothing can be tried.
    pub fn without_rows(error: &VerifyError) -> Self {
        let name = "there are rows to try things on";
        Self::of(
            Section::Access,
            name,
            0,
            vec![Finding::new(error.to_string())],
        )
    }

    fn skipped(section: Section, name: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Skipped { why: why.into() },
            ..Self::of(section, name, 0, Vec::new())
        }
    }
}

impl Verification {
    /// Whether no check failed.
    pub fn holds(&self) -> bool {
        self.count(|verdict| matches!(verdict, Verdict::Failed)) == 0
    }

    /// How many checks ended so.
    pub fn count(&self, of: impl Fn(&Verdict) -> bool) -> usize {
        self.checks
            .iter()
            .filter(|check| of(&check.verdict))
            .count()
    }
}
