//! Values that a rule put NULL or a default in place of.

use super::super::plan::TablePlan;
use super::{Home, is_new, key_json, keys, same_key};

/// What was put NULL or a default in place of, by column and code, with at most three samples of keys, and
/// of values where their rows were fetched.
pub fn findings(table: &TablePlan, home: Home) -> Option<String> {
    Some(format!(
        "SELECT n.column_name, n.code, count(*) AS rows, \
         (array_agg({key}::text ORDER BY {keys}) FILTER (WHERE n.n <= 3)) AS keys, \
         coalesce(array_agg(coalesce(w.inputs ->> n.column_name, 'NULL') ORDER BY {keys}) \
         FILTER (WHERE n.n <= 3 AND w.k1 IS NOT NULL), '{{}}') AS samples \
         FROM ({lines}) AS n LEFT JOIN {rows} AS w ON n.n <= 3 AND {same} GROUP BY 1, 2 ORDER BY 1, 2",
        key = key_json(table, "n"),
        keys = keys(table, "n"),
        lines = lines(table, home)?,
        rows = home.rows(table),
        same = same_key(table, "w", "n"),
    ))
}

/// The keys of the first three rows of each line of [`findings`].
pub fn keys_of_samples(table: &TablePlan, home: Home) -> Option<String> {
    let key = (1..=table.key.len()).map(|n| format!("n.k{n}::text"));
    let key = key.collect::<Vec<_>>().join(", ");
    let lines = lines(table, home)?;
    Some(format!(
        "SELECT DISTINCT ARRAY[{key}] AS key FROM ({lines}) AS n WHERE n.n <= 3"
    ))
}

fn lines(table: &TablePlan, home: Home) -> Option<String> {
    let keys = keys(table, "s");
    let has_notes = table.fields.iter().any(|field| field.note.is_some());
    has_notes.then(|| {
        format!(
            "SELECT {keys}, e.key AS column_name, e.value AS code, \
             row_number() OVER (PARTITION BY e.key, e.value ORDER BY {keys}) AS n FROM {} AS s \
             CROSS JOIN LATERAL jsonb_each_text(s.notes) AS e WHERE s.notes IS NOT NULL AND {}",
            home.stage(table),
            is_new(table, home, "s")
        )
    })
}
