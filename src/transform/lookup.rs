//! The looked-up table: where it is, and what it holds.

use std::collections::HashMap;

use super::charset;
use crate::mapping::Lookup;
use crate::schema::QualifiedName;

/// Where the table of a lookup is.
#[derive(Debug, Clone)]
pub enum LookupSource<'a> {
    /// In the database that evaluates the expression, under that name.
    Table(QualifiedName),
    /// A relation that the caller provides, such as the name of a common table expression, written as
    /// it stands after `FROM`. Its columns: `position integer` (which of the lookup's `match` columns,
    /// from 1), `key text` and `take text` (the text forms of the match and the take column).
    Relation(String),
    /// Its rows, read beforehand.
    Rows(&'a LookupTable),
}

/// Tells where the table of each lookup is.
pub trait Lookups {
    /// Where the table of that lookup is; `None` when it cannot be looked up here.
    fn source(&self, lookup: &Lookup) -> Option<LookupSource<'_>>;
}

/// Nothing can be looked up.
impl Lookups for () {
    fn source(&self, _: &Lookup) -> Option<LookupSource<'_>> {
        None
    }
}

/// A row of a looked-up table, seen through one of the `match` columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookupRow<'a> {
    /// Which of the lookup's `match` columns, from 1.
    pub position: usize,
    /// Its value.
    pub key: &'a str,
    /// The value of the `take` column.
    pub take: &'a str,
}

/// What a lookup finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found<'a> {
    Missing,
    Ambiguous,
    One(&'a str),
}

/// A looked-up table in memory, its keys brought to the form the lookup compares them in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LookupTable {
    columns: Vec<HashMap<String, Option<String>>>,
}

impl LookupTable {
    /// Takes the rows of the lookup's table; a row with a NULL in its key or its take column is left
    /// out by the caller.
    pub fn new<'a>(lookup: &Lookup, rows: impl IntoIterator<Item = LookupRow<'a>>) -> Self {
        let mut table = Self {
            columns: vec![HashMap::new(); lookup.matches.len()],
        };
        for row in rows {
            table.add(lookup, row);
        }
        table
    }

    /// Takes one row more.
    pub fn add(&mut self, lookup: &Lookup, row: LookupRow<'_>) {
        let column = row.position.checked_sub(1);
        let Some(column) = column.and_then(|index| self.columns.get_mut(index)) else {
            return;
        };
        column
            .entry(normalised(lookup, row.key))
            .and_modify(|take| *take = None)
            .or_insert_with(|| Some(row.take.to_owned()));
    }

    /// What the columns in their order say of the value; the first that knows it decides.
    pub(super) fn find(&self, lookup: &Lookup, value: &str) -> Found<'_> {
        let key = normalised(lookup, value);
        match self.columns.iter().find_map(|column| column.get(&key)) {
            Some(Some(take)) => Found::One(take),
            Some(None) => Found::Ambiguous,
            None => Found::Missing,
        }
    }

    /// What is taken for each key; `None` where several rows hold it.
    pub(super) fn takes(&self) -> impl Iterator<Item = Option<&str>> {
        let columns = self.columns.iter().flat_map(HashMap::values);
        columns.map(Option::as_deref)
    }

    /// As the JSON object that the SQL of a lookup reads: `position:key` to the take value, or to
    /// null where several rows hold the key.
    pub(super) fn to_json(&self) -> String {
        let entries = self.columns.iter().enumerate().flat_map(|(index, column)| {
            column
                .iter()
                .map(move |(key, take)| (format!("{}:{key}", index + 1), take))
        });
        let sorted: std::collections::BTreeMap<String, &Option<String>> = entries.collect();
        let object = sorted.into_iter().map(|(key, take)| {
            let take = take.clone().map_or(serde_json::Value::Null, Into::into);
            (key, take)
        });
        serde_json::Value::Object(object.collect()).to_string()
    }
}

/// The form in which values are compared.
pub(super) fn normalised(lookup: &Lookup, value: &str) -> String {
    let value = if lookup.trim {
        value.trim_matches(|c| charset::BLANKS.contains(c))
    } else {
        value
    };
    if lookup.lower {
        value.chars().map(charset::lower).collect()
    } else {
        value.to_owned()
    }
}
