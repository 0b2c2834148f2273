//! What is tried on the finished database: `[verify]`, `[[expect.actor]]`, `[[expect.access]]`,
//! `[[expect.statement]]` and `[[expect.flow]]`.

use std::collections::{BTreeMap, BTreeSet};

use super::item::{Fields, Item};
use super::reader::Reader;
use crate::mapping::{
    Action, Actor, ColumnRef, ExpectAccess, ExpectFlow, ExpectStatement, Mapping, Outcome, Step,
    Verify, can_be_tried,
};
use crate::schema::Ident;

const STATEMENTS: &str =
    "it begins with SELECT, INSERT, UPDATE, DELETE, MERGE, WITH, VALUES, TABLE, CALL or DO";

pub(super) fn verify(reader: &mut Reader<'_>, root: &Fields<'_>) -> Verify {
    let Some(fields) = root.get("verify").and_then(|item| {
        reader.fields(
            &item,
            "`[verify]`",
            &[
                "setup", "readers", "stand_in", "old", "direct", "excuse", "narrower",
            ],
        )
    }) else {
        return Verify::default();
    };
    let mut readers = Vec::new();
    if let Some(list) = fields.get("readers") {
        for name in reader.list(&list) {
            readers.extend(reader.words(&name));
        }
    }
    let mut stand_in = BTreeMap::new();
    if let Some(table) = fields.get("stand_in") {
        for entry in reader.pairs(&table) {
            match (Ident::new(entry.name), reader.ident(&entry)) {
                (Ok(missing), Some(instead)) => {
                    stand_in.insert(missing, instead);
                }
                (Err(error), _) => reader.error(entry.start, error.to_string()),
                (Ok(_), None) => {}
            }
        }
    }
    let excuse = by_column(reader, &fields, "excuse");
    let narrower = by_column(reader, &fields, "narrower");
    Verify {
        old: fields.get("old").and_then(|item| reader.ident(&item)),
        direct: fields.get("direct").and_then(|item| reader.ident(&item)),
        excuse,
        narrower,
        stand_in,
        setup: fields.get("setup").and_then(|item| reader.words(&item)),
        readers,
    }
}

/// A table of columns with some words for each.
fn by_column(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    key: &'static str,
) -> Vec<(ColumnRef, String)> {
    let mut found = Vec::new();
    if let Some(table) = fields.get(key) {
        for entry in reader.pairs(&table) {
            let column = entry.name.parse::<ColumnRef>();
            match (column, reader.words(&entry)) {
                (Ok(column), Some(words)) => found.push((column, words)),
                (Err(error), _) => reader.error(entry.start, error.to_string()),
                (Ok(_), None) => {}
            }
        }
    }
    found
}

pub(super) fn actor(reader: &mut Reader<'_>, item: &Item<'_>) -> Option<Actor> {
    let title = "`[[expect.actor]]`";
    let fields = reader.fields(item, title, &["name", "role", "claims", "stand_in"])?;
    let name = reader
        .required(&fields, "name", title)
        .and_then(|item| reader.words(&item));
    let role = reader
        .required(&fields, "role", title)
        .and_then(|item| reader.ident(&item));
    let claims = fields.get("claims").and_then(|item| {
        let text = reader.words(&item)?;
        let object = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&text);
        if object.is_err() {
            reader.error(item.start, "`claims` must be a JSON object");
        }
        Some(text)
    });
    let stand_in = fields
        .get("stand_in")
        .and_then(|item| reader.boolean(&item));
    Some(Actor {
        name: name?,
        role: role?,
        claims,
        stand_in: stand_in.unwrap_or_default(),
        at: reader.at(item.start),
    })
}

pub(super) fn access(reader: &mut Reader<'_>, item: &Item<'_>) -> Option<ExpectAccess> {
    let title = "`[[expect.access]]`";
    let known = ["table", "row", "select", "insert", "update", "delete"];
    let fields = reader.fields(item, title, &known)?;
    let table = reader
        .required(&fields, "table", title)
        .and_then(|item| reader.table_ref(&item));
    let row = reader
        .required(&fields, "row", title)
        .and_then(|item| reader.words(&item));
    let mut allowed = BTreeMap::new();
    for action in Action::ALL {
        let mut actors = BTreeSet::new();
        if let Some(list) = reader.required(&fields, action.word(), title) {
            for name in reader.list(&list) {
                actors.extend(reader.words(&name));
            }
        }
        allowed.insert(action, actors);
    }
    Some(ExpectAccess {
        table: table?,
        row: row?,
        allowed,
        at: reader.at(item.start),
    })
}

