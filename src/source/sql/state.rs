//! The database as it is between two statements: every object by its name, and how a name without a
//! namespace finds its object.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::acl::{Acl, Defaults, Granted};
use super::cursor::{Misread, Path};
use super::expression::qualified;
use crate::schema::{
    Column, ColumnType, Composite, Domain, Enum, Expression, Family, Function, Ident, Publication,
    QualifiedName, Sequence, Sighting, Spelling, Table, View,
};

/// Why a statement had no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It could not be understood.
    Misread(Misread),
    /// It is about an object that no statement before it created.
    Unknown { kind: &'static str, name: String },
    /// It creates an object whose name another has.
    Taken { name: String },
    /// It undoes or drops what only a server keeps track of.
    NotFollowed,
}

impl From<Misread> for Trouble {
    fn from(misread: Misread) -> Self {
        Self::Misread(misread)
    }
}

pub(super) type Applied<T = ()> = Result<T, Trouble>;

/// A file and a line of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Spot {
    pub(super) file: usize,
    pub(super) line: u32,
}

/// What has a name among relations.
#[derive(Debug)]
pub(super) enum Relation {
    Table(Box<TableEntry>),
    View(Box<ViewEntry>),
    Sequence(Box<SequenceEntry>),
    /// An index of that table or materialized view, a constraint's included.
    Index(QualifiedName),
    /// A table, view or sequence that ends with the session, or one that is not followed.
    Opaque,
}

#[derive(Debug)]
pub(super) struct TableEntry {
    pub(super) table: Table,
    pub(super) acl: Acl,
    pub(super) owner: Option<String>,
    pub(super) spot: Spot,
    pub(super) column_spots: HashMap<Ident, Spot>,
    /// Partitions, and tables that inherit from it.
    pub(super) children: Vec<QualifiedName>,
    pub(super) handed: Handed,
}

/// What a table has only because its parent does; the model leaves it to the parent, but for columns.
#[derive(Debug, Default)]
pub(super) struct Handed {
    pub(super) columns: HashSet<Ident>,
    pub(super) checks: HashSet<Ident>,
    pub(super) foreign_keys: HashSet<Ident>,
    pub(super) triggers: HashSet<Ident>,
    /// Each with the parent's index that it is a part of; those of keys, too.
    pub(super) indexes: HashMap<Ident, Ident>,
}

#[derive(Debug)]
pub(super) struct ViewEntry {
    pub(super) view: View,
    pub(super) acl: Acl,
    pub(super) owner: Option<String>,
}

#[derive(Debug)]
pub(super) struct SequenceEntry {
    pub(super) sequence: Sequence,
    pub(super) acl: Acl,
    pub(super) owner: Option<String>,
    /// It belongs to an identity column.
    pub(super) is_identity: bool,
}

#[derive(Debug)]
pub(super) struct Routine {
    pub(super) function: Function,
    pub(super) acl: Acl,
    pub(super) owner: Option<String>,
}

/// What has a name among types, but for the row types of tables and views.
#[derive(Debug, Clone)]
pub(super) enum UserType {
    Enum(Enum),
    Domain(Domain),
    Composite(Composite),
    /// A range or a base type: known by name, not part of the model.
    Opaque,
}

/// An object that was created and is not part of the model.
#[derive(Debug, Clone)]
pub(super) struct Unmodelled {
    pub(super) what: String,
    /// Where it lives; `None` for what belongs to the whole database.
    pub(super) name: Option<QualifiedName>,
    pub(super) shown: String,
    pub(super) spot: Spot,
}

/// Everything the statements so far have made.
#[derive(Debug)]
pub(super) struct State {
    /// The namespaces that are asked for, home first.
    pub(super) wanted: Vec<Ident>,
    pub(super) context_only: bool,
    pub(super) search_path: Vec<Ident>,
    pub(super) role: String,
    pub(super) relations: HashMap<QualifiedName, Relation>,
    pub(super) types: HashMap<QualifiedName, UserType>,
    pub(super) routines: HashMap<QualifiedName, Vec<Routine>>,
    /// How many constraints of a namespace have the name.
    pub(super) constraint_names: HashMap<QualifiedName, usize>,
    pub(super) extensions: BTreeSet<Ident>,
    pub(super) publications: BTreeMap<Ident, Publication>,
    pub(super) defaults: Defaults,
    pub(super) unmodelled: Vec<Unmodelled>,
    pub(super) unreadable: Vec<Sighting>,
    /// Where the statement being replayed begins.
    pub(super) spot: Spot,
    /// Line of each byte the statement may point to.
    pub(super) lines: Lines,
}

/// Line numbers of the statement being replayed.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pub(super) first: u32,
    /// Bytes of the statement after which a new line begins.
    pub(super) breaks: Vec<usize>,
}

impl Lines {
    pub(super) fn of(first: u32, statement: &str) -> Self {
        Self {
            first,
            breaks: statement.match_indices('\n').map(|(at, _)| at).collect(),
        }
    }

    pub(super) fn at(&self, byte: usize) -> u32 {
        let before = self.breaks.partition_point(|at| *at < byte);
        self.first
            .saturating_add(u32::try_from(before).unwrap_or(u32::MAX))
    }
}

