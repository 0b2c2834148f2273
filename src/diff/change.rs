//! The one vocabulary of differences.

use std::fmt;

/// One atomic difference, seen from the from side: `missing` is what only the to side has, `extra`
/// what only the from side has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// What differs.
    pub object: Object,
    /// How.
    pub what: What,
    /// The table as the to side calls it, or as the from side does when only that has it; empty for
    /// what belongs to no table.
    pub table: String,
    /// The name on the from side.
    pub from: Option<String>,
    /// The name on the to side.
    pub to: Option<String>,
    /// The from side's type or definition.
    pub from_type: Option<String>,
    /// The to side's type or definition.
    pub to_type: Option<String>,
    /// What the column earns, in thousandths; only where the change decides it.
    pub credit: Option<u32>,
    /// The difference in words.
    pub message: String,
}

/// What differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Object {
    /// A table.
    Table,
    /// A column, in its being there, its name or its type.
    Column,
    /// Whether a column takes NULL.
    Nullability,
    /// A column's default.
    Default,
    /// A column's identity.
    Identity,
    /// A column's generation.
    Generated,
    /// A column's collation.
    Collation,
    /// A primary key.
    PrimaryKey,
    /// A unique constraint.
    Unique,
    /// A foreign key.
    ForeignKey,
    /// A check constraint.
    Check,
    /// An exclusion constraint.
    Exclusion,
    /// An index.
    Index,
    /// Row level security, on or forced.
    Rls,
    /// A policy.
    Policy,
    /// A trigger.
    Trigger,
    /// A privilege.
    Grant,
    /// A comment.
    Comment,
    /// An enum.
    Enum,
    /// A domain.
    Domain,
    /// A composite type.
    Composite,
    /// A sequence.
    Sequence,
    /// A view.
    View,
    /// A function.
    Function,
    /// An extension.
    Extension,
    /// A publication.
    Publication,
}

/// How something differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// Only the to side has it.
    Missing,
    /// A counterpart whose conversion is partial or lossy.
    Lossy,
    /// Another name.
    Renamed,
    /// Made from the same row by a rule.
    Derived,
    /// A type that holds every value of the old one.
    Widened,
    /// Both have it, and it differs.
    Changed,
    /// Only the from side has it.
    Extra,
}

impl Object {
    /// The word of it in a change's kind.
    pub fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Column => "column",
            Self::Nullability => "nullability",
            Self::Default => "default",
            Self::Identity => "identity",
            Self::Generated => "generated",
            Self::Collation => "collation",
            Self::PrimaryKey => "primary_key",
            Self::Unique => "unique",
            Self::ForeignKey => "foreign_key",
            Self::Check => "check",
            Self::Exclusion => "exclusion",
            Self::Index => "index",
            Self::Rls => "rls",
            Self::Policy => "policy",
            Self::Trigger => "trigger",
            Self::Grant => "grant",
            Self::Comment => "comment",
            Self::Enum => "enum",
            Self::Domain => "domain",
            Self::Composite => "composite",
            Self::Sequence => "sequence",
            Self::View => "view",
            Self::Function => "function",
            Self::Extension => "extension",
            Self::Publication => "publication",
        }
    }
}

impl What {
    /// The word of it in a change's kind.
    pub fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Lossy => "lossy",
            Self::Renamed => "renamed",
            Self::Derived => "derived",
            Self::Widened => "widened",
            Self::Changed => "changed",
            Self::Extra => "extra",
        }
    }
}

impl Change {
    /// The dotted kind that machines read, such as `column.renamed`.
    pub fn kind(&self) -> String {
        format!("{}.{}", self.object.word(), self.what.word())
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind(), self.message)
    }
}
