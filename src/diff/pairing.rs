//! Which table of the from side stands for which table of the to side.

use std::collections::{BTreeMap, BTreeSet};

use super::Size;
use crate::mapping::{Mapping, Status, TableCorrespondence, TableRef};
use crate::schema::{Column, Ident, QualifiedName, Schema, Table, quote};

/// The tables of both sides that count, and how they pair.
pub(crate) struct Pairing<'a> {
    from_home: Option<&'a Ident>,
    to_home: Option<&'a Ident>,
    ignore: &'a [String],
    ignored_columns: &'a [String],
    /// Tables of the to side that count, in name order.
    pub(crate) targets: Vec<&'a Table>,
    /// Tables of the from side that count, in name order.
    pub(crate) sources: Vec<&'a Table>,
    pairs: BTreeMap<&'a QualifiedName, Pair<'a>>,
    /// To-side names by the from side's.
    renamed: BTreeMap<&'a QualifiedName, &'a QualifiedName>,
}

/// A counterpart on the from side.
#[derive(Clone, Copy)]
pub(crate) struct Pair<'a> {
    pub(crate) from: &'a Table,
    /// The correspondence that pairs them; `None` when their names do.
    pub(crate) by: Option<&'a TableCorrespondence>,
}

/// Tables in which migration runners and `align` itself keep their history.
const RUNNERS: &[&str] = &[
    "refinery_schema_history",
    "_sqlx_migrations",
    "_prisma_migrations",
    "__diesel_schema_migrations",
    "__drizzle_migrations",
    "schema_migrations",
    "ar_internal_metadata",
    "flyway_schema_history",
    "databasechangelog",
    "databasechangeloglock",
    "alembic_version",
    "django_migrations",
    "goose_db_version",
    "knex_migrations",
    "knex_migrations_lock",
    "seaql_migrations",
    "pgmigrations",
    "__EFMigrationsHistory",
    "atlas_schema_revisions",
];

/// Namespaces that belong to runners and to `align`.
const RUNNER_NAMESPACES: &[&str] = &["align", "supabase_migrations", "drizzle"];

