//! Which rows are in the target already, and which cannot go there.

use super::super::plan::{MatchKeys, Reference, TablePlan, Unique};
use super::index::UniqueIndex;
use super::{
    Conflict, Home, compared, field_names, is_new, key_json, keys, not_null, qualified,
    same_fields, same_key, value,
};
use crate::ddl::literal;
use crate::schema::Ident;

/// A row that refers to one that is neither there nor on its way.
pub const ORPHAN: &str = "key.orphan";
/// A row whose unique key another row has.
pub const DUPLICATE: &str = "key.duplicate";
/// A row that a check of the target refuses.
pub const CHECK: &str = "check.violated";
/// A row that several rows of the target look like.
pub const AMBIGUOUS: &str = "match.ambiguous";

/// From how many rows on the way through them has to be chosen with care.
const MANY: u32 = 10_000;

/// A check of a target table or of a column's domain, as its server prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The constraint's name.
    pub name: String,
    /// Without the outer `CHECK (…)`; over the row, or the row `r`.
    pub expression: String,
    /// The columns it reads.
    pub columns: Vec<Ident>,
    /// What a row that it refuses is told.
    pub code: &'static str,
}

/// How the rows of one table are judged.
#[derive(Debug, Clone, Copy)]
pub struct Judge<'a> {
    /// The table.
    pub table: &'a TablePlan,
    /// All tables of the plan.
    pub tables: &'a [TablePlan],
    /// Where the working tables are.
    pub home: Home,
    /// What becomes of a row that is there.
    pub conflict: Conflict,
    /// The pair, where the target remembers matches of earlier copies.
    pub remembered: Option<&'a str>,
    /// The target's checks.
    pub checks: &'a [Check],
    /// The target's unique indexes that are not over columns alone.
    pub indexes: &'a [UniqueIndex],
}

