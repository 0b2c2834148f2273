//! The command line: what was typed, what it means, what is printed where, and with which code the
//! program ends. Nothing else reads the environment.

mod again;
mod args;
mod copy;
mod diff;
mod error;
#[cfg(test)]
mod flags;
mod help;
mod inspect;
mod map;
mod migrate;
mod near;
mod output;
mod pages;
mod pair;
mod progress;
mod quarantine;
mod rehearse;
mod runtime;
mod secret;
mod status;
mod ui;
mod verify;

use std::env;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use args::GlobalArgs;
use error::{CliError, Outcome};
use ui::Ui;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    a question was asked and the answer is no
  2    failed: wrong usage, unreadable input, no connection, a bad mapping
  3    refused: consent is missing, or it must not run here; nothing was changed
  4    stopped part way: something was changed, running again goes on from there
  130  interrupted before anything was changed";

/// Make one Postgres schema speak another's language
///
/// Compares two schemas under a mapping of names and values, says how far apart they are, and closes the
/// gap with migrations.
#[derive(Debug, Parser)]
#[command(name = "align", version, styles = STYLES, max_term_width = 80)]
#[command(after_help = EXIT_CODES, disable_help_subcommand = true, help_expected = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,

    #[command(flatten)]
    global: GlobalArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    Diff(diff::DiffArgs),
    Inspect(inspect::InspectArgs),
    Map(map::MapArgs),
    Rehearse(rehearse::RehearseArgs),
    Migrate(migrate::MigrateArgs),
    Status(status::StatusArgs),
    Verify(verify::VerifyArgs),
    Copy(copy::CopyArgs),
    Quarantine(quarantine::QuarantineArgs),
    Help(help::HelpArgs),
    #[command(hide = true)]
    Man(pages::ManArgs),
    #[command(hide = true)]
    Completions(pages::CompletionsArgs),
}

/// Runs the program on its own arguments.
pub fn run() -> ExitCode {
    let typed: Vec<OsString> = env::args_os().collect();
    let command = Cli::command().color(typed_color(&typed));
    let parsed = command
        .try_get_matches_from(typed)
        .and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => {
            let code = u8::try_from(error.exit_code()).unwrap_or(2);
            let said = error.render().to_string();
            let safe = secret::without_typed(said.clone());
            let printed = if safe == said {
                error.print()
            } else {
                io::stderr().write_all(safe.as_bytes())
            };
            return match printed.and_then(|()| io::stdout().flush()) {
                Ok(()) => ExitCode::from(code),
                // Help that nobody reads to its end is no failure.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::from(code),
                Err(error) => {
                    let words = format!("error: cannot write the help\n  cause: {error}\n");
                    // There is no other place to say it.
                    match io::stderr().write_all(words.as_bytes()) {
                        Ok(()) | Err(_) => ExitCode::from(2),
                    }
                }
            };
        }
    };
    let ui = Ui::new(&cli.global, &environment);
    let code = match dispatch(&ui, cli.command) {
        Ok(outcome) => outcome.code(),
        Err(error) => {
            error.print(&ui);
            error.code()
        }
    };
    ExitCode::from(code)
}

fn dispatch(ui: &Ui, command: Command) -> Result<Outcome, CliError> {
    match command {
        Command::Diff(args) => diff::run(ui, &args),
        Command::Inspect(args) => inspect::run(ui, args),
        Command::Map(args) => map::run(ui, &args),
        Command::Rehearse(args) => rehearse::run(ui, &args),
        Command::Migrate(args) => migrate::run(ui, &args),
        Command::Status(args) => status::run(ui, &args),
        Command::Verify(args) => verify::run(ui, &args),
        Command::Copy(args) => copy::run(ui, &args),
        Command::Quarantine(args) => quarantine::run(ui, &args),
        Command::Help(args) => help::run(ui, &args, Cli::command()),
        Command::Man(args) => pages::man(ui, &args, Cli::command()),
        Command::Completions(args) => pages::completions(ui, &args, Cli::command()),
    }
}

/// What `--color` says, for the help and the errors that are printed before it is parsed.
fn typed_color(typed: &[OsString]) -> clap::ColorChoice {
    let mut words = typed.iter().filter_map(|word| word.to_str());
    let mut color = clap::ColorChoice::Auto;
    while let Some(word) = words.next() {
        let value = match word.strip_prefix("--color") {
            Some("") => words.next(),
            Some(value) => value.strip_prefix('='),
            None if word == "--" => break,
            None => None,
        };
        color = match value {
            Some("always") => clap::ColorChoice::Always,
            Some("never") => clap::ColorChoice::Never,
            _ => color,
        };
    }
    color
}

/// The variables that are set, by name alone.
fn variables() -> impl Iterator<Item = String> {
    env::vars_os().filter_map(|(name, _)| name.into_string().ok())
}

/// A variable that is not UTF-8 counts as not set: nothing here could use it.
fn environment(name: &str) -> Option<String> {
    env::var(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound_and_every_flag_has_help() {
        Cli::command().debug_assert();
    }
}
