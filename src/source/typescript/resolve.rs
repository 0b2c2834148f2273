//! What a type comes to: the fields of an object type, and the alternatives of a column's type.
//!
//! Names are followed through aliases, generics and the utility types. Types may be cyclic and may
//! double at every step, so a walk has a depth and a budget; when either ends, [`Walk::endless`] is
//! set and the rest is left open.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::scope::{Named, Scope};
use super::term::{Body, Declaration, Literal, Member, Term, Word};

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

    fn inside(&self, term: &'a Term) -> Self {
        Self {
            term,
            unit: self.unit,
            given: self.given.clone(),
        }
    }

    fn parameter(&self, name: &str) -> Option<Self> {
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
    pub(super) optional: bool,
    pub(super) site: Site<'a>,
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
}

/// One alternative of a type.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Atom<'a> {
    Null,
    Undefined,
    Never,
    /// With its value for a literal.
    String(Option<&'a str>),
    /// With its value for a literal.
    Number(Option<&'a str>),
    BigInt,
    Boolean,
    Date,
    Json,
    Any,
    Unknown,
    Function,
    /// Not interpreted, or not declared.
    Opaque,
    Array(Vec<Self>),
    /// With the names it was declared by, if it has any.
    Object(Vec<Named<'a>>),
    /// A database type of that namespace and name; the namespace is absent for home.
    Type(Option<&'a str>, &'a str),
    /// The row of a database table of that name.
    Row(&'a str),
}

pub(super) struct Walk<'s, 'a> {
    scope: &'s Scope<'a>,
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

    fn spend(&mut self, cost: usize, depth: u32) -> bool {
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

    /// The alternatives of a type.
    pub(super) fn atoms(&mut self, site: &Site<'a>) -> Vec<Atom<'a>> {
        self.atoms_at(site, 0)
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

    fn shape_at(&mut self, site: &Site<'a>, depth: u32) -> Option<Shape<'a>> {
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
            Term::Union(parts) => {
                let mut parts = parts
                    .iter()
                    .filter(|part| !matches!(part, Term::Word(Word::Null | Word::Undefined)));
                let only = parts.next()?;
                if parts.next().is_some() {
                    return None;
                }
                self.shape_at(&site.inside(only), depth + 1)
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
        whole.gaps.extend(gaps);
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

    /// The strings a type lists; `None` when it is anything but literal strings.
    pub(super) fn strings(&mut self, site: &Site<'a>, depth: u32) -> Option<BTreeSet<&'a str>> {
        self.atoms_at(site, depth)
            .into_iter()
            .map(|atom| match atom {
                Atom::String(Some(text)) => Some(text),
                _ => None,
            })
            .collect()
    }

    fn atoms_at(&mut self, site: &Site<'a>, depth: u32) -> Vec<Atom<'a>> {
        if !self.spend(1, depth) {
            return vec![Atom::Opaque];
        }
        let one = |atom| vec![atom];
        match site.term {
            Term::Word(word) => one(match word {
                Word::String => Atom::String(None),
                Word::Number => Atom::Number(None),
                Word::BigInt => Atom::BigInt,
                Word::Boolean => Atom::Boolean,
                Word::Null => Atom::Null,
                Word::Undefined => Atom::Undefined,
                Word::Never => Atom::Never,
                Word::Any => Atom::Any,
                Word::Unknown => Atom::Unknown,
                Word::Object => Atom::Json,
            }),
            Term::Literal(value) => one(literal(value)),
            Term::Array(element) => {
                let element = self.atoms_at(&site.inside(element), depth + 1);
                one(Atom::Array(element))
            }
            Term::Object(_) => one(Atom::Object(Vec::new())),
            Term::Union(parts) => parts
                .iter()
                .flat_map(|part| self.atoms_at(&site.inside(part), depth + 1))
                .collect(),
            Term::Intersection(parts) => self.intersection_atoms(parts, site, depth),
            Term::Reference { path, arguments } => {
                self.reference_atoms(path, arguments, site, depth)
            }
            Term::Indexed { object, index } => self.indexed_atoms(object, index, site, depth),
            Term::KeyOf(of) => self.key_atoms(of, site, depth),
            Term::Function => one(Atom::Function),
            Term::Dictionary => one(Atom::Json),
            Term::Endless => {
                self.endless = true;
                one(Atom::Opaque)
            }
            Term::Tuple(_) | Term::TypeOf(_) | Term::Opaque => one(Atom::Opaque),
        }
    }

    /// A branded scalar (`string & { … }`) is the scalar.
    fn intersection_atoms(
        &mut self,
        parts: &'a [Term],
        site: &Site<'a>,
        depth: u32,
    ) -> Vec<Atom<'a>> {
        let mut scalars = Vec::new();
        let mut names = Vec::new();
        for part in parts {
            for atom in self.atoms_at(&site.inside(part), depth + 1) {
                match atom {
                    Atom::Object(of) => names.extend(of),
                    Atom::Json | Atom::Opaque => {}
                    scalar => scalars.push(scalar),
                }
            }
        }
        if scalars.is_empty() {
            vec![Atom::Object(names)]
        } else {
            scalars
        }
    }

    fn reference_atoms(
        &mut self,
        path: &'a [String],
        arguments: &'a [Term],
        site: &Site<'a>,
        depth: u32,
    ) -> Vec<Atom<'a>> {
        let Some(name) = path.last().map(String::as_str) else {
            return vec![Atom::Opaque];
        };
        if let Some(given) = site.parameter(name) {
            return self.atoms_at(&given, depth + 1);
        }
        match (name, arguments) {
            ("Json" | "JSON" | "JsonValue" | "JSONValue" | "JsonObject" | "JSONObject", []) => {
                return vec![Atom::Json];
            }
            // the short forms that generated types define over themselves
            ("Enums" | "CompositeTypes", [Term::Literal(Literal::String(name))]) => {
                return vec![Atom::Type(None, name)];
            }
            ("Tables", [Term::Literal(Literal::String(name))]) => return vec![Atom::Row(name)],
            _ => {}
        }
        if let [.., outer, _] = path
            && let Some(named) = self.scope.find(site.unit, outer)
            && let Some(value) = self.enum_member(named, name)
        {
            return value;
        }
        match self.scope.find(site.unit, name) {
            Some(named) => self.declared_atoms(named, arguments, site, depth),
            None => self.utility_atoms(name, arguments, site, depth),
        }
    }

    fn enum_member(&self, named: Named<'a>, member: &str) -> Option<Vec<Atom<'a>>> {
        self.scope.declarations(named).iter().find_map(|d| {
            let Body::Enum(members) = &d.body else {
                return None;
            };
            let (_, value) = members.iter().find(|(name, _)| name == member)?;
            Some(vec![value.as_ref().map_or(Atom::Opaque, literal)])
        })
    }

    fn declared_atoms(
        &mut self,
        named: Named<'a>,
        arguments: &'a [Term],
        from: &Site<'a>,
        depth: u32,
    ) -> Vec<Atom<'a>> {
        let mut atoms = Vec::new();
        for declaration in self.scope.declarations(named).to_vec() {
            match &declaration.body {
                Body::Interface(_) => return vec![Atom::Object(vec![named])],
                Body::Alias(term) => {
                    let site = bind(declaration, named.unit, term, from, arguments);
                    for mut atom in self.atoms_at(&site, depth + 1) {
                        if let Atom::Object(names) = &mut atom {
                            names.push(named);
                        }
                        atoms.push(atom);
                    }
                }
                Body::Enum(members) => atoms.extend(
                    members
                        .iter()
                        .map(|(_, value)| value.as_ref().map_or(Atom::Opaque, literal)),
                ),
                Body::Constant(_) => {}
            }
        }
        atoms
    }

    fn utility_atoms(
        &mut self,
        name: &str,
        arguments: &'a [Term],
        site: &Site<'a>,
        depth: u32,
    ) -> Vec<Atom<'a>> {
        let mut argument = |at: usize| {
            arguments
                .get(at)
                .map(|term| self.atoms_at(&site.inside(term), depth + 1))
        };
        let atoms = match name {
            "Date" => Some(vec![Atom::Date]),
            "String" => Some(vec![Atom::String(None)]),
            "Number" => Some(vec![Atom::Number(None)]),
            "Boolean" => Some(vec![Atom::Boolean]),
            "Record" => Some(vec![Atom::Json]),
            "Function" => Some(vec![Atom::Function]),
            "Array" | "ReadonlyArray" => argument(0).map(|element| vec![Atom::Array(element)]),
            "Partial" | "Required" | "Readonly" | "Pick" | "Omit" => argument(0),
            "NonNullable" => argument(0).map(|mut atoms| {
                atoms.retain(|atom| !matches!(atom, Atom::Null | Atom::Undefined));
                atoms
            }),
            "Exclude" | "Extract" => argument(0).zip(argument(1)).map(|(mut atoms, other)| {
                atoms.retain(|atom| (name == "Extract") == other.contains(atom));
                atoms
            }),
            _ => None,
        };
        atoms.unwrap_or_else(|| vec![Atom::Opaque])
    }

    fn indexed_atoms(
        &mut self,
        object: &'a Term,
        index: &'a Term,
        site: &Site<'a>,
        depth: u32,
    ) -> Vec<Atom<'a>> {
        if let Some(atom) = catalog(object, index) {
            return vec![atom];
        }
        let index = site.inside(index);
        if let Term::TypeOf(name) = object
            && let Some(entries) = self.scope.constant(site.unit, name)
        {
            let keys = match index.term {
                Term::Literal(_) => self.strings(&index, depth + 1),
                _ => None,
            };
            return entries
                .iter()
                .filter(|(key, _)| keys.as_ref().is_none_or(|keys| keys.contains(key.as_str())))
                .map(|(_, value)| literal(value))
                .collect();
        }
        let object = site.inside(object);
        if *index.term == Term::Word(Word::Number) {
            let atoms = self.atoms_at(&object, depth + 1);
            if let [Atom::Array(element)] = atoms.as_slice() {
                return element.clone();
            }
        }
        let mut atoms = Vec::new();
        let keys = self.strings(&index, depth + 1).unwrap_or_default();
        if let Some(shape) = self.shape_at(&object, depth + 1) {
            for field in keys.iter().filter_map(|key| shape.field(key)) {
                atoms.extend(self.atoms_at(&field.site, depth + 1));
                if field.optional {
                    atoms.push(Atom::Undefined);
                }
            }
        }
        if atoms.is_empty() {
            atoms.push(Atom::Opaque);
        }
        atoms
    }

    fn key_atoms(&mut self, of: &'a Term, site: &Site<'a>, depth: u32) -> Vec<Atom<'a>> {
        if let Term::TypeOf(name) = of
            && let Some(entries) = self.scope.constant(site.unit, name)
        {
            return entries
                .iter()
                .map(|(key, _)| Atom::String(Some(key)))
                .collect();
        }
        match self.shape_at(&site.inside(of), depth + 1) {
            Some(shape) if shape.gaps.is_empty() => shape
                .fields
                .iter()
                .map(|field| Atom::String(field.name()))
                .collect(),
            _ => vec![Atom::String(None)],
        }
    }
}

/// Gives a generic type its arguments.
fn bind<'a>(
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

fn literal(value: &Literal) -> Atom<'_> {
    match value {
        Literal::String(text) => Atom::String(Some(text)),
        Literal::Number(text) => Atom::Number(Some(text)),
        Literal::Boolean => Atom::Boolean,
    }
}

/// Reads `Database["public"]["Enums"]["x"]`.
fn catalog<'a>(object: &'a Term, index: &'a Term) -> Option<Atom<'a>> {
    let (root, mut path) = unpack(object, index)?;
    if !matches!(root, Term::Reference { .. }) {
        return None;
    }
    path.reverse();
    match path.as_slice() {
        [namespace, "Enums" | "CompositeTypes", name] => Some(Atom::Type(Some(namespace), name)),
        [_, "Tables" | "Views", name, "Row"] => Some(Atom::Row(name)),
        _ => None,
    }
}

/// The innermost object and the literal keys, outermost first.
fn unpack<'a>(object: &'a Term, index: &'a Term) -> Option<(&'a Term, Vec<&'a str>)> {
    let mut path = Vec::new();
    let (mut object, mut index) = (object, index);
    loop {
        let Term::Literal(Literal::String(key)) = index else {
            return None;
        };
        path.push(key.as_str());
        match object {
            Term::Indexed {
                object: inner,
                index: next,
            } => (object, index) = (inner, next),
            root => return Some((root, path)),
        }
    }
}