/// The role that created everything whose owner no statement names: PostgreSQL's and Supabase's own.
pub(super) const DEFAULT_OWNER: &str = "postgres";

impl State {
    pub(super) fn new(wanted: Vec<Ident>, public: Ident) -> Self {
        Self {
            wanted,
            context_only: false,
            search_path: vec![public],
            role: DEFAULT_OWNER.to_owned(),
            relations: HashMap::new(),
            types: HashMap::new(),
            routines: HashMap::new(),
            constraint_names: HashMap::new(),
            extensions: BTreeSet::new(),
            publications: BTreeMap::new(),
            defaults: Defaults::default(),
            unmodelled: Vec::new(),
            unreadable: Vec::new(),
            spot: Spot::default(),
            lines: Lines::default(),
        }
    }

    pub(super) fn home(&self) -> &Ident {
        &self.wanted[0]
    }

    pub(super) fn is_wanted(&self, namespace: &Ident) -> bool {
        self.wanted.contains(namespace)
    }

    /// An expression, canonical.
    pub(super) fn expression(&self, text: &str) -> Expression {
        Expression::written(&qualified(self, text), self.home())
    }

    /// A query, which only a server makes canonical.
    pub(super) fn query(&self, text: &str) -> Expression {
        Expression::query(&qualified(self, text), Spelling::Written, self.home())
    }

    /// The place of a byte of the current statement.
    pub(super) fn spot_at(&self, byte: usize) -> Spot {
        Spot {
            file: self.spot.file,
            line: self.lines.at(byte),
        }
    }

    /// For a statement that creates what is already there.
    pub(super) fn taken(&self, name: &QualifiedName) -> Applied {
        Err(Trouble::Taken {
            name: name.within(self.home()),
        })
    }

    /// Where a new object of that name goes.
    pub(super) fn target(&self, path: &Path) -> QualifiedName {
        let namespace = path
            .namespace
            .as_ref()
            .or(self.search_path.first())
            .unwrap_or(self.home());
        QualifiedName::new(namespace.clone(), path.name.clone())
    }

    /// The first name on the search path, or the one that was written, that `exists` accepts.
    pub(super) fn resolve(
        &self,
        path: &Path,
        exists: impl Fn(&QualifiedName) -> bool,
    ) -> Option<QualifiedName> {
        match &path.namespace {
            Some(namespace) => Some(QualifiedName::new(namespace.clone(), path.name.clone()))
                .filter(|name| exists(name)),
            None => self
                .search_path
                .iter()
                .map(|namespace| QualifiedName::new(namespace.clone(), path.name.clone()))
                .find(|name| exists(name)),
        }
    }

    pub(super) fn find_relation(&self, path: &Path) -> Option<QualifiedName> {
        self.resolve(path, |name| self.relations.contains_key(name))
    }

    /// The name of a relation that may not be known.
    pub(super) fn relation_or_target(&self, path: &Path) -> QualifiedName {
        self.find_relation(path)
            .unwrap_or_else(|| self.target(path))
    }

    /// For a statement on an object that is not there: nothing when it lies outside the namespaces
    /// that are asked for, when it was said that it may be missing, or when the model does not hold it.
    pub(super) fn missing(&self, kind: &'static str, path: &Path, may_miss: bool) -> Applied {
        let name = self.target(path);
        let is_unmodelled = || {
            self.unmodelled
                .iter()
                .any(|u| u.name.as_ref() == Some(&name))
        };
        if may_miss || !self.is_wanted(&name.namespace) || is_unmodelled() {
            return Ok(());
        }
        Err(Trouble::Unknown {
            kind,
            name: name.within(self.home()),
        })
    }

    /// The same for a function, which may be an extension's.
    pub(super) fn missing_routine(&self, path: &Path) -> Applied {
        self.missing("function", path, !self.extensions.is_empty())
    }

    pub(super) fn table(&self, name: &QualifiedName) -> Option<&TableEntry> {
        match self.relations.get(name) {
            Some(Relation::Table(entry)) => Some(entry),
            _ => None,
        }
    }

    pub(super) fn table_mut(&mut self, name: &QualifiedName) -> Option<&mut TableEntry> {
        match self.relations.get_mut(name) {
            Some(Relation::Table(entry)) => Some(entry),
            _ => None,
        }
    }

    pub(super) fn view_mut(&mut self, name: &QualifiedName) -> Option<&mut ViewEntry> {
        match self.relations.get_mut(name) {
            Some(Relation::View(entry)) => Some(entry),
            _ => None,
        }
    }

    pub(super) fn sequence_mut(&mut self, name: &QualifiedName) -> Option<&mut SequenceEntry> {
        match self.relations.get_mut(name) {
            Some(Relation::Sequence(entry)) => Some(entry),
            _ => None,
        }
    }

    /// All tables, in no order.
    pub(super) fn tables_mut(&mut self) -> impl Iterator<Item = &mut TableEntry> {
        self.relations.values_mut().filter_map(|r| match r {
            Relation::Table(entry) => Some(entry.as_mut()),
            _ => None,
        })
    }

