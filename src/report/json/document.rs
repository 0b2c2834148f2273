//! The members of the document, in their order. They are frozen: add, and change nothing.

use serde::Serialize;

#[derive(Serialize)]
pub(super) struct Document<'a> {
    pub(super) format_version: u32,
    pub(super) command: &'static str,
    pub(super) align_version: &'static str,
    pub(super) from: Side<'a>,
    pub(super) to: Side<'a>,
    pub(super) map: Option<&'a str>,
    pub(super) score: Score<'a>,
    pub(super) coverage: Coverage,
    pub(super) gate: Gate<'a>,
    pub(super) blockers: Vec<Blocker<'a>>,
    pub(super) changes: Vec<ChangeEntry<'a>>,
    pub(super) unknown: Vec<Unknown<'a>>,
    pub(super) unmodelled: Vec<Unmodelled<'a>>,
    pub(super) missing_tables: Vec<MissingTable<'a>>,
    pub(super) correspondences: Vec<Correspondence<'a>>,
    pub(super) selects: Vec<Select<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) known: Option<Known<'a>>,
}

/// Only where an earlier report was named.
#[derive(Serialize)]
pub(super) struct Known<'a> {
    pub(super) file: &'a str,
    /// The score then.
    pub(super) score: Option<f64>,
    pub(super) passed: bool,
    pub(super) known: usize,
    pub(super) new: Vec<Finding<'a>>,
    pub(super) resolved: Vec<Finding<'a>>,
}

#[derive(Serialize)]
pub(super) struct Finding<'a> {
    pub(super) kind: &'a str,
    pub(super) blocks: bool,
    pub(super) table: &'a str,
    pub(super) from: &'a str,
    pub(super) to: &'a str,
    pub(super) message: &'a str,
}

#[derive(Serialize)]
pub(super) struct Side<'a> {
    pub(super) name: &'a str,
    pub(super) source: &'a str,
    pub(super) tables: usize,
    pub(super) columns: usize,
}

#[derive(Serialize)]
pub(super) struct Score<'a> {
    /// `null` when nothing was scored.
    pub(super) overall: Option<f64>,
    pub(super) strict: Strict,
    pub(super) categories: Vec<Category<'a>>,
}

#[derive(Serialize)]
pub(super) struct Strict {
    pub(super) by_name: Option<f64>,
    pub(super) renames: Option<f64>,
}

#[derive(Serialize)]
pub(super) struct Category<'a> {
    pub(super) name: &'a str,
    /// `null` when it has no table.
    pub(super) score: Option<f64>,
    pub(super) weight: u32,
    pub(super) tables: Vec<TableScore<'a>>,
    /// Tables that the mapping names and the to side does not have.
    pub(super) absent: &'a [String],
}

#[derive(Serialize)]
pub(super) struct TableScore<'a> {
    pub(super) name: &'a str,
    pub(super) score: f64,
    pub(super) columns: usize,
}

#[derive(Serialize)]
pub(super) struct Coverage {
    pub(super) tables: CountedEntry,
    pub(super) columns: CountedEntry,
    pub(super) types: CountedEntry,
}

#[derive(Serialize)]
pub(super) struct CountedEntry {
    pub(super) by_name: usize,
    pub(super) matched: usize,
    pub(super) total: usize,
}

#[derive(Serialize)]
pub(super) struct Gate<'a> {
    pub(super) threshold: Option<serde_json::Number>,
    pub(super) passed: bool,
    pub(super) reasons: &'a [String],
}

#[derive(Serialize)]
pub(super) struct Blocker<'a> {
    pub(super) kind: &'static str,
    pub(super) table: &'a str,
    /// Empty when the fact is not about columns.
    pub(super) column: &'a str,
    pub(super) message: &'a str,
}

#[derive(Serialize)]
pub(super) struct ChangeEntry<'a> {
    pub(super) kind: String,
    pub(super) object: &'static str,
    /// Empty for what belongs to no table.
    pub(super) table: &'a str,
    pub(super) from: Option<&'a str>,
    pub(super) to: Option<&'a str>,
    pub(super) from_type: Option<&'a str>,
    pub(super) to_type: Option<&'a str>,
    pub(super) credit: Option<f64>,
    pub(super) message: &'a str,
}

#[derive(Serialize)]
pub(super) struct Unknown<'a> {
    pub(super) table: &'a str,
    pub(super) name: &'a str,
    pub(super) message: &'a str,
}

#[derive(Serialize)]
pub(super) struct Unmodelled<'a> {
    pub(super) side: &'static str,
    pub(super) unreadable: bool,
    pub(super) what: &'a str,
    pub(super) name: &'a str,
    pub(super) file: Option<&'a str>,
    pub(super) line: Option<u32>,
}

#[derive(Serialize)]
pub(super) struct MissingTable<'a> {
    pub(super) table: &'a str,
    pub(super) columns: usize,
    pub(super) priority: Option<&'static str>,
    pub(super) impact: Option<&'a str>,
    pub(super) module: Option<&'a str>,
    pub(super) phase: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct Correspondence<'a> {
    pub(super) object: &'static str,
    pub(super) from: &'a str,
    pub(super) to: &'a str,
    pub(super) state: &'static str,
    pub(super) missing: Option<&'a str>,
    pub(super) near: &'a [String],
    pub(super) line: u32,
}

#[derive(Serialize)]
pub(super) struct Select<'a> {
    pub(super) table: &'a str,
    pub(super) select: &'a str,
    pub(super) result: &'static str,
    pub(super) message: String,
    pub(super) known_failure: Option<&'a str>,
}
