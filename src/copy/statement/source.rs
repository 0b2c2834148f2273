//! Reading the source: its rows, already as the stage takes them.

use super::super::plan::{Field, Rival, TablePlan};
use crate::ddl::literal;

/// A range of a table's pages, the upper end left out; `None` is the end of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pages {
    /// The first page.
    pub from: u64,
    /// The page after the last.
    pub to: Option<u64>,
}

/// The columns of a stage, in the order in which [`select`] gives them.
pub fn columns(table: &TablePlan) -> Vec<String> {
    let keys = (1..=table.key.len()).map(|n| format!("k{n}"));
    let values = (1..=table.fields.len()).map(|n| format!("v{n}"));
    let first = std::iter::once("page".to_owned());
    let rest = ["codes", "notes"].map(str::to_owned);
    let archived = (!table.archived.is_empty()).then(|| "archived".to_owned());
    let columns = first.chain(keys).chain(values).chain(rest);
    columns.chain(archived).collect()
}

/// What is read of a row.
#[derive(Default)]
struct Read {
    /// Values, codes and notes, over the row `s` and what is made of it once.
    list: Vec<String>,
    /// Values that are looked at before they are sent.
    made: Vec<String>,
    codes: Vec<(String, String)>,
    notes: Vec<(String, String)>,
}

impl Read {
    /// The fields of a table as `v1` and so on, each value in that form.
    fn of(table: &TablePlan, form: impl Fn(&Field) -> String) -> Self {
        let mut read = Self::default();
        for (index, field) in table.fields.iter().enumerate() {
            let number = index + 1;
            let name = literal(field.name.as_str());
            let value = form(field);
            let mut code = field.code.clone();
            if let Some(told) = code.as_mut().filter(|_| field.is_null_where_coded) {
                // What is wrong with a value costs as much as the value, and most have nothing wrong.
                read.made.push(format!("{value} AS made_{number}"));
                read.list.push(format!("m.made_{number} AS v{number}"));
                *told = format!("CASE WHEN m.made_{number} IS NULL THEN {told} END");
            } else {
                read.list.push(format!("{value} AS v{number}"));
            }
            if let Some(code) = code {
                read.list.push(format!("{code} AS e{number}"));
                read.codes.push((name.clone(), format!("r.e{number}")));
            }
            if let Some(note) = &field.note {
                read.list.push(format!("{note} AS n{number}"));
                read.notes.push((name, format!("r.n{number}")));
            }
        }
        read
    }

    /// The rows as `r`. `OFFSET 0` keeps the planner from writing an expression into every place that
    /// names it.
    fn rows(&self, table: &TablePlan, filter: &str) -> String {
        let made = if self.made.is_empty() {
            String::new()
        } else {
            format!(
                " CROSS JOIN LATERAL (SELECT {} OFFSET 0) AS m",
                self.made.join(", ")
            )
        };
        format!(
            "(SELECT {} FROM {} AS s{made}{filter} OFFSET 0) AS r",
            self.list.join(", "),
            table.from
        )
    }
}

/// The rows of a table as its stage takes them. `keys` limits them to some.
pub fn select(table: &TablePlan, pages: Option<Pages>, keys: Option<&str>) -> String {
    let mut read = Read::of(table, |field| field.value.clone());
    read.list.extend(key_columns(table));
    let mut outer: Vec<String> = vec![format!(
        "{}::bigint AS page",
        pages.map_or(0, |pages| pages.from)
    )];
    outer.extend((1..=table.key.len()).map(|n| format!("r.k{n}")));
    outer.extend((1..=table.fields.len()).map(|n| format!("r.v{n}")));
    outer.push(format!("{} AS codes", object(&read.codes)));
    outer.push(format!("{} AS notes", object(&read.notes)));
    if let Some(values) = super::archive::values(table) {
        read.list.push(format!("{values} AS archived"));
        outer.push("r.archived".to_owned());
    }
    format!(
        "SELECT {} FROM {}",
        outer.join(", "),
        read.rows(table, &filter(table, pages, keys))
    )
}

