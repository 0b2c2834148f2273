//! Differences in words: a line for each kind with its total, and one for each row that is listed.

use std::collections::BTreeMap;

use super::known::Sides;
use super::ranges::Differing;
use super::rows::{Column, Differences, Key, Listed, whole};
use super::side::{Side, compared};
use crate::copy::plan::TablePlan;
use crate::verify::Finding;

/// How many keys stand in the SQL of a kind.
const KEYS_IN_SQL: usize = 20;

pub(super) fn findings(
    sides: &Sides,
    differences: &Differences,
    columns: &BTreeMap<Key, Vec<Column>>,
    allow_extra: bool,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Differences {
        missing,
        extra,
        different,
        kept,
    } = differences;
    let key = |key: &Key| shown(&sides.source, key);
    let sides_of = |listed: &Listed| both(sides, &listed.keys);
    if missing.total > 0 {
        let text = format!(
            "{} missing in this database{}",
            are(missing),
            capped(missing)
        );
        findings.push(Finding::new(text).shown_by(sides_of(missing)));
        let rows = missing.keys.iter();
        findings.extend(rows.map(|row| {
            let one = both(sides, std::slice::from_ref(row));
            Finding::new(format!("{} is missing", key(row))).shown_by(one)
        }));
    }
    if extra.total > 0 {
        let fine = if allow_extra { ", as it may have" } else { "" };
        let text = format!(
            "{} in this database alone{fine}{}",
            are(extra),
            if allow_extra {
                String::new()
            } else {
                capped(extra)
            }
        );
        findings.push(Finding::new(text).shown_by(sides_of(extra)));
        let rows = extra.keys.iter().filter(|_| !allow_extra);
        findings.extend(rows.map(|row| {
            let one = both(sides, std::slice::from_ref(row));
            Finding::new(format!("{} is in this database alone", key(row))).shown_by(one)
        }));
    }
    if different.total > 0 {
        let text = format!(
            "{} different{}{}",
            are(different),
            by_column(columns),
            capped(different)
        );
        findings.push(Finding::new(text).shown_by(sides_of(different)));
        let none = Vec::new();
        let rows = different.keys.iter();
        findings.extend(rows.map(|row| {
            let columns = columns.get(row).unwrap_or(&none).iter().map(column);
            let columns = columns.collect::<Vec<_>>().join(", ");
            let one = both(sides, std::slice::from_ref(row));
            Finding::new(format!("{} differs in {columns}", key(row))).shown_by(one)
        }));
    }
    if kept.total > 0 {
        let text = format!(
            "{} kept from before the copy, and not compared{}",
            are(kept),
            capped(kept)
        );
        findings.push(Finding::new(text).shown_by(sides_of(kept)));
        let rows = kept.keys.iter();
        findings.extend(rows.map(|row| {
            let one = both(sides, std::slice::from_ref(row));
            Finding::new(format!("{} was there before the copy", key(row))).shown_by(one)
        }));
    }
    for (count, words) in [
        (
            sides.quarantined,
            "in quarantine: see them with `align quarantine list`",
        ),
        (sides.matched, "there under another key, and not compared"),
    ] {
        if count > 0 {
            findings.push(Finding::new(format!("{} {words}", rows(count))));
        }
    }
    findings
}

/// What is not compared: rows that nobody asked for, columns that may have been edited since.
pub(super) fn aside(plan: &TablePlan, left_out: u64) -> Vec<Finding> {
    let asked = plan.asked().filter(|_| left_out > 0);
    let asked = asked.map(|asked| {
        let text = format!(
            "{} left out: the copy is of those with `{asked}`",
            rows(left_out)
        );
        Finding::new(text)
    });
    asked.into_iter().chain(once(plan)).collect()
}

fn once(plan: &TablePlan) -> Option<Finding> {
    let compared = compared(plan);
    let places = (0..plan.fields.len()).filter(|place| !compared.contains(place));
    let names: Vec<&str> = places
        .map(|place| plan.fields[place].name.as_str())
        .collect();
    let is = if names.len() == 1 { "is" } else { "are" };
    (!names.is_empty()).then(|| {
        Finding::new(format!(
            "{} {is} written once, may be edited since, and {is} not compared",
            names.join(", ")
        ))
    })
}

/// Rows without a key, of which only all together can be told whether they are the same.
pub(super) fn bag(sides: &Sides, differing: &Differing) -> Finding {
    let (source, target) = differing.each;
    let text = if source == target {
        format!("the {source} rows are not the same, and without a key nothing tells which differ")
    } else {
        format!("there are {target} rows, and {source} in the source")
    };
    let (from, to) = (sides.source.all(), sides.target.all());
    Finding::new(text).shown_by(format!(
        "-- in the source\n{from};\n-- in this database\n{to};"
    ))
}

fn rows(count: u64) -> String {
    match count {
        1 => "1 row is".to_owned(),
        _ => format!("{count} rows are"),
    }
}

fn are(listed: &Listed) -> String {
    rows(listed.total)
}

fn capped(listed: &Listed) -> String {
    let listed_rows = listed.keys.len() as u64;
    if listed.total > listed_rows {
        format!("; the first {listed_rows} are listed")
    } else {
        String::new()
    }
}

/// How many of the listed rows differ in each column.
fn by_column(columns: &BTreeMap<Key, Vec<Column>>) -> String {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for column in columns.values().flatten() {
        *counts.entry(&column.name).or_default() += 1;
    }
    let mut counts: Vec<(&str, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
    let counts: Vec<String> = counts
        .iter()
        .map(|(name, count)| format!("{name} in {count}"))
        .collect();
    if counts.is_empty() {
        String::new()
    } else {
        format!(" ({})", counts.join(", "))
    }
}

fn column(column: &Column) -> String {
    let name = &column.name;
    let code = column.code.as_ref().map_or_else(String::new, |code| {
        format!(" (the source's value cannot be converted: {code})")
    });
    match &column.values {
        Some((from, to)) => {
            let (from, to) = (value(from.as_deref()), value(to.as_deref()));
            format!("{name}{code}: {to} here, {from} there")
        }
        None => format!("{name}{code}"),
    }
}

fn value(text: Option<&str>) -> String {
    match text {
        Some(text) => serde_json::Value::String(text.to_owned()).to_string(),
        None => "NULL".to_owned(),
    }
}

/// The key as the quarantine writes it.
fn shown(side: &Side, key: &Key) -> String {
    let members = side.keys.iter().zip(key).map(|(column, value)| {
        let is_number = matches!(column.ty.as_str(), "smallint" | "integer" | "bigint");
        let value = match value {
            Some(value) if is_number => value.clone(),
            Some(value) => serde_json::Value::String(value.clone()).to_string(),
            None => "null".to_owned(),
        };
        let name = serde_json::Value::String(column.name.clone());
        format!("{name}: {value}")
    });
    format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
}

/// What shows the rows on either side.
fn both(sides: &Sides, keys: &[Key]) -> String {
    let mut keys = whole(keys);
    keys.truncate(KEYS_IN_SQL);
    format!(
        "-- in the source\n{};\n-- in this database\n{};",
        sides.source.show(&keys),
        sides.target.show(&keys)
    )
}
