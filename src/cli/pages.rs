//! `align man` and `align completions`: what a packager installs beside the program.

use std::path::{Path, PathBuf};

use clap::{Args, Command};
use clap_complete::Shell;
use clap_mangen::Man;

use super::error::{CliError, Outcome};
use super::ui::Ui;

const MAN_EXAMPLES: &str = "\
Examples:
  Read the page of the program:
    align man | man -l -
  Write a page of every command into a folder:
    align man /usr/local/share/man/man1

Exits with 2 on failure.";

const COMPLETION_EXAMPLES: &str = "\
Examples:
  Keep the completions of bash where it looks for them:
    align completions bash > ~/.local/share/bash-completion/completions/align
  The same for zsh, with that folder in its fpath:
    align completions zsh > ~/.zfunc/_align

Exits with 2 on failure.";

/// Write man pages
#[derive(Debug, Args)]
#[command(after_help = MAN_EXAMPLES)]
pub(super) struct ManArgs {
    /// Folder for a page of each command [default: the program's own page, to standard output]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// Write the completions of a shell
#[derive(Debug, Args)]
#[command(after_help = COMPLETION_EXAMPLES)]
pub(super) struct CompletionsArgs {
    /// Shell to complete in
    #[arg(value_name = "SHELL", value_enum)]
    shell: Shell,
}

pub(super) fn man(ui: &Ui, args: &ManArgs, mut program: Command) -> Result<Outcome, CliError> {
    program.build();
    let Some(folder) = args.folder.as_deref() else {
        let page = page(&program)?;
        let written = ui.answer(&page);
        written.map_err(|error| CliError::write("the answer", error))?;
        return Ok(Outcome::Yes);
    };
    std::fs::create_dir_all(folder).map_err(|error| not_written(folder, error))?;
    let count = write_pages(&program, folder)?;
    ui.status(format_args!("wrote {count} pages to {}", folder.display()));
    Ok(Outcome::Yes)
}

/// The pages of a command and of all below it that are shown.
fn write_pages(command: &Command, folder: &Path) -> Result<usize, CliError> {
    let name = command.get_display_name().unwrap_or(command.get_name());
    let path = folder.join(format!("{name}.1"));
    let page = page(command)?;
    std::fs::write(&path, page).map_err(|error| not_written(&path, error))?;
    let below = command.get_subcommands().filter(|one| !one.is_hide_set());
    let counts = below.map(|one| write_pages(one, folder));
    Ok(1 + counts.sum::<Result<usize, CliError>>()?)
}

fn page(command: &Command) -> Result<String, CliError> {
    let mut bytes = Vec::new();
    let version = env!("CARGO_PKG_VERSION");
    let man = Man::new(command.clone()).source(format!("align {version}"));
    man.render(&mut bytes)
        .map_err(|error| CliError::write("a man page", error))?;
    let page = String::from_utf8(bytes).map_err(CliError::failed)?;
    // What stands below the flags has a name of its own in a manual.
    let below = command.get_after_help().map(ToString::to_string);
    let title = match below {
        Some(text) if text.starts_with("Exit codes") => ".SH \"EXIT STATUS\"\n",
        Some(_) | None => ".SH EXAMPLES\n",
    };
    let page = page.replacen(".SH EXTRA\n", title, 1);
    // An empty date is written as nothing, and the version would stand in its place.
    Ok(page.replacen(" 1  \"align", " 1 \"\" \"align", 1))
}

fn not_written(path: &Path, error: std::io::Error) -> CliError {
    CliError::write(&format!("`{}`", path.display()), error)
}

pub(super) fn completions(
    ui: &Ui,
    args: &CompletionsArgs,
    mut program: Command,
) -> Result<Outcome, CliError> {
    let mut bytes = Vec::new();
    clap_complete::generate(args.shell, &mut program, "align", &mut bytes);
    let script = String::from_utf8(bytes).map_err(CliError::failed)?;
    let written = ui.answer(&script);
    written.map_err(|error| CliError::write("the answer", error))?;
    Ok(Outcome::Yes)
}
