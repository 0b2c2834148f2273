//! Which migrations a command is about, and which server.

use std::path::PathBuf;

use clap::Args;

use super::super::args::MapArg;
use super::super::error::CliError;
use super::super::near::near;
use super::super::pair::{self, FoundMapping, Road, wait_for};
use super::super::ui::Ui;
use crate::mapping::{ColumnRef, OnError};
use crate::migrate::{FilesError, MigrateError, Phase, history_table};
use crate::schema::{Ident, quote};
use crate::source::postgres::ConnectOptions;
use crate::source::{self, Opened, Request};

/// Which migrations.
#[derive(Debug, Args)]
pub(in crate::cli) struct Scope {
    #[command(flatten)]
    map: MapArg,

    /// Phase (can be repeated) [default: the mapping's]
    ///
    /// In the order in which they run; `one,two` names two.
    #[arg(
        long,
        value_name = "NAME",
        value_delimiter = ',',
        help_heading = "Migrations"
    )]
    phase: Vec<String>,

    /// Folder of the phases [default: the mapping's]
    ///
    /// It holds one folder a phase, and the ways back in `undo/<PHASE>.sql`.
    #[arg(long, value_name = "DIR", help_heading = "Migrations")]
    migrations: Option<PathBuf>,
}

/// Migrations that were read, and what they belong to.
#[derive(Debug)]
pub(in crate::cli) struct Found {
    /// The name of the pair.
    pub(in crate::cli) pair: String,
    /// The mapping's text.
    pub(in crate::cli) mapping_text: String,
    /// Where the phases are.
    pub(in crate::cli) folder: PathBuf,
    /// In the order in which they run.
    pub(in crate::cli) phases: Vec<Phase>,
    /// Phases of the mapping that come after the last of these.
    pub(super) later: Vec<String>,
    /// Where these are the mapping's: phases of the folder that it does not name.
    pub(super) apart: Vec<String>,
    /// The from side's tables, as SQL names them.
    pub(in crate::cli) tables: Vec<String>,
    /// Columns for which the mapping ends the run when a value cannot be converted.
    pub(in crate::cli) strict: Vec<ColumnRef>,
    /// The namespaces of both sides.
    pub(in crate::cli) namespaces: Vec<String>,
}

impl Found {
    /// The histories of the phases, as SQL names them.
    pub(in crate::cli) fn histories(&self) -> Result<Vec<String>, MigrateError> {
        let tables = self.phases.iter().map(|phase| {
            let table = history_table(&self.pair, &phase.name);
            table.map(|table| table.to_string())
        });
        let tables: Result<Vec<String>, _> = tables.collect();
        tables.map_err(|error| MigrateError::Server {
            doing: "name the history",
            cause: error.to_string(),
        })
    }
}

impl Scope {
    /// The phases that are named, or the mapping's.
    pub(in crate::cli) fn find(&self, ui: &Ui) -> Result<Found, CliError> {
        self.find_phases(ui, &self.phase)
    }

    pub(super) fn find_phases(&self, ui: &Ui, named: &[String]) -> Result<Found, CliError> {
        // What changes a database takes no pair that nobody named: the bundled one is not implied.
        let mapping = pair::find_mapping(self.map.map.as_deref())?.ok_or_else(pair::no_mapping)?;
        mapping.announce(ui);
        self.of(&mapping, named)
    }

    /// The same for a server of our own, where the pair inside the program may be implied.
    pub(in crate::cli) fn find_for_rehearsal(
        &self,
        ui: &Ui,
    ) -> Result<(FoundMapping, Found), CliError> {
        let mapping = match pair::find_mapping(self.map.map.as_deref())? {
            Some(mapping) => mapping,
            None => pair::bundled_mapping()?,
        };
        mapping.announce(ui);
        let found = self.of(&mapping, &self.phase)?;
        Ok((mapping, found))
    }

    fn of(&self, mapping: &FoundMapping, named: &[String]) -> Result<Found, CliError> {
        let migrations = self.migrations.clone().map(Road::Folder);
        let migrations = migrations.or_else(|| mapping.road());
        let migrations = migrations.ok_or_else(|| {
            let message = format!(
                "cannot find migrations: mapping `{}` names no folder of them",
                mapping.label
            );
            CliError::say(message).hint("name it with `--migrations DIR`")
        })?;
        let road = mapping
            .mapping
            .migrate
            .as_ref()
            .map(|migrate| migrate.phases.as_slice());
        let road = road.unwrap_or_default();
        let names = if named.is_empty() { road } else { named };
        if names.is_empty() {
            let message = format!(
                "cannot choose a phase: mapping `{}` names none",
                mapping.label
            );
            return Err(CliError::say(message).hint("name one with `--phase NAME`"));
        }
        let mut phases: Vec<Phase> = Vec::new();
        for name in names {
            if phases.iter().any(|phase| phase.name == *name) {
                return Err(CliError::say(format!("phase `{name}` is named twice")));
            }
            phases.push(
                migrations
                    .phase(name)
                    .map_err(|error| unreadable(&migrations, name, &error))?,
            );
        }
        let last = road.iter().rposition(|name| names.contains(name));
        let later = last
            .map(|last| road[last + 1..].to_vec())
            .unwrap_or_default();
        let mut apart = Vec::new();
        if last.is_some() {
            apart = migrations.phases();
            apart.retain(|name| !road.contains(name) && !names.contains(name));
        }
        Ok(Found {
            pair: mapping.pair()?,
            tables: tables(mapping),
            strict: strict(mapping),
            namespaces: namespaces(mapping),
            mapping_text: mapping.text.clone(),
            folder: migrations.folder(),
            phases,
            later,
            apart,
        })
    }
}

