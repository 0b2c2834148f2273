//! From a [`Schema`] to the SQL that makes it in an empty database; the only place that writes DDL.
//!
//! Every name passes [`crate::schema::quote`], every text of a user [`literal`]. Objects are written
//! with their namespace, so that no name of `pg_catalog` can hide one; expressions come as the model
//! has them, without the home namespace, and a `search_path` at the top lets them find it.
//!
//! What the source did not say is never guessed: a column of unknown type, and what rests on it, is a
//! comment where it would stand, and the head of the text lists it.

mod comment;
pub mod compatibility;
mod constraint;
mod database;
mod function;
mod gaps;
mod header;
mod literal;
mod mention;
mod order;
mod script;
mod security;
mod table;
mod trigger;
mod types;
mod view;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::schema::{Facet, Ident, QualifiedName, Schema, Table, Trigger};

pub(crate) use literal::body;
pub use literal::literal;

use gaps::Gaps;
use literal::note;
use order::{Late, Object, parent};
use script::Script;

/// What writing one object has to know of all the others.
struct Context<'a> {
    schema: &'a Schema,
    gaps: Gaps<'a>,
    late: Late<'a>,
    joined_later: BTreeSet<&'a QualifiedName>,
}

/// Writes the SQL that makes the schema in an empty database, at first go.
///
/// Equal schemas give equal text. The schema must be sorted ([`Schema::normalise`]).
pub fn write(schema: &Schema) -> String {
    let order = order::order(schema);
    let context = Context {
        schema,
        gaps: Gaps::of(schema),
        late: order.late,
        joined_later: table::joined_later(schema),
    };
    let mut script = Script::default();
    script.group(&header::lines(schema, &context.gaps));
    let mut statements = Script::default();
    make_all(&mut statements, &order.objects, &context);
    let statements = statements.finish();
    if !statements.is_ascii() {
        script.statement("SET client_encoding = 'UTF8';".to_owned());
    }
    script.append(&statements);
    script.finish()
}

