//! What a command found out, in one form for the formats that other tools read: [`junit`], [`sarif`],
//! [`github`].
//!
//! A [`Check`] is a promise that holds or not, a [`Finding`] one thing that was seen, with the rule that
//! it falls under and, where it is known, the line where one would mend it.
//!
//! [`junit`]: super::junit
//! [`sarif`]: super::sarif
//! [`github`]: super::github

mod diff;
mod verify;

use crate::mapping::At;
use crate::schema::Place;

pub(crate) use diff::{checks_of_comparison, of_report};
pub(crate) use verify::of_verification;

/// Everything that a command found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Findings {
    /// `diff`, `verify`, `status` or `rehearse`.
    pub(crate) command: &'static str,
    /// What was looked at, in a few words.
    pub(crate) subject: String,
    /// The file that a finding without a line of its own belongs to.
    pub(crate) file: Option<String>,
    /// Under which terms it was looked at: a name, and what holds.
    pub(crate) terms: Vec<(&'static str, String)>,
    /// In the order of the command's own report.
    pub(crate) checks: Vec<Check>,
}

/// Whether one promise holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Check {
    /// What it belongs to: `tables`, `gate`, `access`, a phase.
    pub(crate) group: String,
    /// With the group it names the check.
    pub(crate) name: String,
    pub(crate) outcome: Outcome,
    /// In milliseconds, where the check is about time.
    pub(crate) took: Option<u64>,
    /// What is worth knowing though nothing is wrong, in a few words.
    pub(crate) said: Option<String>,
    pub(crate) findings: Vec<Finding>,
}

/// The answer of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    Failed,
    /// Not tried, or known to fail, and why.
    Skipped(String),
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// It forbids what the command is asked for.
    Error,
    /// Somebody should look at it.
    Warning,
    /// It differs, and that may be meant.
    Note,
}

/// One thing that was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// A dotted word, such as `table.missing`.
    pub(crate) rule: String,
    pub(crate) level: Level,
    /// What it is about, such as `leads.name`; empty where it is about all.
    pub(crate) object: String,
    pub(crate) message: String,
    /// SQL that shows it.
    pub(crate) sql: Option<String>,
    /// Where one would mend it, then what belongs to it.
    pub(crate) spots: Vec<Spot>,
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spot {
    /// As the user named it.
    pub(crate) file: String,
    /// From 1; `None` is the file as a whole.
    pub(crate) line: Option<u32>,
    /// In characters, from 1.
    pub(crate) column: Option<u32>,
}

impl Findings {
    /// The worst first, each level in the order of the checks.
    pub(crate) fn by_level(&self) -> Vec<(&Check, &Finding)> {
        let mut all: Vec<(&Check, &Finding)> = self
            .checks
            .iter()
            .flat_map(|check| check.findings.iter().map(move |finding| (check, finding)))
            .collect();
        all.sort_by_key(|(_, finding)| finding.level);
        all
    }

    pub(crate) fn count(&self, of: impl Fn(&Outcome) -> bool) -> usize {
        let checks = self.checks.iter();
        checks.filter(|check| of(&check.outcome)).count()
    }
}

impl Check {
    /// It fails where a finding forbids something.
    pub(crate) fn of(
        group: impl Into<String>,
        name: impl Into<String>,
        findings: Vec<Finding>,
    ) -> Self {
        let fails = findings.iter().any(|found| found.level == Level::Error);
        Self {
            group: group.into(),
            name: name.into(),
            outcome: if fails {
                Outcome::Failed
            } else {
                Outcome::Passed
            },
            took: None,
            said: None,
            findings,
        }
    }
}

impl Finding {
    pub(crate) fn new(
        rule: impl Into<String>,
        level: Level,
        object: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            rule: rule.into(),
            level,
            object: object.into(),
            message: message.into(),
            sql: None,
            spots: Vec::new(),
        }
    }

    #[must_use]
    pub(crate) fn at(mut self, spots: impl IntoIterator<Item = Spot>) -> Self {
        for spot in spots {
            if !self.spots.contains(&spot) {
                self.spots.push(spot);
            }
        }
        self
    }

    /// The message with what it is about in front, where it does not name it itself.
    pub(crate) fn sentence(&self) -> String {
        if self.object.is_empty() || self.message.contains(&format!("`{}`", self.object)) {
            self.message.clone()
        } else {
            format!("{}: {}", self.object, self.message)
        }
    }
}

impl Spot {
    /// A file as a whole.
    pub(crate) fn file(file: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            line: None,
            column: None,
        }
    }

    /// A line of a source; standard input has none that another tool could open.
    pub(crate) fn of(place: &Place) -> Option<Self> {
        (place.file != "-").then(|| Self {
            file: place.file.clone(),
            line: Some(place.line),
            column: None,
        })
    }

    /// A line of the mapping.
    pub(crate) fn in_mapping(file: Option<&str>, at: At) -> Option<Self> {
        let file = file?.to_owned();
        (at.line > 0).then(|| Self {
            file,
            line: Some(at.line),
            column: (at.column > 0).then_some(at.column),
        })
    }
}

#[cfg(test)]
pub(crate) mod tests;
