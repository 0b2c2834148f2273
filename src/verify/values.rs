//! Rows against the mapping: whether every row has its counterpart, and every new value is the mapping's expression
//! of the old one.
//!
//! The old values are read where the database still shows them in the from side's form: in the namespace
//! that `[verify] old` names, or under their own names. A rule that holds once is looked at on rows that
//! nobody has written since the migration began. A row that is in quarantine, or that the mapping
//! excuses, is no failure.

mod pair;

use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{Executor, Row};

use super::error::{VerifyError, server, words};
use super::question::{Question, ask, sound};
use super::reading;
use super::{Check, Finding, Section, Verdict, summary};
use crate::ddl::literal;
use crate::mapping::{At, ColumnCorrespondence, Mapping, Rule, Sync, TableRef};
use crate::schema::{ColumnType, Ident};
use crate::transform::sql::{Expression, columns};
use crate::transform::{Kind, SESSION, Slot};

pub(super) use pair::Relation;
use pair::{Here, Joined, Known, Pair};

const QUARANTINE: &str = "quarantine is empty or settled";

/// What the rows are held against, and how long that may take.
#[derive(Debug, Clone, Copy)]
pub struct Values<'a> {
    /// The mapping.
    pub mapping: &'a Mapping,
    /// What the ledger calls the pair.
    pub pair: &'a str,
    /// The most that one check may take.
    pub budget: Duration,
    /// About how many rows of a table are looked at; `None` is all of them.
    pub sample: Option<u64>,
    /// Whether the columns of a correspondence are summarised although it holds.
    pub summaries: bool,
    /// Whether the rows are made up, so that nobody has to settle what lies in quarantine.
    pub made_up: bool,
}

/// Looks at every accepted correspondence of one table with one table, and at what is in quarantine.
/// All of it reads one state of the database.
///
/// # Errors
/// [`VerifyError::Server`].
pub async fn check(
    connection: &mut PgConnection,
    values: &Values<'_>,
) -> Result<Vec<Check>, VerifyError> {
    reading::begin(connection, None, values.budget).await?;
    for (name, value) in SESSION {
        let set = sqlx::query("SELECT set_config($1, $2, true)").persistent(false);
        let set = set.bind(*name).bind(*value).execute(&mut *connection).await;
        set.map_err(|error| server("set up the session", &error))?;
    }
    let kept = sqlx::query_scalar(
        "SELECT to_regclass('align.quarantine') IS NOT NULL AND to_regclass('align.events') IS NOT NULL",
    );
    let kept = kept.persistent(false).fetch_one(&mut *connection).await;
    let kept: bool = kept.map_err(|error| server("look for the ledger", &error))?;
    let mut checks = Vec::new();
    let pairs = Pair::all(connection, values.mapping).await?;
    let mut known = Known::new();
    let mut unsaid = Vec::new();
    for pair in &pairs {
        let begun = Instant::now();
        let joined = pair.joined(connection, values, &mut known).await?;
        if let Ok(joined) = &joined
            && !joined.is_one
        {
            unsaid.extend(pair.unsaid(values.mapping, joined));
        }
        if let Some(mut check) = rows(connection, values, pair, joined, kept).await? {
            check.took = begun.elapsed();
            check.at = pair.at;
            checks.push(check);
        }
    }
    let mut looked = Vec::new();
    let said = values.mapping.accepted_columns();
    for entry in said.chain(&unsaid) {
        let (Rule::Convert(_), [to, ..]) = (&entry.rule, entry.to.as_slice()) else {
            continue;
        };
        // A constant is that of every row that comes from one of these.
        let home = values.mapping.to.home();
        let of_constant = pairs
            .iter()
            .filter(|pair| entry.from.is_empty() && pair.to.is_same(&to.table, home));
        let tables = entry.from.first().map(|from| &from.table);
        for from in tables.into_iter().chain(of_constant.map(|pair| &pair.from)) {
            let columns = column(connection, values, entry, (from, kept), &mut known).await?;
            looked.extend(columns.into_iter().map(|looked| (entry.at, looked)));
        }
    }
    checks.extend(settle(connection, values, looked).await?);
    checks.push(if values.made_up {
        let why = "the rows are made up".to_owned();
        Check::skipped(Section::Values, QUARANTINE, why)
    } else {
        quarantine(connection).await?
    });
    reading::end(connection).await?;
    Ok(checks)
}

