//! `align rehearse`

mod findings;
mod json;
mod page;
mod road;

use std::env;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use self::page::{Page, Standing};
use self::road::{Rehearsal, Rehearsed};
use super::again;
use super::args::{CheckFormat, Namespaces, OutputArg, Sides};
use super::error::{CliError, Outcome};
use super::migrate::{Found, Scope, connection_options};
use super::pair;
use super::runtime::block_on;
use super::ui::Ui;
use crate::migrate::Control;
use crate::scratch::{BorrowError, Borrowed, Cluster, ScratchError, Search};
use crate::source::postgres::ConnectOptions;
use crate::verify::Folder;

const EXAMPLES: &str = "\
Examples:
  See the whole road, from an empty folder:
    align rehearse
  With the phases that the mapping leaves out:
    align rehearse --phase phase1 --phase phase2 --phase phase3
  From the schema that is live, which is only read:
    align rehearse --from env:DATABASE_URL

Exits with 1 when it ends below the gate or a check fails, with 2 on failure.";

/// Run the migrations on a throw-away server
///
/// Starts a server of its own from the PostgreSQL that is installed here, loads the schema to start
/// from, runs the phases as `align migrate` does, and says after each how far the schema to arrive at
/// still is. In the end it checks what is there as `align verify` does, and removes the server. Needs no
/// database and no network.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct RehearseArgs {
    #[command(flatten)]
    scope: Scope,

    /// Schema to start from [default: the mapping's]
    ///
    /// Written as for `align diff`; a live database is only read.
    #[arg(long, value_name = "SOURCE", help_heading = "Input")]
    from: Option<String>,

    /// Schema to arrive at [default: the mapping's]
    #[arg(long, value_name = "SOURCE", help_heading = "Input")]
    to: Option<String>,

    /// What surrounds the schema [default: supabase where it names `auth`]
    #[arg(long, value_name = "PROFILE", value_enum, help_heading = "Server")]
    profile: Option<Profile>,

    /// Server to use in place of one of its own
    ///
    /// Written as a database is. A scratch database is created there and dropped in the end; other
    /// databases are not touched, and roles are not made.
    #[arg(long, value_name = "SOURCE", help_heading = "Server")]
    server: Option<String>,

    /// Rows to make for each table, awkward values among them
    #[arg(long, value_name = "N", help_heading = "Input")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    rows: Option<u32>,

    /// What to write
    #[arg(long, help_heading = "Output", value_enum, default_value = "text")]
    format: CheckFormat,

    #[command(flatten)]
    output: OutputArg,

    /// Exit 1 when it ends below the gate, and say each reason
    #[arg(long, help_heading = "Output")]
    gate: bool,
}

/// What is on the server before the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Profile {
    /// The roles of a Supabase project, and its schema `auth`
    Supabase,
    /// Nothing
    Plain,
}

impl Profile {
    fn word(self) -> &'static str {
        match self {
            Self::Supabase => "supabase",
            Self::Plain => "plain",
        }
    }
}

pub(super) fn run(ui: &Ui, args: &RehearseArgs) -> Result<Outcome, CliError> {
    let (mapping, found) = args.scope.find_for_rehearsal(ui)?;
    let typed = Sides {
        from: args.from.clone(),
        to: args.to.clone(),
        namespaces: Namespaces {
            schemas: Vec::new(),
        },
    };
    let (from, to) = pair::sides(ui, &typed, Some(&mapping))?;
    let (from, files) = from.load_with_sql(ui)?;
    let (to, to_files) = to.load_with_sql(ui)?;
    let setup = match &mapping.mapping.verify.setup {
        Some(path) => Some((path.clone(), mapping.beside(path)?)),
        None => None,
    };
    let files: Vec<(String, String)> = match files {
        Some(files) => files
            .into_iter()
            .map(|file| (file.name, file.text))
            .collect(),
        None => vec![(from.source.clone(), crate::ddl::write(&from.schema))],
    };
    let profile = args.profile.unwrap_or_else(|| fitting(&files, &found));
    ui.status(format_args!("profile {}", profile.word()));

    let server = args.server.as_deref();
    let server = server.map(|typed| connection_options(ui, typed, "--server"));
    let server = server.transpose()?;
    let control = Control::default();
    let mut folders: Vec<Folder> = mapping.folders();
    folders.retain(|folder| found.phases.iter().all(|phase| phase.name != folder.name));
    for folder in &mut folders {
        folder.is_own = false;
    }
    folders.extend(found.phases.iter().map(|phase| Folder {
        name: phase.name.clone(),
        is_own: true,
        phase: Ok(phase.clone()),
    }));
    let rehearsal = Rehearsal {
        ui,
        control: &control,
        mapping: &mapping.mapping,
        found: &found,
        from: &from,
        to: &to,
        to_files: to_files.as_deref(),
        setup: setup
            .as_ref()
            .map(|(file, text)| (file.as_str(), text.as_str())),
        files: &files,
        folders: &folders,
        profile,
        makes_roles: server.is_none(),
        rows: args.rows,
    };
    let lasting = ui.lasts("starting a server");
    let rehearsed = block_on(ui, &control, async {
        match &server {
            Some(server) => on_server(ui, server, &rehearsal).await,
            None => {
                // Starting cannot be called off, and what was started must be seen to its end.
                let cluster = tokio::task::spawn_blocking(start).await;
                let cluster = cluster.map_err(CliError::failed)?.map_err(no_server)?;
                let options = ConnectOptions::from_url(&cluster.url(), &|_| None);
                rehearsal.run(&options.map_err(CliError::failed)?).await
            }
        }
    });
    drop(lasting);
    let rehearsed = rehearsed?;
    let page = Page {
        ui,
        from: &from,
        to: &to,
        profile,
        standings: &rehearsed.standings,
        verification: &rehearsed.verification,
    };
    let about = findings::About {
        mapping: &mapping.mapping,
        label: &mapping.label,
        file: mapping.file(),
        again: &again::command(),
    };
    let answer = match (args.format, findings::render(&page, &about, args.format)) {
        (_, Some(answer)) => answer,
        (CheckFormat::Json, None) => json::page(&page),
        (_, None) => page.text(),
    };
    args.output.write(ui, &answer)?;
    let verdict = rehearsed.standings.last().map(|last| &last.verdict);
    if args.gate {
        for reason in verdict.iter().flat_map(|verdict| &verdict.reasons) {
            ui.no(format_args!("{reason} (--gate)"));
        }
    }
    let passed = verdict.is_some_and(|verdict| verdict.passed) && rehearsed.verification.holds();
    Ok(Outcome::no_if(!passed))
}

