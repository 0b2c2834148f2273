//! `align map init`

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use anyhow::Context;
use clap::Args;

use crate::cli::again;
use crate::cli::args::Sides;
use crate::cli::error::{CliError, Outcome};
use crate::cli::pair::{self, FILE, FOLDER, Side};
use crate::cli::ui::Ui;
use crate::draft::{self, Columns, Draft, Head};
use crate::mapping::file;
use crate::report::standing::count;

const EXAMPLES: &str = "\
Examples:
  Begin a pair under mappings/:
    align map init --from shop.sql --to warehouse.sql
  Begin it in a folder of your own choice:
    align map init --from env:DATABASE_URL --to ts:src/types.ts mappings/crm
  Ask about the columns of tables that were decided since:
    align map init --more

Exits with 2 on failure, with 3 where there is a mapping already.";

const MIGRATIONS: &str = "migrations";
const PHASE: &str = "phase1";

/// Begin a mapping of two schemas
///
/// Makes a folder with a first `mapping.toml` and a place for migrations. What has the same name on
/// both sides, but for case, signs between words and the plural, and a type that holds every value, is
/// taken; all else is listed as undecided, the likeliest counterparts beside it. `align map check` lists
/// what is left to decide. Nothing that exists is overwritten.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct InitArgs {
    #[command(flatten)]
    sides: Sides,

    /// Folder for the pair [default: mappings/<FROM>-to-<TO>]
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,

    /// Ask about the columns of tables that were decided since
    ///
    /// Adds to the end of a mapping that is there what it would have been begun with for each two tables
    /// that it takes for one another and of whose columns it says nothing. Everything before stays.
    #[arg(long)]
    more: bool,
}

pub(super) fn run(ui: &Ui, args: &InitArgs) -> Result<Outcome, CliError> {
    if args.more {
        return more(ui, args);
    }
    let (from, to) = pair::sides(ui, &args.sides, None)?;
    let default = || Path::new(FOLDER).join(format!("{}-to-{}", slug(&from), slug(&to)));
    let folder = args.dir.clone().unwrap_or_else(default);
    let path = folder.join(FILE);
    if fs::metadata(&folder).is_ok_and(|there| !there.is_dir()) {
        let message = format!("cannot write `{}`", path.display());
        let cause = format!("`{}` is a file", folder.display());
        return Err(CliError::failed(anyhow::anyhow!(cause).context(message))
            .hint("name a folder, such as `mappings/NAME`"));
    }
    if path.symlink_metadata().is_ok() {
        return Err(exists(&path));
    }
    let sources = [written(ui, &from, &folder)?, written(ui, &to, &folder)?];
    let (from, to) = pair::load(ui, (from, to))?;
    let draft = draft::draft(&from.schema, &to.schema);
    let name = folder.file_name().map(|name| name.to_string_lossy());
    let [from_source, to_source] = &sources;
    let text = draft::render(
        &draft,
        &Head {
            pair: name.as_deref().unwrap_or("this pair"),
            from: from_source.as_deref(),
            to: to_source.as_deref(),
            schemas: &args.sides.namespaces.schemas,
            migrations: MIGRATIONS,
            phase: PHASE,
        },
    );
    let label = path.display().to_string();
    file::read(&text).map_err(|errors| CliError::mapping(&label, &errors))?;
    write(&path, &text)?;
    let phase = folder.join(MIGRATIONS).join(PHASE);
    fs::create_dir_all(&phase).map_err(|error| CliError::write_file(&phase, error))?;
    let answer = summary(&draft, &label, &phase, &to.name);
    ui.answer(&answer)
        .map_err(|error| CliError::write("the answer", error))?;
    ui.hint(format_args!(
        "see what is left to decide with `align map check --map {}`",
        again::quoted(&folder.display().to_string())
    ));
    Ok(Outcome::Yes)
}

/// Asks about the columns of tables that somebody decided.
fn more(ui: &Ui, args: &InitArgs) -> Result<Outcome, CliError> {
    let dir = args.dir.as_ref().map(|dir| dir.display().to_string());
    let found = pair::find_mapping(dir.as_deref())?.ok_or_else(pair::no_mapping)?;
    let Some(path) = found.path() else {
        let message = format!("cannot add to `{}`: it is inside this program", found.label);
        return Err(
            CliError::say(message).hint("name a folder: `align map init --more mappings/NAME`")
        );
    };
    found.announce(ui);
    let sides = pair::sides(ui, &args.sides, Some(&found))?;
    let (from, to) = pair::load(ui, sides)?;
    let pairs = draft::unasked(&from.schema, &to.schema, &found.mapping);
    let added = draft::render_columns(&pairs);
    let text = format!("{}{added}", found.text);
    file::read(&text).map_err(|errors| CliError::mapping(&found.label, &errors))?;
    let failed = |error| CliError::write(&format!("`{}`", found.label), error);
    let mut file = OpenOptions::new()
        .append(true)
        .open(&path)
        .map_err(failed)?;
    file.write_all(added.as_bytes()).map_err(failed)?;
    let open = |columns: &Columns| columns.only_to.len() + columns.only_from.len();
    let taken: usize = pairs.iter().map(|pair| pair.columns.same.len()).sum();
    let asked: usize = pairs.iter().map(|pair| open(&pair.columns)).sum();
    let answer = format!(
        "{}: {} taken and {} undecided, of {}\n",
        found.label,
        count(taken, "column", "columns"),
        asked,
        count(pairs.len(), "table more", "tables more"),
    );
    ui.answer(&answer)
        .map_err(|error| CliError::write("the answer", error))?;
    Ok(Outcome::Yes)
}

