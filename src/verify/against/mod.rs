//! Whether the rows of one database are those of another, through a mapping, without pulling them over.
//!
//! The source evaluates the mapping's expressions, the target reads what is there, and both give sums of
//! digests by range of keys, in one pass each, at the same time; of a large table two sessions read a half
//! each. Ranges that differ are divided until
//! their keys can be listed, and so the rows are known; of those alone the columns are looked at. Each
//! side is read in one snapshot, in a transaction that is read-only, by a role from which no row is hidden
//! silently.
//!
//! What a copy has left in the target is taken for what it is: a row in quarantine is counted as such, a
//! row that the target had under another key is found under that one, and what refers to it follows. Rows
//! that a copy found there and kept, and rows and columns that are not compared, are named as such.

mod known;
mod ranges;
mod rows;
mod session;
mod side;
mod told;

use std::time::{Duration, Instant};

use sqlx::Row;

use self::known::Known;
use self::session::{Session, Trouble};
use self::side::Digest;
use super::{Check, Finding, Section, Verdict, VerifyError};
use crate::copy::plan::TablePlan;
use crate::copy::{Plan, Planned};
use crate::schema::{Schema, Table};
use crate::source::postgres::ConnectOptions;

/// What is compared with what.
#[derive(Debug, Clone, Copy)]
pub struct Against<'a> {
    /// Where the rows came from.
    pub source: &'a ConnectOptions,
    /// Where they are to be.
    pub target: &'a ConnectOptions,
    /// What the ledger in the target calls the pair; `None` where no mapping lies between.
    pub pair: Option<&'a str>,
    /// The most that one question may take.
    pub budget: Duration,
    /// The most keys that are listed of one kind of difference in one table.
    pub keys: usize,
    /// Whether values may be shown.
    pub show_values: bool,
    /// Whether the target may have rows of its own.
    pub allow_extra: bool,
    /// Ranges of keys that differ are divided until they have no more rows than that.
    pub range_rows: u64,
    /// Whether the servers' own hash of bytes is used where both have the same.
    pub may_hash: bool,
}

/// How many keys of a range that differs are listed without dividing it further.
pub const RANGE_ROWS: u64 = 65_536;

/// Compares every table of the plan: one check a table.
///
/// # Errors
/// [`VerifyError`], when a connection cannot be had or is lost.
pub async fn check(against: &Against<'_>, plan: &Plan) -> Result<Vec<Check>, VerifyError> {
    let milliseconds = against.budget.as_millis();
    let (source, target) = tokio::join!(
        Session::open(against.source, milliseconds),
        Session::open(against.target, milliseconds)
    );
    let (mut source, mut target) = (source?, target?);
    let (here, there) = tokio::join!(source.hash(), target.hash());
    let digest = match (here, there) {
        (Some(here), Some(there)) if here == there && against.may_hash => Digest::Hash,
        _ => Digest::Md5,
    };
    let (here, there) = tokio::join!(
        source.begin(against.source, milliseconds),
        target.begin(against.target, milliseconds)
    );
    here.and(there)?;
    let mut checks = Vec::new();
    let tables = &plan.tables;
    for plan in tables {
        let begun = Instant::now();
        source.mark().await?;
        target.mark().await?;
        let both = (&mut source, &mut target);
        let mut check = match table(both, against, (plan, tables), digest).await {
            Ok(check) => check,
            Err(Trouble::Lost(error)) => return Err(error),
            Err(Trouble::Said(words)) => {
                source.back().await?;
                target.back().await?;
                let finding = Finding::new(format!("the rows cannot be compared: {words}"));
                Check::of(Section::Values, name(plan), 0, vec![finding])
            }
        };
        check.took = begun.elapsed();
        checks.push(check);
    }
    tokio::join!(source.close(), target.close());
    Ok(checks)
}

fn name(plan: &TablePlan) -> String {
    format!("rows of {} are in {}", plan.name, plan.target)
}

