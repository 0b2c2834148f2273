//! Proof that a database is what the mapping and the other application need.
//!
//! A [`Verification`] is a list of [`Check`]s. Whatever a check tries, it leaves nothing behind: what
//! reads does so in one REPEATABLE READ, READ ONLY transaction, what writes in a transaction that is
//! always rolled back, on rows that the mapping's `[verify] setup` makes there.

mod access;
mod against;
mod counters;
mod error;
mod history;
mod integrity;
mod probe;
mod promised;
mod question;
mod reading;
mod run;
mod select;
mod statement;
mod structure;
mod summary;
mod target;
mod values;

pub use access::check as check_access;
pub use against::{Against, RANGE_ROWS, check as check_against, uneven};
pub use error::VerifyError;
pub use history::Folder;
pub use probe::{Probes, Roles, lacks_namespace};
pub use promised::{promised, stand_in};
pub use run::{BUDGET, Request, Schemas, run};
pub use select::check as check_select;
pub use statement::{check_flow, check_statement};
pub use structure::check as check_structure;
pub use summary::Summary;
pub use target::{Promise, check as check_target};
pub use values::{Values, check as check_values};

use std::fmt;
use std::time::Duration;

use crate::mapping::At;

/// What was found out, in the order in which it was tried.
#[derive(Debug, Default)]
pub struct Verification {
    /// One a thing that was promised.
    pub checks: Vec<Check>,
    /// How many rows of a table were looked at at most, where not all of them were.
    pub sample: Option<u64>,
    /// The most that one question of a check might take.
    pub budget: Option<Duration>,
    /// Sections that nobody asked for.
    pub left_out: Vec<Section>,
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
    /// What its columns hold, before and after; of a check of values that fails, or where it is asked for.
    pub summaries: Vec<Summary>,
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
    /// Where one would mend it; where it is not known, that of the check.
    pub spot: Option<Spot>,
}

/// A place in what the user wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spot {
    /// In the mapping.
    Mapping(At),
    /// A file as a whole, as the user named it.
    File(String),
}

impl Finding {
    fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            sql: None,
            spot: None,
        }
    }

    #[must_use]
    fn at(mut self, spot: Option<Spot>) -> Self {
        self.spot = spot;
        self
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
            summaries: Vec::new(),
            took: Duration::ZERO,
            at: None,
        }
    }

    /// More that stands against it, unless nothing is known of it.
    fn also(&mut self, findings: Vec<Finding>) {
        if !findings.is_empty() && !matches!(self.verdict, Verdict::Skipped { .. }) {
            self.verdict = Verdict::Failed;
            self.findings.extend(findings);
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

    /// A part of a section that did not end.
    fn unfinished(section: Section, name: impl Into<String>) -> Self {
        Self::of(section, name, 0, vec![Finding::new(error::UNFINISHED)])
    }

    fn skipped(section: Section, name: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Skipped { why: why.into() },
            ..Self::of(section, name, 0, Vec::new())
        }
    }
}

/// How sure a sample without a fault makes, and of what.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Confidence {
    /// How many rows were looked at.
    pub rows: u64,
    /// How probable it is that a share of bad rows as large as this one would have shown itself.
    pub certainty: f64,
    /// The share of bad rows.
    pub share: f64,
}

impl Confidence {
    /// Of a sample of that many rows. A share p of bad rows stays unseen with the probability
    /// (1 - p)^n; that is 5 % at p = 1 - 0.05^(1/n), a little less than 3/n.
    pub fn of(rows: u64) -> Self {
        let certainty: f64 = 0.95;
        // Beyond 32 bits the share is nothing that anybody reads.
        let n = f64::from(u32::try_from(rows.max(1)).unwrap_or(u32::MAX));
        let share = 1.0 - (1.0 - certainty).powf(1.0 / n);
        Self {
            rows,
            certainty,
            share,
        }
    }
}

impl Verification {
    /// What a check of rows without a fault says; nothing where every row was looked at.
    pub fn confidence(&self) -> Option<Confidence> {
        self.sample.map(Confidence::of)
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_says_what_it_is_worth() {
        for (rows, share) in [
            (1, 0.95),
            (100, 0.029_513),
            (300, 0.009_936),
            (3000, 0.000_998),
        ] {
            let confidence = Confidence::of(rows);
            assert!((confidence.share - share).abs() < 1e-6, "{confidence:?}");
            let unseen = (1.0 - share).powi(i32::try_from(rows).unwrap());
            assert!((unseen - 0.05).abs() < 1e-3, "{rows}: {unseen}");
        }
        assert!(Confidence::of(0).share <= 1.0);
        assert!(Confidence::of(u64::MAX).share > 0.0);
    }
}
