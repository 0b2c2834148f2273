//! `align quarantine`

use anyhow::{Context, anyhow};
use clap::{Args, Subcommand};
use serde_json::json;

use super::args::ListFormat;
use super::copy::{self, CopySides, How, Leave};
use super::error::{CliError, Outcome};
use super::migrate::connection_options;
use super::runtime::{block_on, or_stopped};
use super::ui::Ui;
use crate::copy::{Filter, Line, list, resolve};
use crate::migrate::Control;
use crate::report::screen::visible;
use crate::source::postgres::{ConnectOptions, connect};

const EXAMPLES: &str = "\
Examples:
  See what could not be converted, with the values:
    align quarantine list --database env:CRM --show-values
  Copy it again after the mapping or the data was mended:
    align quarantine retry --map mappings/shop-to-crm --from env:SHOP --to env:CRM --yes
  Leave two lines for good:
    align quarantine resolve 17 18 --database env:CRM --reason 'test data'

Exits with 2 on failure; `retry` with 3 and 4 as `align copy` does.";

/// Look after rows that could not be converted
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct QuarantineArgs {
    #[command(subcommand)]
    command: QuarantineCommand,
}

#[derive(Debug, Subcommand)]
enum QuarantineCommand {
    List(ListArgs),
    Retry(RetryArgs),
    Resolve(ResolveArgs),
}

/// Show the rows that could not be converted
#[derive(Debug, Args)]
struct ListArgs {
    #[command(flatten)]
    place: Place,

    #[command(flatten)]
    which: Which,

    /// Also show lines that were dealt with
    #[arg(long, help_heading = "Rows")]
    all: bool,

    /// Show values and rows
    #[arg(long, help_heading = "Output")]
    show_values: bool,

    /// What to write
    #[arg(long, value_enum, default_value = "text", help_heading = "Output")]
    format: ListFormat,
}

/// Copy again what is in quarantine
///
/// Reads those rows from the source again; what can be copied now is published, and its lines count as
/// dealt with.
#[derive(Debug, Args)]
struct RetryArgs {
    #[command(flatten)]
    sides: CopySides,

    #[command(flatten)]
    how: How,

    #[command(flatten)]
    leave: Leave,
}

/// Mark lines as dealt with
///
/// The rows stay where they are. A copy does not open a line again that says the same.
#[derive(Debug, Args)]
struct ResolveArgs {
    /// Numbers of lines
    #[arg(value_name = "NUMBER")]
    ids: Vec<i64>,

    #[command(flatten)]
    place: Place,

    #[command(flatten)]
    which: Which,

    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

#[derive(Debug, Args)]
struct Place {
    /// Database whose quarantine it is [default: `env:DATABASE_URL`]
    #[arg(
        long,
        value_name = "SOURCE",
        default_value = "env:DATABASE_URL",
        hide_default_value = true,
        help_heading = "Connection"
    )]
    database: String,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Rows")]
struct Which {
    /// Table of the from side
    #[arg(long, value_name = "NAME")]
    table: Option<String>,

    /// Code, such as range.unreadable
    #[arg(long, value_name = "CODE")]
    code: Option<String>,

    /// Run that put them there
    #[arg(long, value_name = "ID")]
    run: Option<String>,
}

pub(super) fn run(ui: &Ui, args: &QuarantineArgs) -> Result<Outcome, CliError> {
    match &args.command {
        QuarantineCommand::List(args) => show(ui, args),
        QuarantineCommand::Retry(args) => copy::retry(ui, &args.sides, &args.how, &args.leave),
        QuarantineCommand::Resolve(args) => settle(ui, args),
    }
}

impl Which {
    fn filter(&self, ids: &[i64], all: bool) -> Filter {
        Filter {
            table: self.table.clone(),
            code: self.code.clone(),
            run: self.run.clone(),
            ids: ids.to_vec(),
            all,
        }
    }
}

