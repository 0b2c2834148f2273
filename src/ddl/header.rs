//! What stands above the statements: what they are, what is missing, what they need.

use std::collections::{BTreeMap, BTreeSet};

use crate::schema::{ColumnType, Facet, QualifiedName, Schema, Sighting, Table, TableKind};

use super::gaps::{Gaps, unknown_spelling};
use super::literal::note;
use super::order::parent;

/// Writes the comment lines at the top.
pub(super) fn lines(schema: &Schema, gaps: &Gaps<'_>) -> Vec<String> {
    let namespaces: Vec<String> = schema.namespaces.iter().map(ToString::to_string).collect();
    let mut lines = vec![note(&format!(
        "Schema {}, for an empty database.",
        if namespaces.is_empty() {
            "without a namespace".to_owned()
        } else {
            namespaces.join(", ")
        }
    ))];
    let missing = missing(schema, gaps);
    if !missing.is_empty() {
        lines.push(note("Incomplete, since this could not be told or written:"));
        lines.extend(missing.iter().map(|text| note(text)));
    }
    let needed = needed(schema);
    if !needed.is_empty() {
        lines.push(note("What must be there before:"));
        for (kind, names) in needed {
            let names: Vec<String> = names.into_iter().collect();
            lines.push(note(&format!("needs: {kind} {}", names.join(", "))));
        }
    }
    lines
}

fn missing(schema: &Schema, gaps: &Gaps<'_>) -> Vec<String> {
    let mut missing = Vec::new();
    let unstated: Vec<&str> = Facet::ALL
        .iter()
        .filter(|facet| !schema.facets.contains(facet))
        .map(|facet| facet.label())
        .collect();
    if !unstated.is_empty() {
        missing.push(format!("not stated: {}", unstated.join(", ")));
    }
    for table in &schema.tables {
        missing.extend(unknown_in(table, schema, gaps));
    }
    for (what, sightings) in [
        ("not part of the model", &schema.unmodelled),
        ("not readable", &schema.unreadable),
    ] {
        missing.extend(sightings.iter().map(|s| format!("{what}: {}", show(s))));
    }
    missing
}

fn unknown_in(table: &Table, schema: &Schema, gaps: &Gaps<'_>) -> Vec<String> {
    let shown = schema.show(&table.name);
    let mut unknown = Vec::new();
    for column in &table.columns {
        if let Some(spelling) = unknown_spelling(&column.ty) {
            unknown.push(format!(
                "unknown: the type of {shown}.{} ({spelling})",
                column.name
            ));
        } else if gaps.in_type(&column.ty).is_some() {
            unknown.push(format!("unknown: what {shown}.{} is made of", column.name));
        } else if column.nullable.is_none() {
            unknown.push(format!(
                "unknown: whether {shown}.{} takes NULL",
                column.name
            ));
        }
    }
    if let TableKind::Foreign { .. } = table.kind {
        unknown.push(format!(
            "not part of the model: options of foreign table {shown}"
        ));
    }
    unknown
}

fn show(sighting: &Sighting) -> String {
    let mut text = sighting.what.clone();
    if !sighting.name.is_empty() {
        text.extend([" ", &sighting.name]);
    }
    if let Some(place) = &sighting.place {
        text.extend([" (", &place.to_string(), ")"]);
    }
    text
}

/// What the statements name and do not make, by kind.
fn needed(schema: &Schema) -> BTreeMap<&'static str, BTreeSet<String>> {
    let mut needed: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut need = |kind: &'static str, name: String| {
        needed.entry(kind).or_default().insert(name);
    };
    for role in roles(schema) {
        need("role", role);
    }
    let relations: BTreeSet<&QualifiedName> = schema
        .tables
        .iter()
        .map(|t| &t.name)
        .chain(schema.views.iter().map(|v| &v.name))
        .collect();
    for table in &schema.tables {
        let references = table.foreign_keys.iter().map(|key| &key.references);
        for name in references.chain(&table.inherits).chain(parent(table)) {
            if !relations.contains(name) {
                need("table", name.to_string());
            }
        }
        if let TableKind::Foreign { server } = &table.kind {
            need("foreign server", server.to_string());
        }
    }
    for ty in types(schema) {
        if let ColumnType::Named(name) = ty.element()
            && !schema.namespaces.contains(&name.namespace)
        {
            need("type", name.to_string());
        }
    }
    let functions: BTreeSet<&QualifiedName> =
        schema.functions.iter().map(|f| &f.signature.name).collect();
    let of_tables = schema.tables.iter().flat_map(|t| &t.triggers);
    for trigger in of_tables.chain(schema.views.iter().flat_map(|v| &v.triggers)) {
        if !functions.contains(&trigger.function) {
            need("function", trigger.function.to_string());
        }
    }
    needed
}

fn roles(schema: &Schema) -> BTreeSet<String> {
    let tables = &schema.tables;
    let of_policies = tables
        .iter()
        .flat_map(|t| &t.policies)
        .flat_map(|p| p.roles.iter());
    let grants = tables
        .iter()
        .flat_map(|t| &t.grants)
        .chain(schema.views.iter().flat_map(|v| &v.grants))
        .chain(schema.sequences.iter().flat_map(|s| &s.grants))
        .chain(schema.functions.iter().flat_map(|f| &f.grants));
    of_policies
        .chain(grants.map(|grant| &grant.grantee))
        .filter(|role| *role != "public")
        .map(|role| crate::schema::quote(role))
        .collect()
}

fn types(schema: &Schema) -> impl Iterator<Item = &ColumnType> {
    let columns = schema.tables.iter().flat_map(|t| &t.columns);
    let fields = schema.composites.iter().flat_map(|c| &c.fields);
    let parameters = schema.functions.iter().flat_map(|f| &f.parameters);
    columns
        .map(|column| &column.ty)
        .chain(fields.map(|(_, ty)| ty))
        .chain(schema.domains.iter().map(|d| &d.base))
        .chain(parameters.map(|p| &p.ty))
        .chain(schema.functions.iter().filter_map(|f| f.returns.as_ref()))
}
