//! `align map views`

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::list::json;
use crate::cli::args::{MapArg, OutputArg, Sides};
use crate::cli::error::{CliError, Outcome};
use crate::cli::pair::{self, FoundMapping, Loaded};
use crate::cli::ui::Ui;
use crate::ddl::compatibility;
use crate::report::standing::count;
use crate::schema::{Ident, QualifiedName};
use crate::views::{self, Names, Request, Value, View, Views, Writes};

const EXAMPLES: &str = "\
Examples:
  The old application's names over the migrated tables:
    align map views --names from --to env:DATABASE_URL -o views.sql
  The other application's names over tables that nothing was done to yet:
    align map views --names to --from env:DATABASE_URL -o views.sql
  In a schema of that name, as the pair inside this program has it:
    align map views --map clara-to-trendtialcrm --names to --into crm

The views are for PostgreSQL 15 and newer. Before, a view read with its owner's
rights, and would show rows that row level security hides.

Exits with 2 on failure.";

/// Write views that give an application its names over the other side's tables
///
/// The answer is SQL, to be run as often as one likes: one schema with a view for each table of the
/// application that the mapping knows a table for. A column that is plainly another column can be
/// written, upserts included; one that is computed can be written where the mapping has an exact way
/// back, by a trigger, and then the view takes no upserts. What cannot be written is listed with the
/// reason.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ViewsArgs {
    #[command(flatten)]
    sides: Sides,

    #[command(flatten)]
    map: MapArg,

    /// Whose names the views have; their tables are the other side's
    #[arg(long, help_heading = "Views", value_name = "SIDE", value_enum)]
    #[arg(default_value = "from")]
    names: NamesArg,

    /// Schema for the views [default: by the name of the side]
    #[arg(long, help_heading = "Views", value_name = "NAME", value_parser = crate::cli::args::ident)]
    into: Option<Ident>,

    /// Leave computed columns read-only, so that every view takes upserts
    #[arg(long, help_heading = "Views")]
    no_triggers: bool,

    /// What to write
    #[arg(long, help_heading = "Output", value_enum, default_value = "sql")]
    format: ViewsFormat,

    #[command(flatten)]
    output: OutputArg,
}

/// Whose names the views have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum NamesArg {
    /// Those of the from side, over the to side's tables
    From,
    /// Those of the to side, over the from side's tables
    To,
}

/// What the answer is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ViewsFormat {
    /// To be run; what is read-only is listed on standard error
    Sql,
    /// For a program: the list, and the SQL in it
    Json,
}

/// The answer, as a program reads it.
#[derive(Debug, Serialize)]
struct Written<'a> {
    format_version: u32,
    command: &'static str,
    align_version: &'static str,
    mapping: &'a str,
    names: &'static str,
    schema: &'a str,
    views: Vec<WrittenView<'a>>,
    absent: Vec<Absent<'a>>,
    sql: &'a str,
}

#[derive(Debug, Serialize)]
struct WrittenView<'a> {
    name: &'a str,
    over: String,
    /// `server`, `trigger` or `never`
    writes: &'static str,
    upserts: bool,
    /// Columns of the table that an insert would have to give.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreachable: Vec<&'a str>,
    columns: Vec<WrittenColumn<'a>>,
}

#[derive(Debug, Serialize)]
struct WrittenColumn<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<&'a str>,
    writable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Absent<'a> {
    name: &'a str,
    why: &'a str,
}

pub(super) fn run(ui: &Ui, args: &ViewsArgs) -> Result<Outcome, CliError> {
    let found = args.map.find()?;
    found.announce(ui);
    let sides = pair::sides(ui, &args.sides, Some(&found))?;
    let (from, to) = pair::load(ui, sides)?;
    let (names, application, tables) = match args.names {
        NamesArg::From => (Names::From, &from, &to),
        NamesArg::To => (Names::To, &to, &from),
    };
    let request = Request {
        names,
        namespace: namespace(args, &found, tables)?,
        triggers: !args.no_triggers,
    };
    let views = views::plan(&from.schema, &to.schema, &found.mapping, &request);
    if views.views.is_empty() {
        let message = format!(
            "no table of {} has a counterpart in {}",
            application.name, tables.name
        );
        return Err(CliError::say(message).hint("see what corresponds with `align map check`"));
    }
    let title = format!(
        "Names of {} over the tables of {}, by {}.",
        application.name, tables.name, found.label
    );
    let sql = compatibility::write(&views, &title);
    let answer = match args.format {
        ViewsFormat::Sql => {
            tell(ui, &views);
            sql
        }
        ViewsFormat::Json => json(&written(&found, args.names, &views, &sql))?,
    };
    args.output.write(ui, &answer)?;
    Ok(Outcome::Yes)
}

