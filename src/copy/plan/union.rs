//! Several tables of the from side that become one: each keeps its keys, and of two rows with one key the
//! row of the table that comes first is the one that goes. Who that is is decided in the source, so that a
//! copy of a part of the rows and a retry decide alike.

use super::{Sides, TablePlan};
use crate::copy::statement::judge::{DUPLICATE, ORPHAN};
use crate::copy::statement::source;
use crate::ddl::literal;
use crate::mapping::Status;
use crate::schema::{QualifiedName, Table};

/// Another table of the source whose rows go into the same one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rival {
    /// Where they are.
    pub from: QualifiedName,
    /// Which of them go, as a condition over the row `s`.
    pub filter: Option<String>,
    /// The primary key of the target over the row `s`.
    pub key: Vec<String>,
    /// The types of that.
    pub wires: Vec<String>,
}

impl Rival {
    fn of(table: &TablePlan) -> Option<Self> {
        let fields = table
            .primary
            .as_ref()?
            .iter()
            .map(|place| &table.fields[*place]);
        Some(Self {
            from: table.from.clone(),
            filter: table.filter.clone(),
            key: fields.clone().map(|field| field.value.clone()).collect(),
            wires: fields.map(|field| field.wire.clone()).collect(),
        })
    }
}

impl<'a> Sides<'a> {
    /// The tables whose rows go into a table of the to side, in the mapping's order.
    pub(super) fn sources(&self, target: &Table) -> Vec<&'a Table> {
        let first = self.pairing.of(&target.name).map(|pair| pair.from);
        let mut found: Vec<&Table> = first.into_iter().collect();
        for by in &self.mapping.tables {
            let is_this = by.status == Status::Accepted
                && self
                    .pairing
                    .target(&by.to)
                    .is_some_and(|table| table.name == target.name);
            let Some(source) = self.pairing.source(&by.from).filter(|_| is_this) else {
                continue;
            };
            let is_free = self
                .pairing
                .only_from()
                .any(|only| only.name == source.name);
            if is_free && found.iter().all(|known| known.name != source.name) {
                found.push(source);
            }
        }
        found
    }

    /// Whether the mapping has a place for the rows of a table.
    pub(super) fn has_place(&self, source: &Table) -> bool {
        let mut targets = self.pairing.targets.iter();
        targets.any(|target| self.sources(target).iter().any(|s| s.name == source.name))
    }
}

/// Marks rows of each later table whose key a row of an earlier one has, and rows that refer to them.
/// `members` are the tables of one target in their order.
pub(super) fn part(tables: &mut [TablePlan], members: &[TablePlan]) {
    for table in tables.iter_mut() {
        let is_member = |member: &TablePlan| member.from == table.from && member.to == table.to;
        if members.iter().any(is_member) {
            let others = members.iter().filter(|member| !is_member(member));
            table.rivals = others.filter_map(Rival::of).collect();
        }
    }
    for (number, later) in members.iter().enumerate().skip(1) {
        let Some(primary) = &later.primary else {
            continue;
        };
        let earlier = &members[..number];
        let own: Vec<String> = primary
            .iter()
            .map(|place| later.fields[*place].value.clone())
            .collect();
        let names: Vec<String> = primary
            .iter()
            .map(|place| later.fields[*place].name.to_string())
            .collect();
        let taken = is_taken(earlier, &names, &own);
        for table in tables.iter_mut() {
            if table.from == later.from && table.to == later.to {
                table.comes_after = true;
                mark(table, primary[0], &taken, DUPLICATE);
                continue;
            }
            for reference in table.references.clone() {
                let is_to_it = reference.table == later.to
                    && reference.source.as_ref() == Some(&later.from)
                    && reference.is_carried;
                if !is_to_it {
                    continue;
                }
                let names: Vec<String> = reference
                    .referenced
                    .iter()
                    .map(ToString::to_string)
                    .collect();
                let values: Vec<String> = reference
                    .fields
                    .iter()
                    .map(|place| table.fields[*place].value.clone())
                    .collect();
                let taken = is_taken(earlier, &names, &values);
                mark(table, reference.fields[0], &taken, ORPHAN);
            }
        }
    }
}

/// Whether a row of one of those tables has those values in those columns of the target.
fn is_taken(tables: &[TablePlan], names: &[String], values: &[String]) -> String {
    let tests = tables.iter().filter_map(|table| {
        let fields = names.iter().map(|name| {
            let field = table.fields.iter().find(|f| f.name.to_string() == *name)?;
            Some(field.value.clone())
        });
        let fields = fields.collect::<Option<Vec<String>>>()?;
        Some(source::has(table, &fields, values))
    });
    let tests: Vec<String> = tests.collect();
    if tests.is_empty() {
        "false".to_owned()
    } else {
        tests.join(" OR ")
    }
}

fn mark(table: &mut TablePlan, place: usize, test: &str, code: &str) {
    let field = &mut table.fields[place];
    let marked = format!("CASE WHEN {test} THEN {} END", literal(code));
    field.code = Some(match &field.code {
        Some(known) => format!("coalesce({marked}, {known})"),
        None => marked,
    });
}
