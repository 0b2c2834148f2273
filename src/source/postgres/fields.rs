//! A row of the catalog, field by field.

use serde::de::DeserializeOwned;
use sqlx::postgres::PgRow;
use sqlx::{ColumnIndex, Decode, Postgres, Row, Type};

use crate::schema::{Ident, IdentError, QualifiedName};

/// One row. Lists travel as JSON text: the driver takes an element `NULL` of a printed array, quoted
/// or not, for a null.
pub(super) struct Fields<'r>(pub(super) &'r PgRow);

/// A row that is not as its query promises.
#[derive(Debug, thiserror::Error)]
pub(super) enum RowError {
    /// A field is missing, or of another type.
    #[error(transparent)]
    Driver(#[from] sqlx::Error),
    /// A list is no list of what it should hold.
    #[error("field `{field}`: {source}")]
    List {
        field: &'static str,
        source: serde_json::Error,
    },
    /// A server built for longer names.
    #[error(transparent)]
    Name(#[from] IdentError),
    /// A code that this version does not know.
    #[error("field `{field}` is `{value}`, which is unknown")]
    Unknown { field: &'static str, value: String },
}

impl<'r> Fields<'r> {
    fn get<T: Decode<'r, Postgres> + Type<Postgres>>(&self, field: &str) -> Result<T, RowError> {
        Ok(self.0.try_get(field)?)
    }

    pub(super) fn text(&self, field: &str) -> Result<&'r str, RowError> {
        self.get(field)
    }

    pub(super) fn optional(&self, field: &str) -> Result<Option<String>, RowError> {
        self.get(field)
    }

    pub(super) fn flag(&self, field: &str) -> Result<bool, RowError> {
        self.get(field)
    }

    pub(super) fn number(&self, field: &str) -> Result<i64, RowError> {
        self.get(field)
    }

    pub(super) fn optional_number(&self, field: &str) -> Result<Option<i64>, RowError> {
        self.get(field)
    }

    pub(super) fn ident(&self, field: &str) -> Result<Ident, RowError> {
        Ok(Ident::new(self.text(field)?)?)
    }

    pub(super) fn optional_ident(&self, field: &str) -> Result<Option<Ident>, RowError> {
        let text: Option<&str> = self.get(field)?;
        Ok(text.map(Ident::new).transpose()?)
    }

    pub(super) fn name(&self, namespace: &str, name: &str) -> Result<QualifiedName, RowError> {
        Ok(QualifiedName::new(
            self.ident(namespace)?,
            self.ident(name)?,
        ))
    }

    /// A value as JSON text.
    pub(super) fn json<T: DeserializeOwned>(&self, field: &'static str) -> Result<T, RowError> {
        let read = serde_json::from_str(self.text(field)?);
        read.map_err(|source| RowError::List { field, source })
    }

    /// A list as JSON text; null is an empty one.
    pub(super) fn list<T: DeserializeOwned>(
        &self,
        field: &'static str,
    ) -> Result<Vec<T>, RowError> {
        let text: Option<&str> = self.get(field)?;
        text.map_or(Ok(Vec::new()), |text| {
            serde_json::from_str(text).map_err(|source| RowError::List { field, source })
        })
    }
}

/// A field that counts something: the server's `bigint` that is never negative.
pub(crate) fn count(row: &PgRow, field: impl ColumnIndex<PgRow>) -> Result<u64, sqlx::Error> {
    let number: i64 = row.try_get(field)?;
    u64::try_from(number).map_err(|error| sqlx::Error::Decode(error.into()))
}

/// A code that is none of those this version knows.
pub(super) fn unknown(field: &'static str, value: &str) -> RowError {
    RowError::Unknown {
        field,
        value: value.to_owned(),
    }
}
