//! The SQL that either server is asked: the rows of one side of a table in one form, which is the same on
//! both.
//!
//! A row is written in the binary form in which values travel, and digested as a whole: the key is in it,
//! so that two rows which have swapped their values show. Sums of the digests do not depend on the order
//! of the rows.

use std::collections::BTreeMap;

use crate::copy::plan::{Field, TablePlan};
use crate::ddl::literal;

/// How a row becomes a number of 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Digest {
    /// The server's own hash of bytes, where both servers have the same.
    Hash,
    /// Half of an MD5.
    Md5,
}

/// A part of the keys, as texts: from the first, up to the second, which is left out. No bound is no end.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Range {
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
    /// Those that are NULL, and no others.
    pub(super) nulls: bool,
}

/// Which pages of a table are read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Half {
    /// All.
    Both,
    /// Those before that one.
    Before(u64),
    /// That one, and those after it.
    From(u64),
}

/// A column of the key.
#[derive(Debug, Clone)]
pub(super) struct Key {
    /// The target's column, by which the row is told.
    pub(super) name: String,
    /// The type in which it is compared.
    pub(super) ty: String,
    /// The value over a row `s`.
    value: String,
}

/// One side of a table.
#[derive(Debug, Clone)]
pub(super) struct Side {
    /// As SQL names it.
    table: String,
    joins: String,
    conditions: Vec<String>,
    pub(super) keys: Vec<Key>,
    /// Which of the keys divides the rows into ranges.
    pub(super) range_key: usize,
    /// The name and the value of each column, in one order on both sides.
    columns: Vec<(String, String)>,
    /// Codes for which a row cannot be what it should, by column.
    codes: Vec<(usize, String)>,
    digest: Digest,
}

/// The places of the fields that tell which row of the target it is.
pub(super) fn identity(plan: &TablePlan) -> Vec<usize> {
    match (&plan.primary, plan.matching.keys.first()) {
        (Some(primary), _) => primary.clone(),
        (None, Some(key)) => key.clone(),
        (None, None) => Vec::new(),
    }
}

/// The places of the fields that both sides must have alike: not of those that people may have changed
/// since, unless the row is told by them.
pub(super) fn compared(plan: &TablePlan) -> Vec<usize> {
    let identity = identity(plan);
    let places = 0..plan.fields.len();
    places
        .filter(|place| !plan.fields[*place].is_once || identity.contains(place))
        .collect()
}

/// How many rows of the source nobody has asked for; `None` where that is none.
pub(super) fn left_out(plan: &TablePlan) -> Option<String> {
    let asked = plan.asked()?;
    let own = plan.filter.iter();
    let own: String = own.map(|own| format!(" AND ({own})")).collect();
    Some(format!(
        "SELECT count(*) AS rows FROM {} AS s WHERE ({asked}) IS NOT TRUE{own}",
        plan.from
    ))
}

impl Side {
    /// The source's rows as the mapping makes them. `follows` says which values of a field are others in
    /// the target.
    pub(super) fn source(
        plan: &TablePlan,
        digest: Digest,
        follows: &BTreeMap<usize, Vec<(String, String)>>,
    ) -> Self {
        let mut joins = Vec::new();
        let mut values = Vec::new();
        for (place, field) in plan.fields.iter().enumerate() {
            let Some(pairs) = follows.get(&place).filter(|pairs| !pairs.is_empty()) else {
                values.push(field.value.clone());
                continue;
            };
            let from = list(pairs.iter().map(|(from, _)| from.as_str()), "text");
            let to = list(pairs.iter().map(|(_, to)| to.as_str()), "text");
            joins.push(format!(
                " LEFT JOIN (SELECT f.align_from, f.align_to FROM unnest({from}, {to}) AS f (align_from, align_to)) AS f{place} \
                 ON f{place}.align_from = ({})::text",
                field.value
            ));
            values.push(format!(
                "coalesce(f{place}.align_to::{}, {})",
                field.wire, field.value
            ));
        }
        let codes = compared(plan).into_iter().enumerate();
        let codes =
            codes.filter_map(|(place, field)| Some((place, plan.fields[field].code.clone()?)));
        Self {
            codes: codes.collect(),
            joins: joins.concat(),
            conditions: plan.conditions.clone(),
            ..Self::of(plan, plan.from.to_string(), &values, digest)
        }
    }

