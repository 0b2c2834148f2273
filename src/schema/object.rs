//! Everything of a schema that is not a table: types, sequences, views, functions, extensions,
//! publications.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::column_type::ColumnType;
use super::constraint::{Check, Index, is_default};
use super::expression::Expression;
use super::ident::{Ident, QualifiedName};
use super::table::{Grant, Trigger};

/// An enum type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enum {
    /// Its name.
    pub name: QualifiedName,
    /// In sort order.
    pub labels: Vec<String>,
    /// `COMMENT ON TYPE`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    /// Its name.
    pub name: QualifiedName,
    /// What it is over.
    pub base: ColumnType,
    /// `NOT NULL`
    pub not_null: bool,
    /// `DEFAULT`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Expression>,
    /// Sorted by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
    /// Written only where it is not the base type's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    /// `COMMENT ON DOMAIN`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A composite type that is no table's row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Composite {
    /// Its name.
    pub name: QualifiedName,
    /// In declared order.
    pub fields: Vec<(Ident, ColumnType)>,
    /// `COMMENT ON TYPE`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A sequence; an identity column's own sequence is part of the column and not listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequence {
    /// Its name.
    pub name: QualifiedName,
    /// `smallint`, `integer` or `bigint`.
    #[serde(rename = "type")]
    pub ty: ColumnType,
    /// First value.
    pub start: i64,
    /// Step.
    pub increment: i64,
    /// Lowest value.
    pub min: i64,
    /// Highest value.
    pub max: i64,
    /// Values a session takes at once.
    pub cache: i64,
    /// `CYCLE`
    pub cycle: bool,
    /// `OWNED BY` table and column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owned_by: Option<(QualifiedName, Ident)>,
    /// Privileges of everybody but the owner.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<Grant>,
    /// `COMMENT ON SEQUENCE`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A view or a materialized view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// Its name.
    pub name: QualifiedName,
    /// `MATERIALIZED`
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub materialized: bool,
    /// What it selects. Always in need of a server: the server expands `*` and qualifies names.
    pub query: Expression,
    /// Its columns in order, where a server told them; none where only the text is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<ViewColumn>,
    /// `WITH (security_invoker = true)`; `check_option` is here too, as the catalog has it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
    /// Indexes of a materialized view.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Index>,
    /// `INSTEAD OF` triggers and statement triggers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub triggers: Vec<Trigger>,
    /// Privileges of everybody but the owner.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<Grant>,
    /// `COMMENT ON VIEW`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A column of a view. That it may be NULL goes without saying: a view has no constraints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewColumn {
    /// Its name.
    pub name: Ident,
    /// Its type.
    #[serde(rename = "type")]
    pub ty: ColumnType,
    /// Whether an insert or an update of the view itself, without triggers, may give it a value.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub updatable: bool,
}

/// What tells one overload of a function from another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Signature {
    /// Its name.
    pub name: QualifiedName,
    /// Types of the arguments that go in (`IN`, `INOUT`, `VARIADIC`), in order.
    pub arguments: Vec<ColumnType>,
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arguments: Vec<String> = self.arguments.iter().map(ToString::to_string).collect();
        write!(f, "{}({})", self.name, arguments.join(", "))
    }
}

/// A function or a procedure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// Name and argument types.
    #[serde(flatten)]
    pub signature: Signature,
    /// `CREATE PROCEDURE`
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub procedure: bool,
    /// Every parameter: mode upper-case (`IN`, `OUT`, `INOUT`, `VARIADIC`, `TABLE`), name, type,
    /// default.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<Parameter>,
    /// The returned type; `None` for a procedure and for `RETURNS TABLE` or `OUT` parameters, which
    /// are in `parameters`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returns: Option<ColumnType>,
    /// `SETOF`, and `RETURNS TABLE`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub returns_set: bool,
    /// Lower-case.
    pub language: String,
    /// `IMMUTABLE`, `STABLE` or `VOLATILE`.
    pub volatility: Volatility,
    /// `STRICT`
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub strict: bool,
    /// `SECURITY DEFINER`
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub security_definer: bool,
    /// `LEAKPROOF`
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub leakproof: bool,
    /// `PARALLEL SAFE`, `RESTRICTED` or `UNSAFE`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub parallel: Parallel,
    /// `SET name = value`, as the catalog keeps them (`search_path` to `""` for an empty one).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
    /// The text between the quotes, untouched; an SQL body (`BEGIN ATOMIC`) as an expression that
    /// needs a server.
    pub body: Body,
    /// Privileges of everybody but the owner; `public` holds `EXECUTE` until it is revoked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<Grant>,
    /// `COMMENT ON FUNCTION`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A parameter of a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// `IN`, `OUT`, `INOUT`, `VARIADIC` or `TABLE`.
    pub mode: String,
    /// `None` when it has no name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Ident>,
    /// Its type.
    #[serde(rename = "type")]
    pub ty: ColumnType,
    /// `DEFAULT`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Expression>,
}

/// What a function runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// The text between the quotes, with CRLF read as LF.
    Text(String),
    /// `RETURN …` or `BEGIN ATOMIC … END`, parsed by the server at creation.
    Parsed(Expression),
}

/// What a function promises about its results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Volatility {
    /// `IMMUTABLE`
    Immutable,
    /// `STABLE`
    Stable,
    /// `VOLATILE`, the default.
    #[default]
    Volatile,
}

/// Whether a function may run in parallel workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parallel {
    /// `PARALLEL UNSAFE`, the default.
    #[default]
    Unsafe,
    /// `PARALLEL RESTRICTED`
    Restricted,
    /// `PARALLEL SAFE`
    Safe,
}

/// An installed extension. Its members are not part of the model.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Extension {
    /// Its name.
    pub name: Ident,
}

/// A publication for logical replication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// Its name.
    pub name: Ident,
    /// `FOR ALL TABLES`
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub all_tables: bool,
    /// Tables named one by one, those within the namespaces that were read.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tables: BTreeSet<QualifiedName>,
    /// `FOR TABLES IN SCHEMA`
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub namespaces: BTreeSet<Ident>,
    /// Lower-case: `insert`, `update`, `delete`, `truncate`.
    pub operations: BTreeSet<String>,
}
