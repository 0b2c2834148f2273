//! Who may do what: privileges while statements grant and revoke them, as lists in the end.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::schema::{Grant, Ident};

/// Kinds of objects whose privileges are part of the model, and that have default ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Granted {
    /// Tables and views.
    Table,
    Sequence,
    Routine,
}

impl Granted {
    /// What `ALL` stands for on PostgreSQL 15.
    pub(super) fn all(self) -> &'static [&'static str] {
        match self {
            Self::Table => &[
                "SELECT",
                "INSERT",
                "UPDATE",
                "DELETE",
                "TRUNCATE",
                "REFERENCES",
                "TRIGGER",
            ],
            Self::Sequence => &["USAGE", "SELECT", "UPDATE"],
            Self::Routine => &["EXECUTE"],
        }
    }

    /// What everybody has from the start.
    fn built_in(self) -> Acl {
        let mut acl = Acl::default();
        if self == Self::Routine {
            acl.grant("public", "EXECUTE", None, false);
        }
        acl
    }
}

/// Everyone's privileges on one object. The flag beside a privilege is its grant option.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Acl {
    whole: BTreeMap<String, Privileges>,
    columns: BTreeMap<Ident, BTreeMap<String, Privileges>>,
}

type Privileges = BTreeMap<String, bool>;

/// `None` is the whole object.
type Columns = Option<BTreeSet<Ident>>;

impl Acl {
    pub(super) fn grant(
        &mut self,
        grantee: &str,
        privilege: &str,
        column: Option<&Ident>,
        grantable: bool,
    ) {
        let holders = match column {
            None => &mut self.whole,
            Some(column) => self.columns.entry(column.clone()).or_default(),
        };
        *holders
            .entry(grantee.to_owned())
            .or_default()
            .entry(privilege.to_owned())
            .or_default() |= grantable;
    }

    /// Takes a privilege back, or its grant option alone. Without a column it goes from every column,
    /// too.
    pub(super) fn revoke(
        &mut self,
        grantee: &str,
        privilege: &str,
        column: Option<&Ident>,
        option_only: bool,
    ) {
        let take = |holders: &mut BTreeMap<String, Privileges>| {
            if let Some(held) = holders.get_mut(grantee) {
                if !option_only {
                    held.remove(privilege);
                } else if let Some(grantable) = held.get_mut(privilege) {
                    *grantable = false;
                }
            }
        };
        match column {
            Some(column) => {
                if let Some(holders) = self.columns.get_mut(column) {
                    take(holders);
                }
            }
            None => {
                take(&mut self.whole);
                self.columns.values_mut().for_each(take);
            }
        }
    }

    pub(super) fn rename_column(&mut self, from: &Ident, to: &Ident) {
        if let Some(held) = self.columns.remove(from) {
            self.columns.insert(to.clone(), held);
        }
    }

    pub(super) fn drop_column(&mut self, column: &Ident) {
        self.columns.remove(column);
    }

    fn add(&mut self, other: &Self) {
        for (grantee, privileges) in &other.whole {
            for (privilege, grantable) in privileges {
                self.grant(grantee, privilege, None, *grantable);
            }
        }
    }

    /// A grant for each role, grant option and set of columns that privileges share; the owner's are
    /// left out.
    pub(super) fn into_grants(self, owner: &str) -> Vec<Grant> {
        let mut reaches: BTreeMap<(String, bool, String), (bool, BTreeSet<Ident>)> =
            BTreeMap::new();
        let mut note = |holders: BTreeMap<String, Privileges>, column: Option<&Ident>| {
            for (grantee, privileges) in holders {
                for (privilege, grantable) in privileges {
                    let key = (grantee.clone(), grantable, privilege);
                    let (whole, columns) = reaches.entry(key).or_default();
                    *whole |= column.is_none();
                    columns.extend(column.cloned());
                }
            }
        };
        note(self.whole, None);
        for (column, holders) in self.columns {
            note(holders, Some(&column));
        }
        let mut grants: BTreeMap<(String, bool, Columns), BTreeSet<String>> = BTreeMap::new();
        for ((grantee, grantable, privilege), (whole, columns)) in reaches {
            let mut add = |columns: Columns| {
                grants
                    .entry((grantee.clone(), grantable, columns))
                    .or_default()
                    .insert(privilege.clone());
            };
            if whole {
                add(None);
            }
            if !columns.is_empty() {
                add(Some(columns));
            }
        }
        grants
            .into_iter()
            .filter(|((grantee, ..), _)| grantee != owner)
            .map(|((grantee, grantable, columns), privileges)| Grant {
                grantee,
                privileges,
                columns,
                grantable,
            })
            .collect()
    }
}

/// What `ALTER DEFAULT PRIVILEGES` has said so far.
#[derive(Debug, Default)]
pub(super) struct Defaults {
    everywhere: HashMap<Granted, Acl>,
    within: HashMap<(Ident, Granted), Acl>,
}

impl Defaults {
    /// The defaults of one namespace, or those of all. The former only ever add to the latter.
    pub(super) fn entry(&mut self, namespace: Option<&Ident>, kind: Granted) -> &mut Acl {
        match namespace {
            None => self
                .everywhere
                .entry(kind)
                .or_insert_with(|| kind.built_in()),
            Some(namespace) => self.within.entry((namespace.clone(), kind)).or_default(),
        }
    }

    /// Forgets the defaults of a namespace.
    pub(super) fn forget(&mut self, namespace: &Ident) {
        self.within.retain(|(of, _), _| of != namespace);
    }

    /// What a new object has.
    pub(super) fn of_new(&self, namespace: &Ident, kind: Granted) -> Acl {
        let mut acl = self
            .everywhere
            .get(&kind)
            .cloned()
            .unwrap_or_else(|| kind.built_in());
        if let Some(more) = self.within.get(&(namespace.clone(), kind)) {
            acl.add(more);
        }
        acl
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ident(name: &str) -> Ident {
        Ident::new(name).unwrap()
    }

    #[test]
    fn privileges_on_the_same_columns_share_a_grant() {
        let mut acl = Acl::default();
        for (privilege, column) in [
            ("SELECT", "a"),
            ("SELECT", "b"),
            ("SELECT", "c"),
            ("UPDATE", "c"),
        ] {
            acl.grant("anon", privilege, Some(&ident(column)), false);
        }
        let grants = acl.into_grants("postgres");
        let columns: Vec<usize> = grants
            .iter()
            .filter_map(|g| Some(g.columns.as_ref()?.len()))
            .collect();
        assert_eq!(columns, [3, 1]);
    }

    #[test]
    fn a_revoke_without_columns_takes_them_all() {
        let mut acl = Acl::default();
        acl.grant("anon", "SELECT", Some(&ident("a")), false);
        acl.grant("anon", "SELECT", None, true);
        acl.revoke("anon", "SELECT", None, false);
        assert_eq!(acl.into_grants("postgres"), []);
    }

    #[test]
    fn defaults_of_a_namespace_only_add() {
        let mut defaults = Defaults::default();
        let public = ident("public");
        defaults
            .entry(Some(&public), Granted::Routine)
            .revoke("public", "EXECUTE", None, false);
        assert_eq!(
            defaults.of_new(&public, Granted::Routine),
            Granted::Routine.built_in()
        );
        defaults
            .entry(None, Granted::Routine)
            .revoke("public", "EXECUTE", None, false);
        assert_eq!(
            defaults
                .of_new(&public, Granted::Routine)
                .into_grants("postgres"),
            []
        );
    }
}