impl<'a> Pairing<'a> {
    pub(crate) fn new(from: &'a Schema, to: &'a Schema, mapping: &'a Mapping) -> Self {
        let counted = |schema: &'a Schema| {
            schema
                .tables
                .iter()
                .filter(|t| !is_ignored(&mapping.ignore.tables, schema, &t.name))
                .collect::<Vec<_>>()
        };
        let mut pairing = Self {
            from_home: from.home(),
            to_home: to.home(),
            ignore: &mapping.ignore.tables,
            ignored_columns: &mapping.ignore.columns,
            targets: counted(to),
            sources: counted(from),
            pairs: BTreeMap::new(),
            renamed: BTreeMap::new(),
        };
        pairing.pair(mapping);
        pairing
    }

    /// Same names first, so that a correspondence whose work is done pairs nothing any more.
    fn pair(&mut self, mapping: &'a Mapping) {
        let sources: BTreeMap<QualifiedName, &'a Table> = self
            .sources
            .iter()
            .map(|t| (self.carried(&t.name), *t))
            .collect();
        let mut taken = BTreeSet::new();
        for target in &self.targets {
            if let Some(from) = sources.get(&target.name) {
                self.pairs.insert(&target.name, Pair { from, by: None });
                self.renamed.insert(&from.name, &target.name);
                taken.insert(&from.name);
            }
        }
        for by in mapping
            .tables
            .iter()
            .filter(|t| t.status == Status::Accepted)
        {
            let from = self
                .source(&by.from)
                .filter(|from| !taken.contains(&from.name));
            let to = self
                .target(&by.to)
                .filter(|to| !self.pairs.contains_key(&to.name));
            if let (Some(from), Some(to)) = (from, to) {
                self.pairs.insert(&to.name, Pair { from, by: Some(by) });
                self.renamed.insert(&from.name, &to.name);
                taken.insert(&from.name);
            }
        }
    }

    /// The counterpart of a table of the to side.
    pub(crate) fn of(&self, target: &QualifiedName) -> Option<Pair<'a>> {
        self.pairs.get(target).copied()
    }

    /// Tables of the from side without a counterpart.
    pub(crate) fn only_from(&self) -> impl Iterator<Item = &'a Table> {
        self.sources
            .iter()
            .copied()
            .filter(|t| !self.renamed.contains_key(&t.name))
    }

    /// A table of the from side by the mapping's name for it.
    pub(crate) fn source(&self, name: &TableRef) -> Option<&'a Table> {
        find(&self.sources, self.from_home, name)
    }

    /// A table of the to side by the mapping's name for it.
    pub(crate) fn target(&self, name: &TableRef) -> Option<&'a Table> {
        find(&self.targets, self.to_home, name)
    }

    /// How the to side calls what the from side calls so: the counterpart of a table, or the same name
    /// with one home for the other.
    pub(crate) fn translate(&self, from: &QualifiedName) -> QualifiedName {
        self.renamed
            .get(from)
            .map_or_else(|| self.carried(from), |to| (*to).clone())
    }

    fn carried(&self, from: &QualifiedName) -> QualifiedName {
        match (self.from_home, self.to_home) {
            (Some(a), Some(b)) if from.namespace == *a => {
                QualifiedName::new(b.clone(), from.name.clone())
            }
            _ => from.clone(),
        }
    }

    /// The columns of a table that count.
    pub(crate) fn columns<'t>(
        &self,
        schema: &Schema,
        table: &'t Table,
    ) -> impl Iterator<Item = &'t Column> {
        let shown = schema.show(&table.name);
        let full = table.name.to_string();
        table.columns.iter().filter(move |column| {
            !self.ignored_columns.iter().any(|pattern| {
                matches(pattern, &format!("{shown}.{}", column.name))
                    || matches(pattern, &format!("{full}.{}", column.name))
            })
        })
    }

    pub(crate) fn size_here(&self, from: &Schema) -> Size {
        self.size(from, &self.sources)
    }

    pub(crate) fn size_there(&self, to: &Schema) -> Size {
        self.size(to, &self.targets)
    }

    fn size(&self, schema: &Schema, tables: &[&Table]) -> Size {
        Size {
            tables: tables.len(),
            columns: tables.iter().map(|t| self.columns(schema, t).count()).sum(),
        }
    }

    /// Whether an object of that name counts for nothing.
    pub(crate) fn ignores(&self, schema: &Schema, name: &QualifiedName) -> bool {
        is_ignored(self.ignore, schema, name)
    }
}

fn find<'a>(tables: &[&'a Table], home: Option<&Ident>, name: &TableRef) -> Option<&'a Table> {
    let namespace = name.namespace.as_ref().or(home)?;
    tables
        .binary_search_by(|t| (&t.name.namespace, &t.name.name).cmp(&(namespace, &name.name)))
        .ok()
        .map(|at| tables[at])
}

fn is_ignored(patterns: &[String], schema: &Schema, name: &QualifiedName) -> bool {
    RUNNERS.contains(&name.name.as_str())
        || RUNNER_NAMESPACES.contains(&name.namespace.as_str())
        || patterns.iter().any(|pattern| {
            matches(pattern, &schema.show(name)) || matches(pattern, &name.to_string())
        })
}

/// Whether one of the patterns covers a name, as it stands in its namespace or with it.
pub(crate) fn is_covered(patterns: &[String], namespace: &str, name: &str) -> bool {
    patterns.iter().any(|pattern| {
        matches(pattern, name) || matches(pattern, &format!("{}.{name}", quote(namespace)))
    })
}

/// Whether a pattern of `*` and `?` covers the whole text.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, matched)) => {
                    star = Some((at, matched + 1));
                    p = at + 1;
                    t = matched + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_cover_whole_names() {
        for (pattern, text, expected) in [
            ("_prisma_*", "_prisma_migrations", true),
            ("_prisma_*", "a_prisma_x", false),
            ("*_log", "audit_log", true),
            ("*_log", "audit_logs", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*", "", true),
            ("*a*b*c*", "xxaxxbxxc", true),
            ("", "", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} on {text}");
        }
    }
}
