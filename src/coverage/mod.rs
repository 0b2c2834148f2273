//! Which values of a live database the mapping's rules do not cover.
//!
//! [`questions`] puts the rules of each table into one query, and [`run::ask`] asks them all in one
//! read-only transaction. What is asked is the same expression that converts the values elsewhere.

pub mod run;

use std::collections::BTreeMap;

use crate::ddl::literal;
use crate::diff::Pairing;
use crate::mapping::{
    At, ColumnCorrespondence, Lookup, Mapping, Rule, TableCorrespondence, TableRef, Transform,
};
use crate::schema::{QualifiedName, Schema, Table};
use crate::transform::sql::{self, ROW};
use crate::transform::{Code, LookupSource, LookupTable, Lookups, Shape};

/// What is asked of one table.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The table.
    pub table: QualifiedName,
    /// The query: a row each for a rule and a code.
    pub sql: String,
    /// Where each rule stands in the mapping, by its number in the query.
    pub rules: Vec<At>,
}

/// What is asked of a database.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Questions {
    /// By table.
    pub questions: Vec<Question>,
    /// Rules that cannot be asked, with the reason.
    pub unasked: Vec<(At, String)>,
}

/// Values that a rule does not cover.
#[derive(Debug, Clone, PartialEq)]
pub struct Gap {
    /// Where the rule stands in the mapping.
    pub at: At,
    /// The table whose values they are.
    pub table: QualifiedName,
    /// Why they cannot be converted.
    pub code: Code,
    /// Whether the mapping says what becomes of them: NULL, or a default.
    pub decided: bool,
    /// Rows that hold one.
    pub rows: u64,
    /// How many values there are.
    pub values: u64,
    /// The most frequent ones, cut where they are long.
    pub samples: Vec<String>,
}

/// Tables that lookups read: those of the database itself, and those read from the other side.
#[derive(Debug, Default)]
pub struct Tables<'a> {
    /// The schema of the database.
    pub here: Option<&'a Schema>,
    /// Read beforehand, by the lookup they are for.
    pub read: Vec<(Lookup, LookupTable)>,
}

impl Tables<'_> {
    /// The looked-up table where the database has it.
    pub fn beside(&self, lookup: &Lookup) -> Option<QualifiedName> {
        let schema = self.here?;
        let table = find(schema, &lookup.table)?;
        let columns = lookup.matches.iter().chain([&lookup.take]);
        let has_all = columns.into_iter().all(|name| table.column(name).is_some());
        has_all.then(|| table.name.clone())
    }
}

impl Lookups for Tables<'_> {
    fn source(&self, lookup: &Lookup) -> Option<LookupSource<'_>> {
        let read = self.read.iter().find(|(known, _)| known == lookup);
        match read {
            Some((_, table)) => Some(LookupSource::Rows(table)),
            None => self.beside(lookup).map(LookupSource::Table),
        }
    }
}

/// The table that a reference names in a schema.
pub fn find<'a>(schema: &'a Schema, reference: &TableRef) -> Option<&'a Table> {
    let namespace = reference.namespace.as_ref().or(schema.home())?;
    schema.table(&QualifiedName::new(
        namespace.clone(),
        reference.name.clone(),
    ))
}

/// The query that reads a looked-up table: `position`, `key`, `take`.
pub fn lookup_query(lookup: &Lookup, table: &QualifiedName) -> String {
    let columns = lookup.matches.iter().enumerate().map(|(index, column)| {
        format!(
            "SELECT {} AS position, t.{column}::text AS key, t.{take}::text AS take FROM {table} AS t \
             WHERE t.{column} IS NOT NULL AND t.{take} IS NOT NULL",
            index + 1,
            take = lookup.take
        )
    });
    columns.collect::<Vec<_>>().join(" UNION ALL ")
}

/// One rule within a query.
struct Asked {
    at: At,
    /// The expressions' texts: code, note, input.
    texts: [String; 3],
}

