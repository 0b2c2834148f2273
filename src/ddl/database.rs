//! What belongs to the whole database: extensions and publications.

use crate::schema::{Extension, Publication};

use super::literal::literal;
use super::script::names;

/// Those that others extend come first, which the names tell: `hstore_plperl` needs both.
pub(super) fn extensions(extensions: &[Extension]) -> Vec<String> {
    let parts = |extension: &Extension| {
        let name = extension.name.as_str();
        let parts = name.split('_').filter(|part| *part != name);
        let is_other = |part: &&str| extensions.iter().any(|e| e.name.as_str() == *part);
        parts.filter(is_other).count()
    };
    let mut sorted: Vec<&Extension> = extensions.iter().collect();
    sorted.sort_by_key(|extension| (parts(extension), &extension.name));
    sorted
        .iter()
        .map(|extension| format!("CREATE EXTENSION IF NOT EXISTS {};", extension.name))
        .collect()
}

pub(super) fn publication(publication: &Publication) -> String {
    let mut sql = format!("CREATE PUBLICATION {}", publication.name);
    let mut objects = Vec::new();
    if !publication.tables.is_empty() {
        let tables: Vec<String> = publication.tables.iter().map(ToString::to_string).collect();
        objects.push(format!("TABLE {}", tables.join(", ")));
    }
    if !publication.namespaces.is_empty() {
        objects.push(format!(
            "TABLES IN SCHEMA {}",
            names(&publication.namespaces)
        ));
    }
    if publication.all_tables {
        sql.push_str(" FOR ALL TABLES");
    } else if !objects.is_empty() {
        sql.extend([" FOR ", &objects.join(", ")]);
    }
    let operations: Vec<&str> = ["insert", "update", "delete", "truncate"]
        .into_iter()
        .filter(|operation| publication.operations.contains(*operation))
        .collect();
    if operations.len() < 4 {
        sql.extend([" WITH (publish = ", &literal(&operations.join(", ")), ")"]);
    }
    sql.push(';');
    sql
}
