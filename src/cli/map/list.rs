//! Lists as a terminal shows them.

use anyhow::Context;
use comfy_table::{
    Attribute, Cell, Color, ColumnConstraint, ContentArrangement, LineStyle, Table, Width, presets,
};
use serde::Serialize;

use crate::cli::error::CliError;
use crate::cli::ui::Ui;
use crate::report::screen::{visible, width};

/// A list with a header.
#[derive(Debug)]
pub(super) struct List<'a> {
    ui: &'a Ui,
    header: &'a [&'a str],
    rows: Vec<Vec<Entry>>,
}

/// One cell. Its lines are kept, and wrapped where they are too long.
#[derive(Debug)]
pub(super) struct Entry {
    text: String,
    color: Option<Color>,
    is_bold: bool,
}

/// Between two columns.
const GAP: u16 = 2;
/// Names longer than this are broken all the same.
const LONGEST_NAME: u16 = 30;
/// What a column of words needs at least.
const NARROWEST: u16 = 16;

impl<'a> List<'a> {
    pub(super) fn new(ui: &'a Ui, header: &'a [&'a str]) -> Self {
        Self {
            ui,
            header,
            rows: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, row: Vec<Entry>) {
        self.rows.push(row);
    }

    /// The list as wide as the page; words of the first `names` columns are broken last.
    pub(super) fn written(&self, names: usize) -> String {
        let mut table = Table::new();
        let (rule, cut) = if self.ui.is_utf8() {
            ('─', "…")
        } else {
            ('-', "...")
        };
        let under_header = LineStyle::none().fill(rule).junction(rule);
        table
            .load_style(presets::NOTHING.header_separator(under_header))
            .set_content_arrangement(ContentArrangement::Dynamic)
            // The stream that carries the text decides on colors, not the table.
            .force_no_tty()
            .enforce_styling()
            .set_width(self.ui.width())
            .set_truncation_indicator(cut)
            .set_header(
                self.header
                    .iter()
                    .map(|name| Entry::new(*name).cell(self.ui)),
            );
        for row in &self.rows {
            table.add_row(row.iter().map(|entry| entry.cell(self.ui)));
        }
        let rooms: Vec<u16> = (0..names).map(|at| self.longest_name(at)).collect();
        let fits = rooms.iter().sum::<u16>().saturating_add(NARROWEST) <= self.ui.width();
        for (at, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, GAP));
            if let Some(room) = rooms.get(at).filter(|_| fits) {
                column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(*room)));
            }
        }
        table
            .lines()
            .map(|line| line.trim_end().to_owned() + "\n")
            .collect()
    }

    /// Columns that the longest word under this heading takes.
    fn longest_name(&self, at: usize) -> u16 {
        let entries = self.rows.iter().filter_map(|row| row.get(at));
        let header = self.header.get(at).map(|name| width(name));
        let longest = entries.map(Entry::longest_word).chain(header).max();
        let longest = u16::try_from(longest.unwrap_or_default()).unwrap_or(LONGEST_NAME);
        longest.min(LONGEST_NAME) + GAP
    }
}

impl Entry {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            color: None,
            is_bold: false,
        }
    }

    pub(super) fn colored(mut self, color: Color) -> Self {
        self.color = Some(color);
        self
    }

    pub(super) fn bold(mut self) -> Self {
        self.is_bold = true;
        self
    }

    fn cell(&self, ui: &Ui) -> Cell {
        let lines: Vec<String> = self
            .text
            .lines()
            .map(|line| visible(line.trim_end()))
            .collect();
        let mut text = lines.join("\n");
        if !ui.is_utf8() {
            text = text.replace('→', "->").replace('…', "...");
        }
        let mut cell = Cell::new(text);
        if let Some(color) = self.color {
            cell = cell.fg(color);
        }
        if self.is_bold {
            cell = cell.add_attribute(Attribute::Bold);
        }
        cell
    }

    /// With the blanks in front of the first word, which indent it.
    fn longest_word(&self) -> usize {
        let indent = self.text.len() - self.text.trim_start().len();
        let words = self.text.split_whitespace().map(width);
        indent + words.max().unwrap_or_default()
    }
}

/// The text in one line.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(super) fn or_dash(text: &str) -> String {
    if text.is_empty() { "-" } else { text }.to_owned()
}

/// A value as JSON that ends with a line end.
pub(super) fn json(value: &impl Serialize) -> Result<String, CliError> {
    let text = serde_json::to_string_pretty(value).context("cannot write the answer as JSON");
    text.map(|text| text + "\n").map_err(CliError::failed)
}
