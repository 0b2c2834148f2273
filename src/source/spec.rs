//! The words after `--from` and `--to`: which source they name.

use std::fmt;
use std::path::{Path, PathBuf};

use super::{Environment, LoadError, TextFile};

/// Where a schema is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceSpec {
    shown: String,
    kind: Kind,
}

/// Which kind of source it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A live Postgres whose URL is in the environment variable of that name.
    Environment(String),
    /// A live Postgres.
    Url(Url),
    /// The Postgres of a Supabase project on this machine.
    SupabaseLocal,
    /// Text.
    Text {
        /// What the text is; `None` leaves it to the file's extension, or to what a folder holds.
        form: Option<Form>,
        /// Where it is.
        input: Input,
    },
}

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// SQL, or a folder of migrations.
    Sql,
    /// TypeScript, or a folder of it.
    TypeScript,
    /// A model that was written by `align inspect --format json`.
    Json,
}

/// Where a text is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Standard input.
    Stdin,
    /// A file or a folder.
    Path(PathBuf),
    /// Nowhere: it is at hand.
    Text(TextFile),
}

/// A connection URL. `Debug` and `Display` leave the password out.
#[derive(Clone, PartialEq, Eq)]
pub struct Url(String);

const FORMS: &str = "write `env:NAME`, `postgres://…`, `supabase:local`, `sql:PATH`, `ts:PATH`, `json:PATH`, or a path";
const URL_EXAMPLE: &str = "set it to a URL such as `postgres://user@host:5432/database`; `PGPASSWORD` and `.pgpass` are read";

/// What people write for a source that is none, and what to write instead.
const FOREIGN: &[(&str, &str, &str)] = &[
    (
        "pg",
        "there is no `pg:`",
        "a live Postgres is `env:NAME` or `postgres://…`",
    ),
    (
        "psql",
        "there is no `psql:`",
        "a live Postgres is `env:NAME` or `postgres://…`",
    ),
    (
        "jdbc",
        "it is a JDBC URL",
        "leave `jdbc:` out: `postgresql://user@host:5432/database`",
    ),
    (
        "file",
        "there is no `file:`",
        "a file is `sql:PATH`, `ts:PATH` or `json:PATH`",
    ),
    (
        "http",
        "nothing is read over HTTP",
        "download it first, then name the file",
    ),
    (
        "https",
        "nothing is read over HTTP",
        "download it first, then name the file",
    ),
    ("mysql", ONLY_POSTGRES, CONVERT),
    ("mariadb", ONLY_POSTGRES, CONVERT),
    ("sqlite", ONLY_POSTGRES, CONVERT),
    ("sqlserver", ONLY_POSTGRES, CONVERT),
    ("mssql", ONLY_POSTGRES, CONVERT),
    ("oracle", ONLY_POSTGRES, CONVERT),
    ("mongodb", ONLY_POSTGRES, CONVERT),
    ("mongodb+srv", ONLY_POSTGRES, CONVERT),
];
const ONLY_POSTGRES: &str = "Postgres is the only database that is read";
const CONVERT: &str = "write its schema as Postgres SQL, and name that file with `sql:PATH`";

impl SourceSpec {
    /// What a report calls it for short: a file's or folder's name without its ending, a database's
    /// name, the source as it was written otherwise.
    pub fn short_name(&self) -> String {
        let short = match &self.kind {
            Kind::Text {
                input: Input::Path(path),
                ..
            } => {
                let name = path.file_name().map(|name| name.to_string_lossy());
                name.and_then(|name| {
                    name.split('.')
                        .find(|part| !part.is_empty())
                        .map(str::to_owned)
                })
            }
            Kind::Url(_) => {
                let place = self.shown.split('?').next().unwrap_or_default();
                let database = place
                    .split_once("://")
                    .and_then(|(_, rest)| rest.rsplit_once('/'));
                database
                    .map(|(_, database)| database.to_owned())
                    .filter(|name| !name.is_empty())
            }
            Kind::Environment(_) | Kind::SupabaseLocal | Kind::Text { .. } => None,
        };
        short.unwrap_or_else(|| self.shown.clone())
    }

