//! `align map show`

use clap::Args;
use serde::Serialize;

use super::list::{cell, json, list, written};
use crate::cli::args::{ListFormat, MapArg, OutputArg};
use crate::cli::error::{CliError, Outcome};
use crate::cli::ui::Ui;
use crate::mapping::{
    ColumnCorrespondence, Mapping, Note, Side, Status, Sync, TableCorrespondence,
};

const EXAMPLES: &str = "\
Examples:
  Show the one pair under mappings/:
    align map show
  Show the pair inside this program:
    align map show --map clara-to-trendtialcrm
  Read it from a script:
    align map show --map crm/mapping.toml --format json

Exits with 2 on failure.";

/// Show what a mapping says
///
/// Lists which table and column means which, by which rule, with the credit that the mapping states and
/// the reason that it gives. No schema is read.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ShowArgs {
    #[command(flatten)]
    map: MapArg,

    /// What to write
    #[arg(long, help_heading = "Output", value_enum, default_value = "text")]
    format: ListFormat,

    #[command(flatten)]
    output: OutputArg,
}

/// The mapping, as a program reads it.
#[derive(Debug, Serialize)]
struct Shown<'a> {
    format_version: u32,
    command: &'static str,
    align_version: &'static str,
    mapping: &'a str,
    from: ShownSide<'a>,
    to: ShownSide<'a>,
    categories: Vec<ShownCategory<'a>>,
    tables: Vec<ShownTable<'a>>,
    columns: Vec<ShownColumn<'a>>,
}

#[derive(Debug, Serialize)]
struct ShownSide<'a> {
    name: Option<&'a str>,
    source: Option<&'a str>,
    schemas: Vec<&'a str>,
}

#[derive(Debug, Serialize)]
struct ShownCategory<'a> {
    name: &'a str,
    weight: u32,
    tables: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ShownTable<'a> {
    from: String,
    to: String,
    status: &'static str,
    #[serde(rename = "where")]
    filter: Option<String>,
    why: Option<&'a str>,
    line: u32,
}

#[derive(Debug, Serialize)]
struct ShownColumn<'a> {
    from: Vec<String>,
    to: Vec<String>,
    rule: String,
    status: &'static str,
    /// The class that the mapping states; `None` leaves it to the rule and the types.
    credit: Option<&'static str>,
    sync: &'static str,
    why: Option<&'a str>,
    by: Option<&'a str>,
    on: Option<&'a str>,
    line: u32,
}

pub(super) fn run(ui: &Ui, args: &ShowArgs) -> Result<Outcome, CliError> {
    let found = args.map.find()?;
    found.announce(ui);
    let shown = shown(&found.label, &found.mapping);
    let answer = match args.format {
        ListFormat::Text => text(ui, &shown),
        ListFormat::Json => json(&shown)?,
    };
    args.output.write(ui, &answer)?;
    Ok(Outcome::Yes)
}

fn shown<'a>(label: &'a str, mapping: &'a Mapping) -> Shown<'a> {
    let categories = mapping.categories.iter().map(|category| ShownCategory {
        name: &category.name,
        weight: category.weight,
        tables: category.tables.iter().map(ToString::to_string).collect(),
    });
    Shown {
        format_version: 1,
        command: "map show",
        align_version: env!("CARGO_PKG_VERSION"),
        mapping: label,
        from: side(&mapping.from),
        to: side(&mapping.to),
        categories: categories.collect(),
        tables: mapping.tables.iter().map(table).collect(),
        columns: mapping.columns.iter().map(column).collect(),
    }
}

fn side(side: &Side) -> ShownSide<'_> {
    ShownSide {
        name: side.name.as_deref(),
        source: side.source.as_deref(),
        schemas: side.schemas.iter().map(|schema| schema.as_str()).collect(),
    }
}

fn table(table: &TableCorrespondence) -> ShownTable<'_> {
    ShownTable {
        from: table.from.to_string(),
        to: table.to.to_string(),
        status: status(table.status),
        filter: table.filter.as_ref().map(ToString::to_string),
        why: why(&table.note),
        line: table.at.line,
    }
}

fn column(column: &ColumnCorrespondence) -> ShownColumn<'_> {
    ShownColumn {
        from: column.from.iter().map(ToString::to_string).collect(),
        to: column.to.iter().map(ToString::to_string).collect(),
        rule: column.describe(),
        status: status(column.status),
        credit: column.credit.map(|class| class.word()),
        sync: match column.sync {
            Sync::Always => "always",
            Sync::Once => "once",
        },
        why: why(&column.note),
        by: column.note.by.as_deref(),
        on: column.note.on.as_deref(),
        line: column.at.line,
    }
}

fn why(note: &Note) -> Option<&str> {
    note.why.as_deref()
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Accepted => "accepted",
        Status::Proposed => "proposed",
        Status::Rejected => "rejected",
    }
}

fn text(ui: &Ui, shown: &Shown<'_>) -> String {
    let mut sides = list(ui, &["side", "name", "source", "schemas"]);
    for (word, side) in [("from", &shown.from), ("to", &shown.to)] {
        sides.add_row(vec![
            cell(ui, word, None),
            cell(ui, side.name.unwrap_or("-"), None),
            cell(ui, side.source.unwrap_or("-"), None),
            cell(ui, &or_dash(&side.schemas.join(", ")), None),
        ]);
    }
    let mut rules = list(ui, &["from", "to", "rule", "credit", "why"]);
    for table in &shown.tables {
        let filter = table
            .filter
            .as_ref()
            .map(|filter| format!("rows where {filter}"));
        rules.add_row(vec![
            cell(ui, &table.from, None),
            cell(ui, &table.to, None),
            cell(
                ui,
                &with_status(table.status, &filter.unwrap_or("table".to_owned())),
                None,
            ),
            cell(ui, "-", None),
            cell(ui, table.why.unwrap_or("-"), None),
        ]);
    }
    for column in &shown.columns {
        rules.add_row(vec![
            cell(ui, &or_dash(&column.from.join(", ")), None),
            cell(ui, &or_dash(&column.to.join(", ")), None),
            cell(ui, &with_status(column.status, &column.rule), None),
            cell(ui, column.credit.unwrap_or("by type"), None),
            cell(ui, column.why.unwrap_or("-"), None),
        ]);
    }
    format!("{}\n{}", written(&sides), written(&rules))
}

fn or_dash(text: &str) -> String {
    if text.is_empty() {
        "-".to_owned()
    } else {
        text.to_owned()
    }
}

/// A correspondence that does not hold says so in front of its rule.
fn with_status(status: &str, rule: &str) -> String {
    match status {
        "accepted" => rule.to_owned(),
        status => format!("{status}: {rule}"),
    }
}
