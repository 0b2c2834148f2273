//! What a copy does, table by table: decided by two schemas and a mapping alone.

mod archived;
mod field;
mod key;
mod left;
mod order;
mod sample;
#[cfg(test)]
mod tests;
mod union;

use std::collections::BTreeMap;

pub use archived::Archived;
pub use field::{Field, wire};
pub use key::{KeyColumn, MatchKeys, Reference, Unique};
pub use union::Rival;

use crate::diff::{Pairing, near};
use crate::mapping::{Mapping, OnError, Status, TableRef};
use crate::schema::{QualifiedName, Schema, Table, TableKind};
use crate::transform::{Lookups, Shape, sql};

/// What a copy does, in the order in which it is published.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Parents before children.
    pub tables: Vec<TablePlan>,
    /// Tables that are published together, as indexes into `tables`: several only where they refer to
    /// each other in a circle.
    pub units: Vec<Vec<usize>>,
    /// What is left where it is, in words.
    pub notes: Vec<String>,
}

/// What becomes of the rows of one table.
#[derive(Debug, Clone)]
pub struct TablePlan {
    /// Its place in the plan, from 1.
    pub number: usize,
    /// Where the rows are.
    pub from: QualifiedName,
    /// Where they go.
    pub to: QualifiedName,
    /// What messages and the quarantine call `from`.
    pub name: String,
    /// What messages call `to`.
    pub target: String,
    /// What holds the source's rows apart.
    pub key: Vec<KeyColumn>,
    /// The target's columns that are written, in its own order.
    pub fields: Vec<Field>,
    /// The target's primary key, as indexes into `fields`; `None` where a part of it is not copied.
    pub primary: Option<Vec<usize>>,
    /// By what a row finds one that is there under another key.
    pub matching: MatchKeys,
    /// The target's unique keys over copied columns.
    pub uniques: Vec<Unique>,
    /// The target's foreign keys over copied columns.
    pub references: Vec<Reference>,
    /// Fields whose value in the target is remembered of a row that is found there: the primary key,
    /// and what other tables refer to.
    pub identity: Vec<usize>,
    /// Columns of the source without a home, whose values go to the archive.
    pub archived: Vec<Archived>,
    /// What the quarantine keeps of a bad row; `None` is the row as the server makes JSON of it.
    pub row: Option<Vec<Archived>>,
    /// The mapping's own one among the conditions.
    pub filter: Option<String>,
    /// Conditions over the source row `s`, all of which hold for a row that is copied.
    pub conditions: Vec<String>,
    /// Other tables of the source whose rows go into the same table.
    pub rivals: Vec<Rival>,
    /// Whether another table comes first in the same target: a row whose key it has is a double.
    pub comes_after: bool,
    /// Whether the values of an identity column are written all the same.
    pub overriding: bool,
    /// Whether the rows can be read a range of pages at a time.
    pub has_pages: bool,
}

/// What is asked of a plan beside the mapping.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// Tables of the from side; empty is every table.
    pub only: Vec<TableRef>,
    /// SQL conditions over the rows of a table of the from side.
    pub conditions: Vec<(TableRef, String)>,
    /// At most so many rows of each table, with parents in the same sample.
    pub sample: Option<u32>,
    /// Whether both sides are in one database, where every type of the target is at hand.
    pub same_database: bool,
    /// Whether nothing is written: then a table needs no key, and a value for every column neither.
    pub only_reads: bool,
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Trouble {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
        }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Decides what a copy does.
