//! The JSON of `align diff`, version 1.
//!
//! These types are frozen: scripts depend on them. Members are only ever added; anything else is a new
//! version. The types of the comparison stay free to change.

mod document;

use document::{
    Blocker, Category, ChangeEntry, Correspondence, CountedEntry, Coverage, Document, Finding,
    Gate, Known, MissingTable, Score, Select, Side, Strict, TableScore, Unknown, Unmodelled,
};

use super::Report;
use super::standing::{expectation, select_words};
use crate::diff::{Change, CorrespondenceState, SelectOutcome, SelectResult, Size, State};
use crate::known::{self, Standing};
use crate::score::{CategoryScore, Counted, Share};

/// The document, indented, with a line end.
pub(super) fn render(report: &Report<'_>) -> String {
    let document = document(report);
    let mut text = serde_json::to_string_pretty(&document)
        .expect("strings, numbers and lists without keys of their own always become JSON");
    text.push('\n');
    text
}

fn document<'a>(report: &'a Report<'a>) -> Document<'a> {
    let (comparison, score) = (report.comparison, report.score);
    Document {
        format_version: 1,
        command: "diff",
        align_version: env!("CARGO_PKG_VERSION"),
        from: side(report.from.name, report.from.source, comparison.from),
        to: side(report.to.name, report.to.source, comparison.to),
        map: report.map,
        score: Score {
            overall: score.permille().map(decimal),
            strict: Strict {
                by_name: score.strict.by_name.as_ref().map(points),
                renames: score.strict.renames.as_ref().map(points),
            },
            categories: score.categories.iter().map(category).collect(),
        },
        coverage: Coverage {
            tables: counted(score.coverage.tables),
            columns: counted(score.coverage.columns),
            types: counted(score.coverage.types),
        },
        gate: Gate {
            // A whole threshold is written without a point, as people write it.
            threshold: report.verdict.threshold.to_string().parse().ok(),
            passed: report.verdict.passed,
            reasons: &report.verdict.reasons,
        },
        blockers: comparison
            .blockers
            .iter()
            .map(|b| Blocker {
                kind: b.kind.word(),
                table: &b.table,
                column: &b.column,
                message: &b.message,
            })
            .collect(),
        changes: comparison.all_changes().map(change).collect(),
        unknown: comparison
            .unknowns
            .iter()
            .map(|u| Unknown {
                table: &u.table,
                name: &u.name,
                message: &u.message,
            })
            .collect(),
        unmodelled: comparison
            .unmodelled
            .iter()
            .map(|u| Unmodelled {
                side: u.side,
                unreadable: u.unreadable,
                what: &u.sighting.what,
                name: &u.sighting.name,
                file: u.sighting.place.as_ref().map(|p| p.file.as_str()),
                line: u.sighting.place.as_ref().map(|p| p.line),
            })
            .collect(),
        missing_tables: missing_tables(report),
        correspondences: comparison
            .correspondences
            .iter()
            .map(correspondence)
            .collect(),
        selects: comparison.selects.iter().map(select).collect(),
        known: report.known.map(beside),
    }
}

fn side<'a>(name: &'a str, source: &'a str, size: Size) -> Side<'a> {
    Side {
        name,
        source,
        tables: size.tables,
        columns: size.columns,
    }
}

fn beside(standing: &Standing) -> Known<'_> {
    Known {
        file: &standing.label,
        score: standing.before,
        passed: standing.reasons().is_empty(),
        known: standing.known.len(),
        new: standing.new.iter().map(finding).collect(),
        resolved: standing.resolved.iter().map(finding).collect(),
    }
}

fn finding(finding: &known::Finding) -> Finding<'_> {
    Finding {
        kind: &finding.kind,
        blocks: finding.blocks,
        table: &finding.table,
        from: &finding.from,
        to: &finding.to,
        message: &finding.message,
    }
}

/// Tenths as a number with one decimal.
fn decimal(tenths: u32) -> f64 {
    f64::from(tenths) / 10.0
}

fn points(share: &Share) -> f64 {
    decimal(share.permille())
}

fn category(category: &CategoryScore) -> Category<'_> {
    let tables = category.tables.iter().map(|table| TableScore {
        name: &table.name,
        score: points(&table.share),
        columns: table.columns,
    });
    Category {
        name: &category.name,
        score: category.share.as_ref().map(points),
        weight: category.weight,
        tables: tables.collect(),
        absent: &category.absent,
    }
}

