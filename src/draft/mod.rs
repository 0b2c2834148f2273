//! The first mapping of a pair that has none: what has one name on both sides is taken, and all else
//! is a question with its likeliest answers.
//!
//! A name is the same when only case, signs between words and the plural differ. It is taken when it is
//! the only one of its kind on its side, and when its type holds every value. Nothing else is decided.

mod name;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use crate::diff::{self, Conversion, Typed, conversion, restricts};
use crate::mapping::{ColumnRef, Mapping, TableRef};
use crate::schema::{Column, Ident, QualifiedName, Schema, Table};
use name::Words;
pub use text::{Head, render, render_columns};

/// The first mapping of two schemas.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Pairs of tables that mean the same, by the to side's order.
    pub tables: Vec<TablePair>,
    /// Tables of the to side that stand for none yet.
    pub only_to: Vec<OpenTable>,
    /// Tables of the from side that are no candidate of those.
    pub only_from: Vec<String>,
}

/// Two tables that mean the same.
#[derive(Debug, Clone, PartialEq)]
pub struct TablePair {
    /// As the from side shows it.
    pub from: String,
    /// As the to side shows it.
    pub to: String,
    /// Whether the names are the same to the letter, so that nothing need be written.
    pub is_plain: bool,
    /// Their columns.
    pub columns: Columns,
}

/// A table of the to side without a counterpart.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenTable {
    /// As the to side shows it.
    pub to: String,
    /// How many columns it has.
    pub count: usize,
    /// What it may be, likeliest first.
    pub candidates: Vec<TableCandidate>,
    /// Its columns, if it were the first of them.
    pub columns: Columns,
}

/// What a table may be.
#[derive(Debug, Clone, PartialEq)]
pub struct TableCandidate {
    /// As the from side shows it.
    pub from: String,
    /// How many columns of the to side's table have one like them there.
    pub alike: usize,
}

/// The columns of two tables.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Columns {
    /// Same to the letter, which needs no line.
    pub plain: usize,
    /// Same but for case, signs and plural: from, to.
    pub same: Vec<(String, String)>,
    /// Columns of the to side that stand for none yet.
    pub only_to: Vec<OpenColumn>,
    /// Columns of the from side that are no candidate of those, with their types.
    pub only_from: Vec<(String, String)>,
}

/// A column of the to side without a counterpart.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenColumn {
    /// With its table.
    pub to: String,
    /// Its type, and whether it must have a value.
    pub about: String,
    /// What it may be, likeliest first, with the type and what would become of the values.
    pub candidates: Vec<(String, String)>,
}

/// The most candidates that are offered.
const MOST: usize = 3;
/// How like a table must be to be offered.
const TABLE_LIKE: f64 = 0.4;
/// How like a column must be to be offered.
const COLUMN_LIKE: f64 = 0.4;
/// How like a column must be to speak for its table.
const COLUMN_SPEAKS: f64 = 0.75;

/// Compares names, and decides what is beyond doubt.
pub fn draft(from: &Schema, to: &Schema) -> Draft {
    let by_name = diff::compare(from, to, &Mapping::default());
    let counted = |schema: &Schema, names: BTreeSet<_>| -> Vec<_> {
        let tables = schema.tables.iter();
        tables
            .filter(|t| names.contains(&t.name))
            .cloned()
            .collect()
    };
    let tables = by_name.tables.iter();
    let from_tables: Vec<Table> = counted(
        from,
        tables.clone().filter_map(|t| t.from.clone()).collect(),
    );
    let to_tables: Vec<Table> = counted(to, tables.clone().filter_map(|t| t.to.clone()).collect());
    let plain: BTreeMap<_, _> = tables
        .filter_map(|table| Some((table.to.clone()?, table.from.clone()?)))
        .collect();
    let mut taken: BTreeMap<usize, usize> = BTreeMap::new();
    for (at, table) in to_tables.iter().enumerate() {
        if let Some(name) = plain.get(&table.name)
            && let Some(found) = from_tables.iter().position(|t| t.name == *name)
        {
            taken.insert(at, found);
        }
    }
    let keys = |schema: &Schema, tables: &[Table]| -> Vec<String> {
        let shown = tables.iter().map(|t| schema.show(&t.name));
        shown.map(|name| Words::of(&name).key()).collect()
    };
    let free_from = free(&from_tables, |at| taken.values().any(|v| *v == at));
    let free_to = free(&to_tables, |at| taken.contains_key(&at));
    let same = same_keys(
        &keys(from, &from_tables),
        &free_from,
        &keys(to, &to_tables),
        &free_to,
    );
    taken.extend(same.into_iter().map(|(from, to)| (to, from)));

    let sides = Sides { from, to };
    let pairs = taken.iter().map(|(at, found)| {
        let (from_table, to_table) = (&from_tables[*found], &to_tables[*at]);
        TablePair {
            from: from.show(&from_table.name),
            to: to.show(&to_table.name),
            is_plain: plain.contains_key(&to_table.name),
            columns: sides.columns(from_table, to_table),
        }
    });
    let pairs: Vec<TablePair> = pairs.collect();
    let free_from = free(&from_tables, |at| taken.values().any(|v| *v == at));
    let candidates: Vec<&Table> = free_from.iter().map(|at| &from_tables[*at]).collect();
    let open = free(&to_tables, |at| taken.contains_key(&at));
    let only_to: Vec<OpenTable> = open
        .into_iter()
        .map(|at| sides.open_table(&to_tables[at], &candidates))
        .collect();
    let offered: BTreeSet<&String> = only_to
        .iter()
        .flat_map(|table| table.candidates.iter().map(|c| &c.from))
        .collect();
    let only_from = candidates.iter().map(|table| from.show(&table.name));
    let only_from = only_from.filter(|name| !offered.contains(name)).collect();
    Draft {
        tables: pairs,
        only_to,
        only_from,
    }
}