/// The schema of the views, which must not be one that holds tables of the application behind them.
fn namespace(args: &ViewsArgs, found: &FoundMapping, tables: &Loaded) -> Result<Ident, CliError> {
    let side = match args.names {
        NamesArg::From => &found.mapping.from,
        NamesArg::To => &found.mapping.to,
    };
    let namespace = match &args.into {
        Some(named) => named.clone(),
        None => by_name(side.name.as_deref().unwrap_or("compatibility"))?,
    };
    if tables.schema.namespaces.contains(&namespace) {
        let message = format!("cannot make views in schema `{namespace}`: the tables are there");
        return Err(CliError::say(message).hint("name another schema with `--into NAME`"));
    }
    Ok(namespace)
}

/// A plain name for a schema out of an application's.
fn by_name(name: &str) -> Result<Ident, CliError> {
    let plain: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '_' })
        .collect();
    Ident::truncating(plain.trim_matches('_')).map_err(|error| {
        CliError::failed(error).hint("name a schema for the views with `--into NAME`")
    })
}

/// Says what each view takes, and what it does not.
fn tell(ui: &Ui, views: &Views) {
    ui.status(format_args!(
        "{} in schema {}",
        count(views.views.len(), "view", "views"),
        views.namespace
    ));
    for view in &views.views {
        let takes = compatibility::takes(view);
        ui.status(format_args!("{} over {}: {takes}", view.name, view.base));
        for (why, columns) in view.reasons() {
            let columns: Vec<String> = columns.into_iter().map(ToString::to_string).collect();
            ui.status(format_args!("  read-only: {}: {why}", columns.join(", ")));
        }
    }
    for (why, tables) in views.reasons() {
        let tables: Vec<&str> = tables.into_iter().map(String::as_str).collect();
        ui.status(format_args!("no view: {}: {why}", tables.join(", ")));
    }
}

fn written<'a>(
    found: &'a FoundMapping,
    names: NamesArg,
    views: &'a Views,
    sql: &'a str,
) -> Written<'a> {
    let absent = views.absent.iter().map(|(name, why)| Absent { name, why });
    Written {
        format_version: 1,
        command: "map views",
        align_version: env!("CARGO_PKG_VERSION"),
        mapping: &found.label,
        names: match names {
            NamesArg::From => "from",
            NamesArg::To => "to",
        },
        schema: views.namespace.as_str(),
        views: views.views.iter().map(written_view).collect(),
        absent: absent.collect(),
        sql,
    }
}

fn written_view(view: &View) -> WrittenView<'_> {
    let columns = view.columns.iter().map(|column| {
        let read_only = view
            .read_only()
            .find(|(other, _)| other.name == column.name);
        WrittenColumn {
            name: column.name.as_str(),
            column: match &column.value {
                Value::Plain(base) | Value::Computed { base, .. } => Some(base.name.as_str()),
                Value::ReadOnly { .. } => None,
            },
            writable: read_only.is_none(),
            why: read_only.map_or(column.remark.as_deref(), |(_, why)| Some(why)),
        }
    });
    WrittenView {
        name: view.name.as_str(),
        over: QualifiedName::to_string(&view.base),
        writes: match view.writes {
            Writes::Server => "server",
            Writes::Trigger { .. } => "trigger",
            Writes::Never => "never",
        },
        upserts: view.writes == Writes::Server,
        unreachable: view.unreachable.iter().map(Ident::as_str).collect(),
        columns: columns.collect(),
    }
}
