//! A live PostgreSQL, 14 to 18, read from its catalog.
//!
//! One REPEATABLE READ, READ ONLY transaction sees one state of the database. Twelve queries, one a
//! kind of object, join the catalog by oid; their number does not grow with the schema, they read no
//! table of a user and need no right that the role `PUBLIC` lacks. All but the first travel in one
//! message, so a far server costs a handful of round trips, and no prepared statement outlives the
//! transaction, so a transaction pooler is no obstacle.
//!
//! What is read as it stands in the catalog, and what is not:
//!
//! - Members of extensions are left out, and so are the extensions every new database has.
//! - What a partition or a child table has only because its parent has it is the parent's alone: keys,
//!   foreign keys, checks, indexes attached to the parent's index, copied triggers. Columns are listed
//!   with every table that has them.
//! - An identity column's sequence, a constraint's index, a trigger that enforces a constraint and a
//!   range type's constructors are part of what they serve.
//! - The privileges of an object's owner are left out, and MAINTAIN (PostgreSQL 17) with them.
//! - Namespaces that were not asked for lend their types' names, and the names of referenced tables.

mod connect;
mod constraint;
mod fields;
mod grant;
mod options;
mod passfile;
mod reading;
mod relation;
mod routine;
mod settings;
mod url;

pub use connect::connect;
pub(crate) use connect::{ends_session, explain};
pub(crate) use fields::count;
pub use options::{Address, ConnectOptions, Environment};

use sqlx::postgres::{PgConnection, PgRow};

use crate::schema::{Facet, Ident, Schema};
use crate::source::LoadError;
use connect::refusal;
use fields::{Fields, RowError};
use reading::Reading;

const BEGIN: &str = include_str!("sql/begin.sql");
const NAMESPACES: &str = include_str!("sql/namespaces.sql");
/// In this order: a row may refer to rows of an earlier query.
const CATALOG: &str = concat!(
    include_str!("sql/types.sql"),
    include_str!("sql/relations.sql"),
    include_str!("sql/columns.sql"),
    include_str!("sql/indexes.sql"),
    include_str!("sql/constraints.sql"),
    include_str!("sql/triggers.sql"),
    include_str!("sql/policies.sql"),
    include_str!("sql/sequences.sql"),
    include_str!("sql/functions.sql"),
    include_str!("sql/database.sql"),
    include_str!("sql/unmodelled.sql"),
    "COMMIT;"
);
/// `server_version_num` of the oldest version whose catalog these queries fit.
const OLDEST: u32 = 140_000;

/// Reads the given namespaces of a database; the first is home.
///
/// # Errors
/// [`LoadError::Server`] when there is no connection, the server is too old, a namespace does not
/// exist, or the server breaks off.
pub async fn read(options: &ConnectOptions, namespaces: &[Ident]) -> Result<Schema, LoadError> {
    let Some(home) = namespaces.first() else {
        return Ok(Schema::new(Vec::new(), Facet::ALL));
    };
    let mut connection = connect(options).await?;
    if let Some(version) = connection.server_version_num().filter(|&v| v < OLDEST) {
        return Err(refusal(
            options,
            format!(
                "the server is PostgreSQL {}, and 14 is the oldest that is read",
                release(version)
            ),
            "upgrade the server, or read a dump of it with `sql:FILE`",
        ));
    }
    let known = begin(&mut connection, namespaces).await;
    let known: Vec<String> = known.map_err(|error| broken(options, error))?;
    if let Some(missing) = namespaces
        .iter()
        .find(|n| !known.iter().any(|k| k == n.as_str()))
    {
        let users = known.iter().filter(|name| !is_system(name));
        let names: Vec<String> = users.map(|name| format!("`{name}`")).collect();
        return Err(refusal(
            options,
            format!(
                "there is no schema `{}`; there is {}",
                missing.as_str(),
                names.join(", ")
            ),
            "name one that exists with `--schema`",
        ));
    }
    let rows: Vec<PgRow> = sqlx::raw_sql(CATALOG)
        .fetch_all(&mut connection)
        .await
        .map_err(|error| explain(options, &error))?;
    let mut reading = Reading::new(namespaces.to_vec(), home.clone());
    for row in &rows {
        reading
            .take(&Fields(row))
            .map_err(|error| broken(options, error))?;
    }
    Ok(reading.finish())
}

/// Opens the transaction, and gives the names of all namespaces.
async fn begin(
    connection: &mut PgConnection,
    namespaces: &[Ident],
) -> Result<Vec<String>, RowError> {
    sqlx::raw_sql(BEGIN).execute(&mut *connection).await?;
    let names: Vec<&str> = namespaces.iter().map(Ident::as_str).collect();
    let row = sqlx::query(NAMESPACES)
        .bind(names)
        .persistent(false)
        .fetch_one(connection)
        .await?;
    Fields(&row).list("names")
}

fn broken(options: &ConnectOptions, error: RowError) -> LoadError {
    match error {
        RowError::Driver(error) => explain(options, &error),
        other => refusal(
            options,
            format!("the catalog holds what is not understood: {other}"),
            "is this a PostgreSQL newer than 18, or a server that only speaks its protocol?",
        ),
    }
}

fn release(version: u32) -> String {
    if version >= 100_000 {
        (version / 10_000).to_string()
    } else {
        format!("{}.{}", version / 10_000, version / 100 % 100)
    }
}

fn is_system(namespace: &str) -> bool {
    namespace.starts_with("pg_") || namespace == "information_schema"
}
