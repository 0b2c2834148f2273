//! What a target promises of a database that lacks some of its surroundings.

use std::collections::BTreeSet;

use crate::schema::{Ident, Schema};

/// The target as it can be where `absent` roles are not there, and `missing` namespaces neither: a
/// policy of such a role holds for everybody, as far as its condition lets them, and no foreign key
/// leads to such a namespace.
pub fn promised(mut target: Schema, absent: &BTreeSet<String>, missing: &[Ident]) -> Schema {
    for table in &mut target.tables {
        for policy in &mut table.policies {
            if policy.roles.iter().any(|role| absent.contains(role)) {
                policy.roles = BTreeSet::from(["public".to_owned()]);
            }
        }
        table
            .foreign_keys
            .retain(|key| !missing.contains(&key.references.namespace));
    }
    target
}

/// The text with every name of the namespace `missing` read as one of `instead`: what a database
/// without the one has the other for.
pub fn stand_in(text: &str, missing: &Ident, instead: &Ident) -> String {
    let (missing, instead) = (format!("{missing}."), format!("{instead}."));
    let mut done = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(&missing) {
        let (before, found) = rest.split_at(at);
        done.push_str(before);
        let inside = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.' | '"');
        let is_name = !done.ends_with(inside);
        done.push_str(if is_name { &instead } else { &missing });
        rest = &found[missing.len()..];
    }
    done.push_str(rest);
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_is_replaced_where_it_is_one() {
        let name = |text: &str| Ident::new(text).unwrap();
        for (text, expected) in [
            ("auth.uid()", "align.uid()"),
            (
                "(select auth.uid()) = auth.role()",
                "(select align.uid()) = align.role()",
            ),
            (
                "oauth.uid(), x.auth.uid(), \"auth.\"",
                "oauth.uid(), x.auth.uid(), \"auth.\"",
            ),
            ("authority, auth", "authority, auth"),
        ] {
            assert_eq!(stand_in(text, &name("auth"), &name("align")), expected);
        }
    }
}
