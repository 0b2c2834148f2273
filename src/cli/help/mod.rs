//! `align help`: the page of a command, or of a topic that belongs to no single one.

use clap::{Args, Command};

use super::error::{CliError, Outcome};
use super::near::near;
use super::ui::Ui;

/// What `align help` explains beside commands, each a text of this folder.
pub(super) const TOPICS: [(&str, &str); 4] = [
    ("mapping-file", include_str!("mapping-file.txt")),
    ("sources", include_str!("sources.txt")),
    ("environment", include_str!("environment.txt")),
    ("exit-codes", include_str!("exit-codes.txt")),
];

const EXAMPLES: &str = "\
Topics:
  mapping-file  every key and verb of a mapping
  sources       what can stand after --from and --to
  environment   the variables that are read
  exit-codes    what each means, and whether a database was changed

Examples:
  Read which verbs a mapping has:
    align help mapping-file
  Read the page of a command:
    align help map check

Exits with 2 where there is no such page.";

/// Explain a command or a topic
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct HelpArgs {
    /// Command or topic: mapping-file, sources, environment, exit-codes
    #[arg(value_name = "COMMAND|TOPIC")]
    page: Vec<String>,
}

pub(super) fn run(ui: &Ui, args: &HelpArgs, program: Command) -> Result<Outcome, CliError> {
    let page = match args.page.as_slice() {
        [topic] if topic_text(topic).is_some() => {
            let text = topic_text(topic).unwrap_or_default();
            if ui.is_utf8() {
                text.to_owned()
            } else {
                text.replace('…', "...")
            }
        }
        words => command_page(program, words)?,
    };
    let written = ui.answer(&page);
    written.map_err(|error| CliError::write("the answer", error))?;
    Ok(Outcome::Yes)
}

fn topic_text(name: &str) -> Option<&'static str> {
    let mut topics = TOPICS.into_iter();
    topics
        .find(|(topic, _)| *topic == name)
        .map(|(_, text)| text)
}

/// What `--help` says, with its styles.
fn command_page(program: Command, words: &[String]) -> Result<String, CliError> {
    let mut command = &program;
    for (at, word) in words.iter().enumerate() {
        command = match command.find_subcommand(word) {
            Some(found) => found,
            None => return Err(unknown(command, &words[..at], word)),
        };
    }
    let typed = ["align"]
        .into_iter()
        .chain(words.iter().map(String::as_str));
    match program.try_get_matches_from(typed.chain(["--help"])) {
        Ok(_) => Err(CliError::say("there is no such page")),
        Err(page) => Ok(page.render().ansi().to_string()),
    }
}

fn unknown(command: &Command, before: &[String], word: &str) -> CliError {
    let commands = command
        .get_subcommands()
        .filter(|one| !one.is_hide_set())
        .map(|one| one.get_name().to_owned());
    let topics = TOPICS
        .into_iter()
        .filter(|_| before.is_empty())
        .map(|(topic, _)| topic.to_owned());
    let known: Vec<String> = commands.chain(topics).collect();
    let asked = [before, &[word.to_owned()]].concat().join(" ");
    let error = CliError::say(format!("there is no page `{asked}`"));
    let meant = near(word, &known);
    let path = |name: &str| [before, &[name.to_owned()]].concat().join(" ");
    match meant {
        Some(name) => error.hint(format!("did you mean `align help {}`?", path(&name))),
        None if known.is_empty() => {
            error.hint(format!("`align help {}` has none below", before.join(" ")))
        }
        None => error.hint(format!("there are `{}`", known.join("`, `"))),
    }
}
