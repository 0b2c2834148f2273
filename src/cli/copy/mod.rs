//! `align copy`, and what it shares with `align quarantine retry`.

mod failure;
mod prepare;
mod show;
mod teller;

use std::time::Duration;

use anyhow::anyhow;
use clap::{Args, ValueEnum};

use self::prepare::Prepared;
use self::teller::Teller;
use super::args::{ListFormat, MapArg};
use super::error::{CliError, Outcome};
use super::runtime::{block_on, or_stopped};
use super::ui::Ui;
use crate::copy::{Conflict, Copy, Report};
use crate::mapping::{MaxErrors, TableRef};
use crate::migrate::{Control, duration};
use crate::schema::Ident;

pub(super) use failure::{failed, unfit};

const EXAMPLES: &str = "\
Examples:
  See what would be copied, what is there already, and what cannot go:
    align copy --map mappings/shop-to-crm --from env:SHOP --to env:CRM --dry-run
  Copy:
    align copy --map mappings/shop-to-crm --from env:SHOP --to env:CRM --yes
  Copy between two schemas of one database:
    align copy --map mappings/shop-to-crm --from env:DB --from-schema shop

Exits with 2 on failure and above the limit of errors, 3 when it refuses to
start, 4 when it stopped part way: running it again goes on from there.";

/// Copy rows into another database or schema through a mapping
///
/// The source is only read, in one snapshot. Rows that are in the target already are found by their key,
/// then by the mapping's `match` or the unique keys, and stay as they are; their children follow them.
/// Rows that cannot go are put into `align.quarantine`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CopyArgs {
    #[command(flatten)]
    pub(super) sides: CopySides,

    #[command(flatten)]
    what: What,

    #[command(flatten)]
    pub(super) how: How,

    #[command(flatten)]
    pub(super) leave: Leave,
}

/// From where to where, and through what.
#[derive(Debug, Args)]
#[command(next_help_heading = "Input")]
pub(super) struct CopySides {
    /// Database to read
    #[arg(long, value_name = "SOURCE")]
    pub(super) from: String,

    /// Database to write [default: `env:DATABASE_URL`]
    #[arg(
        long,
        value_name = "SOURCE",
        default_value = "env:DATABASE_URL",
        hide_default_value = true
    )]
    pub(super) to: String,

    /// Schema to read (can be repeated) [default: the mapping's]
    #[arg(long, value_name = "NAME", value_parser = ident)]
    pub(super) from_schema: Vec<Ident>,

    /// Schema to write (can be repeated) [default: the mapping's]
    #[arg(long, value_name = "NAME", value_parser = ident)]
    pub(super) to_schema: Vec<Ident>,

    #[command(flatten)]
    pub(super) map: MapArg,
}

/// Which rows.
#[derive(Debug, Args)]
#[command(next_help_heading = "Rows")]
struct What {
    /// Table of the from side (can be repeated) [default: all]
    #[arg(long, value_name = "NAME", value_parser = table)]
    table: Vec<TableRef>,

    /// SQL condition over the rows of a table (can be repeated)
    ///
    /// Its columns go by their names, such as `--where "leads=created_at > '2026-01-01'"`.
    #[arg(long = "where", value_name = "TABLE=COND", value_parser = condition, hide_short_help = true)]
    conditions: Vec<(TableRef, String)>,

    /// At most so many rows of each table, with their parents among the few
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), hide_short_help = true)]
    sample: Option<u32>,

    /// What becomes of rows that are in the target already
    #[arg(long, value_name = "HOW", value_enum, default_value = "keep")]
    on_conflict: OnConflict,
}

/// How to run it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Run")]
pub(super) struct How {
    /// Only read, and show what would be copied
    #[arg(long)]
    dry_run: bool,

    /// Most rows of a table that may go to quarantine
    ///
    /// A number or a share, such as 100 or 0.5%. Above it nothing is published. [default: the mapping's,
    /// or 0.5%]
    #[arg(long, value_name = "LIMIT", value_parser = limit)]
    max_errors: Option<MaxErrors>,

    /// Sessions that read at a time
    #[arg(long, value_name = "N", default_value = "2", hide_short_help = true, value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: u16,

    /// Claims that the target's triggers see, as JSON
    #[arg(long, value_name = "JSON", default_value = SERVICE, value_parser = claims, hide_short_help = true)]
    claims: String,

    /// How long another runner is waited for
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = duration, hide_short_help = true)]
    wait_lock: Duration,

    /// Show values of rows that cannot be copied
    #[arg(long)]
    pub(super) show_values: bool,

    /// What to write
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: ListFormat,
}

/// By whose leave.
#[derive(Debug, Args)]
#[command(next_help_heading = "Consent")]
pub(super) struct Leave {
    /// Do not ask
    #[arg(long)]
    yes: bool,

