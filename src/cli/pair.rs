//! Which two schemas a command is about, and under which mapping.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};
use std::path::{Component, Path, PathBuf};

use anyhow::Context;
use tokio::runtime;

use super::args::Sides;
use super::error::CliError;
use super::near::near;
use super::ui::Ui;
use crate::bundled;
use crate::mapping::{self, Mapping, file};
use crate::migrate::{FilesError, Phase, Trouble};
use crate::schema::{Ident, Schema};
use crate::source::{self, Opened, Request, SourceSpec, TextFile};
use crate::verify::Folder;

pub(super) const FILE: &str = "mapping.toml";
pub(super) const FOLDER: &str = "mappings";

/// A mapping, and where its relative paths start.
#[derive(Debug)]
pub(super) struct FoundMapping {
    pub(super) mapping: Mapping,
    /// What messages and reports call it.
    pub(super) label: String,
    /// The file's text.
    pub(super) text: String,
    home: Home,
}

/// Where migrations are.
#[derive(Debug)]
pub(super) enum Road {
    /// One folder a phase in it.
    Folder(PathBuf),
    /// Inside the program.
    Bundled,
}

#[derive(Debug)]
enum Home {
    Folder(PathBuf),
    Bundled,
}

/// One side of a comparison, not read yet.
#[derive(Debug)]
pub(super) struct Side {
    /// A short name for reports.
    name: String,
    source: SourceSpec,
    namespaces: Vec<Ident>,
    interfaces: BTreeMap<String, String>,
}

/// One side of a comparison.
#[derive(Debug)]
pub(super) struct Loaded {
    /// A short name for reports.
    pub(super) name: String,
    /// The source as the user wrote it, without a password.
    pub(super) source: String,
    pub(super) schema: Schema,
}

/// Finds the mapping that a command asks for by path or name, or else the one pair under `mappings/`;
/// `None` when there is no such pair.
pub(super) fn find_mapping(map: Option<&str>) -> Result<Option<FoundMapping>, CliError> {
    if let Some(map) = map {
        return named(map).map(Some);
    }
    let mut pairs = pairs_here()?;
    match pairs.len() {
        0 => Ok(None),
        1 => pairs.pop().map(|path| read(&path)).transpose(),
        _ => {
            let names: Vec<String> = pairs.iter().map(|p| format!("`{}`", p.display())).collect();
            let message = format!("cannot choose a mapping: there are {}", names.join(", "));
            let hints = pairs.iter().filter_map(|path| path.parent());
            Err(hints.fold(CliError::say(message), |error, folder| {
                error.hint(format!("name one with `--map {}`", folder.display()))
            }))
        }
    }
}

/// Where no pair is found and none is implied.
pub(super) fn no_mapping() -> CliError {
    CliError::say("cannot find a mapping: there is none under `mappings/`")
        .hint("name one with `--map PATH`")
        .hint(format!(
            "the pair inside this program is `--map {}`",
            bundled::PAIR.name
        ))
}

/// The pair inside the program.
pub(super) fn bundled_mapping() -> Result<FoundMapping, CliError> {
    let label = bundled::PAIR.name;
    let mapping =
        file::read(bundled::PAIR.mapping).map_err(|errors| CliError::mapping(label, &errors))?;
    Ok(FoundMapping {
        mapping,
        label: label.to_owned(),
        text: bundled::PAIR.mapping.to_owned(),
        home: Home::Bundled,
    })
}

fn named(map: &str) -> Result<FoundMapping, CliError> {
    let path = Path::new(map);
    if path.is_dir() {
        return read(&path.join(FILE));
    }
    if !path.exists() && map == bundled::PAIR.name {
        return bundled_mapping();
    }
    read(path).map_err(|error| {
        if path.exists() {
            return error;
        }
        let folder = Path::new(FOLDER);
        let pairs = pairs_here().unwrap_or_default();
        let names = pairs
            .iter()
            .filter_map(|pair| pair.parent()?.file_name()?.to_str());
        let error = match near(map, names) {
            Some(name) => error.hint(format!(
                "did you mean `--map {}`?",
                folder.join(name).display()
            )),
            None => error,
        };
        error.hint(format!(
            "the pair inside this program is `--map {}`",
            bundled::PAIR.name
        ))
    })
}