impl Judge<'_> {
    /// Finds the rows that are in the target already.
    pub fn matches(&self) -> Vec<String> {
        let doubles = self.doubles().into_iter();
        let own = self.own().into_iter();
        let alike = self.table.matching.keys.iter().map(|key| self.alike(key));
        let analyze = format!("ANALYZE {}", self.home.matched(self.table));
        doubles.chain(own).chain(alike).chain([analyze]).collect()
    }

    /// Finds what is wrong with a row whatever the others are.
    pub fn rows(&self) -> Vec<String> {
        self.conversions().into_iter().chain(self.check()).collect()
    }

    /// What cannot be told before the parents are judged. Done again, it finds only what came since.
    pub fn orphans(&self) -> Vec<String> {
        let references = self.table.references.iter();
        let steps = references.map(|reference| self.orphan(reference));
        // Whether a row lacks one parent says nothing to the planner about the next, so it expects that none
        // is left, and would go through whole tables beside each one that is.
        let careful = format!(
            "SELECT set_config('enable_nestloop', 'off', false) FROM pg_class \
             WHERE oid = to_regclass({}) AND reltuples >= {MANY}",
            literal(&self.home.stage(self.table))
        );
        let again = "RESET enable_nestloop".to_owned();
        [careful].into_iter().chain(steps).chain([again]).collect()
    }

    /// What cannot be told before the orphans are out.
    pub fn duplicates(&self) -> Vec<String> {
        let mut steps = vec![format!("ANALYZE {}", self.home.bad(self.table))];
        for unique in &self.table.uniques {
            // Rows that are brought up to the copy may come to the key of another one.
            if let Some(rivals) = self.changing(unique) {
                steps.extend(rivals);
                continue;
            }
            steps.push(self.taken(unique));
            steps.extend(
                self.siblings()
                    .filter_map(|other| self.claimed(unique, other)),
            );
            steps.push(self.repeated(unique));
        }
        steps.extend(self.indexed());
        if let Some(primary) = self
            .table
            .primary
            .as_ref()
            .filter(|_| self.table.comes_after)
        {
            let key = Unique {
                fields: primary.clone(),
                nulls_not_distinct: false,
            };
            steps.extend(
                self.siblings()
                    .filter_map(|other| self.claimed(&key, other)),
            );
        }
        // Keys of the source hold its rows apart already.
        if let Some(primary) = self
            .table
            .primary
            .as_ref()
            .filter(|_| !keeps_key(self.table))
        {
            steps.push(self.repeated(&Unique {
                fields: primary.clone(),
                nulls_not_distinct: false,
            }));
        }
        steps
    }

    /// Rows that are in the target under their own key.
    fn own(&self) -> Option<String> {
        let (table, home) = (self.table, self.home);
        let primary = table.primary.as_ref()?;
        let names = field_names(table, primary);
        let filter = if table.comes_after {
            let (bad, same) = (home.bad(table), same_key(table, "b", "s"));
            format!(" WHERE NOT EXISTS (SELECT FROM {bad} AS b WHERE {same})")
        } else {
            String::new()
        };
        Some(format!(
            "INSERT INTO {} SELECT {}, true{} FROM {} AS s JOIN {} AS t ON {}{filter}",
            home.matched(table),
            keys(table, "s"),
            self.identity("t."),
            home.stage(table),
            qualified(&table.to),
            same_fields(table, primary, "s", "t", &names)
        ))
    }

    /// Source's and target's values of the identity, as `match` takes them.
    fn identity(&self, target: &str) -> String {
        let table = self.table;
        let pairs = table.identity.iter().map(|place| {
            let field = &table.fields[*place];
            let there = format!("({target}{})::{}", field.name, field.wire);
            format!(", s.v{}, {there}", place + 1)
        });
        pairs.collect()
    }

    /// Rows that look like exactly one of the target's; like several, they are bad. A row of the target
    /// that has the key of another row of the copy is that row, and no other's.
    fn alike(&self, places: &[usize]) -> String {
        let (table, home) = (self.table, self.home);
        let mut tests: Vec<String> = places
            .iter()
            .map(|place| like(table, &table.matching, *place))
            .collect();
        if let Some(primary) = &table.primary {
            let names = field_names(table, primary);
            tests.push(format!(
                "NOT EXISTS (SELECT FROM {} AS o WHERE {})",
                home.stage(table),
                same_fields(table, primary, "o", "t", &names)
            ));
            tests.extend(self.no_siblings(&names));
        }
        let tests = tests.join(" AND ");
        let identity = table.identity.iter().map(|place| {
            let field = &table.fields[*place];
            let n = place + 1;
            format!(
                ", (array_agg(s.v{n}))[1] AS o{n}, (array_agg((t.{})::{}))[1] AS t{n}",
                field.name, field.wire
            )
        });
        let identity: String = identity.collect();
        let taken = table
            .identity
            .iter()
            .map(|place| format!(", f.o{n}, f.t{n}", n = place + 1));
        let taken: String = taken.collect();
        let shown = places.iter().map(|place| format!("s.v{}::text", place + 1));
        let shown = shown.collect::<Vec<_>>().join(", ");
        format!(
            "WITH f AS MATERIALIZED (SELECT {keys}, count(*) AS n, min(concat_ws(', ', {shown})) AS shown{identity} \
             FROM {stage} AS s JOIN {target} AS t ON {tests} WHERE {new} GROUP BY {keys}), \
             several AS (INSERT INTO {bad} SELECT {f_keys}, {columns}, {code}, f.shown FROM f WHERE f.n > 1) \
             INSERT INTO {matched} SELECT {f_keys}, false{taken} FROM f WHERE f.n = 1",
            keys = keys(table, "s"),
            f_keys = keys(table, "f"),
            stage = home.stage(table),
            target = qualified(&table.to),
            new = is_new(table, home, "s"),
            bad = home.bad(table),
            matched = home.matched(table),
            columns = self.column_names(places),
            code = literal(AMBIGUOUS),
        )
    }

    pub(super) fn column_names(&self, places: &[usize]) -> String {
        let names: Vec<&str> = places
            .iter()
            .map(|place| self.table.fields[*place].name.as_str())
            .collect();
        literal(&names.join(", "))
    }

    /// Rows of which nothing is written need no value.
    fn is_written(&self, alias: &str) -> String {
        let (table, home) = (self.table, self.home);
        let bad = format!(
            "NOT EXISTS (SELECT FROM {} AS b WHERE {})",
            home.bad(table),
            same_key(table, "b", alias)
        );
        match self.conflict {
            Conflict::Update => bad,
            Conflict::Keep | Conflict::Fail => is_new(table, home, alias),
        }
    }

    /// What the source found while it converted the values.
    fn conversions(&self) -> Option<String> {
        let (table, home) = (self.table, self.home);
        table
            .fields
            .iter()
            .any(|field| field.code.is_some())
            .then(|| {
                format!(
                    "INSERT INTO {} SELECT {}, e.key, e.value, NULL FROM {} AS s \
                 CROSS JOIN LATERAL jsonb_each_text(s.codes) AS e WHERE s.codes IS NOT NULL AND {}",
                    home.bad(table),
                    keys(table, "s"),
                    home.stage(table),
                    self.is_written("s")
                )
            })
    }

    /// Rows that a check refuses. One that reads a column that is not copied is left to the server.
    fn check(&self) -> Option<String> {
        let (table, home) = (self.table, self.home);
        let is_copied = |name: &Ident| table.fields.iter().any(|field| field.name == *name);
        let checks = self
            .checks
            .iter()
            .filter(|check| check.columns.iter().all(is_copied));
        let (mut tests, mut lines) = (Vec::new(), Vec::new());
        for check in checks {
            let names: Vec<&str> = check.columns.iter().map(Ident::as_str).collect();
            let shown = if names.is_empty() {
                check.name.clone()
            } else {
                names.join(", ")
            };
            let values: Vec<String> = check
                .columns
                .iter()
                .map(|name| format!("r.{name}::text"))
                .collect();
            let values = if values.is_empty() {
                "NULL".to_owned()
            } else {
                format!("concat_ws(', ', {})", values.join(", "))
            };
            let test = format!("({}) IS FALSE", check.expression);
            lines.push(format!(
                "CASE WHEN {test} THEN jsonb_build_array({}, {values}, {}) END",
                literal(&shown),
                literal(check.code)
            ));
            tests.push(test);
        }
        if tests.is_empty() {
            return None;
        }
        let row = table.fields.iter().enumerate().map(|(index, field)| {
            format!(
                "{} AS {}",
                compared(field, &format!("s.v{}", index + 1)),
                field.name
            )
        });
        let row = row.collect::<Vec<_>>().join(", ");
        // The row's columns alone are in sight of the checks.
        Some(format!(
            "INSERT INTO {bad} SELECT {f_keys}, c.line ->> 0, c.line ->> 2, c.line ->> 1 FROM (\
             SELECT {s_keys}, x.lines FROM {stage} AS s CROSS JOIN LATERAL (\
             SELECT CASE WHEN {any} THEN array_remove(ARRAY[{lines}]::jsonb[], NULL) END AS lines \
             FROM (SELECT {row}) AS r OFFSET 0) AS x WHERE s.codes IS NULL AND x.lines IS NOT NULL AND {written}) AS f \
             CROSS JOIN LATERAL unnest(f.lines) AS c (line)",
            bad = home.bad(table),
            f_keys = keys(table, "f"),
            s_keys = keys(table, "s"),
            stage = home.stage(table),
            any = tests.join(" OR "),
            lines = lines.join(", "),
            written = self.is_written("s"),
        ))
    }

    /// Rows that refer to one that is neither in the target nor on its way.
    fn orphan(&self, reference: &Reference) -> String {
        let (table, home) = (self.table, self.home);
        let names: Vec<String> = reference
            .referenced
            .iter()
            .map(ToString::to_string)
            .collect();
        let mut there = vec![format!(
            "SELECT FROM {} AS t WHERE {}",
            reference.table,
            same_fields(table, &reference.fields, "s", "t", &names)
        )];
        // Where nearly every parent is there already, the planner takes the new ones for a single row and
        // looks for them anew beside each child.
        let mut new_rows = Vec::new();
        let parents = reference.parent.iter().chain(&reference.more_parents);
        for (number, (parent, places)) in parents.enumerate() {
            let parent = &self.tables[*parent];
            let same = |alias: &str, column: &str| {
                let pairs = reference.fields.iter().zip(places);
                let pairs = pairs
                    .map(|(own, place)| format!("{alias}.{column}{} = s.v{}", place + 1, own + 1));
                pairs.collect::<Vec<_>>().join(" AND ")
            };
            if reference.is_carried {
                let matched = home.matched(parent);
                there.push(format!(
                    "SELECT FROM {matched} AS p WHERE {}",
                    same("p", "o")
                ));
            }
            let shown: Vec<String> = places.iter().map(|n| format!("p.v{}", n + 1)).collect();
            new_rows.push(format!(
                "new{number} AS MATERIALIZED (SELECT {} FROM {} AS p WHERE {})",
                shown.join(", "),
                home.stage(parent),
                is_new(parent, home, "p")
            ));
            there.push(format!(
                "SELECT FROM new{number} AS p WHERE {}",
                same("p", "v")
            ));
        }
        let new_rows = match new_rows.as_slice() {
            [] => String::new(),
            rows => format!("WITH {} ", rows.join(", ")),
        };
        if let (true, Some(pair), [place], [name]) = (
            reference.is_carried,
            self.remembered,
            reference.fields.as_slice(),
            reference.referenced.as_slice(),
        ) {
            there.push(format!(
                "SELECT FROM align.matched AS p WHERE {} AND p.from_value = s.v{}::text",
                remembered(pair, reference, name, "p"),
                place + 1
            ));
        }
        let missing: Vec<String> = there.iter().map(|q| format!("NOT EXISTS ({q})")).collect();
        let shown: Vec<String> = reference
            .fields
            .iter()
            .map(|place| format!("s.v{}::text", place + 1))
            .collect();
        format!(
            "INSERT INTO {} {new_rows}SELECT {}, {}, {}, concat_ws(', ', {}) FROM {} AS s WHERE {} AND {} AND {}",
            home.bad(table),
            keys(table, "s"),
            self.column_names(&reference.fields),
            literal(ORPHAN),
            shown.join(", "),
            home.stage(table),
            not_null(&reference.fields, "s"),
            missing.join(" AND "),
            self.is_written("s")
        )
    }

    /// New rows whose unique key a row of the target has.
    fn taken(&self, unique: &Unique) -> String {
        let (table, home) = (self.table, self.home);
        let names = field_names(table, &unique.fields);
        let same = if unique.nulls_not_distinct {
            let pairs = unique.fields.iter().zip(&names);
            let pairs = pairs.map(|(place, name)| {
                format!(
                    "t.{name} IS NOT DISTINCT FROM {}",
                    value(table, *place, "s")
                )
            });
            pairs.collect::<Vec<_>>().join(" AND ")
        } else {
            same_fields(table, &unique.fields, "s", "t", &names)
        };
        format!(
            "INSERT INTO {} SELECT {}, {}, {}, {} FROM {} AS s WHERE EXISTS (SELECT FROM {} AS t WHERE {same}) AND {}",
            home.bad(table),
            keys(table, "s"),
            self.column_names(&unique.fields),
            literal(DUPLICATE),
            shown(unique, "s"),
            home.stage(table),
            qualified(&table.to),
            is_new(table, home, "s")
        )
    }

    /// New rows whose unique key an earlier one has; the first by the source's key is the one that goes.
    fn repeated(&self, unique: &Unique) -> String {
        let (table, home) = (self.table, self.home);
        let columns: Vec<String> = unique
            .fields
            .iter()
            .map(|place| value(table, *place, "s"))
            .collect();
        let has_value = if unique.nulls_not_distinct {
            "true".to_owned()
        } else {
            not_null(&unique.fields, "s")
        };
        format!(
            "INSERT INTO {} SELECT {}, {}, {}, r.shown FROM (SELECT {s_keys}, {} AS shown, \
             row_number() OVER (PARTITION BY {} ORDER BY {s_keys}) AS n FROM {} AS s WHERE {has_value} AND {}) AS r \
             WHERE r.n > 1",
            home.bad(table),
            keys(table, "r"),
            self.column_names(&unique.fields),
            literal(DUPLICATE),
            shown(unique, "s"),
            columns.join(", "),
            home.stage(table),
            is_new(table, home, "s"),
            s_keys = keys(table, "s"),
        )
    }
}

