//! `[[table]]` and `[[column]]`: what corresponds, and what becomes of the values.

use super::item::{Fields, Item};
use super::reader::Reader;
use super::step;
use super::verb::VERBS;
use crate::mapping::{
    Class, ColumnCorrespondence, ColumnRef, Matching, Note, OnError, Rule, Status, Sync,
    TableCorrespondence, Undecided,
};

/// An entry of `[[table]]` or `[[column]]`.
#[derive(Debug)]
pub(super) enum Entry<T> {
    /// Somebody said something of it, be it a proposal or a no.
    Decided(T),
    /// `status = "undecided"`
    Undecided(Undecided),
}

/// What may stand beside `status = "undecided"`: names and the paper trail.
const OF_UNDECIDED: [&str; 7] = ["from", "to", "status", "why", "by", "at", "confidence"];

const TABLE_KEYS: &[&str] = &[
    "from",
    "to",
    "where",
    "match",
    "normalize",
    "status",
    "confidence",
    "why",
    "by",
    "at",
];

const COLUMN_KEYS: &[&str] = &[
    "from",
    "to",
    "steps",
    "cast",
    "format",
    "zone",
    "value",
    "concat",
    "split",
    "values",
    "on_unknown",
    "range",
    "lookup",
    "json",
    "pack",
    "scale",
    "when",
    "otherwise",
    "sql",
    "keep",
    "archive",
    "drop",
    "reason",
    "nulls",
    "default",
    "on_error",
    "status",
    "credit",
    "sync",
    "why",
    "by",
    "at",
    "confidence",
];

/// Keys that say a column has no counterpart.
const HOMELESS: [&str; 3] = ["keep", "archive", "drop"];

/// Keys that speak of a conversion, and so of nothing where there is none.
const OF_CONVERSION: [&str; 6] = ["to", "nulls", "default", "on_error", "credit", "sync"];

pub(super) fn table(
    reader: &mut Reader<'_>,
    item: &Item<'_>,
) -> Option<Entry<TableCorrespondence>> {
    let title = "`[[table]]`";
    let fields = reader.fields(item, title, TABLE_KEYS)?;
    let Some(status) = status(reader, &fields) else {
        let mut name = |key| {
            let item = fields.get(key)?;
            reader.table_ref(&item).map(|table| table.to_string())
        };
        let (from, to) = (name("from"), name("to"));
        return undecided(reader, &fields, item, true, from, to);
    };
    let from = reader
        .required(&fields, "from", title)
        .and_then(|item| reader.table_ref(&item));
    let to = reader
        .required(&fields, "to", title)
        .and_then(|item| reader.table_ref(&item));
    let note = note(reader, &fields);
    let filter = fields.get("where").and_then(|item| reader.condition(&item));
    let matching = matching(reader, &fields);
    Some(Entry::Decided(TableCorrespondence {
        from: from?,
        to: to?,
        status,
        note,
        filter,
        matching,
        at: reader.at(item.start),
    }))
}

