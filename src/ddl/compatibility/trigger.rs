//! The trigger that carries writes through a view with computed columns.

use std::collections::BTreeSet;

use crate::ddl::literal::{body, literal};
use crate::ddl::script::closed;
use crate::ddl::search_path;
use crate::schema::{Ident, QualifiedName};
use crate::transform::sql::ROW;
use crate::views::{Base, Column, Default, Value, View};

const TRIGGER: &str = "align_write";

/// A name for the view's function that no other view's has.
pub(super) fn function_name(view: &QualifiedName, taken: &mut BTreeSet<String>) -> QualifiedName {
    let mut number = 1_u32;
    loop {
        let text = match number {
            1 => format!("write_{}", view.name.as_str()),
            n => format!("write{n}_{}", view.name.as_str()),
        };
        // A view's name is no empty text and holds no NUL.
        let name = Ident::truncating(&text).unwrap_or_else(|_| view.name.clone());
        if taken.insert(name.as_str().to_owned()) {
            return QualifiedName::new(view.namespace.clone(), name);
        }
        number += 1;
    }
}

/// What fills the columns that an insert through the view leaves out: a trigger sees NULL in them.
pub(super) fn defaults(name: &QualifiedName, view: &View) -> Vec<String> {
    let plain = view
        .columns
        .iter()
        .filter_map(|column| match &column.value {
            Value::Plain(base) if base.default != Default::Identity => {
                Some((&column.name, filler(base, &view.base)?))
            }
            Value::Plain(_) | Value::ReadOnly { .. } | Value::Computed { .. } => None,
        });
    plain
        .map(|(column, filler)| {
            format!("ALTER VIEW {name} ALTER COLUMN {column} SET DEFAULT {filler};")
        })
        .collect()
}

fn filler(base: &Base, table: &QualifiedName) -> Option<String> {
    match &base.default {
        Default::None | Default::Always => None,
        Default::Expression(expression) => Some(closed(expression)),
        Default::Identity => Some(format!(
            "nextval(pg_get_serial_sequence({}, {})::regclass)",
            literal(&table.to_string()),
            literal(base.name.as_str())
        )),
    }
}

/// Writes the function and the trigger.
pub(super) fn create(
    name: &QualifiedName,
    function: &QualifiedName,
    view: &View,
    key: &[Ident],
    home: Option<&Ident>,
) -> Vec<String> {
    let path = home.map_or_else(|| "''".to_owned(), search_path);
    vec![
        format!(
            "CREATE OR REPLACE FUNCTION {function}() RETURNS trigger\n\
             LANGUAGE plpgsql\nSET search_path = {path}, pg_temp\nAS {};",
            body(&text(name, view, key))
        ),
        format!(
            "CREATE OR REPLACE TRIGGER {TRIGGER}\n    INSTEAD OF INSERT OR UPDATE OR DELETE ON {name}\n    \
             FOR EACH ROW EXECUTE FUNCTION {function}();"
        ),
    ]
}

/// A write is translated, made, and read back: what the view then shows is the answer, and where it
/// does not show what was written, the write is refused.
fn text(name: &QualifiedName, view: &View, key: &[Ident]) -> String {
    let base = &view.base;
    let row = found_by(view, key);
    let insert = insert(view);
    let set: Vec<String> = view.columns.iter().filter_map(updated).collect();
    let shown: Vec<String> = view.columns.iter().map(shown).collect();
    let hopeless: String = view
        .columns
        .iter()
        .filter_map(|column| hopeless(view, column))
        .collect();
    let mut text = format!(
        "
#variable_conflict use_column
DECLARE
    kept  {base};
    shown {name};
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM {base} AS b WHERE {row};
        IF NOT FOUND THEN
            RETURN NULL;
        END IF;
        RETURN OLD;
    END IF;
{hopeless}    IF TG_OP = 'INSERT' THEN
{insert}    ELSE
        UPDATE {base} AS b
        SET {}
        FROM (SELECT NEW.*) AS {ROW}
        WHERE {row}
        RETURNING b.* INTO kept;
        IF NOT FOUND THEN
            RETURN NULL;
        END IF;
    END IF;
    SELECT {}
    INTO shown
    FROM (SELECT kept.*) AS {ROW};
",
        set.join(",\n            "),
        shown.join(",\n           "),
    );
    if let Some(filter) = &view.filter {
        text.extend([
            "    IF (SELECT (",
            filter,
            ") IS NOT TRUE FROM (SELECT kept.*) AS ",
            ROW,
            ") THEN\n        RAISE EXCEPTION 'the row would not be seen through view `%`', ",
            &literal(view.name.as_str()),
            "\n            USING ERRCODE = 'with_check_option_violation';\n    END IF;\n",
        ]);
    }
    text.extend(
        view.columns
            .iter()
            .filter_map(|column| refusal(view, column)),
    );
    text + "    RETURN shown;\nEND\n"
}

