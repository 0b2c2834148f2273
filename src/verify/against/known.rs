//! What a copy has left in the target of rows that are not there as they are in the source.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::Row;

use super::session::{Session, Trouble};
use super::side::{Digest, Side, identity};
use crate::copy::plan::TablePlan;
use crate::ddl::literal;

const KEPT: &str = "SELECT to_regclass('align.matched') IS NOT NULL AS matched, \
    to_regclass('align.kept') IS NOT NULL AS kept, to_regclass('align.copies') IS NOT NULL AND to_regclass('align.quarantine') IS NOT NULL AS quarantine";

/// What a copy has left in the target of a table's rows.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The source's keys of rows in quarantine.
    quarantined: Vec<Vec<String>>,
    /// Keys of rows that are in the target under another one.
    matched: Vec<(Vec<String>, Vec<String>)>,
    /// What gives the keys of rows that were there before the copy, which left them as they were.
    kept: Option<String>,
    /// Values that follow such rows, by the place of their field.
    follows: BTreeMap<usize, Vec<(String, String)>>,
}

/// Both sides of a table, without the rows that are accounted for.
#[derive(Debug)]
pub(super) struct Sides {
    pub(super) source: Side,
    pub(super) target: Side,
    /// Rows in quarantine.
    pub(super) quarantined: u64,
    /// Rows that are in the target under another key.
    pub(super) matched: u64,
    /// What gives the keys of rows that were there before the copy, which left them as they were.
    pub(super) kept: Option<String>,
    /// Other tables of the source whose rows are in the same one of the target.
    pub(super) others: Vec<Side>,
}

impl Known {
    /// The source's rows as the mapping makes them.
    pub(super) fn source(&self, plan: &TablePlan, digest: Digest) -> Side {
        Side::source(plan, digest, &self.follows)
    }

    /// Asks the target.
    pub(super) async fn read(
        target: &mut Session,
        plan: &TablePlan,
        pair: Option<&str>,
    ) -> Result<Self, Trouble> {
        let mut known = Self::default();
        let rows = target.rows(KEPT).await?;
        let (Some(row), Some(pair)) = (rows.first(), pair) else {
            return Ok(known);
        };
        let has = |name| {
            row.try_get::<bool, _>(name)
                .map_err(|error| Trouble::of(&error))
        };
        if has("quarantine")? {
            known.quarantined = quarantined(target, plan).await?;
        }
        if has("matched")? {
            if let [place] = identity(plan).as_slice() {
                let field = &plan.fields[*place];
                let table = plan.to.to_string();
                let pairs = matched(target, pair, &table, field.name.as_str(), &field.wire).await?;
                known.matched = pairs
                    .into_iter()
                    .map(|(from, to)| (vec![from], vec![to]))
                    .collect();
            }
            for reference in &plan.references {
                let ([place], [name]) =
                    (reference.fields.as_slice(), reference.referenced.as_slice())
                else {
                    continue;
                };
                if reference.is_carried {
                    let table = reference.table.to_string();
                    let wire = &plan.fields[*place].wire;
                    let pairs = matched(target, pair, &table, name.as_str(), wire).await?;
                    known.follows.insert(*place, pairs);
                }
            }
        }
        if has("kept")? && plan.primary.is_some() {
            let lines = format!(
                "FROM align.kept AS k WHERE k.pair = {} AND k.table_name = {} AND k.from_key",
                literal(pair),
                literal(&plan.to.to_string())
            );
            if identity(plan).len() > 1 {
                known.matched.extend(moved(target, plan, &lines).await?);
            }
            known.kept = Some(format!("SELECT k.from_key AS key {lines} = k.to_key"));
        }
        Ok(known)
    }