    /// The target's rows as they are there.
    pub(super) fn target(plan: &TablePlan, digest: Digest) -> Self {
        let values: Vec<String> = plan
            .fields
            .iter()
            .map(|field| format!("(s.{})::{}", field.name, field.wire))
            .collect();
        Self::of(plan, plan.to.to_string(), &values, digest)
    }

    fn of(plan: &TablePlan, table: String, values: &[String], digest: Digest) -> Self {
        let columns = compared(plan).into_iter().filter_map(|place| {
            let field = &plan.fields[place];
            let value = canonical(field, values.get(place)?);
            Some((field.name.as_str().to_owned(), value))
        });
        let keys = identity(plan).into_iter().filter_map(|place| {
            let field = &plan.fields[place];
            let value = canonical(field, values.get(place)?);
            let value = match field.wire.as_str() {
                "text" => format!("({value} COLLATE \"C\")"),
                _ => value,
            };
            Some(Key {
                name: field.name.as_str().to_owned(),
                ty: field.wire.clone(),
                value,
            })
        });
        Self {
            columns: columns.collect(),
            keys: keys.collect(),
            range_key: 0,
            joins: String::new(),
            conditions: Vec::new(),
            codes: Vec::new(),
            table,
            digest,
        }
    }

    /// Leaves rows out that have one of those values in these columns.
    pub(super) fn without(&mut self, columns: &[String], types: &[String], keys: &[Vec<String>]) {
        if !keys.is_empty() {
            let among = among(columns, types, keys);
            self.conditions.push(format!("({among}) IS NOT TRUE"));
        }
    }

    /// Leaves rows out by the key.
    pub(super) fn without_keys(&mut self, keys: &[Vec<String>]) {
        let (columns, types) = self.key_columns();
        self.without(&columns, &types, keys);
    }

    fn key_columns(&self) -> (Vec<String>, Vec<String>) {
        let pairs = self.keys.iter();
        pairs.map(|key| (key.value.clone(), key.ty.clone())).unzip()
    }

    fn rows(&self, more: &[String]) -> String {
        self.rows_of("", more)
    }

    fn rows_of(&self, sample: &str, more: &[String]) -> String {
        let tests: Vec<String> = self
            .conditions
            .iter()
            .chain(more)
            .map(|test| format!("({test})"))
            .collect();
        let filter = if tests.is_empty() {
            String::new()
        } else {
            format!(" WHERE {}", tests.join(" AND "))
        };
        format!("FROM {} AS s{sample}{}{filter}", self.table, self.joins)
    }

    /// The texts of a row's key.
    fn key_texts(&self) -> String {
        let keys = self.keys.iter().map(|key| format!("{}::text", key.value));
        format!("ARRAY[{}]", keys.collect::<Vec<_>>().join(", "))
    }

    fn number(&self) -> String {
        let values = self.columns.iter().map(|(_, value)| value.as_str());
        let row = record(&values.collect::<Vec<_>>());
        let number = match self.digest {
            Digest::Hash => format!("hash_record_extended(ROW({row}), 0)"),
            Digest::Md5 => format!("('x' || left(md5({row}), 16))::bit(64)::bigint"),
        };
        match self.failure() {
            Some(failure) => format!("CASE WHEN {failure} IS NULL THEN {number} ELSE 0 END"),
            None => number,
        }
    }

    /// The first code for which a row cannot be what it should.
    fn failure(&self) -> Option<String> {
        let codes: Vec<&str> = self.codes.iter().map(|(_, code)| code.as_str()).collect();
        (!codes.is_empty()).then(|| format!("coalesce({})", codes.join(", ")))
    }

