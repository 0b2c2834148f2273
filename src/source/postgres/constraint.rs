//! Indexes and constraints.

use super::fields::{Fields, RowError, unknown};
use super::reading::{Reading, deferral};
use crate::schema::{
    Action, Check, Exclusion, Expression, ForeignKey, Ident, Index, IndexElement, IndexKey, Key,
};

/// An index whose elements are still coming in.
pub(super) struct IndexDraft {
    pub(super) relation: i64,
    pub(super) index: Index,
    /// Of an exclusion's elements.
    operators: Vec<String>,
}

impl Reading {
    pub(super) fn take_index_element(&mut self, row: &Fields<'_>) -> Result<(), RowError> {
        let draft = match row.optional_number("constraint_oid")? {
            Some(constraint) => self.owned_indexes.entry(constraint),
            None => {
                let index = row.number("oid")?;
                return self.take_free_index_element(index, row);
            }
        };
        let home = &self.home;
        let draft = draft.or_insert(IndexDraft::begin(row, home)?);
        draft.add(row, home)
    }

    fn take_free_index_element(&mut self, index: i64, row: &Fields<'_>) -> Result<(), RowError> {
        let home = &self.home;
        let draft = IndexDraft::begin(row, home)?;
        self.indexes.entry(index).or_insert(draft).add(row, home)
    }

    pub(super) fn take_constraint(&mut self, row: &Fields<'_>) -> Result<(), RowError> {
        let name = row.ident("name")?;
        let sort = row.text("sort")?;
        if sort == "c" {
            return self.take_check(row, name);
        }
        let relation = row.number("relation")?;
        let draft = self.owned_indexes.remove(&row.number("oid")?);
        let Some(table) = self.table(relation) else {
            return Ok(());
        };
        match sort {
            "p" => table.primary_key = Some(key(row, name, draft)?),
            "u" => table.unique.push(key(row, name, draft)?),
            "f" => table.foreign_keys.push(foreign_key(row, name)?),
            "x" => {
                if let Some(draft) = draft {
                    let deferral = deferral(row)?;
                    table.exclusions.push(Exclusion {
                        name,
                        method: draft.index.method,
                        elements: draft
                            .index
                            .elements
                            .into_iter()
                            .zip(draft.operators)
                            .collect(),
                        predicate: draft.index.predicate,
                        deferral,
                    });
                }
            }
            other => return Err(unknown("sort", other)),
        }
        Ok(())
    }

    fn take_check(&mut self, row: &Fields<'_>, name: Ident) -> Result<(), RowError> {
        let check = Check {
            name,
            expression: Expression::deparsed(row.text("expression")?, &self.home),
            not_valid: row.flag("not_valid")?,
            no_inherit: row.flag("no_inherit")?,
        };
        match row.optional_ident("domain")? {
            Some(_) => {
                let name = row.name("namespace", "domain")?;
                let domain = self.schema.domains.iter_mut().find(|d| d.name == name);
                if let Some(domain) = domain {
                    domain.checks.push(check);
                }
            }
            None => {
                if let Some(table) = self.table(row.number("relation")?) {
                    table.checks.push(check);
                }
            }
        }
        Ok(())
    }
}

impl IndexDraft {
    fn begin(row: &Fields<'_>, home: &Ident) -> Result<Self, RowError> {
        let predicate = row.optional("predicate")?;
        Ok(Self {
            relation: row.number("relation")?,
            index: Index {
                name: row.ident("name")?,
                method: row.text("method")?.to_owned(),
                unique: row.flag("is_unique")?,
                elements: Vec::new(),
                include: Vec::new(),
                predicate: predicate.map(|text| Expression::deparsed(&text, home)),
                nulls_not_distinct: row.flag("nulls_not_distinct")?,
                invalid: row.flag("invalid")?,
            },
            operators: Vec::new(),
        })
    }

    fn add(&mut self, row: &Fields<'_>, home: &Ident) -> Result<(), RowError> {
        let column = row.optional_ident("column_name")?;
        if row.flag("included")? {
            self.index.include.extend(column);
            return Ok(());
        }
        let key = match column {
            Some(column) => IndexKey::Column(column),
            None => IndexKey::Expression(Expression::deparsed(row.text("expression")?, home)),
        };
        self.index.elements.push(IndexElement {
            key,
            collation: row.optional("collation")?,
            opclass: row.optional("opclass")?,
            descending: row.flag("descending")?,
            nulls_first: row.flag("nulls_first")?,
        });
        self.operators.extend(row.optional("operator")?);
        Ok(())
    }
}

fn key(row: &Fields<'_>, name: Ident, draft: Option<IndexDraft>) -> Result<Key, RowError> {
    // A key has a draft only when it has something out of the ordinary.
    let (include, nulls_not_distinct) = match draft {
        Some(draft) => (draft.index.include, draft.index.nulls_not_distinct),
        None => (Vec::new(), false),
    };
    Ok(Key {
        name,
        columns: row.list("columns")?,
        include,
        nulls_not_distinct,
        deferral: deferral(row)?,
    })
}

fn foreign_key(row: &Fields<'_>, name: Ident) -> Result<ForeignKey, RowError> {
    Ok(ForeignKey {
        name,
        columns: row.list("columns")?,
        references: row.name("referenced_namespace", "referenced_name")?,
        referenced_columns: row.list("referenced_columns")?,
        on_update: Some(action("on_update", row.text("on_update")?, Vec::new())?),
        on_delete: Some(action(
            "on_delete",
            row.text("on_delete")?,
            row.list("delete_columns")?,
        )?),
        match_full: row.flag("match_full")?,
        deferral: deferral(row)?,
        not_valid: row.flag("not_valid")?,
    })
}

fn action(field: &'static str, code: &str, columns: Vec<Ident>) -> Result<Action, RowError> {
    Ok(match code {
        "a" => Action::NoAction,
        "r" => Action::Restrict,
        "c" => Action::Cascade,
        "n" => Action::SetNull(columns),
        "d" => Action::SetDefault(columns),
        other => return Err(unknown(field, other)),
    })
}
