//! What an earlier report said already, so that only what is new counts.
//!
//! A finding is the same in two reports when its kind, its table and its names on both sides are: for a
//! difference `kind`, `table`, `from` and `to`; for a blocker `kind`, `table` and `column`; for an unknown
//! `table` and `name`; for what is not part of the model `side`, `what` and `name`; for a query that is
//! not answered `table` and `select`. Types, messages, credits and lines are no part of it, so that a
//! finding stays known when its words change. Two of one identity count as two.
//!
//! A table that was missing whole is known in all its parts: when it comes, what still differs in it is
//! less than what was known, and not new. So is a column that was missing or stood under another name or
//! type, but for a blocker, and for a lower class of the column itself.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

/// The version of the report's JSON that is read.
const VERSION: u64 = 1;

/// What a report found.
#[derive(Debug, Clone, PartialEq)]
pub struct Findings {
    /// The overall score as it was printed; `None` where nothing was scored.
    pub score: Option<f64>,
    /// Blockers first, then in the report's order.
    pub list: Vec<Finding>,
}

/// One thing that a report says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// `column.missing`, `unknown`, `unmodelled`, `query` …
    pub kind: String,
    /// Whether it forbids a switch.
    pub blocks: bool,
    /// The table; empty for what belongs to none.
    pub table: String,
    /// What it is called on the from side, or on both.
    pub from: String,
    /// What it is called on the to side, where that is said apart.
    pub to: String,
    /// The finding in words.
    pub message: String,
}

/// A report beside an earlier one.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// What the earlier report is called.
    pub label: String,
    /// The score then.
    pub before: Option<f64>,
    /// The score now.
    pub now: Option<f64>,
    /// What both found.
    pub known: Vec<Finding>,
    /// What only this one found.
    pub new: Vec<Finding>,
    /// What only the earlier one found.
    pub resolved: Vec<Finding>,
}

/// Why a text is no report to compare with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// It is no JSON.
    #[error("it is no JSON: {0}")]
    NotJson(String),
    /// It is JSON of something else.
    #[error("it is no report of `align diff`{0}")]
    Foreign(String),
    /// A later program wrote it.
    #[error("its format_version is {0}, and this align reads {VERSION}")]
    Newer(u64),
    /// A member is not as it must be.
    #[error("it is not as `align diff --format json` writes it: {0}")]
    Broken(String),
}

impl ReadError {
    /// What to do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Newer(_) => "update align, or write the file anew with this one",
            Self::NotJson(_) | Self::Foreign(_) | Self::Broken(_) => {
                "write one with `align diff --format json -o known.json`"
            }
        }
    }
}

#[derive(Deserialize)]
struct Document {
    score: ScoreEntry,
    blockers: Vec<BlockerEntry>,
    changes: Vec<ChangeEntry>,
    unknown: Vec<UnknownEntry>,
    unmodelled: Vec<UnmodelledEntry>,
    #[serde(default)]
    selects: Vec<SelectEntry>,
}

#[derive(Deserialize)]
struct ScoreEntry {
    overall: Option<f64>,
}

#[derive(Deserialize)]
struct BlockerEntry {
    kind: String,
    table: String,
    column: String,
    message: String,
}

#[derive(Deserialize)]
struct ChangeEntry {
    kind: String,
    table: String,
    from: Option<String>,
    to: Option<String>,
    message: String,
}

#[derive(Deserialize)]
struct UnknownEntry {
    table: String,
    name: String,
    message: String,
}

#[derive(Deserialize)]
struct UnmodelledEntry {
    side: String,
    what: String,
    name: String,
}

#[derive(Deserialize)]
struct SelectEntry {
    table: String,
    select: String,
    result: String,
    message: String,
    known_failure: Option<String>,
}

