//! `align diff`

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::again;
use super::args::{MapArg, OutputArg, Sides};
use super::error::{CliError, Outcome};
use super::pair::{self, FoundMapping};
use super::ui::Ui;
use crate::known::{self, Standing};
use crate::mapping::Mapping;
use crate::report::explain::NotFound;
use crate::report::standing::count;
use crate::report::{self, Labelled, Options, Places, Report};
use crate::source::read_file;
use crate::{diff, gate, score};

const EXAMPLES: &str = "\
Examples:
  Compare the pair that the mapping names:
    align diff
  Compare two files by name alone:
    align diff --no-map --from old.sql --to new.sql
  Measure a live database, and fail in CI while it is under 90:
    align diff --from env:DATABASE_URL --fail-under 90
  Write a comment for a pull request, and fail for what is new in it:
    align diff --known known.json --format markdown -o comment.md

Exits with 1 when a question is answered no, with 2 on failure.";

/// Show how two schemas differ, and score it
///
/// Reads both sides, applies the mapping, and lists every difference by table, what blocks a switch, and
/// the score. Without a mapping, and without both sides, the pair inside this program is compared.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct DiffArgs {
    #[command(flatten)]
    sides: Sides,

    #[command(flatten)]
    map: MapArg,

    /// Compare by name alone
    #[arg(long, help_heading = "Mapping", conflicts_with = "map")]
    no_map: bool,

    /// What to write
    #[arg(long, help_heading = "Output", value_enum, default_value = "text")]
    format: Format,

    #[command(flatten)]
    output: OutputArg,

    /// List what agrees, too
    #[arg(long, help_heading = "Output")]
    all: bool,

    /// Show how one table's or column's credit comes about
    #[arg(long, help_heading = "Output", value_name = "TABLE[.COLUMN]")]
    #[arg(conflicts_with_all = ["format", "all"])]
    explain: Option<String>,

    #[command(flatten)]
    questions: Questions,
}

/// What a script asks.
#[derive(Debug, Args)]
#[command(next_help_heading = "Questions")]
struct Questions {
    /// Exit 1 when the score is under N, 0 to 100
    #[arg(long, value_name = "N", value_parser = threshold)]
    fail_under: Option<f64>,

    /// Exit 1 when the mapping's gate does not pass
    #[arg(long)]
    gate: bool,

    /// Exit 1 for what FILE, an earlier `--format json`, lacks
    ///
    /// What the earlier report found already passes, whatever the gate says; what is new does not, nor
    /// does a score under the earlier one. A finding is known by its kind, its table and its names.
    #[arg(long, value_name = "FILE")]
    known: Option<PathBuf>,

    /// Exit 1 when the schemas differ
    #[arg(long)]
    exit_code: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a terminal
    Text,
    /// For a program
    Json,
    /// For a comment on a pull request
    Markdown,
    /// For a browser: one file
    Html,
    /// For a CI that shows test results
    Junit,
    /// For code scanning, and editors
    Sarif,
    /// For annotations in a GitHub workflow
    Github,
}

pub(super) fn run(ui: &Ui, args: &DiffArgs) -> Result<Outcome, CliError> {
    let found = args.mapping()?;
    match &found {
        Some(found) => found.announce(ui),
        None => ui.status("no mapping: names alone decide"),
    }
    let sides = pair::sides(ui, &args.sides, found.as_ref())?;
    let (from, to) = pair::load(ui, sides)?;
    let by_name = Mapping::default();
    let mapping = found.as_ref().map_or(&by_name, |found| &found.mapping);

    let lasting = ui.lasts("comparing");
    let comparison = diff::compare(&from.schema, &to.schema, mapping);
    let score = score::score(&comparison, mapping);
    let verdict = gate::judge(&comparison, &score, &mapping.gate);
    drop(lasting);
    let again = again::command();
    let report = Report {
        comparison: &comparison,
        score: &score,
        verdict: &verdict,
        mapping,
        from: Labelled {
            name: &from.name,
            source: &from.source,
        },
        to: Labelled {
            name: &to.name,
            source: &to.source,
        },
        map: found.as_ref().map(|found| found.label.as_str()),
        places: Places {
            from: Some(&from.schema.places),
            to: Some(&to.schema.places),
            mapping: found.as_ref().and_then(FoundMapping::file),
        },
        again: &again,
        known: None,
        options: Options {
            all: args.all,
            ..ui.options()
        },
    };
    let standing = match &args.questions.known {
        Some(path) => Some(beside(path, &report)?),
        None => None,
    };
    let report = Report {
        known: standing.as_ref(),
        ..report
    };
    let answer = match &args.explain {
        Some(wanted) => report::explain::render(&report, wanted).map_err(not_found)?,
        None => report::render(&report, args.format.into()),
    };
    args.output.write(ui, &answer)?;
    let outcome = args.questions.ask(ui, &report);
    if args.format == Format::Text && args.explain.is_none() {
        for hint in report::hints(&report) {
            ui.hint(hint);
        }
        let undecided = mapping.undecided.len();
        if undecided > 0 {
            ui.hint(format_args!(
                "see what the mapping leaves undecided, {}, with `align map check`",
                count(undecided, "entry", "entries")
            ));
        }
    }
    Ok(outcome)
}

