//! What a database looks like: the one model that every reader gives and every comparison takes.
//!
//! The model holds what is said, never what is guessed. What a source cannot say is either unknown at
//! its place (a type, a nullability) or a whole [`Facet`] that is absent from [`Schema::facets`].

mod column_type;
mod constraint;
mod expression;
mod ident;
mod object;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use column_type::{ColumnType, Family, ResolveType};
pub use constraint::{
    Action, Check, Deferral, Exclusion, ForeignKey, Index, IndexElement, IndexKey, Key,
};
pub use expression::{Agreement, Expression, Spelling};
pub use ident::{Ident, IdentError, MAX_BYTES, QualifiedName, quote};
pub use object::{
    Body, Composite, Domain, Enum, Extension, Function, Parallel, Parameter, Publication, Sequence,
    Signature, View, ViewColumn, Volatility,
};
pub use table::{
    Column, Generated, Grant, Identity, Policy, PolicyCommand, Rls, Table, TableKind, Trigger,
    TriggerState, TriggerTiming,
};

/// One side of a comparison. Every list is sorted by name but the columns of a table, the labels of
/// an enum and the fields of a composite, which keep their own order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// The namespaces that were read. The first is *home*: its name goes without saying, and the
    /// homes of two sides correspond.
    pub namespaces: Vec<Ident>,
    /// What the source was able to say.
    pub facets: BTreeSet<Facet>,
    /// Tables.
    pub tables: Vec<Table>,
    /// Views and materialized views.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub views: Vec<View>,
    /// Enums.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub enums: Vec<Enum>,
    /// Domains.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub domains: Vec<Domain>,
    /// Composite types.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub composites: Vec<Composite>,
    /// Sequences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sequences: Vec<Sequence>,
    /// Functions and procedures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub functions: Vec<Function>,
    /// Extensions of the whole database.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<Extension>,
    /// Publications of the whole database.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub publications: Vec<Publication>,
    /// Seen in the namespaces that were read, and not part of the model.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unmodelled: Vec<Sighting>,
    /// Parts of the source that could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<Sighting>,
    /// Where tables and columns were declared, by [`ObjectPath`]; empty for a live database.
    #[serde(skip)]
    pub places: BTreeMap<ObjectPath, Place>,
}

/// A table, or a column of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectPath {
    /// The table.
    pub table: QualifiedName,
    /// `None` is the table itself.
    pub column: Option<Ident>,
}

/// A line of an input.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The file as the user named it, `-` for standard input.
    pub file: String,
    /// From 1.
    pub line: u32,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// Something that was seen and did not become part of the model.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sighting {
    /// What it is, in words: `aggregate`, `rule`, `statement that cannot be parsed`.
    pub what: String,
    /// Its name, or the first words of a statement.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Where, for a source with lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// A kind of fact that a source is able to state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Facet {
    /// Column defaults.
    Defaults,
    /// Identity and generated columns.
    Generation,
    /// Primary keys.
    PrimaryKeys,
    /// Unique constraints.
    Uniques,
    /// Foreign keys.
    ForeignKeys,
    /// Checks and exclusions.
    Checks,
    /// Indexes.
    Indexes,
    /// Enums, domains, composites with what they hold.
    Types,
    /// Sequences.
    Sequences,
    /// Views.
    Views,
    /// Functions.
    Functions,
    /// Triggers.
    Triggers,
    /// Row level security and policies.
    Rls,
    /// Grants.
    Grants,
    /// Comments.
    Comments,
    /// Extensions and publications.
    Database,
}

impl Facet {
    /// Every facet.
    pub const ALL: [Self; 16] = [
        Self::Defaults,
        Self::Generation,
        Self::PrimaryKeys,
        Self::Uniques,
        Self::ForeignKeys,
        Self::Checks,
        Self::Indexes,
        Self::Types,
        Self::Sequences,
        Self::Views,
        Self::Functions,
        Self::Triggers,
        Self::Rls,
        Self::Grants,
        Self::Comments,
        Self::Database,
    ];

    /// What it is called in a report.
    pub fn label(self) -> &'static str {
        match self {
            Self::Defaults => "defaults",
            Self::Generation => "identity and generated columns",
            Self::PrimaryKeys => "primary keys",
            Self::Uniques => "unique keys",
            Self::ForeignKeys => "foreign keys",
            Self::Checks => "checks",
            Self::Indexes => "indexes",
            Self::Types => "enums, domains and composites",
            Self::Sequences => "sequences",
            Self::Views => "views",
            Self::Functions => "functions",
            Self::Triggers => "triggers",
            Self::Rls => "row level security",
            Self::Grants => "grants",
            Self::Comments => "comments",
            Self::Database => "extensions and publications",
        }
    }
}

impl Schema {
    /// An empty schema over the given namespaces, the first being home.
    pub fn new(namespaces: Vec<Ident>, facets: impl IntoIterator<Item = Facet>) -> Self {
        Self {
            namespaces,
            facets: facets.into_iter().collect(),
            tables: Vec::new(),
            views: Vec::new(),
            enums: Vec::new(),
            domains: Vec::new(),
            composites: Vec::new(),
            sequences: Vec::new(),
            functions: Vec::new(),
            extensions: Vec::new(),
            publications: Vec::new(),
            unmodelled: Vec::new(),
            unreadable: Vec::new(),
            places: BTreeMap::new(),
        }
    }

