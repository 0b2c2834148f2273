//! Which column means which, how a value changes on its way, and what is expected of the result.
//!
//! [`file::read`] makes a [`Mapping`] of a TOML text. It decides the form alone: whether a
//! correspondence fits two schemas is decided by [`crate::diff`].

pub mod condition;
mod describe;
pub mod file;
mod json_path;
mod probe;
mod reference;
mod transform;

use std::collections::BTreeMap;
use std::fmt;

pub use condition::Condition;
pub use json_path::{JsonPath, JsonPathError, JsonStep};
pub use probe::{
    Action, Actor, ExpectAccess, ExpectFlow, ExpectStatement, Outcome, Step, Verify, can_be_tried,
};
pub use reference::{ColumnRef, ReferenceError, TableRef};
pub use transform::{
    Fallback, Literal, Lookup, OnAmbiguous, OnMissing, OpenRange, PackForm, RangeRule, Transform,
    WhenCase,
};

use crate::schema::Ident;

/// The one version of the file's format that this program reads.
pub const FORMAT: u32 = 1;

/// A mapping file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mapping {
    /// Defaults for `--from`.
    pub from: Side,
    /// Defaults for `--to`.
    pub to: Side,
    /// Where the pair's migrations are.
    pub migrate: Option<Migrate>,
    /// What a copy of rows may leave behind.
    pub copy: CopyRules,
    /// What `--gate` asks.
    pub gate: Gate,
    /// What a column earns by class.
    pub credit: Credit,
    /// What never counts.
    pub ignore: Ignore,
    /// Parts of the score, in the file's order.
    pub categories: Vec<Category>,
    /// What the report says of a target table, in the file's order.
    pub expect_tables: Vec<ExpectTable>,
    /// What the other application asks for, in the file's order.
    pub expect_selects: Vec<ExpectSelect>,
    /// What `align verify` rests on.
    pub verify: Verify,
    /// Who uses the database, in the file's order.
    pub actors: Vec<Actor>,
    /// Who may do what, in the file's order.
    pub expect_access: Vec<ExpectAccess>,
    /// What the applications send, in the file's order.
    pub expect_statements: Vec<ExpectStatement>,
    /// What must work from end to end, in the file's order.
    pub expect_flows: Vec<ExpectFlow>,
    /// Tables that mean the same, in the file's order.
    pub tables: Vec<TableCorrespondence>,
    /// Columns that mean the same, in the file's order.
    pub columns: Vec<ColumnCorrespondence>,
    /// Tables and columns of which nobody has said yet what they are on the other side.
    pub undecided: Vec<Undecided>,
}

/// A table or column of which nobody has said yet what it is on the other side. It holds nothing:
/// names decide until it is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecided {
    /// A table, or a column.
    pub is_table: bool,
    /// What the from side has, as the file names it; empty where only the to side is named.
    pub from: String,
    /// What the to side has.
    pub to: String,
    /// Where it stands in the file.
    pub at: At,
}

/// One side's defaults.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Side {
    /// A source as `--from` takes it; a path in it is relative to the mapping file.
    pub source: Option<String>,
    /// A short name for reports, such as `clara-backend`.
    pub name: Option<String>,
    /// Namespaces to read, the first being home; empty means `public`.
    pub schemas: Vec<Ident>,
    /// TypeScript interface names to table names, for a `ts:` source.
    pub interfaces: BTreeMap<String, String>,
}

/// Where a pair's migrations are.
#[derive(Debug, Clone, PartialEq)]
pub struct Migrate {
    /// Folder with one folder a phase, relative to the mapping file.
    pub dir: String,
    /// The default road, in order.
    pub phases: Vec<String>,
}

/// What a copy of rows may leave behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CopyRules {
    /// How many rows of a table may go to quarantine.
    pub max_errors: MaxErrors,
}

/// How many rows of a table may go to quarantine before nothing is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaxErrors {
    /// So many.
    Rows(u64),
    /// A share of the table's rows, in thousandths of a percent.
    Share(u32),
}

impl Default for MaxErrors {
    /// 0.5 %.
    fn default() -> Self {
        Self::Share(500)
    }
}

impl MaxErrors {
    /// Reads `100` or `0.5%`.
    pub fn parse(text: &str) -> Option<Self> {
        let Some(percent) = text.strip_suffix('%') else {
            let digits = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
            return digits.then(|| text.parse().ok().map(Self::Rows)).flatten();
        };
        let (whole, fraction) = percent
            .trim_end()
            .split_once('.')
            .unwrap_or((percent.trim_end(), "0"));
        let digits = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || fraction.len() > 3 || whole.len() > 3 {
            return None;
        }
        let share: u32 = format!("{whole}{fraction:0<3}").parse().ok()?;
        (share <= 100_000).then_some(Self::Share(share))
    }