    /// How many rows there are in each part that the bounds make, and the sum of their digests.
    pub(super) fn sums(&self, range: &Range, bounds: &[String], half: Half) -> String {
        let bucket = match self.keys.get(self.range_key) {
            Some(key) if !bounds.is_empty() => {
                let bounds = list(bounds.iter().map(String::as_str), &key.ty);
                format!("width_bucket({}, {bounds})", key.value)
            }
            _ => "0".to_owned(),
        };
        let mut tests = self.within(std::slice::from_ref(range));
        match half {
            Half::Both => {}
            Half::Before(page) => tests.push(format!("s.ctid < '({page},0)'::tid")),
            Half::From(page) => tests.push(format!("s.ctid >= '({page},0)'::tid")),
        }
        // `OFFSET 0` keeps the planner from taking every key for a part of its own, and sorting them all.
        format!(
            "SELECT r.bucket, count(*) AS rows, coalesce(sum(r.digest), 0)::text AS sum \
             FROM (SELECT coalesce({bucket}, -1) AS bucket, {} AS digest {} OFFSET 0) AS r GROUP BY r.bucket",
            self.number(),
            self.rows(&tests)
        )
    }

    /// Keys that divide a range into about so many parts of the same size. `sample` is the share of the
    /// pages that are looked at, in percent.
    pub(super) fn bounds(&self, range: &Range, parts: u64, sample: Option<f64>) -> Option<String> {
        let key = self.keys.get(self.range_key)?;
        let sample = sample.map_or_else(String::new, |share| {
            format!(" TABLESAMPLE SYSTEM ({share}) REPEATABLE (0)")
        });
        let mut tests = self.within(std::slice::from_ref(range));
        tests.push(format!("{} IS NOT NULL", key.value));
        Some(format!(
            "SELECT r.k::text AS bound FROM (SELECT {key} AS k, row_number() OVER (ORDER BY {key}) AS n, \
             count(*) OVER () AS total {rows}) AS r WHERE r.n % greatest(r.total / {parts}, 1) = 0 ORDER BY r.k",
            key = key.value,
            rows = self.rows_of(&sample, &tests)
        ))
    }

    /// Every key of those ranges, and the digest of its row.
    pub(super) fn list(&self, ranges: &[Range]) -> String {
        format!(
            "SELECT {} AS key, {} AS digest {}",
            self.key_texts(),
            self.number(),
            self.rows(&self.within(ranges))
        )
    }

    fn within(&self, ranges: &[Range]) -> Vec<String> {
        let Some(key) = self.keys.get(self.range_key) else {
            return Vec::new();
        };
        let bound = |text: &str| {
            let collation = if key.ty == "text" {
                " COLLATE \"C\""
            } else {
                ""
            };
            format!("{}::{}{collation}", literal(text), key.ty)
        };
        let mut tests = Vec::new();
        for range in ranges {
            if range.nulls {
                tests.push(format!("{} IS NULL", key.value));
                continue;
            }
            let from = range.from.as_ref();
            let from = from.map(|from| format!("{} >= {}", key.value, bound(from)));
            let to = range.to.as_ref();
            let to = to.map(|to| format!("{} < {}", key.value, bound(to)));
            let both: Vec<String> = from.into_iter().chain(to).collect();
            if both.is_empty() {
                return Vec::new();
            }
            tests.push(format!("({})", both.join(" AND ")));
        }
        vec![tests.join(" OR ")]
    }

    /// What of rows is to be seen column by column: digests, and texts where they may be shown.
    pub(super) fn details(&self, keys: &[Vec<String>], with_texts: bool) -> String {
        let (columns, types) = self.key_columns();
        let values = || self.columns.iter().map(|(_, value)| value.as_str());
        let digests = values().map(|value| format!("md5({})", record(&[value])));
        let digests = digests.collect::<Vec<_>>().join(", ");
        let texts = if with_texts {
            let texts = values().map(|value| format!("{value}::text"));
            format!("ARRAY[{}]::text[]", texts.collect::<Vec<_>>().join(", "))
        } else {
            "NULL::text[]".to_owned()
        };
        let codes = (0..self.columns.len()).map(|place| {
            let code = self.codes.iter().find(|(at, _)| *at == place);
            code.map_or("NULL", |(_, code)| code.as_str())
        });
        let codes = codes.collect::<Vec<_>>().join(", ");
        format!(
            "SELECT {} AS key, ARRAY[{digests}] AS digests, ARRAY[{codes}]::text[] AS codes, {texts} AS texts {}",
            self.key_texts(),
            self.rows(&[among(&columns, &types, keys)])
        )
    }

