//! Comma-separated values, as `COPY … CSV` writes and reads them: an empty field is NULL, and an empty
//! field in quotes an empty text.

use std::io::{self, BufRead, Write};

use serde_json::value::RawValue;

use super::{Cell, Input, InputError, LARGEST, Line, Output, Unreadable, canonical};
use crate::schema::Ident;
use crate::transform::Shape;

/// A field, and whether it stood in quotes.
type Field = (Vec<u8>, bool);

/// How a record ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Line,
    Stream,
    TooLarge,
    /// In a quote, or with text after one.
    Broken,
}

/// Records of a stream.
struct Records<R> {
    stream: R,
    fields: Vec<Field>,
    /// Lines that have ended.
    lines: u64,
}

impl<R: BufRead> Records<R> {
    /// Reads a record; `None` at the end of the stream.
    fn next(&mut self) -> io::Result<Option<End>> {
        self.fields.clear();
        let mut field: Field = (Vec::new(), false);
        let (mut in_quotes, mut closed, mut broken, mut any) = (false, false, false, false);
        let mut size = 0_usize;
        let end = loop {
            let Some(byte) = self.byte()? else {
                break if in_quotes { End::Broken } else { End::Stream };
            };
            any = true;
            size += 1;
            if byte == b'\n' {
                self.lines += 1;
            }
            match byte {
                _ if size > LARGEST => {
                    // An open quote cannot be told from a closed one any more: the line decides.
                    if byte == b'\n' {
                        break End::TooLarge;
                    }
                }
                b'"' if in_quotes && self.peek()? == Some(b'"') => {
                    self.stream.consume(1);
                    field.0.push(b'"');
                }
                b'"' if in_quotes => (in_quotes, closed) = (false, true),
                _ if in_quotes => field.0.push(byte),
                b',' => {
                    self.fields.push(std::mem::take(&mut field));
                    closed = false;
                }
                b'\n' => break End::Line,
                b'\r' if self.peek()? == Some(b'\n') => {}
                b'"' if field.0.is_empty() && !closed => (in_quotes, field.1) = (true, true),
                _ => {
                    broken |= closed || byte == b'"';
                    field.0.push(byte);
                }
            }
        };
        if !any {
            return Ok(None);
        }
        self.fields.push(field);
        Ok(Some(match end {
            End::Line | End::Stream if broken => End::Broken,
            end => end,
        }))
    }

