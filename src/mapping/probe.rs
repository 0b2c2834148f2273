//! What is tried on the finished database: who asks, what each may do, and which statements answer.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{At, ColumnRef, TableRef};
use crate::schema::Ident;

/// What `align verify` rests on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verify {
    /// A file of SQL, relative to the mapping file, whose rows the probes rest on.
    pub setup: Option<String>,
    /// The actors who ask what [`super::ExpectSelect`] says; empty is who runs the check.
    pub readers: Vec<String>,
    /// A namespace that the target names, and the one that a database without it has instead.
    pub stand_in: BTreeMap<Ident, Ident>,
    /// A namespace in which a migrated database shows the from side's tables in their old form.
    pub old: Option<Ident>,
    /// A policy under which roles with grants of their own pass row security as they did before it was
    /// on: whoever it names may hold what the target's roles do not.
    pub direct: Option<Ident>,
    /// Target columns with an SQL condition over the old row `s` and the new row `t` under which a value
    /// may differ from its rule.
    pub excuse: Vec<(ColumnRef, String)>,
    /// Target columns with the type that they may have here, although the target's holds more.
    pub narrower: Vec<(ColumnRef, String)>,
}

/// Someone who uses the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// What the other entries call them, such as `manager`.
    pub name: String,
    /// The role their statements run as.
    pub role: Ident,
    /// The JSON object in `request.jwt.claims`; `None` leaves it empty.
    pub claims: Option<String>,
    /// Whether who is connected stands in for them where the role is not there: for one who sees every
    /// row.
    pub stand_in: bool,
    /// Where it stands in the file.
    pub at: At,
}

/// Who may do what with one row of a table. An actor whom an action does not name must not be able to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectAccess {
    /// The table or view of the target.
    pub table: TableRef,
    /// An SQL condition over the table that one row meets, one of those `[verify] setup` makes.
    pub row: String,
    /// Names of actors, by action.
    pub allowed: BTreeMap<Action, BTreeSet<String>>,
    /// Where it stands in the file.
    pub at: At,
}

/// What is done with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// It is read.
    Select,
    /// It is put there.
    Insert,
    /// It is changed.
    Update,
    /// It is taken away.
    Delete,
}

impl Action {
    /// Every action, in the order reports use.
    pub const ALL: [Self; 4] = [Self::Select, Self::Insert, Self::Update, Self::Delete];

    /// The word the mapping file and the reports use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Select => "select",
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A statement that one of the applications sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectStatement {
    /// What the report calls it; no other has the same name.
    pub name: String,
    /// What is sent, and what it gives.
    pub step: Step,
    /// Where the application sends it.
    pub used_by: Option<String>,
    /// Why it cannot work, said beforehand: then its failure is reported and never fails.
    pub known_failure: Option<String>,
    /// Where it stands in the file.
    pub at: At,
}

/// Statements that follow on one another, all in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectFlow {
    /// What the report calls it; no other has the same name.
    pub name: String,
    /// In order, at least one.
    pub steps: Vec<Step>,
    /// Where it stands in the file.
    pub at: At,
}

/// One statement with what it gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Who sends it; `None` is who runs the check.
    pub actor: Option<String>,
    /// The statement.
    pub sql: String,
    /// What it gives.
    pub outcome: Outcome,
    /// Where it stands in the file.
    pub at: At,
}

/// What a statement gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It runs.
    Runs,
    /// It runs, and returns or changes as many rows.
    Rows(u32),
    /// It fails with this SQLSTATE.
    Fails(String),
}

/// Whether the text begins as a statement that a transaction holds, so that it can be rolled back.
pub fn can_be_tried(sql: &str) -> bool {
    const WORDS: [&str; 10] = [
        "select", "insert", "update", "delete", "merge", "with", "values", "table", "call", "do",
    ];
    let mut rest = sql.trim_start();
    loop {
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment
                .split_once('\n')
                .map_or("", |(_, rest)| rest)
                .trim_start();
        } else if rest.starts_with("/*") {
            rest = after_block_comment(rest).trim_start();
        } else {
            break;
        }
    }
    let end = rest.find(|c: char| !c.is_ascii_alphabetic());
    let word = rest[..end.unwrap_or(rest.len())].to_ascii_lowercase();
    WORDS.contains(&word.as_str())
}

/// Comments nest, as the server reads them.
fn after_block_comment(text: &str) -> &str {
    let (mut depth, mut at) = (0_usize, 0_usize);
    while let Some(found) = text[at..].find(['/', '*']) {
        at += found;
        let (step, change) = match &text.as_bytes()[at..] {
            [b'/', b'*', ..] => (2, 1_isize),
            [b'*', b'/', ..] => (2, -1),
            _ => (1, 0),
        };
        at += step;
        depth = depth.saturating_add_signed(change);
        if depth == 0 {
            return &text[at..];
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::can_be_tried;

    #[test]
    fn what_ends_a_transaction_cannot_be_tried() {
        for sql in [
            "SELECT 1",
            "  -- a\n/* b /* c */ d */ insert into t values (1)",
            "do $$ begin end $$",
            "with a as (select 1) select * from a",
            "table t",
        ] {
            assert!(can_be_tried(sql), "{sql}");
        }
        for sql in [
            "COMMIT",
            "/* select */ rollback",
            "-- select\nend",
            "/* select",
            "/* a /* b */ select 1",
            "prepare transaction 'a'",
            "selection",
            "",
            "savepoint a",
            "create table t ()",
        ] {
            assert!(!can_be_tried(sql), "{sql}");
        }
    }
}