fn show(ui: &Ui, args: &ListArgs) -> Result<Outcome, CliError> {
    let options = connection_options(ui, &args.place.database, "--database")?;
    let filter = args.which.filter(&[], args.all);
    let control = Control::default();
    let lasting = ui.lasts("reading the quarantine");
    let lines = block_on(ui, &control, read(&options, &filter, &control));
    drop(lasting);
    let lines = lines?;
    let answer = match args.format {
        ListFormat::Text => text(&lines, args.show_values),
        ListFormat::Json => page(&lines, args.show_values)?,
    };
    ui.answer(&answer)
        .map_err(|error| CliError::write("the answer", error))?;
    Ok(Outcome::Yes)
}

async fn read(
    options: &ConnectOptions,
    filter: &Filter,
    control: &Control,
) -> Result<Vec<Line>, CliError> {
    let fail = |error| copy::failed(control, error);
    let connected = or_stopped(control, connect(options)).await?;
    let mut connection = connected.map_err(|error| fail(error.into()))?;
    or_stopped(control, list(&mut connection, filter))
        .await?
        .map_err(fail)
}

fn text(lines: &[Line], show_values: bool) -> String {
    if lines.is_empty() {
        return "nothing is in quarantine\n".to_owned();
    }
    let one = |line: &Line| {
        let head = format!(
            "{}  {} {}  {}  {}",
            line.id, line.table, line.key, line.column, line.code
        );
        let message = line.message.iter().map(|message| format!(": {message}"));
        let value = line.value.iter().filter(|_| show_values);
        let value = value.map(|value| format!(", found `{value}`"));
        let dealt = line.resolved.iter().map(|(at, how)| {
            let how = how.as_ref().map(|how| format!(": {how}"));
            format!(" (dealt with {at}{})", how.unwrap_or_default())
        });
        let parts: String = std::iter::once(head)
            .chain(message)
            .chain(value)
            .chain(dealt)
            .collect();
        visible(&parts) + "\n"
    };
    lines.iter().map(one).collect()
}

fn page(lines: &[Line], show_values: bool) -> Result<String, CliError> {
    let lines: Vec<serde_json::Value> = lines
        .iter()
        .map(|line| {
            let mut value = json!({
                "id": line.id,
                "run": line.run,
                "at": line.at,
                "table": line.table,
                "key": parsed(&line.key),
                "column": line.column,
                "code": line.code,
                "message": line.message,
                "resolved_at": line.resolved.as_ref().map(|(at, _)| at),
                "resolution": line.resolved.as_ref().and_then(|(_, how)| how.as_ref()),
            });
            if show_values && let Some(members) = value.as_object_mut() {
                members.insert("value".to_owned(), json!(line.value));
                members.insert(
                    "row".to_owned(),
                    line.row.as_deref().map_or(json!(null), parsed),
                );
            }
            value
        })
        .collect();
    let page = json!({ "format_version": 1, "command": "quarantine", "lines": lines });
    let text = serde_json::to_string_pretty(&page)
        .context("cannot write the answer as JSON")
        .map_err(CliError::failed)?;
    Ok(text + "\n")
}

fn parsed(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|_| json!(text))
}

fn settle(ui: &Ui, args: &ResolveArgs) -> Result<Outcome, CliError> {
    let filter = args.which.filter(&args.ids, false);
    let is_narrow = !args.ids.is_empty()
        || filter.table.is_some()
        || filter.code.is_some()
        || filter.run.is_some();
    if !is_narrow {
        return Err(CliError::failed(anyhow!("no line is named"))
            .hint("name lines by their numbers, or with `--table`, `--code` or `--run`"));
    }
    let options = connection_options(ui, &args.place.database, "--database")?;
    let control = Control::default();
    let rows = block_on(ui, &control, async {
        let fail = |error| copy::failed(&control, error);
        let connected = or_stopped(&control, connect(&options)).await?;
        let mut connection = connected.map_err(|error| fail(error.into()))?;
        let done = or_stopped(&control, resolve(&mut connection, &filter, &args.reason)).await?;
        done.map_err(fail)
    })?;
    let lines = if rows == 1 { "line is" } else { "lines are" };
    ui.answer(&format!("{rows} {lines} dealt with\n"))
        .map_err(|error| CliError::write("the answer", error))?;
    Ok(Outcome::Yes)
}
