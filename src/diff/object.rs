//! What belongs to no table: types, sequences, views, functions, extensions, publications.

use std::collections::{BTreeMap, BTreeSet};

use super::change::{Change, Object, What};
use super::constraint::said_index;
use super::facts::change;
use super::{Context, Unknown, access};
use crate::schema::{
    Agreement, Body, ColumnType, Domain, Expression, Facet, Function, QualifiedName, Schema,
    Sequence, View,
};

/// Everything that differs outside of tables, sorted.
pub(crate) fn changes(context: &Context<'_>, unknowns: &mut BTreeSet<Unknown>) -> Vec<Change> {
    let mut objects = Objects {
        context,
        unknowns,
        changes: Vec::new(),
    };
    if context.both_say(Facet::Types) {
        objects.enums();
        objects.domains();
        objects.composites();
    }
    if context.both_say(Facet::Sequences) {
        objects.sequences();
    }
    if context.both_say(Facet::Views) {
        objects.views();
    }
    if context.both_say(Facet::Functions) {
        objects.functions();
    }
    if context.both_say(Facet::Database) {
        objects.database();
    }
    objects.changes.sort();
    objects.changes
}

struct Objects<'a, 'c> {
    context: &'c Context<'a>,
    unknowns: &'c mut BTreeSet<Unknown>,
    changes: Vec<Change>,
}

/// What both sides have under one key, and what one has alone.
type Paired<'a, K, T> = BTreeMap<K, (Option<&'a T>, Option<&'a T>)>;

