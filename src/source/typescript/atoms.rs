//! The alternatives a column's type comes to.

use std::collections::BTreeSet;

use super::resolve::{Field, Site, Walk, bind};
use super::scope::Named;
use super::term::{Body, Literal, Term, Word};

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

impl<'a> Walk<'_, 'a> {
    /// The alternatives of a type.
    pub(super) fn atoms(&mut self, site: &Site<'a>) -> Vec<Atom<'a>> {
        self.atoms_at(site, 0)
    }

    /// The alternatives of a field, each of them once.
    pub(super) fn field_atoms(&mut self, field: &Field<'a>) -> Vec<Atom<'a>> {
        let mut atoms = self.atoms(&field.site);
        for site in &field.also {
            for atom in self.atoms(site) {
                if !atoms.contains(&atom) {
                    atoms.push(atom);
                }
            }
        }
        atoms
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