pub(super) fn statement(reader: &mut Reader<'_>, item: &Item<'_>) -> Option<ExpectStatement> {
    let title = "`[[expect.statement]]`";
    let known = [
        "name",
        "actor",
        "sql",
        "rows",
        "fails",
        "used_by",
        "known_failure",
    ];
    let fields = reader.fields(item, title, &known)?;
    let name = reader
        .required(&fields, "name", title)
        .and_then(|item| reader.words(&item));
    let step = step(reader, item, &fields, title);
    let mut optional = |key| fields.get(key).and_then(|item| reader.words(&item));
    let used_by = optional("used_by");
    let known_failure = optional("known_failure");
    Some(ExpectStatement {
        name: name?,
        step: step?,
        used_by,
        known_failure,
        at: reader.at(item.start),
    })
}

pub(super) fn flow(reader: &mut Reader<'_>, item: &Item<'_>) -> Option<ExpectFlow> {
    let title = "`[[expect.flow]]`";
    let fields = reader.fields(item, title, &["name", "step"])?;
    let name = reader
        .required(&fields, "name", title)
        .and_then(|item| reader.words(&item));
    let mut steps = Vec::new();
    if reader.required(&fields, "step", title).is_some() {
        for item in reader.tables(&fields, "step", "[[expect.flow.step]]") {
            let title = "`[[expect.flow.step]]`";
            let known = ["actor", "sql", "rows", "fails"];
            if let Some(fields) = reader.fields(&item, title, &known) {
                steps.extend(step(reader, &item, &fields, title));
            }
        }
    }
    Some(ExpectFlow {
        name: name?,
        steps,
        at: reader.at(item.start),
    })
}

fn step(
    reader: &mut Reader<'_>,
    item: &Item<'_>,
    fields: &Fields<'_>,
    title: &str,
) -> Option<Step> {
    let actor = fields.get("actor").and_then(|item| reader.words(&item));
    let sql = reader.required(fields, "sql", title).and_then(|item| {
        let sql = reader.words(&item)?;
        if !can_be_tried(&sql) {
            let message = "`sql` is a statement that reads or writes rows";
            reader.error_with_hint(item.start, message, STATEMENTS.to_owned());
        }
        Some(sql)
    });
    let rows = fields.get("rows").and_then(|item| reader.count(&item, 0));
    let fails = fields.get("fails").and_then(|item| sqlstate(reader, &item));
    let outcome = match (rows, fails) {
        (None, None) => Outcome::Runs,
        (Some(rows), None) => Outcome::Rows(rows),
        (None, Some(code)) => Outcome::Fails(code),
        (Some(_), Some(_)) => {
            let place = fields.key_start("fails");
            reader.error(place, "a statement has `rows` or `fails`, not both");
            return None;
        }
    };
    Some(Step {
        actor,
        sql: sql?,
        outcome,
        at: reader.at(item.start),
    })
}

fn sqlstate(reader: &mut Reader<'_>, item: &Item<'_>) -> Option<String> {
    let code = reader.text(item)?;
    let fits = |c: char| c.is_ascii_digit() || c.is_ascii_uppercase();
    if code.len() != 5 || !code.chars().all(fits) {
        let hint = "five capitals and digits, such as `42501`";
        let message = format!("`{code}` is no SQLSTATE");
        reader.error_with_hint(item.start, message, hint.to_owned());
        return None;
    }
    Some(code)
}

