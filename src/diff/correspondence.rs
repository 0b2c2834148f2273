//! Whether each correspondence of the mapping fits the two schemas at hand.

use super::Context;
use super::conversion::{Typed, conversion};
use super::domain::restricts;
use crate::mapping::{
    At, ColumnCorrespondence, ColumnRef, Rule, Status, TableCorrespondence, TableRef,
};
use crate::schema::Table;

/// A correspondence of the mapping, seen on two schemas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorrespondenceState {
    /// The from columns or the from table, as the mapping names them, joined by `, `.
    pub from: String,
    /// The to columns or the to table, as the mapping names them; empty for what is kept, archived or
    /// dropped.
    pub to: String,
    /// Whether it is between tables.
    pub is_table: bool,
    /// Whether it fits.
    pub state: State,
    /// Where it stands in the mapping file.
    pub at: At,
}

/// Whether a correspondence fits two schemas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// The from side has `from` and lacks `to`: it is still to be done.
    Open,
    /// The from side has `to` already; or what is kept is there, and what is archived or dropped is
    /// gone.
    Applied,
    /// A column to keep is not there, so there is nothing to keep.
    Idle,
    /// The from side has neither, or the to side does not have `to`.
    Stale {
        /// What is not there, and where.
        missing: String,
        /// Names like it that are there, nearest first, at most 3.
        near: Vec<String>,
    },
}

/// The state of every accepted correspondence, tables first, each in the mapping's order.
pub(crate) fn states(context: &Context<'_>) -> Vec<CorrespondenceState> {
    let tables = context
        .mapping
        .tables
        .iter()
        .filter(|t| t.status == Status::Accepted)
        .map(|by| CorrespondenceState {
            from: by.from.to_string(),
            to: by.to.to_string(),
            is_table: true,
            state: table_state(context, by),
            at: by.at,
        });
    let columns = context
        .mapping
        .accepted_columns()
        .map(|by| CorrespondenceState {
            from: joined(&by.from),
            to: joined(&by.to),
            is_table: false,
            state: column_state(context, by),
            at: by.at,
        });
    tables.chain(columns).collect()
}

fn joined(columns: &[ColumnRef]) -> String {
    columns
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

fn table_state(context: &Context<'_>, by: &TableCorrespondence) -> State {
    let pairing = &context.pairing;
    let Some(target) = pairing.target(&by.to) else {
        return stale_table(context, &by.to, Side::To);
    };
    let has_to = pairing
        .sources
        .iter()
        .any(|s| pairing.translate(&s.name) == target.name && s.name.name == target.name.name);
    match (pairing.source(&by.from), has_to) {
        (_, true) => State::Applied,
        (Some(_), false) => State::Open,
        (None, false) => stale_table(context, &by.from, Side::From),
    }
}

fn column_state(context: &Context<'_>, by: &ColumnCorrespondence) -> State {
    let pairing = &context.pairing;
    for to in &by.to {
        let Some(table) = pairing.target(&to.table) else {
            return stale_table(context, &to.table, Side::To);
        };
        if table.column(&to.name).is_none() {
            return stale_column(to, table, Side::To);
        }
    }
    if !by.to.is_empty() && by.to.iter().all(|to| is_there(context, to)) {
        return State::Applied;
    }
    if by.rule == Rule::Keep || by.to.is_empty() {
        return kept_state(context, by);
    }
    for from in &by.from {
        let Some(table) = pairing.source(&from.table) else {
            return stale_table(context, &from.table, Side::From);
        };
        if table.column(&from.name).is_none() {
            return stale_column(from, table, Side::From);
        }
    }
    State::Open
}

fn kept_state(context: &Context<'_>, by: &ColumnCorrespondence) -> State {
    let is_here = by.from.iter().all(|from| {
        context
            .pairing
            .source(&from.table)
            .is_some_and(|table| table.column(&from.name).is_some())
    });
    match (&by.rule, is_here) {
        (Rule::Keep, true) | (Rule::Archive | Rule::Drop { .. }, false) => State::Applied,
        (Rule::Keep, false) => State::Idle,
        _ => State::Open,
    }
}

/// Whether the from side already has a target column, in a shape that takes every value of its own.
fn is_there(context: &Context<'_>, to: &ColumnRef) -> bool {
    let Some(target) = context.pairing.target(&to.table) else {
        return false;
    };
    let Some(wanted) = target.column(&to.name) else {
        return false;
    };
    let Some(pair) = context
        .pairing
        .of(&target.name)
        .filter(|pair| pair.by.is_none())
    else {
        return false;
    };
    pair.from.column(&to.name).is_some_and(|have| {
        let from = Typed {
            ty: &have.ty,
            schema: context.from,
        };
        conversion(
            from,
            Typed {
                ty: &wanted.ty,
                schema: context.to,
            },
        )
        .is_compatible()
            && !restricts(
                (context.from, pair.from, have),
                (context.to, target, wanted),
            )
    })
}

/// Where something is missing.
#[derive(Debug, Clone, Copy)]
enum Side {
    From,
    To,
}

impl Side {
    fn word(self) -> &'static str {
        match self {
            Self::From => "from",
            Self::To => "to",
        }
    }
}

fn stale_table(context: &Context<'_>, name: &TableRef, side: Side) -> State {
    let (schema, tables) = match side {
        Side::From => (context.from, &context.pairing.sources),
        Side::To => (context.to, &context.pairing.targets),
    };
    let names = tables.iter().map(|t| schema.show(&t.name));
    State::Stale {
        missing: format!("the {} side has no table `{name}`", side.word()),
        near: near(&name.to_string(), names),
    }
}

fn stale_column(name: &ColumnRef, table: &Table, side: Side) -> State {
    let names = table.columns.iter().map(|c| c.name.to_string());
    State::Stale {
        missing: format!("the {} side has no column `{name}`", side.word()),
        near: near(&name.name.to_string(), names),
    }
}

/// Names like the wanted one, nearest first, at most 3.
pub(crate) fn near(wanted: &str, names: impl Iterator<Item = String>) -> Vec<String> {
    let mut scored: Vec<(f64, String)> = names
        .map(|name| (likeness(wanted, &name), name))
        .filter(|(likeness, _)| *likeness > 0.72)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    scored.into_iter().take(3).map(|(_, name)| name).collect()
}

/// Jaro-Winkler, or more where one name holds the other.
fn likeness(a: &str, b: &str) -> f64 {
    let contained = a.len().min(b.len()) >= 3 && (a.contains(b) || b.contains(a));
    strsim::jaro_winkler(a, b).max(if contained { 0.9 } else { 0.0 })
}
