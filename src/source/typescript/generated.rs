//! What `supabase gen types typescript` writes: one type that lists namespaces, their tables, enums
//! and composite types.

use std::collections::BTreeSet;

use super::atoms::Atom;
use super::column;
use super::interfaces;
use super::resolve::{Field, Shape, Site, Walk};
use super::scope::{Named, Scope};
use super::term::{Body, Literal, Term};
use crate::schema::{
    Composite, Enum, Facet, ForeignKey, Ident, ObjectPath, Place, QualifiedName, Schema, Sighting,
    Table,
};
use crate::source::LoadError;

/// The types that list namespaces with their tables.
pub(super) fn catalogs<'a>(scope: &Scope<'a>) -> Vec<Named<'a>> {
    scope
        .all()
        .filter(|named| {
            scope.declarations(*named).iter().any(|declaration| {
                let (Body::Interface(term) | Body::Alias(term)) = &declaration.body else {
                    return false;
                };
                declaration.parameters.is_empty() && lists_tables(term)
                    // the namespaces may be types of their own
                    || named.name == "Database" && !namespaces(scope, *named).is_empty()
            })
        })
        .collect()
}

fn lists_tables(term: &Term) -> bool {
    let member = |term: &Term, test: &dyn Fn(&str, &Term) -> bool| match term {
        Term::Object(members) => members
            .iter()
            .any(|m| m.name.as_ref().is_some_and(|name| test(name, &m.term))),
        _ => false,
    };
    member(term, &|_, namespace| {
        member(namespace, &|name, _| name == "Tables")
    })
}

/// The namespaces of a catalog with their members.
fn namespaces<'a>(scope: &Scope<'a>, catalog: Named<'a>) -> Vec<(Field<'a>, Shape<'a>)> {
    let mut walk = Walk::new(scope);
    let Some(shape) = walk.declared(catalog) else {
        return Vec::new();
    };
    let fields = shape.fields.into_iter();
    fields
        .filter_map(|field| {
            let members = walk.shape(&field.site)?;
            members.field("Tables")?;
            Some((field, members))
        })
        .collect()
}

struct Reading<'s, 'a> {
    scope: &'s Scope<'a>,
    schema: Schema,
    /// Whether each table so far lists its relationships.
    relationships: bool,
    /// Whether each namespace so far lists its enums.
    enums: bool,
}

/// Reads the namespaces asked for.
///
/// # Errors
/// [`LoadError::Text`] when none of them is there, or one does not list its tables.
pub(super) fn read<'a>(
    scope: &Scope<'a>,
    catalogs: &[Named<'a>],
    asked: &[Ident],
) -> Result<Schema, LoadError> {
    let mut reading = Reading {
        scope,
        schema: Schema::new(asked.to_vec(), []),
        relationships: true,
        enums: true,
    };
    let found: Vec<(Field<'a>, Shape<'a>)> = catalogs
        .iter()
        .flat_map(|catalog| namespaces(scope, *catalog))
        .collect();
    let mut missing = Vec::new();
    for namespace in asked {
        let mut absent = true;
        for (field, members) in &found {
            if field.name() == Some(namespace.as_str()) {
                absent = false;
                reading.namespace(namespace, field, members)?;
            }
        }
        if absent {
            missing.push(namespace);
        }
    }
    if missing.len() == asked.len() {
        let place = catalogs.iter().find_map(|c| interfaces::place(scope, *c));
        return Err(none_found(asked, &found, place));
    }
    for namespace in missing {
        reading.schema.namespaces.retain(|name| name != namespace);
        reading.schema.unreadable.push(Sighting {
            what: "schema that these types do not have".to_owned(),
            name: namespace.as_str().to_owned(),
            place: None,
        });
    }
    let said = [
        (Facet::ForeignKeys, reading.relationships),
        (Facet::Types, reading.enums),
    ];
    let said = said.into_iter().filter(|(_, said)| *said);
    reading.schema.facets = said.map(|(facet, _)| facet).collect();
    Ok(reading.schema)
}

fn none_found(
    asked: &[Ident],
    found: &[(Field<'_>, Shape<'_>)],
    place: Option<Place>,
) -> LoadError {
    let list = |names: &mut dyn Iterator<Item = &str>| {
        let quoted: Vec<String> = names.map(|name| format!("`{name}`")).collect();
        quoted.join(", ")
    };
    LoadError::Text {
        place: place.unwrap_or(Place {
            file: "-".to_owned(),
            line: 1,
        }),
        cause: format!(
            "expected schema {}, found {}",
            list(&mut asked.iter().map(Ident::as_str)),
            list(&mut found.iter().filter_map(|(field, _)| field.name()))
        ),
        hint: "name one that these types have with `--schema`, or generate them with it",
    }
}

