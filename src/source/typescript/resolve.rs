//! The fields an object type comes to.
//!
//! Names are followed through aliases, generics and the utility types. Types may be cyclic and may
//! double at every step, so a walk has a depth and a budget; when either ends, [`Walk::endless`] is
//! set and the rest is left open.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::scope::{Named, Scope};
use super::term::{Body, Declaration, Member, Term, Word};

const MAX_DEPTH: u32 = 64;
const BUDGET: usize = 50_000;

/// A type where it stands: its file, and what its type parameters were given.
#[derive(Clone)]
pub(super) struct Site<'a> {
    pub(super) term: &'a Term,
    pub(super) unit: usize,
    given: Option<Rc<BTreeMap<&'a str, Self>>>,
}

impl<'a> Site<'a> {
    pub(super) fn new(term: &'a Term, unit: usize) -> Self {
        Self {
            term,
            unit,
            given: None,
        }
    }

    pub(super) fn inside(&self, term: &'a Term) -> Self {
        Self {
            term,
            unit: self.unit,
            given: self.given.clone(),
        }
    }

    pub(super) fn parameter(&self, name: &str) -> Option<Self> {
        self.given.as_ref()?.get(name).cloned()
    }
}

/// The fields of an object type, in declared order.
#[derive(Default)]
pub(super) struct Shape<'a> {
    pub(super) fields: Vec<Field<'a>>,
    /// Names of types that should give fields and are not known.
    pub(super) gaps: Vec<String>,
}

/// A field of an object type.
#[derive(Clone)]
pub(super) struct Field<'a> {
    pub(super) member: &'a Member,
    /// Optional, or absent from one of several variants.
    pub(super) optional: bool,
    pub(super) site: Site<'a>,
    /// Where other variants of a union declare it.
    pub(super) also: Vec<Site<'a>>,
}

impl<'a> Field<'a> {
    pub(super) fn name(&self) -> Option<&'a str> {
        self.member.name.as_deref()
    }
}

impl<'a> Shape<'a> {
    pub(super) fn field(&self, name: &str) -> Option<&Field<'a>> {
        self.fields.iter().find(|field| field.name() == Some(name))
    }

    /// Adds fields; one of the same name takes the place of the former.
    fn merge(&mut self, other: Self) {
        let mut at: BTreeMap<&str, usize> = self
            .fields
            .iter()
            .enumerate()
            .filter_map(|(at, field)| Some((field.name()?, at)))
            .collect();
        for field in other.fields {
            match field.name().and_then(|name| at.get(name)) {
                Some(&place) => self.fields[place] = field,
                None => {
                    if let Some(name) = field.name() {
                        at.insert(name, self.fields.len());
                    }
                    self.fields.push(field);
                }
            }
        }
        self.gaps.extend(other.gaps);
    }

    /// Takes both for variants of one type: a field that only one has is optional.
    fn unite(mut self, other: Self) -> Self {
        let names = |shape: &Self| -> BTreeSet<&'a str> {
            shape.fields.iter().filter_map(Field::name).collect()
        };
        let (here, there) = (names(&self), names(&other));
        for field in &mut self.fields {
            field.optional |= field.name().is_some_and(|name| !there.contains(name));
        }
        let mut others: BTreeMap<&str, Field<'a>> = BTreeMap::new();
        for mut field in other.fields {
            match field.name() {
                Some(name) if here.contains(name) => {
                    others.insert(name, field);
                }
                _ => {
                    field.optional = true;
                    self.fields.push(field);
                }
            }
        }
        for field in &mut self.fields {
            if let Some(other) = field.name().and_then(|name| others.remove(name)) {
                field.optional |= other.optional;
                field.also.push(other.site);
                field.also.extend(other.also);
            }
        }
        self.gaps.extend(other.gaps);
        self
    }
}

pub(super) struct Walk<'s, 'a> {
    pub(super) scope: &'s Scope<'a>,
    budget: usize,
    /// Whether the walk had to stop.
    pub(super) endless: bool,
}

impl<'s, 'a> Walk<'s, 'a> {
    pub(super) fn new(scope: &'s Scope<'a>) -> Self {
        Self {
            scope,
            budget: BUDGET,
            endless: false,
        }
    }

    pub(super) fn spend(&mut self, cost: usize, depth: u32) -> bool {
        let go_on = depth < MAX_DEPTH && self.budget > cost;
        self.budget = self.budget.saturating_sub(cost);
        self.endless |= !go_on;
        go_on
    }

