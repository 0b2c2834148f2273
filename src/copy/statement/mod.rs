//! The SQL of each step of a copy: the only place of `copy` that writes any.
//!
//! A table's rows come into a *stage* on the target, in the order and the types of the plan's fields.
//! There they are *judged*: `match` holds the rows that are in the target already, `bad` what cannot be
//! taken, one line a row and column. What is in neither is *new*.

pub mod archive;
pub mod index;
pub mod judge;
pub mod kept;
pub mod noted;
pub mod publish;
pub mod shared;
pub mod source;
pub mod stage;

use super::plan::{Field, TablePlan};
use crate::schema::QualifiedName;

/// Where the working tables of a copy are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// In schema `align`, where a later run finds them.
    Kept,
    /// In the session alone, for a run that changes nothing.
    Session,
}

/// What becomes of a row that is in the target already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// It stays as it is there.
    Keep,
    /// It takes the values of the copy.
    Update,
    /// Nothing is published.
    Fail,
}

impl Home {
    fn schema(self) -> &'static str {
        match self {
            Self::Kept => "align",
            Self::Session => "pg_temp",
        }
    }

    fn create(self) -> &'static str {
        match self {
            // A crash of the server empties them together with the list of what is in them.
            Self::Kept => "CREATE UNLOGGED TABLE",
            Self::Session => "CREATE TEMPORARY TABLE",
        }
    }

    /// The working table of that kind.
    pub fn table(self, kind: &str, number: usize) -> String {
        format!("{}.copy_{kind}_{number}", self.schema())
    }

    fn stage(self, table: &TablePlan) -> String {
        self.table("stage", table.number)
    }

    fn bad(self, table: &TablePlan) -> String {
        self.table("bad", table.number)
    }

    fn matched(self, table: &TablePlan) -> String {
        self.table("match", table.number)
    }

    fn rows(self, table: &TablePlan) -> String {
        self.table("row", table.number)
    }
}

/// `a.k1, a.k2`
fn keys(table: &TablePlan, alias: &str) -> String {
    let keys = (1..=table.key.len()).map(|n| format!("{alias}.k{n}"));
    keys.collect::<Vec<_>>().join(", ")
}

/// `k1, k2`
fn key_names(table: &TablePlan) -> String {
    let keys = (1..=table.key.len()).map(|n| format!("k{n}"));
    keys.collect::<Vec<_>>().join(", ")
}

/// `a.k1 = b.k1 AND a.k2 = b.k2`
fn same_key(table: &TablePlan, a: &str, b: &str) -> String {
    let keys = (1..=table.key.len()).map(|n| format!("{a}.k{n} = {b}.k{n}"));
    keys.collect::<Vec<_>>().join(" AND ")
}

/// The key as the quarantine keeps it.
fn key_json(table: &TablePlan, alias: &str) -> String {
    let members = table.key.iter().enumerate().map(|(index, column)| {
        let name = crate::ddl::literal(column.name.as_str());
        format!("{name}, {alias}.k{}", index + 1)
    });
    format!(
        "jsonb_build_object({})",
        members.collect::<Vec<_>>().join(", ")
    )
}

/// The value of a field in the stage, as the target's column compares it.
fn value(table: &TablePlan, place: usize, alias: &str) -> String {
    compared(&table.fields[place], &format!("{alias}.v{}", place + 1))
}

/// Of a domain without its rules, which the value may break.
fn compared(field: &Field, staged: &str) -> String {
    match &field.base {
        Some(base) => format!("({staged})::{base}"),
        None => written(field, staged),
    }
}

/// As the target's column takes it.
fn written(field: &Field, staged: &str) -> String {
    match &field.cast {
        Some(cast) => format!("({staged})::{cast}"),
        None => staged.to_owned(),
    }
}

/// The fields of a key against columns of a table.
fn same_fields(
    table: &TablePlan,
    places: &[usize],
    alias: &str,
    other: &str,
    names: &[String],
) -> String {
    let pairs = places.iter().zip(names);
    let pairs =
        pairs.map(|(place, name)| format!("{other}.{name} = {}", value(table, *place, alias)));
    pairs.collect::<Vec<_>>().join(" AND ")
}

fn field_names(table: &TablePlan, places: &[usize]) -> Vec<String> {
    let names = places
        .iter()
        .map(|place| table.fields[*place].name.to_string());
    names.collect()
}

fn not_null(places: &[usize], alias: &str) -> String {
    let tests = places
        .iter()
        .map(|place| format!("{alias}.v{} IS NOT NULL", place + 1));
    tests.collect::<Vec<_>>().join(" AND ")
}

/// Rows that are neither matched nor bad.
fn is_new(table: &TablePlan, home: Home, alias: &str) -> String {
    format!(
        "NOT EXISTS (SELECT FROM {} AS m WHERE {}) AND NOT EXISTS (SELECT FROM {} AS b WHERE {})",
        home.matched(table),
        same_key(table, "m", alias),
        home.bad(table),
        same_key(table, "b", alias)
    )
}

fn qualified(name: &QualifiedName) -> String {
    name.to_string()
}
