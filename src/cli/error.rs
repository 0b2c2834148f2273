//! What the user is told when a command fails, and with which code it ends.

use std::fmt::Display;
use std::io;
use std::path::Path;

use anyhow::anyhow;

use super::again;
use super::near::near;
use super::ui::{ERROR, HINT, Ui};
use crate::mapping::file::ParseError;
use crate::report::screen::visible;
use crate::source::{LoadError, SourceSpec};

/// How a command ends when nothing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Code 0: done, or a question answered with yes.
    Yes,
    /// Code 1: a question answered with no.
    No,
}

/// Why a command ends early.
#[derive(Debug)]
pub(super) struct CliError {
    kind: ErrorKind,
    source: anyhow::Error,
    hints: Vec<String>,
}

/// What decides the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ErrorKind {
    /// Code 2, clap's own for wrong usage.
    Failed,
    /// Code 3: it must not run like this, and nothing was changed.
    Refused,
    /// Code 4: something was changed, and then it ended early; running again goes on from there.
    Stopped,
    /// Code 130: Ctrl-C before anything was changed.
    Interrupted,
    /// Code 0, and nothing is said: whoever read the answer has enough of it.
    BrokenPipe,
}

/// The most troubles of one file that are listed.
const LISTED: usize = 20;

impl Outcome {
    pub(super) fn code(self) -> u8 {
        match self {
            Self::Yes => 0,
            Self::No => 1,
        }
    }

    pub(super) fn no_if(no: bool) -> Self {
        if no { Self::No } else { Self::Yes }
    }
}

impl CliError {
    pub(super) fn failed(source: impl Into<anyhow::Error>) -> Self {
        Self {
            kind: ErrorKind::Failed,
            source: source.into(),
            hints: Vec::new(),
        }
    }

    pub(super) fn say(message: impl Display) -> Self {
        Self::failed(anyhow!("{message}"))
    }

    #[must_use]
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// What must not run like this.
    pub(super) fn refused(source: impl Into<anyhow::Error>) -> Self {
        Self {
            kind: ErrorKind::Refused,
            ..Self::failed(source)
        }
    }

    /// What ended early after it had changed something.
    #[must_use]
    pub(super) fn stopped(self) -> Self {
        Self {
            kind: ErrorKind::Stopped,
            ..self
        }
    }

    pub(super) fn interrupted() -> Self {
        Self {
            kind: ErrorKind::Interrupted,
            source: anyhow!("interrupted; nothing was changed"),
            hints: Vec::new(),
        }
    }

    pub(super) fn load(source: &SourceSpec, error: LoadError) -> Self {
        let hint = load_hint(&error);
        let error = anyhow::Error::new(error).context(format!("cannot read `{source}`"));
        let meant = meant_variable(source).map(|name| format!("did you mean `env:{name}`?"));
        let error = match meant.or_else(|| unusable_variable(source)) {
            Some(hint) => Self::failed(error).hint(hint),
            None => Self::failed(error),
        };
        hint.into_iter().fold(error, Self::hint)
    }

    pub(super) fn file(what: &str, path: &Path, error: LoadError) -> Self {
        let hint = load_hint(&error);
        let error =
            anyhow::Error::new(error).context(format!("cannot read {what} `{}`", path.display()));
        hint.into_iter().fold(Self::failed(error), Self::hint)
    }

    /// A mapping file that is not as it must be.
    pub(super) fn mapping(label: &str, errors: &[ParseError]) -> Self {
        let mut causes: Vec<String> = errors
            .iter()
            .take(LISTED)
            .map(|error| format!("{label}:{error}"))
            .collect();
        if errors.len() > LISTED {
            causes.push(format!("and {} more", errors.len() - LISTED));
        }
        // Each cause stands behind the one before it, as the lines are printed.
        let mut causes = causes.into_iter().rev().map(anyhow::Error::msg);
        let top = format!("cannot read mapping `{label}`");
        let error = match causes.next() {
            Some(last) => {
                let chain = causes.fold(last, |chain, cause| chain.context(cause.to_string()));
                chain.context(top)
            }
            None => anyhow!(top),
        };
        let mut hints: Vec<String> = Vec::new();
        for error in errors.iter().take(LISTED) {
            if let Some(hint) = &error.hint
                && !hints.contains(hint)
            {
                hints.push(hint.clone());
            }
        }
        hints.into_iter().fold(Self::failed(error), Self::hint)
    }

    /// The answer, or a file, could not be written.
    pub(super) fn write(what: &str, error: io::Error) -> Self {
        let kind = match error.kind() {
            io::ErrorKind::BrokenPipe => ErrorKind::BrokenPipe,
            _ => ErrorKind::Failed,
        };
        Self {
            kind,
            source: anyhow::Error::new(error).context(format!("cannot write {what}")),
            hints: Vec::new(),
        }
    }