/// The tables that a mapping takes for one another although their names differ, where it says nothing of
/// any of their columns: somebody decided them since the mapping was begun.
pub fn unasked(from: &Schema, to: &Schema, mapping: &Mapping) -> Vec<TablePair> {
    let columns = mapping.columns.iter();
    let columns = columns.flat_map(|rule| rule.from.iter().chain(&rule.to));
    let open = mapping.undecided.iter().filter(|open| !open.is_table);
    let open = open.flat_map(|open| [&open.from, &open.to]);
    let open = open.filter_map(|name| name.parse::<ColumnRef>().ok());
    let said: BTreeSet<TableRef> = columns.cloned().chain(open).map(|c| c.table).collect();
    let of = |schema: &'_ Schema, table: &TableRef, home: &str| -> Option<Table> {
        let namespace = Ident::new(table.namespace_or(home)).ok()?;
        let name = QualifiedName::new(namespace, table.name.clone());
        schema.table(&name).cloned()
    };
    let sides = Sides { from, to };
    let pairs = mapping.tables.iter().filter_map(|pair| {
        if said.contains(&pair.from) || said.contains(&pair.to) {
            return None;
        }
        let from_table = of(from, &pair.from, mapping.from.home())?;
        let to_table = of(to, &pair.to, mapping.to.home())?;
        let columns = sides.columns(&from_table, &to_table);
        let asks = columns.same.len() + columns.only_to.len() + columns.only_from.len() > 0;
        asks.then(|| TablePair {
            from: from.show(&from_table.name),
            to: to.show(&to_table.name),
            is_plain: true,
            columns,
        })
    });
    pairs.collect()
}

fn free<T>(all: &[T], is_taken: impl Fn(usize) -> bool) -> Vec<usize> {
    (0..all.len()).filter(|at| !is_taken(*at)).collect()
}

/// Pairs of places with one key, where each is the only one of its key on its side.
fn same_keys(
    from: &[String],
    free_from: &[usize],
    to: &[String],
    free_to: &[usize],
) -> Vec<(usize, usize)> {
    let only =
        |keys: &[String], wanted: &str| keys.iter().filter(|key| *key == wanted).count() == 1;
    let mut pairs = Vec::new();
    for to_at in free_to {
        let key = &to[*to_at];
        if key.is_empty() || !only(to, key) || !only(from, key) {
            continue;
        }
        let found = free_from.iter().find(|at| from[**at] == *key);
        pairs.extend(found.map(|from_at| (*from_at, *to_at)));
    }
    pairs
}

#[derive(Clone, Copy)]
struct Sides<'a> {
    from: &'a Schema,
    to: &'a Schema,
}