///
/// # Errors
/// Every [`Trouble`], one or more.
pub fn plan(
    from: &Schema,
    to: &Schema,
    mapping: &Mapping,
    wishes: &Wishes,
    lookups: &dyn Lookups,
) -> Result<Plan, Vec<Trouble>> {
    let pairing = Pairing::new(from, to, mapping);
    let sides = Sides {
        from,
        to,
        mapping,
        pairing: &pairing,
        wishes,
        lookups,
    };
    let mut troubles = sides.unknown_tables();
    let (mut tables, mut unions) = (Vec::new(), Vec::new());
    for target in &pairing.targets {
        let sources = sides.sources(target);
        let is_wanted = sources.iter().any(|source| sides.is_wanted(source));
        // Children that are copied alone need to know whose keys several parents have.
        if !is_wanted && sources.len() < 2 {
            continue;
        }
        let mut members = Vec::new();
        for source in sources {
            if sides.comes_with_its_whole(source, target) {
                continue;
            }
            match sides.table(source, target) {
                Ok(table) => members.push(table),
                Err(more) if is_wanted => troubles.extend(more),
                Err(_) => {}
            }
        }
        let wanted = members.iter().filter(|member| sides.wants(&member.from));
        tables.extend(wanted.cloned());
        if members.len() > 1 {
            unions.push(members);
        }
    }
    for members in &unions {
        union::part(&mut tables, members);
    }
    if troubles.is_empty() && tables.is_empty() {
        let trouble = Trouble::new("no table of the from side has a counterpart on the to side");
        troubles.push(trouble.hint("name another mapping with `--map PATH`"));
    }
    if !troubles.is_empty() {
        return Err(troubles);
    }
    let mut notes = Vec::new();
    let left = pairing.only_from().filter(|table| !sides.has_place(table));
    for table in left.filter(|table| sides.is_wanted(table)) {
        let name = from.show(&table.name);
        notes.push(format!(
            "`{name}` has no counterpart, and stays where it is"
        ));
    }
    notes.extend(tables.iter().filter_map(|table| left::note(&sides, table)));
    for table in tables.iter().filter(|table| !table.archived.is_empty()) {
        let columns = table.archived.iter();
        let columns: Vec<String> = columns
            .map(|column| format!("`{}.{}`", table.name, column.name))
            .collect();
        let go = if columns.len() == 1 { "goes" } else { "go" };
        notes.push(format!("{} {go} to align.archive", columns.join(", ")));
    }
    let (tables, units) = ordered(tables);
    let tables = match wishes.sample {
        Some(rows) => sample::limit(tables, &units, from, rows),
        None => tables,
    };
    Ok(Plan {
        tables,
        units,
        notes,
    })
}

/// Both sides, and what is asked.
pub(super) struct Sides<'a> {
    pub(super) from: &'a Schema,
    pub(super) to: &'a Schema,
    pub(super) mapping: &'a Mapping,
    pub(super) pairing: &'a Pairing<'a>,
    pub(super) wishes: &'a Wishes,
    pub(super) lookups: &'a dyn Lookups,
}

