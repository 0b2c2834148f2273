//! Unique indexes over expressions, or over some of the rows of a table: rows that break one are judged as
//! those that break a unique key.

use super::super::plan::TablePlan;
use super::judge::{DUPLICATE, Judge};
use super::{Home, compared, is_new, keys, qualified};
use crate::ddl::literal;
use crate::schema::Ident;

/// A unique index of a target table, as its server prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UniqueIndex {
    /// What is unique.
    pub keys: Vec<String>,
    /// Which rows are in it.
    pub predicate: Option<String>,
    /// `NULLS NOT DISTINCT`
    pub nulls_not_distinct: bool,
    /// The columns that both read, each with what a row has that says nothing of it; `None` where that
    /// cannot be told beforehand.
    pub columns: Vec<(Ident, Option<String>)>,
}

impl Judge<'_> {
    /// New rows that are not alone in a unique index. One that rests on what only the server knows is
    /// left to it.
    pub(super) fn indexed(&self) -> Vec<String> {
        let indexes = self.indexes.iter();
        let steps = indexes.filter_map(|index| {
            let rows = rows(self.table, self.home, index)?;
            Some([self.in_index(index, &rows), self.twice(index, &rows)])
        });
        steps.flatten().collect()
    }

    /// Rows whose place in the index a row of the target has.
    fn in_index(&self, index: &UniqueIndex, rows: &str) -> String {
        let pairs = index.keys.iter().enumerate().map(|(n, key)| {
            let n = n + 1;
            if index.nulls_not_distinct {
                format!("({key}) IS NOT DISTINCT FROM x.x{n}")
            } else {
                format!("({key}) = x.x{n}")
            }
        });
        let predicate = index.predicate.iter().map(|test| format!("({test})"));
        let tests = pairs.chain(predicate).collect::<Vec<_>>().join(" AND ");
        format!(
            "INSERT INTO {} SELECT {}, {}, {}, {} FROM ({rows}) AS x WHERE EXISTS (SELECT FROM {} AS t WHERE {tests})",
            self.home.bad(self.table),
            keys(self.table, "x"),
            names(index),
            literal(DUPLICATE),
            shown(index),
            qualified(&self.table.to),
        )
    }

    /// Rows whose place an earlier one has; the first by the source's key is the one that goes.
    fn twice(&self, index: &UniqueIndex, rows: &str) -> String {
        let table = self.table;
        let places: Vec<String> = (1..=index.keys.len()).map(|n| format!("x.x{n}")).collect();
        let tests: Vec<String> = places.iter().map(|x| format!("{x} IS NOT NULL")).collect();
        let has_value = if index.nulls_not_distinct {
            "true".to_owned()
        } else {
            tests.join(" AND ")
        };
        format!(
            "INSERT INTO {} SELECT {}, {}, {}, r.shown FROM (SELECT {x_keys}, {} AS shown, row_number() OVER \
             (PARTITION BY {} ORDER BY {x_keys}) AS n FROM ({rows}) AS x WHERE {has_value}) AS r WHERE r.n > 1",
            self.home.bad(table),
            keys(table, "r"),
            names(index),
            literal(DUPLICATE),
            shown(index),
            places.join(", "),
            x_keys = keys(table, "x"),
        )
    }
}

/// The new rows that are in the index, with what is unique of them.
fn rows(table: &TablePlan, home: Home, index: &UniqueIndex) -> Option<String> {
    let row = index.columns.iter().map(|(name, otherwise)| {
        let place = table.fields.iter().position(|field| field.name == *name);
        let value = match place {
            Some(place) => compared(&table.fields[place], &format!("s.v{}", place + 1)),
            None => otherwise.clone()?,
        };
        Some(format!("{value} AS {name}"))
    });
    let row = row.collect::<Option<Vec<String>>>()?.join(", ");
    let is_in = index.predicate.as_deref().unwrap_or("true");
    let places = index.keys.iter().enumerate();
    // An expression may fail for rows that are not in the index.
    let places: Vec<String> = places
        .map(|(n, key)| format!("CASE WHEN {is_in} THEN {key} END AS x{}", n + 1))
        .collect();
    Some(format!(
        "SELECT {}, x.* FROM {} AS s CROSS JOIN LATERAL (SELECT ({is_in}) AS is_in, {} FROM (SELECT {row}) AS r OFFSET 0) AS x \
         WHERE s.codes IS NULL AND x.is_in AND {}",
        keys(table, "s"),
        home.stage(table),
        places.join(", "),
        is_new(table, home, "s")
    ))
}

fn names(index: &UniqueIndex) -> String {
    let names = index.columns.iter().map(|(name, _)| name.as_str());
    literal(&names.collect::<Vec<_>>().join(", "))
}

fn shown(index: &UniqueIndex) -> String {
    let shown = (1..=index.keys.len()).map(|n| format!("x.x{n}::text"));
    format!("concat_ws(', ', {})", shown.collect::<Vec<_>>().join(", "))
}