    /// Both sides of the table, without the rows that are accounted for.
    pub(super) async fn sides(
        &self,
        session: &mut Session,
        plan: &TablePlan,
        others: Vec<Side>,
        digest: Digest,
    ) -> Result<Sides, Trouble> {
        let mut source = self.source(plan, digest);
        let mut target = Side::target(plan, digest);
        let (mut quarantined, mut gone) = (0, Vec::new());
        if !self.quarantined.is_empty() {
            let key = plan.key.iter();
            let (columns, types): (Vec<String>, Vec<String>) = key
                .map(|key| (format!("(s.{})::{}", key.name, key.wire), key.wire.clone()))
                .unzip();
            let sql = source.keys_where(&columns, &types, &self.quarantined);
            let rows = session.rows(&sql).await?;
            quarantined = rows.len() as u64;
            for row in &rows {
                let key: Vec<Option<String>> =
                    row.try_get("key").map_err(|error| Trouble::of(&error))?;
                gone.extend(key.into_iter().collect::<Option<Vec<String>>>());
            }
            source.without(&columns, &types, &self.quarantined);
        }
        let from: Vec<Vec<String>> = self.matched.iter().map(|(from, _)| from.clone()).collect();
        let mut matched = 0;
        if !from.is_empty() {
            let found = session.keys(&source.having(&from)).await?;
            matched = found.len() as u64;
            source.without_keys(&from);
            let mut found: BTreeSet<Vec<String>> = found.into_iter().collect();
            for other in &others {
                found.extend(session.keys(&other.having(&from)).await?);
            }
            let there = self.matched.iter().filter(|(from, _)| found.contains(from));
            gone.extend(there.map(|(_, to)| to.clone()));
        }
        if !gone.is_empty() {
            // A key that another row of the source has is that row's, and not accounted for.
            let others = session.keys(&source.having(&gone)).await?;
            let others: BTreeSet<Vec<String>> = others.into_iter().collect();
            gone.retain(|key| !others.contains(key));
            target.without_keys(&gone);
        }
        Ok(Sides {
            source,
            target,
            quarantined,
            matched,
            kept: self.kept.clone(),
            others,
        })
    }
}

/// The source's keys of the rows that copies have put into quarantine, and that nobody has dealt with.
async fn quarantined(target: &mut Session, plan: &TablePlan) -> Result<Vec<Vec<String>>, Trouble> {
    let parts = plan.key.iter().map(|column| {
        let name = literal(column.name.as_str());
        format!("q.key ->> {name}")
    });
    let sql = format!(
        "SELECT DISTINCT ARRAY[{}] AS key FROM align.quarantine AS q WHERE q.resolved_at IS NULL AND q.table_name = {} \
         AND q.run IN (SELECT c.run::text FROM align.copies AS c)",
        parts.collect::<Vec<_>>().join(", "),
        literal(&plan.name)
    );
    target.keys(&sql).await
}

/// Under which key rows are in the target that have another one in the source. What is remembered of a
/// row that is gone, or that came under its own key since, holds no more.
async fn matched(
    target: &mut Session,
    pair: &str,
    table: &str,
    column: &str,
    wire: &str,
) -> Result<Vec<(String, String)>, Trouble> {
    let there = |value: &str| {
        let column = crate::schema::quote(column);
        format!("EXISTS (SELECT FROM {table} AS t WHERE (t.{column})::{wire} = m.{value}::{wire})")
    };
    let sql = format!(
        "SELECT ARRAY[m.from_value, m.to_value] AS key FROM align.matched AS m \
         WHERE m.pair = {} AND m.table_name = {} AND m.column_name = {} AND {} AND NOT {}",
        literal(pair),
        literal(table),
        literal(column),
        there("to_value"),
        there("from_value")
    );
    let rows = target.keys(&sql).await?;
    let pairs = rows.into_iter().filter_map(|row| {
        let [from, to] = <[String; 2]>::try_from(row).ok()?;
        Some((from, to))
    });
    Ok(pairs.collect())
}

/// Rows whose key has several columns, and another value in the target. What is remembered of a row that
/// is gone, or that came under its own key since, holds no more.
async fn moved(
    target: &mut Session,
    plan: &TablePlan,
    lines: &str,
) -> Result<Vec<(Vec<String>, Vec<String>)>, Trouble> {
    let sql = format!("SELECT k.from_key || k.to_key AS key {lines} <> k.to_key");
    let width = identity(plan).len();
    let pairs = target.keys(&sql).await?.into_iter();
    let mut pairs: Vec<(Vec<String>, Vec<String>)> = pairs
        .filter(|both| both.len() == 2 * width)
        .map(|mut from| {
            let to = from.split_off(width);
            (from, to)
        })
        .collect();
    if pairs.is_empty() {
        return Ok(pairs);
    }
    let side = Side::target(plan, Digest::Md5);
    let asked = pairs
        .iter()
        .flat_map(|(from, to)| [from.clone(), to.clone()]);
    let asked: Vec<Vec<String>> = asked.collect();
    let there = target.keys(&side.having(&asked)).await?;
    let there: BTreeSet<Vec<String>> = there.into_iter().collect();
    pairs.retain(|(from, to)| there.contains(to) && !there.contains(from));
    Ok(pairs)
}