fn counted(counted: Counted) -> CountedEntry {
    CountedEntry {
        by_name: counted.by_name,
        matched: counted.matched,
        total: counted.total,
    }
}

fn change(change: &Change) -> ChangeEntry<'_> {
    ChangeEntry {
        kind: change.kind(),
        object: change.object.word(),
        table: &change.table,
        from: change.from.as_deref(),
        to: change.to.as_deref(),
        from_type: change.from_type.as_deref(),
        to_type: change.to_type.as_deref(),
        credit: change
            .credit
            .map(|thousandths| f64::from(thousandths) / 1000.0),
        message: &change.message,
    }
}

fn missing_tables<'a>(report: &'a Report<'a>) -> Vec<MissingTable<'a>> {
    let tables = report.comparison.tables.iter();
    tables
        .filter(|table| table.from.is_none())
        .map(|table| {
            let said = expectation(report.mapping, table);
            MissingTable {
                table: &table.name,
                columns: table.columns.len(),
                priority: said.map(|e| e.priority.word()),
                impact: said.map(|e| e.impact.as_str()),
                module: said.and_then(|e| e.module.as_deref()),
                phase: said.and_then(|e| e.phase.as_deref()),
            }
        })
        .collect()
}

fn correspondence(correspondence: &CorrespondenceState) -> Correspondence<'_> {
    let (state, missing, near) = match &correspondence.state {
        State::Open => ("open", None, [].as_slice()),
        State::Applied => ("applied", None, [].as_slice()),
        State::Idle => ("idle", None, [].as_slice()),
        State::Stale { missing, near } => ("stale", Some(missing.as_str()), near.as_slice()),
    };
    Correspondence {
        object: if correspondence.is_table {
            "table"
        } else {
            "column"
        },
        from: &correspondence.from,
        to: &correspondence.to,
        state,
        missing,
        near,
        line: correspondence.at.line,
    }
}

fn select(select: &SelectOutcome) -> Select<'_> {
    Select {
        table: &select.table,
        select: &select.select,
        result: match &select.result {
            SelectResult::Resolved => "resolved",
            SelectResult::MissingTable(_) => "table.missing",
            SelectResult::MissingColumn(_) => "column.missing",
            SelectResult::NoWay { .. } => "embed.unresolved",
            SelectResult::ManyWays { .. } => "embed.ambiguous",
            SelectResult::Unreadable(_) => "unreadable",
        },
        message: select_words(select),
        known_failure: select.known_failure.as_deref(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{Sample, control_characters};

    #[test]
    fn members_of_the_contract_are_there_with_their_types() {
        let sample = Sample::of_the_pair();
        let document: serde_json::Value = serde_json::from_str(&render(&sample.report())).unwrap();
        insta::assert_json_snapshot!(document["score"], @r#"
        {
          "categories": [
            {
              "absent": [],
              "name": "Core Schema",
              "score": 79.2,
              "tables": [
                {
                  "columns": 6,
                  "name": "leads",
                  "score": 58.3
                },
                {
                  "columns": 2,
                  "name": "lead_activities",
                  "score": 100.0
                }
              ],
              "weight": 2
            },
            {
              "absent": [],
              "name": "User/Auth",
              "score": 0.0,
              "tables": [
                {
                  "columns": 3,
                  "name": "users",
                  "score": 0.0
                }
              ],
              "weight": 1
            }
          ],
          "overall": 52.8,
          "strict": {
            "by_name": 11.1,
            "renames": 25.0
          }
        }
        "#);
        insta::assert_json_snapshot!(document["changes"][0], @r#"
        {
          "credit": null,
          "from": "activities",
          "from_type": null,
          "kind": "table.renamed",
          "message": "renamed from `activities`",
          "object": "table",
          "table": "lead_activities",
          "to": "lead_activities",
          "to_type": null
        }
        "#);
        insta::assert_json_snapshot!(document["gate"], @r#"
        {
          "passed": false,
          "reasons": [
            "the score is 52.8, under 90",
            "4 blockers, 0 allowed",
            "1 unknown, 0 allowed"
          ],
          "threshold": 90
        }
        "#);
    }

    #[test]
    fn names_stay_raw() {
        let sample = control_characters();
        let text = render(&sample.report());
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["changes"][0]["to"], "\"\u{1b}[31m|`<b>@team\"");
    }
}
