//! In which order objects can be made.
//!
//! What a type, a parent or a sequence demands is known. What an expression demands is read off the
//! names it mentions: calls of functions of the schema, types it casts to, relations it reads. A name
//! that merely looks like one of them costs nothing but a place in the order, and never outweighs what
//! is known.

use std::collections::{BTreeMap, BTreeSet};

use crate::schema::{
    Body, ColumnType, Composite, Domain, Enum, Expression, Function, Ident, IndexKey,
    QualifiedName, Schema, Sequence, Table, TableKind, View,
};

use super::mention::{Mention, mentions};

/// An object with a statement of its own.
#[derive(Debug, Clone, Copy)]
pub(super) enum Object<'a> {
    Enum(&'a Enum),
    Domain(&'a Domain),
    Composite(&'a Composite),
    Sequence(&'a Sequence),
    Table(&'a Table),
    Function(&'a Function),
    View(&'a View),
}

impl<'a> Object<'a> {
    fn name(self) -> &'a QualifiedName {
        match self {
            Self::Enum(o) => &o.name,
            Self::Domain(o) => &o.name,
            Self::Composite(o) => &o.name,
            Self::Sequence(o) => &o.name,
            Self::Table(o) => &o.name,
            Self::Function(o) => &o.signature.name,
            Self::View(o) => &o.name,
        }
    }
}

/// Every object after those it needs.
#[derive(Debug)]
pub(super) struct Order<'a> {
    pub(super) objects: Vec<Object<'a>>,
    pub(super) late: Late<'a>,
}

/// Parts that wait for the end, since they call a function that needs the object they are part of.
#[derive(Debug, Default)]
pub(super) struct Late<'a> {
    /// Checks by table or domain.
    pub(super) checks: BTreeSet<(&'a QualifiedName, &'a Ident)>,
    /// Columns of tables that get their default late.
    pub(super) defaults: BTreeSet<(&'a QualifiedName, &'a Ident)>,
}

/// Finds an order, by name within each kind wherever that is possible.
pub(super) fn order(schema: &Schema) -> Order<'_> {
    let mut graph = Graph::of(schema);
    let all = graph.objects.clone();
    for (at, object) in all.iter().enumerate() {
        graph.link_known(at, *object);
    }
    for (at, object) in all.iter().enumerate() {
        graph.link_read(at, *object);
    }
    let mut late = Late::default();
    for (at, object) in all.iter().enumerate() {
        graph.link_parts(at, *object, &mut late);
    }
    for (at, object) in all.iter().enumerate() {
        graph.link_named(at, *object);
    }
    Order {
        objects: graph.sorted(),
        late,
    }
}

struct Graph<'a> {
    objects: Vec<Object<'a>>,
    needs: Vec<BTreeSet<usize>>,
    /// Types, tables and views by name.
    types: BTreeMap<&'a QualifiedName, usize>,
    /// Everything that a text may mention, by the last part of its name.
    words: BTreeMap<&'a str, Vec<usize>>,
}

impl<'a> Graph<'a> {
    fn of(schema: &'a Schema) -> Self {
        let mut objects: Vec<Object<'a>> = Vec::new();
        objects.extend(schema.enums.iter().map(Object::Enum));
        objects.extend(schema.domains.iter().map(Object::Domain));
        objects.extend(schema.composites.iter().map(Object::Composite));
        objects.extend(schema.sequences.iter().map(Object::Sequence));
        objects.extend(schema.tables.iter().map(Object::Table));
        objects.extend(schema.functions.iter().map(Object::Function));
        objects.extend(schema.views.iter().map(Object::View));
        let mut types = BTreeMap::new();
        let mut words: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, object) in objects.iter().enumerate() {
            words
                .entry(object.name().name.as_str())
                .or_default()
                .push(at);
            if !matches!(object, Object::Function(_) | Object::Sequence(_)) {
                types.insert(object.name(), at);
            }
        }
        Self {
            needs: vec![BTreeSet::new(); objects.len()],
            objects,
            types,
            words,
        }
    }

    fn link_type(&mut self, at: usize, ty: &ColumnType) {
        if let ColumnType::Named(name) = ty.element()
            && let Some(target) = self.types.get(name).copied()
        {
            self.link(at, target);
        }
    }

    fn link(&mut self, at: usize, target: usize) {
        if at != target {
            self.needs[at].insert(target);
        }
    }

    fn link_unless_circular(&mut self, at: usize, target: usize) {
        if !self.reaches(target, at) {
            self.link(at, target);
        }
    }

    /// What types and parents demand.
    fn link_known(&mut self, at: usize, object: Object<'a>) {
        match object {
            Object::Enum(_) | Object::Sequence(_) | Object::View(_) => {}
            Object::Domain(domain) => self.link_type(at, &domain.base),
            Object::Composite(composite) => {
                for (_, ty) in &composite.fields {
                    self.link_type(at, ty);
                }
            }
            Object::Table(table) => {
                for column in &table.columns {
                    self.link_type(at, &column.ty);
                }
                let parents = table.inherits.iter().chain(parent(table));
                let parents: Vec<usize> = parents
                    .filter_map(|name| self.types.get(name).copied())
                    .collect();
                for parent in parents {
                    self.link(at, parent);
                }
            }
            Object::Function(function) => {
                let parameters = function.parameters.iter().map(|p| &p.ty);
                for ty in parameters.chain(&function.returns) {
                    self.link_type(at, ty);
                }
            }
        }
    }

    /// What the server resolves at once, and cannot wait: queries, parsed bodies, generated columns.
    fn link_read(&mut self, at: usize, object: Object<'a>) {
        match object {
            Object::View(view) => self.link_mentions(at, &view.query, |m| m.read || m.called),
            Object::Function(function) => {
                if let Body::Parsed(body) = &function.body {
                    self.link_mentions(at, body, |m| m.read || m.called);
                }
            }
            Object::Table(table) => {
                let generated = table.columns.iter().filter_map(|c| c.generated.as_ref());
                for expression in generated.map(|g| &g.expression) {
                    self.link_callable(at, &expression.text);
                }
                for exclusion in &table.exclusions {
                    let keys = exclusion.elements.iter().map(|(element, _)| &element.key);
                    for key in keys {
                        if let IndexKey::Expression(expression) = key {
                            self.link_callable(at, &expression.text);
                        }
                    }
                    if let Some(predicate) = &exclusion.predicate {
                        self.link_callable(at, &predicate.text);
                    }
                }
                if let TableKind::Partitioned { by, .. } = &table.kind {
                    self.link_callable(at, by);
                }
            }
            Object::Enum(_) | Object::Domain(_) | Object::Composite(_) | Object::Sequence(_) => {}
        }
    }

    /// What checks and defaults demand; those that would close a circle are noted as late.
    fn link_parts(&mut self, at: usize, object: Object<'a>, late: &mut Late<'a>) {
        match object {
            Object::Domain(domain) => {
                if let Some(default) = &domain.default {
                    self.link_callable(at, &default.text);
                }
                for check in &domain.checks {
                    if !self.link_all_or_none(at, &check.expression) {
                        late.checks.insert((&domain.name, &check.name));
                    }
                }
            }
            Object::Table(table) => {
                for column in &table.columns {
                    if let Some(default) = &column.default
                        && !self.link_all_or_none(at, default)
                    {
                        late.defaults.insert((&table.name, &column.name));
                    }
                }
                for check in &table.checks {
                    if !self.link_all_or_none(at, &check.expression) {
                        late.checks.insert((&table.name, &check.name));
                    }
                }
            }
            Object::Function(function) => {
                let defaults = function
                    .parameters
                    .iter()
                    .filter_map(|p| p.default.as_ref());
                for default in defaults {
                    self.link_callable(at, &default.text);
                }
            }
            Object::Enum(_) | Object::Composite(_) | Object::Sequence(_) | Object::View(_) => {}
        }
    }

    /// What is named in passing: any name of a query, and calls within an SQL function, which the
    /// server may inline.
    fn link_named(&mut self, at: usize, object: Object<'a>) {
        match object {
            Object::View(view) => self.link_mentions(at, &view.query, |_| true),
            Object::Function(function) => match &function.body {
                Body::Parsed(body) => self.link_mentions(at, body, |_| true),
                Body::Text(body) if function.language == "sql" => self.link_callable(at, body),
                Body::Text(_) => {}
            },
            Object::Enum(_)
            | Object::Domain(_)
            | Object::Composite(_)
            | Object::Sequence(_)
            | Object::Table(_) => {}
        }
    }

    fn link_mentions(
        &mut self,
        at: usize,
        expression: &Expression,
        wanted: impl Fn(&Mention) -> bool,
    ) {
        for mention in mentions(&expression.text).iter().filter(|m| wanted(m)) {
            for target in self.mentioned(mention) {
                self.link_unless_circular(at, target);
            }
        }
    }

    fn link_callable(&mut self, at: usize, text: &str) {
        for target in self.callable(text) {
            self.link_unless_circular(at, target);
        }
    }

    /// Links what an expression calls and casts to, or nothing when one of them needs `at` itself.
    fn link_all_or_none(&mut self, at: usize, expression: &Expression) -> bool {
        let targets = self.callable(&expression.text);
        let possible = targets.iter().all(|target| !self.reaches(*target, at));
        if possible {
            for target in targets {
                self.link(at, target);
            }
        }
        possible
    }

    fn mentioned(&self, mention: &Mention) -> Vec<usize> {
        let Some(targets) = self.words.get(mention.name.as_str()) else {
            return Vec::new();
        };
        let fits = |at: &usize| !matches!(self.objects[*at], Object::Function(_)) || mention.called;
        targets.iter().copied().filter(fits).collect()
    }

    /// The functions, enums, domains and composites that a row-local expression uses.
    fn callable(&self, text: &str) -> Vec<usize> {
        let rows = |at: &usize| matches!(self.objects[*at], Object::Table(_) | Object::View(_));
        mentions(text)
            .iter()
            .flat_map(|mention| self.mentioned(mention))
            .filter(|at| !rows(at))
            .collect()
    }

    fn reaches(&self, from: usize, to: usize) -> bool {
        let mut seen = BTreeSet::from([from]);
        let mut open = vec![from];
        while let Some(at) = open.pop() {
            if at == to {
                return true;
            }
            open.extend(self.needs[at].iter().copied().filter(|n| seen.insert(*n)));
        }
        false
    }

    /// Each object as early as its kind and name put it, but after all it needs.
    fn sorted(&self) -> Vec<Object<'a>> {
        let mut entered = vec![false; self.objects.len()];
        let mut sorted = Vec::with_capacity(self.objects.len());
        for first in 0..self.objects.len() {
            if std::mem::replace(&mut entered[first], true) {
                continue;
            }
            let mut path = vec![(first, self.needs[first].iter())];
            while let Some((at, needs)) = path.last_mut() {
                match needs.find(|need| !entered[**need]) {
                    Some(&need) => {
                        entered[need] = true;
                        path.push((need, self.needs[need].iter()));
                    }
                    None => {
                        sorted.push(self.objects[*at]);
                        path.pop();
                    }
                }
            }
        }
        sorted
    }
}

/// The partitioned table that a table is a partition of.
pub(super) fn parent(table: &Table) -> Option<&QualifiedName> {
    match &table.kind {
        TableKind::Partition { of, .. }
        | TableKind::Partitioned {
            of: Some((of, _)), ..
        } => Some(of),
        TableKind::Partitioned { of: None, .. }
        | TableKind::Ordinary
        | TableKind::Foreign { .. } => None,
    }
}
