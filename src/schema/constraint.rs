//! Keys, foreign keys, checks, exclusions and indexes of a table.

use serde::{Deserialize, Serialize};

use super::expression::Expression;
use super::ident::{Ident, QualifiedName};

/// When a constraint is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deferral {
    /// At each statement, always.
    #[default]
    NotDeferrable,
    /// At each statement unless a transaction asks for its end.
    Deferrable,
    /// At the transaction's end.
    InitiallyDeferred,
}

/// A primary key or a unique constraint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The constraint's name, the server's default name where none was written.
    pub name: Ident,
    /// In the key's own order.
    pub columns: Vec<Ident>,
    /// `INCLUDE` columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<Ident>,
    /// `NULLS NOT DISTINCT`
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nulls_not_distinct: bool,
    /// When it is checked.
    #[serde(default, skip_serializing_if = "is_default")]
    pub deferral: Deferral,
}

/// What happens to the referencing row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// `NO ACTION`, the default.
    NoAction,
    /// `RESTRICT`
    Restrict,
    /// `CASCADE`
    Cascade,
    /// `SET NULL`, of the named columns or of all.
    SetNull(Vec<Ident>),
    /// `SET DEFAULT`, of the named columns or of all.
    SetDefault(Vec<Ident>),
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKey {
    /// The constraint's name, the server's default name where none was written.
    pub name: Ident,
    /// The referencing columns.
    pub columns: Vec<Ident>,
    /// The referenced table, possibly outside the namespaces that were read.
    pub references: QualifiedName,
    /// One for each of `columns`; empty when the source does not tell (the referenced table was not
    /// read and no column was written).
    pub referenced_columns: Vec<Ident>,
    /// `None` when the source does not tell.
    pub on_update: Option<Action>,
    /// `None` when the source does not tell.
    pub on_delete: Option<Action>,
    /// `MATCH FULL`
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub match_full: bool,
    /// When it is checked.
    #[serde(default, skip_serializing_if = "is_default")]
    pub deferral: Deferral,
    /// Added `NOT VALID` and not validated since.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_valid: bool,
}

impl ForeignKey {
    /// What happens to a referencing row, in words with a blank in front of each; nothing for what is
    /// usual.
    pub fn actions(&self) -> String {
        let said = |event: &str, action: Option<&Action>| {
            let (word, columns): (_, &[Ident]) = match action {
                None | Some(Action::NoAction) => return String::new(),
                Some(Action::Restrict) => ("restrict", &[]),
                Some(Action::Cascade) => ("cascade", &[]),
                Some(Action::SetNull(columns)) => ("set null", columns),
                Some(Action::SetDefault(columns)) => ("set default", columns),
            };
            let columns: Vec<String> = columns.iter().map(ToString::to_string).collect();
            match columns.as_slice() {
                [] => format!(" on {event} {word}"),
                columns => format!(" on {event} {word} ({})", columns.join(", ")),
            }
        };
        said("delete", self.on_delete.as_ref()) + &said("update", self.on_update.as_ref())
    }
}

/// A check constraint of a table or a domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// The constraint's name, the server's default name where none was written.
    pub name: Ident,
    /// Without the outer `CHECK (…)`.
    pub expression: Expression,
    /// Added `NOT VALID` and not validated since.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_valid: bool,
    /// `NO INHERIT`
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_inherit: bool,
}

/// An exclusion constraint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exclusion {
    /// The constraint's name, the server's default name where none was written.
    pub name: Ident,
    /// The index method, such as `gist`.
    pub method: String,
    /// Element and operator, in order.
    pub elements: Vec<(IndexElement, String)>,
    /// `WHERE (…)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predicate: Option<Expression>,
    /// When it is checked.
    #[serde(default, skip_serializing_if = "is_default")]
    pub deferral: Deferral,
}

/// An index that no constraint owns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    /// Its name, the server's default name where none was written.
    pub name: Ident,
    /// `btree`, `gin`, …
    pub method: String,
    /// `UNIQUE`
    pub unique: bool,
    /// What is indexed, in order.
    pub elements: Vec<IndexElement>,
    /// `INCLUDE` columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<Ident>,
    /// `WHERE …` of a partial index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predicate: Option<Expression>,
    /// `NULLS NOT DISTINCT`
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nulls_not_distinct: bool,
    /// A concurrent build failed and left it unusable.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub invalid: bool,
}

/// A column or an expression of an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexElement {
    /// What is indexed.
    pub key: IndexKey,
    /// Written only where it is not the column's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    /// Written only where it is not the type's default for the method, without a namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opclass: Option<String>,
    /// `DESC`
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub descending: bool,
    /// `NULLS FIRST`; a descending element is so by default, and then it is set here too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nulls_first: bool,
}

/// What one element of an index holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IndexKey {
    /// A column of the table.
    Column(Ident),
    /// An expression over its row.
    Expression(Expression),
}

pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
