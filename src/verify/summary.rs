//! What the columns of a correspondence hold, before and after: how many NULLs, how many values, and
//! from where to where they reach. No value of a text is among it, only how long texts are.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor, Row};

use super::error::{VerifyError, server};
use super::values::Relation;
use crate::schema::{ColumnType, Ident};
use crate::source::postgres::count;

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Whether it is the new column.
    pub is_new: bool,
    /// Table and column.
    pub column: String,
    /// How many rows there are.
    pub rows: u64,
    /// In how many of them it is NULL.
    pub nulls: u64,
    /// How many values it has.
    pub distinct: u64,
    /// The least and the greatest, where values have an order that says something.
    pub range: Option<(String, String)>,
    /// Whether the range is of the lengths of texts.
    pub of_length: bool,
}

/// What has a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Range {
    Values,
    Lengths,
    None,
}

/// Looks at the columns of both sides. One that the server cannot summarise has none.
pub(super) async fn of(
    connection: &mut PgConnection,
    old: (&Relation, &[&Ident]),
    new: (&Relation, &[&Ident]),
) -> Result<Vec<Summary>, VerifyError> {
    let mut found = Vec::new();
    for (is_new, (relation, columns)) in [(false, old), (true, new)] {
        for column in columns {
            found.extend(one(connection, relation, column, is_new).await?);
        }
    }
    Ok(found)
}

async fn one(
    connection: &mut PgConnection,
    relation: &Relation,
    column: &Ident,
    is_new: bool,
) -> Result<Option<Summary>, VerifyError> {
    let doing = "summarise a column";
    let failed = |error: sqlx::Error| server(doing, &error);
    let save = connection.execute("SAVEPOINT align_summary").await;
    save.map_err(failed)?;
    let kind = relation.shape.slot(column).map(|slot| &slot.kind);
    let range = range(kind.and_then(crate::transform::Kind::plain));
    let ends = match range {
        Range::Values => format!("min({column})::text, max({column})::text"),
        Range::Lengths => format!("min(length({column}))::text, max(length({column}))::text"),
        Range::None => "NULL::text, NULL::text".to_owned(),
    };
    let sql = format!(
        "SELECT count(*), count({column}), count(DISTINCT {column}::text), {ends} FROM {}",
        relation.name
    );
    let query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
    let row = match query.fetch_one(&mut *connection).await {
        Ok(row) => row,
        Err(error) if error.as_database_error().is_some() => {
            let back = "ROLLBACK TO SAVEPOINT align_summary";
            connection.execute(back).await.map_err(failed)?;
            return Ok(None);
        }
        Err(error) => return Err(failed(error)),
    };
    let count = |at: usize| count(&row, at).map_err(failed);
    let least: Option<String> = row.try_get(3).map_err(failed)?;
    let most: Option<String> = row.try_get(4).map_err(failed)?;
    let (rows, given) = (count(0)?, count(1)?);
    Ok(Some(Summary {
        is_new,
        column: format!("{}.{column}", relation.name),
        rows,
        nulls: rows - given.min(rows),
        distinct: count(2)?,
        range: least.zip(most),
        of_length: range == Range::Lengths,
    }))
}

fn range(ty: Option<&ColumnType>) -> Range {
    use ColumnType as T;
    match ty {
        Some(T::Smallint | T::Integer | T::Bigint | T::Real | T::Double | T::Numeric { .. }) => {
            Range::Values
        }
        Some(T::Date | T::Time { .. } | T::Timestamp { .. }) => Range::Values,
        Some(T::Text | T::Varchar { .. } | T::Char { .. }) => Range::Lengths,
        Some(_) | None => Range::None,
    }
}
