//! What a copy did, or would do, on a page.

use anyhow::Context;
use comfy_table::{CellAlignment, Table, presets};
use serde_json::json;

use super::super::error::CliError;
use super::super::ui::Ui;
use crate::copy::{Finding, Report, Request, TableReport};
use crate::report::screen::visible;

/// Says which rows go where.
pub(super) fn announce(ui: &Ui, request: &Request) {
    let what = if request.retries {
        "retrying rows in quarantine"
    } else {
        "copying"
    };
    ui.status(format_args!(
        "{what} from {} to {}, pair {}",
        request.from.describe(),
        request.to.describe(),
        request.pair
    ));
}

/// For a terminal.
pub(super) fn text(report: &Report, show_values: bool, is_dry: bool) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let words = if is_dry {
        [
            "table",
            "to",
            "rows",
            "would copy",
            "are there",
            "cannot go",
        ]
    } else {
        ["table", "to", "rows", "copied", "were there", "quarantined"]
    };
    let updates = report.tables.iter().any(|table| table.updated > 0);
    let mut head: Vec<&str> = words.to_vec();
    if updates {
        head.push("updated");
    }
    table.set_header(head);
    for line in &report.tables {
        let numbers = [line.rows, line.copied, line.matched, line.quarantined];
        let mut cells = vec![visible(&line.name), visible(&line.target)];
        cells.extend(numbers.map(|number| number.to_string()));
        if updates {
            cells.push(line.updated.to_string());
        }
        table.add_row(cells);
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let mut page = table.trim_fmt() + "\n";
    for table in &report.tables {
        page += &findings(table, show_values);
    }
    page
}

fn findings(table: &TableReport, show_values: bool) -> String {
    let lines = table.findings.iter().chain(&table.notes);
    lines
        .map(|finding| line(table, finding, show_values))
        .collect()
}

fn line(table: &TableReport, finding: &Finding, show_values: bool) -> String {
    let line = format!(
        "{}.{}: {} rows, {}, {}",
        visible(&table.target),
        visible(&finding.column),
        finding.rows,
        finding.code,
        match finding.policy {
            "null" => "put NULL",
            "default" => "take the default",
            "fail" => "stop the copy",
            _ => "go to quarantine",
        }
    );
    let samples = if show_values {
        &finding.values
    } else {
        &finding.keys
    };
    if samples.is_empty() {
        return line + "\n";
    }
    let shown: Vec<String> = samples.iter().map(|sample| visible(sample)).collect();
    format!("{line}; such as {}\n", shown.join(", "))
}

/// For a program.
pub(super) fn json(report: &Report, show_values: bool, is_dry: bool) -> Result<String, CliError> {
    let finding = |finding: &Finding| {
        let mut value = json!({
            "column": finding.column,
            "code": finding.code,
            "rows": finding.rows,
            "policy": finding.policy,
            "keys": finding.keys,
        });
        if show_values && let Some(members) = value.as_object_mut() {
            members.insert("values".to_owned(), json!(finding.values));
        }
        value
    };
    let tables: Vec<serde_json::Value> = report
        .tables
        .iter()
        .map(|table| {
            json!({
                "from": table.name,
                "to": table.target,
                "rows": table.rows,
                "copied": table.copied,
                "matched": table.matched,
                "updated": table.updated,
                "quarantined": table.quarantined,
                "resumed": table.was_done,
                "findings": table.findings.iter().map(finding).collect::<Vec<_>>(),
                "notes": table.notes.iter().map(finding).collect::<Vec<_>>(),
            })
        })
        .collect();
    let run = (!report.run.is_empty()).then_some(report.run.as_str());
    let page = json!({
        "format_version": 1,
        "command": "copy",
        "dry_run": is_dry,
        "run": run,
        "tables": tables,
    });
    let text = serde_json::to_string_pretty(&page)
        .context("cannot write the answer as JSON")
        .map_err(CliError::failed)?;
    Ok(text + "\n")
}
