//! `align inspect`

use clap::{Args, ValueEnum};

use super::args::{Namespaces, OutputArg};
use super::error::{CliError, Outcome};
use super::pair::{self, Side};
use super::ui::Ui;
use crate::ddl;
use crate::report::inspect;
use crate::typescript;

const EXAMPLES: &str = "\
Examples:
  Show what a file declares:
    align inspect schema.sql
  Keep a live database's schema as a file:
    align inspect env:DATABASE_URL --format json -o schema.json
  Show the outcome of a folder of migrations as one SQL text:
    align inspect sql:supabase/migrations --format sql
  Write the types of an application over the database:
    align inspect env:DATABASE_URL --format ts -o src/types/database.types.ts
  Take another Postgres schema than public:
    align inspect env:DATABASE_URL --schema sales --schema public

Exits with 2 on failure.";

/// Show one schema
///
/// Reads a source into the model that every comparison takes, and shows it with what could not be read.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct InspectArgs {
    /// Schema to show
    ///
    /// `env:NAME` is a live Postgres whose URL is in the environment variable NAME, `supabase:local` that
    /// of `supabase start`, `sql:PATH` a file or a folder of migrations, `ts:PATH` TypeScript, `json:PATH`
    /// a model that `align inspect` wrote. A bare path goes by its extension, and `sql:-` is standard input.
    #[arg(value_name = "SOURCE", help_heading = "Input")]
    source: String,

    #[command(flatten)]
    namespaces: Namespaces,

    /// What to write
    #[arg(long, help_heading = "Output", value_enum, default_value = "text")]
    format: Format,

    #[command(flatten)]
    output: OutputArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a terminal
    Text,
    /// For a program, and for `json:PATH`
    Json,
    /// For Postgres
    Sql,
    /// For an application, as `supabase gen types` writes it
    Ts,
}

pub(super) fn run(ui: &Ui, args: InspectArgs) -> Result<Outcome, CliError> {
    let source = pair::parse(&args.source)?;
    if source.has_password() {
        pair::warn_of_password(ui, &source, "the command line");
    }
    let side = Side::alone(source, args.namespaces.schemas).load(ui)?;
    let answer = match args.format {
        Format::Text => inspect::text(&side.schema, ui.width(), ui.is_utf8()),
        Format::Json => inspect::json(&side.schema),
        Format::Sql => ddl::write(&side.schema),
        Format::Ts => typescript::write(&side.schema),
    };
    args.output.write(ui, &answer)?;
    Ok(Outcome::Yes)
}