/// Whether a row that the mapping takes of a table has those values; `fields` are over its own row `s`.
pub fn has(table: &TablePlan, fields: &[String], values: &[String]) -> String {
    let columns = fields.iter().enumerate();
    let columns: Vec<String> = columns
        .map(|(n, field)| format!("{field} AS o{n}"))
        .collect();
    let pairs = values.iter().enumerate();
    let pairs: Vec<String> = pairs
        .map(|(n, value)| format!("o.o{n} = {value}"))
        .collect();
    let filter = match &table.filter {
        Some(filter) => format!(" WHERE {filter}"),
        None => String::new(),
    };
    format!(
        "EXISTS (SELECT FROM (SELECT {} FROM {} AS s{filter}) AS o WHERE {})",
        columns.join(", "),
        table.from,
        pairs.join(" AND ")
    )
}

/// The rows of a table as the target takes them at once: what is wrong with a row first, NULL for a good
/// one, then its values; notes last where there are any. Only for a table all of whose fields can be sent.
pub fn straight(table: &TablePlan, pages: Option<Pages>) -> String {
    let mut read = Read::of(table, |field| {
        let sent = field.sent.as_deref().filter(|sent| *sent != field.wire);
        match sent {
            Some(sent) => format!("({})::{sent}", field.value),
            None => field.value.clone(),
        }
    });
    let filter = filter(table, pages, None);
    if read.codes.is_empty() && read.notes.is_empty() {
        // Nothing is named twice.
        let values = read.list.iter().map(String::as_str);
        let list: Vec<&str> = std::iter::once("NULL::text").chain(values).collect();
        return format!(
            "SELECT {} FROM {} AS s{filter}",
            list.join(", "),
            table.from
        );
    }
    let bad = if read.codes.is_empty() {
        "NULL::text".to_owned()
    } else {
        read.list.extend(key_columns(table));
        let keys = (1..=table.key.len()).map(|n| format!("r.k{n}::text"));
        let keys = keys.collect::<Vec<_>>().join(", ");
        format!(
            "CASE WHEN {} THEN jsonb_build_object('key', jsonb_build_array({keys}), 'codes', \
             jsonb_strip_nulls({}))::text END",
            any(&read.codes),
            joined(&read.codes)
        )
    };
    let mut outer = vec![bad];
    outer.extend((1..=table.fields.len()).map(|n| format!("r.v{n}")));
    if !read.notes.is_empty() {
        outer.push(format!("({})::text", object(&read.notes)));
    }
    format!(
        "SELECT {} FROM {}",
        outer.join(", "),
        read.rows(table, &filter)
    )
}

fn key_columns(table: &TablePlan) -> Vec<String> {
    let columns = table.key.iter().enumerate();
    let columns = columns
        .map(|(index, column)| format!("(s.{})::{} AS k{}", column.name, column.wire, index + 1));
    columns.collect()
}

/// A JSON object of what is not NULL; NULL when all is.
fn object(members: &[(String, String)]) -> String {
    if members.is_empty() {
        return "NULL::jsonb".to_owned();
    }
    let (any, whole) = (any(members), joined(members));
    format!("CASE WHEN {any} THEN jsonb_strip_nulls({whole}) END")
}

fn any(members: &[(String, String)]) -> String {
    let tests = members
        .iter()
        .map(|(_, text)| format!("{text} IS NOT NULL"));
    tests.collect::<Vec<_>>().join(" OR ")
}

/// A JSON object of any number of members; a function takes 100 arguments.
pub(super) fn joined(members: &[(String, String)]) -> String {
    let objects = members.chunks(40).map(|members| {
        let members = members.iter().map(|(name, text)| format!("{name}, {text}"));
        format!(
            "jsonb_build_object({})",
            members.collect::<Vec<_>>().join(", ")
        )
    });
    objects.collect::<Vec<_>>().join(" || ")
}

fn filter(table: &TablePlan, pages: Option<Pages>, keys: Option<&str>) -> String {
    let mut tests: Vec<String> = table.conditions.clone();
    if let Some(pages) = pages {
        tests.push(format!("s.ctid >= '({},0)'::tid", pages.from));
        if let Some(to) = pages.to {
            tests.push(format!("s.ctid < '({to},0)'::tid"));
        }
    }
    tests.extend(keys.map(str::to_owned));
    if tests.is_empty() {
        String::new()
    } else {
        format!(" WHERE ({})", tests.join(") AND ("))
    }
}

