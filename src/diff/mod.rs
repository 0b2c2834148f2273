//! How two schemas differ, under a mapping: [`compare`] is total, and trouble in a user's schema is
//! data in its result.
//!
//! The order of decisions: which table stands for which (`pairing`), which column stands for which
//! and what it earns (`column`), what else differs (`facts`, `object`), which queries of the
//! other application find their way (`select`), and what of all this blocks (`blocker`).

mod access;
mod blocker;
mod change;
mod column;
mod constraint;
mod conversion;
mod correspondence;
mod domain;
mod facts;
mod object;
mod pairing;
mod select;

use std::collections::BTreeSet;

pub use blocker::{Blocker, BlockerKind};
pub use change::{Change, Object, What};
pub use conversion::Conversion;
pub(crate) use conversion::{Typed, conversion};
pub(crate) use correspondence::near;
pub use correspondence::{CorrespondenceState, State};
pub(crate) use domain::restricts;
pub(crate) use facts::count;
pub use select::{SelectOutcome, SelectResult, lateral};

use crate::mapping::{At, Class, Mapping};
use crate::schema::{ColumnType, Facet, Ident, QualifiedName, Schema, Sighting};
pub(crate) use pairing::{Pairing, is_covered};

/// Everything two schemas differ in, and what was not compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// How much each side has.
    pub from: Size,
    /// How much each side has.
    pub to: Size,
    /// Every table of the to side in name order, then those that only the from side has.
    pub tables: Vec<TableComparison>,
    /// Differences that belong to no table.
    pub changes: Vec<Change>,
    /// The state of each accepted correspondence, in the mapping's order.
    pub correspondences: Vec<CorrespondenceState>,
    /// What the other application asks for, in the mapping's order.
    pub selects: Vec<SelectOutcome>,
    /// Facts that forbid a switch, by kind, table and column.
    pub blockers: Vec<Blocker>,
    /// What could not be compared, sorted.
    pub unknowns: Vec<Unknown>,
    /// What was seen on either side and is not part of the model, or could not be read.
    pub unmodelled: Vec<Unmodelled>,
}

/// How much a schema has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Tables that count.
    pub tables: usize,
    /// Their columns.
    pub columns: usize,
}

/// A table of the to side with its counterpart, or a table that only the from side has.
#[derive(Debug, Clone, PartialEq)]
pub struct TableComparison {
    /// As the to side calls it, or the from side when only that has it; without a home namespace.
    pub name: String,
    /// As the to side stores it; `None` when only the from side has it.
    pub to: Option<QualifiedName>,
    /// The counterpart as the from side stores it; `None` when only the to side has it.
    pub from: Option<QualifiedName>,
    /// The counterpart's name without a home namespace.
    pub from_name: Option<String>,
    /// The mapping's reason, when the mapping pairs the tables.
    pub why: Option<String>,
    /// A column of the to side each, in declared order; all are [`Class::Missing`] for a missing
    /// table, none for a table that only the from side has.
    pub columns: Vec<ColumnComparison>,
    /// Differences of the table and its columns, sorted by object. A missing table has one, for all of
    /// it.
    pub changes: Vec<Change>,
}

/// A column of the to side with its counterpart.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnComparison {
    /// The column.
    pub name: Ident,
    /// Its type.
    pub to_type: ColumnType,
    /// What the counterpart is.
    pub counterpart: Counterpart,
    /// What it earns, before the mapping's credits are applied.
    pub class: Class,
    /// What it would earn by its name alone.
    pub by_name: Class,
    /// Whether the class was stated in the mapping against what verb and types give.
    pub stated: bool,
    /// What becomes of a value by the types alone; `None` without a counterpart or when a rule makes
    /// the value.
    pub conversion: Option<Conversion>,
}

/// What stands on the from side for a column of the to side.
#[derive(Debug, Clone, PartialEq)]
pub enum Counterpart {
    /// A column of the same name; a rule may refine how its values go over.
    Same {
        /// Its type.
        from_type: ColumnType,
        /// The rule and its reason, when the mapping has one.
        rule: Option<RuleText>,
    },
    /// Columns that the mapping names; none for a constant.
    Mapped {
        /// Names within the paired table, or `table.column` for another table of the pair.
        from: Vec<String>,
        /// Their types.
        from_types: Vec<ColumnType>,
        /// The rule and its reason.
        rule: RuleText,
    },
    /// Nothing.
    None,
}

impl Counterpart {
    /// The types that the values come with, as SQL writes them.
    fn types(&self) -> String {
        let types = match self {
            Self::Same { from_type, .. } => std::slice::from_ref(from_type),
            Self::Mapped { from_types, .. } => from_types,
            Self::None => &[],
        };
        let types: Vec<String> = types.iter().map(ToString::to_string).collect();
        types.join(", ")
    }
}