pub(super) fn shown(unique: &Unique, alias: &str) -> String {
    let shown = unique
        .fields
        .iter()
        .map(|place| format!("{alias}.v{}::text", place + 1));
    format!("concat_ws(', ', {})", shown.collect::<Vec<_>>().join(", "))
}

/// Whether the target's value is like the staged one. An empty text is like nothing.
fn like(table: &TablePlan, matching: &MatchKeys, place: usize) -> String {
    let field = &table.fields[place];
    let (staged, there) = (value(table, place, "s"), format!("t.{}", field.name));
    if field.wire != "text" || (field.cast.is_some() && field.base.is_none()) {
        return format!("{there} = {staged}");
    }
    let form = |text: String| {
        let text = if matching.trim {
            format!("btrim({text}, E' \\t\\r\\n')")
        } else {
            text
        };
        if matching.lower {
            format!("lower({text})")
        } else {
            text
        }
    };
    let (staged, there) = (form(staged), form(there));
    format!("{there} = {staged} AND {staged} <> ''")
}

/// A line of what earlier copies of the pair have matched.
pub(super) fn remembered(pair: &str, reference: &Reference, column: &Ident, alias: &str) -> String {
    format!(
        "{alias}.pair = {} AND {alias}.table_name = {} AND {alias}.column_name = {}",
        literal(pair),
        literal(&reference.table.to_string()),
        literal(column.as_str())
    )
}