impl<'a> Objects<'a, '_> {
    fn paired<T>(
        &self,
        from: &'a [T],
        to: &'a [T],
        name: impl Fn(&'a T) -> &'a QualifiedName,
    ) -> Paired<'a, String, T> {
        let mut all: Paired<'a, String, T> = BTreeMap::new();
        let counts =
            |schema: &Schema, name: &QualifiedName| !self.context.pairing.ignores(schema, name);
        for item in from
            .iter()
            .filter(|item| counts(self.context.from, name(item)))
        {
            let carried = self.context.pairing.translate(name(item));
            all.entry(self.context.to.show(&carried)).or_default().0 = Some(item);
        }
        for item in to.iter().filter(|item| counts(self.context.to, name(item))) {
            all.entry(self.context.to.show(name(item))).or_default().1 = Some(item);
        }
        all
    }

    fn alone(&mut self, object: Object, name: &str, is_here: bool) {
        let side = if is_here { "from" } else { "to" };
        self.changes.push(Change {
            from: is_here.then(|| name.to_owned()),
            to: (!is_here).then(|| name.to_owned()),
            message: format!("{} `{name}` only in the {side} side", object.word()),
            ..change(
                object,
                if is_here { What::Extra } else { What::Missing },
                "",
            )
        });
    }

    fn changed(&mut self, object: Object, name: &str, differing: &[String]) {
        if !differing.is_empty() {
            self.changes.push(Change {
                from: Some(name.to_owned()),
                to: Some(name.to_owned()),
                message: format!(
                    "{} `{name}` differs in {}",
                    object.word(),
                    differing.join(", ")
                ),
                ..change(object, What::Changed, "")
            });
        }
    }

    /// Adds a change for what one side has alone, and hands on what both have.
    fn each<T>(
        &mut self,
        object: Object,
        paired: Paired<'a, String, T>,
        mut both: impl FnMut(&mut Self, &str, &'a T, &'a T),
    ) {
        for (name, sides) in paired {
            match sides {
                (Some(from), Some(to)) => both(self, &name, from, to),
                (from, _) => self.alone(object, &name, from.is_some()),
            }
        }
    }

    /// Whether two expressions differ; what is beyond text becomes an unknown.
    fn differ(
        &mut self,
        name: &str,
        what: &str,
        from: Option<&Expression>,
        to: Option<&Expression>,
    ) -> bool {
        let (Some(from), Some(to)) = (from, to) else {
            return from.is_some() != to.is_some();
        };
        match from.agrees(to) {
            Agreement::Same => false,
            Agreement::Different => true,
            Agreement::Unresolved => {
                self.unknowns.insert(Unknown {
                    table: String::new(),
                    name: name.to_owned(),
                    message: format!("{what} could not be compared by text"),
                });
                false
            }
        }
    }

    fn enums(&mut self) {
        let paired = self.paired(&self.context.from.enums, &self.context.to.enums, |e| {
            &e.name
        });
        self.each(Object::Enum, paired, |objects, name, from, to| {
            let only = |a: &[String], b: &[String]| {
                a.iter()
                    .filter(|label| !b.contains(label))
                    .map(|label| format!("`{label}`"))
                    .collect::<Vec<_>>()
                    .join(", ")
            };
            let (here, there) = (
                only(&from.labels, &to.labels),
                only(&to.labels, &from.labels),
            );
            let mut differing = Vec::new();
            if !there.is_empty() {
                differing.push(format!("labels only in the to side: {there}"));
            }
            if !here.is_empty() {
                differing.push(format!("labels only in the from side: {here}"));
            }
            if differing.is_empty() && from.labels != to.labels {
                differing.push("the labels' order".to_owned());
            }
            objects.changed(Object::Enum, name, &differing);
        });
    }

    fn domains(&mut self) {
        let paired = self.paired(&self.context.from.domains, &self.context.to.domains, |d| {
            &d.name
        });
        self.each(
            Object::Domain,
            paired,
            |objects, name, from: &Domain, to| {
                let mut differing = Vec::new();
                if objects.type_text(&from.base) != to.base.to_string() {
                    differing.push(format!("type ({} → {})", from.base, to.base));
                }
                if from.not_null != to.not_null {
                    differing.push("nullability".to_owned());
                }
                if objects.differ(name, "default", from.default.as_ref(), to.default.as_ref()) {
                    differing.push("default".to_owned());
                }
                let checks = |domain: &Domain| {
                    domain
                        .checks
                        .iter()
                        .map(|c| (c.expression.text.clone(), c.not_valid))
                        .collect::<BTreeSet<_>>()
                };
                if checks(from) != checks(to) {
                    differing.push("checks".to_owned());
                }
                if from.collation != to.collation {
                    differing.push("collation".to_owned());
                }
                objects.changed(Object::Domain, name, &differing);
            },
        );
    }

    fn composites(&mut self) {
        let paired = self.paired(
            &self.context.from.composites,
            &self.context.to.composites,
            |c| &c.name,
        );
        self.each(Object::Composite, paired, |objects, name, from, to| {
            let here: Vec<_> = from
                .fields
                .iter()
                .map(|(field, ty)| (field, objects.type_text(ty)))
                .collect();
            let there: Vec<_> = to
                .fields
                .iter()
                .map(|(field, ty)| (field, ty.to_string()))
                .collect();
            let differing = if here == there {
                Vec::new()
            } else {
                vec!["fields".to_owned()]
            };
            objects.changed(Object::Composite, name, &differing);
        });
    }

    /// A type of the from side as the to side would print it.
    fn type_text(&self, ty: &ColumnType) -> String {
        match ty {
            ColumnType::Named(name) => self.context.pairing.translate(name).to_string(),
            ColumnType::Array(element) => format!("{}[]", self.type_text(element)),
            other => other.to_string(),
        }
    }

    fn sequences(&mut self) {
        let paired = self.paired(
            &self.context.from.sequences,
            &self.context.to.sequences,
            |s| &s.name,
        );
        self.each(
            Object::Sequence,
            paired,
            |objects, name, from: &Sequence, to| {
                let mut differing = Vec::new();
                let shape = |s: &Sequence| {
                    (
                        s.ty.clone(),
                        s.start,
                        s.increment,
                        s.min,
                        s.max,
                        s.cache,
                        s.cycle,
                    )
                };
                if shape(from) != shape(to) {
                    differing.push("options".to_owned());
                }
                let owner = from
                    .owned_by
                    .as_ref()
                    .map(|(t, c)| (objects.context.pairing.translate(t), c));
                if owner != to.owned_by.as_ref().map(|(t, c)| (t.clone(), c)) {
                    differing.push("owner".to_owned());
                }
                objects.changed(Object::Sequence, name, &differing);
                if objects.context.both_say(Facet::Grants) {
                    let grants =
                        access::grants("", &format!("sequence {name}"), &from.grants, &to.grants);
                    objects.changes.extend(grants);
                }
            },
        );
    }

    fn views(&mut self) {
        let paired = self.paired(&self.context.from.views, &self.context.to.views, |v| {
            &v.name
        });
        self.each(Object::View, paired, |objects, name, from: &View, to| {
            let mut differing = Vec::new();
            if from.materialized != to.materialized {
                differing.push("kind".to_owned());
            }
            if from.options != to.options {
                differing.push("options".to_owned());
            }
            if objects.differ(name, "query", Some(&from.query), Some(&to.query)) {
                differing.push("query".to_owned());
            }
            let indexes = |view: &View| {
                view.indexes
                    .iter()
                    .map(|i| said_index(i).text)
                    .collect::<BTreeSet<_>>()
            };
            if indexes(from) != indexes(to) && objects.context.both_say(Facet::Indexes) {
                differing.push("indexes".to_owned());
            }
            if from.triggers != to.triggers && objects.context.both_say(Facet::Triggers) {
                differing.push("triggers".to_owned());
            }
            objects.changed(Object::View, name, &differing);
            if objects.context.both_say(Facet::Grants) {
                objects.changes.extend(access::grants(
                    "",
                    &format!("view {name}"),
                    &from.grants,
                    &to.grants,
                ));
            }
        });
    }

    fn functions(&mut self) {
        let key = |objects: &Self, function: &Function, is_from: bool| {
            let name = &function.signature.name;
            let name = if is_from {
                objects.context.pairing.translate(name)
            } else {
                name.clone()
            };
            let arguments: Vec<String> = function
                .signature
                .arguments
                .iter()
                .map(|ty| {
                    if is_from {
                        objects.type_text(ty)
                    } else {
                        ty.to_string()
                    }
                })
                .collect();
            format!(
                "{}({})",
                objects.context.to.show(&name),
                arguments.join(", ")
            )
        };
        let mut paired: Paired<'a, String, Function> = BTreeMap::new();
        for function in &self.context.from.functions {
            paired.entry(key(self, function, true)).or_default().0 = Some(function);
        }
        for function in &self.context.to.functions {
            paired.entry(key(self, function, false)).or_default().1 = Some(function);
        }
        self.each(Object::Function, paired, |objects, name, from, to| {
            let differing = objects.function_differences(name, from, to);
            objects.changed(Object::Function, name, &differing);
            if objects.context.both_say(Facet::Grants) {
                objects
                    .changes
                    .extend(access::grants("", name, &from.grants, &to.grants));
            }
        });
    }

    fn function_differences(&mut self, name: &str, from: &Function, to: &Function) -> Vec<String> {
        let mut differing = Vec::new();
        let mut note = |is_different: bool, what: &str| {
            if is_different {
                differing.push(what.to_owned());
            }
        };
        note(from.procedure != to.procedure, "kind");
        let returns = from.returns.as_ref().map(|ty| self.type_text(ty));
        note(
            returns != to.returns.as_ref().map(ToString::to_string)
                || from.returns_set != to.returns_set,
            "result",
        );
        let parameters = |function: &Function| {
            function
                .parameters
                .iter()
                .map(|p| (p.mode.clone(), p.name.clone(), p.default.clone()))
                .collect::<Vec<_>>()
        };
        note(parameters(from) != parameters(to), "parameters");
        note(from.language != to.language, "language");
        note(
            (from.volatility, from.strict, from.leakproof, from.parallel)
                != (to.volatility, to.strict, to.leakproof, to.parallel),
            "properties",
        );
        note(from.security_definer != to.security_definer, "security");
        note(from.settings != to.settings, "settings");
        let body = match (&from.body, &to.body) {
            (Body::Text(a), Body::Text(b)) => a != b,
            (Body::Parsed(a), Body::Parsed(b)) => self.differ(name, "body", Some(a), Some(b)),
            _ => true,
        };
        if body {
            differing.push("body".to_owned());
        }
        differing
    }

    /// Extensions and publications belong to the whole database, which may serve other schemas, too:
    /// what the to side needs and the from side lacks is a difference, and no more.
    fn database(&mut self) {
        let (from, to) = (self.context.from, self.context.to);
        for extension in &to.extensions {
            if !from.extensions.contains(extension) {
                self.alone(Object::Extension, &extension.name.to_string(), false);
            }
        }
        for wanted in &to.publications {
            let name = wanted.name.to_string();
            match from
                .publications
                .iter()
                .find(|have| have.name == wanted.name)
            {
                None => self.alone(Object::Publication, &name, false),
                Some(have) => {
                    let tables: BTreeSet<_> = have
                        .tables
                        .iter()
                        .map(|t| self.context.pairing.translate(t))
                        .collect();
                    let mut differing = Vec::new();
                    if !have.all_tables && (wanted.all_tables || !wanted.tables.is_subset(&tables))
                    {
                        differing.push("tables".to_owned());
                    }
                    if !wanted.operations.is_subset(&have.operations) {
                        differing.push("operations".to_owned());
                    }
                    self.changed(Object::Publication, &name, &differing);
                }
            }
        }
    }
}
