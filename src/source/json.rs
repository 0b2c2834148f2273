//! A model that was written by `align inspect --format json`.

use super::{LoadError, TextFile};
use crate::report::inspect::schema_from_json;
use crate::schema::{Ident, Place, QualifiedName, Schema};

/// Reads the one file; of its namespaces those asked for, or all.
pub(super) fn read(files: &[TextFile], namespaces: &[Ident]) -> Result<Schema, LoadError> {
    let mut schema = Schema::new(Vec::new(), []);
    for file in files {
        let wrong = |line: u32, cause, hint| LoadError::Text {
            place: Place {
                file: file.name.clone(),
                line: line.max(1),
            },
            cause,
            hint,
        };
        schema = schema_from_json(&file.text)
            .map_err(|error| wrong(error.line, error.message, error.hint))?;
        if let Some(missing) = namespaces.iter().find(|n| !schema.namespaces.contains(n)) {
            let known: Vec<String> = schema.namespaces.iter().map(|n| format!("`{n}`")).collect();
            let known = known.join(", ");
            let cause = format!("the model has no schema `{missing}`; it has {known}");
            return Err(wrong(1, cause, "name one that it has with `--schema`"));
        }
        if !namespaces.is_empty() {
            narrow(&mut schema, namespaces);
        }
    }
    Ok(schema)
}

fn narrow(schema: &mut Schema, namespaces: &[Ident]) {
    let is_asked = |name: &QualifiedName| namespaces.contains(&name.namespace);
    schema.namespaces = namespaces.to_vec();
    schema.tables.retain(|table| is_asked(&table.name));
    schema.views.retain(|view| is_asked(&view.name));
    schema.enums.retain(|object| is_asked(&object.name));
    schema.domains.retain(|domain| is_asked(&domain.name));
    schema
        .composites
        .retain(|composite| is_asked(&composite.name));
    schema.sequences.retain(|sequence| is_asked(&sequence.name));
    schema
        .functions
        .retain(|function| is_asked(&function.signature.name));
}
