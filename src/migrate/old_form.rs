//! The old form of the tables beside the new one: whom settings lead to it, and who still writes it.

use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};

use super::error::MigrateError;
use super::session::server;

const SCHEMA: &str = include_str!("sql/old_schema.sql");
const SETTINGS: &str = include_str!("sql/settings.sql");
const WRITERS: &str = include_str!("sql/old_writers.sql");
/// Where the new form is; what comes after it in a path is not reached.
const NEW_HOME: &str = "public";

/// The compatibility schema of a pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldForm {
    /// Its name.
    pub schema: String,
    /// What leads to it, or past it.
    pub ways: Vec<Way>,
    /// Who wrote the old form, the latest first; `None` where this role may not see it.
    pub writers: Option<Vec<OldWriter>>,
}

/// A setting with which sessions begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// Whose; `None` is everybody's.
    pub role: Option<String>,
    /// In which database; `None` is all of them.
    pub database: Option<String>,
    /// `search_path`, or `pgrst.db_schemas`.
    pub setting: String,
    /// As it is set.
    pub value: String,
    /// Whether it leads to the old form.
    pub reaches: bool,
}

/// A session that wrote the old form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldWriter {
    /// How it calls itself.
    pub application: String,
    /// Its role.
    pub role: String,
    /// What it wrote.
    pub table: String,
    /// By which column that was seen.
    pub column: String,
    /// To the minute, in UTC.
    pub last_seen: String,
    /// Whether `contract` refuses because of it.
    pub is_recent: bool,
}

/// Reads it, where the pair has one here: the schema is called as the pair's from side.
///
/// # Errors
/// [`MigrateError::Server`].
pub async fn read(
    connection: &mut PgConnection,
    pair: &str,
) -> Result<Option<OldForm>, MigrateError> {
    let failed = |error| server("look for the old form", &error);
    let Some((schema, _)) = pair.split_once("-to-") else {
        return Ok(None);
    };
    let query = sqlx::query(SCHEMA).persistent(false).bind(schema);
    let row = query.fetch_one(&mut *connection).await.map_err(failed)?;
    if !row.try_get::<bool, _>("is_one").map_err(failed)? {
        return Ok(None);
    }
    let has_writers: bool = row.try_get("has_writers").map_err(failed)?;
    let may_see: bool = row.try_get("may_see_writers").map_err(failed)?;
    let query = sqlx::query(SETTINGS).persistent(false);
    let settings = query.fetch_all(&mut *connection).await.map_err(failed)?;
    let ways: Result<Vec<Way>, _> = settings.iter().map(|row| way(row, schema)).collect();
    let writers = match (has_writers, may_see) {
        (false, _) => Some(Vec::new()),
        (true, false) => None,
        (true, true) => {
            let query = sqlx::query(WRITERS).persistent(false);
            let rows = query.fetch_all(connection).await.map_err(failed)?;
            let writers: Result<Vec<OldWriter>, _> = rows.iter().map(writer).collect();
            Some(writers.map_err(failed)?)
        }
    };
    Ok(Some(OldForm {
        schema: schema.to_owned(),
        ways: ways.map_err(failed)?,
        writers,
    }))
}

fn way(row: &PgRow, schema: &str) -> Result<Way, sqlx::Error> {
    let setting: String = row.try_get("name")?;
    let value: String = row.try_get("value")?;
    Ok(Way {
        role: row.try_get("role")?,
        database: row.try_get("database")?,
        reaches: reaches(&setting, &value, schema),
        setting,
        value,
    })
}

fn writer(row: &PgRow) -> Result<OldWriter, sqlx::Error> {
    Ok(OldWriter {
        application: row.try_get("application")?,
        role: row.try_get("role")?,
        table: row.try_get("table_name")?,
        column: row.try_get("column_name")?,
        last_seen: row.try_get("last_seen")?,
        is_recent: row.try_get("is_recent")?,
    })
}

/// A path takes the first schema that has the table; over HTTP a client asks for one of the list.
fn reaches(setting: &str, value: &str, schema: &str) -> bool {
    let names = names(value);
    let at = |wanted: &str| names.iter().position(|name| name == wanted);
    match (setting, at(schema), at(NEW_HOME)) {
        (_, None, _) => false,
        ("search_path", Some(old), Some(new)) => old < new,
        (_, Some(_), _) => true,
    }
}

/// Names apart by commas; those in quotes keep their case.
fn names(list: &str) -> Vec<String> {
    let mut names = vec![String::new()];
    let mut quoted = false;
    for c in list.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => names.push(String::new()),
            c if c.is_whitespace() && !quoted => {}
            c => {
                if let Some(name) = names.last_mut() {
                    if quoted {
                        name.push(c);
                    } else {
                        name.extend(c.to_lowercase());
                    }
                }
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_leads_to_the_old_form() {
        for (setting, value, expected) in [
            ("search_path", "clara, public", true),
            ("search_path", "\"$user\", clara,public", true),
            ("search_path", "\"clara\"", true),
            ("search_path", "Clara", true),
            ("search_path", "\"Clara\", public", false),
            ("search_path", "public, clara", false),
            ("search_path", "\"a, clara\", public", false),
            ("search_path", "", false),
            ("pgrst.db_schemas", "public,clara", true),
            ("pgrst.db_schemas", "public, storage", false),
        ] {
            assert_eq!(reaches(setting, value, "clara"), expected, "{value}");
        }
    }
}
