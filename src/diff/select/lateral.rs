//! A query of the other application as SQL: each embed one lateral join, as `PostgREST` runs it.

use super::query::{self, Item, Query};
use super::{Graph, Way};
use crate::mapping::TableRef;
use crate::schema::{Ident, Schema, Table};

/// The most rows that are asked for.
const LIMIT: u32 = 20;

/// The query as one SELECT over the schema's own names; `None` when it does not resolve. Only rows that
/// meet `only` are asked for, an SQL condition over the table's columns.
pub fn lateral(
    schema: &Schema,
    table: &TableRef,
    select: &str,
    only: Option<&str>,
) -> Option<String> {
    let graph = Graph::new(schema);
    let query = query::parse(select).ok()?;
    let is_exposed = table
        .namespace
        .as_ref()
        .is_none_or(|n| Some(n) == schema.home());
    let table = graph
        .tables
        .get(table.name.as_str())
        .filter(|_| is_exposed)?;
    let mut builder = Builder {
        graph: &graph,
        aliases: 0,
    };
    let whole = table.name.to_string();
    let from = match only {
        Some(only) => format!("(SELECT * FROM {whole} WHERE {only})"),
        None => whole,
    };
    let alias = builder.alias();
    let (columns, joins) = builder.parts(table, &alias, &query)?;
    Some(format!(
        "SELECT {columns} FROM {from} AS {alias}{joins} LIMIT {LIMIT}"
    ))
}

struct Builder<'g, 's> {
    graph: &'g Graph<'s>,
    aliases: usize,
}

impl Builder<'_, '_> {
    fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("t{}", self.aliases)
    }

    /// What is selected, and the joins that it needs.
    fn parts(&mut self, table: &Table, alias: &str, query: &Query) -> Option<(String, String)> {
        let (mut columns, mut joins) = (Vec::new(), Vec::new());
        for item in &query.items {
            match item {
                Item::All => columns.push(format!("{alias}.*")),
                Item::Aggregate => columns.push("count(*) OVER ()".to_owned()),
                Item::Column(name) => {
                    match table.columns.iter().find(|c| c.name.as_str() == name) {
                        Some(column) => columns.push(format!("{alias}.{}", column.name)),
                        None if name == "count" => columns.push("count(*) OVER ()".to_owned()),
                        None => return None,
                    }
                }
                Item::Embed {
                    target,
                    hint,
                    query,
                } => {
                    let mut ways = self.graph.ways(table, target);
                    if let Some(hint) = hint {
                        ways.retain(|way| way.is_hinted(hint));
                    }
                    let [way] = ways.as_slice() else { return None };
                    let embedded = self.alias();
                    let join = self.embed(way, alias, query)?;
                    joins.push(format!(" LEFT JOIN LATERAL ({join}) AS {embedded} ON true"));
                    columns.push(format!("{embedded}.rows"));
                }
            }
        }
        if columns.is_empty() {
            columns.push("1".to_owned());
        }
        Some((columns.join(", "), joins.concat()))
    }

    /// The rows at the other end of a way from `origin`, as one JSON array.
    fn embed(&mut self, way: &Way<'_>, origin: &str, query: &Query) -> Option<String> {
        let end = self.alias();
        let (columns, joins) = self.parts(way.end, &end, query)?;
        let (from, conditions) = match (way.keys.as_slice(), way.junction) {
            ([key], None) if way.forward => (
                String::new(),
                equal(&end, &key.referenced_columns, origin, &key.columns),
            ),
            ([key], None) => (
                String::new(),
                equal(&end, &key.columns, origin, &key.referenced_columns),
            ),
            ([near, far], Some(junction)) => {
                let between = self.alias();
                let mut on = equal(&between, &near.columns, origin, &near.referenced_columns);
                on.extend(equal(&end, &far.referenced_columns, &between, &far.columns));
                (format!("{} AS {between}, ", junction.name), on)
            }
            _ => return None,
        };
        let conditions = conditions.join(" AND ");
        let rows = self.alias();
        Some(format!(
            "SELECT json_agg({rows}) AS rows FROM (SELECT {columns} FROM {from}{} AS {end}{joins} WHERE {conditions}) AS {rows}",
            way.end.name
        ))
    }
}

fn equal(left: &str, lefts: &[Ident], right: &str, rights: &[Ident]) -> Vec<String> {
    let pairs = lefts.iter().zip(rights);
    pairs
        .map(|(a, b)| format!("{left}.{a} = {right}.{b}"))
        .collect()
}