/// How many rows were staged, are there already, and are bad.
pub fn count(table: &TablePlan, home: Home) -> String {
    format!(
        "SELECT (SELECT count(*) FROM {stage}) AS rows, \
         (SELECT count(*) FROM {matched} AS m WHERE NOT EXISTS (SELECT FROM {bad} AS b WHERE {same})) AS matched, \
         (SELECT count(*) FROM (SELECT DISTINCT {keys} FROM {bad}) AS b) AS bad",
        stage = home.stage(table),
        matched = home.matched(table),
        bad = home.bad(table),
        same = same_key(table, "b", "m"),
        keys = super::key_names(table),
    )
}

/// What is wrong, by column and code, with at most three samples of keys and values.
pub fn findings(table: &TablePlan, home: Home) -> String {
    format!(
        "SELECT b.column_name, b.code, count(*) AS rows, \
         (array_agg({key}::text ORDER BY {keys}))[1:3] AS keys, \
         (array_agg(coalesce(b.value, w.inputs ->> b.column_name, 'NULL') ORDER BY {keys}))[1:3] AS samples \
         FROM {} AS b LEFT JOIN {} AS w ON {} GROUP BY 1, 2 ORDER BY 1, 2",
        home.bad(table),
        home.rows(table),
        same_key(table, "w", "b"),
        key = key_json(table, "b"),
        keys = keys(table, "b"),
    )
}