    /// Reads the words after `--from` or `--to`. Nothing is opened.
    ///
    /// # Errors
    /// [`LoadError::Spec`].
    pub fn parse(text: &str) -> Result<Self, LoadError> {
        // What a shell reads from a file may bring its line end along.
        let text = match text.trim() {
            url if scheme(url).is_some_and(|(scheme, _)| is_postgres(scheme)) => url,
            _ => text,
        };
        let wrong = |cause: String, hint| LoadError::Spec {
            spec: hide_password(text),
            cause,
            hint,
        };
        if text.is_empty() {
            return Err(wrong("it is empty".to_owned(), FORMS));
        }
        if text.to_ascii_lowercase().contains("password=") && scheme(text).is_none() {
            let cause = "it is a list of connection parameters".to_owned();
            return Err(wrong(cause, URL_EXAMPLE));
        }
        let Some((scheme, rest)) = scheme(text) else {
            if text == "-" {
                let cause = "it does not say what standard input holds".to_owned();
                return Err(wrong(cause, "write `sql:-`, `ts:-` or `json:-`"));
            }
            // Shown as a path that is not there, it would show its password.
            if hide_password(text) != text && !Path::new(text).exists() {
                let cause = "it reads like an address without `postgres://`".to_owned();
                return Err(wrong(cause, URL_EXAMPLE));
            }
            return Ok(Self::text(text, None, text));
        };
        let form = match scheme.to_ascii_lowercase().as_str() {
            "postgres" | "postgresql" if !rest.starts_with("//") => {
                let cause = format!("`//` is missing after `{scheme}:`");
                return Err(wrong(cause, URL_EXAMPLE));
            }
            "postgres" | "postgresql" => {
                let kind = Kind::Url(Url(text.to_owned()));
                let shown = hide_password(text);
                return Ok(Self { shown, kind });
            }
            "env" if rest.is_empty() => {
                return Err(wrong(
                    "it names no variable".to_owned(),
                    "write `env:DATABASE_URL`",
                ));
            }
            "env" => {
                if rest.contains("://") {
                    let cause = "`env:` takes the name of a variable, not a URL".to_owned();
                    return Err(wrong(cause, URL_EXAMPLE));
                }
                let kind = Kind::Environment(rest.to_owned());
                let shown = text.to_owned();
                return Ok(Self { shown, kind });
            }
            "supabase" if rest == "local" => {
                let (shown, kind) = (text.to_owned(), Kind::SupabaseLocal);
                return Ok(Self { shown, kind });
            }
            "supabase" => {
                return Err(wrong(
                    "only the database on this machine is found by a project's folder".to_owned(),
                    "write `supabase:local`, or `env:NAME` for a URL of the dashboard's",
                ));
            }
            "sql" => Form::Sql,
            "ts" => Form::TypeScript,
            "json" => Form::Json,
            other => {
                if Path::new(text).exists() {
                    return Ok(Self::text(text, None, text));
                }
                let (cause, hint) = FOREIGN
                    .iter()
                    .find(|(name, ..)| *name == other)
                    .map_or(("", FORMS), |(_, cause, hint)| (*cause, *hint));
                let cause = match (cause, nearest(other)) {
                    ("", Some(near)) => format!("there is no `{scheme}:`, but `{near}:`"),
                    ("", None) => format!("there is no `{scheme}:`"),
                    (cause, _) => cause.to_owned(),
                };
                return Err(wrong(cause, hint));
            }
        };
        if rest.is_empty() {
            let cause = "it names no file".to_owned();
            return Err(wrong(cause, "write a path, or `-` for standard input"));
        }
        Ok(Self::text(text, Some(form), rest))
    }

    fn text(shown: &str, form: Option<Form>, path: &str) -> Self {
        let input = match path {
            "-" => Input::Stdin,
            path => Input::Path(PathBuf::from(path)),
        };
        Self {
            shown: shown.to_owned(),
            kind: Kind::Text { form, input },
        }
    }

    /// The path it reads, where it reads one.
    pub fn path(&self) -> Option<&Path> {
        match &self.kind {
            Kind::Text {
                input: Input::Path(path),
                ..
            } => Some(path),
            _ => None,
        }
    }

    /// The words for the same source, its path replaced.
    pub fn words_at(&self, path: &str) -> String {
        let form = match &self.kind {
            Kind::Text { form, .. } => *form,
            Kind::Environment(_) | Kind::Url(_) | Kind::SupabaseLocal => None,
        };
        match form {
            Some(Form::Sql) => format!("sql:{path}"),
            Some(Form::TypeScript) => format!("ts:{path}"),
            Some(Form::Json) => format!("json:{path}"),
            None => path.to_owned(),
        }
    }

    /// The same source, its path counted from a folder.
    #[must_use]
    pub fn within(self, folder: &Path) -> Self {
        match self.kind {
            Kind::Text {
                form,
                input: Input::Path(path),
            } => Self {
                shown: self.shown,
                kind: Kind::Text {
                    form,
                    input: Input::Path(folder.join(path)),
                },
            },
            _ => self,
        }
    }

