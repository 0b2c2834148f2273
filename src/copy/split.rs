//! Rows in the binary form of COPY, the bad ones told from the good ones. No value is decoded: only the
//! lengths in front of them are looked at.
//!
//! A row comes with what is wrong with it first, NULL for a good one, then its values, then notes where the
//! table has any; a good one goes on with its values alone.

use std::collections::BTreeMap;

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
/// What comes before the rows that go on.
pub(super) const HEAD: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What comes after them.
pub(super) const TAIL: &[u8] = &[0xff, 0xff];

/// The server sent something else than rows in that form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken;

/// What has come of one COPY.
#[derive(Debug)]
pub(super) struct Split {
    values: usize,
    has_notes: bool,
    is_begun: bool,
    is_ended: bool,
    /// The beginning of a row whose rest is to come.
    rest: Vec<u8>,
    /// Good rows that wait to be sent.
    pub(super) good: Vec<u8>,
    /// How many good rows there were.
    pub(super) rows: u64,
    /// What is wrong with the others.
    pub(super) bad: Vec<String>,
    /// How often good rows had that note.
    pub(super) notes: BTreeMap<String, u64>,
}

impl Split {
    /// For rows of so many values.
    pub(super) fn new(values: usize, has_notes: bool) -> Self {
        Self {
            values,
            has_notes,
            is_begun: false,
            is_ended: false,
            rest: Vec::new(),
            good: Vec::new(),
            rows: 0,
            bad: Vec::new(),
            notes: BTreeMap::new(),
        }
    }

    /// Takes the next bytes, however they are cut.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        if self.rest.is_empty() {
            let taken = self.take_whole(bytes)?;
            self.rest
                .extend_from_slice(bytes.get(taken..).unwrap_or_default());
        } else {
            let mut all = std::mem::take(&mut self.rest);
            all.extend_from_slice(bytes);
            let taken = self.take_whole(&all)?;
            all.drain(..taken);
            self.rest = all;
        }
        Ok(())
    }

    /// Whether everything came that was to come.
    pub(super) fn is_whole(&self) -> bool {
        self.is_ended && self.rest.is_empty()
    }

    /// Takes as many whole rows as there are, and tells how many bytes they were.
    fn take_whole(&mut self, bytes: &[u8]) -> Result<usize, Broken> {
        let mut at = 0;
        if !self.is_begun {
            let Some(length) = head(bytes)? else {
                return Ok(0);
            };
            self.is_begun = true;
            at = length;
        }
        while let Some(row) = bytes.get(at..).filter(|row| !row.is_empty()) {
            match self.row(row)? {
                Some(length) => at += length,
                None => break,
            }
        }
        Ok(at)
    }

    fn row(&mut self, bytes: &[u8]) -> Result<Option<usize>, Broken> {
        let Some(count) = bytes.first_chunk::<2>() else {
            return Ok(None);
        };
        if self.is_ended {
            return Err(Broken);
        }
        let count = i16::from_be_bytes(*count);
        if count == -1 {
            self.is_ended = true;
            return Ok(Some(2));
        }
        let wanted = 1 + self.values + usize::from(self.has_notes);
        if usize::try_from(count) != Ok(wanted) {
            return Err(Broken);
        }
        let Some(bad) = value(bytes, 2)? else {
            return Ok(None);
        };
        let mut end = bad.end;
        for _ in 0..self.values {
            let Some(next) = value(bytes, end)? else {
                return Ok(None);
            };
            end = next.end;
        }
        let values = bytes.get(bad.end..end).unwrap_or_default();
        let mut note = None;
        if self.has_notes {
            let Some(found) = value(bytes, end)? else {
                return Ok(None);
            };
            end = found.end;
            note = found.text;
        }
        if let Some(text) = bad.text {
            self.bad
                .push(String::from_utf8(text.to_vec()).or(Err(Broken))?);
        } else {
            let count = i16::try_from(self.values).or(Err(Broken))?;
            self.good.extend_from_slice(&count.to_be_bytes());
            self.good.extend_from_slice(values);
            self.rows += 1;
            if let Some(note) = note {
                let note = std::str::from_utf8(note).or(Err(Broken))?;
                match self.notes.get_mut(note) {
                    Some(count) => *count += 1,
                    None => {
                        self.notes.insert(note.to_owned(), 1);
                    }
                }
            }
        }
        Ok(Some(end))
    }
}

