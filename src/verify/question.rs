//! Questions about rows of both forms: how many there are, how many are wrong, and which.

use std::time::{Duration, Instant};

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor, Row};

use super::error::{VerifyError, server, words};
use super::values::Relation;
use super::{Check, Finding, Section};
use crate::source::postgres::count;

/// How many keys of rows that fail are shown.
const SAMPLES: usize = 5;

/// What is asked of two relations.
#[derive(Debug)]
pub(super) struct Question {
    /// The rows `s`.
    pub(super) old: Relation,
    /// The rows `t`.
    pub(super) new: Relation,
    /// How a row of one finds that of the other.
    pub(super) join: String,
    /// Which rows are looked at.
    pub(super) filter: String,
    /// What names a row `s` to a reader.
    pub(super) shown: String,
    /// Which of them are wrong.
    pub(super) bad: String,
    /// What is true of every wrong one, and sooner said.
    pub(super) doubt: Option<String>,
}

impl Question {
    /// The rows that are looked at, as SQL.
    pub(super) fn rows(&self) -> String {
        let Self {
            old, join, filter, ..
        } = self;
        format!("{} AS s {join} WHERE {filter}", old.name)
    }

    /// Counts the rows and the wrong ones, of all or about as many as `sample`, with keys of some wrong ones.
    pub(super) fn sql(&self, sample: Option<u64>) -> String {
        let shown = &self.shown;
        let limit = sample.map_or_else(String::new, |rows| {
            format!(" ORDER BY md5({shown}) LIMIT {rows}")
        });
        format!(
            "SELECT count(*) AS seen, count(*) FILTER (WHERE r.bad) AS bad, \
             (array_agg(r.key ORDER BY r.key) FILTER (WHERE r.bad))[1:{SAMPLES}] AS keys \
             FROM (SELECT {shown} AS key, coalesce({}, false) AS bad FROM {}{limit}) AS r",
            self.bad,
            self.rows()
        )
    }
}

/// Rows of which none is wrong, whatever column is looked at.
#[derive(Debug)]
pub(super) struct Sound {
    /// Which, as [`Question::rows`] gives them.
    pub(super) of: String,
    /// How many.
    pub(super) seen: u64,
    /// How long it took, for each column of them.
    pub(super) took: Duration,
}

/// Asks about all columns of the same rows in one pass, which keeps no keys, so that several processes of
/// the server may share it. Rows with something wrong are not among what comes back.
pub(super) async fn sound(
    connection: &mut PgConnection,
    questions: &[&Question],
) -> Result<Vec<Sound>, VerifyError> {
    let mut all: Vec<(String, Vec<&Question>)> = Vec::new();
    for question in questions {
        let rows = question.rows();
        match all.iter_mut().find(|(of, _)| *of == rows) {
            Some((_, same)) => same.push(question),
            None => all.push((rows, vec![question])),
        }
    }
    let mut sound = Vec::new();
    for (of, questions) in all {
        let begun = Instant::now();
        let doubts = questions.iter();
        let doubts = doubts.map(|one| one.doubt.as_ref().unwrap_or(&one.bad));
        let mut found = ask(connection, &any_of(&of, doubts)).await?;
        if found.trouble.is_none()
            && found.bad > 0
            && questions.iter().any(|one| one.doubt.is_some())
        {
            let wrong = questions.iter().map(|one| &one.bad);
            found = ask(connection, &any_of(&of, wrong)).await?;
        }
        if found.trouble.is_none() && found.bad == 0 {
            let columns = u32::try_from(questions.len()).unwrap_or(u32::MAX);
            sound.push(Sound {
                of,
                seen: found.seen,
                took: begun.elapsed() / columns,
            });
        }
    }
    Ok(sound)
}

/// Counts the rows, and those of which any of the conditions holds.
fn any_of<'a>(rows: &str, conditions: impl Iterator<Item = &'a String>) -> String {
    let conditions: Vec<String> = conditions.map(|one| format!("({one})")).collect();
    format!(
        "SELECT count(*) AS seen, count(*) FILTER (WHERE {}) AS bad, NULL::text[] AS keys FROM {rows}",
        conditions.join(" OR ")
    )
}

/// What a question found.
pub(super) struct Found {
    seen: u64,
    bad: u64,
    keys: Vec<String>,
    trouble: Option<String>,
}

impl Found {
    pub(super) fn check(self, name: String, words: &str, sql: &str) -> Check {
        if let Some(trouble) = self.trouble {
            let finding = Finding::new(trouble).shown_by(sql);
            return Check::of(Section::Values, name, 0, vec![finding]);
        }
        let finding = (self.bad > 0).then(|| {
            let more = if self.bad > self.keys.len() as u64 {
                ", …"
            } else {
                ""
            };
            let keys = self.keys.join("; ");
            Finding::new(format!(
                "{} of {} rows {words}: {keys}{more}",
                self.bad, self.seen
            ))
            .shown_by(sql)
        });
        Check::of(
            Section::Values,
            name,
            self.seen,
            finding.into_iter().collect(),
        )
    }
}

/// A question that the server cannot answer is itself a finding, and the next one is asked all the same.
pub(super) async fn ask(connection: &mut PgConnection, sql: &str) -> Result<Found, VerifyError> {
    let doing = "compare rows";
    let failed = |error: sqlx::Error| server(doing, &error);
    connection
        .execute("SAVEPOINT align_values")
        .await
        .map_err(failed)?;
    let query = sqlx::query(AssertSqlSafe(sql.to_owned())).persistent(false);
    let row = match query.fetch_one(&mut *connection).await {
        Ok(row) => row,
        Err(error) if error.as_database_error().is_some() => {
            let back = "ROLLBACK TO SAVEPOINT align_values";
            connection.execute(back).await.map_err(failed)?;
            return Ok(Found {
                seen: 0,
                bad: 0,
                keys: Vec::new(),
                trouble: Some(words(&error)),
            });
        }
        Err(error) => return Err(failed(error)),
    };
    let keys: Option<Vec<String>> = row.try_get("keys").map_err(failed)?;
    Ok(Found {
        seen: count(&row, "seen").map_err(failed)?,
        bad: count(&row, "bad").map_err(failed)?,
        keys: keys.unwrap_or_default(),
        trouble: None,
    })
}
