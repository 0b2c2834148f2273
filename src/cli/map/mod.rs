//! `align map`: the mapping itself.

mod check;
mod coverage;
mod init;
mod input;
mod list;
mod rows;
mod show;
mod views;

use clap::{Args, Subcommand};

use super::args::MapArg;
use super::error::{CliError, Outcome};
use super::pair::{self, FoundMapping};
use super::ui::Ui;

/// Look at a mapping, and take rows through it
#[derive(Debug, Args)]
pub(super) struct MapArgs {
    #[command(subcommand)]
    command: MapCommand,
}

#[derive(Debug, Subcommand)]
enum MapCommand {
    Check(check::CheckArgs),
    Init(init::InitArgs),
    Rows(rows::RowsArgs),
    Show(show::ShowArgs),
    Views(views::ViewsArgs),
}

pub(super) fn run(ui: &Ui, args: &MapArgs) -> Result<Outcome, CliError> {
    match &args.command {
        MapCommand::Check(args) => check::run(ui, args),
        MapCommand::Init(args) => init::run(ui, args),
        MapCommand::Rows(args) => rows::run(ui, args),
        MapCommand::Show(args) => show::run(ui, args),
        MapCommand::Views(args) => views::run(ui, args),
    }
}

impl MapArg {
    /// The mapping, which has to be named or lie under `mappings/`: a check that silently takes another
    /// one says nothing.
    fn find(&self) -> Result<FoundMapping, CliError> {
        pair::find_mapping(self.map.as_deref())?.ok_or_else(pair::no_mapping)
    }
}