    /// The rows of those keys, for a reader to run.
    pub(super) fn show(&self, keys: &[Vec<String>]) -> String {
        let (columns, types) = self.key_columns();
        self.values(&[among(&columns, &types, keys)])
    }

    /// Every row, for a reader to run.
    pub(super) fn all(&self) -> String {
        self.values(&[])
    }

    fn values(&self, tests: &[String]) -> String {
        let values = self.columns.iter().map(|(name, value)| {
            let name = crate::schema::quote(name);
            format!("{value} AS {name}")
        });
        format!(
            "SELECT {} {}",
            values.collect::<Vec<_>>().join(", "),
            self.rows(tests)
        )
    }

    /// Which of those keys rows of this side have.
    pub(super) fn having(&self, keys: &[Vec<String>]) -> String {
        let (columns, types) = self.key_columns();
        format!(
            "SELECT {} AS key {}",
            self.key_texts(),
            self.rows(&[among(&columns, &types, keys)])
        )
    }

    /// Which keys rows have that have one of those values in these columns.
    pub(super) fn keys_where(
        &self,
        columns: &[String],
        types: &[String],
        values: &[Vec<String>],
    ) -> String {
        format!(
            "SELECT {} AS key {}",
            self.key_texts(),
            self.rows(&[among(columns, types, values)])
        )
    }

    /// How many pages the table has; none of its own where its rows are in others.
    pub(super) fn pages(&self) -> String {
        format!(
            "SELECT pg_relation_size({}::regclass) / current_setting('block_size')::bigint AS pages",
            literal(&self.table)
        )
    }

    /// How many rows there are.
    pub(super) fn count(&self) -> String {
        format!("SELECT count(*) AS rows {}", self.rows(&[]))
    }

    /// The name of a column, by its place.
    pub(super) fn column(&self, place: usize) -> &str {
        self.columns
            .get(place)
            .map_or("", |(name, _)| name.as_str())
    }

    /// How many columns are compared.
    pub(super) fn width(&self) -> usize {
        self.columns.len()
    }
}

/// The value in the one form that all its spellings have.
fn canonical(field: &Field, value: &str) -> String {
    match field.wire.as_str() {
        // How many zeros are written after a number says nothing.
        "numeric" => format!("trim_scale({value})"),
        _ => value.to_owned(),
    }
}

/// Values as bytes: the form in which they travel, which tells NULL from an empty text, and where one
/// value ends.
fn record(values: &[&str]) -> String {
    format!("record_send(ROW({}))", values.join(", "))
}

/// Whether the columns have one of those values.
fn among(columns: &[String], types: &[String], keys: &[Vec<String>]) -> String {
    let lists = types.iter().enumerate().map(|(index, ty)| {
        let values = keys.iter().filter_map(|key| key.get(index));
        list(values.map(String::as_str), ty)
    });
    format!(
        "({}) IN (SELECT * FROM unnest({}))",
        columns.join(", "),
        lists.collect::<Vec<_>>().join(", ")
    )
}

/// One literal, which costs the server far less than as many as there are values.
fn list<'v>(values: impl Iterator<Item = &'v str>, ty: &str) -> String {
    let quoted = values.map(|value| {
        let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{escaped}\"")
    });
    let list = quoted.collect::<Vec<_>>().join(",");
    format!("{}::{ty}[]", literal(&format!("{{{list}}}")))
}

/// Something that both servers give the same only where they hash bytes alike.
pub(super) const SAME_HASH: &str = "SELECT string_agg(hash_record_extended(ROW(record_send(ROW(n, repeat('aé', n), \
     (n / 7.0)::numeric(12, 4), n % 3 = 0, '2024-02-29 12:00:00+00'::timestamptz + n * interval '1 day 1 microsecond'))), 0)::text, \
     ',' ORDER BY n) AS digests FROM generate_series(0, 40) AS n";
