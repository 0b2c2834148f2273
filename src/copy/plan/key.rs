//! What holds rows apart, and what they refer to.

use super::field::wire;
use super::{Field, Trouble};
use crate::mapping::TableCorrespondence;
use crate::schema::{Ident, IndexKey, QualifiedName, Schema, Table};

/// A column of the source's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyColumn {
    /// Its name.
    pub name: Ident,
    /// The type in which it travels.
    pub wire: String,
}

/// By what a row finds one that is there under another key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MatchKeys {
    /// Tried in order, as indexes into the fields.
    pub keys: Vec<Vec<usize>>,
    /// Whether blanks around texts are cut.
    pub trim: bool,
    /// Whether the case of texts is ignored.
    pub lower: bool,
}

/// A unique key of the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unique {
    /// As indexes into the fields.
    pub fields: Vec<usize>,
    /// `NULLS NOT DISTINCT`
    pub nulls_not_distinct: bool,
}

/// A foreign key of the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// As indexes into the fields.
    pub fields: Vec<usize>,
    /// The table it refers to.
    pub table: QualifiedName,
    /// The columns it refers to.
    pub referenced: Vec<Ident>,
    /// The table in the plan whose rows go there, and its fields that are referred to.
    pub parent: Option<(usize, Vec<usize>)>,
    /// More of them, where several tables go there and nothing tells which one is meant.
    pub more_parents: Vec<(usize, Vec<usize>)>,
    /// The table that the source's own foreign key of these columns refers to.
    pub source: Option<QualifiedName>,
    /// Whether its values are keys of the source's rows.
    pub is_carried: bool,
}

/// The keys of a target table.
pub(super) struct Keys {
    pub(super) primary: Option<Vec<usize>>,
    pub(super) matching: MatchKeys,
    pub(super) uniques: Vec<Unique>,
}

/// What holds the rows of a source table apart: the primary key, or a unique one without NULLs.
pub(super) fn of_source(table: &Table, schema: &Schema) -> Vec<KeyColumn> {
    let is_whole = |key: &&crate::schema::Key| {
        let column = |name| {
            table
                .column(name)
                .is_some_and(|c| c.nullable == Some(false))
        };
        key.columns.iter().all(column)
    };
    let key = table
        .primary_key
        .as_ref()
        .or_else(|| table.unique.iter().find(is_whole));
    let columns = key.map(|key| key.columns.as_slice()).unwrap_or_default();
    columns
        .iter()
        .map(|name| {
            let ty = table.column(name).map(|column| &column.ty);
            let domain = ty.and_then(|ty| match ty {
                crate::schema::ColumnType::Named(name) => schema.domain(name).map(|d| &d.base),
                _ => None,
            });
            KeyColumn {
                name: name.clone(),
                wire: domain
                    .or(ty)
                    .and_then(wire)
                    .unwrap_or_else(|| "text".to_owned()),
            }
        })
        .collect()
}

impl Keys {
    pub(super) fn of(
        table: &Table,
        fields: &[Field],
        by: Option<&TableCorrespondence>,
    ) -> Result<Self, Trouble> {
        let place = |name: &Ident| fields.iter().position(|field| field.name == *name);
        let places = |names: &[Ident]| names.iter().map(place).collect::<Option<Vec<usize>>>();
        let primary = table
            .primary_key
            .as_ref()
            .and_then(|key| places(&key.columns));
        let mut uniques: Vec<Unique> = Vec::new();
        for key in &table.unique {
            uniques.extend(places(&key.columns).map(|fields| Unique {
                fields,
                nulls_not_distinct: key.nulls_not_distinct,
            }));
        }
        for index in &table.indexes {
            if !index.unique || index.predicate.is_some() || index.invalid {
                continue;
            }
            let names = index.elements.iter().map(|element| match &element.key {
                IndexKey::Column(name) => place(name),
                IndexKey::Expression(_) => None,
            });
            uniques.extend(names.collect::<Option<Vec<usize>>>().map(|fields| Unique {
                fields,
                nulls_not_distinct: index.nulls_not_distinct,
            }));
        }
        let matching = match by {
            Some(by) if !by.matching.keys.is_empty() => stated(by, &places)?,
            _ => MatchKeys {
                keys: uniques.iter().map(|unique| unique.fields.clone()).collect(),
                trim: false,
                lower: false,
            },
        };
        Ok(Self {
            primary,
            matching,
            uniques,
        })
    }
}

fn stated(
    by: &TableCorrespondence,
    places: &dyn Fn(&[Ident]) -> Option<Vec<usize>>,
) -> Result<MatchKeys, Trouble> {
    let mut keys = Vec::new();
    for names in &by.matching.keys {
        let Some(fields) = places(names) else {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            let message = format!(
                "rows of `{}` cannot be matched by `{}`: nothing is copied into it (mapping {})",
                by.to,
                names.join("`, `"),
                by.at
            );
            return Err(Trouble::new(message).hint("name columns of the to side that are copied"));
        };
        keys.push(fields);
    }
    Ok(MatchKeys {
        keys,
        trim: by.matching.trim,
        lower: by.matching.lower,
    })
}

/// The foreign keys all of whose columns are copied.
pub(super) fn references(from: &Table, table: &Table, fields: &[Field]) -> Vec<Reference> {
    let mut references = Vec::new();
    for key in &table.foreign_keys {
        let places = key
            .columns
            .iter()
            .map(|name| fields.iter().position(|field| field.name == *name));
        let Some(places) = places.collect::<Option<Vec<usize>>>() else {
            continue;
        };
        if key.referenced_columns.len() != places.len() {
            continue;
        }
        let source = from.foreign_keys.iter().find(|known| {
            known.columns.len() == places.len()
                && places.iter().zip(&known.columns).all(|(place, column)| {
                    let field = &fields[*place];
                    field.value == format!("(s.{column})::{}", field.wire)
                })
        });
        references.push(Reference {
            source: source.map(|known| known.references.clone()),
            is_carried: places.iter().all(|place| fields[*place].is_carried),
            fields: places,
            table: key.references.clone(),
            referenced: key.referenced_columns.clone(),
            parent: None,
            more_parents: Vec::new(),
        });
    }
    references
}