fn exists(path: &Path) -> CliError {
    let message = format!(
        "`{}` is there already, and is not overwritten",
        path.display()
    );
    CliError::refused(anyhow::Error::msg(message))
        .hint("name another folder: `align map init … mappings/NAME`")
        .hint("see what is left to decide in it with `align map check`")
        .hint("ask about the columns of tables decided since with `align map init --more`")
}

/// Never over a file that came into being meanwhile.
fn write(path: &Path, text: &str) -> Result<(), CliError> {
    let failed = |error| CliError::write_file(path, error);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut file = match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(exists(path)),
        Err(error) => return Err(failed(error)),
    };
    file.write_all(text.as_bytes()).map_err(failed)
}

/// A name for a folder.
fn slug(side: &Side) -> String {
    let name = side.name();
    let name = name.rsplit_once(':').map_or(name, |(_, name)| name);
    let name = name.rsplit('/').next().unwrap_or(name);
    let mut slug = String::new();
    for sign in name.chars() {
        if sign.is_alphanumeric() {
            slug.extend(sign.to_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "schema" } else { slug }.to_owned()
}

/// The source as the file in the folder names it; `None` where it would hold a password, or be read
/// once alone.
fn written(ui: &Ui, side: &Side, folder: &Path) -> Result<Option<String>, CliError> {
    let source = side.source();
    if source.is_stdin() || source.has_password() {
        ui.warning(format_args!(
            "`{source}` is not written into the mapping; name a source there, such as `env:NAME`"
        ));
        return Ok(None);
    }
    let Some(path) = source.path() else {
        return Ok(Some(source.shown().to_owned()));
    };
    let relative = relative(path, folder)
        .with_context(|| format!("cannot tell where `{}` is", path.display()))
        .map_err(CliError::failed)?;
    match relative.to_str() {
        Some(path) => Ok(Some(source.words_at(path))),
        None => {
            let message = format!("cannot write the path `{}`: it is no text", path.display());
            Err(CliError::say(message).hint("name a path of letters, or a link to it"))
        }
    }
}

/// The way from the folder to the path, both counted from here.
fn relative(path: &Path, folder: &Path) -> io::Result<PathBuf> {
    let (path, folder) = (real(path)?, real(folder)?);
    let shared = path
        .components()
        .zip(folder.components())
        .take_while(|(a, b)| a == b)
        .count();
    let up = folder
        .components()
        .skip(shared)
        .map(|_| Component::ParentDir);
    let way: PathBuf = up.chain(path.components().skip(shared)).collect();
    // A way of no steps would be read as no path at all.
    Ok(if way.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        way
    })
}

/// The path without links, as far as it exists.
fn real(path: &Path) -> io::Result<PathBuf> {
    let whole = std::path::absolute(path)?;
    let mut missing = Vec::new();
    let mut there = whole.as_path();
    loop {
        if let Ok(found) = there.canonicalize() {
            let parts = missing.into_iter().rev();
            return Ok(parts.fold(found, |path: PathBuf, part| path.join(part)));
        }
        let (Some(name), Some(parent)) = (there.file_name(), there.parent()) else {
            return Ok(whole);
        };
        missing.push(name.to_owned());
        there = parent;
    }
}

fn summary(draft: &Draft, label: &str, phase: &Path, to: &str) -> String {
    let taken: usize = draft
        .tables
        .iter()
        .map(|pair| pair.columns.plain + pair.columns.same.len())
        .sum();
    let open = |columns: &Columns| columns.only_to.len() + columns.only_from.len();
    let of_pairs: usize = draft.tables.iter().map(|pair| open(&pair.columns)).sum();
    let of_open: usize = draft
        .only_to
        .iter()
        .map(|table| table.columns.same.len() + open(&table.columns))
        .sum();
    let tables = draft.only_to.len() + draft.only_from.len();
    format!(
        "wrote {label}, and {} for its migrations\n\
         {} and {} of {to} have a counterpart\n\
         {} and {} are undecided\n",
        phase.display(),
        count(draft.tables.len(), "table", "tables"),
        count(taken, "column", "columns"),
        count(tables, "table", "tables"),
        count(of_pairs + of_open, "column", "columns"),
    )
}
