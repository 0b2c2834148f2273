//! `align.quarantine`: rows that a batch cannot convert. The row keeps what it has; the list says where
//! to look, and never holds a value that the row has already.

use super::apply::{Halt, Step};
use super::directive::Batch;
use super::keys::Keys;
use super::session::{Failure, Session};
use super::window::fill_with;
use crate::schema::Ident;

const TABLE: &str = include_str!("sql/quarantine.sql");
const PUT: &str = include_str!("sql/put_aside.sql");
/// In place of a column: the server does not say which one.
const WHOLE_ROW: &str = "*";
/// The namespace whose name goes without saying.
const HOME: &str = "public";

/// Whether the mapping wants the run to end: for the column that is at fault, or, where the server names
/// none, for one of those that the statement names, of the batch's table or of another that it names.
pub(super) fn ends_the_run(
    session: &Session<'_>,
    step: &Step<'_>,
    batch: &Batch,
    at: Option<usize>,
    failure: &Failure,
) -> bool {
    let mut strict = session.limits.strict.iter();
    let statement = at.and_then(|at| step.script.statements.get(at));
    let is_named = |name: &Ident| {
        let mut tokens = statement.iter().flat_map(|statement| &statement.tokens);
        tokens.any(|token| token.name() == Some(name.as_str()))
    };
    strict.any(|column| {
        let is_fault = match &failure.column {
            Some(named) => column.name.as_str() == named,
            None => statement.is_none() || is_named(&column.name),
        };
        is_fault && (column.table.is_same(&batch.table, HOME) || is_named(&column.table.name))
    })
}

/// Whether the statement fails only for some rows: without any, it succeeds.
pub(super) async fn is_sound(
    session: &mut Session<'_>,
    step: &Step<'_>,
    batch: &Batch,
    at: Option<usize>,
) -> Result<bool, Halt> {
    let Some(statement) = at.and_then(|at| step.script.statements.get(at)) else {
        return Ok(true);
    };
    let none = fill_with(&step.script.text, statement, batch, |_| {
        "(false)".to_owned()
    });
    let ran = match session.execute(&step.begin()).await {
        Ok(_) => session.execute(&none).await,
        Err(failure) => Err(failure),
    };
    session.roll_back().await;
    match ran {
        Ok(_) => Ok(true),
        Err(failure) if failure.is_of_data() => Ok(false),
        Err(failure) => Err(Halt::Failed { at, failure }),
    }
}

/// Puts the row with that key on the list, in the transaction that is open.
pub(super) async fn put(
    session: &mut Session<'_>,
    batch: &Batch,
    keys: &Keys,
    key: &str,
    failure: &Failure,
) -> Result<(), Failure> {
    session.execute(TABLE).await?;
    let sql = PUT.replace("/* type */", &keys.key_type);
    let query = sqlx::query(sqlx::AssertSqlSafe(sql))
        .persistent(false)
        .bind(table(batch))
        .bind(batch.key.as_str())
        .bind(key)
        .bind(failure.column.as_deref())
        .bind(failure.sqlstate.as_deref())
        .bind(failure.constraint.as_deref())
        .bind(&keys.table)
        .bind(WHOLE_ROW);
    match query.execute(&mut session.main).await {
        Ok(_) => Ok(()),
        Err(error) => Err(Failure::of(&error, false)),
    }
}

/// As the migrations write it: the home of tables goes without saying. A name with a dot is quoted, or it would be that
/// of a table elsewhere.
fn table(batch: &Batch) -> String {
    match &batch.table.namespace {
        Some(namespace) if namespace.as_str() != HOME => batch.table.to_string(),
        _ if batch.table.name.as_str().contains('.') => batch.table.name.to_string(),
        _ => batch.table.name.as_str().to_owned(),
    }
}
