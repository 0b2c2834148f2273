//! From one stream to another, row by row.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};

use serde::Serialize;
use serde_json::value::RawValue;

use super::{Cell, Form, Input, Output, RunError, Unreadable, csv, json};
use crate::mapping::condition::Condition;
use crate::mapping::{At, ColumnCorrespondence, OnError};
use crate::schema::Ident;
use crate::transform::row::{Filter, Outcome, Program};
use crate::transform::{Code, Lookups, Shape, TransformError};

/// Rules made ready to fill rows of one table from rows of another.
#[derive(Debug)]
pub struct Transfer<'a> {
    rules: Vec<Rule<'a>>,
    filter: Option<Filter>,
    from: &'a Shape,
    to: &'a Shape,
}

#[derive(Debug)]
struct Rule<'a> {
    program: Program<'a>,
    stops: bool,
}

/// A row that did not come through, and why; one for each column that failed.
#[derive(Debug, Clone, Serialize)]
pub struct Reject<'a> {
    /// The line it begins on, from 1.
    pub line: u64,
    /// The target column.
    pub column: Option<&'a str>,
    /// The source columns it is made from.
    pub from: Vec<&'a str>,
    /// A code, such as `range.unreadable`.
    pub code: &'static str,
    /// What the code means.
    pub message: &'static str,
    /// The row as it came.
    pub row: &'a RawValue,
}

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// Rows read.
    pub read: u64,
    /// Rows written.
    pub written: u64,
    /// Rows that did not come through.
    pub rejected: u64,
    /// Rows that the mapping leaves out.
    pub left_out: u64,
    /// Values that the mapping's policy put NULL or a default in place of, by target column and code.
    pub replaced: BTreeMap<(Ident, Code), u64>,
    /// Names of the input that are no column.
    pub strangers: Vec<String>,
    /// The line of the row whose rule says that the run stops.
    pub stopped: Option<u64>,
}

/// How a run is made.
pub struct Run<'r, R, W> {
    /// Where rows come from.
    pub input: R,
    /// Where they go.
    pub output: W,
    /// The form of both.
    pub form: Form,
    /// Told of each reject.
    pub reject: &'r mut dyn FnMut(&Reject<'_>) -> io::Result<()>,
}

impl<R, W> std::fmt::Debug for Run<'_, R, W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Run")
            .field("form", &self.form)
            .finish_non_exhaustive()
    }
}