/// The keys of bad rows; of the first three by column and code, or of all.
pub fn bad_keys(table: &TablePlan, home: Home, samples: bool) -> String {
    let key = (1..=table.key.len()).map(|n| format!("b.k{n}::text"));
    let key = key.collect::<Vec<_>>().join(", ");
    let keys = keys(table, "b");
    let filter = if samples { " WHERE b.n <= 3" } else { "" };
    format!(
        "SELECT DISTINCT ARRAY[{key}] AS key FROM (SELECT {keys}, row_number() OVER \
         (PARTITION BY b.column_name, b.code ORDER BY {keys}) AS n FROM {} AS b) AS b{filter}",
        home.bad(table)
    )
}

/// Whether the target's primary key is the source's.
fn keeps_key(table: &TablePlan) -> bool {
    table.primary.as_ref().is_some_and(|primary| {
        primary.len() == table.key.len()
            && primary.iter().zip(&table.key).all(|(place, column)| {
                let field = &table.fields[*place];
                field.value == format!("(s.{})::{}", column.name, column.wire)
            })
    })
}

/// The keys of rows of the target that look like a row under another key, where the source's own key is
/// what the target's is. A copy of a part of the rows has to ask whether they are other rows' own.
pub fn alike_keys(table: &TablePlan, home: Home) -> Option<String> {
    let primary = table.primary.as_ref()?;
    let key = primary
        .iter()
        .map(|place| format!("m.t{}::text", place + 1));
    let key = key.collect::<Vec<_>>().join(", ");
    let matched = home.matched(table);
    keeps_key(table)
        .then(|| format!("SELECT ARRAY[{key}] AS key FROM {matched} AS m WHERE NOT m.own"))
}

/// Takes back matches with rows of those keys, which are other rows' own.
pub fn unmatch(table: &TablePlan, home: Home, keys: &[Vec<String>]) -> Option<String> {
    let primary = table.primary.as_ref()?;
    let tests = keys.iter().map(|key| {
        let pairs = primary.iter().zip(key);
        let pairs =
            pairs.map(|(place, value)| format!("m.t{}::text = {}", place + 1, literal(value)));
        format!("({})", pairs.collect::<Vec<_>>().join(" AND "))
    });
    let tests = tests.collect::<Vec<_>>().join(" OR ");
    let matched = home.matched(table);
    (!tests.is_empty()).then(|| format!("DELETE FROM {matched} AS m WHERE NOT m.own AND ({tests})"))
}
