//! The two back-ends of the transform verbs against each other, on a real server.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails where it is"
)]

mod agreement;
#[path = "../cluster/mod.rs"]
mod cluster;
mod fixture;
mod rules;
mod values;

use std::fmt::Write as _;

use align::ddl::literal;
use align::mapping::{ColumnCorrespondence, Lookup, Rule, Transform, file};
use align::schema::{ColumnType, Ident};
use align::transform::row::{Outcome, Program};
use align::transform::{
    LookupRow, LookupSource, LookupTable, Lookups, SESSION, Shape, TransformError, sql,
};
use cluster::Database;

/// The columns that a rule of these tests reads and writes, all of them of a table `t`.
pub(crate) type Columns<'a> = [(&'a str, &'a str)];

pub(crate) fn shape(columns: &Columns<'_>) -> Shape {
    let columns = columns.iter().map(|(name, ty)| {
        let ty = ColumnType::parse(ty.trim_end_matches(" not null"), &|_, _| None);
        (Ident::new(*name).unwrap(), ty)
    });
    Shape::from_types(columns)
}

/// The shape of target columns, of which some say `not null`.
pub(crate) fn target(columns: &Columns<'_>) -> Shape {
    let mut shape = shape(columns);
    for (name, ty) in columns {
        let slot = shape.columns.get_mut(&Ident::new(*name).unwrap()).unwrap();
        slot.not_null = ty.ends_with(" not null");
    }
    shape
}

/// A correspondence of the columns, `rule` being what stands beside `from` and `to`.
pub(crate) fn correspondence(
    from: &Columns<'_>,
    to: &Columns<'_>,
    rule: &str,
) -> ColumnCorrespondence {
    let names = |columns: &Columns<'_>, table: &str| {
        let names = columns.iter().map(|(name, _)| format!("'{table}.{name}'"));
        names.collect::<Vec<_>>().join(", ")
    };
    let mut text = "format = 1\n[[column]]\n".to_owned();
    if !from.is_empty() {
        writeln!(text, "from = [{}]", names(from, "t")).unwrap();
    }
    writeln!(text, "to = [{}]\n{rule}", names(to, "u")).unwrap();
    let mapping = file::read(&text).unwrap_or_else(|error| panic!("{text}\n{error:?}"));
    mapping.columns.into_iter().next().unwrap()
}

/// People whom the lookups of these tests look up: position of the match column, key, id.
pub(crate) const PEOPLE: [(usize, &str, &str); 8] = [
    (1, "clara@trendtialcrm.ai", "1"),
    (1, " Dana@X.example ", "2"),
    (1, "o'neil\\@x", "3"),
    (2, "Émile Zola", "4"),
    (2, "ÖZGE ŞAHİN", "5"),
    (2, "Sam Doe", "6"),
    (2, "sam doe", "7"),
    (2, "clara@trendtialcrm.ai", "8"),
];

/// How the server is told of the people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    Rows,
    Relation,
    Table,
}

pub(crate) struct People {
    rows: LookupTable,
    seen: Seen,
}

impl People {
    pub(crate) fn of(correspondence: &ColumnCorrespondence, seen: Seen) -> Self {
        let lookup = match &correspondence.rule {
            Rule::Convert(steps) => steps.iter().find_map(|step| match step {
                Transform::Lookup(lookup) => Some(lookup),
                _ => None,
            }),
            _ => None,
        };
        let rows = lookup.map_or_else(LookupTable::default, |lookup| {
            let rows = PEOPLE.iter();
            let rows = rows.map(|&(position, key, take)| LookupRow {
                position,
                key,
                take,
            });
            LookupTable::new(lookup, rows)
        });
        Self { rows, seen }
    }

    /// The same people as tables of the server: `people` as a mapping's lookup names it, and `seen` as
    /// a caller of the renderer provides it.
    pub(crate) fn sql() -> String {
        let mut sql = "CREATE TABLE people (email text, full_name text, id integer);\n\
                       CREATE TABLE seen (position integer, key text, take text);\n"
            .to_owned();
        for (position, key, id) in PEOPLE {
            let key = literal(key);
            let (email, name) = if position == 1 {
                (key.as_str(), "NULL")
            } else {
                ("NULL", key.as_str())
            };
            writeln!(
                sql,
                "INSERT INTO people VALUES ({email}, {name}, {id}); \
                 INSERT INTO seen VALUES ({position}, {key}, '{id}');"
            )
            .unwrap();
        }
        sql
    }
}

impl Lookups for People {
    fn source(&self, lookup: &Lookup) -> Option<LookupSource<'_>> {
        Some(match self.seen {
            Seen::Rows => LookupSource::Rows(&self.rows),
            Seen::Relation => LookupSource::Relation("seen".to_owned()),
            Seen::Table => LookupSource::Table(align::schema::QualifiedName::new(
                Ident::new("public").unwrap(),
                lookup.table.name.clone(),
            )),
        })
    }
}

/// A rule on its way through both back-ends.
pub(crate) struct Drive<'a> {
    pub(crate) from: &'a Columns<'a>,
    pub(crate) to: &'a Columns<'a>,
    pub(crate) rule: &'a str,
    pub(crate) seen: Seen,
}