impl DiffArgs {
    fn mapping(&self) -> Result<Option<FoundMapping>, CliError> {
        if self.no_map {
            return Ok(None);
        }
        let found = pair::find_mapping(self.map.map.as_deref())?;
        if found.is_none() && (self.sides.from.is_none() || self.sides.to.is_none()) {
            return pair::bundled_mapping().map(Some);
        }
        Ok(found)
    }
}

impl Questions {
    fn ask(&self, ui: &Ui, report: &Report<'_>) -> Outcome {
        let mut reasons = Vec::new();
        if let Some(threshold) = self.fail_under
            && !report.score.reaches(threshold)
        {
            reasons.push(match report.score.overall {
                Some(_) => {
                    let reason = crate::gate::too_low(report.score, threshold);
                    format!("{reason} (--fail-under)")
                }
                None => "nothing was scored (--fail-under)".to_owned(),
            });
        }
        let known = report.known.map(Standing::reasons).unwrap_or_default();
        reasons.extend(known.iter().map(|reason| format!("{reason} (--known)")));
        // What is known already is what the gate would say again.
        if self.gate && report.known.is_none() && !report.verdict.passed {
            let gate = report.verdict.reasons.iter();
            reasons.extend(gate.map(|reason| format!("{reason} (--gate)")));
        }
        if self.exit_code && report.known.is_none() && !report.comparison.is_empty() {
            reasons.push("the schemas differ (--exit-code)".to_owned());
        }
        for reason in &reasons {
            ui.no(reason);
        }
        Outcome::no_if(!reasons.is_empty())
    }
}

impl From<Format> for report::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Text => Self::Text,
            Format::Json => Self::Json,
            Format::Markdown => Self::Markdown,
            Format::Html => Self::Html,
            Format::Junit => Self::Junit,
            Format::Sarif => Self::Sarif,
            Format::Github => Self::Github,
        }
    }
}

/// What the report says beside an earlier one.
fn beside(path: &Path, report: &Report<'_>) -> Result<Standing, CliError> {
    let label = path.display().to_string();
    let wrong = |error: known::ReadError| {
        let hint = error.hint();
        let error = anyhow::Error::new(error).context(format!("cannot use `{label}`"));
        CliError::failed(error).hint(hint)
    };
    let file = read_file(path).map_err(|error| CliError::file("known report", path, error))?;
    let before = known::read(&file.text).map_err(wrong)?;
    // What is written is what is read again, so both are known by one reader.
    let now = report::render(report, report::Format::Json);
    let now = known::read(&now).map_err(wrong)?;
    Ok(known::compare(&label, &before, &now))
}

fn not_found(missing: NotFound) -> CliError {
    let near = missing.near.clone();
    let error = CliError::failed(missing);
    near.iter().fold(error, |error, name| {
        error.hint(format!("there is `{name}`"))
    })
}

fn threshold(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|error| format!("{error}"))?;
    if (0.0..=100.0).contains(&number) {
        Ok(number)
    } else {
        Err("it must be 0 to 100".to_owned())
    }
}
