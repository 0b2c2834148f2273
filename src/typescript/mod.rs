//! From a [`Schema`] to the TypeScript that an application over PostgREST is typed with, in the layout of
//! `supabase gen types typescript`.
//!
//! What the model does not hold is left open: the columns of a view that no server told, which of them are never
//! NULL, the relationships of views, the fields that functions add to a row, and types of namespaces that were not
//! read.

mod function;
mod name;
mod script;
mod types;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::schema::{
    Column, ForeignKey, Ident, Identity, QualifiedName, Schema, Table, View, ViewColumn,
};

use name::{key, literal, sorted};
use script::Script;
use types::Types;

const JSON: &str = "\
export type Json =
  | string
  | number
  | boolean
  | null
  | { [key: string]: Json | undefined }
  | Json[]
";
/// The types by which an application names a row, an insert, an update, an enum.
const ACCESS: &str = include_str!("access.ts");
/// Stands in it for the namespace that goes without saying.
const HOME: &str = "HOME";
const NOTHING: &str = "[_ in never]: never";

/// Writes the types of a schema.
///
/// Equal schemas give equal text.
pub fn write(schema: &Schema) -> String {
    let types = Types::new(schema);
    let mut script = Script::default();
    script.block("export type Database = {", "}", |script| {
        for namespace in namespaces(schema) {
            script.block(&format!("{}: {{", key(namespace.as_str())), "}", |script| {
                of_namespace(script, &types, namespace);
            });
        }
    });
    let home = schema.home().map_or("public", Ident::as_str);
    let access = ACCESS.replace(HOME, &literal(home));
    format!(
        "{JSON}\n{}\n{access}\n{}",
        script.finish(),
        constants(schema)
    )
}

/// The namespaces in alphabetical order, each once.
fn namespaces(schema: &Schema) -> Vec<&Ident> {
    let mut found: Vec<&Ident> = schema.namespaces.iter().collect();
    found.sort();
    found.dedup();
    found
}

fn of_namespace(script: &mut Script, types: &Types<'_>, namespace: &Ident) {
    let schema = types.schema();
    let tables = sorted(&schema.tables, namespace, |table| &table.name);
    members(script, "Tables", &tables, |script, table| {
        of_table(script, types, table);
    });
    let views = sorted(&schema.views, namespace, |view| &view.name);
    members(script, "Views", &views, |script, view| {
        of_view(script, types, view);
    });
    function::write(script, types, namespace);
    let enums = sorted(&schema.enums, namespace, |e| &e.name);
    members(script, "Enums", &enums, |script, found| {
        let labels: Vec<String> = found.labels.iter().map(|label| literal(label)).collect();
        script.union(&key(found.name.name.as_str()), &labels);
    });
    let composites = sorted(&schema.composites, namespace, |composite| &composite.name);
    members(script, "CompositeTypes", &composites, |script, found| {
        let name = key(found.name.name.as_str());
        script.block(&format!("{name}: {{"), "}", |script| {
            for (field, ty) in &found.fields {
                let ty = types.nullable(ty);
                script.line(&format!("{}: {ty}", key(field.as_str())));
            }
        });
    });
}

/// A member that lists others, which says so where there are none.
fn members<T>(
    script: &mut Script,
    name: &str,
    items: &[T],
    mut write: impl FnMut(&mut Script, &T),
) {
    script.block(&format!("{name}: {{"), "}", |script| {
        if items.is_empty() {
            script.line(NOTHING);
        }
        for item in items {
            write(script, item);
        }
    });
}

