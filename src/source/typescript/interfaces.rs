//! Hand-written interfaces and type aliases: which of them are tables, and their columns.

use std::collections::{BTreeMap, BTreeSet};

use super::atoms::Atom;
use super::column;
use super::naming::table_name;
use super::resolve::{Field, Shape, Site, Walk};
use super::scope::{Named, Scope};
use super::term::{Body, Member, Term, Word};
use crate::schema::{Ident, ObjectPath, Place, QualifiedName, Schema, Sighting, Table};

/// An object type that has an `id` or that the mapping names.
struct Candidate<'a> {
    shape: Shape<'a>,
    /// The table that the mapping names it for.
    stated: Option<&'a str>,
    /// Columns it declares itself, rather than takes from the types it is built from.
    owns_columns: bool,
    parents: Vec<Named<'a>>,
    /// The types that a union of object types is made of.
    variants: Vec<Named<'a>>,
}

struct Reading<'s, 'a> {
    scope: &'s Scope<'a>,
    interfaces: &'a BTreeMap<String, String>,
    candidates: BTreeMap<Named<'a>, Candidate<'a>>,
    schema: Schema,
}

/// Reads every table that the files declare into a schema of one namespace.
pub(super) fn read<'a>(
    scope: &Scope<'a>,
    home: &Ident,
    interfaces: &'a BTreeMap<String, String>,
) -> Schema {
    let mut reading = Reading {
        scope,
        interfaces,
        candidates: BTreeMap::new(),
        schema: Schema::new(vec![home.clone()], []),
    };
    reading.find_candidates();
    reading.note_parents();
    reading.tables(home);
    reading.unknown_interfaces();
    reading.schema
}

/// The first declaration of a type.
pub(super) fn place(scope: &Scope<'_>, named: Named<'_>) -> Option<Place> {
    let declaration = scope.declarations(named).first()?;
    let unit = scope.units().get(named.unit)?;
    Some(Place {
        file: unit.file.clone(),
        line: declaration.line,
    })
}

