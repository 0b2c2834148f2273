//! Whether the other application's queries find their way, by `PostgREST`'s rules of resolution.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::Context;
use crate::mapping::{At, ExpectSelect};
use crate::schema::{Facet, ForeignKey, Ident, Schema, Table};

mod lateral;
mod query;

pub use lateral::lateral;
use query::{Item, Query};

/// A query of the other application and whether the from side answers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectOutcome {
    /// The table it starts from, as the mapping names it.
    pub table: String,
    /// The query.
    pub select: String,
    /// What comes of it: [`SelectResult::Resolved`], or the first thing that stands against it in the
    /// query's own order.
    pub result: SelectResult,
    /// What else stands against it.
    pub also: Vec<SelectResult>,
    /// Why it cannot work, said beforehand in the mapping.
    pub known_failure: Option<String>,
    /// Where it stands in the mapping file.
    pub at: At,
}

/// What comes of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SelectResult {
    /// It is answered.
    Resolved,
    /// A table it names is not there; the name as the to side calls it.
    MissingTable(String),
    /// A column it names is not there; `table.column`, by the query's order.
    MissingColumn(String),
    /// No foreign key leads from one table to the other (`PGRST200`).
    NoWay {
        /// Where it comes from.
        origin: String,
        /// What it asks for.
        target: String,
    },
    /// More than one foreign key does (`PGRST201`).
    ManyWays {
        /// Where it comes from.
        origin: String,
        /// What it asks for.
        target: String,
        /// The constraints, sorted.
        ways: Vec<String>,
    },
    /// The query itself cannot be read; the reason.
    Unreadable(String),
}

/// What comes of every query, in the mapping's order. A side that cannot say foreign keys answers
/// nothing, and then no outcome is given.
pub(crate) fn outcomes(context: &Context<'_>) -> Vec<SelectOutcome> {
    if !context.from.facets.contains(&Facet::ForeignKeys) {
        return Vec::new();
    }
    let graph = Graph::new(context.from);
    context
        .mapping
        .expect_selects
        .iter()
        .map(|expected| outcome(&graph, context.from, expected))
        .collect()
}

fn outcome(graph: &Graph<'_>, schema: &Schema, expected: &ExpectSelect) -> SelectOutcome {
    let mut problems = match query::parse(&expected.select) {
        Err(reason) => vec![SelectResult::Unreadable(reason)],
        Ok(query) => {
            let mut problems = Vec::new();
            let is_exposed = expected
                .table
                .namespace
                .as_ref()
                .is_none_or(|n| Some(n) == schema.home());
            match graph
                .tables
                .get(expected.table.name.as_str())
                .filter(|_| is_exposed)
            {
                Some(table) => graph.walk(table, &query, &mut problems),
                None => problems.push(SelectResult::MissingTable(expected.table.to_string())),
            }
            problems
        }
    };
    let result = if problems.is_empty() {
        SelectResult::Resolved
    } else {
        problems.remove(0)
    };
    SelectOutcome {
        table: expected.table.to_string(),
        select: expected.select.clone(),
        result,
        also: problems,
        known_failure: expected.known_failure.clone(),
        at: expected.at,
    }
}

impl fmt::Display for SelectResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resolved => f.write_str("answered"),
            Self::MissingTable(table) => write!(f, "no table `{table}`"),
            Self::MissingColumn(column) => write!(f, "no column `{column}`"),
            Self::NoWay { origin, target } => {
                write!(f, "no foreign key leads from `{origin}` to `{target}`")
            }
            Self::ManyWays {
                origin,
                target,
                ways,
            } => write!(
                f,
                "{} foreign keys lead from `{origin}` to `{target}`: {}",
                ways.len(),
                ways.join(", ")
            ),
            Self::Unreadable(reason) => write!(f, "cannot be read: {reason}"),
        }
    }
}

impl SelectOutcome {
    /// Everything that stands against it.
    pub fn problems(&self) -> impl Iterator<Item = &SelectResult> {
        std::iter::once(&self.result)
            .chain(&self.also)
            .filter(|r| **r != SelectResult::Resolved)
    }
}

/// The tables of the exposed namespace and the foreign keys between them. Keys that lead out of it are
/// invisible, as they are to `PostgREST`.
struct Graph<'a> {
    tables: BTreeMap<&'a str, &'a Table>,
    /// Keys by the tables at their two ends.
    edges: Vec<Edge<'a>>,
}

#[derive(Clone, Copy)]
struct Edge<'a> {
    origin: &'a Table,
    key: &'a ForeignKey,
    target: &'a Table,
}

/// One way from a table to another.
struct Way<'a> {
    /// The constraints it goes by.
    keys: Vec<&'a ForeignKey>,
    /// The junction between, for many to many.
    junction: Option<&'a Table>,
    end: &'a Table,
    /// Whether the one key is the origin's own.
    forward: bool,
}

impl Way<'_> {
    fn label(&self) -> String {
        self.keys
            .iter()
            .map(|key| key.name.to_string())
            .collect::<Vec<_>>()
            .join(" + ")
    }

    /// Whether a hint after `!` means this way: a constraint, a column of it, or the junction.
    fn is_hinted(&self, hint: &str) -> bool {
        self.junction
            .is_some_and(|table| table.name.name.as_str() == hint)
            || self.keys.iter().any(|key| {
                let one =
                    |columns: &[Ident]| matches!(columns, [column] if column.as_str() == hint);
                key.name.as_str() == hint || one(&key.columns) || one(&key.referenced_columns)
            })
    }
}