/// Writes everything below the head.
fn make_all(script: &mut Script, objects: &[Object<'_>], context: &Context<'_>) {
    let schema = context.schema;
    preamble(script, schema);
    for object in objects {
        make(script, *object, context);
    }
    finish_tables(script, objects, context);
    for object in objects {
        script.group(&triggers(*object, context));
    }
    secure(script, context);
    script.group(&comment::all(context));
    let publications = schema.publications.iter().map(database::publication);
    script.group(&publications.collect::<Vec<_>>());
}

fn preamble(script: &mut Script, schema: &Schema) {
    // Before the search path is set: an extension goes where the database's own path says.
    script.group(&database::extensions(&schema.extensions));
    let namespaces: Vec<String> = namespaces(schema)
        .iter()
        .map(|namespace| format!("CREATE SCHEMA IF NOT EXISTS {namespace};"))
        .collect();
    script.group(&namespaces);
    let mut settings = Vec::new();
    if let Some(home) = schema.home() {
        settings.push(format!("SET search_path = {};", search_path(home)));
    }
    if !schema.functions.is_empty() {
        settings.push("SET check_function_bodies = false;".to_owned());
    }
    script.group(&settings);
}

/// Where names without a namespace are looked for.
fn search_path(home: &Ident) -> String {
    let mut path = vec![home.to_string()];
    for usual in ["public", "extensions"] {
        if home.as_str() != usual {
            path.push(usual.to_owned());
        }
    }
    path.join(", ")
}

fn namespaces(schema: &Schema) -> BTreeSet<&Ident> {
    let of_objects = schema
        .tables
        .iter()
        .map(|o| &o.name)
        .chain(schema.views.iter().map(|o| &o.name))
        .chain(schema.enums.iter().map(|o| &o.name))
        .chain(schema.domains.iter().map(|o| &o.name))
        .chain(schema.composites.iter().map(|o| &o.name))
        .chain(schema.sequences.iter().map(|o| &o.name))
        .chain(schema.functions.iter().map(|o| &o.signature.name))
        .map(|name| &name.namespace);
    schema
        .namespaces
        .iter()
        .chain(of_objects)
        .chain(schema.publications.iter().flat_map(|p| &p.namespaces))
        .filter(|namespace| namespace.as_str() != "public")
        .collect()
}

fn make(script: &mut Script, object: Object<'_>, context: &Context<'_>) {
    match object {
        Object::Enum(enumeration) => script.statement(types::create_enum(enumeration)),
        Object::Domain(domain) => script.statement(types::create_domain(domain, context)),
        Object::Composite(composite) => {
            script.statement(types::create_composite(composite, context));
        }
        Object::Sequence(sequence) => script.statement(types::create_sequence(sequence)),
        Object::Table(table) => script.group(&table::create(table, context)),
        Object::Function(function) => script.statement(match context.gaps.in_function(function) {
            Some(why) => note(&format!(
                "function {} left out: {why}",
                function.signature.name
            )),
            None => function::create(function),
        }),
        Object::View(view) => script.statement(match view::gap(view) {
            Some(why) => note(&format!("view {} left out: {why}", view.name)),
            None => view::create(view),
        }),
    }
}

/// Adds what needs all tables and functions: owners of sequences, parts that had to wait, indexes,
/// foreign keys.
fn finish_tables(script: &mut Script, objects: &[Object<'_>], context: &Context<'_>) {
    let schema = context.schema;
    let owners: Vec<String> = schema
        .sequences
        .iter()
        .filter_map(|sequence| {
            let (table, column) = sequence.owned_by.as_ref()?;
            let owner = schema.table(table)?;
            if let Some(why) = context.gaps.in_columns(owner, [column]) {
                return Some(note(&format!(
                    "sequence {} has no owner: {why}",
                    sequence.name
                )));
            }
            Some(format!(
                "ALTER SEQUENCE {} OWNED BY {table}.{column};",
                sequence.name
            ))
        })
        .collect();
    script.group(&owners);
    for domain in &schema.domains {
        script.group(&types::late_checks(domain, context));
    }
    let children_first = children_first(objects, schema);
    for table in &children_first {
        script.group(&table::late_parts(table, context));
    }
    for table in &children_first {
        script.group(&indexes(table, context));
    }
    for view in schema.views.iter().filter(|v| view::gap(v).is_none()) {
        let indexes = view.indexes.iter().filter(|index| !index.invalid);
        let statements: Vec<String> = indexes
            .map(|index| constraint::index(&view.name, index))
            .collect();
        script.group(&statements);
    }
    for table in &children_first {
        script.group(&foreign_keys(table, context));
    }
}

/// Tables with parents from the youngest on, then the others.
///
/// What a parent has already passed down, a child can neither repeat nor call by a name of its own; the
/// other way round the parent takes over what the child has.
fn children_first<'a>(objects: &[Object<'a>], schema: &'a Schema) -> Vec<&'a Table> {
    let has_parents = |table: &&Table| table::parent_names(table).next().is_some();
    let made = objects.iter().rev().filter_map(|object| match object {
        Object::Table(table) => Some(*table),
        _ => None,
    });
    let mut sorted: Vec<&Table> = made.filter(has_parents).collect();
    sorted.extend(schema.tables.iter().filter(|table| !has_parents(table)));
    sorted
}

fn indexes(table: &Table, context: &Context<'_>) -> Vec<String> {
    table
        .indexes
        .iter()
        .map(|index| match context.gaps.in_index(table, index) {
            Some(why) => note(&format!(
                "index \"{}\" left out: {why}",
                index.name.as_str()
            )),
            None => constraint::index(&table.name, index),
        })
        .collect()
}

fn foreign_keys(table: &Table, context: &Context<'_>) -> Vec<String> {
    table
        .foreign_keys
        .iter()
        .map(
            |key| match constraint::foreign_key_gap(table, key, context.schema, &context.gaps) {
                Some(why) => note(&format!(
                    "constraint \"{}\" of {} left out: {why}",
                    key.name.as_str(),
                    table.name
                )),
                None => constraint::foreign_key(&table.name, key),
            },
        )
        .collect()
}

fn triggers(object: Object<'_>, context: &Context<'_>) -> Vec<String> {
    let (table, on, triggers) = match object {
        Object::Table(table) => (Some(table), &table.name, &table.triggers),
        Object::View(view) if view::gap(view).is_none() => (None, &view.name, &view.triggers),
        _ => return Vec::new(),
    };
    let parent = table
        .and_then(parent)
        .and_then(|name| context.schema.table(name));
    // A partition gets the row triggers of its parent, and takes none of the same name.
    let is_cloned = |trigger: &Trigger| {
        trigger.each_row
            && parent.is_some_and(|p| p.triggers.iter().any(|t| t.name == trigger.name))
    };
    let own = triggers.iter().filter(|trigger| !is_cloned(trigger));
    own.flat_map(
        |trigger| match context.gaps.in_trigger(table, trigger, context.schema) {
            Some(why) => vec![note(&format!(
                "trigger \"{}\" of {on} left out: {why}",
                trigger.name.as_str()
            ))],
            None => trigger::create(on, trigger),
        },
    )
    .collect()
}

fn secure(script: &mut Script, context: &Context<'_>) {
    let schema = context.schema;
    for table in &schema.tables {
        script.group(&security::row_level_security(&table.name, table.rls));
        let policies: Vec<String> = table
            .policies
            .iter()
            .map(|policy| match context.gaps.in_policy(table, policy) {
                Some(why) => note(&format!(
                    "policy \"{}\" left out: {why}",
                    policy.name.as_str()
                )),
                None => security::policy(&table.name, policy),
            })
            .collect();
        script.group(&policies);
    }
    if !schema.facets.contains(&Facet::Grants) {
        return;
    }
    for sequence in &schema.sequences {
        let object = format!("SEQUENCE {}", sequence.name);
        script.group(&security::grants(&object, &sequence.grants));
    }
    for table in &schema.tables {
        script.group(&table_grants(table, &context.gaps));
    }
    for view in schema.views.iter().filter(|v| view::gap(v).is_none()) {
        script.group(&security::grants(
            &format!("TABLE {}", view.name),
            &view.grants,
        ));
    }
    for function in &schema.functions {
        if context.gaps.in_function(function).is_none() {
            let object = function::reference(function);
            script.group(&security::function_grants(&object, &function.grants));
        }
    }
}

fn table_grants(table: &Table, gaps: &Gaps<'_>) -> Vec<String> {
    let object = format!("TABLE {}", table.name);
    table
        .grants
        .iter()
        .flat_map(
            |grant| match gaps.in_columns(table, grant.columns.iter().flatten()) {
                Some(why) => vec![note(&format!(
                    "grant to \"{}\" on {} left out: {why}",
                    grant.grantee, table.name
                ))],
                None => security::grants(&object, std::slice::from_ref(grant)),
            },
        )
        .collect()
}