impl<'a> Reading<'_, 'a> {
    fn find_candidates(&mut self) {
        for named in self.scope.all() {
            let declarations = self.scope.declarations(named);
            let stated = self.interfaces.get(named.name).map(String::as_str);
            let generic = declarations.iter().any(|d| !d.parameters.is_empty());
            // a component's properties are no row, whatever they are called
            let helper = generic || named.name.ends_with("Props");
            if stated.is_none() && helper {
                continue;
            }
            let mut walk = Walk::new(self.scope);
            let shape = walk.declared(named);
            if walk.endless {
                self.unreadable("type that refers to itself without end", named.name, named);
            }
            let variants = self.variants(named);
            // a list of search results is a union, too, and nobody's row
            let told_apart = variants.is_empty() || self.discriminated(named);
            match shape {
                Some(_) if stated.is_none() && !told_apart => {}
                Some(shape) if stated.is_some() || shape.field("id").is_some() => {
                    let candidate = Candidate {
                        shape,
                        stated,
                        owns_columns: false,
                        parents: Vec::new(),
                        variants,
                    };
                    self.candidates.insert(named, candidate);
                }
                Some(shape) => {
                    // its `id` may be in the file that was not given
                    for gap in &shape.gaps {
                        if let Some(from) = self.scope.missing(named.unit, gap) {
                            let what = format!("interface over `{gap}` of `{from}`, not given");
                            self.unreadable(&what, named.name, named);
                        }
                    }
                }
                None if stated.is_some() && !walk.endless => {
                    self.unreadable("type without members that can be told", named.name, named);
                }
                None => {}
            }
        }
    }

    /// An alias for one of several types; `… | null` is not.
    fn union(&self, named: Named<'a>) -> Option<&'a Term> {
        let [declaration] = self.scope.declarations(named) else {
            return None;
        };
        let Body::Alias(term @ Term::Union(parts)) = &declaration.body else {
            return None;
        };
        let present = |part: &&Term| !matches!(part, Term::Word(Word::Null | Word::Undefined));
        (parts.iter().filter(present).count() > 1).then_some(term)
    }

    /// The named types of a union; empty for anything else.
    fn variants(&self, named: Named<'a>) -> Vec<Named<'a>> {
        let Some(Term::Union(parts)) = self.union(named) else {
            return Vec::new();
        };
        let names = parts.iter().filter_map(|part| match part {
            Term::Reference { path, .. } => self.scope.find(named.unit, path.last()?),
            _ => None,
        });
        names.collect()
    }

    /// Whether some field holds other literals in each variant of a union.
    fn discriminated(&self, named: Named<'a>) -> bool {
        let Some(term) = self.union(named) else {
            return false;
        };
        let mut walk = Walk::new(self.scope);
        let site = Site::new(term, named.unit);
        let variants = walk.variants(&site, 0).unwrap_or_default();
        let Some((first, rest)) = variants.split_first() else {
            return false;
        };
        first.fields.iter().filter_map(Field::name).any(|name| {
            let mut seen = BTreeSet::new();
            std::iter::once(first).chain(rest).all(|variant| {
                let field = variant.field(name);
                let values = field.and_then(|field| walk.strings(&field.site, 0));
                values.is_some_and(|values| {
                    !values.is_empty() && values.into_iter().all(|value| seen.insert(value))
                })
            })
        })
    }

    fn note_parents(&mut self) {
        let mut found = Vec::new();
        for (named, candidate) in &self.candidates {
            let mut own = Vec::new();
            let mut parents = Vec::new();
            for declaration in self.scope.declarations(*named) {
                if let Body::Interface(term) | Body::Alias(term) = &declaration.body {
                    lexical(term, &mut own, &mut parents);
                }
            }
            let owns = own.iter().any(|member| {
                let site = Site::new(&member.term, named.unit);
                let atoms = Walk::new(self.scope).atoms(&site);
                let name = member.name.as_deref().unwrap_or_default();
                !self.is_join(name, &atoms, &candidate.shape, &BTreeSet::new())
            });
            let parents: Vec<Named<'a>> = parents
                .into_iter()
                .filter_map(|name| self.scope.find(named.unit, name))
                .filter(|parent| parent != named && self.candidates.contains_key(parent))
                .collect();
            found.push((*named, owns, parents));
        }
        for (named, owns, parents) in found {
            if let Some(candidate) = self.candidates.get_mut(&named) {
                candidate.owns_columns = owns;
                candidate.parents = parents;
            }
        }
    }

    /// What others build on and is called a base, what is a variant of another type, and what only
    /// selects from a table or adds joins to it, is no table of its own.
    fn is_table(&self, named: Named<'a>, candidate: &Candidate<'a>) -> bool {
        if candidate.stated.is_some() {
            return true;
        }
        let base = |named: &Named<'a>| {
            is_base_name(named.name)
                && self
                    .candidates
                    .get(named)
                    .is_some_and(|candidate| candidate.stated.is_none())
                && self.candidates.values().any(|c| c.parents.contains(named))
        };
        let derived = !candidate.owns_columns && candidate.parents.iter().any(|p| !base(p));
        let union = !candidate.variants.is_empty();
        let variant = self
            .candidates
            .values()
            .any(|c| c.variants.contains(&named));
        !base(&named) && !variant && (union || !derived)
    }

    fn tables(&mut self, home: &Ident) {
        let mut chosen: BTreeMap<String, Vec<Named<'a>>> = BTreeMap::new();
        for (&named, candidate) in &self.candidates {
            if self.is_table(named, candidate) {
                let name = candidate
                    .stated
                    .map_or_else(|| table_name(named.name), str::to_owned);
                chosen.entry(name).or_default().push(named);
            }
        }
        let names: BTreeSet<String> = chosen.keys().cloned().collect();
        for (name, declared) in &chosen {
            let Some(&first) = declared.first() else {
                continue;
            };
            let Ok(ident) = Ident::new(name.as_str()) else {
                self.unreadable("interface without a usable table name", first.name, first);
                continue;
            };
            let main = declared.iter().copied().fold(first, |main, next| {
                if self.width(next) > self.width(main) {
                    next
                } else {
                    main
                }
            });
            self.table(&QualifiedName::new(home.clone(), ident), main, &names);
            for other in declared.iter().filter(|other| **other != main) {
                if !self.within(*other, main) {
                    let what = format!("another declaration of table `{name}`");
                    self.unreadable(&what, other.name, *other);
                }
            }
        }
    }

    fn width(&self, named: Named<'a>) -> usize {
        self.candidates
            .get(&named)
            .map_or(0, |candidate| candidate.shape.fields.len())
    }

    /// Whether every field of one type is a field of the other.
    fn within(&self, part: Named<'a>, whole: Named<'a>) -> bool {
        let shapes = self.candidates.get(&part).zip(self.candidates.get(&whole));
        shapes.is_some_and(|(part, whole)| {
            let names = part.shape.fields.iter().filter_map(Field::name);
            names.into_iter().all(|n| whole.shape.field(n).is_some())
        })
    }

    fn table(&mut self, name: &QualifiedName, named: Named<'a>, tables: &BTreeSet<String>) {
        let Some(candidate) = self.candidates.get(&named) else {
            return;
        };
        let mut table = Table::new(name.clone());
        let mut sightings = Vec::new();
        let mut places = Vec::new();
        for field in &candidate.shape.fields {
            let place = self.field_place(field);
            let mut walk = Walk::new(self.scope);
            let atoms = walk.field_atoms(field);
            let member = field.name();
            let sight = |what: &str| Sighting {
                what: what.to_owned(),
                name: format!("{}.{}", named.name, member.unwrap_or("?")),
                place: place.clone(),
            };
            if walk.endless {
                sightings.push(sight("type that refers to itself without end"));
            }
            let Some(member) = member else {
                sightings.push(sight("member with a computed name"));
                continue;
            };
            if self.is_join(member, &atoms, &candidate.shape, tables) {
                continue;
            }
            let Ok(ident) = Ident::new(member) else {
                sightings.push(sight("member whose name no column can have"));
                continue;
            };
            let (text, home) = (&field.member.text, &name.namespace);
            if let Some(column) = column::column(ident.clone(), &atoms, text, field.optional, home)
            {
                table.columns.push(column);
                places.extend(place.map(|place| (ident, place)));
            }
        }
        let declared = place(self.scope, named);
        sightings.extend(candidate.shape.gaps.iter().map(|gap| Sighting {
            what: format!(
                "columns that `{}` takes from a type that is not known",
                named.name
            ),
            name: gap.clone(),
            place: declared.clone(),
        }));
        let path = |column| ObjectPath {
            table: name.clone(),
            column,
        };
        let places = places
            .into_iter()
            .map(|(column, place)| (path(Some(column)), place))
            .chain(declared.map(|place| (path(None), place)));
        self.schema.places.extend(places);
        self.schema.unreadable.extend(sightings);
        self.schema.tables.push(table);
    }

    fn field_place(&self, field: &Field<'a>) -> Option<Place> {
        let unit = self.scope.units().get(field.site.unit)?;
        Some(Place {
            file: unit.file.clone(),
            line: field.member.line,
        })
    }

    /// Whether a member holds rows of another table rather than a value of its own.
    fn is_join(
        &self,
        member: &str,
        atoms: &[Atom<'a>],
        shape: &Shape<'a>,
        tables: &BTreeSet<String>,
    ) -> bool {
        let mut objects = Vec::new();
        if !rows(atoms, &mut objects) || objects.is_empty() {
            return false;
        }
        let declared = objects.iter().any(|object| match object {
            Atom::Object(names) => names.iter().any(|name| self.candidates.contains_key(name)),
            _ => true,
        });
        declared || named_like_a_join(member, shape, tables)
    }

    fn unknown_interfaces(&mut self) {
        for name in self.interfaces.keys() {
            if !self.scope.all().any(|named| named.name == name) {
                self.schema.unreadable.push(Sighting {
                    what: "interface that the mapping names and no file declares".to_owned(),
                    name: name.clone(),
                    place: None,
                });
            }
        }
    }

    fn unreadable(&mut self, what: &str, name: &str, at: Named<'_>) {
        self.schema.unreadable.push(Sighting {
            what: what.to_owned(),
            name: name.to_owned(),
            place: place(self.scope, at),
        });
    }
}

/// Collects the objects of a type; whether it holds nothing else but null.
fn rows<'r, 'a>(atoms: &'r [Atom<'a>], objects: &mut Vec<&'r Atom<'a>>) -> bool {
    atoms.iter().all(|atom| match atom {
        Atom::Null | Atom::Undefined => true,
        Atom::Object(_) | Atom::Row(_) => {
            objects.push(atom);
            true
        }
        Atom::Array(element) => rows(element, objects),
        _ => false,
    })
}