/// A value in a row.
struct Value<'b> {
    /// `None` for NULL.
    text: Option<&'b [u8]>,
    end: usize,
}

/// The value that begins there; `None` when not all of it has come.
fn value(bytes: &[u8], at: usize) -> Result<Option<Value<'_>>, Broken> {
    let Some(length) = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>()) else {
        return Ok(None);
    };
    let at = at + 4;
    let length = i32::from_be_bytes(*length);
    if length == -1 {
        return Ok(Some(Value {
            text: None,
            end: at,
        }));
    }
    let end = at + usize::try_from(length).or(Err(Broken))?;
    let text = bytes.get(at..end);
    Ok(text.map(|text| Value {
        text: Some(text),
        end,
    }))
}

/// How long the head is; `None` when not all of it has come.
fn head(bytes: &[u8]) -> Result<Option<usize>, Broken> {
    let known = bytes.len().min(SIGNATURE.len());
    if bytes.get(..known) != SIGNATURE.get(..known) {
        return Err(Broken);
    }
    let Some(length) = bytes.get(15..).and_then(|rest| rest.first_chunk::<4>()) else {
        return Ok(None);
    };
    let end = 19 + usize::try_from(u32::from_be_bytes(*length)).or(Err(Broken))?;
    Ok((bytes.len() >= end).then_some(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(text: Option<&str>) -> Vec<u8> {
        let Some(text) = text else {
            return vec![0xff; 4];
        };
        let mut bytes = i32::try_from(text.len()).unwrap().to_be_bytes().to_vec();
        bytes.extend_from_slice(text.as_bytes());
        bytes
    }

    fn row(fields: &[Option<&str>]) -> Vec<u8> {
        let mut bytes = i16::try_from(fields.len()).unwrap().to_be_bytes().to_vec();
        bytes.extend(fields.iter().flat_map(|text| field(*text)));
        bytes
    }

    fn rows() -> Vec<u8> {
        let rows = [
            row(&[None, Some("one"), None, None]),
            row(&[Some("{\"key\": [2]}"), None, Some(""), Some("{}")]),
            row(&[None, Some(""), Some("ü"), Some("{\"a\": \"b\"}")]),
            row(&[None, None, None, Some("{\"a\": \"b\"}")]),
        ];
        [HEAD, &rows.concat(), TAIL].concat()
    }

    #[test]
    fn good_rows_go_on_however_they_are_cut() {
        let bytes = rows();
        let good = [
            row(&[Some("one"), None]),
            row(&[Some(""), Some("ü")]),
            row(&[None, None]),
        ]
        .concat();
        for piece in 1..=bytes.len() {
            let mut split = Split::new(2, true);
            for part in bytes.chunks(piece) {
                assert_eq!(split.take(part), Ok(()), "pieces of {piece}");
            }
            assert!(split.is_whole(), "pieces of {piece}");
            assert_eq!(split.good, good, "pieces of {piece}");
            assert_eq!(split.rows, 3);
            assert_eq!(split.bad, ["{\"key\": [2]}"]);
            assert_eq!(split.notes, [("{\"a\": \"b\"}".to_owned(), 2)].into());
        }
    }

    #[test]
    fn what_is_cut_off_or_something_else_is_seen() {
        let bytes = rows();
        for end in 0..bytes.len() {
            let mut split = Split::new(2, true);
            assert_eq!(split.take(&bytes[..end]), Ok(()));
            assert!(!split.is_whole(), "whole at {end}");
        }
        let more = [bytes.as_slice(), &[0]].concat();
        let longer = [bytes.as_slice(), &[0, 4]].concat();
        let mut split = Split::new(2, true);
        assert_eq!(split.take(&more), Ok(()));
        assert!(!split.is_whole());
        for wrong in [b"PGDUMP".as_slice(), longer.as_slice()] {
            assert_eq!(Split::new(2, true).take(wrong), Err(Broken));
        }
        assert_eq!(Split::new(3, true).take(&bytes), Err(Broken));
        assert_eq!(Split::new(2, false).take(&bytes), Err(Broken));
        let negative = [HEAD, &[0, 3], &(-2_i32).to_be_bytes()].concat();
        assert_eq!(Split::new(2, false).take(&negative), Err(Broken));
    }
}
