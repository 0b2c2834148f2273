//! Constraints and indexes.

use crate::schema::{
    Action, Check, Exclusion, ForeignKey, Ident, Index, IndexElement, IndexKey, Key, QualifiedName,
    Schema, Table, quote,
};

use super::gaps::Gaps;
use super::script::{closed, deferral, names, open};

/// Writes a primary key or a unique constraint as a part of `CREATE TABLE`.
pub(super) fn key(key: &Key, word: &str) -> String {
    let nulls = if key.nulls_not_distinct {
        " NULLS NOT DISTINCT"
    } else {
        ""
    };
    format!(
        "CONSTRAINT {} {word}{nulls} ({}){}{}",
        key.name,
        names(&key.columns),
        include(&key.include),
        deferral(key.deferral)
    )
}

/// Writes a check as a part of `CREATE TABLE`, `ALTER TABLE` and their kin for domains.
pub(super) fn check(check: &Check) -> String {
    format!(
        "CONSTRAINT {} CHECK {}{}{}",
        check.name,
        closed(&check.expression),
        if check.no_inherit { " NO INHERIT" } else { "" },
        if check.not_valid { " NOT VALID" } else { "" }
    )
}

/// Writes an exclusion constraint as a part of `CREATE TABLE`.
pub(super) fn exclusion(exclusion: &Exclusion) -> String {
    let elements: Vec<String> = exclusion
        .elements
        .iter()
        .map(|(element, operator)| format!("{} WITH {operator}", self::element(element)))
        .collect();
    let mut sql = format!(
        "CONSTRAINT {} EXCLUDE USING {} ({})",
        exclusion.name,
        quote(&exclusion.method),
        elements.join(", ")
    );
    if let Some(predicate) = &exclusion.predicate {
        sql.push_str(" WHERE ");
        sql.push_str(&closed(predicate));
    }
    sql.push_str(deferral(exclusion.deferral));
    sql
}

/// Writes a statement that adds a foreign key.
pub(super) fn foreign_key(table: &QualifiedName, key: &ForeignKey) -> String {
    let mut sql = format!(
        "ALTER TABLE {table} ADD CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {}",
        key.name,
        names(&key.columns),
        key.references
    );
    if !key.referenced_columns.is_empty() {
        sql.push_str(" (");
        sql.push_str(&names(&key.referenced_columns));
        sql.push(')');
    }
    if key.match_full {
        sql.push_str(" MATCH FULL");
    }
    sql.push_str(&action("UPDATE", key.on_update.as_ref()));
    sql.push_str(&action("DELETE", key.on_delete.as_ref()));
    sql.push_str(deferral(key.deferral));
    if key.not_valid {
        sql.push_str(" NOT VALID");
    }
    sql.push(';');
    sql
}

/// Why a foreign key cannot be written; `None` when it can.
pub(super) fn foreign_key_gap(
    table: &Table,
    key: &ForeignKey,
    schema: &Schema,
    gaps: &Gaps<'_>,
) -> Option<String> {
    if let Some(why) = gaps.in_columns(table, &key.columns) {
        return Some(why);
    }
    let target = schema.table(&key.references)?;
    if let Some(why) = gaps.in_columns(target, &key.referenced_columns) {
        return Some(format!("of {}, {why}", target.name));
    }
    let wanted = key.referenced_columns.iter().collect();
    let is_key = if key.referenced_columns.is_empty() {
        target.primary_key.is_some()
    } else {
        target.unique_column_sets().contains(&wanted)
    };
    (!is_key).then(|| format!("{} has no key over what it references", target.name))
}

fn action(event: &str, action: Option<&Action>) -> String {
    let (word, columns): (_, &[Ident]) = match action {
        None | Some(Action::NoAction) => return String::new(),
        Some(Action::Restrict) => ("RESTRICT", &[]),
        Some(Action::Cascade) => ("CASCADE", &[]),
        Some(Action::SetNull(columns)) => ("SET NULL", columns),
        Some(Action::SetDefault(columns)) => ("SET DEFAULT", columns),
    };
    if columns.is_empty() {
        format!(" ON {event} {word}")
    } else {
        format!(" ON {event} {word} ({})", names(columns))
    }
}

/// Writes a statement that makes an index of a table or a materialized view.
pub(super) fn index(on: &QualifiedName, index: &Index) -> String {
    let elements: Vec<String> = index.elements.iter().map(element).collect();
    let mut sql = format!(
        "CREATE {}INDEX {} ON {on}",
        if index.unique { "UNIQUE " } else { "" },
        index.name
    );
    if index.method != "btree" {
        sql.push_str(" USING ");
        sql.push_str(&quote(&index.method));
    }
    sql.push_str(" (");
    sql.push_str(&elements.join(", "));
    sql.push(')');
    sql.push_str(&include(&index.include));
    if index.nulls_not_distinct {
        sql.push_str(" NULLS NOT DISTINCT");
    }
    if let Some(predicate) = &index.predicate {
        sql.push_str(" WHERE ");
        sql.push_str(&open(predicate));
    }
    sql.push(';');
    sql
}

fn include(columns: &[Ident]) -> String {
    if columns.is_empty() {
        String::new()
    } else {
        format!(" INCLUDE ({})", names(columns))
    }
}

fn element(element: &IndexElement) -> String {
    let mut sql = match &element.key {
        IndexKey::Column(name) => name.to_string(),
        IndexKey::Expression(expression) => closed(expression),
    };
    if let Some(collation) = &element.collation {
        sql.push_str(" COLLATE ");
        sql.push_str(&quote(collation));
    }
    if let Some(opclass) = &element.opclass {
        sql.push(' ');
        sql.push_str(&opclass_with_options(opclass));
    }
    match (element.descending, element.nulls_first) {
        (false, false) => {}
        (false, true) => sql.push_str(" NULLS FIRST"),
        (true, true) => sql.push_str(" DESC"),
        (true, false) => sql.push_str(" DESC NULLS LAST"),
    }
    sql
}

/// `gist_trgm_ops (siglen=32)`: only the name is a name.
fn opclass_with_options(opclass: &str) -> String {
    match opclass.split_once('(') {
        Some((name, options)) => format!("{} ({options}", quote(name.trim_end())),
        None => quote(opclass),
    }
}
