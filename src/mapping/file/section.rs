//! What a mapping says once: its sides, migrations, gate, credit, what to ignore; and the categories.

use std::collections::BTreeMap;

use super::item::{Fields, Item};
use super::reader::Reader;
use crate::mapping::{
    Category, CopyRules, Credit, Gate, Ignore, MaxErrors, Migrate, Side, TableRef,
};

pub(super) fn side(
    reader: &mut Reader<'_>,
    root: &Fields<'_>,
    key: &'static str,
    title: &str,
) -> Side {
    let known = ["source", "name", "schemas", "interfaces"];
    let Some(fields) = root
        .get(key)
        .and_then(|item| reader.fields(&item, title, &known))
    else {
        return Side::default();
    };
    Side {
        source: fields.get("source").and_then(|item| reader.words(&item)),
        name: fields.get("name").and_then(|item| reader.words(&item)),
        schemas: fields
            .get("schemas")
            .map_or_else(Vec::new, |item| distinct(reader, &item, Reader::ident)),
        interfaces: fields
            .get("interfaces")
            .map_or_else(BTreeMap::new, |item| interfaces(reader, &item)),
    }
}

fn interfaces(reader: &mut Reader<'_>, item: &Item<'_>) -> BTreeMap<String, String> {
    let entries = reader.pairs(item).into_iter();
    entries
        .filter_map(|entry| Some((entry.name.to_owned(), reader.words(&entry)?)))
        .collect()
}

/// The elements of a list, each of which may stand there once.
fn distinct<'t, T: PartialEq>(
    reader: &mut Reader<'t>,
    item: &Item<'_>,
    read: impl Fn(&mut Reader<'t>, &Item<'_>) -> Option<T>,
) -> Vec<T> {
    let mut values = Vec::new();
    for element in reader.list(item) {
        let Some(value) = read(reader, &element) else {
            continue;
        };
        if values.contains(&value) {
            let written = element.value.as_str().unwrap_or_default();
            let message = format!("`{written}` stands twice in `{}`", item.name);
            reader.error(element.start, message);
        }
        values.push(value);
    }
    values
}

pub(super) fn migrate(reader: &mut Reader<'_>, root: &Fields<'_>) -> Option<Migrate> {
    let title = "`[migrate]`";
    let fields = reader.fields(&root.get("migrate")?, title, &["dir", "phases"])?;
    let dir = reader.required(&fields, "dir", title);
    let phases = reader.required(&fields, "phases", title);
    Some(Migrate {
        phases: distinct(reader, &phases?, Reader::words),
        dir: reader.words(&dir?)?,
    })
}

pub(super) fn copy(reader: &mut Reader<'_>, root: &Fields<'_>) -> CopyRules {
    let mut rules = CopyRules::default();
    let Some(fields) = root
        .get("copy")
        .and_then(|item| reader.fields(&item, "`[copy]`", &["max_errors"]))
    else {
        return rules;
    };
    let Some(item) = fields.get("max_errors") else {
        return rules;
    };
    let written = match item.value.as_str() {
        Some(text) => Some(text.to_owned()),
        None => reader.number(&item),
    };
    let Some(written) = written else {
        return rules;
    };
    match MaxErrors::parse(&written) {
        Some(limit) => rules.max_errors = limit,
        None => {
            let message = format!("`max_errors` is a number of rows or a share, found `{written}`");
            reader.error_with_hint(item.start, message, "write one such as `100` or `\"0.5%\"`");
        }
    }
    rules
}

pub(super) fn gate(reader: &mut Reader<'_>, root: &Fields<'_>) -> Gate {
    let known = ["score", "blockers", "unknown"];
    let mut gate = Gate::default();
    let Some(fields) = root
        .get("gate")
        .and_then(|item| reader.fields(&item, "`[gate]`", &known))
    else {
        return gate;
    };
    if let Some(item) = fields.get("score")
        && let Some(score) = percentage(reader, &item)
    {
        gate.score = score;
    }
    for (key, limit) in [
        ("blockers", &mut gate.blockers),
        ("unknown", &mut gate.unknown),
    ] {
        if let Some(count) = fields.get(key).and_then(|item| reader.count(&item, 0)) {
            *limit = count;
        }
    }
    gate
}

fn percentage(reader: &mut Reader<'_>, item: &Item<'_>) -> Option<f64> {
    let written = reader.number(item)?;
    let score = written.parse().ok().filter(|s| (0.0..=100.0).contains(s));
    if score.is_none() {
        let message = format!("`{}` must be from 0 to 100, found {written}", item.name);
        reader.error(item.start, message);
    }
    score
}

pub(super) fn credit(reader: &mut Reader<'_>, root: &Fields<'_>) -> Credit {
    let mut credit = Credit::default();
    let known = ["same", "renamed", "derived", "lossy", "missing"];
    let Some(fields) = root
        .get("credit")
        .and_then(|item| reader.fields(&item, "`[credit]`", &known))
    else {
        return credit;
    };
    for (key, share) in [
        ("same", &mut credit.same),
        ("renamed", &mut credit.renamed),
        ("derived", &mut credit.derived),
        ("lossy", &mut credit.lossy),
        ("missing", &mut credit.missing),
    ] {
        if let Some(stated) = fields.get(key).and_then(|item| reader.share(&item)) {
            *share = stated;
        }
    }
    credit
}

pub(super) fn ignore(reader: &mut Reader<'_>, root: &Fields<'_>) -> Ignore {
    let Some(fields) = root
        .get("ignore")
        .and_then(|item| reader.fields(&item, "`[ignore]`", &["tables", "columns"]))
    else {
        return Ignore::default();
    };
    let mut patterns = |key| match fields.get(key) {
        Some(item) => distinct(reader, &item, Reader::words),
        None => Vec::new(),
    };
    Ignore {
        tables: patterns("tables"),
        columns: patterns("columns"),
    }
}

/// `home` is the namespace that goes without saying in `tables`.
pub(super) fn category(reader: &mut Reader<'_>, item: &Item<'_>, home: &str) -> Option<Category> {
    let title = "`[[category]]`";
    let fields = reader.fields(item, title, &["name", "weight", "tables"])?;
    let name = reader
        .required(&fields, "name", title)
        .and_then(|item| reader.words(&item));
    let weight = fields
        .get("weight")
        .map_or(Some(1), |item| reader.count(&item, 1));
    let list = reader.required(&fields, "tables", title)?;
    let mut tables: Vec<TableRef> = Vec::new();
    for element in reader.list(&list) {
        let Some(table) = reader.table_ref(&element) else {
            continue;
        };
        if tables.iter().any(|other| other.is_same(&table, home)) {
            let message = format!("`{table}` stands twice in `tables`");
            reader.error(element.start, message);
        }
        tables.push(table);
    }
    if list.value.as_array().is_some_and(|array| array.is_empty()) {
        reader.error(list.start, "a category needs at least one table");
    }
    Some(Category {
        name: name?,
        weight: weight?,
        tables,
        at: reader.at(item.start),
    })
}
