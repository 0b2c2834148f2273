//! Access lists as the catalog prints them: `role=arwdDxt/grantor`.

use std::collections::{BTreeMap, BTreeSet};

use crate::schema::{Grant, Ident};

/// Everybody, as the model writes it.
pub(super) const PUBLIC: &str = "public";

/// Collects the entries of an object and of its columns into grants.
///
/// A role that has one privilege with the right to pass it on and another without has two grants;
/// columns that share all of a role's privileges share a grant.
#[derive(Default)]
pub(super) struct Collector {
    /// By role, by whether it may pass them on, by privilege: the columns, `None` for the whole.
    entries: BTreeMap<(String, bool), BTreeMap<&'static str, Reach>>,
}

#[derive(Default)]
struct Reach {
    whole: bool,
    columns: BTreeSet<Ident>,
}

impl Collector {
    /// Takes one printed access list, of the whole object or of one column.
    pub(super) fn add(&mut self, acl: &[String], owner: &str, column: Option<&Ident>) {
        for entry in acl {
            let (grantee, rest) = grantee(entry);
            if grantee == owner {
                continue;
            }
            let mut letters = rest.chars().take_while(|&c| c != '/').peekable();
            while let Some(letter) = letters.next() {
                let grantable = letters.next_if_eq(&'*').is_some();
                if let Some(privilege) = privilege(letter) {
                    self.note(&grantee, privilege, grantable, column);
                }
            }
        }
    }

    /// Takes one privilege on the whole object, or on one column.
    pub(super) fn note(
        &mut self,
        grantee: &str,
        privilege: &'static str,
        grantable: bool,
        column: Option<&Ident>,
    ) {
        let privileges = self.entries.entry((grantee.to_owned(), grantable));
        let reach = privileges.or_default().entry(privilege).or_default();
        match column {
            Some(column) => {
                reach.columns.insert(column.clone());
            }
            None => reach.whole = true,
        }
    }

    /// The grants, each role's privileges on the whole object first.
    pub(super) fn finish(self) -> Vec<Grant> {
        let mut grants = Vec::new();
        for ((grantee, grantable), privileges) in self.entries {
            let mut by_columns: BTreeMap<Option<BTreeSet<Ident>>, BTreeSet<String>> =
                BTreeMap::new();
            for (privilege, reach) in privileges {
                if reach.whole {
                    by_columns
                        .entry(None)
                        .or_default()
                        .insert(privilege.to_owned());
                }
                if !reach.columns.is_empty() {
                    let same = by_columns.entry(Some(reach.columns)).or_default();
                    same.insert(privilege.to_owned());
                }
            }
            grants.extend(by_columns.into_iter().map(|(columns, privileges)| Grant {
                grantee: grantee.clone(),
                privileges,
                columns,
                grantable,
            }));
        }
        grants
    }
}

/// The role in front of the equals sign, quoted by the server when it is no plain word.
fn grantee(entry: &str) -> (String, &str) {
    let mut name = String::new();
    let mut quoted = false;
    let mut chars = entry.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' if quoted && chars.next_if(|&(_, next)| next == '"').is_some() => name.push('"'),
            '"' => quoted = !quoted,
            '=' if !quoted => {
                let rest = entry.get(at + 1..).unwrap_or_default();
                let name = if name.is_empty() {
                    PUBLIC.to_owned()
                } else {
                    name
                };
                return (name, rest);
            }
            c => name.push(c),
        }
    }
    (name, "")
}

/// `m` is MAINTAIN, which PostgreSQL 17 brought; it is left out, so that one schema on two versions
/// is one schema. Letters of a later version are left out for the same reason.
fn privilege(letter: char) -> Option<&'static str> {
    Some(match letter {
        'r' => "SELECT",
        'w' => "UPDATE",
        'a' => "INSERT",
        'd' => "DELETE",
        'D' => "TRUNCATE",
        'x' => "REFERENCES",
        't' => "TRIGGER",
        'X' => "EXECUTE",
        'U' => "USAGE",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lists: &[(&str, Option<&str>)]) -> Vec<String> {
        let mut collector = Collector::default();
        for (entry, column) in lists {
            let column = column.map(|name| Ident::new(name).unwrap());
            collector.add(&[(*entry).to_owned()], "owner", column.as_ref());
        }
        let grants = collector.finish();
        let show = |grant: &Grant| {
            let columns = grant.columns.as_ref().map(|columns| {
                let names: Vec<&str> = columns.iter().map(Ident::as_str).collect();
                format!(" ({})", names.join(","))
            });
            let privileges: Vec<&str> = grant.privileges.iter().map(String::as_str).collect();
            format!(
                "{}{}{} to {}",
                privileges.join(","),
                columns.unwrap_or_default(),
                if grant.grantable { " with option" } else { "" },
                grant.grantee
            )
        };
        grants.iter().map(show).collect()
    }

    #[test]
    fn reads_every_shape_of_an_entry() {
        for (entry, expected) in [
            ("anon=r/owner", vec!["SELECT to anon"]),
            ("=X/owner", vec!["EXECUTE to public"]),
            ("owner=arwdDxt/owner", vec![]),
            (
                "app=arwdDxtm/owner",
                vec!["DELETE,INSERT,REFERENCES,SELECT,TRIGGER,TRUNCATE,UPDATE to app"],
            ),
            (
                "app=ar*/owner",
                vec!["INSERT to app", "SELECT with option to app"],
            ),
            (r#""a ""b=c"""=U/owner"#, vec![r#"USAGE to a "b=c""#]),
            (r#""ü"=U/"x/y""#, vec!["USAGE to ü"]),
            ("nothing", vec![]),
        ] {
            assert_eq!(read(&[(entry, None)]), expected, "{entry}");
        }
    }

    #[test]
    fn columns_with_the_same_privileges_share_a_grant() {
        let lists = [
            ("a=r/owner", Some("x")),
            ("a=rw/owner", Some("y")),
            ("a=r/owner", Some("z")),
            ("a=r/owner", None),
            ("b=rw/owner", Some("x")),
        ];
        assert_eq!(
            read(&lists),
            [
                "SELECT to a",
                "SELECT (x,y,z) to a",
                "UPDATE (y) to a",
                "SELECT,UPDATE (x) to b"
            ]
            .map(str::to_owned)
        );
    }
}