/// Whether every row that a table's rows become is there; nothing to ask where it is the same row.
async fn rows(
    connection: &mut PgConnection,
    values: &Values<'_>,
    pair: &Pair,
    joined: Result<Joined, String>,
    has_ledger: bool,
) -> Result<Option<Check>, VerifyError> {
    let name = format!("rows of {} are in {}", pair.from, pair.to);
    let joined = match joined {
        Ok(joined) if joined.is_one => return Ok(None),
        Ok(joined) => joined,
        Err(why) => return Ok(Some(Check::skipped(Section::Values, name, why))),
    };
    if pair.is_matched {
        let why = "`match` finds some rows under other keys, which `--against` can tell";
        return Ok(Some(Check::skipped(Section::Values, name, why)));
    }
    let mut bad: Vec<String> = joined
        .on
        .iter()
        .map(|(key, _)| format!("t.{key} IS NULL"))
        .collect();
    if has_ledger {
        bad.push(format!(
            "NOT EXISTS (SELECT FROM align.quarantine AS q WHERE q.table_name = {} AND q.key = {})",
            literal(pair.from.name.as_str()),
            joined.quarantined()
        ));
    }
    let question = Question {
        join: format!(
            "LEFT JOIN {} AS t ON {}",
            joined.new.name,
            joined.condition()
        ),
        shown: joined.shown(),
        filter: joined.filter,
        old: joined.old,
        new: joined.new,
        bad: bad.join(" AND "),
        doubt: None,
    };
    let sql = question.sql(values.sample);
    let found = ask(connection, &sql).await?;
    Ok(Some(found.check(name, "have no counterpart", &sql)))
}

/// A target column: what is known of it, or what is to be asked.
enum Looked<'a> {
    Settled(Check),
    Open(Box<Open<'a>>),
}

/// A column whose rows are to be looked at.
struct Open<'a> {
    name: String,
    question: Question,
    /// The columns that its values come from.
    before: Vec<&'a Ident>,
    column: Ident,
}

