//! Looked-up tables out of files.

use std::io::BufRead;

use super::{Cell, Form, Input, InputError, csv, json};
use crate::mapping::Lookup;
use crate::transform::{LookupRow, LookupTable, Shape};

/// Why the rows of a looked-up table cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    /// The stream.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A line that is no row, or a value that its column cannot hold.
    #[error("line {line}: {message}")]
    Line {
        /// From 1.
        line: u64,
        /// What is wrong.
        message: String,
    },
    /// A column that no row has.
    #[error("no row has the column `{0}`")]
    NoColumn(String),
}

/// Reads the rows of a lookup's table, whose columns are those of the shape.
///
/// # Errors
/// Every [`LookupError`]: a value that is silently not looked up would be a silent NULL.
pub fn read_lookup(
    lookup: &Lookup,
    shape: &Shape,
    form: Form,
    stream: impl BufRead,
) -> Result<LookupTable, LookupError> {
    let mut input: Box<dyn Input> = match form {
        Form::JsonLines => Box::new(json::Reader::new(stream, shape)),
        Form::Csv => Box::new(csv::Reader::new(stream, shape)?),
    };
    let index = |name| shape.columns.keys().position(|column| column == name);
    let missing = |name: &crate::schema::Ident| LookupError::NoColumn(name.as_str().to_owned());
    let take = index(&lookup.take).ok_or_else(|| missing(&lookup.take))?;
    let mut keys = Vec::new();
    for column in &lookup.matches {
        keys.push(index(column).ok_or_else(|| missing(column))?);
    }
    let mut table = LookupTable::new(lookup, []);
    let mut seen = vec![false; shape.columns.len()];
    let mut cells = Vec::new();
    let mut any = false;
    while let Some((line, read)) = input.next(&mut cells)? {
        let wrong = |message: &str| LookupError::Line {
            line,
            message: message.to_owned(),
        };
        read.map_err(|why| wrong(why.message()))?;
        any = true;
        for at in keys.iter().chain([&take]) {
            seen[*at] |= cells[*at] != Cell::Absent;
            if cells[*at] == Cell::Invalid {
                return Err(wrong("a value is none of its column's type"));
            }
        }
        let Cell::Text(take) = &cells[take] else {
            continue;
        };
        for (position, key) in keys.iter().enumerate() {
            if let Cell::Text(key) = &cells[*key] {
                let position = position + 1;
                table.add(
                    lookup,
                    LookupRow {
                        position,
                        key,
                        take,
                    },
                );
            }
        }
    }
    let unseen = lookup
        .matches
        .iter()
        .zip(&keys)
        .chain([(&lookup.take, &take)]);
    for (column, at) in unseen {
        if any && !seen[*at] {
            return Err(missing(column));
        }
    }
    Ok(table)
}