impl<'a> Transfer<'a> {
    /// Makes the rules ready.
    ///
    /// # Errors
    /// Every rule that cannot be evaluated, with the reason.
    pub fn new(
        rules: &[ColumnCorrespondence],
        filter: Option<(&Condition, At)>,
        from: &'a Shape,
        to: &'a Shape,
        lookups: &'a dyn Lookups,
    ) -> Result<Self, Vec<TransformError>> {
        let mut errors = Vec::new();
        let mut ready = Vec::new();
        for rule in rules {
            match Program::new(rule, from, to, lookups) {
                Ok(program) => ready.push(Rule {
                    program,
                    stops: rule.on_error == OnError::Fail,
                }),
                Err(error) => errors.push(error),
            }
        }
        let filter = filter.map(|(condition, at)| Filter::new(condition, from, at));
        let filter = filter.transpose().unwrap_or_else(|error| {
            errors.push(error);
            None
        });
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Self {
            rules: ready,
            filter,
            from,
            to,
        })
    }

    /// The target columns that a row of the input may get, in order.
    fn columns(&self, input: &dyn Input) -> Vec<Ident> {
        let rules = self.rules.iter().filter(|rule| {
            let sources = rule.program.sources();
            sources.is_empty() || sources.iter().any(|column| input.may_have(column))
        });
        let columns = rules.flat_map(|rule| rule.program.columns());
        columns.cloned().collect()
    }

    /// Reads every row, and writes what becomes of it.
    ///
    /// # Errors
    /// A stream fails, or the header of CSV cannot be read. What was written stays written.
    pub fn run<R: BufRead, W: Write>(&self, run: Run<'_, R, W>) -> Result<Summary, RunError> {
        let mut input: Box<dyn Input + '_> = match run.form {
            Form::JsonLines => Box::new(json::Reader::new(run.input, self.from)),
            Form::Csv => Box::new(csv::Reader::new(run.input, self.from)?),
        };
        let mut output: Box<dyn Output + '_> = match run.form {
            Form::JsonLines => Box::new(json::Writer::new(run.output)),
            Form::Csv => Box::new(csv::Writer::new(run.output, self.columns(&*input))),
        };
        let mut summary = Summary::default();
        let mut cells = Vec::new();
        let mut row = Vec::new();
        let indexes = self.from.columns.keys().enumerate();
        let indexes: BTreeMap<&Ident, usize> =
            indexes.map(|(index, column)| (column, index)).collect();
        while let Some((line, read)) = input.next(&mut cells)? {
            summary.read += 1;
            if let Err(why) = read {
                summary.rejected += 1;
                (run.reject)(&unreadable(line, why, &input.raw())).map_err(RunError::Output)?;
                continue;
            }
            let text = |column: &Ident| match cells.get(*indexes.get(column)?)? {
                Cell::Text(text) => Some(text.as_str()),
                Cell::Absent | Cell::Null | Cell::Invalid => None,
            };
            if let Some(filter) = &self.filter
                && filter.holds(&text) != Some(true)
            {
                summary.left_out += 1;
                continue;
            }
            row.clear();
            let state = |column: &Ident| indexes.get(column).and_then(|index| cells.get(*index));
            let mut failed = Vec::new();
            for rule in &self.rules {
                self.apply(rule, &state, &text, &mut row, &mut failed, &mut summary);
            }
            if failed.is_empty() {
                output.write(&row, self.to).map_err(RunError::Output)?;
                summary.written += 1;
                continue;
            }
            summary.rejected += 1;
            let raw = input.raw();
            for (rule, column, code) in &failed {
                (run.reject)(&Reject {
                    line,
                    column: Some(column.as_str()),
                    from: rule.program.sources().iter().map(Ident::as_str).collect(),
                    code: code.as_str(),
                    message: code.message(),
                    row: &raw,
                })
                .map_err(RunError::Output)?;
            }
            if failed.iter().any(|(rule, ..)| rule.stops) {
                summary.stopped = Some(line);
                break;
            }
        }
        output.finish().map_err(RunError::Output)?;
        summary.strangers = input.strangers().to_vec();
        Ok(summary)
    }

    /// Applies a rule to a row; one of whose columns the row says nothing is left out.
    fn apply<'s>(
        &self,
        rule: &'s Rule<'a>,
        state: &dyn Fn(&Ident) -> Option<&'s Cell>,
        text: &crate::transform::row::Row<'_>,
        row: &mut Vec<(Ident, Cell)>,
        failed: &mut Vec<(&'s Rule<'a>, &'s Ident, Code)>,
        summary: &mut Summary,
    ) {
        let sources = rule.program.sources();
        let is_absent = |cell: Option<&Cell>| cell.is_none_or(|cell| *cell == Cell::Absent);
        if !sources.is_empty() && sources.iter().all(|column| is_absent(state(column))) {
            return;
        }
        let is_invalid = |column: &Ident| state(column) == Some(&Cell::Invalid);
        let invalid = sources.iter().any(is_invalid);
        let outcomes = if invalid {
            let outcome = Outcome {
                code: Some(Code::SourceInvalid),
                ..Outcome::default()
            };
            vec![outcome; rule.program.columns().count()]
        } else {
            rule.program.evaluate(text)
        };
        for (column, outcome) in rule.program.columns().zip(outcomes) {
            if let Some(code) = outcome.code {
                failed.push((rule, column, code));
                continue;
            }
            if let Some(code) = outcome.note {
                *summary.replaced.entry((column.clone(), code)).or_default() += 1;
            }
            let cell = outcome.value.map_or(Cell::Null, Cell::Text);
            row.push((column.clone(), cell));
        }
    }
}

fn unreadable(line: u64, why: Unreadable, row: &RawValue) -> Reject<'_> {
    Reject {
        line,
        column: None,
        from: Vec::new(),
        code: why.code(),
        message: why.message(),
        row,
    }
}
