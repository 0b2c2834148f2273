//! What `align map check` finds in live data.

use comfy_table::Color;
use serde::Serialize;

use super::list::{Entry, List, one_line};
use crate::cli::error::CliError;
use crate::cli::pair::{Loaded, wait_for};
use crate::cli::ui::Ui;
use crate::coverage::{self, Gap, Questions, Tables, run};
use crate::diff::{Comparison, State};
use crate::mapping::{At, ColumnCorrespondence, ColumnRef, Mapping, OnError};
use crate::report::standing::count;
use crate::source::{LoadError, Opened};

/// What the rules leave out of the rows of the from side.
#[derive(Debug, Serialize)]
pub(super) struct Data {
    /// Tables whose rows were looked at.
    tables: usize,
    gaps: Vec<ShownGap>,
    unasked: Vec<Unasked>,
}

#[derive(Debug, Serialize)]
struct ShownGap {
    line: u32,
    table: String,
    from: String,
    to: String,
    code: &'static str,
    message: &'static str,
    /// What becomes of the rows.
    then: &'static str,
    decided: bool,
    rows: u64,
    values: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    samples: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Unasked {
    line: u32,
    from: String,
    to: String,
    why: String,
}

/// A side, and what it was read from.
pub(super) type Side<'a> = (&'a Loaded, &'a Opened);

/// Looks at the rows of the from side; `None` where it is no live database.
pub(super) fn look(
    ui: &Ui,
    mapping: &Mapping,
    comparison: &Comparison,
    (from, to): (Side<'_>, Side<'_>),
    show_values: bool,
) -> Result<Option<Data>, CliError> {
    let Opened::Live(options) = from.1 else {
        return Ok(None);
    };
    let tables = Tables {
        here: Some(&from.0.schema),
        read: read_lookups(mapping, from.0, to)?,
    };
    let open = open_rules(mapping, comparison);
    let is_open = |rule: &ColumnCorrespondence| open.contains(&rule.at);
    let Questions { questions, unasked } =
        coverage::questions(&from.0.schema, &to.0.schema, mapping, &is_open, &tables);
    let home = from.0.schema.home();
    let asked = wait_for(from.1, run::ask(options, home, &questions))?;
    let gaps = asked.map_err(|error| failed(&from.0.source, error))?;
    ui.detail(format_args!(
        "{}: rows of {} looked at",
        from.0.source,
        count(questions.len(), "table", "tables")
    ));
    let rule = |at: At| mapping.columns.iter().find(|rule| rule.at == at);
    let gaps = gaps
        .into_iter()
        .filter_map(|gap| shown(gap, rule, &from.0.schema, show_values));
    let unasked = unasked.into_iter().filter_map(|(at, why)| {
        let rule = rule(at)?;
        Some(Unasked {
            line: at.line,
            from: joined(&rule.from),
            to: joined(&rule.to),
            why,
        })
    });
    Ok(Some(Data {
        tables: questions.len(),
        gaps: gaps.collect(),
        unasked: unasked.collect(),
    }))
}

/// Tables of lookups that the from side lacks, out of a live to side.
fn read_lookups(
    mapping: &Mapping,
    from: &Loaded,
    (to, opened): Side<'_>,
) -> Result<Vec<(crate::mapping::Lookup, crate::transform::LookupTable)>, CliError> {
    let Opened::Live(options) = opened else {
        return Ok(Vec::new());
    };
    let here = Tables {
        here: Some(&from.schema),
        read: Vec::new(),
    };
    let elsewhere = mapping
        .lookups()
        .into_iter()
        .filter(|lookup| here.beside(lookup).is_none());
    let there = Tables {
        here: Some(&to.schema),
        read: Vec::new(),
    };
    let wanted: Vec<_> = elsewhere
        .filter_map(|lookup| Some((lookup, there.beside(lookup)?)))
        .collect();
    let read = wait_for(opened, run::read_lookups(options, &wanted))?;
    read.map_err(|error| failed(&to.source, error))
}

/// Rules whose work is still to be done.
fn open_rules(mapping: &Mapping, comparison: &Comparison) -> Vec<At> {
    let states = comparison.correspondences.iter().filter(|c| !c.is_table);
    let rules = mapping.accepted_columns().zip(states);
    rules
        .filter(|(_, found)| found.state == State::Open)
        .map(|(rule, _)| rule.at)
        .collect()
}

fn shown<'a>(
    gap: Gap,
    rule: impl Fn(At) -> Option<&'a ColumnCorrespondence>,
    schema: &crate::schema::Schema,
    show_values: bool,
) -> Option<ShownGap> {
    let rule = rule(gap.at)?;
    let then = match (gap.decided, rule.on_error) {
        (true, OnError::Default) => "default",
        (true, _) => "null",
        (false, OnError::Fail) => "fail",
        (false, _) => "quarantine",
    };
    Some(ShownGap {
        line: gap.at.line,
        table: schema.show(&gap.table),
        from: joined(&rule.from),
        to: joined(&rule.to),
        code: gap.code.as_str(),
        message: gap.code.message(),
        then,
        decided: gap.decided,
        rows: gap.rows,
        values: gap.values,
        samples: if show_values { gap.samples } else { Vec::new() },
    })
}

