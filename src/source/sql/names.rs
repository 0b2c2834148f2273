//! The names Postgres gives to what was left unnamed: `makeObjectName`, `ChooseRelationName`,
//! `ChooseConstraintName` and `ChooseIndexColumnNames` of the server.

use crate::schema::{Ident, MAX_BYTES, QualifiedName};

use super::state::State;

/// `first_second_label`, both parts cut so that the whole fits 63 bytes: the longer one first.
fn object_name(first: &str, second: Option<&str>, label: &str) -> String {
    let overhead = label.len() + 1 + usize::from(second.is_some());
    let available = MAX_BYTES.saturating_sub(overhead);
    let (mut one, mut two) = (first.len(), second.map_or(0, str::len));
    while one + two > available {
        if one > two {
            one -= 1;
        } else {
            two -= 1;
        }
    }
    let first = &first[..first.floor_char_boundary(one)];
    match second {
        Some(second) => {
            let second = &second[..second.floor_char_boundary(two)];
            format!("{first}_{second}_{label}")
        }
        None => format!("{first}_{label}"),
    }
}

fn first_free(
    first: &Ident,
    second: Option<&str>,
    label: &str,
    is_taken: impl Fn(&Ident) -> bool,
) -> Ident {
    let mut pass = 0_u32;
    loop {
        let label = if pass == 0 {
            label.to_owned()
        } else {
            format!("{label}{pass}")
        };
        let name = object_name(first.as_str(), second, &label);
        match Ident::truncating(&name) {
            Ok(name) if !is_taken(&name) => return name,
            Ok(_) => pass += 1,
            // An identifier's own text is neither empty nor does it hold NUL.
            Err(_) => return first.clone(),
        }
    }
}

/// The names of columns joined by `_`, no longer than the server's buffer.
pub(super) fn joined<'a>(columns: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for column in columns {
        if !text.is_empty() {
            text.push('_');
        }
        text.push_str(column);
        if text.len() > MAX_BYTES {
            break;
        }
    }
    text
}

/// The column names an index has of its own: those of its elements, numbered where they repeat.
pub(super) fn index_columns(elements: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for origin in elements {
        let mut name = origin.clone();
        let mut pass = 0_u32;
        while names.contains(&name) {
            pass += 1;
            let number = pass.to_string();
            let kept = origin.floor_char_boundary(MAX_BYTES - number.len());
            name = format!("{}{number}", &origin[..kept]);
        }
        names.push(name);
    }
    names
}

impl State {
    /// A name that no relation of the table's namespace has; for a constraint's index, that no
    /// constraint there has either.
    pub(super) fn choose_relation_name(
        &self,
        table: &QualifiedName,
        columns: Option<&str>,
        label: &str,
        for_constraint: bool,
    ) -> Ident {
        first_free(&table.name, columns, label, |name| {
            let name = QualifiedName::new(table.namespace.clone(), name.clone());
            self.relations.contains_key(&name)
                || for_constraint && self.constraint_names.contains_key(&name)
        })
    }

    /// A name that no constraint of the namespace has, nor one of `taken`.
    pub(super) fn choose_constraint_name(
        &self,
        of: &QualifiedName,
        columns: Option<&str>,
        label: &str,
        taken: &[Ident],
    ) -> Ident {
        first_free(&of.name, columns, label, |name| {
            taken.contains(name)
                || self
                    .constraint_names
                    .contains_key(&QualifiedName::new(of.namespace.clone(), name.clone()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_the_longer_part_first() {
        let long = "a".repeat(60);
        assert_eq!(object_name("t", Some("c"), "key"), "t_c_key");
        assert_eq!(
            object_name(&long, Some("column"), "fkey"),
            format!("{}_column_fkey", "a".repeat(51))
        );
        assert_eq!(
            object_name(&long, Some(&"b".repeat(60)), "key"),
            format!("{}_{}_key", "a".repeat(29), "b".repeat(29))
        );
        assert_eq!(
            object_name(&"ü".repeat(31), None, "pkey"),
            format!("{}_pkey", "ü".repeat(29))
        );
    }

    #[test]
    fn numbers_repeated_index_columns() {
        let names = index_columns(["lower", "a", "lower", "lower"].map(str::to_owned));
        assert_eq!(names, ["lower", "a", "lower1", "lower2"]);
    }
}
