//! A schema under construction, row by row.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::Deserialize;

use super::constraint::IndexDraft;
use super::fields::{Fields, RowError, unknown};
use super::grant::Collector;
use crate::schema::{
    Column, ColumnType, Deferral, Expression, Extension, Facet, Grant, Ident, Policy,
    PolicyCommand, Publication, QualifiedName, Schema, Sequence, Sighting, Table, View,
};

/// What was read so far.
pub(super) struct Reading {
    pub(super) schema: Schema,
    pub(super) home: Ident,
    /// Every type that users defined, in whatever namespace.
    pub(super) types: HashSet<QualifiedName>,
    /// Where in `schema` a relation is, by its oid.
    pub(super) relations: HashMap<i64, Slot>,
    /// What others may do with a table and its columns, by its oid.
    pub(super) grants: HashMap<i64, Collector>,
    /// Indexes that no constraint owns, by their oids.
    pub(super) indexes: BTreeMap<i64, IndexDraft>,
    /// Indexes of constraints, by the constraints' oids.
    pub(super) owned_indexes: HashMap<i64, IndexDraft>,
}

/// An index into one of the schema's lists.
#[derive(Clone, Copy)]
pub(super) enum Slot {
    Table(usize),
    View(usize),
    Composite(usize),
}

impl Reading {
    pub(super) fn new(namespaces: Vec<Ident>, home: Ident) -> Self {
        Self {
            schema: Schema::new(namespaces, Facet::ALL),
            home,
            types: HashSet::new(),
            relations: HashMap::new(),
            grants: HashMap::new(),
            indexes: BTreeMap::new(),
            owned_indexes: HashMap::new(),
        }
    }

    /// Takes one row of any query. Rows of relations that are not part of the model (an extension's)
    /// leave no trace.
    pub(super) fn take(&mut self, row: &Fields<'_>) -> Result<(), RowError> {
        match row.text("kind")? {
            "type" => self.take_type(row),
            "relation" => self.take_relation(row),
            "column" => self.take_column(row),
            "index" => self.take_index_element(row),
            "constraint" => self.take_constraint(row),
            "trigger" => self.take_trigger(row),
            "policy" => self.take_policy(row),
            "sequence" => self.take_sequence(row),
            "function" => self.take_function(row),
            "extension" => {
                let name = row.ident("name")?;
                self.schema.extensions.push(Extension { name });
                Ok(())
            }
            "publication" => self.take_publication(row),
            "unmodelled" => {
                self.schema.unmodelled.push(Sighting {
                    what: row.text("what")?.to_owned(),
                    name: row.text("name")?.to_owned(),
                    place: None,
                });
                Ok(())
            }
            other => Err(unknown("kind", other)),
        }
    }

    pub(super) fn finish(mut self) -> Schema {
        for (_, draft) in std::mem::take(&mut self.indexes) {
            match self.relations.get(&draft.relation) {
                Some(&Slot::Table(at)) => self.schema.tables[at].indexes.push(draft.index),
                Some(&Slot::View(at)) => self.schema.views[at].indexes.push(draft.index),
                Some(Slot::Composite(_)) | None => {}
            }
        }
        for (relation, collector) in std::mem::take(&mut self.grants) {
            match self.relations.get(&relation) {
                Some(&Slot::Table(at)) => self.schema.tables[at].grants = collector.finish(),
                Some(&Slot::View(at)) => self.schema.views[at].grants = collector.finish(),
                Some(Slot::Composite(_)) | None => {}
            }
        }
        self.schema.normalise();
        self.schema
    }

    pub(super) fn table(&mut self, relation: i64) -> Option<&mut Table> {
        match self.relations.get(&relation) {
            Some(&Slot::Table(at)) => self.schema.tables.get_mut(at),
            _ => None,
        }
    }

    pub(super) fn view(&mut self, relation: i64) -> Option<&mut View> {
        match self.relations.get(&relation) {
            Some(&Slot::View(at)) => self.schema.views.get_mut(at),
            _ => None,
        }
    }