fn joined(columns: &[ColumnRef]) -> String {
    let columns: Vec<String> = columns.iter().map(ToString::to_string).collect();
    columns.join(", ")
}

fn failed(source: &str, error: LoadError) -> CliError {
    let hint = error.hint();
    let error = anyhow::Error::new(error).context(format!("cannot look at the rows of `{source}`"));
    let failed = CliError::failed(error);
    match hint {
        Some(hint) => failed.hint(hint),
        None => failed,
    }
}

impl Data {
    /// Whether the mapping says of every value what becomes of it.
    pub(super) fn is_decided(&self) -> bool {
        self.gaps.iter().all(|gap| gap.decided)
    }

    /// The lists, and the words for the last line.
    pub(super) fn text(&self, ui: &Ui, show_values: bool) -> (String, String) {
        let mut text = String::new();
        if !self.gaps.is_empty() {
            let header: &[&str] = if show_values {
                &["line", "from", "code", "rows", "values", "then", "such as"]
            } else {
                &["line", "from", "code", "rows", "values", "then"]
            };
            let mut list = List::new(ui, header);
            for gap in &self.gaps {
                let mut row = vec![
                    Entry::new(gap.line.to_string()),
                    Entry::new(&gap.from),
                    Entry::new(gap.code),
                    Entry::new(gap.rows.to_string()),
                    Entry::new(gap.values.to_string()),
                    if gap.decided {
                        Entry::new(gap.then)
                    } else {
                        Entry::new(gap.then).colored(Color::DarkRed)
                    },
                ];
                if show_values {
                    let samples = gap.samples.iter().map(|s| format!("`{}`", one_line(s)));
                    row.push(Entry::new(samples.collect::<Vec<_>>().join(", ")));
                }
                list.add(row);
            }
            text += "\n";
            text += &list.written(6);
        }
        if !self.unasked.is_empty() {
            let mut list = List::new(ui, &["line", "not looked at"]);
            for rule in &self.unasked {
                let why = format!("{}: {}", rule.from, one_line(&rule.why));
                list.add(vec![Entry::new(rule.line.to_string()), Entry::new(why)]);
            }
            text += "\n";
            text += &list.written(1);
        }
        let rows = |decided| {
            let gaps = self.gaps.iter().filter(|gap| gap.decided == decided);
            gaps.map(|gap| gap.rows).sum::<u64>()
        };
        let words = match (rows(false), rows(true)) {
            (0, 0) => "; every value is covered".to_owned(),
            (0, decided) => format!("; values left out are decided ({decided})"),
            (undecided, _) => format!("; {undecided} values of rows are undecided"),
        };
        (text, words)
    }
}