/// In a database of its own, which is dropped whatever happens in it.
async fn on_server(
    ui: &Ui,
    server: &ConnectOptions,
    rehearsal: &Rehearsal<'_>,
) -> Result<Rehearsed, CliError> {
    let mut borrowed = Borrowed::create(server).await.map_err(no_database)?;
    let address = borrowed.options().describe();
    ui.status(format_args!("scratch database {address}"));
    let ready = match rehearsal.profile {
        Profile::Supabase => borrowed.needs_roles().await,
        Profile::Plain => Ok(()),
    };
    let done = match ready {
        Ok(()) => rehearsal.run(borrowed.options()).await,
        Err(error) => Err(no_database(error)),
    };
    let name = borrowed.name().to_owned();
    if let Err(error) = borrowed.remove().await {
        let error = anyhow::Error::new(error);
        ui.warning(format_args!(
            "database {name} is still there, and the next rehearsal on this server drops it: {error:#}"
        ));
    }
    done
}

fn no_database(error: BorrowError) -> CliError {
    let what = "cannot rehearse on this server";
    match &error {
        BorrowError::Rights { grant, .. } => {
            let hint = format!("grant it with `{grant}`");
            CliError::refused(anyhow::Error::new(error).context(what)).hint(hint)
        }
        BorrowError::Roles { .. } => CliError::refused(anyhow::Error::new(error).context(what))
            .hint("roles belong to the whole server; rehearse without them with `--profile plain`"),
        BorrowError::Connect(cause) => {
            let hint = cause.hint().map(str::to_owned);
            let error = CliError::failed(anyhow::Error::new(error).context(what));
            hint.into_iter().fold(error, CliError::hint)
        }
        BorrowError::Server { .. } => CliError::failed(anyhow::Error::new(error).context(what)),
    }
}

/// The surroundings that the schema and its migrations speak of.
fn fitting(files: &[(String, String)], found: &Found) -> Profile {
    let scripts = found.phases.iter().flat_map(|phase| &phase.files);
    let scripts = scripts.map(|file| file.script.text.as_str());
    let mut texts = files.iter().map(|(_, text)| text.as_str()).chain(scripts);
    if texts.any(|text| text.contains("auth.")) {
        Profile::Supabase
    } else {
        Profile::Plain
    }
}

fn start() -> Result<Cluster, ScratchError> {
    let told = env::var_os("ALIGN_PG_BIN");
    let path: Vec<PathBuf> = env::var_os("PATH")
        .map(|path| env::split_paths(&path).collect())
        .unwrap_or_default();
    Cluster::start(Search {
        told: told.as_deref(),
        path: &path,
    })
}

fn no_server(error: ScratchError) -> CliError {
    let hints: &[&str] = match &error {
        ScratchError::NoServer => &[
            "install one with `apt-get install -y postgresql`, or `brew install postgresql`",
            "one that is elsewhere is named by its folder of programs in ALIGN_PG_BIN",
        ],
        ScratchError::Told { .. } => &[
            "name the folder that holds `initdb`, or install a server with `apt-get install -y postgresql`, or `brew install postgresql`",
        ],
        ScratchError::NoUser => &["run it as another user"],
        ScratchError::Io { .. } | ScratchError::Program { .. } => &[],
    };
    let error = anyhow::Error::new(error).context("cannot start a server to rehearse on");
    hints
        .iter()
        .fold(CliError::failed(error), |error, hint| error.hint(*hint))
}