/// Whether the key of a source row is one of those, each of which is a list of texts, one a key column.
pub fn among(table: &TablePlan, keys: &[Vec<String>]) -> String {
    let columns: Vec<String> = table
        .key
        .iter()
        .map(|column| format!("(s.{})::{}", column.name, column.wire))
        .collect();
    let lists: Vec<String> = (0..table.key.len())
        .map(|index| {
            let values = keys.iter().filter_map(|key| key.get(index));
            array(values.map(String::as_str), &table.key[index].wire)
        })
        .collect();
    format!(
        "({}) IN (SELECT * FROM unnest({}))",
        columns.join(", "),
        lists.join(", ")
    )
}

/// Those of the keys, each of which is a list of texts, that rows of another table of the source have.
pub fn of_rival(rival: &Rival, keys: &[Vec<String>]) -> String {
    let texts = rival.key.iter().map(|value| format!("{value}::text"));
    let texts = texts.collect::<Vec<_>>().join(", ");
    let lists = rival.wires.iter().enumerate().map(|(index, wire)| {
        let values = keys.iter().filter_map(|key| key.get(index));
        array(values.map(String::as_str), wire)
    });
    let lists = lists.collect::<Vec<_>>().join(", ");
    let filter = match &rival.filter {
        Some(filter) => format!("({filter}) AND "),
        None => String::new(),
    };
    format!(
        "SELECT ARRAY[{texts}] AS key FROM {} AS s WHERE {filter}({}) IN (SELECT * FROM unnest({lists}))",
        rival.from,
        rival.key.join(", ")
    )
}

/// One literal, which costs the server far less than as many as there are values.
fn array<'v>(values: impl Iterator<Item = &'v str>, ty: &str) -> String {
    let quoted = values.map(|value| {
        let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{escaped}\"")
    });
    let list = quoted.collect::<Vec<_>>().join(",");
    format!("{}::{ty}[]", literal(&format!("{{{list}}}")))
}

/// The whole source rows of those keys, and what each field is made of, for the quarantine.
pub fn rows(table: &TablePlan, keys: &[Vec<String>]) -> String {
    let inputs: Vec<(String, String)> = table
        .fields
        .iter()
        .filter_map(|field| Some((literal(field.name.as_str()), field.input.clone()?)))
        .collect();
    let inputs = if inputs.is_empty() {
        "NULL::jsonb".to_owned()
    } else {
        format!("({})", joined(&inputs))
    };
    let row = match &table.row {
        Some(columns) => joined(&super::archive::members(columns)),
        None => "to_jsonb(s.*)".to_owned(),
    };
    format!(
        "SELECT {}, {inputs} AS inputs, {row} AS row_data FROM {} AS s WHERE {}",
        key_columns(table).join(", "),
        table.from,
        among(table, keys)
    )
}

/// How many rows a range of pages has, and whether one of them is younger than the transaction `since`.
/// `now` is the next transaction's number.
pub fn recheck(table: &TablePlan, pages: Option<Pages>, since: u64, now: u64) -> String {
    const EPOCH: u64 = 1 << 32;
    let (epoch, low) = (now / EPOCH * EPOCH, now % EPOCH);
    // A row keeps the lower half of its transaction's number; one above today's is of the epoch before.
    let number = "s.xmin::text::bigint";
    let whole = format!(
        "{number} + CASE WHEN {number} < 3 THEN 0 WHEN {number} > {low} THEN {epoch} - {EPOCH} ELSE {epoch} END"
    );
    format!(
        "SELECT count(*) AS rows, coalesce(bool_or({whole} >= {since}), false) AS changed FROM {} AS s{}",
        table.from,
        filter(table, pages, None)
    )
}

/// A COPY that gives rows as they travel.
pub fn copy_out(select: &str) -> String {
    format!("COPY ({select}) TO STDOUT (FORMAT binary)")
}