impl<'a> Reading<'_, 'a> {
    fn namespace(
        &mut self,
        namespace: &Ident,
        field: &Field<'a>,
        members: &Shape<'a>,
    ) -> Result<(), LoadError> {
        let part = |name: &str| {
            let field = members.field(name)?;
            Walk::new(self.scope).shape(&field.site)
        };
        let (views, functions) = (part("Views"), part("Functions"));
        let (enums, composites) = (part("Enums"), part("CompositeTypes"));
        let Some(tables) = part("Tables") else {
            return Err(LoadError::Text {
                place: self.place(field),
                cause: format!("`{namespace}` does not list its tables one by one"),
                hint: "generate the types anew: `supabase gen types typescript`",
            });
        };
        let relations = Relations {
            tables: names(Some(&tables)),
            views: names(views.as_ref()),
            functions: names(functions.as_ref()),
        };
        for field in &tables.fields {
            if let Some(name) = self.name(namespace, field) {
                self.table(name, field, &relations);
            }
        }
        self.enums &= enums.is_some();
        for field in enums.iter().flat_map(|enums| &enums.fields) {
            if let Some(name) = self.name(namespace, field) {
                self.enumeration(name, field);
            }
        }
        for field in composites.iter().flat_map(|composites| &composites.fields) {
            if let Some(name) = self.name(namespace, field) {
                self.composite(name, field);
            }
        }
        Ok(())
    }

    fn table(&mut self, name: QualifiedName, field: &Field<'a>, relations: &Relations<'a>) {
        let members = Walk::new(self.scope).shape(&field.site).unwrap_or_default();
        let part = |name: &str| {
            let part = members.field(name)?;
            Walk::new(self.scope).shape(&part.site)
        };
        let Some(row) = part("Row") else {
            self.unreadable("table without a `Row` that can be told", &name, field);
            return;
        };
        if self.schema.tables.iter().any(|table| table.name == name) {
            self.unreadable("another declaration of a table", &name, field);
            return;
        }
        let computed = self.computed(&members, part("Insert").as_ref(), &relations.functions);
        let mut table = Table::new(name.clone());
        for member in &row.fields {
            if member.name().is_some_and(|name| computed.contains(name)) {
                continue;
            }
            let Some(column) = member.name().and_then(|name| Ident::new(name).ok()) else {
                self.unreadable("member whose name no column can have", &name, member);
                continue;
            };
            let mut walk = Walk::new(self.scope);
            let atoms = walk.atoms(&member.site);
            if walk.endless {
                self.unreadable("type that refers to itself without end", &name, member);
            }
            let (text, home) = (&member.member.text, &name.namespace);
            let read = column::column(column.clone(), &atoms, text, member.optional, home);
            if let Some(read) = read {
                let path = ObjectPath {
                    table: name.clone(),
                    column: Some(column),
                };
                self.schema.places.insert(path, self.place(member));
                table.columns.push(read);
            }
        }
        for gap in &row.gaps {
            let what = format!("columns taken from `{gap}`, a type that is not known");
            self.unreadable(&what, &name, field);
        }
        match members
            .field("Relationships")
            .map(|field| (field, field.site.term))
        {
            Some((list, Term::Tuple(keys))) => {
                for key in keys {
                    self.foreign_key(&mut table, list, key, relations);
                }
            }
            _ => self.relationships = false,
        }
        let path = ObjectPath {
            table: name,
            column: None,
        };
        self.schema.places.insert(path, self.place(field));
        self.schema.tables.push(table);
    }

    /// Functions of a row that PostgREST shows as if they were columns. Newer generators list them;
    /// older ones leave them out of `Insert`, which hand-made types do with real columns, too.
    fn computed(
        &self,
        members: &Shape<'a>,
        insert: Option<&Shape<'a>>,
        functions: &BTreeSet<&'a str>,
    ) -> BTreeSet<&'a str> {
        if let Some(listed) = members.field("ComputedFields") {
            let atoms = Walk::new(self.scope).atoms(&listed.site);
            return atoms
                .into_iter()
                .filter_map(|atom| match atom {
                    Atom::String(name) => name,
                    _ => None,
                })
                .collect();
        }
        let Some(insert) = insert else {
            return BTreeSet::new();
        };
        let functions = functions.iter().copied();
        functions
            .filter(|name| insert.field(name).is_none())
            .collect()
    }

    fn foreign_key(
        &mut self,
        table: &mut Table,
        list: &Field<'a>,
        key: &'a Term,
        relations: &Relations<'a>,
    ) {
        let site = Site::new(key, list.site.unit);
        let shape = Walk::new(self.scope).shape(&site).unwrap_or_default();
        let Some((key, target)) = relationship(&shape, &table.name.namespace) else {
            self.unreadable("relationship that cannot be told", &table.name, list);
            return;
        };
        if relations.tables.contains(target) {
            if !table.foreign_keys.contains(&key) {
                table.foreign_keys.push(key);
            }
        } else if !relations.views.contains(target) {
            // over a view the same key is listed once more
            let what = format!("foreign key to `{target}`, a table these types do not have");
            self.unreadable(&what, &table.name, list);
        }
    }

    fn enumeration(&mut self, name: QualifiedName, field: &Field<'a>) {
        if self.schema.enumeration(&name).is_some() {
            return;
        }
        let atoms = Walk::new(self.scope).atoms(&field.site);
        let labels: Option<Vec<String>> = atoms
            .iter()
            .filter(|atom| **atom != Atom::Never)
            .map(|atom| match atom {
                Atom::String(Some(label)) => Some((*label).to_owned()),
                _ => None,
            })
            .collect();
        match labels {
            Some(labels) => self.schema.enums.push(Enum {
                name,
                labels,
                comment: None,
            }),
            None => self.unreadable("enum whose labels cannot be told", &name, field),
        }
    }

    fn composite(&mut self, name: QualifiedName, field: &Field<'a>) {
        if self.schema.composites.iter().any(|c| c.name == name) {
            return;
        }
        let shape = Walk::new(self.scope).shape(&field.site);
        let fields = shape.and_then(|shape| {
            shape
                .fields
                .iter()
                .map(|member| {
                    let label = Ident::new(member.name()?).ok()?;
                    let atoms = Walk::new(self.scope).atoms(&member.site);
                    let atoms: Vec<&Atom<'_>> =
                        atoms.iter().filter(|atom| **atom != Atom::Null).collect();
                    Some((
                        label,
                        column::ty(&atoms, &member.member.text, &name.namespace),
                    ))
                })
                .collect()
        });
        match fields {
            Some(fields) => self.schema.composites.push(Composite {
                name,
                fields,
                comment: None,
            }),
            None => self.unreadable("composite type whose fields cannot be told", &name, field),
        }
    }

    fn name(&mut self, namespace: &Ident, field: &Field<'a>) -> Option<QualifiedName> {
        let name = field.name().and_then(|name| Ident::new(name).ok());
        if name.is_none() {
            self.schema.unreadable.push(Sighting {
                what: "member whose name no table or type can have".to_owned(),
                name: field.name().unwrap_or_default().to_owned(),
                place: Some(self.place(field)),
            });
        }
        Some(QualifiedName::new(namespace.clone(), name?))
    }

    fn place(&self, field: &Field<'a>) -> Place {
        let unit = self.scope.units().get(field.site.unit);
        Place {
            file: unit.map_or_else(String::new, |unit| unit.file.clone()),
            line: field.member.line,
        }
    }

    fn unreadable(&mut self, what: &str, name: &QualifiedName, field: &Field<'a>) {
        self.schema.unreadable.push(Sighting {
            what: what.to_owned(),
            name: name.to_string(),
            place: Some(self.place(field)),
        });
    }
}