    /// A type as `format_type` prints it.
    pub(super) fn column_type(&self, printed: &str) -> ColumnType {
        ColumnType::parse(printed, &|namespace, name| {
            // The server leaves the namespace away for pg_catalog alone.
            let name = QualifiedName::new(namespace?.clone(), name.clone());
            self.types.contains(&name).then_some(name)
        })
    }

    pub(super) fn expression(&self, printed: Option<String>) -> Option<Expression> {
        printed.map(|text| Expression::deparsed(&text, &self.home))
    }

    fn take_policy(&mut self, row: &Fields<'_>) -> Result<(), RowError> {
        let command = match row.text("command")? {
            "*" => PolicyCommand::All,
            "r" => PolicyCommand::Select,
            "a" => PolicyCommand::Insert,
            "w" => PolicyCommand::Update,
            "d" => PolicyCommand::Delete,
            other => return Err(unknown("command", other)),
        };
        let policy = Policy {
            name: row.ident("name")?,
            command,
            roles: row.list("roles")?.into_iter().collect(),
            permissive: row.flag("permissive")?,
            using: self.expression(row.optional("using_expression")?),
            check: self.expression(row.optional("check_expression")?),
            comment: row.optional("comment")?,
        };
        if let Some(table) = self.table(row.number("relation")?) {
            table.policies.push(policy);
        }
        Ok(())
    }

    fn take_sequence(&mut self, row: &Fields<'_>) -> Result<(), RowError> {
        let owned_by = match row.optional_ident("owner_column")? {
            Some(column) => Some((row.name("owner_namespace", "owner_table")?, column)),
            None => None,
        };
        let sequence = Sequence {
            name: row.name("namespace", "name")?,
            ty: self.column_type(row.text("type")?),
            start: row.number("start")?,
            increment: row.number("increment")?,
            min: row.number("min")?,
            max: row.number("max")?,
            cache: row.number("cache")?,
            cycle: row.flag("is_cycle")?,
            owned_by,
            grants: grants(row)?,
            comment: row.optional("comment")?,
        };
        self.schema.sequences.push(sequence);
        Ok(())
    }

    fn take_publication(&mut self, row: &Fields<'_>) -> Result<(), RowError> {
        #[derive(Deserialize)]
        struct Detail {
            all_tables: bool,
            insert: bool,
            update: bool,
            delete: bool,
            truncate: bool,
            tables: BTreeSet<QualifiedName>,
            namespaces: BTreeSet<Ident>,
        }
        let detail: Detail = row.json("detail")?;
        let operations = [
            ("insert", detail.insert),
            ("update", detail.update),
            ("delete", detail.delete),
            ("truncate", detail.truncate),
        ];
        let published = operations.iter().filter(|(_, published)| *published);
        self.schema.publications.push(Publication {
            name: row.ident("name")?,
            all_tables: detail.all_tables,
            tables: detail.tables,
            namespaces: detail.namespaces,
            operations: published.map(|(name, _)| (*name).to_owned()).collect(),
        });
        Ok(())
    }
}

/// The grants of an object that has no columns of its own.
pub(super) fn grants(row: &Fields<'_>) -> Result<Vec<Grant>, RowError> {
    let mut collector = Collector::default();
    collector.add(&row.list::<String>("acl")?, row.text("owner")?, None);
    Ok(collector.finish())
}

pub(super) fn deferral(row: &Fields<'_>) -> Result<Deferral, RowError> {
    Ok(if row.flag("is_deferred")? {
        Deferral::InitiallyDeferred
    } else if row.flag("is_deferrable")? {
        Deferral::Deferrable
    } else {
        Deferral::NotDeferrable
    })
}

/// A column that is not filled in by anything, of the row's name and type.
pub(super) fn plain_column(row: &Fields<'_>, ty: ColumnType) -> Result<Column, RowError> {
    Ok(Column {
        nullable: Some(!row.flag("not_null")?),
        collation: row.optional("collation")?,
        comment: row.optional("comment")?,
        ..Column::new(row.ident("name")?, ty)
    })
}
