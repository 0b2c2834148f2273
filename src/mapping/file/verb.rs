//! The verbs that change a value, one by one.

use super::item::{Fields, Item};
use super::reader::Reader;
use crate::mapping::{
    Fallback, JsonPathError, Literal, Lookup, OnAmbiguous, OnMissing, OpenRange, PackForm,
    RangeRule, Transform, WhenCase,
};
use crate::schema::Ident;

/// Every verb that changes a value.
pub(super) const VERBS: &[&str] = &[
    "cast", "value", "concat", "split", "values", "range", "lookup", "json", "pack", "scale",
    "when", "sql",
];

/// Reads the verb of the table, and the keys that stand beside it.
pub(super) fn verb(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    verb: &'static str,
) -> Option<Transform> {
    let item = fields.get(verb)?;
    match verb {
        "cast" => {
            let mut text = |key| fields.get(key).and_then(|item| reader.words(&item));
            let (format, zone) = (text("format"), text("zone"));
            let ty = reader.words(&item)?;
            Some(Transform::Cast { ty, format, zone })
        }
        "value" => reader.literal(&item).map(Transform::Value),
        "concat" => concat(reader, &item),
        "split" => split(reader, &item),
        "values" => values(reader, fields, &item),
        "range" => range(reader, &item),
        "lookup" => lookup(reader, &item),
        "json" => {
            let path = reader.parsed(&item, "a path", |text| {
                text.parse()
                    .map_err(|error: JsonPathError| (error.at, error.message))
            })?;
            Some(Transform::Json { path })
        }
        "pack" => {
            let forms = [("json", PackForm::Json), ("text", PackForm::Text)];
            reader.choice(&item, &forms).map(Transform::Pack)
        }
        "scale" => scale(reader, &item),
        "when" => when(reader, fields, &item),
        _ => reader.words(&item).map(Transform::Sql),
    }
}

fn concat(reader: &mut Reader<'_>, item: &Item<'_>) -> Option<Transform> {
    let fields = reader.fields(item, "`concat`", &["sep", "skip_null"])?;
    let separator = reader.required(&fields, "sep", "`concat`");
    let skip_null = fields
        .get("skip_null")
        .map_or(Some(true), |item| reader.boolean(&item));
    Some(Transform::Concat {
        separator: reader.text(&separator?)?,
        skip_null: skip_null?,
    })
}

fn split(reader: &mut Reader<'_>, item: &Item<'_>) -> Option<Transform> {
    let fields = reader.fields(item, "`split`", &["on", "regex", "limit"])?;
    if fields.has("on") == fields.has("regex") {
        let message = "`split` needs either `on` or `regex`";
        reader.error(item.start, message);
        return None;
    }
    let limit = fields.get("limit").and_then(|item| reader.count(&item, 2));
    if limit.is_some() && fields.has("regex") {
        let message = "`limit` belongs to `on`; the groups of `regex` say how many parts there are";
        reader.error(fields.key_start("limit"), message);
    }
    let on = fields.get("on").and_then(|item| reader.text(&item));
    if on.as_deref() == Some("") {
        reader.error(fields.key_start("on"), "`on` is empty");
    }
    let regex = fields.get("regex").and_then(|item| reader.words(&item));
    Some(Transform::Split { on, regex, limit })
}

fn values(reader: &mut Reader<'_>, fields: &Fields<'_>, item: &Item<'_>) -> Option<Transform> {
    let entries = reader.pairs(item);
    if entries.is_empty() && item.value.is_table() {
        reader.error(item.start, "`values` names no value");
    }
    let pairs: Vec<(String, Literal)> = entries
        .into_iter()
        .filter_map(|entry| Some((entry.name.to_owned(), reader.literal(&entry)?)))
        .collect();
    let on_unknown = fields
        .get("on_unknown")
        .map_or(Some(Fallback::Error), |item| on_unknown(reader, &item));
    Some(Transform::Values {
        pairs,
        on_unknown: on_unknown?,
    })
}

fn on_unknown(reader: &mut Reader<'_>, item: &Item<'_>) -> Option<Fallback> {
    if item.value.is_table() {
        let fields = reader.fields(item, "`on_unknown`", &["value"])?;
        let value = reader.required(&fields, "value", "`on_unknown`")?;
        return reader.literal(&value).map(Fallback::Value);
    }
    let words = [
        ("fail", Fallback::Error),
        ("null", Fallback::Null),
        ("keep", Fallback::Keep),
    ];
    reader.choice(item, &words)
}