    /// The namespace whose name goes without saying; `None` when no namespace was read.
    pub fn home(&self) -> Option<&Ident> {
        self.namespaces.first()
    }

    /// The name as a report shows it: without the namespace when that is home.
    pub fn show(&self, name: &QualifiedName) -> String {
        match self.home() {
            Some(home) => name.within(home),
            None => name.to_string(),
        }
    }

    /// The table of that name, once the schema is sorted.
    pub fn table(&self, name: &QualifiedName) -> Option<&Table> {
        self.tables
            .binary_search_by(|t| t.name.cmp(name))
            .ok()
            .map(|at| &self.tables[at])
    }

    /// The enum of that name.
    pub fn enumeration(&self, name: &QualifiedName) -> Option<&Enum> {
        self.enums.iter().find(|e| e.name == *name)
    }

    /// The domain of that name.
    pub fn domain(&self, name: &QualifiedName) -> Option<&Domain> {
        self.domains.iter().find(|d| d.name == *name)
    }

    /// How many columns all tables have.
    pub fn column_count(&self) -> usize {
        self.tables.iter().map(|t| t.columns.len()).sum()
    }

    /// Sorts every list whose order means nothing. Each reader ends with it, so that two readings of
    /// one database are equal.
    pub fn normalise(&mut self) {
        self.tables.sort_by(|a, b| a.name.cmp(&b.name));
        self.views.sort_by(|a, b| a.name.cmp(&b.name));
        self.enums.sort_by(|a, b| a.name.cmp(&b.name));
        self.domains.sort_by(|a, b| a.name.cmp(&b.name));
        self.composites.sort_by(|a, b| a.name.cmp(&b.name));
        self.sequences.sort_by(|a, b| a.name.cmp(&b.name));
        self.functions.sort_by(|a, b| a.signature.cmp(&b.signature));
        self.extensions.sort();
        self.publications.sort_by(|a, b| a.name.cmp(&b.name));
        self.unmodelled.sort();
        self.unreadable.sort();
        for table in &mut self.tables {
            table.normalise();
        }
        for domain in &mut self.domains {
            domain.checks.sort_by(|a, b| a.name.cmp(&b.name));
            domain.default = domain.default.take().filter(is_more_than_null);
        }
        for view in &mut self.views {
            view.indexes.sort_by(|a, b| a.name.cmp(&b.name));
            view.triggers.sort_by(|a, b| a.name.cmp(&b.name));
            view.grants.sort();
        }
        for sequence in &mut self.sequences {
            sequence.grants.sort();
        }
        for function in &mut self.functions {
            function.grants.sort();
        }
    }
}

impl Table {
    /// An ordinary table without columns.
    pub fn new(name: QualifiedName) -> Self {
        Self {
            name,
            kind: TableKind::Ordinary,
            unlogged: false,
            inherits: Vec::new(),
            columns: Vec::new(),
            primary_key: None,
            unique: Vec::new(),
            foreign_keys: Vec::new(),
            checks: Vec::new(),
            exclusions: Vec::new(),
            indexes: Vec::new(),
            triggers: Vec::new(),
            rls: Rls::default(),
            policies: Vec::new(),
            grants: Vec::new(),
            comment: None,
        }
    }

    /// The column of that name.
    pub fn column(&self, name: &Ident) -> Option<&Column> {
        self.columns.iter().find(|c| c.name == *name)
    }

    /// The column sets that hold each row apart: the primary key, unique constraints and plain unique
    /// indexes over columns alone.
    pub fn unique_column_sets(&self) -> Vec<BTreeSet<&Ident>> {
        let keys = self
            .primary_key
            .iter()
            .chain(&self.unique)
            .map(|k| k.columns.iter().collect());
        let indexes = self
            .indexes
            .iter()
            .filter(|i| i.unique && i.predicate.is_none() && !i.invalid);
        let indexed = indexes.filter_map(|index| {
            index
                .elements
                .iter()
                .map(|element| match &element.key {
                    IndexKey::Column(name) => Some(name),
                    IndexKey::Expression(_) => None,
                })
                .collect()
        });
        keys.chain(indexed).collect()
    }

    fn normalise(&mut self) {
        for column in &mut self.columns {
            column.default = column.default.take().filter(is_more_than_null);
        }
        self.unique.sort_by(|a, b| a.name.cmp(&b.name));
        self.foreign_keys.sort_by(|a, b| a.name.cmp(&b.name));
        self.checks.sort_by(|a, b| a.name.cmp(&b.name));
        self.exclusions.sort_by(|a, b| a.name.cmp(&b.name));
        self.indexes.sort_by(|a, b| a.name.cmp(&b.name));
        self.triggers.sort_by(|a, b| a.name.cmp(&b.name));
        self.policies.sort_by(|a, b| a.name.cmp(&b.name));
        self.grants.sort();
    }
}

/// The server keeps `DEFAULT NULL` where the type has a length, and nowhere else.
fn is_more_than_null(default: &Expression) -> bool {
    default.text != "NULL"
}