/// Reads what `align diff --format json` wrote.
///
/// # Errors
/// A text that is no such report, or one of a later version.
pub fn read(text: &str) -> Result<Findings, ReadError> {
    let value: Value =
        serde_json::from_str(text).map_err(|error| ReadError::NotJson(error.to_string()))?;
    let command = value.get("command").and_then(Value::as_str);
    let version = value.get("format_version").and_then(Value::as_u64);
    match (command, version) {
        (Some("diff"), Some(VERSION)) => {}
        (Some("diff"), Some(newer)) if newer > VERSION => return Err(ReadError::Newer(newer)),
        (Some(other), Some(_)) if other != "diff" => {
            return Err(ReadError::Foreign(format!(", but of `align {other}`")));
        }
        _ => return Err(ReadError::Foreign(String::new())),
    }
    let document: Document =
        serde_json::from_value(value).map_err(|error| ReadError::Broken(error.to_string()))?;
    Ok(findings(document))
}

fn findings(document: Document) -> Findings {
    let mut list = Vec::new();
    for entry in document.blockers {
        list.push(Finding {
            kind: entry.kind,
            blocks: true,
            table: entry.table,
            from: entry.column,
            to: String::new(),
            message: entry.message,
        });
    }
    for entry in document.changes {
        list.push(Finding {
            kind: entry.kind,
            blocks: false,
            table: entry.table,
            from: entry.from.unwrap_or_default(),
            to: entry.to.unwrap_or_default(),
            message: entry.message,
        });
    }
    for entry in document.unknown {
        list.push(Finding {
            kind: "unknown".to_owned(),
            blocks: false,
            table: entry.table,
            from: entry.name,
            to: String::new(),
            message: entry.message,
        });
    }
    for entry in document.unmodelled {
        list.push(Finding {
            kind: "unmodelled".to_owned(),
            blocks: false,
            table: String::new(),
            message: format!("{} of {} is not compared", entry.what, entry.side),
            from: entry.name,
            to: format!("{} {}", entry.side, entry.what),
        });
    }
    for entry in document.selects {
        if entry.result != "resolved" && entry.known_failure.is_none() {
            list.push(Finding {
                kind: "query".to_owned(),
                blocks: false,
                table: entry.table,
                from: entry.select,
                to: String::new(),
                message: entry.message,
            });
        }
    }
    Findings {
        score: document.score.overall,
        list,
    }
}

impl Finding {
    fn identity(&self) -> (bool, String, String, String, String) {
        let part = |text: &String| text.clone();
        (
            self.blocks,
            part(&self.kind),
            part(&self.table),
            part(&self.from),
            part(&self.to),
        )
    }

    /// What it is about: `clients.client_name`.
    pub fn place(&self) -> String {
        let name = if self.to.is_empty() || self.kind == "unmodelled" {
            &self.from
        } else {
            &self.to
        };
        match (self.table.as_str(), name.as_str()) {
            (table, "") => table.to_owned(),
            ("", name) => name.to_owned(),
            (table, name) if table == name => name.to_owned(),
            (table, name) => format!("{table}.{name}"),
        }
    }
}

/// What an earlier report said to be missing whole.
struct Missing<'a> {
    tables: BTreeSet<&'a str>,
    /// Columns by their table, with the kind of what was said.
    columns: BTreeMap<(&'a str, &'a str), &'a str>,
}

const MISSING: &str = "column.missing";
const WIDENED: &str = "column.widened";
/// Kinds that say where a column's values are.
const COLUMN: &str = "column.";

impl<'a> Missing<'a> {
    fn of(before: &'a Findings) -> Self {
        let list = || before.list.iter();
        let tables = list().filter(|finding| finding.kind == "table.missing");
        let columns =
            list().filter(|f| !f.blocks && f.kind.starts_with(COLUMN) && f.kind != WIDENED);
        Self {
            tables: tables.map(|finding| finding.table.as_str()).collect(),
            columns: columns
                .map(|f| ((f.table.as_str(), f.to.as_str()), f.kind.as_str()))
                .collect(),
        }
    }

    /// Whether it is said of a part of what was missing.
    fn has(&self, finding: &Finding) -> bool {
        let table = finding.table.as_str();
        if self.tables.contains(table) {
            return true;
        }
        let names = [finding.to.as_str(), finding.from.as_str()];
        let mut found = names
            .iter()
            .filter_map(|name| self.columns.get(&(table, *name)));
        let is_own = finding.kind.starts_with(COLUMN) && finding.kind != WIDENED;
        !finding.blocks
            && found.any(|before| !is_own || (*before == MISSING && finding.kind != MISSING))
    }
}

