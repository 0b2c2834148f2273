//! From values to text: a comparison with its score as text, JSON, Markdown or a page of HTML, one
//! column's arithmetic in full ([`explain`]), a schema as text or JSON ([`inspect`]), and what any
//! command found out for tools that read findings (`JUnit`, SARIF, GitHub).
//!
//! A report decides no fact. It reads no clock and no environment, so one value gives one text.
//! Colors are always written; the stream that carries the text strips them where they are not wanted.

pub mod explain;
pub(crate) mod findings;
pub(crate) mod github;
pub(crate) mod html;
pub mod inspect;
mod json;
pub(crate) mod junit;
mod known;
mod markdown;
pub(crate) mod markup;
pub(crate) mod sarif;
pub(crate) mod screen;
pub(crate) mod standing;
mod style;
mod text;
pub mod verify;

#[cfg(test)]
mod sample;

use std::collections::BTreeMap;

use crate::diff::Comparison;
use crate::gate::Verdict;
use crate::known::Standing;
use crate::mapping::Mapping;
use crate::schema::{ObjectPath, Place};
use crate::score::Score;

pub use inspect::{JsonError, schema_from_json};
pub use text::hints;

/// Everything that a report of `align diff` says.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// What differs.
    pub comparison: &'a Comparison,
    /// What that comes to.
    pub score: &'a Score,
    /// Whether it is enough.
    pub verdict: &'a Verdict,
    /// What was applied, and what it says of tables.
    pub mapping: &'a Mapping,
    /// The side that is compared.
    pub from: Labelled<'a>,
    /// The side that it is compared with.
    pub to: Labelled<'a>,
    /// What the mapping is called; `None` when names alone decided.
    pub map: Option<&'a str>,
    /// Where everything stands.
    pub places: Places<'a>,
    /// The command that makes the report again, without a password.
    pub again: &'a str,
    /// What an earlier report said already; `None` where nobody asks.
    pub known: Option<&'a Standing>,
    /// How it is printed.
    pub options: Options,
}

/// Where the tables and columns of both sides, and the rules of the mapping stand in files.
#[derive(Debug, Clone, Copy, Default)]
pub struct Places<'a> {
    /// Of the from side; `None` for a live database.
    pub from: Option<&'a BTreeMap<ObjectPath, Place>>,
    /// Of the to side.
    pub to: Option<&'a BTreeMap<ObjectPath, Place>>,
    /// The mapping file; `None` for the one inside the program.
    pub mapping: Option<&'a str>,
}

/// What a side is called.
#[derive(Debug, Clone, Copy)]
pub struct Labelled<'a> {
    /// A short name, such as `clara-backend`.
    pub name: &'a str,
    /// The source as the user wrote it, without a password.
    pub source: &'a str,
}

/// How a report is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Whether what agrees is listed too, and nothing is summed up.
    pub all: bool,
    /// The columns of the terminal.
    pub width: usize,
    /// Whether the terminal shows more than ASCII.
    pub unicode: bool,
}

/// What a report is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For a terminal.
    Text,
    /// For a program.
    Json,
    /// For a comment on a pull request.
    Markdown,
    /// For a browser: one file.
    Html,
    /// For a CI that shows test results.
    Junit,
    /// For code scanning, and editors.
    Sarif,
    /// For annotations in a GitHub workflow.
    Github,
}

/// The report as one text that ends with a line end.
pub fn render(report: &Report<'_>, format: Format) -> String {
    match format {
        Format::Text => text::render(report),
        Format::Json => json::render(report),
        Format::Markdown => markdown::render(report),
        Format::Html => html::diff(report),
        Format::Junit => junit::render(&findings::of_report(report)),
        Format::Sarif => sarif::render(&findings::of_report(report)),
        Format::Github => github::render(&findings::of_report(report)),
    }
}

impl Report<'_> {
    /// A sentence of the comparison with the sides' own names in it.
    fn named(&self, message: &str) -> String {
        message
            .replace("the from side", self.from.name)
            .replace("the to side", self.to.name)
    }
}