fn pairs_here() -> Result<Vec<PathBuf>, CliError> {
    let folder = Path::new(FOLDER);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = folder
        .read_dir()
        .and_then(|entries| {
            entries
                .map(|entry| Ok(entry?.path()))
                .collect::<Result<Vec<_>, _>>()
        })
        .with_context(|| format!("cannot read `{FOLDER}`"))
        .map_err(CliError::failed)?;
    let mut pairs: Vec<PathBuf> = entries
        .into_iter()
        .map(|entry| entry.join(FILE))
        .filter(|path| path.is_file())
        .collect();
    pairs.sort();
    Ok(pairs)
}

fn read(path: &Path) -> Result<FoundMapping, CliError> {
    let file = source::read_file(path).map_err(|error| CliError::file("mapping", path, error))?;
    let mapping =
        file::read(&file.text).map_err(|errors| CliError::mapping(&file.name, &errors))?;
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    Ok(FoundMapping {
        mapping,
        label: file.name,
        text: file.text,
        home: Home::Folder(folder),
    })
}

impl FoundMapping {
    /// Where it is; nothing where it is inside this program.
    pub(super) fn path(&self) -> Option<PathBuf> {
        match &self.home {
            Home::Folder(_) => Some(PathBuf::from(&self.label)),
            Home::Bundled => None,
        }
    }

    /// What the pair is called: the name of the mapping's folder.
    pub(super) fn pair(&self) -> Result<String, CliError> {
        let folder = match &self.home {
            Home::Bundled => return Ok(bundled::PAIR.name.to_owned()),
            Home::Folder(folder) => folder,
        };
        let named = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        let whole = named
            .canonicalize()
            .with_context(|| format!("cannot read `{}`", named.display()))
            .map_err(CliError::failed)?;
        let name = whole.file_name().and_then(|name| name.to_str());
        name.map(str::to_owned).ok_or_else(|| {
            let message = format!(
                "cannot name the pair of `{}`: its folder has no name",
                self.label
            );
            CliError::say(message).hint("put the mapping into a folder named like the pair")
        })
    }

    /// The mapping's file; `None` for the one inside the program.
    pub(super) fn file(&self) -> Option<&str> {
        match &self.home {
            Home::Folder(_) => Some(&self.label),
            Home::Bundled => None,
        }
    }

    /// Where the mapping says that its migrations are; `None` where it does not, or is bundled.
    pub(super) fn migrations(&self) -> Option<PathBuf> {
        let dir = &self.mapping.migrate.as_ref()?.dir;
        match &self.home {
            Home::Folder(folder) => Some(reduced(&folder.join(dir))),
            Home::Bundled => None,
        }
    }

    /// Where the migrations are that belong to the mapping; `None` where it names none.
    pub(super) fn road(&self) -> Option<Road> {
        match &self.home {
            Home::Folder(_) => self.migrations().map(Road::Folder),
            Home::Bundled => Some(Road::Bundled),
        }
    }

    /// Every phase with its files: those that the mapping names, and what else lies beside them.
    pub(super) fn folders(&self) -> Vec<Folder> {
        let Some(road) = self.road() else {
            return Vec::new();
        };
        let own = self.mapping.migrate.as_ref().map(|m| m.phases.as_slice());
        let own = own.unwrap_or_default();
        let mut names = own.to_vec();
        names.extend(road.phases().into_iter().filter(|name| !own.contains(name)));
        let read = |name: String| Folder {
            is_own: own.contains(&name),
            phase: road.phase(&name).map_err(|error| error.to_string()),
            name,
        };
        names.into_iter().map(read).collect()
    }

