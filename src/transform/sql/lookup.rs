//! `lookup`: the key of the row of another table that holds the value.
//!
//! The table is read once a statement, into a JSON object of its keys; every row then asks that object.
//! A sub-select a row would read the table as often as there are rows.

use super::Render;
use super::flow::{Flow, code};
use crate::ddl::literal;
use crate::mapping::{Lookup, OnAmbiguous, OnMissing};
use crate::transform::lookup::LookupSource;
use crate::transform::{Code, TransformError, charset};

impl Render<'_> {
    pub(super) fn lookup(&self, flow: &mut Flow, lookup: &Lookup) -> Result<(), TransformError> {
        let source = self.lookups.source(lookup).ok_or_else(|| {
            self.error(format!("table `{}` cannot be looked up here", lookup.table))
        })?;
        let map = match source {
            LookupSource::Rows(table) => format!("{}::jsonb", literal(&table.to_json())),
            LookupSource::Relation(relation) => collected(lookup, &relation),
            LookupSource::Table(table) => {
                let columns = lookup.matches.iter().enumerate().map(|(index, column)| {
                    format!(
                        "SELECT {} AS position, t.{column}::text AS key, t.{}::text AS take FROM {table} AS t",
                        index + 1,
                        lookup.take
                    )
                });
                let columns: Vec<String> = columns.collect();
                collected(lookup, &format!("({})", columns.join(" UNION ALL ")))
            }
        };
        flow.bind();
        flow.set(normalised(lookup, &flow.text));
        flow.bind();
        let text = flow.text.clone();
        let found = (1..=lookup.matches.len())
            .map(|position| format!("{map} -> ('{position}:' || {text})"));
        let found: Vec<String> = found.collect();
        let found = match found.as_slice() {
            [one] => one.clone(),
            several => format!("coalesce({})", several.join(", ")),
        };
        flow.bind_with(&[("f", found)]);
        let mut failed = Vec::new();
        let mut noted = Vec::new();
        let missing = format!(
            " WHEN q.v IS NOT NULL AND q.f IS NULL THEN {}",
            code(Code::LookupMissing)
        );
        let ambiguous = format!(
            " WHEN jsonb_typeof(q.f) = 'null' THEN {}",
            code(Code::LookupAmbiguous)
        );
        match lookup.on_missing {
            OnMissing::Error => failed.push(missing),
            OnMissing::Null => noted.push(missing),
        }
        match lookup.on_ambiguous {
            OnAmbiguous::Error => failed.push(ambiguous),
            OnAmbiguous::Null => noted.push(ambiguous),
        }
        if !failed.is_empty() {
            flow.fail(format!("CASE{} END", failed.concat()));
        }
        if !noted.is_empty() {
            flow.remark(format!("CASE{} END", noted.concat()));
        }
        flow.set("q.f #>> '{}'".to_owned());
        Ok(())
    }
}

/// The object of a relation's keys.
fn collected(lookup: &Lookup, relation: &str) -> String {
    let key = normalised(lookup, "r.key");
    format!(
        "(SELECT jsonb_object_agg(g.key, CASE WHEN g.n = 1 THEN to_jsonb(g.take) ELSE 'null' END) \
         FROM (SELECT r.position || ':' || {key} AS key, count(*) AS n, min(r.take) AS take \
         FROM {relation} AS r WHERE r.key IS NOT NULL AND r.take IS NOT NULL GROUP BY 1) AS g)"
    )
}

pub(super) fn normalised(lookup: &Lookup, text: &str) -> String {
    let trimmed = if lookup.trim {
        format!("btrim({text}, {})", literal(charset::BLANKS))
    } else {
        text.to_owned()
    };
    if !lookup.lower {
        return trimmed;
    }
    let (upper, lower) = charset::case_pairs();
    // Going through every letter of several alphabets is slow, and mostly for nothing.
    format!(
        "CASE WHEN octet_length({text}) = length({text}) THEN lower({trimmed} COLLATE \"C\") \
         ELSE translate({trimmed}, {}, {}) END",
        literal(&upper),
        literal(&lower)
    )
}