/// Puts the rules of the mapping into one query a table. Rules whose columns the from side does not
/// have, or whose work is done, ask nothing; nor do those that fit every value.
pub fn questions(
    from: &Schema,
    to: &Schema,
    mapping: &Mapping,
    open: &dyn Fn(&ColumnCorrespondence) -> bool,
    tables: &Tables<'_>,
) -> Questions {
    let pairing = Pairing::new(from, to, mapping);
    let mut asked: BTreeMap<&QualifiedName, Vec<Asked>> = BTreeMap::new();
    let mut found = Questions::default();
    for rule in mapping.accepted_columns().filter(|rule| open(rule)) {
        let (Some(source), Some(target)) = (rule.from.first(), rule.to.first()) else {
            continue;
        };
        let tables_of_rule = (pairing.source(&source.table), pairing.target(&target.table));
        let (Some(source), Some(target)) = tables_of_rule else {
            continue;
        };
        let is_one = rule.from.iter().all(|column| {
            pairing
                .source(&column.table)
                .is_some_and(|t| t.name == source.name)
        });
        if !is_one {
            let why = "its columns are of several tables".to_owned();
            found.unasked.push((rule.at, why));
            continue;
        }
        let filter = pairing
            .of(&target.name)
            .filter(|pair| pair.from.name == source.name)
            .and_then(|pair| pair.by);
        match ask(rule, (from, source), (to, target), filter, tables) {
            Ok(texts) => {
                if let Rule::Convert(steps) = &rule.rule
                    && steps.iter().any(|step| matches!(step, Transform::Sql(_)))
                {
                    let why = "whether its `sql` takes a value, only running it shows".to_owned();
                    found.unasked.push((rule.at, why));
                }
                asked.entry(&source.name).or_default().extend(texts);
            }
            Err(why) => found.unasked.push((rule.at, why)),
        }
    }
    found.questions = asked
        .into_iter()
        .filter(|(_, rules)| !rules.is_empty())
        .map(|(table, rules)| Question {
            table: table.clone(),
            sql: query(table, &rules),
            rules: rules.iter().map(|rule| rule.at).collect(),
        })
        .collect();
    found
}

fn ask(
    rule: &ColumnCorrespondence,
    from: (&Schema, &Table),
    to: (&Schema, &Table),
    by: Option<&TableCorrespondence>,
    tables: &Tables<'_>,
) -> Result<Vec<Asked>, String> {
    let from_shape = Shape::of(from.1, from.0);
    let mut to_shape = Shape::of(to.1, to.0);
    for slot in to_shape.columns.values_mut() {
        // A value that is missing is no value that the rule leaves out.
        slot.not_null = false;
    }
    let filter = by.and_then(|by| by.filter.as_ref().map(|filter| (filter, by.at)));
    let filter = filter
        .map(|(filter, at)| sql::condition(filter, &from_shape, at))
        .transpose()
        .map_err(|error| error.to_string())?;
    let columns = sql::columns(rule, &from_shape, &to_shape, tables);
    let columns = columns.map_err(|error| error.to_string())?;
    let asked = columns
        .into_iter()
        .filter(|column| column.code.is_some() || column.note.is_some());
    let within = |text: Option<String>| match (text, &filter) {
        (None, _) => "NULL::text".to_owned(),
        (Some(text), None) => text,
        (Some(text), Some(filter)) => format!("CASE WHEN {filter} THEN {text} END"),
    };
    Ok(asked
        .map(|column| Asked {
            at: rule.at,
            texts: [
                within(column.code),
                within(column.note),
                column.input.unwrap_or_else(|| "NULL::text".to_owned()),
            ],
        })
        .collect())
}

/// How many characters of a value are a sample of it, and how many samples there are.
const SAMPLE: (u32, u32) = (80, 3);

fn query(table: &QualifiedName, rules: &[Asked]) -> String {
    let rows = rules.iter().enumerate().map(|(number, rule)| {
        let [code, note, input] = &rule.texts;
        format!("({number}, {code}, {note}, {input})")
    });
    let rows: Vec<String> = rows.collect();
    let (length, samples) = SAMPLE;
    format!(
        "SELECT g.rule, g.code, g.decided, sum(g.n)::bigint AS rows, count(*) AS values,
       to_json((array_agg(left(g.input, {length}) ORDER BY g.n DESC, g.input))[1:{samples}])::text AS samples
FROM (
    SELECT v.rule, coalesce(v.code, v.note) AS code, v.code IS NULL AS decided, v.input, count(*) AS n
    FROM {table} AS {ROW}
    CROSS JOIN LATERAL (VALUES
        {}
    ) AS v (rule, code, note, input)
    WHERE v.code IS NOT NULL OR v.note IS NOT NULL
    GROUP BY 1, 2, 3, 4
) AS g
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3",
        rows.join(",\n        ")
    )
}

/// The code of that name.
fn code(name: &str) -> Option<Code> {
    Code::ALL.into_iter().find(|code| code.as_str() == name)
}

/// A statement for each setting that the expressions want, for one transaction.
fn settings() -> String {
    let settings = crate::transform::SESSION.iter();
    let settings =
        settings.map(|(name, value)| format!("SET LOCAL {name} = {};\n", literal(value)));
    settings.collect()
}