    /// Says which mapping is used, for the user may not have named it.
    pub(super) fn announce(&self, ui: &Ui) {
        match &self.home {
            Home::Folder(_) => ui.status(format_args!("mapping {}", self.label)),
            Home::Bundled => {
                ui.status(format_args!("mapping {} (inside this program)", self.label))
            }
        }
    }

    /// A file beside the mapping, by the path that the mapping names it with.
    pub(super) fn beside(&self, path: &str) -> Result<String, CliError> {
        let read = match &self.home {
            Home::Folder(folder) => {
                let path = folder.join(path);
                std::fs::read_to_string(&path)
                    .with_context(|| format!("cannot read `{}`", path.display()))
            }
            Home::Bundled => bundled::PAIR
                .file(path)
                .map(str::to_owned)
                .with_context(|| format!("cannot find `{path}` inside this program")),
        };
        let named = format!("mapping `{}` names it", self.label);
        read.map_err(|error| CliError::failed(error).hint(named))
    }

    pub(super) fn default_source(
        &self,
        side: &mapping::Side,
    ) -> Result<Option<SourceSpec>, CliError> {
        let Some(written) = &side.source else {
            return Ok(None);
        };
        let spec = SourceSpec::parse(written)
            .with_context(|| format!("cannot use the sources of mapping `{}`", self.label))
            .map_err(CliError::failed)?;
        Ok(Some(match &self.home {
            Home::Folder(folder) => spec.within(folder),
            Home::Bundled => spec.embedded(|path| bundled::PAIR.file(path)),
        }))
    }
}

impl Road {
    /// What messages call it.
    pub(super) fn folder(&self) -> PathBuf {
        match self {
            Self::Folder(folder) => folder.clone(),
            Self::Bundled => PathBuf::from("migrations (inside this program)"),
        }
    }

    /// The phases that are there, by name.
    pub(super) fn phases(&self) -> Vec<String> {
        match self {
            Self::Folder(folder) => {
                // A folder that is not there has none; who needs one of them is told then.
                let entries = folder.read_dir().into_iter().flatten().flatten();
                let folders = entries.filter(|entry| entry.path().is_dir());
                let names = folders.filter_map(|entry| entry.file_name().into_string().ok());
                let mut names: Vec<String> = names.filter(|name| name != "undo").collect();
                names.sort();
                names
            }
            Self::Bundled => bundled::PAIR.phases().map(str::to_owned).collect(),
        }
    }

    /// Reads a phase.
    pub(super) fn phase(&self, name: &str) -> Result<Phase, FilesError> {
        match self {
            Self::Folder(folder) => Phase::read(folder, name),
            Self::Bundled => bundled_phase(name),
        }
    }
}

fn bundled_phase(name: &str) -> Result<Phase, FilesError> {
    let Some(folder) = bundled::PAIR.phase(name) else {
        let cause = "there is no such phase inside this program".to_owned();
        return Err(FilesError {
            troubles: vec![Trouble {
                path: name.to_owned(),
                line: None,
                cause,
            }],
        });
    };
    let file = |(name, text): &(&str, &str)| TextFile {
        name: (*name).to_owned(),
        text: (*text).to_owned(),
    };
    let files = folder.files.iter().map(file).collect();
    Phase::of(name, name, files, folder.undo.as_ref().map(file))
}

/// Decides what both sides are: what was typed first, then what the mapping says.
pub(super) fn sides(
    ui: &Ui,
    typed: &Sides,
    found: Option<&FoundMapping>,
) -> Result<(Side, Side), CliError> {
    let none = mapping::Side::default();
    let (from, to) = match found {
        Some(found) => (&found.mapping.from, &found.mapping.to),
        None => (&none, &none),
    };
    let namespaces = &typed.namespaces.schemas;
    let mut from = side(ui, "from", typed.from.as_deref(), namespaces, found, from)?;
    let mut to = side(ui, "to", typed.to.as_deref(), namespaces, found, to)?;
    if from.name == to.name {
        for side in [&mut from, &mut to] {
            side.name = side.source.shown().to_owned();
        }
    }
    if from.source.is_stdin() && to.source.is_stdin() {
        let error = CliError::say("cannot read both sides from standard input");
        return Err(error.hint("write one of them to a file"));
    }
    Ok((from, to))
}

