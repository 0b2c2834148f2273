//! Which rules fill a row of a target table from a row of a source table.

use super::straight;
use crate::mapping::{ColumnCorrespondence, Mapping, TableRef};
use crate::schema::{Schema, Table};

/// The rules that fill `to` from `from`, in the order of the target's columns: the mapping's accepted
/// ones first; a column that none names takes the source's column of its own name. A target column that
/// neither gives is left to its default.
pub fn rules(
    mapping: &Mapping,
    from: (&Schema, &Table),
    to: (&Schema, &Table),
) -> Vec<ColumnCorrespondence> {
    let (from_ref, to_ref) = (reference(from.1), reference(to.1));
    let mapped: Vec<&ColumnCorrespondence> = mapping
        .accepted_columns()
        .filter(|rule| {
            is_of(rule.to.first().map(|column| &column.table), to)
                && rule
                    .from
                    .iter()
                    .all(|column| is_of(Some(&column.table), from))
        })
        .collect();
    let mut taken = Vec::new();
    let mut rules = Vec::new();
    for column in &to.1.columns {
        let rule = mapped
            .iter()
            .position(|rule| rule.to.iter().any(|target| target.name == column.name));
        match rule {
            Some(index) if taken.contains(&index) => {}
            Some(index) => {
                taken.push(index);
                rules.push(mapped[index].clone());
            }
            None if column.generated.is_none() && from.1.column(&column.name).is_some() => {
                rules.push(straight(&from_ref, &column.name, &to_ref, &column.name));
            }
            None => {}
        }
    }
    rules
}

/// Whether the reference names the table.
fn is_of(reference: Option<&TableRef>, (schema, table): (&Schema, &Table)) -> bool {
    let home = schema.home().map_or("public", |home| home.as_str());
    reference.is_some_and(|reference| {
        reference.name == table.name.name
            && reference.namespace_or(home) == table.name.namespace.as_str()
    })
}

fn reference(table: &Table) -> TableRef {
    TableRef {
        namespace: Some(table.name.namespace.clone()),
        name: table.name.name.clone(),
    }
}
