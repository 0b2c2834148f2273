//! From text to [`Unit`], by way of the parser's tree.

use std::thread;

use oxc_allocator::Allocator;
use oxc_parser::Parser;
use oxc_span::SourceType;

use super::convert::Converter;
use super::nesting;
use super::term::Unit;
use crate::schema::{Place, Sighting};
use crate::source::{LoadError, TextFile};

/// The parser calls itself once or more for every bracket and every chained operator that
/// [`nesting`] lets through.
const STACK: usize = 256 << 20;

const FIX: &str = "check that the file compiles: `tsc --noEmit`";

/// Parses one file.
///
/// # Errors
/// [`LoadError::Text`] when the text nests too deeply or the parser cannot go on.
pub(super) fn parse(file: &TextFile) -> Result<Unit, LoadError> {
    let text = file.text.strip_prefix('\u{feff}').unwrap_or(&file.text);
    let lines = Lines::of(text);
    let fail = |offset: usize, cause: String| LoadError::Text {
        place: Place {
            file: file.name.clone(),
            // what is missing at the end is missing on the last line that says something
            line: lines.at(offset.min(text.trim_end().len())),
        },
        cause,
        hint: FIX,
    };
    if let Some(offset) = nesting::too_deep(text) {
        return Err(fail(
            offset,
            format!(
                "nested too deeply: at most {} brackets may be open",
                nesting::MAX_OPEN
            ),
        ));
    }
    thread::scope(|scope| {
        let worker = thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, || parse_here(&file.name, text, &lines))
            .map_err(|e| fail(0, format!("no stack to parse it with: {e}")))?;
        match worker.join() {
            Ok(unit) => unit.map_err(|(offset, cause)| fail(offset, cause)),
            Err(_) => Err(fail(0, "the TypeScript parser broke down".to_owned())),
        }
    })
}

fn parse_here(name: &str, text: &str, lines: &Lines) -> Result<Unit, (usize, String)> {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, text, source_type(name)).parse();
    let mut errors = parsed.diagnostics.errors().map(|error| {
        let offset = error
            .labels
            .first()
            .map_or(0, |label| index(label.offset()));
        (offset, format!("syntax error: {}", lower(&error.message)))
    });
    if parsed.panicked || (parsed.program.body.is_empty() && parsed.diagnostics.has_errors()) {
        return Err(errors
            .next()
            .unwrap_or_else(|| (0, "syntax error".to_owned())));
    }
    let faults = errors
        .map(|(offset, what)| Sighting {
            what,
            name: String::new(),
            place: Some(Place {
                file: name.to_owned(),
                line: lines.at(offset),
            }),
        })
        .collect();
    let mut unit = Unit {
        file: name.to_owned(),
        faults,
        ..Unit::default()
    };
    Converter::new(text, lines, &mut unit).statements(&parsed.program.body);
    Ok(unit)
}

fn source_type(name: &str) -> SourceType {
    let name = name.to_ascii_lowercase();
    if [".d.ts", ".d.mts", ".d.cts"]
        .iter()
        .any(|end| name.ends_with(end))
    {
        SourceType::d_ts()
    } else if name.ends_with(".tsx") {
        SourceType::tsx()
    } else {
        SourceType::ts()
    }
}

fn lower(message: &str) -> String {
    let mut chars = message.chars();
    let first = chars.next().map(|c| c.to_ascii_lowercase());
    first
        .into_iter()
        .chain(chars)
        .collect::<String>()
        .trim_end_matches('.')
        .to_owned()
}

/// An offset of the parser as an index into the text.
pub(super) fn index(offset: u32) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

/// Where each line begins.
pub(super) struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        let after = text.bytes().enumerate().filter(|(_, b)| *b == b'\n');
        Self(
            std::iter::once(0)
                .chain(after.map(|(at, _)| at + 1))
                .collect(),
        )
    }

    /// The line of an offset, from 1.
    pub(super) fn at(&self, offset: usize) -> u32 {
        u32::try_from(self.0.partition_point(|start| *start <= offset)).unwrap_or(u32::MAX)
    }
}
