//! From values to text: a comparison with its score as text, JSON or Markdown, one column's arithmetic
//! in full ([`explain`]), a schema as text or JSON ([`inspect`]).
//!
//! A report decides no fact. It reads no clock and no environment, so one value gives one text.
//! Colors are always written; the stream that carries the text strips them where they are not wanted.

pub mod explain;
pub mod inspect;
mod json;
mod known;
mod markdown;
pub(crate) mod screen;
pub(crate) mod standing;
mod style;
mod text;
pub mod verify;

#[cfg(test)]
mod sample;

use crate::diff::Comparison;
use crate::gate::Verdict;
use crate::known::Standing;
use crate::mapping::Mapping;
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
    /// What an earlier report said already; `None` where nobody asks.
    pub known: Option<&'a Standing>,
    /// How it is printed.
    pub options: Options,
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
}

/// The report as one text that ends with a line end.
pub fn render(report: &Report<'_>, format: Format) -> String {
    match format {
        Format::Text => text::render(report),
        Format::Json => json::render(report),
        Format::Markdown => markdown::render(report),
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
