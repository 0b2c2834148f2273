//! Unique indexes over expressions, or over some of the rows of a table: rows that break one are judged as
//! those that break a unique key. So are rows that are there and would be brought up to such a key.

use super::super::plan::Unique;
use super::judge::{DUPLICATE, Judge};
use super::{Conflict, compared, field_names, is_new, keys, qualified, same_key};
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
    /// Rows that are not alone in a unique index. One that rests on what only the server knows is left to
    /// it.
    pub(super) fn indexed(&self) -> Vec<String> {
        let indexes = self.indexes.iter();
        indexes
            .filter_map(|index| self.alone(index))
            .flatten()
            .collect()
    }

    /// Rows, new ones and others, that would not be alone with a unique key; `None` where only new rows
    /// get one.
    pub(super) fn changing(&self, unique: &Unique) -> Option<[String; 2]> {
        let table = self.table;
        let primary = table.primary.as_ref()?;
        let is_fixed = |place: &usize| table.fields[*place].is_identity || primary.contains(place);
        if self.conflict != Conflict::Update || unique.fields.iter().any(is_fixed) {
            return None;
        }
        let columns = unique.fields.iter();
        self.alone(&UniqueIndex {
            keys: field_names(table, &unique.fields),
            predicate: None,
            nulls_not_distinct: unique.nulls_not_distinct,
            columns: columns
                .map(|place| (table.fields[*place].name.clone(), None))
                .collect(),
        })
    }

    fn alone(&self, index: &UniqueIndex) -> Option<[String; 2]> {
        let rows = self.in_index(index)?;
        Some([self.taken_in(index, &rows), self.twice_in(index, &rows)])
    }

    /// The key of the target's row that a row is, as [`Self::in_index`] calls it.
    fn own_key(&self) -> Option<Vec<(String, String)>> {
        let table = self.table;
        let primary = table.primary.as_ref()?;
        let names = field_names(table, primary).into_iter().zip(primary);
        (self.conflict == Conflict::Update && !primary.is_empty()).then(|| {
            names
                .map(|(name, place)| (name, format!("t{}", place + 1)))
                .collect()
        })
    }

    /// Rows whose place in the index another row of the target has.
    fn taken_in(&self, index: &UniqueIndex, rows: &str) -> String {
        let pairs = index.keys.iter().enumerate().map(|(n, key)| {
            let n = n + 1;
            if index.nulls_not_distinct {
                format!("({key}) IS NOT DISTINCT FROM x.x{n}")
            } else {
                format!("({key}) = x.x{n}")
            }
        });
        let predicate = index.predicate.iter().map(|test| format!("({test})"));
        let other = self.own_key().map(|key| {
            let pairs = key
                .iter()
                .map(|(name, place)| format!("t.{name}::text = x.{place}::text"));
            let pairs = pairs.collect::<Vec<_>>().join(" AND ");
            format!("({pairs}) IS NOT TRUE")
        });
        let tests = pairs.chain(predicate).chain(other);
        format!(
            "INSERT INTO {} SELECT {}, {}, {}, {} FROM ({rows}) AS x WHERE EXISTS (SELECT FROM {} AS t WHERE {})",
            self.home.bad(self.table),
            keys(self.table, "x"),
            names(index),
            literal(DUPLICATE),
            shown(index),
            qualified(&self.table.to),
            tests.collect::<Vec<_>>().join(" AND "),
        )
    }

    /// Rows whose place an earlier one has; a row that is there, or else the first by the source's key, is
    /// the one that goes.
    fn twice_in(&self, index: &UniqueIndex, rows: &str) -> String {
        let table = self.table;
        let places: Vec<String> = (1..=index.keys.len()).map(|n| format!("x.x{n}")).collect();
        let tests: Vec<String> = places.iter().map(|x| format!("{x} IS NOT NULL")).collect();
        let has_value = if index.nulls_not_distinct {
            "true".to_owned()
        } else {
            tests.join(" AND ")
        };
        let first = match self.own_key().as_deref() {
            Some([(_, place), ..]) => format!("x.{place} IS NULL, "),
            Some([]) | None => String::new(),
        };
        format!(
            "INSERT INTO {} SELECT {}, {}, {}, r.shown FROM (SELECT {x_keys}, {} AS shown, row_number() OVER \
             (PARTITION BY {} ORDER BY {first}{x_keys}) AS n FROM ({rows}) AS x WHERE {has_value}) AS r WHERE r.n > 1",
            self.home.bad(table),
            keys(table, "r"),
            names(index),
            literal(DUPLICATE),
            shown(index),
            places.join(", "),
            x_keys = keys(table, "x"),
        )
    }

    /// The rows to be written that are in the index, with what is unique of them.
    fn in_index(&self, index: &UniqueIndex) -> Option<String> {
        let (table, home) = (self.table, self.home);
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
        let (own, join, written) = match self.own_key() {
            Some(key) => (
                key.iter()
                    .map(|(_, place)| format!(", m.{place}"))
                    .collect(),
                format!(
                    " LEFT JOIN {} AS m ON {}",
                    home.matched(table),
                    same_key(table, "m", "s")
                ),
                format!(
                    "NOT EXISTS (SELECT FROM {} AS b WHERE {})",
                    home.bad(table),
                    same_key(table, "b", "s")
                ),
            ),
            None => (String::new(), String::new(), is_new(table, home, "s")),
        };
        Some(format!(
            "SELECT {}, x.*{own} FROM {} AS s{join} CROSS JOIN LATERAL (SELECT ({is_in}) AS is_in, {} FROM (SELECT {row}) AS r OFFSET 0) AS x \
             WHERE s.codes IS NULL AND x.is_in AND {written}",
            keys(table, "s"),
            home.stage(table),
            places.join(", "),
        ))
    }
}

fn names(index: &UniqueIndex) -> String {
    let names = index.columns.iter().map(|(name, _)| name.as_str());
    literal(&names.collect::<Vec<_>>().join(", "))
}

fn shown(index: &UniqueIndex) -> String {
    let shown = (1..=index.keys.len()).map(|n| format!("x.x{n}::text"));
    format!("concat_ws(', ', {})", shown.collect::<Vec<_>>().join(", "))
}