/// Every actor that an entry names must be declared.
pub(super) fn check_actors(reader: &mut Reader<'_>, mapping: &Mapping) {
    let known: BTreeSet<&str> = mapping.actors.iter().map(|a| a.name.as_str()).collect();
    let steps = mapping.expect_statements.iter().map(|entry| &entry.step);
    let steps = steps.chain(mapping.expect_flows.iter().flat_map(|flow| &flow.steps));
    let named = steps.filter_map(|step| Some((step.actor.as_ref()?, step.at)));
    let allowed = mapping.expect_access.iter().flat_map(|entry| {
        let names = entry.allowed.values().flatten();
        names.map(|name| (name, entry.at))
    });
    for (name, at) in named.chain(allowed) {
        if !known.contains(name.as_str()) {
            reader.error_at(at, format!("no `[[expect.actor]]` is called `{name}`"));
        }
    }
    for name in &mapping.verify.readers {
        if !known.contains(name.as_str()) {
            let message =
                format!("no `[[expect.actor]]` is called `{name}`, as `[verify] readers` says");
            reader.error(0, message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use crate::mapping::{Action, Outcome};

    const ACTORS: &str = "format = 1\n[[expect.actor]]\nname = \"agent\"\nrole = \"authenticated\"\nclaims = '{\"sub\":\"1\"}'\n";

    #[test]
    fn who_may_do_what_is_read_by_action() {
        let text = format!(
            "{ACTORS}[[expect.access]]\ntable = \"leads\"\nrow = \"id = 1\"\nselect = [\"agent\"]\ninsert = []\nupdate = [\"agent\"]\ndelete = []\n"
        );
        let mapping = read(&text).unwrap();
        assert_eq!(mapping.actors[0].claims.as_deref(), Some(r#"{"sub":"1"}"#));
        let allowed = &mapping.expect_access[0].allowed;
        assert!(allowed[&Action::Select].contains("agent"));
        assert!(allowed[&Action::Update].contains("agent"));
        assert!(allowed[&Action::Insert].is_empty() && allowed[&Action::Delete].is_empty());
    }

    #[test]
    fn a_step_runs_or_gives_rows_or_fails() {
        let text = format!(
            "{ACTORS}[verify]\nsetup = \"verify.sql\"\n[[expect.statement]]\nname = \"one\"\nactor = \"agent\"\nsql = \"select 1\"\nfails = \"42501\"\n[[expect.flow]]\nname = \"two\"\n[[expect.flow.step]]\nsql = \"select 2\"\n[[expect.flow.step]]\nsql = \"select 3\"\nrows = 0\n"
        );
        let mapping = read(&text).unwrap();
        assert_eq!(mapping.verify.setup.as_deref(), Some("verify.sql"));
        let outcome = &mapping.expect_statements[0].step.outcome;
        assert_eq!(*outcome, Outcome::Fails("42501".to_owned()));
        let steps = &mapping.expect_flows[0].steps;
        assert_eq!(steps[0].outcome, Outcome::Runs);
        assert_eq!(steps[1].outcome, Outcome::Rows(0));
        assert_eq!(steps[1].actor, None);
    }

    #[test]
    fn troubles_are_named_with_their_place() {
        let cases = [
            (
                "[[expect.actor]]\nname = \"a\"\nrole = \"r\"\nclaims = \"[]\"\n",
                "5:10: `claims` must be a JSON object",
            ),
            (
                "[[expect.statement]]\nname = \"a\"\nactor = \"nobody\"\nsql = \"select 1\"\n",
                "2:1: no `[[expect.actor]]` is called `nobody`",
            ),
            (
                "[[expect.statement]]\nname = \"a\"\nsql = \"select 1\"\nrows = 1\nfails = \"42501\"\n",
                "6:1: a statement has `rows` or `fails`, not both",
            ),
            (
                "[[expect.statement]]\nname = \"a\"\nsql = \"select 1\"\nfails = \"denied\"\n",
                "5:9: `denied` is no SQLSTATE",
            ),
            (
                "[[expect.statement]]\nname = \"a\"\nsql = \"commit\"\n",
                "4:7: `sql` is a statement that reads or writes rows",
            ),
            (
                "[[expect.flow]]\nname = \"a\"\n",
                "2:1: `[[expect.flow]]` needs `step`",
            ),
            (
                "[[expect.access]]\ntable = \"t\"\nrow = \"true\"\nselect = []\ninsert = []\nupdate = []\n",
                "2:1: `[[expect.access]]` needs `delete`",
            ),
            (
                "[[expect.statement]]\nname = \"a\"\nsql = \"select 1\"\n[[expect.statement]]\nname = \"a\"\nsql = \"select 2\"\n",
                "5:1: statement `a` is said twice, first in line 2",
            ),
        ];
        for (text, expected) in cases {
            let errors = read(&format!("format = 1\n{text}")).unwrap_err();
            let said: Vec<String> = errors.iter().map(ToString::to_string).collect();
            assert_eq!(said, [expected], "{text}");
        }
    }
}