impl Sides<'_> {
    fn is_wanted(&self, table: &Table) -> bool {
        let only = &self.wishes.only;
        only.is_empty() || only.iter().any(|name| self.names(name, table))
    }

    fn wants(&self, name: &QualifiedName) -> bool {
        self.from
            .table(name)
            .is_some_and(|table| self.is_wanted(table))
    }

    fn names(&self, name: &TableRef, table: &Table) -> bool {
        self.pairing
            .source(name)
            .is_some_and(|found| found.name == table.name)
    }

    /// Rows of a partition that nobody named come with those of its table.
    fn comes_with_its_whole(&self, from: &Table, to: &Table) -> bool {
        let is_part = matches!(to.kind, TableKind::Partition { .. });
        let TableKind::Partition { of, .. } = &from.kind else {
            return false;
        };
        let whole = self.from.table(of);
        let is_copied = whole.is_some_and(|whole| self.has_place(whole));
        is_part && is_copied && self.wishes.only.is_empty()
    }

    /// Tables that the command line or the mapping names and that are not there.
    fn unknown_tables(&self) -> Vec<Trouble> {
        let mut troubles = Vec::new();
        let conditions = self.wishes.conditions.iter().map(|(name, _)| name);
        for name in self.wishes.only.iter().chain(conditions) {
            let Some(table) = self.pairing.source(name) else {
                let trouble = Trouble::new(format!("the from side has no table `{name}`"));
                let known = self.from.tables.iter();
                let known = known.map(|table| self.from.show(&table.name));
                troubles.push(match near(&name.to_string(), known).first() {
                    Some(meant) => trouble.hint(format!("did you mean `{meant}`?")),
                    None => trouble.hint(format!("it has {}", names(self.from))),
                });
                continue;
            };
            if !self.has_place(table) {
                let trouble = Trouble::new(format!("`{name}` has no counterpart on the to side"));
                troubles.push(trouble.hint("say which with a `[[table]]` in the mapping"));
            }
        }
        for by in &self.mapping.tables {
            if by.status != Status::Accepted {
                continue;
            }
            let source = self.pairing.source(&by.from);
            if source.is_some_and(|table| !self.is_wanted(table)) {
                continue;
            }
            if self.pairing.target(&by.to).is_none() {
                let message = format!("the to side has no table `{}` (mapping {})", by.to, by.at);
                troubles.push(Trouble::new(message).hint(format!("it has {}", names(self.to))));
            } else if source.is_none() && self.wishes.only.is_empty() {
                let message = format!(
                    "the from side has no table `{}` (mapping {})",
                    by.from, by.at
                );
                troubles.push(Trouble::new(message).hint(format!("it has {}", names(self.from))));
            }
        }
        troubles
    }

    fn table(&self, from: &Table, to: &Table) -> Result<TablePlan, Vec<Trouble>> {
        let name = self.from.show(&from.name);
        let target = self.to.show(&to.name);
        let mut troubles = Vec::new();
        let only_reads = self.wishes.only_reads;
        if let (TableKind::Foreign { .. } | TableKind::Partition { .. }, false) =
            (&to.kind, only_reads)
        {
            troubles.push(Trouble::new(format!(
                "`{target}` is a partition or a foreign table, and takes no copy"
            )));
        }
        let key = key::of_source(from, self.from);
        if key.is_empty() && !only_reads {
            let message = format!("`{name}` has no primary key, and no unique key without NULLs");
            troubles
                .push(Trouble::new(message).hint("give it one, or leave it out with `--table`"));
        }
        let fields = match field::fields(self, from, to) {
            Ok(fields) => fields,
            Err(more) => {
                troubles.extend(more);
                Vec::new()
            }
        };
        if !troubles.is_empty() {
            return Err(troubles);
        }
        let by = self.mapping.tables.iter().find(|by| {
            by.status == Status::Accepted
                && self.names(&by.from, from)
                && self
                    .pairing
                    .target(&by.to)
                    .is_some_and(|found| found.name == to.name)
        });
        let keys = key::Keys::of(to, &fields, by).map_err(|trouble| vec![trouble])?;
        if keys.primary.is_none() && keys.matching.keys.is_empty() && !only_reads {
            let message =
                format!("nothing tells whether a row of `{name}` is in `{target}` already");
            let hint = "say by which columns with `match = [\"…\"]` in its `[[table]]`";
            return Err(vec![Trouble::new(message).hint(hint)]);
        }
        let mut conditions = Vec::new();
        if let Some((filter, by_at)) = by.and_then(|by| Some((by.filter.as_ref()?, by.at))) {
            match sql::condition(filter, &Shape::of(from, self.from), by_at) {
                Ok(sql) => conditions.push(sql),
                Err(error) => return Err(vec![Trouble::new(format!("`{name}`: {error}"))]),
            }
        }
        let filter = conditions.first().cloned();
        for (table, condition) in &self.wishes.conditions {
            if self.names(table, from) {
                conditions.push(condition.clone());
            }
        }
        let overriding = fields.iter().any(|field| field.is_identity);
        Ok(TablePlan {
            number: 0,
            from: from.name.clone(),
            to: to.name.clone(),
            name,
            target,
            key,
            identity: keys.primary.clone().unwrap_or_default(),
            primary: keys.primary,
            matching: keys.matching,
            uniques: keys.uniques,
            references: key::references(from, to, &fields),
            archived: archived::archived(self, from),
            row: archived::row(from),
            fields,
            filter,
            conditions,
            rivals: Vec::new(),
            comes_after: false,
            overriding,
            has_pages: from.kind == TableKind::Ordinary && !self.is_inherited(from),
        })
    }

    /// Whether other tables lend it their rows.
    fn is_inherited(&self, table: &Table) -> bool {
        self.from
            .tables
            .iter()
            .any(|other| other.inherits.contains(&table.name))
    }
}

