//! `align migrate --export`: the phases as files of a folder like `supabase/migrations`.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use serde::Serialize;
use time::{Date, Duration, Month, OffsetDateTime, PrimitiveDateTime, Time};

use super::super::args::ListFormat;
use super::super::error::{CliError, Outcome};
use super::super::ui::Ui;
use super::{Found, answer};
use crate::migrate::{Exported, Marker, Plan, export, standing};
use crate::report::standing::count;

/// What to write in place of running it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Migrations")]
pub(super) struct ExportArgs {
    /// Write them as files for `supabase db push`
    ///
    /// No database is asked. Each file is one transaction: without CONCURRENTLY, a batch as one statement.
    /// It keeps the ledger, so that `align status` knows what was pushed. No file is overwritten.
    #[arg(long, value_name = "DIR")]
    #[arg(conflicts_with_all = ["dry_run", "undo", "accept", "adopt", "expect"])]
    pub(super) export: Option<PathBuf>,

    /// Time of the first file of `--export`, UTC, as YYYYMMDDHHMMSS [default: now]
    ///
    /// Each one after it is a second later.
    #[arg(long, value_name = "TIME", value_parser = moment, requires = "export", hide_short_help = true)]
    at: Option<PrimitiveDateTime>,
}

/// The answer as JSON, version 1.
#[derive(Debug, Serialize)]
struct Document<'d> {
    format_version: u32,
    command: &'static str,
    align_version: &'static str,
    pair: &'d str,
    folder: String,
    files: Vec<Line<'d>>,
}

#[derive(Debug, Serialize)]
struct Line<'d> {
    file: String,
    /// Whether it was there already.
    kept: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    phase: Option<&'d str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
}

/// A file of the folder.
struct There {
    name: String,
    number: Option<String>,
    marker: Option<Marker>,
}

pub(super) fn run(
    ui: &Ui,
    args: &ExportArgs,
    folder: &Path,
    found: &Found,
    target: Option<i64>,
    format: ListFormat,
) -> Result<Outcome, CliError> {
    let fresh: Vec<_> = found
        .phases
        .iter()
        .map(|phase| standing(phase, &[]))
        .collect();
    let plan = Plan::forward(&found.phases, &fresh, target);
    let files = export(&plan, &found.pair).map_err(CliError::failed)?;
    let there = read(folder)?;
    let mut lines = Vec::new();
    let mut new = Vec::new();
    for file in &files {
        match there.iter().find(|known| is_same(known, &file.marker)) {
            Some(known) if known.marker.as_ref() == Some(&file.marker) => {
                lines.push(line(&known.name, true, &file.marker));
            }
            Some(known) => return Err(differs(folder, known)),
            None => new.push(file),
        }
    }
    let mut at = first(args, &there)?;
    let mut named = Vec::new();
    for file in new {
        let name = format!("{}_{}.sql", number(at), file.name);
        named.push((name, file));
        at = at.checked_add(Duration::SECOND).ok_or_else(too_late)?;
    }
    fs::create_dir_all(folder).map_err(|error| unwritten(folder, error))?;
    for (name, file) in &named {
        let path = folder.join(name);
        write(&path, &file.text).map_err(|error| unwritten(&path, error))?;
        lines.push(line(name, false, &file.marker));
        warn(ui, name, file);
    }
    let text = match format {
        ListFormat::Json => json(found, folder, lines)?,
        ListFormat::Text => text(folder, &lines),
    };
    let answered = answer(ui, &text)?;
    if !named.is_empty() {
        ui.hint("run them with `supabase db push`, or each in order with `psql --single-transaction -f FILE`");
    }
    Ok(answered)
}

fn line<'m>(file: &str, kept: bool, marker: &'m Marker) -> Line<'m> {
    let (phase, version) = match marker {
        Marker::Ledger => (None, None),
        Marker::Migration { phase, version, .. } => (Some(phase.as_str()), Some(*version)),
    };
    Line {
        file: file.to_owned(),
        kept,
        phase,
        version,
    }
}

fn is_same(known: &There, marker: &Marker) -> bool {
    known
        .marker
        .as_ref()
        .is_some_and(|known| known.is_same(marker))
}

fn differs(folder: &Path, known: &There) -> CliError {
    let path = folder.join(&known.name);
    let message = format!(
        "`{}` was written of another text of this migration",
        path.display()
    );
    CliError::refused(anyhow::Error::msg(message)).hint(
        "remove it where nobody has pushed it; otherwise write the change as a migration of its own",
    )
}