    /// Never ask
    #[arg(long, hide_short_help = true)]
    no_input: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OnConflict {
    /// They stay as they are
    Keep,
    /// They take the values of the copy
    Update,
    /// Nothing is published
    Fail,
}

/// What the service key of a Supabase project says of itself.
const SERVICE: &str = r#"{"role":"service_role"}"#;

pub(super) fn run(ui: &Ui, args: &CopyArgs) -> Result<Outcome, CliError> {
    let mut prepared = prepare::prepare(ui, &args.sides, &args.how)?;
    prepared.request.wishes.only.clone_from(&args.what.table);
    prepared
        .request
        .wishes
        .conditions
        .clone_from(&args.what.conditions);
    prepared.request.wishes.sample = args.what.sample;
    prepared.request.conflict = match args.what.on_conflict {
        OnConflict::Keep => Conflict::Keep,
        OnConflict::Update => Conflict::Update,
        OnConflict::Fail => Conflict::Fail,
    };
    copy(ui, prepared, &args.how, &args.leave)
}

/// Only the rows that earlier copies have put into quarantine.
pub(super) fn retry(
    ui: &Ui,
    sides: &CopySides,
    how: &How,
    leave: &Leave,
) -> Result<Outcome, CliError> {
    let mut prepared = prepare::prepare(ui, sides, how)?;
    prepared.request.retries = true;
    // What is there is there because it could not go: no number of it is too large.
    prepared.request.max_errors = how.max_errors;
    copy(ui, prepared, how, leave)
}

fn copy(ui: &Ui, prepared: Prepared, how: &How, leave: &Leave) -> Result<Outcome, CliError> {
    let control = Control::default();
    block_on(ui, &control, work(ui, prepared, how, leave, &control))
}

async fn work(
    ui: &Ui,
    prepared: Prepared,
    how: &How,
    leave: &Leave,
    control: &Control,
) -> Result<Outcome, CliError> {
    let fail = |error| failed(control, error);
    let (from, to) = or_stopped(control, prepared.schemas()).await??;
    let mut teller = Teller::new(ui);
    let tell = Box::new(move |event: crate::copy::Event<'_>| teller.tell(&event));
    let Prepared {
        request, mapping, ..
    } = prepared;
    show::announce(ui, &request);
    let opened = Copy::open(request, (&from, &to), &mapping, control, tell);
    let mut copy = or_stopped(control, opened).await?.map_err(fail)?;
    for note in &copy.plan.notes {
        ui.status(note);
    }
    if how.dry_run {
        let report = copy.dry_run().await.map_err(fail)?;
        let verdict = copy.may_publish(&report);
        copy.close().await;
        answer(ui, how, &report, true)?;
        return verdict.map(|()| Outcome::Yes).map_err(fail);
    }
    if !leave.yes {
        consent(ui, leave, control).await?;
    }
    let done = match copy.run(how.wait_lock).await {
        Err(error) => Err(copy.explain(error).await),
        done => done,
    };
    copy.close().await;
    let report = done.map_err(fail)?;
    answer(ui, how, &report, false)?;
    let quarantined: u64 = report.tables.iter().map(|table| table.quarantined).sum();
    if quarantined > 0 {
        ui.warning(format_args!("{quarantined} rows went to align.quarantine"));
        ui.hint("see them with `align quarantine list`");
    }
    Ok(Outcome::Yes)
}

fn answer(ui: &Ui, how: &How, report: &Report, is_dry: bool) -> Result<(), CliError> {
    let text = match how.format {
        ListFormat::Text => show::text(report, how.show_values, is_dry),
        ListFormat::Json => show::json(report, how.show_values, is_dry)?,
    };
    ui.answer(&text)
        .map_err(|error| CliError::write("the answer", error))
}

async fn consent(ui: &Ui, leave: &Leave, control: &Control) -> Result<(), CliError> {
    if leave.no_input || !ui.can_ask() {
        let message = "it changes the database, and there is no terminal to ask on";
        return Err(CliError::refused(anyhow!(message)).hint("say it beforehand with `--yes`"));
    }
    ui.ask("Copy? [y/N]");
    let read = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map(|_| line)
    });
    let line = or_stopped(control, read).await?;
    let line = line.map_err(CliError::failed)?.map_err(CliError::failed)?;
    match line.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(CliError::refused(anyhow!("not run"))),
    }
}

fn ident(text: &str) -> Result<Ident, String> {
    Ident::new(text).map_err(|error| error.to_string())
}

fn table(text: &str) -> Result<TableRef, String> {
    text.parse::<TableRef>().map_err(|error| error.to_string())
}

fn condition(text: &str) -> Result<(TableRef, String), String> {
    let (name, condition) = text
        .split_once('=')
        .ok_or("it is written `TABLE=COND`, such as `leads=created_at > '2026-01-01'`")?;
    if condition.trim().is_empty() {
        return Err("the condition is empty".to_owned());
    }
    Ok((table(name.trim())?, condition.trim().to_owned()))
}

fn limit(text: &str) -> Result<MaxErrors, String> {
    MaxErrors::parse(text)
        .ok_or_else(|| "it is a number of rows or a share, such as `100` or `0.5%`".to_owned())
}

fn claims(text: &str) -> Result<String, String> {
    let read: Result<serde_json::Map<String, serde_json::Value>, _> = serde_json::from_str(text);
    match read {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(format!("it is a JSON object such as `{SERVICE}`: {error}")),
    }
}