/// The insert. A number that the server draws is left to it where none is given: to draw it here would
/// ask for a right on its sequence.
fn insert(view: &View) -> String {
    let draws = |column: &&Column| matches!(&column.value, Value::Plain(base) if base.default == Default::Identity);
    let statement = |without: Option<&Column>, indent: &str| {
        let columns = view
            .columns
            .iter()
            .filter(|column| Some(*column) != without);
        let given: Vec<(&Ident, String)> = columns
            .filter_map(|column| inserted(column, &view.base))
            .collect();
        let (names, values): (Vec<String>, Vec<&str>) = given
            .iter()
            .map(|(name, value)| (name.to_string(), value.as_str()))
            .unzip();
        let source = if values.is_empty() {
            format!("{indent}INSERT INTO {} AS b DEFAULT VALUES", view.base)
        } else {
            format!(
                "{indent}INSERT INTO {} AS b ({})\n{indent}SELECT {}\n{indent}FROM (SELECT NEW.*) AS {ROW}",
                view.base,
                names.join(", "),
                values.join(&format!(",\n{indent}       "))
            )
        };
        format!("{source}\n{indent}RETURNING b.* INTO kept;\n")
    };
    match view.columns.iter().find(draws) {
        None => statement(None, "        "),
        Some(drawn) => format!(
            "        IF NEW.{} IS NULL THEN\n{}        ELSE\n{}        END IF;\n",
            drawn.name,
            statement(Some(drawn), "            "),
            statement(None, "            ")
        ),
    }
}

/// Which row of the base table the row of the view shows.
fn found_by(view: &View, key: &[Ident]) -> String {
    let parts = key.iter().map(|base| {
        let column = view
            .columns
            .iter()
            .find(|column| matches!(&column.value, Value::Plain(plain) if plain.name == *base));
        let name = column.map_or(base, |column| &column.name);
        format!("b.{base} = OLD.{name}")
    });
    parts.collect::<Vec<_>>().join(" AND ")
}

fn inserted<'a>(column: &'a Column, table: &QualifiedName) -> Option<(&'a Ident, String)> {
    match &column.value {
        Value::Plain(base) if base.default == Default::Always => None,
        Value::Plain(base) => Some((&base.name, format!("{ROW}.{}", column.name))),
        Value::Computed { write, base, .. } => {
            let value = match filler(base, table) {
                Some(filler) => format!("coalesce({write}, {filler})"),
                None => write.clone(),
            };
            Some((&base.name, value))
        }
        Value::ReadOnly { .. } => None,
    }
}

/// Only what changed is written, so that what others wrote meanwhile into other columns stays.
fn updated(column: &Column) -> Option<String> {
    let (base, value) = match &column.value {
        Value::Plain(base) if base.default != Default::Always => {
            (base, format!("{ROW}.{}", column.name))
        }
        Value::Computed { write, base, .. } => (base, write.clone()),
        Value::Plain(_) | Value::ReadOnly { .. } => return None,
    };
    let changed = differ("NEW", "OLD", column);
    let name = &base.name;
    Some(format!(
        "{name} = CASE WHEN {changed} THEN {value} ELSE b.{name} END"
    ))
}

fn shown(column: &Column) -> String {
    match &column.value {
        Value::Plain(base) => format!("{ROW}.{}", base.name),
        Value::ReadOnly { read, .. } | Value::Computed { read, .. } => read.clone(),
    }
}

/// Whether two records differ in that column; a type without an equality is compared as text.
fn differ(one: &str, other: &str, column: &Column) -> String {
    let name = &column.name;
    let compares = match &column.value {
        Value::Plain(base) => base.compares,
        Value::Computed { compares, .. } => *compares,
        Value::ReadOnly { .. } => false,
    };
    if compares {
        format!("{one}.{name} IS DISTINCT FROM {other}.{name}")
    } else {
        format!("{one}.{name}::text IS DISTINCT FROM {other}.{name}::text")
    }
}

/// Whether the column was given, or changed.
fn given(column: &Column) -> String {
    let changed = differ("NEW", "OLD", column);
    format!(
        "(TG_OP = 'INSERT' AND NEW.{} IS NOT NULL OR TG_OP = 'UPDATE' AND {changed})",
        column.name
    )
}

fn raise(view: &View, column: &Column, (message, code, detail): (&str, &str, &str)) -> String {
    format!(
        " THEN
        RAISE EXCEPTION '{message}', {}, {}
            USING ERRCODE = '{code}', DETAIL = {};
    END IF;
",
        literal(column.name.as_str()),
        literal(view.name.as_str()),
        literal(detail)
    )
}

const UNKEPT: (&str, &str, &str) = (
    "column `%` of view `%` cannot hold that value",
    "invalid_parameter_value",
    "the mapping has no counterpart for it, or the table does not keep it",
);

/// Refuses a value without a counterpart before the table does, whose words would be about NULL.
fn hopeless(view: &View, column: &Column) -> Option<String> {
    let Value::Computed { write, .. } = &column.value else {
        return None;
    };
    Some(format!(
        "    IF {} AND NEW.{} IS NOT NULL
        AND (SELECT {write} FROM (SELECT NEW.*) AS {ROW}) IS NULL{}",
        given(column),
        column.name,
        raise(view, column, UNKEPT)
    ))
}

/// Refuses a value that the view would not show.
fn refusal(view: &View, column: &Column) -> Option<String> {
    const UNWRITTEN: &str = "column `%` of view `%` cannot be written";
    const UNSUPPORTED: &str = "feature_not_supported";
    let words = match &column.value {
        Value::Plain(base) if base.default == Default::Always => {
            (UNWRITTEN, UNSUPPORTED, "the server alone fills it")
        }
        Value::Plain(_) => return None,
        Value::ReadOnly { why, .. } => (UNWRITTEN, UNSUPPORTED, why.as_str()),
        Value::Computed { .. } => UNKEPT,
    };
    let lost = differ("NEW", "shown", column);
    Some(format!(
        "    IF {}\n        AND {lost}{}",
        given(column),
        raise(view, column, words)
    ))
}