    /// The same of a file that was named.
    pub(super) fn write_file(path: &Path, error: io::Error) -> Self {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            Some(_) | None => Path::new("."),
        };
        let folder = again::quoted(&folder.display().to_string());
        let hint = match error.kind() {
            io::ErrorKind::NotFound => Some(format!("make its folder with `mkdir -p {folder}`")),
            io::ErrorKind::PermissionDenied => {
                Some(format!("see who may write there with `ls -ld {folder}`"))
            }
            io::ErrorKind::IsADirectory => Some("name a file in it".to_owned()),
            io::ErrorKind::StorageFull => {
                Some(format!("see what room there is with `df {folder}`"))
            }
            _ => None,
        };
        let written = Self::write(&format!("`{}`", path.display()), error);
        hint.into_iter().fold(written, Self::hint)
    }

    pub(super) fn code(&self) -> u8 {
        match self.kind {
            ErrorKind::Failed => 2,
            ErrorKind::Refused => 3,
            ErrorKind::Stopped => 4,
            ErrorKind::Interrupted => 130,
            ErrorKind::BrokenPipe => 0,
        }
    }

    /// What is said, each sentence with its cause behind it.
    pub(super) fn sentences(&self) -> impl Iterator<Item = String> {
        self.source.chain().map(ToString::to_string)
    }

    /// Says it on standard error.
    pub(super) fn print(&self, ui: &Ui) {
        if self.kind == ErrorKind::BrokenPipe {
            return;
        }
        let mut chain = self.source.chain();
        let mut said = chain.next().map(ToString::to_string).unwrap_or_default();
        ui.say(format_args!("{ERROR}error:{ERROR:#} {}", visible(&said)));
        for cause in chain {
            let cause = cause.to_string();
            // Some errors say their cause in their own words already.
            if said.ends_with(&cause) {
                continue;
            }
            for (at, line) in cause.lines().enumerate() {
                let label = if at == 0 { "  cause: " } else { "         " };
                ui.say(format_args!("{label}{}", visible(line)));
            }
            said = cause;
        }
        if !self.hints.is_empty() {
            ui.say("");
        }
        for hint in &self.hints {
            ui.say(format_args!("{HINT}hint:{HINT:#} {}", visible(hint)));
        }
    }
}

fn load_hint(error: &LoadError) -> Option<String> {
    match error {
        LoadError::Spec { .. } | LoadError::Text { .. } | LoadError::Server { .. } => {
            error.hint().map(ToOwned::to_owned)
        }
        LoadError::Io { path, source } => match source.kind() {
            io::ErrorKind::NotFound => near_name(path),
            io::ErrorKind::FileTooLarge => Some(
                "give the schema alone, such as the output of `pg_dump --schema-only`".to_owned(),
            ),
            io::ErrorKind::IsADirectory => Some("name a file in it".to_owned()),
            io::ErrorKind::PermissionDenied => Some(format!(
                "see who may read it with `ls -ld {}`",
                path.display()
            )),
            _ => None,
        },
    }
}

/// Where the source names a variable that is not set, one that is.
fn meant_variable(source: &SourceSpec) -> Option<String> {
    let typed = source.to_string();
    let name = typed.strip_prefix("env:")?;
    match super::environment(name) {
        Some(_) => None,
        None if super::variables().any(|other| other == name) => None,
        None => near(name, super::variables()),
    }
}

/// What to do with a variable that is set, and counts as not set.
fn unusable_variable(source: &SourceSpec) -> Option<String> {
    let typed = source.to_string();
    let name = typed.strip_prefix("env:")?;
    let is_unusable =
        super::environment(name).is_none() && super::variables().any(|other| other == name);
    is_unusable.then(|| format!("the value of `{name}` is not UTF-8, so it counts as not set"))
}

/// What lies where the path was looked for.
fn near_name(path: &Path) -> Option<String> {
    if let Ok(aim) = path.read_link() {
        let aim = aim.display();
        return Some(format!("it is a link to `{aim}`, which is not there"));
    }
    let wanted = path.file_name()?.to_str()?;
    let folder = match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => return None,
    };
    let Ok(entries) = folder.read_dir() else {
        return Some(format!("there is no folder `{}`", folder.display()));
    };
    let names = entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok());
    Some(match near(wanted, names) {
        Some(name) => format!("there is `{}`", path.with_file_name(name).display()),
        None => format!("see what there is with `ls {}`", folder.display()),
    })
}
