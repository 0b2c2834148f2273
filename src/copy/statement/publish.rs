//! Writing the target.

use super::super::plan::TablePlan;
use super::judge::remembered;
use super::{Home, is_new, key_json, keys, qualified, same_key};
use crate::ddl::literal;

/// What the triggers of the target look at to see who writes.
pub fn claims(claims: &str) -> String {
    format!(
        "SELECT set_config('request.jwt.claims', {claims}, true), \
         set_config('request.jwt.claim.role', coalesce({claims}::jsonb ->> 'role', ''), true), \
         set_config('request.jwt.claim.sub', coalesce({claims}::jsonb ->> 'sub', ''), true)",
        claims = literal(claims)
    )
}

/// Puts the new rows of tables into the target, and tells how many went into each. One statement, so
/// that rows which refer to each other in a circle are looked at when all are there.
pub fn insert(tables: &[&TablePlan], all: &[TablePlan], home: Home, pair: &str) -> String {
    let inserts: Vec<String> = tables
        .iter()
        .map(|table| {
            let number = table.number;
            format!(
                "i{number} AS ({} RETURNING 1)",
                insert_one(table, all, home, pair)
            )
        })
        .collect();
    let counts: Vec<String> = tables
        .iter()
        .map(|table| format!("(SELECT count(*) FROM i{})", table.number))
        .collect();
    format!(
        "WITH {} SELECT ARRAY[{}] AS rows",
        inserts.join(", "),
        counts.join(", ")
    )
}

fn insert_one(table: &TablePlan, all: &[TablePlan], home: Home, pair: &str) -> String {
    let names: Vec<String> = table
        .fields
        .iter()
        .map(|field| field.name.to_string())
        .collect();
    let overriding = if table.overriding {
        " OVERRIDING SYSTEM VALUE"
    } else {
        ""
    };
    let (values, joins) = values(table, all, home, pair);
    format!(
        "INSERT INTO {} ({}){overriding} SELECT {} FROM {} AS s{joins} WHERE {}",
        qualified(&table.to),
        names.join(", "),
        values.join(", "),
        home.stage(table),
        is_new(table, home, "s")
    )
}

/// What is written into each field, and what has to be joined for it: keys of parents that are in the
/// target under another one follow them.
fn values(table: &TablePlan, all: &[TablePlan], home: Home, pair: &str) -> (Vec<String>, String) {
    let mut values: Vec<String> = (0..table.fields.len())
        .map(|place| super::written(&table.fields[place], &format!("s.v{}", place + 1)))
        .collect();
    let mut joins: Vec<String> = Vec::new();
    for (number, reference) in table.references.iter().enumerate() {
        if !reference.is_carried {
            continue;
        }
        let mut found: Vec<Vec<String>> = vec![Vec::new(); reference.fields.len()];
        let parents = reference.parent.iter().chain(&reference.more_parents);
        for (which, (parent, places)) in parents.enumerate() {
            let parent = &all[*parent];
            let alias = format!("m{number}_{which}");
            let pairs = reference.fields.iter().zip(places);
            let same = pairs.map(|(own, place)| format!("{alias}.o{} = s.v{}", place + 1, own + 1));
            joins.push(format!(
                " LEFT JOIN {} AS {alias} ON NOT {alias}.own AND {}",
                home.matched(parent),
                same.collect::<Vec<_>>().join(" AND ")
            ));
            for (index, place) in places.iter().enumerate() {
                found[index].push(format!("{alias}.t{}", place + 1));
            }
        }
        if let ([place], [name]) = (reference.fields.as_slice(), reference.referenced.as_slice()) {
            joins.push(format!(
                " LEFT JOIN align.matched AS p{number} ON {} AND p{number}.from_value = s.v{}::text",
                remembered(pair, reference, name, &format!("p{number}")),
                place + 1
            ));
            let wire = &table.fields[*place].wire;
            found[0].push(format!("p{number}.to_value::{wire}"));
        }
        for (index, place) in reference.fields.iter().enumerate() {
            let mut ways = found[index].clone();
            ways.push(format!("s.v{}", place + 1));
            values[*place] = super::written(
                &table.fields[*place],
                &format!("coalesce({})", ways.join(", ")),
            );
        }
    }
    (values, joins.concat())
}

/// Brings rows that are there up to the copy. Keys stay as they are.
pub fn update(table: &TablePlan, all: &[TablePlan], home: Home, pair: &str) -> Option<String> {
    let primary = table.primary.as_ref()?;
    let places: Vec<usize> = (0..table.fields.len())
        .filter(|place| !primary.contains(place) && !table.fields[*place].is_identity)
        .collect();
    if places.is_empty() {
        return None;
    }
    let (values, joins) = values(table, all, home, pair);
    let new: Vec<String> = places
        .iter()
        .map(|place| format!("{} AS n{}", values[*place], place + 1))
        .collect();
    let sets: Vec<String> = places
        .iter()
        .map(|place| format!("{} = n.n{}", table.fields[*place].name, place + 1))
        .collect();
    let differs: Vec<String> = places
        .iter()
        .map(|place| {
            let field = &table.fields[*place];
            let form = if field.as_text { "::text" } else { "" };
            format!(
                "t.{}{form} IS DISTINCT FROM n.n{}{form}",
                field.name,
                place + 1
            )
        })
        .collect();
    let there: Vec<String> = primary
        .iter()
        .map(|place| {
            let field = &table.fields[*place];
            let key = super::written(field, &format!("n.t{}", place + 1));
            format!("t.{} = {key}", field.name)
        })
        .collect();
    let carried: Vec<String> = primary
        .iter()
        .map(|place| format!("y.t{}", place + 1))
        .collect();
    Some(format!(
        "UPDATE {} AS t SET {} FROM (SELECT {}, {} FROM {} AS s JOIN {} AS y ON {}{joins} \
         WHERE NOT EXISTS (SELECT FROM {} AS b WHERE {})) AS n WHERE {} AND ({})",
        qualified(&table.to),
        sets.join(", "),
        carried.join(", "),
        new.join(", "),
        home.stage(table),
        home.matched(table),
        same_key(table, "y", "s"),
        home.bad(table),
        same_key(table, "b", "s"),
        there.join(" AND "),
        differs.join(" OR ")
    ))
}