/// A rule of the mapping in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleText {
    /// What becomes of the value; `rename` or `copy` without steps.
    pub text: String,
    /// The mapping's reason.
    pub why: Option<String>,
    /// Where it stands in the mapping file.
    pub at: At,
}

/// Something that could not be compared, and so is no difference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unknown {
    /// The table as the to side calls it; empty for a whole facet.
    pub table: String,
    /// The column, or the object's name; empty for a whole table or facet.
    pub name: String,
    /// What is not known, in words.
    pub message: String,
}

impl Unknown {
    /// The table, column or object that it is of; empty where the message names a whole facet itself.
    pub fn place(&self) -> String {
        match (self.table.as_str(), self.name.as_str()) {
            ("", name) if self.message.starts_with(name) => String::new(),
            ("", name) => name.to_owned(),
            (table, "") => table.to_owned(),
            (table, name) => format!("{table}.{name}"),
        }
    }
}

/// Something that was seen and not compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unmodelled {
    /// `from` or `to`.
    pub side: &'static str,
    /// Whether it could not be read, rather than read and not modelled.
    pub unreadable: bool,
    /// What was seen.
    pub sighting: Sighting,
}

/// Compares two schemas under a mapping.
pub fn compare(from: &Schema, to: &Schema, mapping: &Mapping) -> Comparison {
    let context = Context {
        from,
        to,
        mapping,
        pairing: Pairing::new(from, to, mapping),
    };
    let mut unknowns = BTreeSet::new();
    let mut tables: Vec<TableComparison> = context
        .pairing
        .targets
        .iter()
        .map(|&table| facts::target_table(&context, table, &mut unknowns))
        .collect();
    tables.extend(
        context
            .pairing
            .only_from()
            .map(|table| facts::only_from(&context, table)),
    );
    let changes = object::changes(&context, &mut unknowns);
    facet_unknowns(&context, &mut unknowns);
    let correspondences = correspondence::states(&context);
    let selects = select::outcomes(&context);
    let blockers = blocker::find(&context, &tables, &selects);
    Comparison {
        from: context.pairing.size_here(from),
        to: context.pairing.size_there(to),
        tables,
        changes,
        correspondences,
        selects,
        blockers,
        unknowns: unknowns.into_iter().collect(),
        unmodelled: unmodelled(from, to),
    }
}

impl Comparison {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.tables.iter().all(|t| t.changes.is_empty())
    }

    /// Every change, those of tables first, in the tables' order.
    pub fn all_changes(&self) -> impl Iterator<Item = &Change> {
        self.tables
            .iter()
            .flat_map(|t| &t.changes)
            .chain(&self.changes)
    }
}

/// Whether each accepted `[[column]]` fits the two schemas, in the mapping's order.
pub(crate) fn column_states(from: &Schema, to: &Schema, mapping: &Mapping) -> Vec<State> {
    let context = Context {
        from,
        to,
        mapping,
        pairing: Pairing::new(from, to, mapping),
    };
    let states = correspondence::states(&context).into_iter();
    states
        .filter(|state| !state.is_table)
        .map(|state| state.state)
        .collect()
}

/// What every part of a comparison looks at.
pub(crate) struct Context<'a> {
    pub(crate) from: &'a Schema,
    pub(crate) to: &'a Schema,
    pub(crate) mapping: &'a Mapping,
    pub(crate) pairing: Pairing<'a>,
}

impl Context<'_> {
    /// Whether both sides are able to state that kind of fact.
    pub(crate) fn both_say(&self, facet: Facet) -> bool {
        self.from.facets.contains(&facet) && self.to.facets.contains(&facet)
    }
}

fn facet_unknowns(context: &Context<'_>, unknowns: &mut BTreeSet<Unknown>) {
    for facet in Facet::ALL {
        let sides = [("the from side", context.from), ("the to side", context.to)];
        let silent: Vec<&str> = sides
            .iter()
            .filter(|(_, s)| !s.facets.contains(&facet))
            .map(|(name, _)| *name)
            .collect();
        if !silent.is_empty() {
            unknowns.insert(Unknown {
                table: String::new(),
                name: facet.label().to_owned(),
                message: format!(
                    "{} not compared: {} cannot say",
                    facet.label(),
                    silent.join(" and ")
                ),
            });
        }
    }
}

fn unmodelled(from: &Schema, to: &Schema) -> Vec<Unmodelled> {
    let side = |side, schema: &Schema| {
        let seen = schema
            .unmodelled
            .iter()
            .map(move |s| (side, false, s.clone()));
        seen.chain(
            schema
                .unreadable
                .iter()
                .map(move |s| (side, true, s.clone())),
        )
        .collect::<Vec<_>>()
    };
    let mut all: Vec<_> = side("from", from)
        .into_iter()
        .chain(side("to", to))
        .map(|(side, unreadable, sighting)| Unmodelled {
            side,
            unreadable,
            sighting,
        })
        .collect();
    all.sort();
    all
}
