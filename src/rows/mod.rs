//! Rows through a pipe: JSON lines or CSV in, the same through a mapping out, one row at a time.
//!
//! Nothing is kept of a row once the next one is read, and a row has a largest size, so memory stays the
//! same however long the input is.

mod csv;
mod json;
mod lookup;
mod run;

use std::io;

pub use lookup::{LookupError, read_lookup};
pub use run::{Reject, Run, Summary, Transfer};

use serde::Serialize;
use serde_json::value::RawValue;

use crate::schema::Ident;
use crate::transform::Shape;

/// The largest row, in bytes.
pub const LARGEST: usize = 16 << 20;

/// The form of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A JSON object a line.
    JsonLines,
    /// Comma-separated values with a header line. An empty field is NULL, an empty one in quotes is an
    /// empty text, as `COPY … CSV` has them.
    Csv,
}

/// What a row says of a column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Cell {
    /// Nothing: the row does not have the column.
    #[default]
    Absent,
    /// NULL.
    Null,
    /// A value in the server's text form.
    Text(String),
    /// None of the column's type.
    Invalid,
}

/// Why a run ends early.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The input.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The stream of the rows, or that of the rejects, takes no more.
    #[error(transparent)]
    Output(io::Error),
}

/// Why input cannot be read any further.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The stream failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The header of CSV names no row that could follow.
    #[error("line {line}: {message}")]
    Header {
        /// From 1.
        line: u64,
        /// What is wrong.
        message: String,
    },
}

/// Why a row was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// It is no JSON object, or CSV of other fields than the header's.
    Row,
    /// It is larger than [`LARGEST`].
    TooLarge,
}

impl Unreadable {
    /// As reports have it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Row => "line.unreadable",
            Self::TooLarge => "line.too_large",
        }
    }

    /// What it means, in a few words.
    pub fn message(self) -> &'static str {
        match self {
            Self::Row => "the line is no row",
            Self::TooLarge => "the row is larger than 16 MiB",
        }
    }
}

/// The line a row begins on, and whether it could be read.
type Line = (u64, Result<(), Unreadable>);

/// A source of rows.
trait Input {
    /// Reads the next row into `cells`, one for each column of the shape in its order; `None` at the
    /// end. Gives the line it begins on.
    fn next(&mut self, cells: &mut Vec<Cell>) -> Result<Option<Line>, InputError>;

    /// Names of the input that are no column of the shape, each once, the first hundred of them.
    fn strangers(&self) -> &[String];

    /// Whether a row may say something of a column.
    fn may_have(&self, column: &Ident) -> bool;

    /// The row read last as it came, for the rejects: numbers with every digit, members of one name all of them.
    fn raw(&self) -> Box<RawValue>;
}

/// A row as JSON that is not text of the input.
fn raw(row: &(impl Serialize + ?Sized)) -> Box<RawValue> {
    serde_json::value::to_raw_value(row).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// A target of rows.
trait Output {
    fn write(&mut self, row: &[(Ident, Cell)], shape: &Shape) -> io::Result<()>;

    fn finish(&mut self) -> io::Result<()>;
}

/// The cell of a text, in the canonical form of its column's type.
fn canonical(shape: &Shape, column: &Ident, text: String) -> Cell {
    let Some(slot) = shape.slot(column) else {
        return Cell::Text(text);
    };
    // No text of the server holds one.
    if text.contains('\0') {
        return Cell::Invalid;
    }
    match crate::transform::row::canonical(&slot.kind, &text) {
        Ok(text) => Cell::Text(text),
        Err(_) => Cell::Invalid,
    }
}
