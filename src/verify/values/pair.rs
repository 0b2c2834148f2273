//! Two tables of the database, the second of which holds what the rows of the first became, and how a row of one
//! finds that of the other.

use std::collections::BTreeMap;

use sqlx::Row;
use sqlx::postgres::PgConnection;

use super::super::error::{VerifyError, server};
use super::Values;
use crate::ddl::literal;
use crate::diff::is_covered;
use crate::mapping::{At, ColumnCorrespondence, Lookup, Mapping, Rule, Status, TableRef};
use crate::schema::{ColumnType, Ident, QualifiedName, quote};
use crate::transform::sql::columns;
use crate::transform::{Kind, LookupSource, Lookups, Shape, Slot, straight};

const RELATION: &str = include_str!("../sql/relation.sql");
const SAME_NAMES: &str = include_str!("../sql/same_names.sql");
const IS_SHOWN: &str = include_str!("../sql/is_shown.sql");

/// A table or view of the database.
#[derive(Debug, Clone)]
pub(in crate::verify) struct Relation {
    /// As SQL names it.
    pub(in crate::verify) name: String,
    pub(in crate::verify) shape: Shape,
    pub(in crate::verify) key: Vec<Ident>,
    /// Columns that the server computes.
    pub(in crate::verify) generated: Vec<Ident>,
}

impl Relation {
    pub(super) fn has(&self, column: &Ident) -> bool {
        self.shape.slot(column).is_some()
    }
}

/// Two tables whose rows correspond by the mapping, by its word or by their name.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) from: TableRef,
    pub(super) to: TableRef,
    /// Where the mapping says so.
    pub(super) at: Option<At>,
    /// Whether rows may be found under another key than their own.
    pub(super) is_matched: bool,
}

impl Pair {
    /// Those that the mapping pairs, then those of one name in two namespaces.
    pub(super) async fn all(
        connection: &mut PgConnection,
        mapping: &Mapping,
    ) -> Result<Vec<Self>, VerifyError> {
        let accepted = mapping.tables.iter();
        let accepted = accepted.filter(|entry| entry.status == Status::Accepted);
        let mut pairs: Vec<Self> = accepted
            .clone()
            .map(|entry| Self {
                from: entry.from.clone(),
                to: entry.to.clone(),
                at: Some(entry.at),
                is_matched: !entry.matching.keys.is_empty(),
            })
            .collect();
        let (from_home, to_home) = (mapping.from.home(), mapping.to.home());
        let old = mapping.verify.old.as_ref().map_or(from_home, Ident::as_str);
        let names: Vec<String> = if old == to_home {
            Vec::new()
        } else {
            let query = sqlx::query_scalar(SAME_NAMES).persistent(false);
            let names = query.bind(old).bind(to_home).fetch_all(connection).await;
            names.map_err(|error| server("look for tables of one name", &error))?
        };
        for name in names {
            let Ok(name) = Ident::new(name) else {
                continue;
            };
            let table = TableRef {
                namespace: None,
                name,
            };
            let is_ignored = [old, to_home]
                .iter()
                .any(|namespace| is_covered(&mapping.ignore.tables, namespace, &table.to_string()));
            let is_said = accepted.clone().any(|entry| {
                entry.from.is_same(&table, from_home) || entry.to.is_same(&table, to_home)
            });
            if !is_said && !is_ignored {
                pairs.push(Self {
                    from: table.clone(),
                    to: table,
                    at: None,
                    is_matched: false,
                });
            }
        }
        Ok(pairs)
    }

    /// Both in the database, and how they are joined; or why nothing can be said of their rows. What is `known` is not
    /// asked again.
    pub(super) async fn joined(
        &self,
        connection: &mut PgConnection,
        values: &Values<'_>,
        known: &mut Known,
    ) -> Result<Result<Joined, String>, VerifyError> {
        let names = (self.from.to_string(), self.to.to_string());
        if let Some(joined) = known.get(&names) {
            return Ok(joined.clone());
        }
        let joined = self.find(connection, values).await?;
        known.insert(names, joined.clone());
        Ok(joined)
    }

    async fn find(
        &self,
        connection: &mut PgConnection,
        values: &Values<'_>,
    ) -> Result<Result<Joined, String>, VerifyError> {
        let (mapping, from, to) = (values.mapping, &self.from, &self.to);
        let Some(old) = old_form(connection, mapping, from).await? else {
            return Ok(Err(format!("there is no table `{from}`")));
        };
        let home = to.namespace_or(mapping.to.home()).to_owned();
        let Some(new) = relation(connection, &home, &to.name).await? else {
            return Ok(Err(format!("there is no table `{to}`")));
        };
        let Some(on) = join(mapping, from, to, &old, &new) else {
            return Ok(Err(format!("`{to}` has no key that `{from}` has, too")));
        };
        let filter = match filter(mapping, from, to, &old) {
            Ok(filter) => filter,
            Err(why) => return Ok(Err(why)),
        };
        let is_one = old.name == new.name || is_shown(connection, &old, &new).await?;
        Ok(Ok(Joined {
            old,
            new,
            on,
            filter,
            is_one,
        }))
    }