    /// The fields of a declared type; `None` when it is not an object type.
    pub(super) fn declared(&mut self, named: Named<'a>) -> Option<Shape<'a>> {
        self.declaration_shape(named, &Site::new(&Term::Opaque, named.unit), &[], 0)
    }

    /// The fields of a type; `None` when it is not an object type.
    pub(super) fn shape(&mut self, site: &Site<'a>) -> Option<Shape<'a>> {
        self.shape_at(site, 0)
    }

    fn declaration_shape(
        &mut self,
        named: Named<'a>,
        from: &Site<'a>,
        arguments: &'a [Term],
        depth: u32,
    ) -> Option<Shape<'a>> {
        let mut whole: Option<Shape<'a>> = None;
        for declaration in self.scope.declarations(named).to_vec() {
            let (Body::Interface(term) | Body::Alias(term)) = &declaration.body else {
                continue;
            };
            let site = bind(declaration, named.unit, term, from, arguments);
            if let Some(shape) = self.shape_at(&site, depth + 1) {
                whole.get_or_insert_default().merge(shape);
            }
        }
        whole
    }

    pub(super) fn shape_at(&mut self, site: &Site<'a>, depth: u32) -> Option<Shape<'a>> {
        if !self.spend(1, depth) {
            return None;
        }
        match site.term {
            Term::Object(members) => self.spend(members.len(), depth).then(|| Shape {
                fields: members
                    .iter()
                    .map(|member| Field {
                        member,
                        optional: member.optional,
                        site: site.inside(&member.term),
                        also: Vec::new(),
                    })
                    .collect(),
                gaps: Vec::new(),
            }),
            Term::Reference { path, arguments } => {
                let name = path.last()?;
                if let Some(given) = site.parameter(name) {
                    return self.shape_at(&given, depth + 1);
                }
                match self.scope.find(site.unit, name) {
                    Some(named) => self.declaration_shape(named, site, arguments, depth),
                    None => self.utility_shape(name, arguments, site, depth),
                }
            }
            Term::Intersection(parts) => self.intersection_shape(parts, site, depth),
            Term::Union(_) => {
                let mut whole: Option<Shape<'a>> = None;
                for variant in self.variants(site, depth)? {
                    whole = Some(match whole {
                        None => variant,
                        Some(whole) => whole.unite(variant),
                    });
                }
                whole
            }
            Term::Indexed { object, index } => {
                let keys = self.strings(&site.inside(index), depth + 1)?;
                let object = self.shape_at(&site.inside(object), depth + 1)?;
                let mut keys = keys.into_iter();
                let field = object.field(keys.next()?)?;
                if keys.next().is_some() {
                    return None;
                }
                self.shape_at(&field.site, depth + 1)
            }
            _ => None,
        }
    }

    /// The variants of a union of object types; `None` when one is anything else.
    pub(super) fn variants(&mut self, site: &Site<'a>, depth: u32) -> Option<Vec<Shape<'a>>> {
        let Term::Union(parts) = site.term else {
            return None;
        };
        parts
            .iter()
            .filter(|part| !matches!(part, Term::Word(Word::Null | Word::Undefined)))
            .map(|part| {
                let shape = self.shape_at(&site.inside(part), depth + 1)?;
                self.spend(shape.fields.len(), depth).then_some(shape)
            })
            .collect()
    }

    fn intersection_shape(
        &mut self,
        parts: &'a [Term],
        site: &Site<'a>,
        depth: u32,
    ) -> Option<Shape<'a>> {
        let mut whole: Option<Shape<'a>> = None;
        let mut gaps = Vec::new();
        for part in parts {
            match self.shape_at(&site.inside(part), depth + 1) {
                Some(shape) => {
                    if !self.spend(shape.fields.len(), depth) {
                        return None;
                    }
                    whole.get_or_insert_default().merge(shape);
                }
                None => match part {
                    // `string & { … }` is a string
                    Term::Word(Word::String | Word::Number) | Term::Literal(_) => return None,
                    Term::Reference { path, .. } => gaps.extend(path.last().cloned()),
                    Term::Dictionary | Term::Word(_) => {}
                    _ => gaps.push("type".to_owned()),
                },
            }
        }
        let mut whole = whole?;
        // a part that leads back here is no gap, and is told apart from one
        if !self.endless {
            whole.gaps.extend(gaps);
        }
        Some(whole)
    }

    fn utility_shape(
        &mut self,
        name: &str,
        arguments: &'a [Term],
        site: &Site<'a>,
        depth: u32,
    ) -> Option<Shape<'a>> {
        let of = site.inside(arguments.first()?);
        let keys = arguments.get(1).map(|keys| site.inside(keys));
        match name {
            "Readonly" | "NonNullable" => self.shape_at(&of, depth + 1),
            "Partial" | "Required" => {
                let mut shape = self.shape_at(&of, depth + 1)?;
                for field in &mut shape.fields {
                    field.optional = name == "Partial";
                }
                Some(shape)
            }
            "Pick" | "Omit" => {
                let mut shape = self.shape_at(&of, depth + 1)?;
                match self.strings(&keys?, depth + 1) {
                    Some(keys) => shape.fields.retain(|field| {
                        (name == "Pick") == field.name().is_some_and(|n| keys.contains(n))
                    }),
                    None => shape.gaps.push(name.to_owned()),
                }
                Some(shape)
            }
            _ => None,
        }
    }
}

/// Gives a generic type its arguments.
pub(super) fn bind<'a>(
    declaration: &'a Declaration,
    unit: usize,
    term: &'a Term,
    from: &Site<'a>,
    arguments: &'a [Term],
) -> Site<'a> {
    let given: BTreeMap<&str, Site<'a>> = declaration
        .parameters
        .iter()
        .enumerate()
        .map(|(at, parameter)| {
            let argument = arguments.get(at).map(|term| from.inside(term));
            let unknown = Site::new(&Term::Opaque, unit);
            (parameter.as_str(), argument.unwrap_or(unknown))
        })
        .collect();
    Site {
        term,
        unit,
        given: (!given.is_empty()).then(|| Rc::new(given)),
    }
}
