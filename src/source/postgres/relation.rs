//! Types, tables and views with their columns.

use std::collections::BTreeMap;

use super::fields::{Fields, RowError, unknown};
use super::reading::{Reading, Slot, plain_column};
use crate::schema::{
    Composite, Domain, Enum, Expression, Generated, Identity, QualifiedName, Rls, Spelling, Table,
    TableKind, View, ViewColumn,
};

impl Reading {
    pub(super) fn take_type(&mut self, row: &Fields<'_>) -> Result<(), RowError> {
        let name = row.name("namespace", "name")?;
        self.types.insert(name.clone());
        if !row.flag("modelled")? {
            return Ok(());
        }
        let comment = row.optional("comment")?;
        match row.text("sort")? {
            "e" => self.schema.enums.push(Enum {
                name,
                labels: row.list("labels")?,
                comment,
            }),
            "d" => {
                let domain = Domain {
                    name,
                    base: self.column_type(row.text("base")?),
                    not_null: row.flag("not_null")?,
                    default: self.expression(row.optional("default")?),
                    checks: Vec::new(),
                    collation: row.optional("collation")?,
                    comment,
                };
                self.schema.domains.push(domain);
            }
            "c" => {
                let slot = Slot::Composite(self.schema.composites.len());
                self.relations.insert(row.number("relation")?, slot);
                self.schema.composites.push(Composite {
                    name,
                    fields: Vec::new(),
                    comment,
                });
            }
            // A table's row, a range and its multirange have a name, and no place of their own.
            _ => {}
        }
        Ok(())
    }

    pub(super) fn take_relation(&mut self, row: &Fields<'_>) -> Result<(), RowError> {
        let oid = row.number("oid")?;
        let collector = self.grants.entry(oid).or_default();
        collector.add(&row.list::<String>("acl")?, row.text("owner")?, None);
        let sort = row.text("sort")?;
        if matches!(sort, "v" | "m") {
            let slot = Slot::View(self.schema.views.len());
            self.relations.insert(oid, slot);
            let view = self.view_of(row, sort == "m")?;
            self.schema.views.push(view);
        } else {
            let slot = Slot::Table(self.schema.tables.len());
            self.relations.insert(oid, slot);
            self.schema.tables.push(table_of(row, sort)?);
        }
        Ok(())
    }

    fn view_of(&self, row: &Fields<'_>, materialized: bool) -> Result<View, RowError> {
        let query = row.optional("query")?.unwrap_or_default();
        let query = query.trim().trim_end_matches(';');
        let options = row.list::<String>("options")?;
        let options: BTreeMap<String, String> = options
            .iter()
            .filter_map(|option| option.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Ok(View {
            name: row.name("namespace", "name")?,
            materialized,
            query: Expression::query(query, Spelling::Deparsed, &self.home),
            columns: Vec::new(),
            options,
            indexes: Vec::new(),
            triggers: Vec::new(),
            grants: Vec::new(),
            comment: row.optional("comment")?,
        })
    }

    pub(super) fn take_column(&mut self, row: &Fields<'_>) -> Result<(), RowError> {
        let relation = row.number("relation")?;
        let slot = self.relations.get(&relation).copied();
        let ty = self.column_type(row.text("type")?);
        let at = match slot {
            Some(Slot::Table(at)) => at,
            Some(Slot::Composite(at)) => {
                let field = (row.ident("name")?, ty);
                self.schema.composites[at].fields.push(field);
                return Ok(());
            }
            Some(Slot::View(at)) => {
                self.schema.views[at].columns.push(ViewColumn {
                    name: row.ident("name")?,
                    ty,
                    updatable: row.flag("updatable")?,
                });
                return Ok(());
            }
            None => return Ok(()),
        };
        let mut column = plain_column(row, ty)?;
        let expression = self.expression(row.optional("expression")?);
        match (row.text("generated")?, expression) {
            ("", expression) => column.default = expression,
            (kind @ ("s" | "v"), Some(expression)) => {
                let stored = kind == "s";
                column.generated = Some(Generated { expression, stored });
            }
            (other, _) => return Err(unknown("generated", other)),
        }
        column.identity = match row.text("identity")? {
            "" => None,
            "a" => Some(Identity::Always),
            "d" => Some(Identity::ByDefault),
            other => return Err(unknown("identity", other)),
        };
        let acl = row.list::<String>("acl")?;
        let collector = self.grants.entry(relation).or_default();
        collector.add(&acl, row.text("owner")?, Some(&column.name));
        self.schema.tables[at].columns.push(column);
        Ok(())
    }
}

fn table_of(row: &Fields<'_>, sort: &str) -> Result<Table, RowError> {
    let mut table = Table::new(row.name("namespace", "name")?);
    table.unlogged = row.flag("unlogged")?;
    table.rls = Rls {
        enabled: row.flag("rls_enabled")?,
        forced: row.flag("rls_forced")?,
    };
    table.comment = row.optional("comment")?;
    let parents: Vec<QualifiedName> = row.list("parents")?;
    let bound = row.optional("partition_bound")?;
    let partition = parents.first().cloned().zip(bound);
    if partition.is_none() {
        table.inherits = parents;
    }
    table.kind = match (sort, partition) {
        ("p", of) => TableKind::Partitioned {
            by: row.optional("partition_key")?.unwrap_or_default(),
            of,
        },
        ("f", _) => TableKind::Foreign {
            server: row.ident("server")?,
        },
        (_, Some((of, bound))) => TableKind::Partition { of, bound },
        (_, None) => TableKind::Ordinary,
    };
    Ok(table)
}
