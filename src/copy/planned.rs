//! The plan of a copy between two servers, for whoever only wants to look at its rows.

use std::collections::BTreeSet;

use super::error::CopyError;
use super::ledger;
use super::link::Link;
use super::open::{Known, identity, lookup_tables};
use super::plan::{Plan, TablePlan, Trouble, Wishes, plan};
use crate::mapping::{Mapping, TableRef};
use crate::migrate::Control;
use crate::schema::{Ident, QualifiedName, Schema, TableKind};
use crate::source::postgres::ConnectOptions;

/// What a copy between two databases would do.
#[derive(Debug)]
pub struct Planned {
    /// The tables.
    pub plan: Plan,
    /// Tables for which there is no plan, and why.
    pub left_out: Vec<(String, Trouble)>,
}

/// Which rows are looked at.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// What the ledger of copies calls the pair. Where `conditions` say nothing of a table, and every copy of
    /// the pair was of a part of its rows, these are the rows.
    pub pair: Option<&'a str>,
    /// SQL conditions over the rows of a table of the from side.
    pub conditions: &'a [(TableRef, String)],
    /// Tables of the from side; empty is every table.
    pub only: &'a [TableRef],
    /// Whether tables need no key, and one for which there is no plan does not stand in the way of the
    /// others.
    pub each: bool,
}

/// Asks both servers what a plan rests on, and makes it. Changes nothing.
///
/// # Errors
/// [`CopyError`].
pub async fn planned(
    (from, to): (&ConnectOptions, &ConnectOptions),
    (from_schema, to_schema): (&Schema, &Schema),
    mapping: &Mapping,
    asked: &Asked<'_>,
    control: &Control,
) -> Result<Planned, CopyError> {
    let name = "align verify";
    let mut source = Link::open(from, control, name).await?;
    let mut target = Link::open(to, control, name).await?;
    let here = identity(&mut source).await?;
    let same_database = here == identity(&mut target).await?;
    let found = if same_database {
        std::collections::BTreeMap::new()
    } else {
        lookup_tables(&mut target, mapping, to_schema).await?
    };
    source.close().await;
    let lookups = Known {
        mapping,
        to: to_schema,
        tables: &found,
        is_one_database: same_database,
    };
    let wishes = Wishes {
        same_database,
        only_reads: asked.each,
        conditions: asked.conditions.to_vec(),
        only: asked.only.to_vec(),
        ..Wishes::default()
    };
    let mut planned = match plan(from_schema, to_schema, mapping, &wishes, &lookups) {
        Ok(mut plan) => {
            plan.tables.retain(|table| is_whole(from_schema, table));
            Planned {
                plan,
                left_out: Vec::new(),
            }
        }
        Err(_) if asked.each && are_there(from_schema, asked.only) => {
            one_by_one((from_schema, to_schema), mapping, wishes, &lookups)
        }
        Err(troubles) => return Err(CopyError::Plan(troubles)),
    };
    if let Some(pair) = asked.pair {
        for table in &mut planned.plan.tables {
            if table.asked().is_some() {
                continue;
            }
            if let Some(condition) = ledger::asked(&mut target, (pair, &here.text), table).await? {
                planned.plan.notes.push(format!(
                    "`{}`: the rows that were asked of `align copy`; name others with `--where`",
                    table.name
                ));
                table.conditions.push(condition);
            }
        }
    }
    target.close().await;
    Ok(planned)
}

/// Which of the wanted tables that one is.
fn which(from: &Schema, only: &[TableRef], name: &QualifiedName) -> Option<usize> {
    let home = from.home().map_or("public", Ident::as_str);
    let name = TableRef {
        namespace: Some(name.namespace.clone()),
        name: name.name.clone(),
    };
    only.iter().position(|wanted| wanted.is_same(&name, home))
}

fn are_there(from: &Schema, only: &[TableRef]) -> bool {
    let tables = from.tables.iter();
    let found: BTreeSet<usize> = tables
        .filter_map(|table| which(from, only, &table.name))
        .collect();
    found.len() == only.len()
}

/// A plan for every table that has one, and is wanted.
fn one_by_one(
    (from_schema, to_schema): (&Schema, &Schema),
    mapping: &Mapping,
    mut wishes: Wishes,
    lookups: &Known<'_>,
) -> Planned {
    let only = std::mem::take(&mut wishes.only);
    let mut planned = Planned {
        plan: Plan {
            tables: Vec::new(),
            units: Vec::new(),
            notes: Vec::new(),
        },
        left_out: Vec::new(),
    };
    for table in &from_schema.tables {
        let is_wanted = only.is_empty() || which(from_schema, &only, &table.name).is_some();
        if !is_wanted || to_schema.table(&table.name).is_none() {
            continue;
        }
        wishes.only = vec![TableRef {
            namespace: Some(table.name.namespace.clone()),
            name: table.name.name.clone(),
        }];
        match plan(from_schema, to_schema, mapping, &wishes, lookups) {
            Ok(one) => {
                let tables = one.tables.into_iter();
                let whole = tables.filter(|table| is_whole(from_schema, table));
                planned.plan.tables.extend(whole);
            }
            Err(troubles) => {
                let name = from_schema.show(&table.name);
                let troubles = troubles.into_iter();
                planned
                    .left_out
                    .extend(troubles.map(|trouble| (name.clone(), trouble)));
            }
        }
    }
    planned
}

/// Rows of a partition are those of its table.
fn is_whole(from: &Schema, plan: &TablePlan) -> bool {
    let table = from.table(&plan.from);
    table.is_none_or(|table| !matches!(table.kind, TableKind::Partition { .. }))
}
