//! Tables and their columns, triggers, policies and grants.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::column_type::ColumnType;
use super::constraint::{Check, Exclusion, ForeignKey, Index, Key, is_default};
use super::expression::Expression;
use super::ident::{Ident, QualifiedName};

/// A table. Lists are in declaration order for columns, sorted by name for all else
/// (see [`super::Schema::normalise`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Its name.
    pub name: QualifiedName,
    /// Ordinary, partitioned, a partition, foreign.
    #[serde(default, skip_serializing_if = "is_default")]
    pub kind: TableKind,
    /// `UNLOGGED`
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unlogged: bool,
    /// Tables it inherits from; a partition names its parent in `kind` instead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inherits: Vec<QualifiedName>,
    /// In declaration order.
    pub columns: Vec<Column>,
    /// The primary key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary_key: Option<Key>,
    /// Unique constraints; a unique index without a constraint is in `indexes`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unique: Vec<Key>,
    /// Foreign keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign_keys: Vec<ForeignKey>,
    /// Check constraints.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
    /// Exclusion constraints.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclusions: Vec<Exclusion>,
    /// Indexes that no constraint owns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Index>,
    /// Triggers that users made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub triggers: Vec<Trigger>,
    /// Row level security.
    #[serde(default, skip_serializing_if = "is_default")]
    pub rls: Rls,
    /// Row level security policies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<Policy>,
    /// Privileges of everybody but the owner.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<Grant>,
    /// `COMMENT ON TABLE`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// Which kind of table.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TableKind {
    /// An ordinary table.
    #[default]
    Ordinary,
    /// `PARTITION BY …`
    Partitioned {
        /// `RANGE (created_at)`, the strategy upper-case, the key in canonical spelling.
        by: String,
        /// Its own parent and bound when it is a partition, too.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<(QualifiedName, String)>,
    },
    /// `PARTITION OF parent`
    Partition {
        /// The partitioned table.
        of: QualifiedName,
        /// `FOR VALUES FROM (…) TO (…)` or `DEFAULT`, as the server prints it.
        bound: String,
    },
    /// A foreign table of the named server.
    Foreign {
        /// `SERVER …`
        server: Ident,
    },
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: Ident,
    /// Its type.
    #[serde(rename = "type")]
    pub ty: ColumnType,
    /// `None` when the source cannot tell.
    pub nullable: Option<bool>,
    /// `DEFAULT`; a `serial` column has its `nextval('…'::regclass)` here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Expression>,
    /// `GENERATED … AS IDENTITY`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// `GENERATED ALWAYS AS (…)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generated: Option<Generated>,
    /// Written only where it is not the type's own, without a namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    /// The values it may hold, where the source states them with the column itself (a union of
    /// literals in TypeScript). Checks and enums are not repeated here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<BTreeSet<String>>,
    /// `COMMENT ON COLUMN`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl Column {
    /// A nullable column without a default or anything else.
    pub fn new(name: Ident, ty: ColumnType) -> Self {
        Self {
            name,
            ty,
            nullable: Some(true),
            default: None,
            identity: None,
            generated: None,
            collation: None,
            values: None,
            comment: None,
        }
    }

    /// Whether an insert must name it: it takes no NULL and nothing fills it.
    pub fn is_required(&self) -> bool {
        self.nullable == Some(false)
            && self.default.is_none()
            && self.identity.is_none()
            && self.generated.is_none()
    }
}

/// An identity column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Identity {
    /// `GENERATED ALWAYS AS IDENTITY`
    Always,
    /// `GENERATED BY DEFAULT AS IDENTITY`
    ByDefault,
}

/// A generated column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generated {
    /// What it is computed from.
    pub expression: Expression,
    /// `STORED`; otherwise `VIRTUAL` (PostgreSQL 18).
    pub stored: bool,
}

/// Row level security of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rls {
    /// `ENABLE ROW LEVEL SECURITY`
    pub enabled: bool,
    /// `FORCE ROW LEVEL SECURITY`
    pub forced: bool,
}

/// A row level security policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Its name.
    pub name: Ident,
    /// `ALL`, `SELECT`, `INSERT`, `UPDATE` or `DELETE`.
    pub command: PolicyCommand,
    /// Role names; `public` is everybody.
    pub roles: BTreeSet<String>,
    /// `AS PERMISSIVE`, the default.
    pub permissive: bool,
    /// `USING (…)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub using: Option<Expression>,
    /// `WITH CHECK (…)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<Expression>,
    /// `COMMENT ON POLICY`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// What a policy applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum PolicyCommand {
    /// Every command.
    All,
    /// `SELECT`
    Select,
    /// `INSERT`
    Insert,
    /// `UPDATE`
    Update,
    /// `DELETE`
    Delete,
}

/// A trigger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    /// Its name.
    pub name: Ident,
    /// `BEFORE`, `AFTER` or `INSTEAD OF`.
    pub timing: TriggerTiming,
    /// `INSERT`, `UPDATE`, `UPDATE OF a, b` (columns in declared order), `DELETE`, `TRUNCATE`.
    pub events: BTreeSet<String>,
    /// `FOR EACH ROW`; otherwise for each statement.
    pub each_row: bool,
    /// `WHEN (…)`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Expression>,
    /// The function it runs.
    pub function: QualifiedName,
    /// Its literal arguments, unquoted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<String>,
    /// `CREATE CONSTRAINT TRIGGER`, and when it fires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constraint: Option<Deferral>,
    /// `REFERENCING OLD TABLE AS …`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_table: Option<Ident>,
    /// `REFERENCING NEW TABLE AS …`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_table: Option<Ident>,
    /// Whether it fires.
    #[serde(default, skip_serializing_if = "is_default")]
    pub enabled: TriggerState,
    /// `COMMENT ON TRIGGER`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

use super::constraint::Deferral;

/// When a trigger fires, relative to its event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TriggerTiming {
    /// `BEFORE`
    Before,
    /// `AFTER`
    After,
    /// `INSTEAD OF`
    InsteadOf,
}

/// Whether a trigger fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TriggerState {
    /// In ordinary sessions.
    #[default]
    Enabled,
    /// Never.
    Disabled,
    /// In replication sessions alone.
    Replica,
    /// In every session.
    Always,
}

/// Privileges one role holds on one object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Grant {
    /// The role; `public` is everybody.
    pub grantee: String,
    /// Upper-case words, such as `SELECT`; `ALL` is spelled out.
    pub privileges: BTreeSet<String>,
    /// The columns it is limited to; `None` is the whole object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<BTreeSet<Ident>>,
    /// `WITH GRANT OPTION`
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub grantable: bool,
}
