//! `align verify`

mod against;

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::anyhow;
use clap::{Args, ValueEnum};

use super::again;
use super::args::{CheckFormat, MapArg, Namespaces, OutputArg, Sides};
use super::error::{CliError, Outcome};
use super::migrate::connection_options;
use super::pair::{self, FoundMapping};
use super::runtime::{block_on, or_stopped};
use super::ui::Ui;
use crate::migrate::{Control, duration};
use crate::report::{Options, findings, github, html, junit, sarif, verify as report};
use crate::source::postgres::{ConnectOptions, connect};
use crate::verify::{self, Request, Schemas, Section, Verdict, Verification, VerifyError};

const EXAMPLES: &str = "\
Examples:
  Check a migrated database:
    align verify --map mappings/shop-to-crm
  Check who may do what, and nothing else:
    align verify --map mappings/shop-to-crm --only access
  Compare the rows with those of the database they were copied from:
    align verify --against env:SHOP --database env:CRM

Exits with 1 when a check fails, with 2 on failure.";

/// Check that a database is what the mapping needs
///
/// Structure, who may do what, what both applications send, and what works from end to end. Every write
/// that is tried is rolled back; nothing stays behind.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct VerifyArgs {
    #[command(flatten)]
    map: MapArg,

    /// Schema that was promised [default: the mapping's `[to]`]
    #[arg(long, value_name = "SOURCE", help_heading = "Input")]
    to: Option<String>,

    #[command(flatten)]
    namespaces: Namespaces,

    /// Database to check [default: `env:DATABASE_URL`]
    #[arg(long, value_name = "SOURCE", default_value = "env:DATABASE_URL")]
    #[arg(hide_default_value = true, help_heading = "Connection")]
    database: String,

    #[command(flatten)]
    against: against::AgainstArgs,

    /// Section to check (can be repeated) [default: all]
    #[arg(
        long,
        value_name = "SECTION",
        value_enum,
        value_delimiter = ',',
        help_heading = "Checks"
    )]
    only: Vec<Part>,

    /// Section to leave out (can be repeated)
    #[arg(
        long,
        value_name = "SECTION",
        value_enum,
        value_delimiter = ',',
        hide_possible_values = true,
        help_heading = "Checks"
    )]
    skip: Vec<Part>,

    /// Look at N rows of each table, chosen by a digest of their keys
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), help_heading = "Checks")]
    sample: Option<u64>,

    /// The most that one question of a check may take; a check that needs longer fails
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "10m", help_heading = "Checks", hide_short_help = true)]
    budget: Duration,

    /// Leave out every check that tries a write
    #[arg(long, help_heading = "Checks")]
    no_write_probe: bool,

    /// What to write
    #[arg(long, help_heading = "Output", value_enum, default_value = "text")]
    format: CheckFormat,

    #[command(flatten)]
    output: OutputArg,

    /// Show every finding
    #[arg(long, help_heading = "Output")]
    all: bool,

    /// Ask every section, and exit 1 when a check fails
    #[arg(long, help_heading = "Output", conflicts_with_all = ["only", "skip"])]
    gate: bool,
}

/// A section, as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Tables, constraints, rights
    Structure,
    /// Rows against the mapping
    Values,
    /// Who may do what
    Access,
    /// What must work from end to end
    Flow,
    /// What the applications send
    Statements,
    /// What the other application asks for
    Selects,
}

pub(super) fn run(ui: &Ui, args: &VerifyArgs) -> Result<Outcome, CliError> {
    if args.sections().is_empty() {
        // A pipeline would take it for a yes.
        return Err(CliError::say(
            "nothing is left to check: `--only` and `--skip` leave no section",
        )
        .hint("leave `--skip` out, or name more with `--only`"));
    }
    if let Some(source) = &args.against.against {
        return against::run(ui, args, source);
    }
    let found = pair::find_mapping(args.map.map.as_deref())?.ok_or_else(pair::no_mapping)?;
    found.announce(ui);
    let setup = match &found.mapping.verify.setup {
        Some(path) if !args.no_write_probe => Some((path.clone(), found.beside(path)?)),
        Some(_) | None => None,
    };
    let options = connection_options(ui, &args.database, "--database")?;
    ui.status(format_args!("checking {}", options.describe()));
    let control = Control::default();
    let pair = found.pair()?;
    let folders = found.folders();
    let request = Request {
        mapping: &found.mapping,
        pair: &pair,
        folders: &folders,
        sections: args.sections(),
        writes: !args.no_write_probe,
        setup: setup
            .as_ref()
            .map(|(file, text)| (file.as_str(), text.as_str())),
        budget: args.budget,
        sample: args.sample,
        summaries: ui.is_verbose(),
        made_up: false,
    };
    let schemas = if request.compares() {
        Some(args.load(ui, &found)?)
    } else {
        None
    };
    let work = verify(ui, &request, schemas, &options, &control);
    let lasting = ui.lasts("checking");
    let verification = block_on(ui, &control, work);
    drop(lasting);
    answer(ui, args, &verification?, &options, found.file())
}

