//! From the world to a [`Schema`]: SQL text, TypeScript, JSON, a live Postgres.
//!
//! [`SourceSpec`] is what was asked for, [`open`] finds it, [`Opened::read`] makes a schema of it. Texts are read whole and checked to be text
//! here, so that the readers below take strings alone.

mod error;
mod json;
mod order;
pub mod postgres;
mod spec;
pub mod sql;
mod supabase;
mod text;
pub mod typescript;

use std::collections::BTreeMap;

pub use error::LoadError;
pub use postgres::Environment;
pub use spec::{Form, Input, Kind, SourceSpec, Url};
pub use text::{Texts, read_file};

use crate::schema::{Ident, Schema};
use postgres::ConnectOptions;

/// A text that was read, and what the user calls it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextFile {
    /// The path as the user wrote it, `-` for standard input.
    pub name: String,
    /// UTF-8 without a byte order mark, whatever line ends it has.
    pub text: String,
}

/// What is asked of a source, beside where it is.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The namespaces to read, the first being home. Empty leaves it to the source: `public`, or those
    /// of a model that was written earlier.
    pub namespaces: &'a [Ident],
    /// TypeScript interface names to table names.
    pub interfaces: &'a BTreeMap<String, String>,
}

/// A source that was found: texts are read, and a connection is ready to be made.
#[derive(Debug)]
pub enum Opened {
    /// A live Postgres.
    Live(Box<ConnectOptions>),
    /// Texts.
    Texts(Texts),
}

/// Finds a source.
///
/// # Errors
/// Every [`LoadError`] but [`LoadError::Server`].
pub fn open(source: &SourceSpec, environment: &Environment<'_>) -> Result<Opened, LoadError> {
    let url = match source.kind() {
        Kind::Environment(name) => source.url_from(name, environment)?.secret().to_owned(),
        Kind::Url(url) => url.secret().to_owned(),
        Kind::SupabaseLocal => supabase::local(environment)?,
        Kind::Text { form, input } => {
            return text::read(source.shown(), *form, input).map(Opened::Texts);
        }
    };
    let options = ConnectOptions::from_url(&url, environment)?;
    Ok(Opened::Live(Box::new(options)))
}

impl Opened {
    /// What was found: files in the order in which they are read, or a server.
    pub fn names(&self) -> Vec<String> {
        match self {
            Self::Live(options) => vec![options.describe()],
            Self::Texts(texts) => texts.files.iter().map(|file| file.name.clone()).collect(),
        }
    }

    /// What the user should know although it stops nothing.
    pub fn warnings(&self) -> &[String] {
        match self {
            Self::Live(options) => options.warnings(),
            Self::Texts(_) => &[],
        }
    }

    /// The files, where they are SQL.
    pub fn sql(&self) -> Option<&[TextFile]> {
        match self {
            Self::Texts(texts) if texts.form == Form::Sql => Some(&texts.files),
            Self::Texts(_) | Self::Live(_) => None,
        }
    }

    /// Makes a schema of it. Only a live Postgres makes it wait.
    ///
    /// # Errors
    /// [`LoadError::Text`] and [`LoadError::Server`].
    pub async fn read(&self, request: Request<'_>) -> Result<Schema, LoadError> {
        let public = [Ident::new("public").expect("`public` is a plain name")];
        let namespaces = match request.namespaces {
            [] => &public,
            named => named,
        };
        let texts = match self {
            Self::Live(options) => return postgres::read(options, namespaces).await,
            Self::Texts(texts) => texts,
        };
        match texts.form {
            Form::Sql => sql::read(&texts.files, namespaces),
            Form::TypeScript => typescript::read(&texts.files, namespaces, request.interfaces),
            Form::Json => json::read(&texts.files, request.namespaces),
        }
    }
}
