//! Tables of the source that share one of the target: whose rows are whose.

use super::super::plan::{TablePlan, Unique};
use super::judge::{DUPLICATE, Judge, shown};
use super::{Home, is_new, keys, value};
use crate::ddl::literal;

impl Judge<'_> {
    /// Other tables of the plan whose rows go into the same one.
    pub(super) fn siblings(&self) -> impl Iterator<Item = &TablePlan> {
        let tables = self.tables.iter();
        tables.filter(|other| other.to == self.table.to && other.number != self.table.number)
    }

    /// Rows whose key a row of another table of the source has, which goes in their place.
    pub(super) fn doubles(&self) -> Option<String> {
        let (table, home) = (self.table, self.home);
        let place = *table.primary.as_ref()?.first()?;
        table.comes_after.then(|| {
            format!(
                "INSERT INTO {} SELECT {}, {name}, {code}, s.v{}::text FROM {} AS s WHERE s.codes ->> {name} = {code}",
                home.bad(table),
                keys(table, "s"),
                place + 1,
                home.stage(table),
                name = literal(table.fields[place].name.as_str()),
                code = literal(DUPLICATE),
            )
        })
    }

    /// Tests that a row `t` of the target, whose key has those names, is no row of a sibling.
    pub(super) fn no_siblings(&self, names: &[String]) -> Vec<String> {
        let tests = self.siblings().filter_map(|other| {
            let pairs = other.primary.as_ref()?.iter().zip(names);
            let pairs =
                pairs.map(|(place, name)| format!("t.{name} = {}", value(other, *place, "o")));
            let same = pairs.collect::<Vec<_>>().join(" AND ");
            let stage = self.home.stage(other);
            Some(format!(
                "NOT EXISTS (SELECT FROM {stage} AS o WHERE {same})"
            ))
        });
        tests.collect()
    }

    /// New rows whose unique key a new row of a table before it has.
    pub(super) fn claimed(&self, unique: &Unique, other: &TablePlan) -> Option<String> {
        let (table, home) = (self.table, self.home);
        if other.number > table.number {
            return None;
        }
        let pairs = unique.fields.iter().map(|place| {
            let name = &table.fields[*place].name;
            let there = other.fields.iter().position(|field| field.name == *name)?;
            let sign = if unique.nulls_not_distinct {
                "IS NOT DISTINCT FROM"
            } else {
                "="
            };
            let (own, there) = (value(table, *place, "s"), value(other, there, "o"));
            Some(format!("{there} {sign} {own}"))
        });
        let pairs = pairs.collect::<Option<Vec<String>>>()?;
        Some(format!(
            "INSERT INTO {} SELECT {}, {}, {}, {} FROM {} AS s WHERE EXISTS (\
             SELECT FROM {} AS o WHERE {} AND {}) AND {}",
            home.bad(table),
            keys(table, "s"),
            self.column_names(&unique.fields),
            literal(DUPLICATE),
            shown(unique, "s"),
            home.stage(table),
            home.stage(other),
            pairs.join(" AND "),
            is_new(other, home, "o"),
            is_new(table, home, "s")
        ))
    }
}

/// The keys of rows of the target that look like a row, where tables of the source share the target.
pub fn rival_keys(table: &TablePlan, home: Home) -> Option<String> {
    let primary = table
        .primary
        .as_ref()
        .filter(|_| !table.rivals.is_empty())?;
    let key = primary
        .iter()
        .map(|place| format!("m.t{}::text", place + 1));
    let key = key.collect::<Vec<_>>().join(", ");
    let matched = home.matched(table);
    Some(format!(
        "SELECT ARRAY[{key}] AS key FROM {matched} AS m WHERE NOT m.own"
    ))
}