/// The names of a namespace.
struct Relations<'a> {
    tables: BTreeSet<&'a str>,
    views: BTreeSet<&'a str>,
    functions: BTreeSet<&'a str>,
}

fn names<'a>(shape: Option<&Shape<'a>>) -> BTreeSet<&'a str> {
    let fields = shape.into_iter().flat_map(|shape| &shape.fields);
    fields.filter_map(Field::name).collect()
}

/// A foreign key and what it refers to, which is within the same namespace.
fn relationship<'a>(shape: &Shape<'a>, namespace: &Ident) -> Option<(ForeignKey, &'a str)> {
    let text = |name: &str| match shape.field(name)?.site.term {
        Term::Literal(Literal::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let columns = |name: &str| match shape.field(name)?.site.term {
        Term::Tuple(parts) => parts
            .iter()
            .map(|part| match part {
                Term::Literal(Literal::String(text)) => Ident::new(text.as_str()).ok(),
                _ => None,
            })
            .collect::<Option<Vec<Ident>>>(),
        _ => None,
    };
    let target = text("referencedRelation")?;
    let key = ForeignKey {
        name: Ident::new(text("foreignKeyName")?).ok()?,
        columns: columns("columns")?,
        references: QualifiedName::new(namespace.clone(), Ident::new(target).ok()?),
        referenced_columns: columns("referencedColumns")?,
        on_update: None,
        on_delete: None,
        match_full: false,
        deferral: crate::schema::Deferral::default(),
        not_valid: false,
    };
    Some((key, target))
}
