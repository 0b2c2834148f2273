//! The plan of a copy between two servers, for whoever only wants to look at its rows.

use std::collections::BTreeSet;

use super::error::CopyError;
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

/// Asks both servers what a plan rests on, and makes it. With `each`, tables need no key, and one for
/// which there is no plan does not stand in the way of the others. `only` are tables of the from side; empty
/// is every table. Changes nothing.
///
/// # Errors
/// [`CopyError`].
pub async fn planned(
    (from, to): (&ConnectOptions, &ConnectOptions),
    (from_schema, to_schema): (&Schema, &Schema),
    mapping: &Mapping,
    (each, only): (bool, &[TableRef]),
    control: &Control,
) -> Result<Planned, CopyError> {
    let name = "align verify";
    let mut source = Link::open(from, control, name).await?;
    let mut target = Link::open(to, control, name).await?;
    let same_database = identity(&mut source).await? == identity(&mut target).await?;
    let found = if same_database {
        std::collections::BTreeMap::new()
    } else {
        lookup_tables(&mut target, mapping, to_schema).await?
    };
    source.close().await;
    target.close().await;
    let lookups = Known {
        mapping,
        to: to_schema,
        tables: &found,
        is_one_database: same_database,
    };
    let mut wishes = Wishes {
        same_database,
        only_reads: each,
        only: only.to_vec(),
        ..Wishes::default()
    };
    let troubles = match plan(from_schema, to_schema, mapping, &wishes, &lookups) {
        Ok(mut plan) => {
            plan.tables.retain(|table| is_whole(from_schema, table));
            return Ok(Planned {
                plan,
                left_out: Vec::new(),
            });
        }
        Err(troubles) => troubles,
    };
    let home = from_schema.home().map_or("public", Ident::as_str);
    let is_named = |name: &QualifiedName| {
        let name = TableRef {
            namespace: Some(name.namespace.clone()),
            name: name.name.clone(),
        };
        only.iter().position(|wanted| wanted.is_same(&name, home))
    };
    let tables = from_schema.tables.iter();
    let named: BTreeSet<usize> = tables.filter_map(|table| is_named(&table.name)).collect();
    if !each || named.len() < only.len() {
        return Err(CopyError::Plan(troubles));
    }
    let mut planned = Planned {
        plan: Plan {
            tables: Vec::new(),
            units: Vec::new(),
            notes: Vec::new(),
        },
        left_out: Vec::new(),
    };
    for table in &from_schema.tables {
        let is_wanted = only.is_empty() || is_named(&table.name).is_some();
        if !is_wanted || to_schema.table(&table.name).is_none() {
            continue;
        }
        wishes.only = vec![TableRef {
            namespace: Some(table.name.namespace.clone()),
            name: table.name.name.clone(),
        }];
        match plan(from_schema, to_schema, mapping, &wishes, &lookups) {
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
    Ok(planned)
}

/// Rows of a partition are those of its table.
fn is_whole(from: &Schema, plan: &TablePlan) -> bool {
    let table = from.table(&plan.from);
    table.is_none_or(|table| !matches!(table.kind, TableKind::Partition { .. }))
}