impl<'a> Graph<'a> {
    fn new(schema: &'a Schema) -> Self {
        let home = schema.home();
        let tables: BTreeMap<&str, &Table> = schema
            .tables
            .iter()
            .filter(|t| Some(&t.name.namespace) == home)
            .map(|t| (t.name.name.as_str(), t))
            .collect();
        let edges = tables
            .values()
            .flat_map(|origin| origin.foreign_keys.iter().map(move |key| (*origin, key)))
            .filter_map(|(origin, key)| {
                let target = tables
                    .get(key.references.name.as_str())
                    .filter(|t| t.name == key.references)?;
                Some(Edge {
                    origin,
                    key,
                    target,
                })
            })
            .collect();
        Self { tables, edges }
    }

    fn walk(&self, table: &'a Table, query: &Query, problems: &mut Vec<SelectResult>) {
        for item in &query.items {
            match item {
                Item::All | Item::Aggregate => {}
                Item::Column(name) => {
                    let is_count = name == "count";
                    if !is_count && !table.columns.iter().any(|c| c.name.as_str() == name) {
                        problems.push(SelectResult::MissingColumn(format!(
                            "{}.{name}",
                            table.name.name
                        )));
                    }
                }
                Item::Embed {
                    target,
                    hint,
                    query,
                } => self.embed(table, target, hint.as_deref(), query, problems),
            }
        }
    }

    fn embed(
        &self,
        origin: &'a Table,
        target: &str,
        hint: Option<&str>,
        query: &Query,
        problems: &mut Vec<SelectResult>,
    ) {
        let mut ways = self.ways(origin, target);
        if let Some(hint) = hint {
            ways.retain(|way| way.is_hinted(hint));
        }
        let origin_name = origin.name.name.to_string();
        let asked = hint.map_or_else(|| target.to_owned(), |hint| format!("{target}!{hint}"));
        match ways.as_slice() {
            [way] => self.walk(way.end, query, problems),
            [] => {
                let is_column = origin.columns.iter().any(|c| c.name.as_str() == target);
                let is_known = self.tables.contains_key(target) || is_column;
                problems.push(if is_known || looks_like_key(origin, target) {
                    SelectResult::NoWay {
                        origin: origin_name,
                        target: asked,
                    }
                } else {
                    SelectResult::MissingTable(target.to_owned())
                });
            }
            several => {
                let ways: BTreeSet<String> = several.iter().map(Way::label).collect();
                problems.push(SelectResult::ManyWays {
                    origin: origin_name,
                    target: asked,
                    ways: ways.into_iter().collect(),
                });
            }
        }
    }

    /// Every way from a table to what is asked for: a table, a constraint, or a column with a key.
    fn ways(&self, origin: &'a Table, target: &str) -> Vec<Way<'a>> {
        let mut ways = Vec::new();
        for edge in &self.edges {
            let named = edge.key.name.as_str() == target;
            let by_column =
                matches!(edge.key.columns.as_slice(), [column] if column.as_str() == target);
            if edge.origin.name == origin.name
                && (named || by_column || edge.target.name.name.as_str() == target)
            {
                ways.push(Way {
                    keys: vec![edge.key],
                    junction: None,
                    end: edge.target,
                    forward: true,
                });
            }
            if edge.target.name == origin.name
                && (named || edge.origin.name.name.as_str() == target)
            {
                ways.push(Way {
                    keys: vec![edge.key],
                    junction: None,
                    end: edge.origin,
                    forward: false,
                });
            }
        }
        ways.extend(self.many_to_many(origin, target));
        ways
    }

    fn many_to_many(&self, origin: &'a Table, target: &str) -> Vec<Way<'a>> {
        let to_origin = self
            .edges
            .iter()
            .filter(|edge| edge.target.name == origin.name);
        let mut ways = Vec::new();
        for first in to_origin {
            let junction = first.origin;
            for second in self
                .edges
                .iter()
                .filter(|edge| edge.origin.name == junction.name)
            {
                let is_other = second.key.name != first.key.name;
                let is_asked = second.target.name.name.as_str() == target;
                if is_other && is_asked && holds_both(junction, first.key, second.key) {
                    ways.push(Way {
                        keys: vec![first.key, second.key],
                        junction: Some(junction),
                        end: second.target,
                        forward: false,
                    });
                }
            }
        }
        ways
    }
}

/// A junction is a table whose primary key holds both foreign keys.
fn holds_both(junction: &Table, a: &ForeignKey, b: &ForeignKey) -> bool {
    junction.primary_key.as_ref().is_some_and(|key| {
        a.columns
            .iter()
            .chain(&b.columns)
            .all(|column| key.columns.contains(column))
    })
}

/// A word after which a key is asked for, such as `user_id`, is no table that is missing.
fn looks_like_key(origin: &Table, target: &str) -> bool {
    target.ends_with("_id") || target.starts_with(&format!("{}_", origin.name.name.as_str()))
}