/// Puts parents first and tables of one target together, and tells each reference its parent in the plan.
fn ordered(tables: Vec<TablePlan>) -> (Vec<TablePlan>, Vec<Vec<usize>>) {
    let mut numbers: BTreeMap<&QualifiedName, Vec<usize>> = BTreeMap::new();
    for (number, table) in tables.iter().enumerate() {
        numbers.entry(&table.to).or_default().push(number);
    }
    let edges: Vec<Vec<usize>> = tables
        .iter()
        .enumerate()
        .map(|(number, table)| {
            let parents = table.references.iter().map(|r| &r.table);
            // Tables of one target point at each other.
            let near = parents
                .chain([&table.to])
                .filter_map(|name| numbers.get(name));
            near.flatten()
                .copied()
                .filter(|parent| *parent != number)
                .collect()
        })
        .collect();
    let units = order::units(&edges);
    let order: Vec<usize> = units.iter().flatten().copied().collect();
    let mut left: Vec<Option<TablePlan>> = tables.into_iter().map(Some).collect();
    let mut tables: Vec<TablePlan> = order.iter().filter_map(|&old| left[old].take()).collect();
    let mut next = 0..;
    let units = units
        .iter()
        .map(|unit| unit.iter().filter_map(|_| next.next()).collect())
        .collect();
    for (index, table) in tables.iter_mut().enumerate() {
        table.number = index + 1;
    }
    let places: Vec<(QualifiedName, QualifiedName)> = tables
        .iter()
        .map(|table| (table.to.clone(), table.from.clone()))
        .collect();
    let mut wanted: Vec<(usize, usize)> = Vec::new();
    for index in 0..tables.len() {
        let mut references = std::mem::take(&mut tables[index].references);
        for reference in &mut references {
            let there = |(to, from): &(QualifiedName, QualifiedName), known: bool| {
                *to == reference.table && (!known || reference.source.as_ref() == Some(from))
            };
            // The one that the source's own key names, or every one that it may be.
            let known = places.iter().any(|place| there(place, true));
            let parents = (0..places.len()).filter(|n| there(&places[*n], known));
            let mut found = Vec::new();
            for parent in parents {
                let columns: Option<Vec<usize>> = reference
                    .referenced
                    .iter()
                    .map(|name| tables[parent].fields.iter().position(|f| f.name == *name))
                    .collect();
                if let Some(columns) = columns {
                    wanted.extend(columns.iter().map(|column| (parent, *column)));
                    found.push((parent, columns));
                }
            }
            let mut found = found.into_iter();
            reference.parent = found.next();
            reference.more_parents = found.collect();
        }
        tables[index].references = references;
    }
    for (parent, column) in wanted {
        if !tables[parent].identity.contains(&column) {
            tables[parent].identity.push(column);
        }
    }
    (tables, units)
}

fn names(schema: &Schema) -> String {
    let names: Vec<String> = schema
        .tables
        .iter()
        .map(|table| format!("`{}`", schema.show(&table.name)))
        .collect();
    if names.is_empty() {
        "no table".to_owned()
    } else {
        names.join(", ")
    }
}

impl TablePlan {
    /// The condition for its rows beyond the mapping's own; `None` where it is all of them.
    pub fn asked(&self) -> Option<String> {
        let more = self.conditions.iter();
        let more = more.filter(|condition| self.filter.as_ref() != Some(condition));
        let more: Vec<&str> = more.map(String::as_str).collect();
        match more.as_slice() {
            [] => None,
            [one] => Some((*one).to_owned()),
            several => Some(format!("({})", several.join(") AND ("))),
        }
    }

    /// Whether a failing value of that column stops the copy.
    pub fn stops_at(&self, column: &str) -> bool {
        self.fields
            .iter()
            .any(|field| field.name.as_str() == column && field.on_error == OnError::Fail)
    }
}
