//! TOML values with their places.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value, its place, and the key that holds it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item<'d> {
    /// The key.
    pub(super) name: &'d str,
    /// The value.
    pub(super) value: &'d DeValue<'d>,
    /// Its first byte.
    pub(super) start: usize,
    /// Whether it is one of several in the key's list.
    pub(super) listed: bool,
    /// One past its last byte.
    end: usize,
}

impl<'d> Item<'d> {
    /// The whole file.
    pub(super) fn root(value: &'d DeValue<'d>) -> Self {
        Self {
            name: "",
            value,
            start: 0,
            end: 0,
            listed: false,
        }
    }

    /// One of several in the list of the key `name`.
    pub(super) fn element(name: &'d str, value: &'d Spanned<DeValue<'d>>) -> Self {
        Self {
            listed: true,
            ..Self::new(name, value)
        }
    }

    fn new(name: &'d str, value: &'d Spanned<DeValue<'d>>) -> Self {
        Self {
            name,
            value: value.get_ref(),
            start: value.span().start,
            end: value.span().end,
            listed: false,
        }
    }

    /// Its bytes.
    pub(super) fn span(&self) -> Range<usize> {
        self.start..self.end
    }
}

/// A TOML table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'d> {
    /// The first byte of its header or brace.
    pub(super) start: usize,
    table: &'d DeTable<'d>,
}

impl<'d> Fields<'d> {
    /// The table that the item is, whatever its keys.
    pub(super) fn unchecked(item: &Item<'d>) -> Option<Self> {
        let table = item.value.as_table()?;
        Some(Self {
            start: item.start,
            table,
        })
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &'d str) -> Option<Item<'d>> {
        self.table.get(key).map(|value| Item::new(key, value))
    }

    /// Whether it has the key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// The first byte of a key, or of the table when it has none of that name.
    pub(super) fn key_start(&self, key: &str) -> usize {
        self.table
            .get_key_value(key)
            .map_or(self.start, |(key, _)| key.span().start)
    }

    /// Every key with its value, in the file's order.
    pub(super) fn entries(&self) -> Vec<Item<'d>> {
        let mut entries: Vec<(usize, Item<'d>)> = self
            .table
            .iter()
            .map(|(key, value)| (key.span().start, Item::new(key.get_ref(), value)))
            .collect();
        entries.sort_by_key(|(start, _)| *start);
        entries.into_iter().map(|(_, item)| item).collect()
    }
}
