//! The TOML form of a mapping.
//!
//! [`read`] decides the form alone, and all of it: what it gives holds together, whatever the schemas
//! are. It collects every trouble, each with its place, so that one run shows all there is to mend.

mod check;
mod correspondence;
mod expect;
mod item;
mod place;
mod probe;
mod reader;
mod section;
mod step;
#[cfg(test)]
mod tests;
mod verb;

use toml::de::{DeTable, DeValue};

use super::{At, FORMAT, Mapping};
use correspondence::Entry;
use item::{Fields, Item};
use reader::Reader;

/// Something in a mapping file that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{at}: {message}")]
pub struct ParseError {
    /// Where.
    pub at: At,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
}

const KEYS: &[&str] = &[
    "format", "from", "to", "migrate", "copy", "verify", "gate", "credit", "ignore", "category",
    "expect", "table", "column",
];

/// Makes a mapping of a TOML text.
///
/// # Errors
/// Every trouble, one or more, in the file's order. A text that is not TOML gives its syntax errors
/// alone, a format that this program does not read gives that alone.
pub fn read(text: &str) -> Result<Mapping, Vec<ParseError>> {
    let mut reader = Reader::new(text);
    let (document, syntax) = DeTable::parse_recoverable(text);
    for error in &syntax {
        reader.syntax(error);
    }
    reader.finish()?;
    let root = DeValue::Table(document.into_inner());
    let item = Item::root(&root);
    format(&mut reader, &item);
    reader.finish()?;
    let mapping = mapping(&mut reader, &item);
    check::check(&mut reader, &mapping);
    reader.finish()?;
    Ok(mapping)
}

fn format(reader: &mut Reader<'_>, root: &Item<'_>) {
    let Some(format) = Fields::unchecked(root).and_then(|fields| fields.get("format")) else {
        let hint = format!("write `format = {FORMAT}` as the first line");
        return reader.error_with_hint(0, "`format` is missing", hint);
    };
    match reader.integer(&format) {
        Some(number) if number == i64::from(FORMAT) => {}
        Some(number) if number > i64::from(FORMAT) => {
            let message =
                format!("mapping format {number} is newer than {FORMAT}, which this align reads");
            reader.error_with_hint(format.start, message, "update align to read this file");
        }
        Some(number) => {
            let message = format!("there is no mapping format {number}");
            reader.error_with_hint(format.start, message, format!("write `format = {FORMAT}`"));
        }
        None => {}
    }
}

fn mapping(reader: &mut Reader<'_>, root: &Item<'_>) -> Mapping {
    let Some(fields) = reader.fields(root, "the file", KEYS) else {
        return Mapping::default();
    };
    let mut mapping = Mapping {
        from: section::side(reader, &fields, "from", "`[from]`"),
        to: section::side(reader, &fields, "to", "`[to]`"),
        migrate: section::migrate(reader, &fields),
        copy: section::copy(reader, &fields),
        gate: section::gate(reader, &fields),
        credit: section::credit(reader, &fields),
        ignore: section::ignore(reader, &fields),
        verify: probe::verify(reader, &fields),
        ..Mapping::default()
    };
    for item in reader.tables(&fields, "category", "[[category]]") {
        let category = section::category(reader, &item, mapping.to.home());
        mapping.categories.extend(category);
    }
    for item in reader.tables(&fields, "table", "[[table]]") {
        match correspondence::table(reader, &item) {
            Some(Entry::Decided(table)) => mapping.tables.push(table),
            Some(Entry::Undecided(undecided)) => mapping.undecided.push(undecided),
            None => {}
        }
    }
    for item in reader.tables(&fields, "column", "[[column]]") {
        match correspondence::column(reader, &item) {
            Some(Entry::Decided(column)) => mapping.columns.push(column),
            Some(Entry::Undecided(undecided)) => mapping.undecided.push(undecided),
            None => {}
        }
    }
    if let Some(item) = fields.get("expect") {
        expectations(reader, &item, &mut mapping);
    }
    mapping
}

fn expectations(reader: &mut Reader<'_>, item: &Item<'_>, mapping: &mut Mapping) {
    let known = ["table", "select", "actor", "access", "statement", "flow"];
    let Some(fields) = reader.fields(item, "`[expect]`", &known) else {
        return;
    };
    for item in reader.tables(&fields, "table", "[[expect.table]]") {
        mapping.expect_tables.extend(expect::table(reader, &item));
    }
    for item in reader.tables(&fields, "select", "[[expect.select]]") {
        mapping.expect_selects.extend(expect::select(reader, &item));
    }
    for item in reader.tables(&fields, "actor", "[[expect.actor]]") {
        mapping.actors.extend(probe::actor(reader, &item));
    }
    for item in reader.tables(&fields, "access", "[[expect.access]]") {
        mapping.expect_access.extend(probe::access(reader, &item));
    }
    for item in reader.tables(&fields, "statement", "[[expect.statement]]") {
        let statement = probe::statement(reader, &item);
        mapping.expect_statements.extend(statement);
    }
    for item in reader.tables(&fields, "flow", "[[expect.flow]]") {
        mapping.expect_flows.extend(probe::flow(reader, &item));
    }
}