    /// Whether so many of all rows are too many.
    pub fn is_exceeded(self, errors: u64, rows: u64) -> bool {
        match self {
            Self::Rows(limit) => errors > limit,
            Self::Share(share) => {
                u128::from(errors) * 100_000 > u128::from(share) * u128::from(rows)
            }
        }
    }
}

impl fmt::Display for MaxErrors {
    /// As it reads back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rows(rows) => write!(f, "{rows}"),
            Self::Share(share) => {
                let text = format!("{}.{:03}", share / 1000, share % 1000);
                write!(f, "{}%", text.trim_end_matches('0').trim_end_matches('.'))
            }
        }
    }
}

/// What `--gate` asks.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    /// The lowest score that passes, 0 to 100.
    pub score: f64,
    /// The highest number of blockers that passes.
    pub blockers: u32,
    /// The highest number of unknowns that passes.
    pub unknown: u32,
}

impl Default for Gate {
    /// 90, 0, 0: the seed's target, and nothing open.
    fn default() -> Self {
        Self {
            score: 90.0,
            blockers: 0,
            unknown: 0,
        }
    }
}

/// What one target column earns by class, in thousandths of a point, so that sums are whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Credit {
    /// Same name, identical or widening type.
    pub same: u32,
    /// Mapped name, identical or widening type.
    pub renamed: u32,
    /// Derivable from the same row by a documented rule.
    pub derived: u32,
    /// A counterpart whose conversion is partial or lossy.
    pub lossy: u32,
    /// No counterpart.
    pub missing: u32,
}

impl Default for Credit {
    /// 1, 1, 1, ½, 0.
    fn default() -> Self {
        Self {
            same: 1000,
            renamed: 1000,
            derived: 1000,
            lossy: 500,
            missing: 0,
        }
    }
}

impl Credit {
    /// What a column of that class earns, in thousandths.
    pub fn of(&self, class: Class) -> u32 {
        match class {
            Class::Same => self.same,
            Class::Renamed => self.renamed,
            Class::Derived => self.derived,
            Class::Lossy => self.lossy,
            Class::Missing => self.missing,
        }
    }
}

/// What a target column has on the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The same name with an identical or widening type.
    Same,
    /// A mapped name with an identical or widening type.
    Renamed,
    /// A documented rule over the same row.
    Derived,
    /// A counterpart whose conversion is partial or lossy.
    Lossy,
    /// Nothing.
    Missing,
}

impl Class {
    /// Every class, best first.
    pub const ALL: [Self; 5] = [
        Self::Same,
        Self::Renamed,
        Self::Derived,
        Self::Lossy,
        Self::Missing,
    ];

    /// The word the mapping file and the reports use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Renamed => "renamed",
            Self::Derived => "derived",
            Self::Lossy => "lossy",
            Self::Missing => "missing",
        }
    }
}

/// Patterns of names that never count; `*` stands for any run of characters, `?` for one.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ignore {
    /// `table` or `schema.table`.
    pub tables: Vec<String>,
    /// `table.column` or `schema.table.column`.
    pub columns: Vec<String>,
}

/// A part of the score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// What it is called.
    pub name: String,
    /// Its share in the overall score, at least 1.
    pub weight: u32,
    /// Target tables.
    pub tables: Vec<TableRef>,
    /// Where it stands in the file.
    pub at: At,
}

/// What the report says of a target table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectTable {
    /// The target table.
    pub table: TableRef,
    /// How much its absence matters.
    pub priority: Priority,
    /// What its absence breaks, in a few words.
    pub impact: String,
    /// The module of the application that needs it.
    pub module: Option<String>,
    /// The phase that brings it.
    pub phase: Option<String>,
    /// Lines for the checklist; each is ticked from the live diff by its columns, or by the table.
    pub checklist: Vec<ChecklistItem>,
    /// Where it stands in the file.
    pub at: At,
}

/// A line of the checklist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChecklistItem {
    /// What is to be done.
    pub text: String,
    /// The target columns that tell whether it is done; empty asks for the table alone.
    pub columns: Vec<Ident>,
    /// The phase that brings it, where it is not the table's.
    pub phase: Option<String>,
}

/// How much a table's absence matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// The application cannot do its work.
    High,
    /// Part of it cannot.
    Medium,
    /// A convenience.
    Low,
}

