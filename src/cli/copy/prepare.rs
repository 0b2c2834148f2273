//! From what was typed to what is meant.

use super::super::error::CliError;
use super::super::migrate::connection_options;
use super::super::pair;
use super::super::ui::Ui;
use super::{CopySides, How};
use crate::copy::{Conflict, Request, Wishes};
use crate::mapping::Mapping;
use crate::schema::{Ident, Schema};
use crate::source::postgres::{ConnectOptions, read};

/// Everything that is known before a server is asked.
pub(super) struct Prepared {
    pub(super) request: Request,
    pub(super) mapping: Mapping,
    from_namespaces: Vec<Ident>,
    to_namespaces: Vec<Ident>,
}

pub(super) fn prepare(ui: &Ui, sides: &CopySides, how: &How) -> Result<Prepared, CliError> {
    // What changes a database takes no pair that nobody named: the bundled one is not implied.
    let found = pair::find_mapping(sides.map.map.as_deref())?.ok_or_else(pair::no_mapping)?;
    found.announce(ui);
    let from = connection_options(ui, &sides.from, "--from")?;
    let to = connection_options(ui, &sides.to, "--to")?;
    let pair = found.pair()?;
    let mapping = found.mapping;
    let namespaces = |typed: &[Ident], stated: &[Ident]| {
        let chosen = if typed.is_empty() { stated } else { typed };
        if chosen.is_empty() {
            Ident::new("public").into_iter().collect()
        } else {
            chosen.to_vec()
        }
    };
    let from_namespaces: Vec<Ident> = namespaces(&sides.from_schema, &mapping.from.schemas);
    let to_namespaces: Vec<Ident> = namespaces(&sides.to_schema, &mapping.to.schemas);
    if from.address() == to.address() && from_namespaces == to_namespaces {
        let message = "both sides are the same schema of the same database";
        return Err(CliError::say(message).hint("name another one with `--from-schema` or `--to`"));
    }
    Ok(Prepared {
        request: Request {
            from,
            to,
            pair,
            wishes: Wishes::default(),
            conflict: Conflict::Keep,
            max_errors: Some(how.max_errors.unwrap_or(mapping.copy.max_errors)),
            jobs: usize::from(how.jobs),
            claims: how.claims.clone(),
            retries: false,
            is_dry: how.dry_run,
        },
        mapping,
        from_namespaces,
        to_namespaces,
    })
}

impl Prepared {
    /// Reads both schemas.
    pub(super) async fn schemas(&self) -> Result<(Schema, Schema), CliError> {
        let from = schema(&self.request.from, &self.from_namespaces).await?;
        let to = schema(&self.request.to, &self.to_namespaces).await?;
        Ok((from, to))
    }
}

/// Reads what is to be compared or copied.
pub(in crate::cli) async fn schema(
    options: &ConnectOptions,
    namespaces: &[Ident],
) -> Result<Schema, CliError> {
    read(options, namespaces).await.map_err(|error| {
        let hint = error.hint().map(str::to_owned);
        let error =
            anyhow::Error::new(error).context(format!("cannot read `{}`", options.describe()));
        hint.into_iter()
            .fold(CliError::failed(error), CliError::hint)
    })
}