/// Asks about all columns of the same rows at once, and about each by itself where something is wrong.
async fn settle(
    connection: &mut PgConnection,
    values: &Values<'_>,
    looked: Vec<(At, Looked<'_>)>,
) -> Result<Vec<Check>, VerifyError> {
    let open = looked.iter().filter_map(|(_, one)| match one {
        Looked::Open(open) => Some(&open.question),
        Looked::Settled(_) => None,
    });
    let open: Vec<&Question> = open.collect();
    let sound = match values.sample {
        Some(_) => Vec::new(),
        None => sound(connection, &open).await?,
    };
    let mut checks = Vec::new();
    for (at, one) in looked {
        let open = match one {
            Looked::Settled(mut check) => {
                check.at = Some(at);
                checks.push(check);
                continue;
            }
            Looked::Open(open) => open,
        };
        let begun = Instant::now();
        let rows = open.question.rows();
        let known = sound.iter().find(|sound| sound.of == rows);
        let mut check = match known {
            Some(sound) => Check::of(Section::Values, open.name, sound.seen, Vec::new()),
            None => {
                let sql = open.question.sql(values.sample);
                let found = ask(connection, &sql).await?;
                found.check(open.name, "are not what the mapping says", &sql)
            }
        };
        if values.summaries || check.verdict == Verdict::Failed {
            let (old, new) = (&open.question.old, &open.question.new);
            let (before, after) = ((old, &*open.before), (new, &[&open.column][..]));
            check.summaries = summary::of(connection, before, after).await?;
        }
        check.took = begun.elapsed() + known.map_or(Duration::ZERO, |sound| sound.took);
        check.at = Some(at);
        checks.push(check);
    }
    Ok(checks)
}

/// One for each target column.
async fn column<'a>(
    connection: &mut PgConnection,
    values: &Values<'_>,
    entry: &'a ColumnCorrespondence,
    (from, has_ledger): (&TableRef, bool),
    known: &mut Known,
) -> Result<Vec<Looked<'a>>, VerifyError> {
    let mapping = values.mapping;
    let names = |columns: &[crate::mapping::ColumnRef]| {
        let names: Vec<String> = columns.iter().map(ToString::to_string).collect();
        names.join(", ")
    };
    let before = match entry.from.as_slice() {
        [] => format!("a constant of {from}"),
        from => names(from),
    };
    let title = format!("{before} → {}", names(&entry.to));
    let skipped = |why: String| {
        let check = Check::skipped(Section::Values, title.clone(), why);
        Ok(vec![Looked::Settled(check)])
    };
    let Some(to) = entry.to.first().map(|column| &column.table) else {
        return Ok(Vec::new());
    };
    let pair = Pair {
        from: from.clone(),
        to: to.clone(),
        at: Some(entry.at),
        is_matched: false,
    };
    let joined = match pair.joined(connection, values, known).await? {
        Ok(joined) => joined,
        Err(why) => return skipped(why),
    };
    let condition = joined.condition();
    let shown = joined.shown();
    let Joined {
        old,
        new,
        mut filter,
        is_one,
        ..
    } = joined;
    if entry.from.is_empty() && is_one {
        return skipped(format!(
            "which rows of `{to}` come from `{from}` cannot be told"
        ));
    }
    if let Some(gone) = entry.from.iter().find(|column| !old.has(&column.name)) {
        return skipped(format!("there is no column `{gone}` any more"));
    }
    if let Some(missing) = entry.to.iter().find(|column| !new.has(&column.name)) {
        return skipped(format!("there is no column `{missing}`"));
    }
    if entry.sync == Sync::Once {
        if !has_ledger {
            return skipped("nothing tells when a migration began here".to_owned());
        }
        match untouched(values, &new) {
            Some(untouched) => filter = format!("({filter}) AND {untouched}"),
            None => return skipped(format!("`{to}` does not say when a row was written")),
        }
    }
    let here = Here {
        home: mapping.to.home(),
    };
    let expressions = match columns(entry, &old.shape, &new.shape, &here) {
        Ok(expressions) => expressions,
        Err(why) => return skipped(why.to_string()),
    };
    // A row is its own counterpart where both forms stand in one table.
    let join = if old.name == new.name {
        "CROSS JOIN LATERAL (SELECT s.*) AS t".to_owned()
    } else {
        format!("JOIN {} AS t ON {condition}", new.name)
    };
    let looked = expressions.into_iter().map(|expression| {
        let excused = if has_ledger {
            excused(mapping, entry, &expression.column, from, to, &new)
        } else {
            "false".to_owned()
        };
        Looked::Open(Box::new(Open {
            name: format!("{before} → {to}.{}", expression.column),
            question: Question {
                old: old.clone(),
                new: new.clone(),
                join: join.clone(),
                filter: filter.clone(),
                shown: shown.clone(),
                bad: format!("{} AND NOT ({excused})", differs(&expression)),
                doubt: doubt(entry, &expression, &old, &new),
            },
            before: entry.from.iter().map(|column| &column.name).collect(),
            column: expression.column,
        }))
    });
    Ok(looked.collect())
}

/// A value that cannot be converted must be in quarantine; every other must be the expression's.
fn differs(expression: &Expression) -> String {
    let new = format!("t.{}", expression.column);
    let value = format!("{new} IS DISTINCT FROM {}", expression.value);
    match &expression.code {
        Some(code) => format!("({code} IS NOT NULL OR {value})"),
        None => format!("({value})"),
    }
}

/// What makes it worth to look closer. A number that the server writes as its text stands is what the text
/// says, and the questions that a conversion asks of any text cost many times as much.
fn doubt(
    entry: &ColumnCorrespondence,
    expression: &Expression,
    old: &Relation,
    new: &Relation,
) -> Option<String> {
    let kind = |relation: &Relation, column: &Ident| match relation.shape.slot(column) {
        Some(Slot {
            kind: Kind::Plain(ty),
            ..
        }) => Some(ty.clone()),
        Some(_) | None => None,
    };
    let is_plain = matches!(&entry.rule, Rule::Convert(steps) if steps.is_empty());
    let [from] = entry.from.as_slice() else {
        return None;
    };
    let is_text = matches!(
        kind(old, &from.name),
        Some(ColumnType::Text | ColumnType::Varchar { .. })
    );
    let is_number = matches!(
        kind(new, &expression.column),
        Some(ColumnType::Smallint | ColumnType::Integer | ColumnType::Bigint)
    );
    let is_bare = entry.nulls.is_empty() && entry.default.is_none() && entry.to.len() == 1;
    let (old, new) = (&from.name, &expression.column);
    (is_plain && is_bare && is_text && is_number)
        .then(|| format!("t.{new}::text IS DISTINCT FROM s.{old}"))
}