/// What the server made of a row.
pub(crate) struct Served {
    /// The source columns as it prints them.
    pub(crate) row: Vec<Option<String>>,
    pub(crate) outcomes: Vec<Outcome>,
}

impl Drive<'_> {
    pub(crate) fn expressions(&self) -> Result<Vec<sql::Expression>, TransformError> {
        let rule = correspondence(self.from, self.to, self.rule);
        let people = People::of(&rule, self.seen);
        sql::columns(&rule, &shape(self.from), &target(self.to), &people)
    }

    /// Has the server evaluate the rule on the rows, each column of which it reads as its type first.
    pub(crate) fn served(&self, db: &Database<'_>, rows: &[Vec<Option<String>>]) -> Vec<Served> {
        let expressions = self
            .expressions()
            .unwrap_or_else(|error| panic!("{}: {error}", self.rule));
        let columns = self.from.iter();
        let columns: Vec<String> = columns.map(|(name, ty)| format!("{name} {ty}")).collect();
        let columns = match columns.as_slice() {
            [] => "nothing integer".to_owned(),
            columns => columns.join(", "),
        };
        let mut script = String::new();
        for (name, value) in SESSION {
            writeln!(script, "SET {name} = '{value}';").unwrap();
        }
        writeln!(
            script,
            "CREATE TEMP TABLE t (o serial, {columns}, nothing_else integer);\nBEGIN;"
        )
        .unwrap();
        let names: Vec<&str> = self.from.iter().map(|(name, _)| *name).collect();
        let names = [names.as_slice(), &["nothing_else"]].concat();
        writeln!(script, "COPY t ({}) FROM STDIN;", names.join(", ")).unwrap();
        for row in rows {
            for value in row {
                script += &copied(value.as_deref());
                script.push('\t');
            }
            script += "0\n";
        }
        script += "\\.\nCOMMIT;\nSET default_transaction_read_only = on;\n";
        let mut answers: Vec<String> = self
            .from
            .iter()
            .map(|(name, _)| format!("s.{name}::text"))
            .collect();
        for expression in &expressions {
            answers.push(format!("({})::text", expression.value));
            answers.extend([&expression.code, &expression.note].map(|text| {
                text.as_ref()
                    .map_or_else(|| "NULL::text".to_owned(), |text| format!("({text})"))
            }));
        }
        writeln!(
            script,
            "SELECT json_build_array({}) FROM t AS s ORDER BY s.o;\nDROP TABLE t;",
            answers.join(", ")
        )
        .unwrap();
        // A table that is temporary may be dropped in a session that only reads.
        let script = script.replace(
            "DROP TABLE t;",
            "SET default_transaction_read_only = off;\nDROP TABLE t;",
        );
        let lines = db.psql(&script);
        let served: Vec<Served> = lines.lines().map(|line| self.line(line)).collect();
        for served in &served {
            for (outcome, expression) in served.outcomes.iter().zip(&expressions) {
                let is_told = expression.is_null_where_coded && outcome.code.is_some();
                assert!(
                    !is_told || outcome.value.is_none(),
                    "{}: {outcome:?} of {:?}",
                    self.rule,
                    served.row
                );
            }
        }
        assert_eq!(served.len(), rows.len(), "{}", self.rule);
        served
    }

    fn line(&self, line: &str) -> Served {
        let fields: Vec<Option<String>> = serde_json::from_str(line).expect(line);
        let (row, answers) = fields.split_at(self.from.len());
        let outcomes = answers.chunks(3).map(|answer| {
            let code = |text: &Option<String>| text.as_ref().map(|code| code.parse().expect(code));
            Outcome {
                value: answer[0].clone(),
                code: code(&answer[1]),
                note: code(&answer[2]),
            }
        });
        Served {
            row: row.to_vec(),
            outcomes: outcomes.collect(),
        }
    }

    /// Evaluates the rule here, on rows as the server printed them.
    pub(crate) fn evaluated<'s>(
        &self,
        rows: impl Iterator<Item = &'s [Option<String>]>,
    ) -> Vec<Vec<Outcome>> {
        let rule = correspondence(self.from, self.to, self.rule);
        let people = People::of(&rule, Seen::Rows);
        let program = Program::new(&rule, &shape(self.from), &target(self.to), &people)
            .unwrap_or_else(|error| panic!("{}: {error}", self.rule));
        let evaluate = |row: &[Option<String>]| {
            program.evaluate(&|column| {
                let mut columns = self.from.iter();
                let index = columns.position(|(name, _)| *name == column.as_str())?;
                row[index].as_deref()
            })
        };
        rows.map(evaluate).collect()
    }
}

/// A value in COPY's text form.
fn copied(value: Option<&str>) -> String {
    let Some(value) = value else {
        return "\\N".to_owned();
    };
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '\\' => text += "\\\\",
            '\n' => text += "\\n",
            '\r' => text += "\\r",
            '\t' => text += "\\t",
            c => text.push(c),
        }
    }
    text
}