impl Priority {
    /// The word the mapping file and the reports use.
    pub fn word(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

/// A query of the other application, in `PostgREST`'s language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectSelect {
    /// The target table it starts from.
    pub table: TableRef,
    /// The `select` parameter, such as `*,clients(*)`.
    pub select: String,
    /// Where the application asks it.
    pub used_by: Option<String>,
    /// Why it cannot work, said beforehand: then it is reported and never a blocker.
    pub known_failure: Option<String>,
    /// Where it stands in the file.
    pub at: At,
}

/// Two tables that mean the same.
#[derive(Debug, Clone, PartialEq)]
pub struct TableCorrespondence {
    /// The table of the from side.
    pub from: TableRef,
    /// The table of the to side.
    pub to: TableRef,
    /// Whether a person took it.
    pub status: Status,
    /// Paper trail.
    pub note: Note,
    /// Rows for which it does not hold are left out.
    pub filter: Option<Condition>,
    /// By what a row finds the one on the to side that means the same.
    pub matching: Matching,
    /// Where it stands in the file.
    pub at: At,
}

/// By what a row finds the one on the to side that means the same, where their keys differ.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Matching {
    /// Columns of the to side, tried in order; each is one column or several together. Empty leaves it
    /// to the unique keys.
    pub keys: Vec<Vec<Ident>>,
    /// Whether blanks around texts are cut.
    pub trim: bool,
    /// Whether the case of texts is ignored.
    pub lower: bool,
}

/// Columns that mean the same.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnCorrespondence {
    /// Columns of the from side, all of one table where a `to` is: none for a constant, several for
    /// `concat`, `pack`, `when` and `sql`, or where several are kept, archived or dropped alike.
    pub from: Vec<ColumnRef>,
    /// Columns of the to side: none for what is kept, archived or dropped; several for `split`.
    pub to: Vec<ColumnRef>,
    /// What becomes of the values.
    pub rule: Rule,
    /// Texts that are read as NULL before the steps.
    pub nulls: Vec<String>,
    /// What fills a NULL after the steps.
    pub default: Option<Literal>,
    /// What becomes of a row whose value cannot be converted.
    pub on_error: OnError,
    /// Whether a person took it.
    pub status: Status,
    /// A class stated against the one that verb and types give.
    pub credit: Option<Class>,
    /// Whether the rule holds once, or must hold ever after.
    pub sync: Sync,
    /// Paper trail.
    pub note: Note,
    /// Where it stands in the file.
    pub at: At,
}

/// What becomes of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    /// It becomes the `to` column by the steps, in order; no step is a rename or a copy.
    Convert(Vec<Transform>),
    /// It has no home and stays under its own name.
    Keep,
    /// It has no home and goes to `align.archive`.
    Archive,
    /// It has no home and goes; the reason is required.
    Drop {
        /// Why it may go.
        reason: String,
    },
}

/// What becomes of a row whose value cannot be converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnError {
    /// The run stops.
    Fail,
    /// The row goes to quarantine.
    #[default]
    Quarantine,
    /// The target becomes NULL, and the row is counted.
    Null,
    /// The target takes `default`, and the row is counted.
    Default,
}

/// Whether a person took a correspondence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Status {
    /// It holds.
    #[default]
    Accepted,
    /// A proposal; it does not hold until it is accepted.
    Proposed,
    /// A remembered no.
    Rejected,
}

/// Whether a rule must hold ever after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sync {
    /// Both sides stay equal under the rule.
    #[default]
    Always,
    /// The rule fills the target once; people may change it later.
    Once,
}

/// Paper trail of a correspondence.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Note {
    /// The reason.
    pub why: Option<String>,
    /// Who took it.
    pub by: Option<String>,
    /// When, as written.
    pub on: Option<String>,
    /// 0 to 1, in thousandths.
    pub confidence: Option<u32>,
}

/// A place in the mapping file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct At {
    /// From 1.
    pub line: u32,
    /// In characters, from 1.
    pub column: u32,
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

impl Side {
    /// The namespace whose name goes without saying.
    pub fn home(&self) -> &str {
        self.schemas.first().map_or("public", Ident::as_str)
    }
}

impl Mapping {
    /// Correspondences that hold.
    pub fn accepted_columns(&self) -> impl Iterator<Item = &ColumnCorrespondence> {
        self.columns.iter().filter(|c| c.status == Status::Accepted)
    }

    /// What the accepted columns look up, each lookup once.
    pub fn lookups(&self) -> Vec<&Lookup> {
        let mut found: Vec<&Lookup> = Vec::new();
        for column in self.accepted_columns() {
            let Rule::Convert(steps) = &column.rule else {
                continue;
            };
            for step in steps {
                if let Transform::Lookup(lookup) = step
                    && !found.contains(&lookup)
                {
                    found.push(lookup);
                }
            }
        }
        found
    }
}