fn range(reader: &mut Reader<'_>, item: &Item<'_>) -> Option<Transform> {
    let fields = reader.fields(item, "`range`", &["rule", "open", "words"])?;
    let rules = [
        ("lower", RangeRule::Lower),
        ("upper", RangeRule::Upper),
        ("midpoint", RangeRule::Midpoint),
    ];
    let rule = reader.required(&fields, "rule", "`range`");
    let rule = rule.and_then(|item| reader.choice(&item, &rules));
    let opens = [
        ("end", OpenRange::End),
        ("null", OpenRange::Null),
        ("fail", OpenRange::Error),
    ];
    let open = fields
        .get("open")
        .map_or(Some(OpenRange::Error), |item| reader.choice(&item, &opens));
    let words = fields.get("words").map_or_else(Vec::new, |item| {
        let entries = reader.pairs(&item).into_iter();
        entries
            .filter_map(|entry| Some((entry.name.to_owned(), reader.integer(&entry)?)))
            .collect()
    });
    Some(Transform::Range {
        rule: rule?,
        open: open?,
        words,
    })
}

fn lookup(reader: &mut Reader<'_>, item: &Item<'_>) -> Option<Transform> {
    let title = "`lookup`";
    let known = [
        "table",
        "match",
        "normalize",
        "take",
        "on_missing",
        "on_ambiguous",
    ];
    let fields = reader.fields(item, title, &known)?;
    let table = reader
        .required(&fields, "table", title)
        .and_then(|item| reader.table_ref(&item));
    let take = reader
        .required(&fields, "take", title)
        .and_then(|item| reader.ident(&item));
    let matches = reader
        .required(&fields, "match", title)
        .and_then(|item| match_columns(reader, &item));
    let (trim, lower) = fields
        .get("normalize")
        .map_or((false, false), |list| reader.normalize(&list));
    let missing = [("null", OnMissing::Null), ("fail", OnMissing::Error)];
    let on_missing = fields
        .get("on_missing")
        .map_or(Some(OnMissing::Error), |item| {
            reader.choice(&item, &missing)
        });
    let ambiguous = [("null", OnAmbiguous::Null), ("fail", OnAmbiguous::Error)];
    let on_ambiguous = fields
        .get("on_ambiguous")
        .map_or(Some(OnAmbiguous::Error), |item| {
            reader.choice(&item, &ambiguous)
        });
    Some(Transform::Lookup(Lookup {
        table: table?,
        matches: matches?,
        trim,
        lower,
        take: take?,
        on_missing: on_missing?,
        on_ambiguous: on_ambiguous?,
    }))
}

fn match_columns(reader: &mut Reader<'_>, item: &Item<'_>) -> Option<Vec<Ident>> {
    let items = reader.one_or_list(item);
    if items.is_empty() {
        reader.error(item.start, "`match` names no column");
    }
    let columns: Vec<Option<Ident>> = items.iter().map(|item| reader.ident(item)).collect();
    columns.into_iter().collect()
}

fn scale(reader: &mut Reader<'_>, item: &Item<'_>) -> Option<Transform> {
    let fields = reader.fields(item, "`scale`", &["factor", "offset"])?;
    let mut number = |key, otherwise: &str| match fields.get(key) {
        Some(item) => reader.number(&item),
        None => Some(otherwise.to_owned()),
    };
    let (factor, offset) = (number("factor", "1")?, number("offset", "0")?);
    if factor.parse() == Ok(0.0) {
        reader.error(fields.key_start("factor"), "`factor` cannot be 0");
    }
    Some(Transform::Scale { factor, offset })
}

fn when(reader: &mut Reader<'_>, fields: &Fields<'_>, item: &Item<'_>) -> Option<Transform> {
    let items = reader.list(item);
    if items.is_empty() && item.value.is_array() {
        reader.error(item.start, "`when` has no case");
    }
    let mut cases = Vec::new();
    for item in items {
        let title = "a case of `when`";
        let Some(fields) = reader.fields(&item, title, &["if", "value"]) else {
            continue;
        };
        let condition = reader
            .required(&fields, "if", title)
            .and_then(|item| reader.condition(&item));
        let value = reader
            .required(&fields, "value", title)
            .and_then(|item| reader.literal(&item));
        if let (Some(condition), Some(value)) = (condition, value) {
            cases.push(WhenCase { condition, value });
        }
    }
    let otherwise = fields
        .get("otherwise")
        .and_then(|item| reader.literal(&item));
    Some(Transform::When { cases, otherwise })
}