fn side(
    ui: &Ui,
    flag: &str,
    typed: Option<&str>,
    namespaces: &[Ident],
    found: Option<&FoundMapping>,
    defaults: &mapping::Side,
) -> Result<Side, CliError> {
    let default = match found {
        Some(found) if typed.is_none() => found.default_source(defaults)?,
        _ => None,
    };
    let (name, source) = match (typed, default) {
        (Some(typed), _) => {
            let source = parse(typed)?;
            if source.has_password() {
                warn_of_password(ui, &source, &format!("`--{flag}`"));
            }
            (source.short_name(), source)
        }
        (None, Some(source)) => {
            if source.has_password() {
                warn_of_password(ui, &source, "the mapping file");
            }
            let name = defaults.name.clone();
            (name.unwrap_or_else(|| source.short_name()), source)
        }
        (None, None) => {
            let why = match found {
                Some(found) => format!("mapping `{}` names no `{flag}` source", found.label),
                None => "there is no mapping".to_owned(),
            };
            let error = CliError::say(format!("cannot compare: `--{flag}` is missing, and {why}"));
            return Err(error.hint(format!("name a schema, such as `--{flag} sql:schema.sql`")));
        }
    };
    let namespaces = match namespaces {
        [] => defaults.schemas.clone(),
        typed => typed.to_vec(),
    };
    Ok(Side {
        name,
        source,
        namespaces,
        interfaces: defaults.interfaces.clone(),
    })
}

/// A path without the steps down that a `..` takes back, for `a/b/../..` is hard to read. What a link
/// hides behind `a` stays as it is written.
fn reduced(path: &Path) -> PathBuf {
    let mut parts: Vec<Component<'_>> = Vec::new();
    for part in path.components() {
        match (part, parts.last()) {
            (Component::ParentDir, Some(Component::Normal(_))) if !through_a_link(&parts) => {
                parts.pop();
            }
            (Component::CurDir, _) => {}
            (part, _) => parts.push(part),
        }
    }
    if parts.is_empty() {
        PathBuf::from(".")
    } else {
        parts.iter().collect()
    }
}