/// `match = ["email", ["city", "street"]]`
fn matching(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Matching {
    let mut matching = Matching::default();
    if let Some(list) = fields.get("match") {
        for item in reader.one_or_list(&list) {
            let names = reader.one_or_list(&item);
            if names.is_empty() {
                reader.error(item.start, "`match` holds an empty list");
                continue;
            }
            let names: Vec<_> = names.iter().filter_map(|name| reader.ident(name)).collect();
            if matching.keys.contains(&names) {
                reader.error(item.start, "the same columns stand twice in `match`");
            }
            matching.keys.push(names);
        }
    }
    if let Some(list) = fields.get("normalize") {
        (matching.trim, matching.lower) = reader.normalize(&list);
        if !fields.has("match") {
            reader.error(
                fields.key_start("normalize"),
                "`normalize` belongs to `match`",
            );
        }
    }
    matching
}

pub(super) fn column(
    reader: &mut Reader<'_>,
    item: &Item<'_>,
) -> Option<Entry<ColumnCorrespondence>> {
    let fields = reader.fields(item, "`[[column]]`", COLUMN_KEYS)?;
    let from = columns(reader, &fields, "from");
    let to = columns(reader, &fields, "to");
    let Some(status) = status(reader, &fields) else {
        let names = |columns: Vec<ColumnRef>| {
            let names: Vec<String> = columns.iter().map(ToString::to_string).collect();
            Some(names.join(", ")).filter(|names| !names.is_empty())
        };
        return undecided(reader, &fields, item, false, names(from?), names(to?));
    };
    let nulls = fields.get("nulls").map_or_else(Vec::new, |list| {
        let texts = reader.list(&list).into_iter();
        texts.filter_map(|item| reader.text(&item)).collect()
    });
    let default = fields.get("default").and_then(|item| reader.literal(&item));
    let on_error = on_error(reader, &fields);
    let sync = fields
        .get("sync")
        .and_then(|item| reader.choice(&item, &[("always", Sync::Always), ("once", Sync::Once)]));
    let classes = Class::ALL.map(|class| (class.word(), class));
    let credit = fields
        .get("credit")
        .and_then(|item| reader.choice(&item, &classes));
    if let Some(item) = fields.get("credit")
        && !fields.has("why")
    {
        let message = "a stated `credit` needs a `why`";
        reader.error(item.start, message);
    }
    let note = note(reader, &fields);
    let rule = rule(reader, &fields, from.as_deref(), to.as_deref());
    Some(Entry::Decided(ColumnCorrespondence {
        from: from?,
        to: to?,
        rule: rule?,
        nulls,
        default,
        on_error,
        status,
        credit,
        sync: sync.unwrap_or_default(),
        note,
        at: reader.at(item.start),
    }))
}

fn undecided<T>(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    item: &Item<'_>,
    is_table: bool,
    from: Option<String>,
    to: Option<String>,
) -> Option<Entry<T>> {
    for entry in fields.entries() {
        if !OF_UNDECIDED.contains(&entry.name) {
            let message = format!(
                "`{}` has no place beside `status = \"undecided\"`",
                entry.name
            );
            let hint = "take the `status` away once it is decided";
            reader.error_with_hint(fields.key_start(entry.name), message, hint);
        }
    }
    if !fields.has("from") && !fields.has("to") {
        let message = "what is undecided needs `from` or `to`";
        reader.error(fields.start, message);
    }
    Some(Entry::Undecided(Undecided {
        is_table,
        from: from.unwrap_or_default(),
        to: to.unwrap_or_default(),
        at: reader.at(item.start),
    }))
}

/// One column or several; none when the key is absent, `None` when one cannot be read.
fn columns(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    key: &'static str,
) -> Option<Vec<ColumnRef>> {
    let Some(item) = fields.get(key) else {
        return Some(Vec::new());
    };
    let items = reader.one_or_list(&item);
    let count = items.len();
    let mut columns: Vec<ColumnRef> = Vec::new();
    for item in items {
        let Some(column) = reader.column_ref(&item) else {
            continue;
        };
        if columns.contains(&column) {
            reader.error(item.start, format!("`{column}` stands twice in `{key}`"));
        }
        columns.push(column);
    }
    if item.value.as_array().is_some_and(|array| array.is_empty()) {
        reader.error(item.start, format!("`{key}` is empty"));
        return None;
    }
    (columns.len() == count).then_some(columns)
}

/// `None` is undecided.
fn status(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<Status> {
    let words = [
        ("accepted", Some(Status::Accepted)),
        ("proposed", Some(Status::Proposed)),
        ("rejected", Some(Status::Rejected)),
        ("undecided", None),
    ];
    fields
        .get("status")
        .and_then(|item| reader.choice(&item, &words))
        .unwrap_or(Some(Status::default()))
}

fn on_error(reader: &mut Reader<'_>, fields: &Fields<'_>) -> OnError {
    let words = [
        ("fail", OnError::Fail),
        ("quarantine", OnError::Quarantine),
        ("null", OnError::Null),
        ("default", OnError::Default),
    ];
    let Some(item) = fields.get("on_error") else {
        return OnError::default();
    };
    let on_error = reader.choice(&item, &words);
    if on_error == Some(OnError::Default) && !fields.has("default") {
        reader.error(item.start, "`on_error = \"default\"` needs a `default`");
    }
    on_error.unwrap_or_default()
}

fn note(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Note {
    let mut words = |key| fields.get(key).and_then(|item| reader.words(&item));
    let (why, by) = (words("why"), words("by"));
    let on = fields.get("at").and_then(|item| match item.value {
        toml::de::DeValue::Datetime(moment) => Some(moment.to_string()),
        _ => reader.words(&item),
    });
    let confidence = fields
        .get("confidence")
        .and_then(|item| reader.share(&item));
    Note {
        why,
        by,
        on,
        confidence,
    }
}

fn rule(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    from: Option<&[ColumnRef]>,
    to: Option<&[ColumnRef]>,
) -> Option<Rule> {
    if fields.has("reason") && !fields.has("drop") {
        reader.error(fields.key_start("reason"), "`reason` belongs to `drop`");
    }
    match HOMELESS.into_iter().find(|key| fields.has(key)) {
        Some(key) => homeless(reader, fields, key),
        None => conversion(reader, fields, from?, to?),
    }
}

fn homeless(reader: &mut Reader<'_>, fields: &Fields<'_>, key: &'static str) -> Option<Rule> {
    let others = HOMELESS.into_iter().filter(|other| *other != key);
    let verbs = VERBS.iter().copied().chain(["steps"]);
    for other in others.chain(verbs).chain(OF_CONVERSION) {
        if fields.has(other) {
            let message = format!("`{other}` has no place beside `{key}`");
            reader.error(fields.key_start(other), message);
        }
    }
    let item = fields.get(key)?;
    if reader.boolean(&item) == Some(false) {
        let message = format!("`{key}` can only be `true`; leave it out otherwise");
        reader.error(item.start, message);
    }
    if !fields.has("from") {
        let message = format!("`{key}` needs `from`");
        reader.error(fields.start, message);
    }
    match key {
        "keep" => Some(Rule::Keep),
        "archive" => Some(Rule::Archive),
        _ => {
            let title = "a column that is dropped";
            let reason = reader.required(fields, "reason", title)?;
            let reason = reader.words(&reason)?;
            Some(Rule::Drop { reason })
        }
    }
}

fn conversion(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    from: &[ColumnRef],
    to: &[ColumnRef],
) -> Option<Rule> {
    if to.is_empty() {
        let hint =
            "a column without a counterpart says `keep = true`, `archive = true` or `drop = true`";
        reader.error_with_hint(fields.start, "`[[column]]` needs `to`", hint);
        return None;
    }
    for (key, columns) in [("from", from), ("to", to)] {
        let mut tables = columns.iter().map(|column| &column.table);
        let first = tables.next();
        if let Some(other) = tables.find(|table| Some(*table) != first) {
            let first = first.map(ToString::to_string).unwrap_or_default();
            let message = format!("`{key}` names columns of `{first}` and of `{other}`");
            let hint = "a rule reads and writes one row; another table's value comes by `lookup`";
            reader.error_with_hint(fields.key_start(key), message, hint);
        }
    }
    let steps = step::steps(reader, fields)?;
    step::check_chain(reader, fields.start, &steps, from, to);
    let steps = steps.into_iter().map(|step| step.transform).collect();
    Some(Rule::Convert(steps))
}