    /// Same-named columns of which the mapping does not speak, as the rules that go without saying.
    pub(super) fn unsaid(&self, mapping: &Mapping, joined: &Joined) -> Vec<ColumnCorrespondence> {
        let (from_home, to_home) = (mapping.from.home(), mapping.to.home());
        let is_said = |column: &Ident| {
            mapping.accepted_columns().any(|entry| {
                let of =
                    |found: &TableRef, table: &TableRef, home: &str| found.is_same(table, home);
                matches!(entry.rule, Rule::Convert(_))
                    && entry
                        .to
                        .iter()
                        .any(|to| to.name == *column && of(&to.table, &self.to, to_home))
                    && entry
                        .from
                        .iter()
                        .all(|from| of(&from.table, &self.from, from_home))
            })
        };
        let Joined { old, new, .. } = joined;
        let columns = new.shape.columns.keys().filter(|column| {
            old.has(column)
                && !new.key.contains(column)
                && !new.generated.contains(column)
                && !is_said(column)
                && !is_covered(
                    &mapping.ignore.columns,
                    self.to.namespace_or(to_home),
                    &format!("{}.{column}", self.to.name),
                )
        });
        columns
            .map(|column| straight(&self.from, column, &self.to, column))
            .collect()
    }
}

/// What was found of pairs, by the names of both.
pub(super) type Known = BTreeMap<(String, String), Result<Joined, String>>;

/// Two tables that are there.
#[derive(Debug, Clone)]
pub(super) struct Joined {
    pub(super) old: Relation,
    pub(super) new: Relation,
    /// Each column of the new key, and what it is over a row `s`.
    pub(super) on: Vec<(Ident, String)>,
    /// Which rows `s` correspond to any.
    pub(super) filter: String,
    /// Whether a row of one is its own counterpart.
    pub(super) is_one: bool,
}

impl Joined {
    /// The condition by which a row `t` is that of a row `s`.
    pub(super) fn condition(&self) -> String {
        let members = self.on.iter();
        let members: Vec<String> = members
            .map(|(key, value)| format!("t.{key} = {value}"))
            .collect();
        members.join(" AND ")
    }

    /// The key of a row `s` as quarantine keeps it.
    pub(super) fn quarantined(&self) -> String {
        let own = self.old.key.iter();
        let mut members: Vec<(&Ident, String)> = own.map(|key| (key, format!("s.{key}"))).collect();
        if members.is_empty() {
            let keys = self.on.iter();
            members.extend(keys.map(|(key, value)| (key, value.clone())));
        }
        let members = members.iter();
        let members: Vec<String> = members
            .map(|(key, value)| format!("{}, {value}", literal(key.as_str())))
            .collect();
        format!("jsonb_build_object({})", members.join(", "))
    }

    /// What names a row `s` to a reader.
    pub(super) fn shown(&self) -> String {
        let members = self.on.iter();
        let members: Vec<String> = members
            .map(|(_, value)| format!("({value})::text"))
            .collect();
        members.join(" || ', ' || ")
    }
}

async fn relation(
    connection: &mut PgConnection,
    namespace: &str,
    table: &Ident,
) -> Result<Option<Relation>, VerifyError> {
    let doing = "read the columns of a table";
    let failed = |error: sqlx::Error| server(doing, &error);
    let name = format!("{}.{table}", quote(namespace));
    let query = sqlx::query(RELATION).persistent(false).bind(&name);
    let rows = query.fetch_all(&mut *connection).await.map_err(failed)?;
    if rows.is_empty() {
        return Ok(None);
    }
    let user_defined = |namespace: Option<&Ident>, name: &Ident| {
        namespace.map(|namespace| QualifiedName {
            namespace: namespace.clone(),
            name: name.clone(),
        })
    };
    let mut relation = Relation {
        name,
        shape: Shape::default(),
        key: Vec::new(),
        generated: Vec::new(),
    };
    for row in &rows {
        let column: String = row.try_get("name").map_err(failed)?;
        let Ok(column) = Ident::new(column) else {
            continue;
        };
        let text = |column: &str| row.try_get::<String, _>(column).map_err(failed);
        let labels: Option<Vec<String>> = row.try_get("labels").map_err(failed)?;
        let named = (
            Ident::new(text("namespace")?),
            Ident::new(text("type_name")?),
        );
        let kind = match (labels, named) {
            (Some(labels), (Ok(namespace), Ok(name))) => Kind::Enum {
                name: QualifiedName { namespace, name },
                labels,
            },
            _ => Kind::Plain(ColumnType::parse(&text("type")?, &user_defined)),
        };
        if row.try_get("is_key").map_err(failed)? {
            relation.key.push(column.clone());
        }
        if row.try_get("generated").map_err(failed)? {
            relation.generated.push(column.clone());
        }
        let slot = Slot {
            kind,
            not_null: false,
        };
        relation.shape.columns.insert(column, slot);
    }
    Ok(Some(relation))
}