/// Writes it, and says whether everything holds.
fn answer(
    ui: &Ui,
    args: &VerifyArgs,
    verification: &Verification,
    options: &ConnectOptions,
    file: Option<&str>,
) -> Result<Outcome, CliError> {
    let told = findings::of_verification(verification, &options.describe(), file);
    let answer = match args.format {
        CheckFormat::Text => report::text(
            verification,
            Options {
                all: args.all,
                ..ui.options()
            },
        ),
        CheckFormat::Json => report::json(verification, &options.describe()),
        CheckFormat::Html => html::checks(&told, &again::command(), &[]),
        CheckFormat::Junit => junit::render(&told),
        CheckFormat::Sarif => sarif::render(&told),
        CheckFormat::Github => github::render(&told),
    };
    args.output.write(ui, &answer)?;
    if verification.checks.is_empty() {
        let message = "nothing was checked: the mapping expects nothing of what was asked for";
        return Err(CliError::say(message).hint("ask for every section: leave `--only` away"));
    }
    let failed = verification.count(|verdict| *verdict == Verdict::Failed);
    if failed > 0 {
        let by = if args.gate { " (--gate)" } else { "" };
        ui.no(format_args!(
            "{failed} of {} checks fail{by}",
            verification.checks.len()
        ));
    }
    Ok(Outcome::no_if(failed > 0))
}

impl VerifyArgs {
    fn sections(&self) -> BTreeSet<Section> {
        let named = |parts: &[Part], section: Section| {
            parts.iter().any(|part| Section::from(*part) == section)
        };
        let wanted = |section: &Section| {
            (self.only.is_empty() || named(&self.only, *section)) && !named(&self.skip, *section)
        };
        Section::ALL.into_iter().filter(wanted).collect()
    }

    fn load(&self, ui: &Ui, found: &FoundMapping) -> Result<Schemas, CliError> {
        let sides = Sides {
            from: Some(self.database.clone()),
            to: self.to.clone(),
            namespaces: Namespaces {
                schemas: self.namespaces.schemas.clone(),
            },
        };
        let (here, target) = pair::sides(ui, &sides, Some(found))?;
        let here = here.load(ui)?.schema;
        let (target, files) = target.load_with_sql(ui)?;
        Ok(Schemas {
            here,
            target: target.schema,
            files,
        })
    }
}

async fn verify(
    ui: &Ui,
    request: &Request<'_>,
    schemas: Option<Schemas>,
    options: &ConnectOptions,
    control: &Control,
) -> Result<Verification, CliError> {
    let connected = or_stopped(control, connect(options)).await?;
    let mut connection = connected.map_err(|error| failed(error.into()))?;
    let tell = |what: &str| ui.now(&format!("checking {what}"));
    let work = verify::run(&mut connection, request, schemas, &tell);
    or_stopped(control, work).await?.map_err(failed)
}

pub(super) fn failed(error: VerifyError) -> CliError {
    match error {
        VerifyError::Connect(error) => {
            let hint = error.hint();
            let error = CliError::failed(anyhow!(error).context("cannot connect"));
            hint.into_iter().fold(error, CliError::hint)
        }
        VerifyError::Setup { .. } | VerifyError::OutOfTime { .. } | VerifyError::Server { .. } => {
            CliError::failed(error)
        }
    }
}

impl From<Part> for Section {
    fn from(part: Part) -> Self {
        match part {
            Part::Structure => Self::Structure,
            Part::Values => Self::Values,
            Part::Access => Self::Access,
            Part::Flow => Self::Flow,
            Part::Statements => Self::Statements,
            Part::Selects => Self::Selects,
        }
    }
}
