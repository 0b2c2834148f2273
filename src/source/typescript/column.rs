//! From the alternatives of a type to a column's type, nullability and values.

use std::collections::BTreeSet;

use super::atoms::Atom;
use crate::schema::{Column, ColumnType, Family, Ident, QualifiedName};

/// What a member says about a column; `None` for a member that can hold no value or only a function.
pub(super) fn column(
    name: Ident,
    atoms: &[Atom<'_>],
    text: &str,
    optional: bool,
    home: &Ident,
) -> Option<Column> {
    let absent = |atom: &Atom<'_>| matches!(atom, Atom::Null | Atom::Undefined | Atom::Never);
    let present: Vec<&Atom<'_>> = atoms.iter().filter(|atom| !absent(atom)).collect();
    let null = atoms.contains(&Atom::Null);
    let undefined = optional || atoms.contains(&Atom::Undefined);
    let callable = present.iter().all(|atom| **atom == Atom::Function);
    if callable && (!present.is_empty() || !null) {
        return None;
    }
    let open = |atom: &&Atom<'_>| matches!(atom, Atom::Any | Atom::Unknown | Atom::Opaque);
    let mut column = Column::new(name, ty(&present, text, home));
    column.nullable = if null {
        Some(true)
    } else if undefined || present.iter().any(open) {
        None
    } else {
        Some(false)
    };
    column.values = values(&present);
    Some(column)
}

/// The type of a value that is there.
pub(super) fn ty(atoms: &[&Atom<'_>], text: &str, home: &Ident) -> ColumnType {
    let unknown = |family, spelling: &str| ColumnType::Unknown {
        family,
        spelling: spelling.to_owned(),
    };
    let all = |test: fn(&Atom<'_>) -> bool| !atoms.is_empty() && atoms.iter().all(|a| test(a));
    if all(|a| matches!(a, Atom::Boolean)) {
        return ColumnType::Boolean;
    }
    if all(|a| matches!(a, Atom::Date)) {
        return unknown(Family::String, "Date");
    }
    if all(|a| matches!(a, Atom::String(_) | Atom::Date)) {
        return unknown(Family::String, "string");
    }
    if all(|a| matches!(a, Atom::BigInt)) {
        return unknown(Family::Number, "bigint");
    }
    if all(|a| matches!(a, Atom::Number(_) | Atom::BigInt)) {
        return unknown(Family::Number, "number");
    }
    match atoms {
        [Atom::Json | Atom::Object(_)] => unknown(Family::Json, without_null(text)),
        [Atom::Type(namespace, name)] => {
            let namespace = namespace.map_or(Ok(home.clone()), Ident::new);
            match (namespace, Ident::new(*name)) {
                (Ok(namespace), Ok(name)) => ColumnType::Named(QualifiedName::new(namespace, name)),
                _ => unknown(Family::Any, without_null(text)),
            }
        }
        [Atom::Array(element)] => array(element, text, home),
        _ => unknown(Family::Any, without_null(text)),
    }
}

/// A list of objects may be stored as one JSON value or as an array of them.
fn array(element: &[Atom<'_>], text: &str, home: &Ident) -> ColumnType {
    let text = without_null(text);
    let atoms: Vec<&Atom<'_>> = element
        .iter()
        .filter(|atom| !matches!(atom, Atom::Null | Atom::Undefined))
        .collect();
    if atoms.iter().any(|atom| matches!(atom, Atom::Object(_))) {
        return ColumnType::Unknown {
            family: Family::Any,
            spelling: text.to_owned(),
        };
    }
    let text = text.strip_suffix("[]").unwrap_or(text);
    match ty(&atoms, text, home) {
        // the server does not keep how many dimensions there are
        array @ ColumnType::Array(_) => array,
        element => ColumnType::Array(Box::new(element)),
    }
}

/// The values, when each alternative is a literal of one kind.
fn values(atoms: &[&Atom<'_>]) -> Option<BTreeSet<String>> {
    let strings = atoms.iter().map(|atom| match atom {
        Atom::String(Some(text)) => Some((*text).to_owned()),
        _ => None,
    });
    let numbers = atoms.iter().map(|atom| match atom {
        Atom::Number(Some(text)) => Some((*text).to_owned()),
        _ => None,
    });
    let values = strings
        .collect::<Option<BTreeSet<String>>>()
        .or_else(|| numbers.collect());
    values.filter(|values| !values.is_empty())
}

fn without_null(text: &str) -> &str {
    let mut text = text.trim();
    while let Some(rest) = text
        .strip_suffix("null")
        .or_else(|| text.strip_suffix("undefined"))
        .and_then(|rest| rest.trim_end().strip_suffix('|'))
    {
        text = rest.trim_end();
    }
    text
}
