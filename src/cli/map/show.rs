//! `align map show`

use clap::Args;
use serde::Serialize;

use super::list::{Entry, List, json, one_line, or_dash};
use crate::cli::args::{ListFormat, MapArg, OutputArg};
use crate::cli::error::{CliError, Outcome};
use crate::cli::ui::Ui;
use crate::mapping::{
    ColumnCorrespondence, ColumnRef, Mapping, Note, Side, Status, Sync, TableCorrespondence,
    TableRef,
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
        ListFormat::Text => text(ui, &shown, &found.mapping),
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
        Status::Accepted => ACCEPTED,
        Status::Proposed => "proposed",
        Status::Rejected => "rejected",
    }
}

fn text(ui: &Ui, shown: &Shown<'_>, mapping: &Mapping) -> String {
    let mut sides = List::new(ui, &["side", "name", "source", "schemas"]);
    for (word, side) in [("from", &shown.from), ("to", &shown.to)] {
        sides.add(vec![
            Entry::new(word),
            Entry::new(side.name.unwrap_or("-")),
            Entry::new(side.source.unwrap_or("-")),
            Entry::new(or_dash(&side.schemas.join(", "))),
        ]);
    }
    let is_wide = ui.width() >= WIDE;
    let header: &[&str] = if is_wide {
        &["from", "to", "credit", "rule", "why"]
    } else {
        &["from", "to", "rule, and why"]
    };
    let mut list = List::new(ui, header);
    for group in groups(mapping) {
        let [from, to] = [group.from, group.to].map(|table| {
            let name = table.map_or("-".to_owned(), ToString::to_string);
            Entry::new(name).bold()
        });
        let told = group.table.map(table);
        let filter = told.as_ref().and_then(|table| table.filter.as_ref());
        let filter = filter.map(|filter| format!("rows where {filter}"));
        let filter = filter.unwrap_or_default();
        let what = match &told {
            Some(table) => What::new(table.status, None, &filter, table.why),
            None => What::new(ACCEPTED, None, "", None),
        };
        list.add(what.row([from, to], is_wide));
        for correspondence in &group.columns {
            let column = column(correspondence);
            let what = What::new(column.status, column.credit, &column.rule, column.why);
            let names = [
                names(&correspondence.from, group.from),
                names(&correspondence.to, group.to),
            ];
            list.add(what.row(names.map(Entry::new), is_wide));
        }
    }
    format!("{}\n{}", sides.written(3), list.written(2))
}

/// From this width on, what is said of a correspondence has columns of its own.
const WIDE: u16 = 120;
const ACCEPTED: &str = "accepted";

/// What is said of a correspondence, in one line each.
struct What {
    credit: String,
    rule: String,
    why: String,
}

impl What {
    fn new(status: &str, credit: Option<&str>, rule: &str, why: Option<&str>) -> Self {
        Self {
            credit: credit.unwrap_or_default().to_owned(),
            rule: match status {
                ACCEPTED => one_line(rule),
                // A correspondence that does not hold says so first.
                status => format!("{status}: {}", one_line(rule)),
            },
            why: why.map(one_line).unwrap_or_default(),
        }
    }

    fn row(self, [from, to]: [Entry; 2], is_wide: bool) -> Vec<Entry> {
        if is_wide {
            let words = [self.credit, self.rule, self.why].map(Entry::new);
            return [from, to].into_iter().chain(words).collect();
        }
        let credit = match self.credit.as_str() {
            "" => String::new(),
            credit => format!("credit: {credit}"),
        };
        let mut lines = vec![self.rule, credit, self.why];
        lines.retain(|line| !line.is_empty());
        vec![from, to, Entry::new(lines.join("\n"))]
    }
}

/// Columns under the name of their table, one a line.
fn names(columns: &[ColumnRef], table: Option<&TableRef>) -> String {
    let names: Vec<String> = columns
        .iter()
        .map(|column| {
            if Some(&column.table) == table {
                column.name.to_string()
            } else {
                column.to_string()
            }
        })
        .collect();
    format!("  {}", or_dash(&names.join(",\n  ")))
}

/// Correspondences of one pair of tables.
struct Group<'a> {
    from: Option<&'a TableRef>,
    to: Option<&'a TableRef>,
    table: Option<&'a TableCorrespondence>,
    columns: Vec<&'a ColumnCorrespondence>,
}

/// In the order in which the file first names each pair of tables. A column that only one side has joins
/// the first pair with its table.
fn groups(mapping: &Mapping) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for table in &mapping.tables {
        groups.push(Group {
            from: Some(&table.from),
            to: Some(&table.to),
            table: Some(table),
            columns: Vec::new(),
        });
    }
    for column in &mapping.columns {
        let from = column.from.first().map(|c| &c.table);
        let to = column.to.first().map(|c| &c.table);
        let fits = |side: Option<&TableRef>, own: Option<&TableRef>| own.is_none() || side == own;
        match groups
            .iter_mut()
            .find(|g| fits(g.from, from) && fits(g.to, to))
        {
            Some(group) => group.columns.push(column),
            None => groups.push(Group {
                from,
                to,
                table: None,
                columns: vec![column],
            }),
        }
    }
    groups
}
