//! JSON lines.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, Read, Write};

use serde_json::value::RawValue;

use super::{Cell, Input, InputError, LARGEST, Line, Output, Unreadable, canonical};
use crate::schema::{ColumnType, Family, Ident};
use crate::transform::{Kind, Shape};

/// Rows of a stream of JSON lines.
pub(super) struct Reader<'a, R> {
    stream: R,
    shape: &'a Shape,
    columns: BTreeMap<&'a str, (usize, &'a Ident, &'a Kind)>,
    line: Vec<u8>,
    number: u64,
    strangers: BTreeSet<String>,
    listed: Vec<String>,
}

/// The most names that are kept to be told of.
const LISTED: usize = 100;

impl<'a, R: BufRead> Reader<'a, R> {
    pub(super) fn new(stream: R, shape: &'a Shape) -> Self {
        let columns = shape.columns.iter().enumerate();
        let columns =
            columns.map(|(index, (name, slot))| (name.as_str(), (index, name, &slot.kind)));
        Self {
            stream,
            shape,
            columns: columns.collect(),
            line: Vec::new(),
            number: 0,
            strangers: BTreeSet::new(),
            listed: Vec::new(),
        }
    }

    /// Reads a line without its end; `false` at the end of the stream.
    fn read_line(&mut self) -> io::Result<bool> {
        self.line.clear();
        let most = u64::try_from(LARGEST).unwrap_or(u64::MAX) + 1;
        let read = (&mut self.stream)
            .take(most)
            .read_until(b'\n', &mut self.line)?;
        if read == 0 {
            return Ok(false);
        }
        self.number += 1;
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
        } else if self.line.len() > LARGEST {
            skip_line(&mut self.stream)?;
        }
        Ok(true)
    }

    fn cells(&mut self, cells: &mut [Cell]) -> Result<(), Unreadable> {
        if self.line.len() > LARGEST {
            return Err(Unreadable::TooLarge);
        }
        let text = std::str::from_utf8(&self.line).ok();
        let text = text.ok_or(Unreadable::Row)?;
        // The mark that editors put before UTF-8.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let members: Option<BTreeMap<Cow<'_, str>, &RawValue>> = serde_json::from_str(text).ok();
        let members = members.ok_or(Unreadable::Row)?;
        for (name, value) in members {
            match self.columns.get(name.as_ref()) {
                Some((index, column, kind)) => {
                    cells[*index] = cell(self.shape, column, kind, value.get());
                }
                None if self.listed.len() < LISTED && !self.strangers.contains(name.as_ref()) => {
                    self.strangers.insert(name.clone().into_owned());
                    self.listed.push(name.into_owned());
                }
                None => {}
            }
        }
        Ok(())
    }
}

fn skip_line(stream: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = stream.fill_buf()?;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let (length, is_over) = match end {
            Some(end) => (end + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        stream.consume(length);
        if is_over {
            return Ok(());
        }
    }
}

/// The cell of a member's value as it is written.
fn cell(shape: &Shape, column: &Ident, kind: &Kind, raw: &str) -> Cell {
    let is_json = matches!(kind.plain(), Some(ColumnType::Json | ColumnType::Jsonb));
    match raw.as_bytes().first() {
        Some(b'n') => Cell::Null,
        _ if is_json => canonical(shape, column, raw.to_owned()),
        Some(b'"') => match serde_json::from_str::<String>(raw) {
            Ok(text) => canonical(shape, column, text),
            Err(_) => Cell::Invalid,
        },
        _ => canonical(shape, column, raw.to_owned()),
    }
}

impl<R: BufRead> Input for Reader<'_, R> {
    fn next(&mut self, cells: &mut Vec<Cell>) -> Result<Option<Line>, InputError> {
        loop {
            if !self.read_line()? {
                return Ok(None);
            }
            if !self.line.iter().all(u8::is_ascii_whitespace) {
                break;
            }
        }
        cells.clear();
        cells.resize(self.columns.len(), Cell::Absent);
        let read = self.cells(cells);
        Ok(Some((self.number, read)))
    }

    fn strangers(&self) -> &[String] {
        &self.listed
    }

    fn may_have(&self, _: &Ident) -> bool {
        true
    }

    fn raw(&self) -> Box<RawValue> {
        if self.line.len() > LARGEST {
            return RawValue::NULL.to_owned();
        }
        let text = String::from_utf8_lossy(&self.line);
        let row = text.strip_prefix('\u{feff}').unwrap_or(&text).trim();
        serde_json::from_str(row).unwrap_or_else(|_| super::raw(&text))
    }
}

/// JSON lines onto a stream.
pub(super) struct Writer<W> {
    stream: W,
    line: String,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(stream: W) -> Self {
        Self {
            stream,
            line: String::new(),
        }
    }
}

impl<W: Write> Output for Writer<W> {
    fn write(&mut self, row: &[(Ident, Cell)], shape: &Shape) -> io::Result<()> {
        self.line.clear();
        for (column, cell) in row {
            let value = match cell {
                Cell::Absent | Cell::Invalid => continue,
                Cell::Null => "null".to_owned(),
                Cell::Text(text) => written(shape.slot(column).map(|slot| &slot.kind), text),
            };
            self.line.push(if self.line.is_empty() { '{' } else { ',' });
            self.line += &string(column.as_str());
            self.line.push(':');
            self.line += &value;
        }
        self.line += if self.line.is_empty() { "{}\n" } else { "}\n" };
        self.stream.write_all(self.line.as_bytes())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// A text as a JSON string.
pub(super) fn string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A value as the server's `to_json` writes it.
fn written(kind: Option<&Kind>, text: &str) -> String {
    use ColumnType as T;
    match kind.and_then(Kind::plain) {
        Some(
            T::Smallint
            | T::Integer
            | T::Bigint
            | T::Real
            | T::Double
            | T::Numeric { .. }
            | T::Unknown {
                family: Family::Number | Family::Numeric,
                ..
            },
        ) if is_json_number(text) => text.to_owned(),
        Some(T::Boolean) if matches!(text, "true" | "false") => text.to_owned(),
        Some(T::Json | T::Jsonb) => one_line(text),
        Some(T::Array(_)) if text.starts_with('[') => match serde_json::from_str::<&RawValue>(text)
        {
            Ok(_) => one_line(text),
            Err(_) => string(text),
        },
        Some(T::Timestamp { tz, .. }) if !text.ends_with("BC") => {
            let text = text.replacen(' ', "T", 1);
            match text.strip_suffix("+00") {
                Some(wall) if *tz => string(&format!("{wall}+00:00")),
                _ => string(&text),
            }
        }
        _ => string(text),
    }
}

/// JSON without the line ends it may have between its parts; in a string there are none.
fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

fn is_json_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit())
        && serde_json::from_str::<&RawValue>(text).is_ok()
}