    pub(super) fn tables(&self) -> impl Iterator<Item = &TableEntry> {
        self.relations.values().filter_map(|r| match r {
            Relation::Table(entry) => Some(entry.as_ref()),
            _ => None,
        })
    }

    /// The table and all that descend from it, parents first.
    pub(super) fn family(&self, name: &QualifiedName) -> Vec<QualifiedName> {
        let mut family = vec![name.clone()];
        let mut at = 0;
        while let Some(member) = family.get(at) {
            let children = self
                .table(member)
                .map_or(&[][..], |t| t.children.as_slice());
            let new: Vec<_> = children
                .iter()
                .filter(|child| !family.contains(child))
                .cloned()
                .collect();
            family.extend(new);
            at += 1;
        }
        family
    }

    pub(super) fn count_constraint(&mut self, namespace: &Ident, name: &Ident) {
        *self
            .constraint_names
            .entry(QualifiedName::new(namespace.clone(), name.clone()))
            .or_default() += 1;
    }

    pub(super) fn forget_constraint(&mut self, namespace: &Ident, name: &Ident) {
        let name = QualifiedName::new(namespace.clone(), name.clone());
        if let Some(count) = self.constraint_names.get_mut(&name) {
            *count -= 1;
            if *count == 0 {
                self.constraint_names.remove(&name);
            }
        }
    }

    /// A type as written. `%TYPE` follows the column's type.
    pub(super) fn ty(&self, text: &str) -> ColumnType {
        if self.context_only
            && let Some(unknown) = super::context::unknown_type(text)
        {
            return unknown;
        }
        if let Some(column) = strip_percent_type(text) {
            return self.type_of_column(column);
        }
        ColumnType::parse(text, &|namespace, name| {
            let path = Path {
                namespace: namespace.cloned(),
                name: name.clone(),
            };
            self.find_type(&path)
        })
    }

    /// A type that a statement before this one made, row types of tables and views included.
    pub(super) fn find_type(&self, path: &Path) -> Option<QualifiedName> {
        self.resolve(path, |name| {
            self.types.contains_key(name)
                || matches!(
                    self.relations.get(name),
                    Some(Relation::Table(_) | Relation::View(_))
                )
        })
    }

    fn type_of_column(&self, text: &str) -> ColumnType {
        let found = super::literal::path(text).and_then(|mut parts| {
            let column = parts.pop()?;
            let name = parts.pop()?;
            let table = self.find_relation(&Path {
                namespace: parts.pop(),
                name,
            })?;
            let column = self.table(&table)?.table.column(&column)?;
            Some(column.ty.clone())
        });
        found.unwrap_or_else(|| ColumnType::Unknown {
            family: Family::Any,
            spelling: text.to_owned(),
        })
    }

    pub(super) fn new_acl(&self, namespace: &Ident, kind: Granted) -> Acl {
        self.defaults.of_new(namespace, kind)
    }

    /// Notes an object that is not part of the model.
    pub(super) fn note_unmodelled(&mut self, what: &str, name: Option<QualifiedName>, shown: &str) {
        self.unmodelled.push(Unmodelled {
            what: what.to_owned(),
            name,
            shown: shown.to_owned(),
            spot: self.spot,
        });
    }
}

fn strip_percent_type(text: &str) -> Option<&str> {
    let head = text.get(..text.len().checked_sub(4)?)?;
    let tail = text.get(text.len() - 4..)?;
    if !tail.eq_ignore_ascii_case("type") {
        return None;
    }
    head.trim_end().strip_suffix('%').map(str::trim_end)
}

/// For a statement on a part of an object that has none of that name.
pub(super) fn unknown(kind: &'static str, name: &Ident) -> Applied {
    Err(Trouble::Unknown {
        kind,
        name: name.to_string(),
    })
}

impl TableEntry {
    pub(super) fn new(table: Table, spot: Spot) -> Self {
        Self {
            table,
            acl: Acl::default(),
            owner: None,
            spot,
            column_spots: HashMap::new(),
            children: Vec::new(),
            handed: Handed::default(),
        }
    }

    pub(super) fn column_mut(&mut self, name: &Ident) -> Option<&mut Column> {
        self.table.columns.iter_mut().find(|c| c.name == *name)
    }

    /// Names of all its constraints, those of keys included.
    pub(super) fn constraint_names(&self) -> Vec<Ident> {
        let table = &self.table;
        let keys = table
            .primary_key
            .iter()
            .chain(&table.unique)
            .map(|k| &k.name);
        keys.chain(table.foreign_keys.iter().map(|f| &f.name))
            .chain(table.checks.iter().map(|c| &c.name))
            .chain(table.exclusions.iter().map(|e| &e.name))
            .cloned()
            .collect()
    }

    /// Names of all its indexes, those of constraints included.
    pub(super) fn index_names(&self) -> Vec<Ident> {
        let table = &self.table;
        let keys = table
            .primary_key
            .iter()
            .chain(&table.unique)
            .map(|k| &k.name);
        keys.chain(table.exclusions.iter().map(|e| &e.name))
            .chain(table.indexes.iter().map(|i| &i.name))
            .cloned()
            .collect()
    }
}