fn unwritten(path: &Path, error: io::Error) -> CliError {
    CliError::write(&format!("`{}`", path.display()), error)
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// The migrations that the folder holds, by name.
fn read(folder: &Path) -> Result<Vec<There>, CliError> {
    let failed = |error: io::Error, path: &Path| {
        let context = format!("cannot read `{}`", path.display());
        CliError::failed(anyhow::Error::new(error).context(context))
    };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error, folder)),
    };
    let mut there = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| failed(error, folder))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        if !name.ends_with(".sql") || !path.is_file() {
            continue;
        }
        let bytes = fs::read(&path).map_err(|error| failed(error, &path))?;
        let digits = name.bytes().take_while(u8::is_ascii_digit).count();
        there.push(There {
            number: (digits > 0).then(|| name.chars().take(digits).collect()),
            marker: Marker::find(&String::from_utf8_lossy(&bytes)),
            name: name.to_owned(),
        });
    }
    there.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(there)
}

/// The time of the first file: after every one that is there, or they would run in another order.
fn first(args: &ExportArgs, there: &[There]) -> Result<PrimitiveDateTime, CliError> {
    let last = there.iter().filter_map(|file| file.number.as_deref()).max();
    let wanted = args.at.unwrap_or_else(now);
    match last {
        Some(last) if *number(wanted) <= *last => {
            let next = moment(last)
                .ok()
                .and_then(|last| last.checked_add(Duration::SECOND));
            match (args.at, next) {
                (None, Some(next)) => Ok(next),
                (Some(_), Some(next)) => Err(CliError::say(format!(
                    "`--at {}` is not after the last migration that is there, {last}",
                    number(wanted)
                ))
                .hint(format!("write `--at {}` or later", number(next)))),
                (_, None) => Err(CliError::say(format!(
                    "nothing can come after the last migration that is there: {last} is no time"
                ))
                .hint("export into a folder of its own")),
            }
        }
        _ => Ok(wanted),
    }
}

fn too_late() -> CliError {
    CliError::say("the files' times go beyond the year 9999").hint("give an earlier `--at`")
}

fn now() -> PrimitiveDateTime {
    let now = OffsetDateTime::now_utc();
    PrimitiveDateTime::new(now.date(), now.time())
}

/// Fourteen digits.
fn number(at: PrimitiveDateTime) -> String {
    format!(
        "{:04}{:02}{:02}{:02}{:02}{:02}",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

fn moment(text: &str) -> Result<PrimitiveDateTime, String> {
    let wrong = || "expected a time as YYYYMMDDHHMMSS, such as 20260131120000".to_owned();
    if text.len() != 14 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    let part = |from: usize, to: usize| text.get(from..to)?.parse::<u8>().ok();
    let read = || {
        let year = text.get(..4)?.parse().ok()?;
        let month = Month::try_from(part(4, 6)?).ok()?;
        let date = Date::from_calendar_date(year, month, part(6, 8)?).ok()?;
        let time = Time::from_hms(part(8, 10)?, part(10, 12)?, part(12, 14)?).ok()?;
        Some(PrimitiveDateTime::new(date, time))
    };
    read().ok_or_else(wrong)
}

fn warn(ui: &Ui, name: &str, file: &Exported) {
    if file.waits {
        ui.warning(format_args!(
            "{name}: CONCURRENTLY is left out, writes to the table wait while it runs"
        ));
    }
    for (line, statement) in &file.left_out {
        let first = statement.lines().next().unwrap_or_default();
        ui.warning(format_args!(
            "{name}: left out, run it by itself: line {line}: {first}"
        ));
    }
}

fn text(folder: &Path, lines: &[Line<'_>]) -> String {
    let new: Vec<&Line<'_>> = lines.iter().filter(|line| !line.kept).collect();
    let kept = lines.len() - new.len();
    let mut text = match (new.len(), kept) {
        (0, kept) => format!("all {kept} files are in {} already\n", folder.display()),
        (new, 0) => format!(
            "wrote {} to {}\n",
            count(new, "file", "files"),
            folder.display()
        ),
        (new, kept) => format!(
            "wrote {} to {}, where {kept} were already\n",
            count(new, "file", "files"),
            folder.display()
        ),
    };
    for line in new {
        text.push_str("  ");
        text.push_str(&line.file);
        text.push('\n');
    }
    text
}

fn json(found: &Found, folder: &Path, files: Vec<Line<'_>>) -> Result<String, CliError> {
    let document = Document {
        format_version: 1,
        command: "migrate",
        align_version: env!("CARGO_PKG_VERSION"),
        pair: &found.pair,
        folder: folder.display().to_string(),
        files,
    };
    let json = serde_json::to_string_pretty(&document).context("cannot write the answer");
    Ok(json.map_err(CliError::failed)? + "\n")
}