/// Remembers under which key rows are there, for copies of their children that come later.
pub fn remember(table: &TablePlan, home: Home, pair: &str) -> Vec<String> {
    let lines = table.identity.iter().map(|place| {
        let n = place + 1;
        format!(
            "INSERT INTO align.matched AS a (pair, table_name, column_name, from_value, to_value) \
             SELECT DISTINCT ON (m.o{n}::text) {}, {}, {}, m.o{n}::text, m.t{n}::text FROM {} AS m \
             WHERE NOT m.own AND m.o{n} IS NOT NULL AND m.t{n} IS NOT NULL \
             AND m.o{n}::text <> m.t{n}::text \
             ON CONFLICT (pair, table_name, column_name, from_value) DO UPDATE SET to_value = excluded.to_value \
             WHERE a.to_value <> excluded.to_value",
            literal(pair),
            literal(&table.to.to_string()),
            literal(table.fields[*place].name.as_str()),
            home.matched(table)
        )
    });
    lines.collect()
}

/// Puts what is bad into quarantine. A line that says the same already stays as it is.
pub fn quarantine(
    table: &TablePlan,
    home: Home,
    run: &str,
    messages: &[(String, String)],
) -> String {
    let messages = messages
        .iter()
        .map(|(code, message)| format!("WHEN {} THEN {}", literal(code), literal(message)));
    let messages = messages.collect::<Vec<_>>().join(" ");
    format!(
        "INSERT INTO align.quarantine AS q (run, table_name, key, column_name, value, code, message, row_data) \
         SELECT DISTINCT ON ({b_keys}, b.column_name) {}, {}, {}, b.column_name, coalesce(b.value, w.inputs ->> b.column_name), b.code, CASE b.code {messages} END, \
         w.row_data FROM {} AS b LEFT JOIN {} AS w ON {} \
         ORDER BY {b_keys}, b.column_name, b.code \
         ON CONFLICT (table_name, key, column_name) DO UPDATE SET run = excluded.run, at = now(), \
         value = excluded.value, code = excluded.code, message = excluded.message, \
         row_data = excluded.row_data, resolved_at = NULL, resolution = NULL \
         WHERE (q.value, q.code) IS DISTINCT FROM (excluded.value, excluded.code)",
        literal(run),
        literal(&table.name),
        key_json(table, "b"),
        home.bad(table),
        home.rows(table),
        same_key(table, "w", "b"),
        b_keys = keys(table, "b"),
    )
}

/// Marks the lines of copies in quarantine whose rows are fine by now. The server has to know how many lines
/// there are: for the one that it expects otherwise, it reads the whole stage a line.
pub fn resolved(table: &TablePlan, home: Home) -> String {
    let open = table.key.iter().enumerate().map(|(index, column)| {
        let name = literal(column.name.as_str());
        format!("(q.key ->> {name})::{} AS k{}", column.wire, index + 1)
    });
    format!(
        "ANALYZE align.quarantine; WITH open AS MATERIALIZED (SELECT q.id, q.column_name, {} FROM align.quarantine AS q \
         WHERE q.table_name = {} AND q.resolved_at IS NULL \
         AND q.run IN (SELECT c.run::text FROM align.copies AS c)) \
         UPDATE align.quarantine AS q SET resolved_at = now(), resolution = 'copied' FROM open AS o \
         WHERE q.id = o.id AND EXISTS (SELECT FROM {} AS s WHERE {}) \
         AND NOT EXISTS (SELECT FROM {} AS b WHERE {} AND b.column_name = o.column_name)",
        open.collect::<Vec<_>>().join(", "),
        literal(&table.name),
        home.stage(table),
        same_key(table, "s", "o"),
        home.bad(table),
        same_key(table, "b", "o")
    )
}

/// Brings the sequence of each copied column beyond its values.
pub fn sequences(table: &TablePlan) -> Vec<String> {
    let numbers = table.fields.iter().filter(|field| {
        matches!(field.wire.as_str(), "smallint" | "integer" | "bigint") && field.cast.is_none()
    });
    let target = literal(&qualified(&table.to));
    let steps = numbers.map(|field| {
        let column = literal(field.name.as_str());
        format!(
            "SELECT setval(q.seq, q.top) FROM (SELECT pg_get_serial_sequence({target}, {column}) AS seq, \
             (SELECT max({}) FROM {}) AS top) AS q WHERE q.seq IS NOT NULL AND q.top > coalesce(\
             (SELECT p.last_value FROM pg_sequences AS p \
             WHERE format('%I.%I', p.schemaname, p.sequencename)::regclass = q.seq::regclass), 0)",
            field.name,
            qualified(&table.to)
        )
    });
    steps.collect()
}
