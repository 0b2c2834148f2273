//! Triggers of tables and views.

use crate::schema::{QualifiedName, Trigger, TriggerState, TriggerTiming};

use super::literal::literal;
use super::script::{closed, deferral};

/// Writes the statements that make a trigger and set whether it fires.
pub(super) fn create(on: &QualifiedName, trigger: &Trigger) -> Vec<String> {
    let constraint = if trigger.constraint.is_some() {
        "CONSTRAINT "
    } else {
        ""
    };
    let timing = match trigger.timing {
        TriggerTiming::Before => "BEFORE",
        TriggerTiming::After => "AFTER",
        TriggerTiming::InsteadOf => "INSTEAD OF",
    };
    let events: Vec<&str> = trigger.events.iter().map(String::as_str).collect();
    let mut sql = format!(
        "CREATE {constraint}TRIGGER {} {timing} {} ON {on}",
        trigger.name,
        events.join(" OR ")
    );
    sql.push_str(trigger.constraint.map_or("", deferral));
    if trigger.old_table.is_some() || trigger.new_table.is_some() {
        sql.push_str(" REFERENCING");
        for (word, table) in [("OLD", &trigger.old_table), ("NEW", &trigger.new_table)] {
            if let Some(table) = table {
                sql.extend([" ", word, " TABLE AS ", &table.to_string()]);
            }
        }
    }
    sql.push_str(if trigger.each_row {
        " FOR EACH ROW"
    } else {
        " FOR EACH STATEMENT"
    });
    if let Some(when) = &trigger.when {
        sql.push_str(" WHEN ");
        sql.push_str(&closed(when));
    }
    let arguments: Vec<String> = trigger.arguments.iter().map(|a| literal(a)).collect();
    sql.extend([
        " EXECUTE FUNCTION ",
        &trigger.function.to_string(),
        "(",
        &arguments.join(", "),
        ");",
    ]);
    let mut statements = vec![sql];
    let state = match trigger.enabled {
        TriggerState::Enabled => return statements,
        TriggerState::Disabled => "DISABLE",
        TriggerState::Replica => "ENABLE REPLICA",
        TriggerState::Always => "ENABLE ALWAYS",
    };
    statements.push(format!(
        "ALTER TABLE {on} {state} TRIGGER {};",
        trigger.name
    ));
    statements
}