/// Where the from side's rows are shown in their old form.
async fn old_form(
    connection: &mut PgConnection,
    mapping: &Mapping,
    table: &TableRef,
) -> Result<Option<Relation>, VerifyError> {
    if let Some(old) = &mapping.verify.old
        && let Some(found) = relation(connection, old.as_str(), &table.name).await?
    {
        return Ok(Some(found));
    }
    let home = table.namespace_or(mapping.from.home()).to_owned();
    relation(connection, &home, &table.name).await
}

/// Whether the old form is a view that shows the rows of the new table itself.
async fn is_shown(
    connection: &mut PgConnection,
    old: &Relation,
    new: &Relation,
) -> Result<bool, VerifyError> {
    let query = sqlx::query_scalar(IS_SHOWN).persistent(false);
    let query = query.bind(&old.name).bind(&new.name);
    let shown = query.fetch_one(connection).await;
    shown.map_err(|error| server("look what a view shows", &error))
}

/// What each column of the new key is over a row `s`: the mapping's expression, or the column of its name.
pub(super) fn join(
    mapping: &Mapping,
    from: &TableRef,
    to: &TableRef,
    old: &Relation,
    new: &Relation,
) -> Option<Vec<(Ident, String)>> {
    if new.key.is_empty() {
        return None;
    }
    let (from_home, to_home) = (mapping.from.home(), mapping.to.home());
    let here = Here { home: to_home };
    let expression = |rule: &ColumnCorrespondence| {
        let made = columns(rule, &old.shape, &new.shape, &here).ok()?;
        made.into_iter().next().map(|made| made.value)
    };
    let of_key = |key: &Ident| {
        let rule = mapping.accepted_columns().find(|entry| {
            matches!(entry.rule, Rule::Convert(_))
                && matches!(entry.to.as_slice(), [one] if one.name == *key && one.table.is_same(to, to_home))
                && !entry.from.is_empty()
                && entry.from.iter().all(|c| c.table.is_same(from, from_home) && old.has(&c.name))
        });
        if let Some(rule) = rule {
            return expression(rule);
        }
        let (before, after) = (old.shape.slot(key)?, new.shape.slot(key)?);
        if are_alike(&before.kind, &after.kind) {
            return Some(format!("s.{key}"));
        }
        expression(&straight(from, key, to, key))
    };
    let members = new.key.iter();
    members
        .map(|key| Some((key.clone(), of_key(key)?)))
        .collect()
}

/// Whether the server compares the two without a cast.
fn are_alike(one: &Kind, other: &Kind) -> bool {
    let is_number = |kind: &Kind| {
        matches!(
            kind,
            Kind::Plain(
                ColumnType::Smallint
                    | ColumnType::Integer
                    | ColumnType::Bigint
                    | ColumnType::Numeric { .. }
            )
        )
    };
    one == other
        || (one.is_text() && other.is_text())
        || (is_number(one) && is_number(other))
        || matches!((one, other), (Kind::Plain(a), Kind::Plain(b)) if std::mem::discriminant(a) == std::mem::discriminant(b))
}

/// The condition of the tables' correspondence.
fn filter(
    mapping: &Mapping,
    from: &TableRef,
    to: &TableRef,
    old: &Relation,
) -> Result<String, String> {
    let (from_home, to_home) = (mapping.from.home(), mapping.to.home());
    let entry = mapping.tables.iter().find(|entry| {
        entry.status == Status::Accepted
            && entry.from.is_same(from, from_home)
            && entry.to.is_same(to, to_home)
    });
    match entry.and_then(|entry| Some((entry.filter.as_ref()?, entry.at))) {
        Some((condition, at)) => crate::transform::sql::condition(condition, &old.shape, at)
            .map(|sql| format!("({sql}) IS TRUE"))
            .map_err(|why| why.to_string()),
        None => Ok("true".to_owned()),
    }
}

/// Looked-up tables are those of the database that is checked.
pub(super) struct Here<'a> {
    pub(super) home: &'a str,
}

impl Lookups for Here<'_> {
    fn source(&self, lookup: &Lookup) -> Option<LookupSource<'_>> {
        let namespace = Ident::new(lookup.table.namespace_or(self.home)).ok()?;
        Some(LookupSource::Table(QualifiedName {
            namespace,
            name: lookup.table.name.clone(),
        }))
    }
}