    fn peek(&mut self) -> io::Result<Option<u8>> {
        loop {
            match self.stream.fill_buf() {
                Ok(buffer) => return Ok(buffer.first().copied()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn byte(&mut self) -> io::Result<Option<u8>> {
        let byte = self.peek()?;
        if byte.is_some() {
            self.stream.consume(1);
        }
        Ok(byte)
    }

    fn is_blank(&self) -> bool {
        matches!(self.fields.as_slice(), [(text, false)] if text.is_empty())
    }
}

/// Rows of a stream with a header line.
pub(super) struct Reader<'a, R> {
    records: Records<R>,
    shape: &'a Shape,
    header: Vec<String>,
    /// The column of each field.
    columns: Vec<Option<(usize, &'a Ident)>>,
    strangers: Vec<String>,
}

impl<'a, R: BufRead> Reader<'a, R> {
    pub(super) fn new(stream: R, shape: &'a Shape) -> Result<Self, InputError> {
        let mut records = Records {
            stream,
            fields: Vec::new(),
            lines: 0,
        };
        let wrong = |message: &str| InputError::Header {
            line: 1,
            message: message.to_owned(),
        };
        let mut header: Vec<String> = Vec::new();
        if let Some(end) = records.next()? {
            if matches!(end, End::Broken | End::TooLarge) {
                return Err(wrong("the header is no CSV"));
            }
            for (name, _) in &records.fields {
                let name = String::from_utf8(name.clone())
                    .ok()
                    .ok_or_else(|| wrong("the header is not UTF-8"))?;
                let name = name.trim_start_matches('\u{feff}').to_owned();
                if header.contains(&name) {
                    return Err(wrong(&format!("the header names `{name}` twice")));
                }
                header.push(name);
            }
        }
        let names: Vec<&Ident> = shape.columns.keys().collect();
        let columns = header.iter().map(|name| {
            let index = names.iter().position(|column| column.as_str() == name)?;
            Some((index, names[index]))
        });
        let columns: Vec<Option<(usize, &Ident)>> = columns.collect();
        // Every row would be empty. It may be a row of values, so it is not shown.
        if !header.is_empty() && columns.iter().all(Option::is_none) {
            return Err(wrong(
                "the header names no column of the table; names are separated by commas",
            ));
        }
        let strangers = header.iter().zip(&columns);
        let strangers = strangers.filter(|(_, column)| column.is_none());
        Ok(Self {
            strangers: strangers.map(|(name, _)| name.clone()).collect(),
            records,
            shape,
            columns,
            header,
        })
    }
}

impl<R: BufRead> Input for Reader<'_, R> {
    fn next(&mut self, cells: &mut Vec<Cell>) -> Result<Option<Line>, InputError> {
        cells.clear();
        cells.resize(self.shape.columns.len(), Cell::Absent);
        let (line, end) = loop {
            let line = self.records.lines + 1;
            match self.records.next()? {
                None => return Ok(None),
                Some(End::Line | End::Stream) if self.records.is_blank() => {}
                Some(end) => break (line, end),
            }
        };
        let read = match end {
            End::TooLarge => Err(Unreadable::TooLarge),
            End::Broken => Err(Unreadable::Row),
            _ if self.records.fields.len() != self.columns.len() => Err(Unreadable::Row),
            End::Line | End::Stream => {
                for ((bytes, quoted), column) in self.records.fields.iter().zip(&self.columns) {
                    let Some((index, name)) = column else {
                        continue;
                    };
                    cells[*index] = if bytes.is_empty() && !quoted {
                        Cell::Null
                    } else {
                        match String::from_utf8(bytes.clone()) {
                            Ok(text) => canonical(self.shape, name, text),
                            Err(_) => Cell::Invalid,
                        }
                    };
                }
                Ok(())
            }
        };
        Ok(Some((line, read)))
    }

    fn strangers(&self) -> &[String] {
        &self.strangers
    }

    fn may_have(&self, column: &Ident) -> bool {
        let mut columns = self.columns.iter().flatten();
        columns.any(|(_, name)| *name == column)
    }

    fn raw(&self) -> Box<RawValue> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let fields = &self.records.fields;
        if fields.len() != self.header.len() {
            let fields: Vec<String> = fields.iter().map(|(bytes, _)| text(bytes)).collect();
            return super::raw(&fields);
        }
        let members = self
            .header
            .iter()
            .zip(fields)
            .map(|(name, (bytes, quoted))| {
                let value = if bytes.is_empty() && !quoted {
                    serde_json::Value::Null
                } else {
                    text(bytes).into()
                };
                (name.clone(), value)
            });
        let members: serde_json::Map<String, serde_json::Value> = members.collect();
        super::raw(&members)
    }
}

/// CSV onto a stream.
pub(super) struct Writer<W> {
    stream: W,
    columns: Vec<Ident>,
    has_header: bool,
    line: String,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(stream: W, columns: Vec<Ident>) -> Self {
        Self {
            stream,
            columns,
            has_header: false,
            line: String::new(),
        }
    }

    fn header(&mut self) -> io::Result<()> {
        if !self.has_header {
            self.has_header = true;
            let names = self.columns.iter().map(|column| quoted(column.as_str()));
            let names: Vec<String> = names.collect();
            writeln!(self.stream, "{}", names.join(","))?;
        }
        Ok(())
    }
}

impl<W: Write> Output for Writer<W> {
    fn write(&mut self, row: &[(Ident, Cell)], _: &Shape) -> io::Result<()> {
        self.header()?;
        self.line.clear();
        for (index, column) in self.columns.iter().enumerate() {
            if index > 0 {
                self.line.push(',');
            }
            let cell = row.iter().find(|(name, _)| name == column);
            if let Some((_, Cell::Text(text))) = cell {
                self.line += &quoted(text);
            }
        }
        self.line.push('\n');
        self.stream.write_all(self.line.as_bytes())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.header()?;
        self.stream.flush()
    }
}

/// A text as a field: in quotes where it would otherwise be read as something else.
fn quoted(text: &str) -> String {
    let plain = !text.is_empty()
        && !text.contains(['"', ',', '\n', '\r'])
        && !text.starts_with([' ', '\u{feff}'])
        && !text.ends_with(' ');
    // Alone on its line, it would end `COPY`.
    if plain && text != "\\." {
        text.to_owned()
    } else {
        format!("\"{}\"", text.replace('"', "\"\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(text: &str) -> Vec<(Vec<String>, End)> {
        let mut records = Records {
            stream: text.as_bytes(),
            fields: Vec::new(),
            lines: 0,
        };
        let mut all = Vec::new();
        while let Some(end) = records.next().unwrap() {
            let fields = records.fields.iter();
            let fields = fields.map(|(bytes, quoted)| {
                let mark = if *quoted { "'" } else { "" };
                format!("{mark}{}", String::from_utf8_lossy(bytes))
            });
            all.push((fields.collect(), end));
        }
        all
    }

    #[test]
    fn reads_fields_as_copy_does() {
        let read = |text: &str| {
            records(text)
                .into_iter()
                .map(|(f, _)| f)
                .collect::<Vec<_>>()
        };
        assert_eq!(read("a,b\r\nc,\n"), [["a", "b"], ["c", ""]]);
        assert_eq!(read("\"a,\"\"b\"\"\nc\",\"\""), [["'a,\"b\"\nc", "'"]]);
        assert_eq!(read(""), Vec::<Vec<String>>::new());
        assert_eq!(records("\"a").pop().unwrap().1, End::Broken);
        assert_eq!(records("\"a\"b\nc").first().unwrap().1, End::Broken);
        assert_eq!(records("a\"b\n").first().unwrap().1, End::Broken);
        assert_eq!(records("a,b").pop().unwrap().1, End::Stream);
    }

    #[test]
    fn a_quote_that_never_ends_takes_no_more_than_a_row() {
        let text = format!("\"{}\nnext\n", "x".repeat(LARGEST));
        let all = records(&text);
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].1, End::TooLarge);
        assert_eq!(all[1], (vec!["next".to_owned()], End::Line));
    }

    #[test]
    fn writes_what_reads_back() {
        for text in ["", "a", "a b", " a", "a,b", "a\"b", "a\nb", "\\.", "é"] {
            let line = format!("{},x\n", quoted(text));
            let (fields, end) = records(&line).pop().unwrap();
            assert_eq!(end, End::Line);
            assert_eq!(fields[0].trim_start_matches('\''), text);
            assert!(!text.is_empty() || fields[0] == "'");
        }
    }
}
