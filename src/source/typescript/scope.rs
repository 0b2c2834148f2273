//! Which declaration a name means, from where it is written.

use std::collections::BTreeMap;

use super::term::{Body, Declaration, Literal, Unit};

/// A declared type, whatever number of declarations it is merged from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Named<'a> {
    /// Its file, by position.
    pub(super) unit: usize,
    pub(super) name: &'a str,
}

/// Every declaration of every file.
pub(super) struct Scope<'a> {
    units: &'a [Unit],
    types: Vec<BTreeMap<&'a str, Vec<&'a Declaration>>>,
    constants: Vec<BTreeMap<&'a str, &'a [(String, Literal)]>>,
    /// Which files declare a type of that name.
    homes: BTreeMap<&'a str, Vec<usize>>,
}

impl<'a> Scope<'a> {
    pub(super) fn new(units: &'a [Unit]) -> Self {
        let mut scope = Self {
            units,
            types: Vec::new(),
            constants: Vec::new(),
            homes: BTreeMap::new(),
        };
        for (at, unit) in units.iter().enumerate() {
            let mut types: BTreeMap<&str, Vec<&Declaration>> = BTreeMap::new();
            let mut constants = BTreeMap::new();
            for declaration in &unit.declarations {
                let name = declaration.name.as_str();
                if let Body::Constant(entries) = &declaration.body {
                    constants.insert(name, entries.as_slice());
                } else {
                    types.entry(name).or_default().push(declaration);
                }
            }
            for name in types.keys() {
                scope.homes.entry(name).or_default().push(at);
            }
            scope.types.push(types);
            scope.constants.push(constants);
        }
        scope
    }

    pub(super) fn units(&self) -> &'a [Unit] {
        self.units
    }

    /// Every declared type, by file and name.
    pub(super) fn all(&self) -> impl Iterator<Item = Named<'a>> {
        self.types
            .iter()
            .enumerate()
            .flat_map(|(unit, types)| types.keys().map(move |&name| Named { unit, name }))
    }

    /// What a type is declared by; empty for a name that is not declared.
    pub(super) fn declarations(&self, named: Named<'_>) -> &[&'a Declaration] {
        self.types
            .get(named.unit)
            .and_then(|types| types.get(named.name))
            .map_or(&[], Vec::as_slice)
    }

    /// The type that a name means in a file: its own, what it imports, else the first of that name.
    pub(super) fn find(&self, unit: usize, name: &str) -> Option<Named<'a>> {
        let here = self.types.get(unit)?;
        if let Some((&name, _)) = here.get_key_value(name) {
            return Some(Named { unit, name });
        }
        let import = self.units.get(unit)?.imports.get(name);
        let name = import.map_or(name, |import| import.name.as_str());
        let (&name, homes) = self.homes.get_key_value(name)?;
        let told = import.and_then(|import| {
            homes
                .iter()
                .find(|home| stem(&self.units[**home].file) == stem(&import.from))
        });
        let unit = *told.or(homes.first())?;
        Some(Named { unit, name })
    }

    /// The constant that a name means in a file.
    pub(super) fn constant(&self, unit: usize, name: &str) -> Option<&'a [(String, Literal)]> {
        let here = self.constants.get(unit)?;
        here.get(name).copied().or_else(|| {
            let import = self.units.get(unit)?.imports.get(name);
            let name = import.map_or(name, |import| import.name.as_str());
            self.constants.iter().find_map(|c| c.get(name).copied())
        })
    }

    /// The path of a file of the same project that should declare the name and was not given.
    pub(super) fn missing(&self, unit: usize, name: &str) -> Option<&'a str> {
        let import = self.units.get(unit)?.imports.get(name)?;
        let own = ["./", "../", "@/", "~/", "src/"];
        own.iter()
            .any(|start| import.from.starts_with(start))
            .then_some(import.from.as_str())
    }
}

/// The last part of a path, without its extension and without a trailing `index`.
fn stem(path: &str) -> &str {
    let path = path.strip_suffix("/index.ts").unwrap_or(path);
    let path = path.strip_suffix("/index").unwrap_or(path);
    let name = path.rsplit('/').next().unwrap_or(path);
    [".d.ts", ".tsx", ".ts", ".js"]
        .iter()
        .find_map(|end| name.strip_suffix(end))
        .unwrap_or(name)
}
