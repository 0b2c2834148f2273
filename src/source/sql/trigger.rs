//! CREATE and ALTER TRIGGER.

use std::collections::BTreeSet;

use super::constraint;
use super::cursor::{Cursor, Read};
use super::function;
use super::literal;
use super::partition;
use super::state::{Applied, Relation, State, Trouble};
use crate::schema::{Ident, Trigger, TriggerState, TriggerTiming};

const UPDATE_OF: &str = "UPDATE OF ";

/// `CREATE [ OR REPLACE ] [ CONSTRAINT ] TRIGGER …`, from after `TRIGGER`.
pub(super) fn create(
    state: &mut State,
    c: &mut Cursor<'_>,
    is_constraint: bool,
    replaces: bool,
) -> Applied {
    let name = c.name()?;
    let timing = if c.eat("before") {
        TriggerTiming::Before
    } else if c.eat("after") {
        TriggerTiming::After
    } else {
        c.expect("instead")?;
        c.expect("of")?;
        TriggerTiming::InsteadOf
    };
    let events = events(c)?;
    c.expect("on")?;
    let path = c.path()?;
    if c.eat("from") {
        c.path()?;
    }
    let deferral = constraint::Options::read(c).deferral;
    let (old_table, new_table) = transition_tables(c)?;
    let mut each_row = false;
    if c.eat("for") {
        c.eat("each");
        each_row = c.eat("row");
        if !each_row {
            c.expect("statement")?;
        }
    }
    let when = if c.eat("when") {
        Some(c.parentheses()?)
    } else {
        None
    };
    c.expect("execute")?;
    c.eat_any(&["function", "procedure"]);
    let function = function::resolve_trigger_function(state, &c.path()?);
    let arguments = c.parentheses()?;
    let arguments = arguments.split_at_commas();
    c.expect_done()?;
    let Some(on) = state.find_relation(&path) else {
        return state.missing("table", &path, false);
    };
    let trigger = Trigger {
        timing,
        events,
        each_row,
        when: when.map(|text| state.expression(text.source())),
        function,
        arguments: arguments.iter().map(function::trigger_argument).collect(),
        constraint: is_constraint.then_some(deferral),
        old_table,
        new_table,
        enabled: TriggerState::Enabled,
        comment: None,
        name,
    };
    let triggers = match state.relations.get_mut(&on) {
        Some(Relation::Table(entry)) => &mut entry.table.triggers,
        Some(Relation::View(entry)) => &mut entry.view.triggers,
        _ => return Ok(()),
    };
    match triggers.iter_mut().find(|t| t.name == trigger.name) {
        Some(old) if replaces => old.clone_from(&trigger),
        Some(_) => {
            return Err(Trouble::Taken {
                name: trigger.name.to_string(),
            });
        }
        None => triggers.push(trigger.clone()),
    }
    partition::hand_down_trigger(state, &on, &trigger);
    Ok(())
}

/// `INSERT OR UPDATE [ OF a, b ] OR …`
fn events(c: &mut Cursor<'_>) -> Read<BTreeSet<String>> {
    let mut events = BTreeSet::new();
    loop {
        let event = c
            .eat_any(&["insert", "update", "delete", "truncate"])
            .ok_or_else(|| c.misread("expected an event"))?;
        if event == "update" && c.eat("of") {
            let columns: Vec<String> = c.list(Cursor::name)?.iter().map(Ident::to_string).collect();
            events.insert(format!("{UPDATE_OF}{}", columns.join(", ")));
        } else {
            events.insert(event.to_ascii_uppercase());
        }
        if !c.eat("or") {
            return Ok(events);
        }
    }
}

/// `REFERENCING { OLD | NEW } TABLE AS name …`
fn transition_tables(c: &mut Cursor<'_>) -> Read<(Option<Ident>, Option<Ident>)> {
    let (mut old, mut new) = (None, None);
    if !c.eat("referencing") {
        return Ok((old, new));
    }
    while let Some(which) = c.eat_any(&["old", "new"]) {
        c.eat_any(&["table", "row"]);
        c.eat("as");
        let name = Some(c.name()?);
        if which == "old" {
            old = name;
        } else {
            new = name;
        }
    }
    Ok((old, new))
}

/// The columns of `UPDATE OF …`, as they were written.
fn columns(event: &str) -> Vec<Ident> {
    let Some(list) = event.strip_prefix(UPDATE_OF) else {
        return Vec::new();
    };
    let mut columns = Vec::new();
    let mut quoted = false;
    for part in list.split(|ch: char| {
        quoted ^= ch == '"';
        ch == ',' && !quoted
    }) {
        columns.extend(literal::name(part.trim()));
    }
    columns
}

/// Whether the event is an update of that column.
pub(super) fn is_on_column(event: &str, name: &Ident) -> bool {
    columns(event).contains(name)
}

/// The event after a column got another name.
pub(super) fn rename_in_event(event: &str, from: &Ident, to: &Ident) -> String {
    let columns = columns(event);
    if columns.is_empty() {
        return event.to_owned();
    }
    let renamed = columns.iter().map(|c| if c == from { to } else { c });
    let renamed: Vec<String> = renamed.map(Ident::to_string).collect();
    format!("{UPDATE_OF}{}", renamed.join(", "))
}

/// `ALTER TRIGGER name ON table RENAME TO name`, from after `TRIGGER`.
pub(super) fn alter(state: &mut State, c: &mut Cursor<'_>) -> Applied {
    let name = c.name()?;
    c.expect("on")?;
    let path = c.path()?;
    let Some(on) = state.find_relation(&path) else {
        return state.missing("table", &path, false);
    };
    if !c.eat_all(&["rename", "to"]) {
        return Ok(());
    }
    let to = c.name()?;
    for member in state.family(&on) {
        let triggers = match state.relations.get_mut(&member) {
            Some(Relation::Table(entry)) => &mut entry.table.triggers,
            Some(Relation::View(entry)) => &mut entry.view.triggers,
            _ => continue,
        };
        let named = triggers.iter_mut().filter(|t| t.name == name);
        named.for_each(|t| t.name.clone_from(&to));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renames_the_column_in_an_update_event() {
        let ident = |name: &str| Ident::new(name).unwrap();
        for (event, expected) in [
            ("UPDATE OF a, b", "UPDATE OF a, c"),
            ("UPDATE OF \"x, b\", b", "UPDATE OF \"x, b\", c"),
            ("UPDATE", "UPDATE"),
        ] {
            assert_eq!(rename_in_event(event, &ident("b"), &ident("c")), expected);
        }
    }
}