/// Divides what is found into what was found before and what was not.
pub fn compare(label: &str, before: &Findings, now: &Findings) -> Standing {
    let mut left: BTreeMap<_, Vec<&Finding>> = BTreeMap::new();
    for finding in before.list.iter().rev() {
        left.entry(finding.identity()).or_default().push(finding);
    }
    let missing = Missing::of(before);
    let (mut known, mut new) = (Vec::new(), Vec::new());
    for finding in &now.list {
        let is_known = left
            .get_mut(&finding.identity())
            .is_some_and(|found| found.pop().is_some());
        if is_known || missing.has(finding) {
            &mut known
        } else {
            &mut new
        }
        .push(finding.clone());
    }
    let mut resolved = Vec::new();
    for finding in &before.list {
        let Some(found) = left.get_mut(&finding.identity()) else {
            continue;
        };
        if let Some(gone) = found.pop() {
            resolved.push(gone.clone());
        }
    }
    Standing {
        label: label.to_owned(),
        before: before.score,
        now: now.score,
        known,
        new,
        resolved,
    }
}

impl Standing {
    /// Every reason for a no, one sentence each; empty when nothing is new and the score holds.
    pub fn reasons(&self) -> Vec<String> {
        let mut reasons = Vec::new();
        if self.fell() {
            let score = |score: Option<f64>| match score {
                Some(score) => format!("{score:.1}"),
                None => "nothing".to_owned(),
            };
            reasons.push(format!(
                "the score fell from {} to {}",
                score(self.before),
                score(self.now)
            ));
        }
        let blockers = self.new.iter().filter(|finding| finding.blocks).count();
        let others = self.new.len() - blockers;
        for (found, one, many) in [
            (blockers, "blocker is", "blockers are"),
            (others, "other finding is", "other findings are"),
        ] {
            if found > 0 {
                let word = if found == 1 { one } else { many };
                reasons.push(format!("{found} {word} new"));
            }
        }
        reasons
    }

