//! What a mapping says of the target: `[[expect.table]]` and `[[expect.select]]`.

use super::item::Item;
use super::reader::Reader;
use crate::mapping::{ChecklistItem, ExpectSelect, ExpectTable, Priority};

pub(super) fn table(reader: &mut Reader<'_>, item: &Item<'_>) -> Option<ExpectTable> {
    let title = "`[[expect.table]]`";
    let known = [
        "table",
        "priority",
        "impact",
        "module",
        "phase",
        "checklist",
    ];
    let fields = reader.fields(item, title, &known)?;
    let table = reader
        .required(&fields, "table", title)
        .and_then(|item| reader.table_ref(&item));
    let words = [Priority::High, Priority::Medium, Priority::Low].map(|p| (p.word(), p));
    let priority = reader
        .required(&fields, "priority", title)
        .and_then(|item| reader.choice(&item, &words));
    let impact = reader
        .required(&fields, "impact", title)
        .and_then(|item| reader.words(&item));
    let module = fields.get("module").and_then(|item| reader.words(&item));
    let phase = fields.get("phase").and_then(|item| reader.words(&item));
    let mut checklist = Vec::new();
    if let Some(list) = fields.get("checklist") {
        for line in reader.list(&list) {
            checklist.extend(checklist_item(reader, &line));
        }
    }
    Some(ExpectTable {
        table: table?,
        priority: priority?,
        impact: impact?,
        module,
        phase,
        checklist,
        at: reader.at(item.start),
    })
}

fn checklist_item(reader: &mut Reader<'_>, item: &Item<'_>) -> Option<ChecklistItem> {
    let title = "a line of `checklist`";
    let fields = reader.fields(item, title, &["text", "columns", "phase"])?;
    let text = reader
        .required(&fields, "text", title)
        .and_then(|item| reader.words(&item));
    let mut columns = Vec::new();
    if let Some(list) = fields.get("columns") {
        for column in reader.list(&list) {
            columns.extend(reader.ident(&column));
        }
    }
    let phase = fields.get("phase").and_then(|item| reader.words(&item));
    Some(ChecklistItem {
        text: text?,
        columns,
        phase,
    })
}

pub(super) fn select(reader: &mut Reader<'_>, item: &Item<'_>) -> Option<ExpectSelect> {
    let title = "`[[expect.select]]`";
    let known = ["table", "select", "used_by", "known_failure"];
    let fields = reader.fields(item, title, &known)?;
    let table = reader
        .required(&fields, "table", title)
        .and_then(|item| reader.table_ref(&item));
    let select = reader
        .required(&fields, "select", title)
        .and_then(|item| reader.words(&item));
    let used_by = fields.get("used_by").and_then(|item| reader.words(&item));
    let known_failure = fields
        .get("known_failure")
        .and_then(|item| reader.words(&item));
    Some(ExpectSelect {
        table: table?,
        select: select?,
        used_by,
        known_failure,
        at: reader.at(item.start),
    })
}
