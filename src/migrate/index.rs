//! CREATE INDEX CONCURRENTLY leaves an invalid index behind when it ends early, which is in the way of
//! the next try and costs every writer. It is dropped before that try.

use sqlx::Row;

use super::error::MigrateError;
use super::session::{Event, Failure, Session, server};
use super::statement::Statement;
use super::token::Token;
use crate::schema::quote;

const INDEX: &str = include_str!("sql/index.sql");

/// Whether a statement is still to run.
#[derive(Debug)]
pub(super) enum Ready {
    Run,
    /// It builds an index of which nothing is there.
    Build,
    Done,
    /// What an earlier try left cannot be dropped.
    Not(Box<Failure>),
}

/// The index and the table of a CREATE INDEX CONCURRENTLY that names both, as the catalog has them.
fn built(statement: &Statement) -> Option<(String, String)> {
    let tokens = &statement.tokens;
    let at = tokens.iter().position(|token| token.is("concurrently"))?;
    if !statement.begins(&["create"]) || !tokens[..at].iter().any(|token| token.is("index")) {
        return None;
    }
    let mut at = at + 1;
    if tokens.get(at)?.is("if") {
        at += 3;
    }
    let index = tokens.get(at)?.name()?.to_owned();
    let on = tokens.get(at + 1)?.is("on");
    let at = if tokens.get(at + 2)?.is("only") {
        at + 3
    } else {
        at + 2
    };
    let first = tokens.get(at)?.name()?;
    let second = tokens.get(at + 2).and_then(Token::name);
    let table = match second {
        Some(second) if tokens[at + 1].is_sign('.') => {
            format!("{}.{}", quote(first), quote(second))
        }
        _ => quote(first),
    };
    on.then_some((index, table))
}

/// Drops what an earlier try left. `may_be_done` says that an earlier run was ended at this statement.
pub(super) async fn prepare(
    session: &mut Session<'_>,
    statement: &Statement,
    may_be_done: bool,
) -> Result<Ready, MigrateError> {
    let Some((index, table)) = built(statement) else {
        return Ok(Ready::Run);
    };
    let doing = "look for an index that an earlier try left";
    let query = sqlx::query(INDEX)
        .persistent(false)
        .bind(&table)
        .bind(&index);
    let row = query
        .fetch_optional(&mut session.main)
        .await
        .map_err(|error| server(doing, &error))?;
    let Some(row) = row else {
        return Ok(Ready::Build);
    };
    let name: String = row.try_get("name").map_err(|error| server(doing, &error))?;
    if row
        .try_get("valid")
        .map_err(|error| server(doing, &error))?
    {
        return Ok(if may_be_done { Ready::Done } else { Ready::Run });
    }
    let dropped = session
        .execute(&format!("DROP INDEX CONCURRENTLY IF EXISTS {name}"))
        .await;
    if let Err(mut failure) = dropped {
        failure.message = format!(
            "cannot drop index {name}, which an earlier try left: {}",
            failure.message
        );
        failure.position = None;
        return Ok(Ready::Not(Box::new(failure)));
    }
    session.tell(Event::Note(format!(
        "dropped index {name}, which an earlier try left invalid"
    )));
    Ok(Ready::Build)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrate::statement::split;

    #[test]
    fn finds_the_index_that_is_built() {
        for (sql, expected) in [
            ("CREATE INDEX CONCURRENTLY i ON t (a)", Some(("i", "t"))),
            (
                "create unique index concurrently if not exists \"A\"\"b\" on only public.\"T\" using btree (a)",
                Some(("A\"b", "public.\"T\"")),
            ),
            ("CREATE INDEX CONCURRENTLY ON t (a)", None),
            ("CREATE INDEX i ON t (a)", None),
            ("DROP INDEX CONCURRENTLY i", None),
            ("REINDEX INDEX CONCURRENTLY i", None),
            ("CREATE INDEX CONCURRENTLY", None),
        ] {
            let found = built(&split(sql)[0]);
            let expected = expected.map(|(index, table)| (index.to_owned(), table.to_owned()));
            assert_eq!(found, expected, "{sql}");
        }
    }
}