    fn fell(&self) -> bool {
        match (self.before, self.now) {
            (Some(before), Some(now)) => now < before,
            (Some(_), None) => true,
            (None, _) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn report(score: f64, columns: &[&str]) -> String {
        let changes: Vec<Value> = columns
            .iter()
            .map(|name| {
                json!({"kind": "column.missing", "table": "t", "from": null, "to": name,
                    "credit": 0.0, "message": "m"})
            })
            .collect();
        json!({
            "format_version": 1, "command": "diff", "score": {"overall": score},
            "blockers": [{"kind": "rls.off", "table": "t", "column": "", "message": "m"}],
            "changes": changes,
            "unknown": [{"table": "t", "name": "u", "message": "m"}],
            "unmodelled": [{"side": "to", "unreadable": false, "what": "rule", "name": "r"}],
            "selects": [
                {"table": "t", "select": "*", "result": "resolved", "message": "", "known_failure": null},
                {"table": "t", "select": "a", "result": "missing", "message": "", "known_failure": "said"},
                {"table": "t", "select": "b", "result": "missing", "message": "", "known_failure": null},
            ],
        })
        .to_string()
    }

    #[test]
    fn what_is_known_new_and_gone() {
        for (before, now, known, new, resolved, reasons) in [
            ((50.0, &["a"][..]), (50.0, &["a"][..]), 5, 0, 0, &[][..]),
            ((50.0, &["a"]), (51.0, &[]), 4, 0, 1, &[]),
            (
                (50.0, &["a"]),
                (49.9, &["b"]),
                4,
                1,
                1,
                &["the score fell from 50.0 to 49.9", "1 other finding is new"],
            ),
            (
                (50.0, &["a"]),
                (50.0, &["a", "a", "a"]),
                5,
                2,
                0,
                &["2 other findings are new"],
            ),
            ((50.0, &["a", "a"]), (50.0, &["a"]), 5, 0, 1, &[]),
        ] {
            let read = |(score, columns): (f64, &[&str])| read(&report(score, columns)).unwrap();
            let standing = compare("f", &read(before), &read(now));
            let counts = (
                standing.known.len(),
                standing.new.len(),
                standing.resolved.len(),
            );
            assert_eq!(counts, (known, new, resolved), "{before:?} {now:?}");
            assert_eq!(standing.reasons(), reasons, "{before:?} {now:?}");
        }
    }

    #[test]
    fn words_are_no_part_of_a_finding_and_names_are() {
        let before = read(&report(1.0, &["a"])).unwrap();
        let words = report(1.0, &["a"]).replace("\"m\"", "\"other words\"");
        assert!(compare("f", &before, &read(&words).unwrap()).new.is_empty());
        for (part, other) in [
            ("rls.off", "table.missing"),
            ("\"name\":\"u\"", "\"name\":\"v\""),
            ("\"what\":\"rule\"", "\"what\":\"aggregate\""),
            ("\"select\":\"b\"", "\"select\":\"c\""),
        ] {
            let text = report(1.0, &["a"]);
            assert!(text.contains(part), "{text}");
            let now = read(&text.replace(part, other)).unwrap();
            let standing = compare("f", &before, &now);
            assert_eq!((standing.new.len(), standing.resolved.len()), (1, 1));
        }
    }

    #[test]
    fn what_was_missing_whole_is_known_in_all_its_parts() {
        let before = read(&report(50.0, &["a"])).unwrap();
        for (kind, table, name, is_new) in [
            ("default.changed", "t", "a", false),
            ("default.changed", "t", "b", true),
            ("default.changed", "s", "a", true),
            ("check.missing", "t", "t_check", true),
            ("column.lossy", "t", "a", false),
        ] {
            let now = report(50.0, &["a"]);
            let now = now.replace("\"column.missing\"", &format!("{kind:?}"));
            let now = now.replace("\"to\":\"a\"", &format!("\"to\":{name:?}"));
            let mut now = read(&now).unwrap();
            now.list[1].table = table.to_owned();
            let new = compare("f", &before, &now).new.len();
            assert_eq!(new, usize::from(is_new), "{kind} {table}.{name}");
        }
        for (then, later, is_new) in [
            ("column.renamed", "column.widened", false),
            ("column.renamed", "default.missing", false),
            ("column.renamed", "column.missing", true),
            ("column.widened", "column.lossy", true),
        ] {
            let as_kind = |kind| read(&report(50.0, &["a"]).replace(MISSING, kind)).unwrap();
            let new = compare("f", &as_kind(then), &as_kind(later)).new.len();
            assert_eq!(new, usize::from(is_new), "{then} {later}");
        }
        let mut blocking = read(&report(50.0, &["a"])).unwrap();
        blocking.list[1].kind = "conversion.lossy".to_owned();
        blocking.list[1].blocks = true;
        assert_eq!(compare("f", &before, &blocking).new.len(), 1);
        let missing = report(50.0, &["a"]).replace("column.missing", "table.missing");
        let now = read(&report(50.0, &["x", "y"])).unwrap();
        assert!(compare("f", &read(&missing).unwrap(), &now).new.is_empty());
    }

    #[test]
    fn what_is_no_report_is_told() {
        for (text, words) in [
            ("", "it is no JSON: "),
            ("[]", "it is no report of `align diff`"),
            ("{}", "it is no report of `align diff`"),
            (r#"{"command": "diff"}"#, "it is no report of `align diff`"),
            (
                r#"{"command": "verify", "format_version": 1}"#,
                "it is no report of `align diff`, but of `align verify`",
            ),
            (
                r#"{"command": "diff", "format_version": 2}"#,
                "its format_version is 2, and this align reads 1",
            ),
            (
                r#"{"command": "diff", "format_version": 1}"#,
                "it is not as `align diff --format json` writes it: missing field `score`",
            ),
        ] {
            let said = read(text).unwrap_err().to_string();
            assert!(said.starts_with(words), "{text}: {said}");
        }
    }
}
