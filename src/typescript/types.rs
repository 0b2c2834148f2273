//! What a value of a column is once it came as JSON.

use std::collections::BTreeSet;

use crate::schema::{Column, ColumnType, Family, Ident, QualifiedName, Schema};

use super::name::literal;

const STRING: &str = "string";
const NUMBER: &str = "number";
const UNKNOWN: &str = "unknown";

/// The types of one schema.
pub(super) struct Types<'s> {
    schema: &'s Schema,
    namespaces: BTreeSet<&'s Ident>,
}

impl<'s> Types<'s> {
    pub(super) fn new(schema: &'s Schema) -> Self {
        Self {
            schema,
            namespaces: schema.namespaces.iter().collect(),
        }
    }

    pub(super) fn schema(&self) -> &'s Schema {
        self.schema
    }

    /// A column's values.
    pub(super) fn column(&self, column: &Column) -> String {
        let ty = match &column.values {
            Some(values) if is_text(&column.ty) => {
                let values: Vec<String> = values.iter().map(|value| literal(value)).collect();
                values.join(" | ")
            }
            _ => self.of(&column.ty),
        };
        if column.nullable == Some(true) {
            or_null(ty)
        } else {
            ty
        }
    }

    /// The same, where NULL is a value.
    pub(super) fn nullable(&self, ty: &ColumnType) -> String {
        or_null(self.of(ty))
    }

    pub(super) fn of(&self, ty: &ColumnType) -> String {
        // A domain may be over a domain, and a hostile model in a circle: one step is all that is taken.
        self.within(ty, true)
    }

    fn within(&self, ty: &ColumnType, domains: bool) -> String {
        use ColumnType as T;
        match ty {
            T::Smallint | T::Integer | T::Bigint | T::Real | T::Double | T::Numeric { .. } => {
                NUMBER.to_owned()
            }
            T::Boolean => "boolean".to_owned(),
            T::Text
            | T::Varchar { .. }
            | T::Char { .. }
            | T::Bytea
            | T::Uuid
            | T::Date
            | T::Time { .. }
            | T::Timestamp { .. }
            | T::Interval { .. } => STRING.to_owned(),
            T::Json | T::Jsonb => "Json".to_owned(),
            T::Array(element) => array(&self.within(element, domains)),
            T::Named(name) => self.named(name, domains),
            T::Unknown { family, .. } => match family {
                Family::String | Family::Varchar => STRING.to_owned(),
                Family::Number | Family::Numeric => NUMBER.to_owned(),
                Family::Json => "Json".to_owned(),
                Family::Array => array(UNKNOWN),
                Family::Any => UNKNOWN.to_owned(),
            },
            T::Other(name) => {
                let bare = name.split('(').next().unwrap_or_default();
                match bare.trim_matches('"') {
                    "citext" | "vector" => STRING,
                    "void" => "undefined",
                    "record" => "Record<string, unknown>",
                    _ => UNKNOWN,
                }
                .to_owned()
            }
        }
    }

    fn named(&self, name: &QualifiedName, domains: bool) -> String {
        if let Some(found) = self.schema.enumeration(name) {
            return if self.namespaces.contains(&name.namespace) {
                member(name, "Enums")
            } else {
                let labels: Vec<String> = found.labels.iter().map(|label| literal(label)).collect();
                labels.join(" | ")
            };
        }
        if let Some(domain) = self.schema.domain(name) {
            return if domains {
                self.within(&domain.base, false)
            } else {
                UNKNOWN.to_owned()
            };
        }
        if !self.namespaces.contains(&name.namespace) {
            return UNKNOWN.to_owned();
        }
        if self.schema.composites.iter().any(|c| c.name == *name) {
            return member(name, "CompositeTypes");
        }
        if self.schema.tables.iter().any(|table| table.name == *name) {
            return format!("{}[\"Row\"]", member(name, "Tables"));
        }
        UNKNOWN.to_owned()
    }
}

fn is_text(ty: &ColumnType) -> bool {
    Family::String.admits(ty)
        || matches!(
            ty,
            ColumnType::Unknown {
                family: Family::String | Family::Varchar,
                ..
            }
        )
}

fn member(name: &QualifiedName, kind: &str) -> String {
    format!(
        "Database[{}][{}][{}]",
        literal(name.namespace.as_str()),
        literal(kind),
        literal(name.name.as_str())
    )
}

fn or_null(ty: String) -> String {
    if ty == UNKNOWN {
        ty
    } else {
        format!("{ty} | null")
    }
}

pub(super) fn array(element: &str) -> String {
    if element.contains(" | ") {
        format!("({element})[]")
    } else {
        format!("{element}[]")
    }
}
