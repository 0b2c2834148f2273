//! Every type and every expression the state holds, for what a rename or a cascade must reach.

use super::state::{Relation, State, TableEntry, UserType};
use crate::schema::{
    Body, Check, ColumnType, Exclusion, Expression, Index, IndexElement, IndexKey, Policy,
    QualifiedName, Trigger,
};

impl State {
    /// Calls `visit` for the name of every user-defined type in use.
    pub(super) fn for_each_type_name(&mut self, mut visit: impl FnMut(&mut QualifiedName)) {
        let mut on_type = |ty: &mut ColumnType| {
            if let ColumnType::Named(name) = element_mut(ty) {
                visit(name);
            }
        };
        for entry in self.tables_mut() {
            for column in &mut entry.table.columns {
                on_type(&mut column.ty);
            }
        }
        for ty in self.types.values_mut() {
            match ty {
                UserType::Domain(domain) => on_type(&mut domain.base),
                UserType::Composite(composite) => {
                    composite.fields.iter_mut().for_each(|(_, ty)| on_type(ty));
                }
                UserType::Enum(_) | UserType::Opaque => {}
            }
        }
        for routine in self.routines.values_mut().flatten() {
            let function = &mut routine.function;
            function
                .signature
                .arguments
                .iter_mut()
                .for_each(&mut on_type);
            function
                .parameters
                .iter_mut()
                .for_each(|p| on_type(&mut p.ty));
            if let Some(ty) = &mut function.returns {
                on_type(ty);
            }
        }
    }

    /// Calls `visit` for every expression but those that only a server makes canonical as a whole.
    pub(super) fn for_each_expression(&mut self, mut visit: impl FnMut(&mut Expression)) {
        for relation in self.relations.values_mut() {
            match relation {
                Relation::Table(entry) => {
                    for_each_of_table(entry, &mut visit);
                }
                Relation::View(entry) => {
                    for index in &mut entry.view.indexes {
                        for_each_of_index(index, &mut visit);
                    }
                    visit(&mut entry.view.query);
                }
                Relation::Sequence(_) | Relation::Index(_) | Relation::Opaque => {}
            }
        }
        for ty in self.types.values_mut() {
            if let UserType::Domain(domain) = ty {
                domain.default.iter_mut().for_each(&mut visit);
                domain
                    .checks
                    .iter_mut()
                    .for_each(|c| visit(&mut c.expression));
            }
        }
        for routine in self.routines.values_mut().flatten() {
            for parameter in &mut routine.function.parameters {
                parameter.default.iter_mut().for_each(&mut visit);
            }
            if let Body::Parsed(body) = &mut routine.function.body {
                visit(body);
            }
        }
    }
}

fn element_mut(ty: &mut ColumnType) -> &mut ColumnType {
    match ty {
        ColumnType::Array(element) => element_mut(element),
        other => other,
    }
}

/// Every expression of a table.
pub(super) fn for_each_of_table(entry: &mut TableEntry, visit: &mut impl FnMut(&mut Expression)) {
    let table = &mut entry.table;
    for column in &mut table.columns {
        column.default.iter_mut().for_each(&mut *visit);
    }
    for_each_of_row(entry, visit);
}

/// Every expression of a table that may name its columns.
pub(super) fn for_each_of_row(entry: &mut TableEntry, visit: &mut impl FnMut(&mut Expression)) {
    let table = &mut entry.table;
    for column in &mut table.columns {
        if let Some(generated) = &mut column.generated {
            visit(&mut generated.expression);
        }
    }
    for check in &mut table.checks {
        visit(&mut check.expression);
    }
    for exclusion in &mut table.exclusions {
        for (element, _) in &mut exclusion.elements {
            for_each_of_element(element, visit);
        }
        exclusion.predicate.iter_mut().for_each(&mut *visit);
    }
    for index in &mut table.indexes {
        for_each_of_index(index, visit);
    }
    for policy in &mut table.policies {
        policy.using.iter_mut().for_each(&mut *visit);
        policy.check.iter_mut().for_each(&mut *visit);
    }
    for trigger in &mut table.triggers {
        trigger.when.iter_mut().for_each(&mut *visit);
    }
}

fn for_each_of_index(index: &mut Index, visit: &mut impl FnMut(&mut Expression)) {
    for element in &mut index.elements {
        for_each_of_element(element, visit);
    }
    index.predicate.iter_mut().for_each(&mut *visit);
}

fn for_each_of_element(element: &mut IndexElement, visit: &mut impl FnMut(&mut Expression)) {
    if let IndexKey::Expression(expression) = &mut element.key {
        visit(expression);
    }
}

/// Whether any expression of a part of a table satisfies `test`.
pub(super) trait Holds {
    fn holds(&self, test: &dyn Fn(&Expression) -> bool) -> bool;
}

impl Holds for Check {
    fn holds(&self, test: &dyn Fn(&Expression) -> bool) -> bool {
        test(&self.expression)
    }
}

impl Holds for IndexElement {
    fn holds(&self, test: &dyn Fn(&Expression) -> bool) -> bool {
        matches!(&self.key, IndexKey::Expression(e) if test(e))
    }
}

impl Holds for Index {
    fn holds(&self, test: &dyn Fn(&Expression) -> bool) -> bool {
        self.elements.iter().any(|e| e.holds(test)) || self.predicate.as_ref().is_some_and(test)
    }
}

impl Holds for Exclusion {
    fn holds(&self, test: &dyn Fn(&Expression) -> bool) -> bool {
        self.elements.iter().any(|(e, _)| e.holds(test))
            || self.predicate.as_ref().is_some_and(test)
    }
}

impl Holds for Policy {
    fn holds(&self, test: &dyn Fn(&Expression) -> bool) -> bool {
        self.using.iter().chain(&self.check).any(test)
    }
}

impl Holds for Trigger {
    fn holds(&self, test: &dyn Fn(&Expression) -> bool) -> bool {
        self.when.as_ref().is_some_and(test)
    }
}
