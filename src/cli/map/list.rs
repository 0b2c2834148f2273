//! Lists as a terminal shows them.

use anyhow::Context;
use comfy_table::{Attribute, Cell, Color, ContentArrangement, LineStyle, Table, presets};

use serde::Serialize;

use crate::cli::error::CliError;
use crate::cli::ui::Ui;
use crate::report::screen::visible;

/// An empty list as wide as the terminal.
pub(super) fn list(ui: &Ui, header: &[&str]) -> Table {
    let mut table = Table::new();
    let rule = if ui.is_utf8() { '─' } else { '-' };
    table
        .load_style(presets::NOTHING.header_separator(LineStyle::none().fill(rule).junction(rule)))
        .set_content_arrangement(ContentArrangement::Dynamic)
        // The stream that carries the text decides on colors, not the table.
        .force_no_tty()
        .enforce_styling()
        .set_width(ui.width())
        .set_truncation_indicator(if ui.is_utf8() { "…" } else { "..." })
        .set_header(
            header
                .iter()
                .map(|name| Cell::new(name).add_attribute(Attribute::Bold)),
        );
    table
}

/// A cell of text from a file, in a color when it has a meaning.
pub(super) fn cell(ui: &Ui, text: &str, color: Option<Color>) -> Cell {
    let text = visible(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    let text = if ui.is_utf8() {
        text
    } else {
        text.replace('→', "->").replace('…', "...")
    };
    let cell = Cell::new(text);
    match color {
        Some(color) => cell.fg(color),
        None => cell,
    }
}

/// The list as text that ends with a line end.
pub(super) fn written(table: &Table) -> String {
    let lines: String = table
        .lines()
        .map(|line| line.trim_end().to_owned() + "\n")
        .collect();
    lines
}

/// A value as JSON that ends with a line end.
pub(super) fn json(value: &impl Serialize) -> Result<String, CliError> {
    let text = serde_json::to_string_pretty(value).context("cannot write the answer as JSON");
    text.map(|text| text + "\n").map_err(CliError::failed)
}