fn unreadable(road: &Road, phase: &str, error: &FilesError) -> CliError {
    let mut lines = error.troubles.iter().rev().map(ToString::to_string);
    let last = lines.next().unwrap_or_default();
    let chain = lines.fold(anyhow::Error::msg(last), anyhow::Error::context);
    let said =
        CliError::failed(chain.context(format!("cannot read the migrations of phase `{phase}`")));
    if error.is_empty_folder() {
        return said.hint("write the first one into it: `V1__what_it_does.sql`");
    }
    let known = road.phases();
    if known.iter().any(|known| known == phase) {
        return said;
    }
    match near(phase, &known) {
        Some(meant) => said.hint(format!("did you mean `{meant}`?")),
        None if known.is_empty() => said,
        None => said.hint(format!("there are `{}`", known.join("`, `"))),
    }
}

/// The from side's tables that the mapping names.
fn tables(mapping: &FoundMapping) -> Vec<String> {
    let home = mapping
        .mapping
        .from
        .schemas
        .first()
        .map_or("public", Ident::as_str);
    let named = mapping.mapping.tables.iter().map(|table| &table.from);
    let columns = mapping
        .mapping
        .columns
        .iter()
        .flat_map(|column| &column.from)
        .map(|column| &column.table);
    let mut names: Vec<String> = named
        .chain(columns)
        .map(|table| format!("{}.{}", quote(table.namespace_or(home)), table.name))
        .collect();
    if names.is_empty() {
        names = tables_of_source(mapping);
    }
    names.sort();
    names.dedup();
    names
}

/// The tables of a from side in files, for a mapping that needs no line about any: their names are
/// alike on both sides.
fn tables_of_source(mapping: &FoundMapping) -> Vec<String> {
    let side = &mapping.mapping.from;
    let Ok(Some(source)) = mapping.default_source(side) else {
        return Vec::new();
    };
    if source.is_live() || source.is_stdin() {
        return Vec::new();
    }
    let request = Request {
        namespaces: &side.schemas,
        interfaces: &side.interfaces,
    };
    // What cannot be read names no table, and a refusal says that there is none.
    let schema = source::open(&source, &super::super::environment)
        .ok()
        .and_then(|opened| wait_for(&opened, opened.read(request)).ok()?.ok());
    let tables = schema.iter().flat_map(|schema| &schema.tables);
    tables.map(|table| table.name.to_string()).collect()
}

fn strict(mapping: &FoundMapping) -> Vec<ColumnRef> {
    let rules = mapping.mapping.accepted_columns();
    rules
        .filter(|rule| rule.on_error == OnError::Fail)
        .flat_map(|rule| rule.from.iter().chain(&rule.to).cloned())
        .collect()
}

fn namespaces(mapping: &FoundMapping) -> Vec<String> {
    let sides = [&mapping.mapping.from, &mapping.mapping.to];
    let mut names: Vec<String> = sides
        .iter()
        .flat_map(|side| &side.schemas)
        .map(|name| name.as_str().to_owned())
        .collect();
    if sides.iter().any(|side| side.schemas.is_empty()) {
        names.push("public".to_owned());
    }
    names.sort();
    names.dedup();
    names
}

/// The server that a flag names.
pub(in crate::cli) fn connection_options(
    ui: &Ui,
    typed: &str,
    flag: &str,
) -> Result<ConnectOptions, CliError> {
    let source = pair::parse(typed)?;
    if source.has_password() {
        pair::warn_of_password(ui, &source, &format!("`{flag}`"));
    }
    if !source.is_live() {
        let message = format!("`{source}` is no database");
        return Err(CliError::say(message)
            .hint("a database is `env:NAME` or `postgres://user@host:5432/name`"));
    }
    let opened = source::open(&source, &super::super::environment)
        .map_err(|error| CliError::load(&source, error))?;
    for warning in opened.warnings() {
        ui.warning(warning);
    }
    match opened {
        Opened::Live(options) => Ok(*options),
        Opened::Texts(_) => Err(CliError::say(format!("`{source}` is no database"))),
    }
}
