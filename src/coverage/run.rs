//! The questions asked of a server.

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Row};

use super::{Gap, Question, code, lookup_query, settings};
use crate::mapping::Lookup;
use crate::schema::{Ident, QualifiedName};
use crate::source::LoadError;
use crate::source::postgres::{ConnectOptions, connect, count, explain};
use crate::transform::{LookupRow, LookupTable};

/// One state of the database, and nothing is changed. A role that row level security binds would see
/// less than there is, and be told of no gap: the server refuses it instead.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;
SET LOCAL jit = off;
SET LOCAL row_security = off;
SET LOCAL lock_timeout = '5s';
";

/// Asks every question in one transaction.
///
/// # Errors
/// [`LoadError::Server`] when there is no connection, or the server refuses a question.
pub async fn ask(
    options: &ConnectOptions,
    home: Option<&Ident>,
    questions: &[Question],
) -> Result<Vec<Gap>, LoadError> {
    let mut connection = begin(options, home).await?;
    let mut gaps = Vec::new();
    for question in questions {
        let rows = fetch(&mut connection, &question.sql).await;
        for row in rows.map_err(|error| explain(options, &error))? {
            let gap = gap(question, &row).map_err(|error| explain(options, &error))?;
            gaps.extend(gap);
        }
    }
    gaps.sort_by_key(|gap| (gap.at, gap.decided, gap.code));
    Ok(gaps)
}

/// Reads looked-up tables, each as the lookup compares it.
///
/// # Errors
/// As [`ask`].
pub async fn read_lookups(
    options: &ConnectOptions,
    wanted: &[(&Lookup, QualifiedName)],
) -> Result<Vec<(Lookup, LookupTable)>, LoadError> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let mut connection = begin(options, None).await?;
    let mut read = Vec::new();
    for (lookup, table) in wanted {
        let rows = fetch(&mut connection, &lookup_query(lookup, table)).await;
        let rows = rows.map_err(|error| explain(options, &error))?;
        let mut table = LookupTable::new(lookup, []);
        for row in &rows {
            let row = lookup_row(row).map_err(|error| explain(options, &error))?;
            table.add(lookup, row);
        }
        read.push(((*lookup).clone(), table));
    }
    Ok(read)
}

async fn begin(options: &ConnectOptions, home: Option<&Ident>) -> Result<PgConnection, LoadError> {
    let mut connection = connect(options).await?;
    // What the user's own SQL names without a namespace is the home's.
    let path = home.map(|home| format!("SET LOCAL search_path = {home};\n"));
    let begin = format!("{BEGIN}{}{}", settings(), path.unwrap_or_default());
    let begun = sqlx::raw_sql(AssertSqlSafe(begin)).execute(&mut connection);
    begun.await.map_err(|error| explain(options, &error))?;
    Ok(connection)
}

async fn fetch(connection: &mut PgConnection, sql: &str) -> Result<Vec<PgRow>, sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .fetch_all(connection)
        .await
}

fn lookup_row(row: &PgRow) -> Result<LookupRow<'_>, sqlx::Error> {
    let position: i32 = row.try_get("position")?;
    Ok(LookupRow {
        position: usize::try_from(position).map_err(|error| sqlx::Error::Decode(error.into()))?,
        key: row.try_get("key")?,
        take: row.try_get("take")?,
    })
}

/// `None` for what this program has no word for.
fn gap(question: &Question, row: &PgRow) -> Result<Option<Gap>, sqlx::Error> {
    let number: i32 = row.try_get("rule")?;
    let name: &str = row.try_get("code")?;
    let at = usize::try_from(number).ok();
    let at = at.and_then(|number| question.rules.get(number));
    let (Some(at), Some(code)) = (at, code(name)) else {
        return Ok(None);
    };
    let samples: Option<&str> = row.try_get("samples")?;
    let samples: Vec<Option<String>> = samples
        .map_or(Ok(Vec::new()), serde_json::from_str)
        .map_err(|error| sqlx::Error::Decode(error.into()))?;
    Ok(Some(Gap {
        at: *at,
        table: question.table.clone(),
        code,
        decided: row.try_get("decided")?,
        rows: count(row, "rows")?,
        values: count(row, "values")?,
        samples: samples.into_iter().flatten().collect(),
    }))
}