fn of_table(script: &mut Script, types: &Types<'_>, table: &Table) {
    let mut columns: Vec<&Column> = table.columns.iter().collect();
    columns.sort_by_cached_key(|column| name::order(column.name.as_str()));
    let name = key(table.name.name.as_str());
    script.block(&format!("{name}: {{"), "}", |script| {
        for (part, write) in [
            ("Row", row as fn(&Types<'_>, &Column) -> String),
            ("Insert", insert),
            ("Update", update),
        ] {
            if columns.is_empty() {
                script.line(&format!("{part}: {{}}"));
                continue;
            }
            script.block(&format!("{part}: {{"), "}", |script| {
                for column in &columns {
                    script.line(&write(types, column));
                }
            });
        }
        relationships(script, types.schema(), table);
    });
}

fn of_view(script: &mut Script, types: &Types<'_>, view: &View) {
    let mut columns: Vec<&ViewColumn> = view.columns.iter().collect();
    columns.sort_by_cached_key(|column| name::order(column.name.as_str()));
    let name = key(view.name.name.as_str());
    script.block(&format!("{name}: {{"), "}", |script| {
        if columns.is_empty() {
            script.line("Row: Record<string, unknown>");
        } else {
            script.block("Row: {", "}", |script| {
                for column in &columns {
                    let ty = types.nullable(&column.ty);
                    script.line(&format!("{}: {ty}", key(column.name.as_str())));
                }
            });
        }
        if columns.iter().any(|column| column.updatable) {
            for part in ["Insert", "Update"] {
                script.block(&format!("{part}: {{"), "}", |script| {
                    for column in &columns {
                        let ty = if column.updatable {
                            types.nullable(&column.ty)
                        } else {
                            "never".to_owned()
                        };
                        script.line(&format!("{}?: {ty}", key(column.name.as_str())));
                    }
                });
            }
        }
        script.line("Relationships: []");
    });
}

fn row(types: &Types<'_>, column: &Column) -> String {
    let optional = if column.nullable.is_none() { "?" } else { "" };
    let name = key(column.name.as_str());
    format!("{name}{optional}: {}", types.column(column))
}

fn insert(types: &Types<'_>, column: &Column) -> String {
    written(types, column, !column.is_required())
}

fn update(types: &Types<'_>, column: &Column) -> String {
    written(types, column, true)
}

fn written(types: &Types<'_>, column: &Column, optional: bool) -> String {
    let name = key(column.name.as_str());
    // The server alone says which value.
    if column.identity == Some(Identity::Always) || column.generated.is_some() {
        return format!("{name}?: never");
    }
    let mark = if optional { "?" } else { "" };
    format!("{name}{mark}: {}", types.column(column))
}

/// Foreign keys within the namespace, the way by which PostgREST embeds.
fn relationships(script: &mut Script, schema: &Schema, table: &Table) {
    let is_there = |name: &QualifiedName| {
        name.namespace == table.name.namespace && schema.tables.iter().any(|t| t.name == *name)
    };
    let mut keys: Vec<&ForeignKey> = table
        .foreign_keys
        .iter()
        .filter(|key| is_there(&key.references))
        .collect();
    keys.sort_by_cached_key(|key| name::order(key.name.as_str()));
    if keys.is_empty() {
        script.line("Relationships: []");
        return;
    }
    script.block("Relationships: [", "]", |script| {
        for foreign in keys {
            script.block("{", "},", |script| {
                script.line(&format!(
                    "foreignKeyName: {}",
                    literal(foreign.name.as_str())
                ));
                script.line(&format!("columns: {}", tuple(&foreign.columns)));
                script.line(&format!("isOneToOne: {}", is_one_to_one(table, foreign)));
                script.line(&format!(
                    "referencedRelation: {}",
                    literal(foreign.references.name.as_str())
                ));
                script.line(&format!(
                    "referencedColumns: {}",
                    tuple(&foreign.referenced_columns)
                ));
            });
        }
    });
}

fn tuple(names: &[Ident]) -> String {
    let names: Vec<String> = names.iter().map(|name| literal(name.as_str())).collect();
    format!("[{}]", names.join(", "))
}

/// Whether a key says that no two rows refer to the same one; a unique index alone does not tell PostgREST.
fn is_one_to_one(table: &Table, foreign: &ForeignKey) -> bool {
    let columns: BTreeSet<&Ident> = foreign.columns.iter().collect();
    let mut keys = table.primary_key.iter().chain(&table.unique);
    keys.any(|key| key.columns.iter().collect::<BTreeSet<_>>() == columns)
}

/// The labels of enums as values.
fn constants(schema: &Schema) -> String {
    let mut script = Script::default();
    script.block("export const Constants = {", "} as const", |script| {
        for namespace in namespaces(schema) {
            script.block(
                &format!("{}: {{", key(namespace.as_str())),
                "},",
                |script| {
                    let enums = sorted(&schema.enums, namespace, |found| &found.name);
                    if enums.is_empty() {
                        script.line("Enums: {},");
                        return;
                    }
                    script.block("Enums: {", "},", |script| {
                        for found in enums {
                            let labels: Vec<String> =
                                found.labels.iter().map(|label| literal(label)).collect();
                            script.list(&key(found.name.name.as_str()), &labels);
                        }
                    });
                },
            );
        }
    });
    script.finish()
}
