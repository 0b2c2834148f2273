//! Lines and columns of a text, also of what stands inside a TOML string.

use std::ops::Range;

use crate::mapping::At;

/// A text and where its lines start.
#[derive(Debug)]
pub(super) struct Text<'t> {
    text: &'t str,
    line_starts: Vec<usize>,
}

impl<'t> Text<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let mark = if text.starts_with('\u{feff}') { 3 } else { 0 };
        let after_line_ends = text.match_indices('\n').map(|(index, _)| index + 1);
        Self {
            text,
            line_starts: std::iter::once(mark).chain(after_line_ends).collect(),
        }
    }

    /// The empty range after the last byte.
    pub(super) fn end(&self) -> Range<usize> {
        self.text.len()..self.text.len()
    }

    /// What stands there; nothing for a range that is none.
    pub(super) fn part(&self, span: Range<usize>) -> &'t str {
        self.text.get(span).unwrap_or_default()
    }

    /// The line and column of a byte.
    pub(super) fn at(&self, byte: usize) -> At {
        let byte = self.text.floor_char_boundary(byte);
        let line = self.line_starts.partition_point(|start| *start <= byte);
        let line_start = self.line_starts.get(line.saturating_sub(1)).copied();
        let before = line_start.and_then(|start| self.text.get(start..byte));
        let column = 1 + before.map_or(0, |before| before.chars().count());
        At {
            line: u32::try_from(line.max(1)).unwrap_or(u32::MAX),
            column: u32::try_from(column).unwrap_or(u32::MAX),
        }
    }

    /// The byte where the n-th character of a string's value is written, `span` being the string
    /// with its quotes.
    pub(super) fn within(&self, span: Range<usize>, n: usize) -> usize {
        let raw = self.part(span.clone());
        let (quotes, escapes) = match raw {
            _ if raw.starts_with("\"\"\"") => (3, true),
            _ if raw.starts_with("'''") => (3, false),
            _ => (1, raw.starts_with('"')),
        };
        let mut chars = raw.char_indices().skip(quotes).peekable();
        // a line end straight after three quotes is no part of the value
        if quotes == 3 {
            chars.next_if(|(_, c)| *c == '\r');
            chars.next_if(|(_, c)| *c == '\n');
        }
        let mut remaining = n;
        while let Some((place, c)) = chars.next() {
            let escaped = (escapes && c == '\\').then(|| chars.next().map(|(_, c)| c));
            let hidden = match escaped.flatten() {
                Some('u') => 4,
                Some('U') => 8,
                Some('x') => 2,
                Some(c) if c.is_whitespace() => {
                    while chars.next_if(|(_, c)| c.is_whitespace()).is_some() {}
                    continue;
                }
                _ => 0,
            };
            if remaining == 0 {
                return span.start + place;
            }
            for _ in 0..hidden {
                chars.next();
            }
            remaining -= 1;
        }
        span.end.saturating_sub(quotes).max(span.start)
    }
}