/// `users`, `user` beside `user_id`, `assigned_by_user` beside `assigned_by`.
fn named_like_a_join(member: &str, shape: &Shape<'_>, tables: &BTreeSet<String>) -> bool {
    let beside =
        |name: &str| shape.field(name).is_some() || shape.field(&format!("{name}_id")).is_some();
    tables.contains(member)
        || shape.field(&format!("{member}_id")).is_some()
        || shape.field(&format!("{member}Id")).is_some()
        || member.char_indices().any(|(at, c)| {
            let (start, end) = (&member[..at], &member[at + c.len_utf8()..]);
            c == '_' && beside(start) && (tables.contains(end) || tables.contains(&table_name(end)))
        })
}

fn is_base_name(name: &str) -> bool {
    name.starts_with("Base")
        || name.ends_with("Base")
        || name.starts_with("Abstract")
        || name == "Entity"
}

/// The members written in a declaration itself, and the types it is built from.
fn lexical<'a>(term: &'a Term, own: &mut Vec<&'a Member>, parents: &mut Vec<&'a str>) {
    match term {
        Term::Object(members) => own.extend(members),
        Term::Intersection(parts) | Term::Union(parts) => {
            for part in parts {
                lexical(part, own, parents);
            }
        }
        Term::Reference { path, arguments } => {
            let name = path.last().map(String::as_str).unwrap_or_default();
            parents.push(name);
            let shown = if matches!(name, "Pick" | "Omit") {
                1
            } else {
                arguments.len()
            };
            for argument in arguments.iter().take(shown) {
                lexical(argument, own, parents);
            }
        }
        _ => {}
    }
}