/// Rows that are known to differ: in quarantine, or by the mapping's word.
fn excused(
    mapping: &Mapping,
    entry: &ColumnCorrespondence,
    column: &Ident,
    from: &TableRef,
    to: &TableRef,
    new: &Relation,
) -> String {
    let tables = [from, to]
        .map(|table| literal(table.name.as_str()))
        .join(", ");
    let names = entry.from.iter().map(|column| &column.name).chain([column]);
    let names: Vec<String> = names.map(|name| literal(name.as_str())).collect();
    let quarantine = format!(
        "EXISTS (SELECT FROM align.quarantine AS q WHERE q.table_name IN ({tables}) AND q.column_name IN ({}) AND q.key = {})",
        names.join(", "),
        key(new)
    );
    let excuse = mapping.verify.excuse.iter().find(|(excused, _)| {
        excused.name == *column && excused.table.is_same(to, mapping.to.home())
    });
    match excuse {
        Some((_, sql)) => format!("{quarantine} OR ({sql})"),
        None => quarantine,
    }
}

/// The key of a row as quarantine keeps it.
fn key(new: &Relation) -> String {
    let members = new.key.iter();
    let members: Vec<String> = members
        .map(|key| format!("{}, t.{key}", literal(key.as_str())))
        .collect();
    format!("jsonb_build_object({})", members.join(", "))
}

/// Rows that nobody has written since the migration began: a backfill leaves `updated_at` as it was.
fn untouched(values: &Values<'_>, new: &Relation) -> Option<String> {
    let column = Ident::new("updated_at").ok()?;
    new.has(&column).then(|| {
        format!(
            "t.{column} < (SELECT min(e.at) FROM align.events AS e WHERE e.pair = {})",
            literal(values.pair)
        )
    })
}

/// What could not be converted is settled by somebody, or stands here.
async fn quarantine(connection: &mut PgConnection) -> Result<Check, VerifyError> {
    let name = QUARANTINE;
    let doing = "look into the quarantine";
    let failed = |error: sqlx::Error| server(doing, &error);
    let there = sqlx::query_scalar("SELECT to_regclass('align.quarantine') IS NOT NULL");
    let there: bool = there
        .persistent(false)
        .fetch_one(&mut *connection)
        .await
        .map_err(failed)?;
    if !there {
        let why = "there is no quarantine: nothing was migrated here";
        return Ok(Check::skipped(Section::Values, name, why));
    }
    let query = sqlx::query(
        "SELECT table_name, column_name, code, count(*) AS rows FROM align.quarantine \
         WHERE resolved_at IS NULL GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
    );
    let mark = "SAVEPOINT align_values";
    connection.execute(mark).await.map_err(failed)?;
    let rows = query.persistent(false).fetch_all(&mut *connection).await;
    let rows = match rows {
        Ok(rows) => rows,
        Err(error) if error.as_database_error().is_some() => {
            let back = "ROLLBACK TO SAVEPOINT align_values";
            connection.execute(back).await.map_err(failed)?;
            let finding = Finding::new(words(&error));
            return Ok(Check::of(Section::Values, name, 0, vec![finding]));
        }
        Err(error) => return Err(failed(error)),
    };
    let line = |row: &PgRow| -> Result<Finding, sqlx::Error> {
        let table: String = row.try_get("table_name")?;
        let column: String = row.try_get("column_name")?;
        let code: String = row.try_get("code")?;
        let count: i64 = row.try_get("rows")?;
        let rows = if count == 1 { "row" } else { "rows" };
        Ok(Finding::new(format!(
            "{count} {rows} of {table}.{column}: {code}, listed by `align quarantine list`"
        )))
    };
    let findings: Result<Vec<Finding>, _> = rows.iter().map(line).collect();
    let seen = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    Ok(Check::of(
        Section::Values,
        name,
        seen,
        findings.map_err(failed)?,
    ))
}

#[cfg(test)]
mod tests;
