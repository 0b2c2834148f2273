//! Names and texts as TypeScript writes them, and the order in which they are listed.

use crate::schema::{Ident, QualifiedName};

/// A text in double quotes.
pub(super) fn literal(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A member's name, quoted where it has to be.
pub(super) fn key(name: &str) -> String {
    let is_start = |c: char| c.is_ascii_alphabetic() || c == '_' || c == '$';
    let plain =
        name.starts_with(is_start) && name.chars().all(|c| is_start(c) || c.is_ascii_digit());
    if plain {
        name.to_owned()
    } else {
        literal(name)
    }
}

/// Alphabetical as people read it: capitals are no reason to stand first.
pub(super) fn order(name: &str) -> (String, String) {
    (name.to_lowercase(), name.to_owned())
}

/// The objects of a namespace in the order of their names.
pub(super) fn sorted<'a, T>(
    items: &'a [T],
    namespace: &Ident,
    name: impl Fn(&T) -> &QualifiedName,
) -> Vec<&'a T> {
    let mut found: Vec<&T> = items
        .iter()
        .filter(|item| name(item).namespace == *namespace)
        .collect();
    found.sort_by_cached_key(|item| order(name(item).name.as_str()));
    found
}
