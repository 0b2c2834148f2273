//! What a schema does not say, and therefore cannot be written.

use std::collections::BTreeSet;

use crate::schema::{
    Column, ColumnType, Expression, Function, Ident, Index, IndexElement, IndexKey, Policy,
    QualifiedName, Schema, Table, Trigger,
};

use super::mention::mentions;

/// Types and columns that cannot be written, and whether things that use them can.
#[derive(Debug)]
pub(super) struct Gaps<'a> {
    /// Types of the schema that cannot be written.
    left_out: BTreeSet<&'a QualifiedName>,
    /// Types of the schema, tables and views with them.
    known: BTreeSet<&'a QualifiedName>,
    namespaces: &'a [Ident],
}

impl<'a> Gaps<'a> {
    /// Finds the domains and composites that rest on an unknown type, at whatever distance.
    pub(super) fn of(schema: &'a Schema) -> Self {
        let mut gaps = Self {
            left_out: BTreeSet::new(),
            known: known(schema),
            namespaces: &schema.namespaces,
        };
        loop {
            let before = gaps.left_out.len();
            for domain in &schema.domains {
                if gaps.in_type(&domain.base).is_some() {
                    gaps.left_out.insert(&domain.name);
                }
            }
            for composite in &schema.composites {
                let mut types = composite.fields.iter().map(|(_, ty)| ty);
                if types.any(|ty| gaps.in_type(ty).is_some()) {
                    gaps.left_out.insert(&composite.name);
                }
            }
            if gaps.left_out.len() == before {
                return gaps;
            }
        }
    }

    /// Why a type cannot be written; `None` when it can.
    pub(super) fn in_type(&self, ty: &ColumnType) -> Option<String> {
        if let Some(spelling) = unknown_spelling(ty) {
            return Some(format!("its type is not known ({spelling})"));
        }
        match ty.element() {
            ColumnType::Other(text) if text.is_empty() => Some("its type is not known".to_owned()),
            ColumnType::Named(name) if self.left_out.contains(name) => {
                Some(format!("its type {name} is left out"))
            }
            // Of another namespace, it is there before.
            ColumnType::Named(name)
                if self.namespaces.contains(&name.namespace) && !self.known.contains(name) =>
            {
                Some(format!("its type {name} is not part of the model"))
            }
            _ => None,
        }
    }

    /// Why a function cannot be written; `None` when it can.
    pub(super) fn in_function(&self, function: &Function) -> Option<String> {
        let types = function.parameters.iter().map(|p| &p.ty);
        let mut types = types.chain(&function.returns);
        if types.any(|ty| self.in_type(ty).is_some()) {
            return Some("a type of its signature is not known".to_owned());
        }
        let answers = function.procedure
            || function.returns.is_some()
            || function
                .parameters
                .iter()
                .any(|p| p.mode != "IN" && p.mode != "VARIADIC");
        (!answers).then(|| "what it returns is not known".to_owned())
    }

    /// The first of some columns that the table's statement leaves out.
    pub(super) fn in_columns<'t>(
        &self,
        table: &'t Table,
        columns: impl IntoIterator<Item = &'t Ident>,
    ) -> Option<String> {
        columns
            .into_iter()
            .find(|name| self.is_left_out(table, name))
            .map(|name| format!("column \"{}\" is left out", name.as_str()))
    }

    /// The first column that an expression mentions and the table's statement leaves out.
    pub(super) fn in_expression(&self, table: &Table, expression: &Expression) -> Option<String> {
        self.in_text(table, &expression.text)
    }

    fn in_text(&self, table: &Table, text: &str) -> Option<String> {
        let left_out: Vec<&Column> = table
            .columns
            .iter()
            .filter(|c| self.in_type(&c.ty).is_some())
            .collect();
        if left_out.is_empty() {
            return None;
        }
        let mentioned = mentions(text);
        left_out
            .into_iter()
            .find(|c| mentioned.iter().any(|m| m.name == c.name.as_str()))
            .map(|c| format!("column \"{}\" is left out", c.name.as_str()))
    }

    /// The first column of index elements that the table's statement leaves out.
    pub(super) fn in_elements<'t>(
        &self,
        table: &Table,
        elements: impl IntoIterator<Item = &'t IndexElement>,
    ) -> Option<String> {
        elements.into_iter().find_map(|element| match &element.key {
            IndexKey::Column(name) => self.in_columns(table, [name]),
            IndexKey::Expression(expression) => self.in_expression(table, expression),
        })
    }

    /// Why an index cannot be written; `None` when it can.
    pub(super) fn in_index(&self, table: &Table, index: &Index) -> Option<String> {
        if index.invalid {
            return Some("a concurrent build left it unusable".to_owned());
        }
        self.in_elements(table, &index.elements)
            .or_else(|| self.in_columns(table, &index.include))
            .or_else(|| {
                let predicate = index.predicate.as_ref()?;
                self.in_expression(table, predicate)
            })
    }

    /// Why a policy cannot be written; `None` when it can.
    pub(super) fn in_policy(&self, table: &Table, policy: &Policy) -> Option<String> {
        let mut expressions = policy.using.iter().chain(&policy.check);
        expressions.find_map(|expression| self.in_expression(table, expression))
    }

    /// Why a trigger cannot be written; `None` when it can.
    pub(super) fn in_trigger(
        &self,
        table: Option<&Table>,
        trigger: &Trigger,
        schema: &Schema,
    ) -> Option<String> {
        let same_name = schema
            .functions
            .iter()
            .filter(|f| f.signature.name == trigger.function);
        let written = |function: &&Function| self.in_function(function).is_none();
        if same_name.clone().next().is_some() && !same_name.clone().any(|f| written(&f)) {
            return Some("its function is left out".to_owned());
        }
        let table = table?;
        let when = trigger.when.iter().map(|when| when.text.as_str());
        trigger
            .events
            .iter()
            .map(String::as_str)
            .chain(when)
            .find_map(|text| self.in_text(table, text))
    }

    fn is_left_out(&self, table: &Table, name: &Ident) -> bool {
        table
            .column(name)
            .is_some_and(|column| self.in_type(&column.ty).is_some())
    }
}

/// What the source says in place of a type; `None` when the type is known.
pub(super) fn unknown_spelling(ty: &ColumnType) -> Option<String> {
    let mut dimensions = String::new();
    let mut element = ty;
    while let ColumnType::Array(inner) = element {
        dimensions.push_str("[]");
        element = inner;
    }
    match element {
        ColumnType::Unknown { spelling, .. } => Some(format!("{spelling}{dimensions}")),
        _ => None,
    }
}

fn known(schema: &Schema) -> BTreeSet<&QualifiedName> {
    let enums = schema.enums.iter().map(|e| &e.name);
    enums
        .chain(schema.domains.iter().map(|d| &d.name))
        .chain(schema.composites.iter().map(|c| &c.name))
        .chain(schema.tables.iter().map(|t| &t.name))
        .chain(schema.views.iter().map(|v| &v.name))
        .collect()
}
