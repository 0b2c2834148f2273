//! What only shows when entries are held against each other: things said twice, or two ways.

use std::collections::BTreeMap;

use super::reader::Reader;
use crate::mapping::{At, ColumnRef, Mapping, Rule, Status, TableRef};

pub(super) fn check(reader: &mut Reader<'_>, mapping: &Mapping) {
    let (from, to) = (mapping.from.home(), mapping.to.home());
    let mut once = Once { reader };
    once.of(&mapping.categories, |category| {
        let words = format!("category `{}`", category.name);
        (category.name.clone(), words, category.at)
    });
    once.of(&mapping.expect_tables, |expect| {
        let words = format!("`[[expect.table]]` of `{}`", expect.table);
        (full(&expect.table, to), words, expect.at)
    });
    once.of(&mapping.expect_selects, |expect| {
        let words = format!("this `[[expect.select]]` of `{}`", expect.table);
        let key = (full(&expect.table, to), expect.select.clone());
        (key, words, expect.at)
    });
    once.of(&mapping.actors, |actor| {
        let words = format!("actor `{}`", actor.name);
        (actor.name.clone(), words, actor.at)
    });
    once.of(&mapping.expect_access, |expect| {
        let words = format!("this `[[expect.access]]` of `{}`", expect.table);
        (
            (full(&expect.table, to), expect.row.clone()),
            words,
            expect.at,
        )
    });
    once.of(&mapping.expect_statements, |expect| {
        let words = format!("statement `{}`", expect.name);
        (expect.name.clone(), words, expect.at)
    });
    once.of(&mapping.expect_flows, |expect| {
        let words = format!("flow `{}`", expect.name);
        (expect.name.clone(), words, expect.at)
    });
    once.of(&mapping.tables, |entry| {
        let words = format!("`{}` to `{}`", entry.from, entry.to);
        (
            (full(&entry.from, from), full(&entry.to, to)),
            words,
            entry.at,
        )
    });
    once.of(homeless(mapping), |(column, at)| {
        let words = format!("what becomes of `{column}`");
        ((full(&column.table, from), &column.name), words, *at)
    });
    check_targets(&mut once, mapping);
    super::probe::check_actors(reader, mapping);
}

/// The one spelling of a table, whether its namespace is written or goes without saying.
fn full(table: &TableRef, home: &str) -> (String, String) {
    let namespace = table.namespace_or(home).to_owned();
    (namespace, table.name.as_str().to_owned())
}

fn homeless(mapping: &Mapping) -> Vec<(&ColumnRef, At)> {
    let entries = mapping.accepted_columns();
    entries
        .filter(|entry| !matches!(entry.rule, Rule::Convert(_)))
        .flat_map(|entry| entry.from.iter().map(|column| (column, entry.at)))
        .collect()
}

/// One row gives a target column one value. Rows of several tables may: when each of the tables
/// corresponds to the target's.
fn check_targets(once: &mut Once<'_, '_>, mapping: &Mapping) {
    let (from, to) = (mapping.from.home(), mapping.to.home());
    let merged = |source: &TableRef, target: &TableRef| {
        mapping.tables.iter().any(|entry| {
            entry.status == Status::Accepted
                && full(&entry.from, from) == full(source, from)
                && full(&entry.to, to) == full(target, to)
        })
    };
    let mut seen: BTreeMap<_, Vec<(Option<_>, At)>> = BTreeMap::new();
    for entry in mapping.accepted_columns() {
        for column in &entry.to {
            let source = entry.from.first().map(|column| &column.table);
            let source = source
                .filter(|source| merged(source, &column.table))
                .map(|source| full(source, from));
            let earlier = seen
                .entry((full(&column.table, to), &column.name))
                .or_default();
            let twin = earlier
                .iter()
                .find(|(other, _)| source.is_none() || other.is_none() || *other == source);
            if let Some((_, first)) = twin {
                once.twice(entry.at, &format!("what `{column}` is made of"), *first);
            }
            earlier.push((source, entry.at));
        }
    }
}

struct Once<'r, 't> {
    reader: &'r mut Reader<'t>,
}

impl Once<'_, '_> {
    /// Notes every thing whose key an earlier one has; `of` gives the key, the words for it, its place.
    fn of<T, K: Ord>(
        &mut self,
        things: impl IntoIterator<Item = T>,
        of: impl Fn(&T) -> (K, String, At),
    ) {
        let mut seen: BTreeMap<K, At> = BTreeMap::new();
        for thing in things {
            let (key, words, at) = of(&thing);
            if let Some(first) = seen.get(&key) {
                self.twice(at, &words, *first);
            } else {
                seen.insert(key, at);
            }
        }
    }

    fn twice(&mut self, at: At, words: &str, first: At) {
        let message = format!("{words} is said twice, first in line {}", first.line);
        self.reader.error_at(at, message);
    }
}