    /// The same source, its path replaced by a text when `find` has one under that path.
    #[must_use]
    pub fn embedded(self, find: impl Fn(&str) -> Option<&'static str>) -> Self {
        let Kind::Text {
            form,
            input: Input::Path(path),
        } = &self.kind
        else {
            return self;
        };
        let name = path.display().to_string();
        let Some(text) = find(&name) else {
            return self;
        };
        let form = form.or_else(|| Form::of(path));
        let input = Input::Text(TextFile {
            name,
            text: text.to_owned(),
        });
        Self {
            shown: self.shown,
            kind: Kind::Text { form, input },
        }
    }

    /// What it is called: as it was written, without a password.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Which kind it is.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// Whether reading it needs a connection.
    pub fn is_live(&self) -> bool {
        matches!(
            self.kind,
            Kind::Environment(_) | Kind::Url(_) | Kind::SupabaseLocal
        )
    }

    /// Whether it is read from standard input, which can be read once.
    pub fn is_stdin(&self) -> bool {
        let input = Input::Stdin;
        matches!(&self.kind, Kind::Text { input: i, .. } if *i == input)
    }

    /// Whether a password was written with it.
    pub fn has_password(&self) -> bool {
        matches!(&self.kind, Kind::Url(url) if url.has_password())
    }

    pub(super) fn url_from(
        &self,
        variable: &str,
        environment: &Environment<'_>,
    ) -> Result<Url, LoadError> {
        let wrong = |cause| LoadError::Spec {
            spec: self.shown.clone(),
            cause,
            hint: URL_EXAMPLE,
        };
        let value = environment(variable)
            .ok_or_else(|| wrong(format!("the environment variable `{variable}` is not set")))?;
        let value = value.trim();
        if value.is_empty() {
            return Err(wrong(format!(
                "the environment variable `{variable}` is empty"
            )));
        }
        // The value may hold a password anywhere, so no part of it is shown.
        match scheme(value) {
            Some((scheme, _)) if is_postgres(scheme) => Ok(Url(value.to_owned())),
            Some(_) | None => Err(wrong(format!(
                "the environment variable `{variable}` does not hold a `postgres://` URL"
            ))),
        }
    }
}

impl fmt::Display for SourceSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl Form {
    /// What a file is by its extension.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "sql" => Some(Self::Sql),
            "ts" | "mts" | "cts" => Some(Self::TypeScript),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

impl Url {
    /// The URL with its password, for the connection alone.
    pub(super) fn secret(&self) -> &str {
        &self.0
    }

    fn has_password(&self) -> bool {
        let (_, rest) = self.0.split_once("://").unwrap_or(("", &self.0));
        let in_user = rest
            .rsplit_once('@')
            .and_then(|(user, _)| user.split_once(':'))
            .is_some_and(|(_, password)| !password.is_empty());
        let in_query = rest
            .split_once('?')
            .is_some_and(|(_, query)| query.split('&').any(is_secret));
        in_user || in_query
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hide_password(&self.0))
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hide_password(&self.0))
    }
}

fn is_postgres(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("postgres") || scheme.eq_ignore_ascii_case("postgresql")
}

fn is_secret(parameter: &str) -> bool {
    let name = parameter.split('=').next().unwrap_or(parameter);
    name.to_ascii_lowercase().contains("password")
}

/// The word in front of the first colon, and what is behind it. One letter is a Windows drive.
fn scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-');
    (scheme.len() > 1 && scheme.chars().all(plain)).then_some((scheme, rest))
}

fn nearest(scheme: &str) -> Option<&'static str> {
    [
        "env",
        "postgres",
        "postgresql",
        "supabase",
        "sql",
        "ts",
        "json",
    ]
    .into_iter()
    .map(|known| (strsim::damerau_levenshtein(scheme, known), known))
    .filter(|(distance, known)| *distance <= 2 && *distance < known.len())
    .min()
    .map(|(_, known)| known)
}

/// The text without a password that may be in it. A password that was not encoded may hold any sign, so
/// everything up to the last `@` counts as user and password.
fn hide_password(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        let end = match text.split_once(':') {
            Some((scheme, rest)) if rest.contains('@') => scheme.len() + 1,
            Some(_) | None => match text.to_ascii_lowercase().find("password=") {
                Some(start) => start,
                None => return text.to_owned(),
            },
        };
        return format!("{}…", &text[..end]);
    };
    let (user, rest) = match rest.rsplit_once('@') {
        Some((user, rest)) => {
            let user = user.split(':').next().unwrap_or(user);
            (format!("{user}@"), rest)
        }
        None => (String::new(), rest),
    };
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let is_open = |parameter: &&str| !parameter.is_empty() && !is_secret(parameter);
    let open: Vec<&str> = query.split('&').filter(is_open).collect();
    let query = match open.as_slice() {
        [] => String::new(),
        open => format!("?{}", open.join("&")),
    };
    format!("{scheme}://{user}{place}{query}")
}

#[cfg(test)]
mod tests;