async fn table(
    (source, target): (&mut Session, &mut Session),
    against: &Against<'_>,
    (plan, tables): (&TablePlan, &[TablePlan]),
    digest: Digest,
) -> Result<Check, Trouble> {
    let left_out = left_out(source, plan).await?;
    let known = Known::read(target, plan, against.pair).await?;
    let mut others = Vec::new();
    for other in tables {
        if other.to == plan.to && other.from != plan.from {
            let known = Known::read(target, other, against.pair).await?;
            others.push(known.source(other, digest));
        }
    }
    let mut sides = known.sides(source, plan, others, digest).await?;
    let compared =
        ranges::compare((&mut *source, &mut *target), &mut sides, against.range_rows).await?;
    if sides.source.keys.is_empty() {
        let bag = compared.differing.iter();
        let bag = bag.map(|differing| told::bag(&sides, differing));
        let bag: Vec<Finding> = bag.collect();
        let is_bad = !bag.is_empty();
        let findings = bag.into_iter().chain(told::aside(plan, left_out)).collect();
        let check = Check::of(Section::Values, name(plan), compared.rows, findings);
        return Ok(judged(check, is_bad));
    }
    let both = (&mut *source, &mut *target);
    let differences = rows::list(both, &sides, &compared.differing, against.keys).await?;
    let both = (&mut *source, &mut *target);
    let keys = &differences.different.keys;
    let columns = rows::columns(both, &sides, keys, against.show_values).await?;
    let is_bad = differences.missing.total + differences.different.total > 0
        || differences.extra.total > 0 && !against.allow_extra;
    let mut findings = told::findings(&sides, &differences, &columns, against.allow_extra);
    findings.extend(told::aside(plan, left_out));
    let looked_at = compared.rows + sides.quarantined + sides.matched;
    let check = Check::of(Section::Values, name(plan), looked_at, findings);
    Ok(judged(check, is_bad))
}

async fn left_out(source: &mut Session, plan: &TablePlan) -> Result<u64, Trouble> {
    let Some(sql) = side::left_out(plan) else {
        return Ok(0);
    };
    let rows = source.rows(&sql).await?;
    let rows = rows.first().map(|row| row.try_get::<i64, _>("rows"));
    let rows = rows.transpose().map_err(|error| Trouble::of(&error))?;
    Ok(rows.unwrap_or_default().try_into().unwrap_or_default())
}

/// What is worth knowing is no failure.
fn judged(mut check: Check, is_bad: bool) -> Check {
    check.verdict = if is_bad {
        Verdict::Failed
    } else {
        Verdict::Passed
    };
    check
}

/// What two databases of one shape do not both have, and what could not be planned: one check each.
pub fn uneven(from: &Schema, to: &Schema, planned: &Planned) -> Vec<Check> {
    let mut checks = Vec::new();
    let mut lonely = Vec::new();
    for (schema, other, side) in [(from, to, "the source"), (to, from, "this database")] {
        let tables = schema.tables.iter();
        for table in tables.filter(|table| other.table(&table.name).is_none()) {
            let name = schema.show(&table.name);
            lonely.push(Finding::new(format!("{name} is in {side} alone")));
        }
    }
    let tables = from.tables.len() as u64;
    checks.push(Check::of(
        Section::Values,
        "both have the same tables",
        tables,
        lonely,
    ));
    let mut columns = Vec::new();
    for table in &from.tables {
        let Some(other) = to.table(&table.name) else {
            continue;
        };
        let name = from.show(&table.name);
        columns.extend(alone(table, other, &name, "the source"));
        columns.extend(alone(other, table, &name, "this database"));
    }
    checks.push(Check::of(
        Section::Values,
        "their tables have the same columns",
        tables,
        columns,
    ));
    for (table, trouble) in &planned.left_out {
        let name = format!("rows of {table} are in {table}");
        let finding = Finding::new(trouble.message.clone());
        checks.push(Check::of(Section::Values, name, 0, vec![finding]));
    }
    checks
}

fn alone(table: &Table, other: &Table, name: &str, side: &str) -> Vec<Finding> {
    let columns = table.columns.iter();
    let columns = columns.filter(|column| other.column(&column.name).is_none());
    columns
        .map(|column| Finding::new(format!("{name}.{} is in {side} alone", column.name)))
        .collect()
}