fn through_a_link(parts: &[Component<'_>]) -> bool {
    parts.iter().collect::<PathBuf>().is_symlink()
}

/// Reads what names a source.
pub(super) fn parse(typed: &str) -> Result<SourceSpec, CliError> {
    SourceSpec::parse(typed).map_err(|error| {
        let hint = error.hint();
        hint.into_iter()
            .fold(CliError::failed(error), CliError::hint)
    })
}

/// Warns of a password where others can see it.
pub(super) fn warn_of_password(ui: &Ui, source: &SourceSpec, place: &str) {
    ui.warning(format_args!(
        "the password of `{source}` stands in {place}, where others may read it; `env:NAME` keeps it out"
    ));
}

/// Reads both sides; both are found before one is read, for reading may wait for a server.
pub(super) fn load(ui: &Ui, (from, to): (Side, Side)) -> Result<(Loaded, Loaded), CliError> {
    let [(from, _), (to, _)] = load_opened(ui, (from, to))?;
    Ok((from, to))
}

/// Reads both sides, and keeps what each was read from.
pub(super) fn load_opened(
    ui: &Ui,
    (from, to): (Side, Side),
) -> Result<[(Loaded, Opened); 2], CliError> {
    let (found_from, found_to) = (from.open(ui)?, to.open(ui)?);
    let from = from.read(ui, &found_from)?;
    let to = to.read(ui, &found_to)?;
    Ok([(from, found_from), (to, found_to)])
}

impl Side {
    /// A side that no mapping says anything of.
    pub(super) fn alone(source: SourceSpec, namespaces: Vec<Ident>) -> Self {
        Self {
            name: source.shown().to_owned(),
            source,
            namespaces,
            interfaces: BTreeMap::new(),
        }
    }

    pub(super) fn load(self, ui: &Ui) -> Result<Loaded, CliError> {
        let opened = self.open(ui)?;
        self.read(ui, &opened)
    }

    /// A short name for reports.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Where it is read from.
    pub(super) fn source(&self) -> &SourceSpec {
        &self.source
    }

    /// The schema, and the files it was read from where they are SQL.
    pub(super) fn load_with_sql(
        self,
        ui: &Ui,
    ) -> Result<(Loaded, Option<Vec<TextFile>>), CliError> {
        let opened = self.open(ui)?;
        let sql = opened.sql().map(<[TextFile]>::to_vec);
        Ok((self.read(ui, &opened)?, sql))
    }

    fn open(&self, ui: &Ui) -> Result<Opened, CliError> {
        // What is typed is seen as it is typed.
        let is_typed = self.source.is_stdin() && io::stdin().is_terminal();
        let lasting = (!is_typed).then(|| ui.lasts(&format!("reading {}", self.source)));
        let opened = source::open(&self.source, &super::environment);
        drop(lasting);
        let opened = opened.map_err(|error| CliError::load(&self.source, error))?;
        for warning in opened.warnings() {
            ui.warning(warning);
        }
        for name in opened.names() {
            ui.detail(format_args!("{}: {name}", self.source));
        }
        Ok(opened)
    }

    fn read(self, ui: &Ui, opened: &Opened) -> Result<Loaded, CliError> {
        let request = Request {
            namespaces: &self.namespaces,
            interfaces: &self.interfaces,
        };
        let lasting = ui.lasts(&format!("reading {}", self.source));
        let read = wait_for(opened, opened.read(request));
        drop(lasting);
        let schema = read?.map_err(|error| CliError::load(&self.source, error))?;
        let namespaces: Vec<String> = schema.namespaces.iter().map(ToString::to_string).collect();
        let namespaces = namespaces.join(", ");
        ui.detail(format_args!(
            "{}: schema {namespaces} with {} tables of {} columns",
            self.source,
            schema.tables.len(),
            schema.column_count(),
        ));
        if schema.tables.is_empty() {
            ui.warning(format_args!(
                "`{}` has no table in schema {namespaces}",
                self.source
            ));
            ui.hint("read another schema of it with `--schema NAME`");
        }
        Ok(Loaded {
            name: self.name,
            source: self.source.shown().to_owned(),
            schema,
        })
    }
}

/// Runs what reads a source. Only a live one gets a reactor, and only for it Ctrl-C is watched: once
/// watched, the signal no longer ends the program by itself.
pub(super) fn wait_for<T>(opened: &Opened, read: impl Future<Output = T>) -> Result<T, CliError> {
    let is_live = matches!(opened, Opened::Live(_));
    let mut builder = runtime::Builder::new_current_thread();
    if is_live {
        builder.enable_all();
    }
    let runtime = builder
        .build()
        .context("cannot start a runtime")
        .map_err(CliError::failed)?;
    let done = runtime.block_on(async {
        if !is_live {
            return Ok(read.await);
        }
        tokio::select! {
            // The signal is watched before the first byte is sent.
            biased;
            signal = tokio::signal::ctrl_c() => Err(match signal {
                Ok(()) => CliError::interrupted(),
                Err(error) => CliError::failed(error),
            }),
            done = read => Ok(done),
        }
    });
    // The look-up of a name cannot be cancelled, and is not worth waiting for.
    runtime.shutdown_background();
    done
}
