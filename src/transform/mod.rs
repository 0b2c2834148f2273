//! What the verbs of a mapping do to a value, once as SQL and once in this program.
//!
//! [`sql::columns`] renders a correspondence as expressions over a source row; [`row::Program`]
//! evaluates the same correspondence on a row that came through a pipe. Both give the same value, or
//! the same [`Code`], for the same input: `tests/transforms` drives both against a server.
//!
//! Every step works on the *text form* of a value, as the server prints it under [`SESSION`]; the last
//! one casts to the target's type. No cast is made before the text is known to fit, so no row can
//! make a statement fail. Types whose texts cannot be told apart by an expression are refused when the
//! expression is rendered.

mod charset;
mod code;
mod error;
mod format;
mod grammar;
mod invert;
mod json;
mod keeping;
mod kind;
mod lookup;
mod pattern;
pub mod row;
pub mod sql;
mod table;

use crate::mapping::Literal;
pub use code::Code;
pub use error::TransformError;
pub use invert::inverse;
pub use keeping::{Inverse, invert, only_restricts};
pub use kind::{Kind, Shape, Slot, straight};
pub use lookup::{LookupRow, LookupSource, LookupTable, Lookups};
pub use table::rules;

/// Settings of a session that evaluates the expressions, as name and value: the text forms of dates,
/// floats and bytes depend on them. Any setting of the same names that the expressions meet otherwise
/// may give other texts, though never an error.
pub const SESSION: &[(&str, &str)] = &[
    ("DateStyle", "ISO, YMD"),
    ("IntervalStyle", "postgres"),
    ("TimeZone", "UTC"),
    ("bytea_output", "hex"),
    ("extra_float_digits", "1"),
];

/// The canonical text of a value of the mapping, as a constant of that type.
fn constant(value: &Literal, kind: &Kind) -> Result<String, String> {
    let text = value.to_string();
    row::cast::cast(kind, &text, None)
        .map_err(|code| format!("`{text}` cannot be `{}`: {}", kind.sql(), code.message()))
}