impl Sides<'_> {
    fn columns(self, from: &Table, to: &Table) -> Columns {
        let mut result = Columns::default();
        let mut taken: BTreeMap<usize, usize> = BTreeMap::new();
        let keys = |table: &Table| -> Vec<String> {
            let names = table.columns.iter();
            names.map(|c| Words::of(c.name.as_str()).key()).collect()
        };
        for (at, column) in to.columns.iter().enumerate() {
            let named = from.columns.iter().position(|c| c.name == column.name);
            if let Some(found) = named
                && self.takes((from, &from.columns[found]), (to, column))
            {
                taken.insert(at, found);
                result.plain += 1;
            }
        }
        let free_from = free(&from.columns, |at| taken.values().any(|v| *v == at));
        let free_to = free(&to.columns, |at| taken.contains_key(&at));
        let shown = |schema: &Schema, table: &Table, column: &Column| {
            format!("{}.{}", schema.show(&table.name), column.name)
        };
        for (found, at) in same_keys(&keys(from), &free_from, &keys(to), &free_to) {
            let (a, b) = (&from.columns[found], &to.columns[at]);
            if a.name != b.name && self.takes((from, a), (to, b)) {
                taken.insert(at, found);
                let (a, b) = (shown(self.from, from, a), shown(self.to, to, b));
                result.same.push((a, b));
            }
        }
        let left: Vec<&Column> = free(&from.columns, |at| taken.values().any(|v| *v == at))
            .into_iter()
            .map(|at| &from.columns[at])
            .collect();
        let mut offered = BTreeSet::new();
        for at in free(&to.columns, |at| taken.contains_key(&at)) {
            let column = &to.columns[at];
            let near = self.near_columns(from, &left, to, column);
            offered.extend(near.iter().map(|near| near.name.clone()));
            let candidates = near.into_iter().map(|near| {
                let ty = near.ty.to_string();
                let about = if self.way(near, column) == Conversion::Lossy {
                    format!("{ty}, values may be lost")
                } else if self.takes((from, near), (to, column)) {
                    ty
                } else {
                    format!("{ty}, other values are allowed")
                };
                (shown(self.from, from, near), about)
            });
            result.only_to.push(OpenColumn {
                to: shown(self.to, to, column),
                about: about(column),
                candidates: candidates.collect(),
            });
        }
        let rest = left.into_iter().filter(|c| !offered.contains(&c.name));
        result.only_from = rest
            .map(|column| (shown(self.from, from, column), column.ty.to_string()))
            .collect();
        result
    }

    /// Whether every value that the one may hold is one that the other takes.
    fn takes(self, (from, a): (&Table, &Column), (to, b): (&Table, &Column)) -> bool {
        self.way(a, b).is_compatible() && !restricts((self.from, from, a), (self.to, to, b))
    }

    fn way(self, from: &Column, to: &Column) -> Conversion {
        let from = Typed {
            ty: &from.ty,
            schema: self.from,
        };
        let to = Typed {
            ty: &to.ty,
            schema: self.to,
        };
        conversion(from, to)
    }

    fn near_columns<'c>(
        self,
        from: &Table,
        left: &[&'c Column],
        to: &Table,
        column: &Column,
    ) -> Vec<&'c Column> {
        let mut scored: Vec<(f64, &Column)> = left
            .iter()
            .map(|other| (self.likeness(from, other, to, column), *other))
            .filter(|(like, _)| *like >= COLUMN_LIKE)
            .collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.name.cmp(&b.1.name)));
        scored.into_iter().take(MOST).map(|(_, c)| c).collect()
    }

    fn likeness(self, from: &Table, a: &Column, to: &Table, b: &Column) -> f64 {
        let table = |table: &Table| Words::of(table.name.name.as_str());
        let (whole_a, whole_b) = (Words::of(a.name.as_str()), Words::of(b.name.as_str()));
        let (short_a, short_b) = (whole_a.without(&table(from)), whole_b.without(&table(to)));
        let like = whole_a
            .likeness(&whole_b)
            .max(0.95 * short_a.likeness(&short_b));
        if self.way(a, b).is_compatible() {
            like
        } else {
            like - 0.1
        }
    }

    fn open_table(self, table: &Table, candidates: &[&Table]) -> OpenTable {
        let words = Words::of(table.name.name.as_str());
        let mut scored: Vec<(f64, usize, &Table)> = candidates
            .iter()
            .map(|from| {
                let alike = self.alike(from, table);
                let size = from.columns.len().max(table.columns.len()).max(1);
                let ratio = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
                let share = ratio(alike) / ratio(size);
                let like = words.likeness(&Words::of(from.name.name.as_str()));
                (0.6 * like + 0.4 * share, alike, *from)
            })
            .filter(|(like, ..)| *like >= TABLE_LIKE)
            .collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.2.name.cmp(&b.2.name)));
        scored.truncate(MOST);
        let columns = scored
            .first()
            .map(|(.., best)| self.columns(best, table))
            .unwrap_or_default();
        let candidates = scored.into_iter().map(|(_, alike, from)| TableCandidate {
            from: self.from.show(&from.name),
            alike,
        });
        OpenTable {
            to: self.to.show(&table.name),
            count: table.columns.len(),
            candidates: candidates.collect(),
            columns,
        }
    }

    /// How many columns of the to side's table have one like them.
    fn alike(self, from: &Table, to: &Table) -> usize {
        let speaks = |column: &&Column| {
            let mut others = from.columns.iter();
            others.any(|other| self.likeness(from, other, to, column) >= COLUMN_SPEAKS)
        };
        to.columns.iter().filter(speaks).count()
    }
}

/// `integer, required`: what a column is, and whether every row must have a value for it.
fn about(column: &Column) -> String {
    let makes_its_own =
        column.default.is_some() || column.identity.is_some() || column.generated.is_some();
    match column.nullable {
        Some(false) if makes_its_own => format!("{}, has a default", column.ty),
        Some(false) => format!("{}, required", column.ty),
        Some(true) | None => column.ty.to_string(),
    }
}

#[cfg(test)]
mod tests;
