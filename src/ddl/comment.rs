//! Comments on what was written.

use crate::schema::Table;

use super::literal::literal;
use super::{Context, function, view};

/// Writes the comments on everything, kind by kind.
pub(super) fn all(context: &Context<'_>) -> Vec<String> {
    let Context { schema, gaps, .. } = context;
    let mut comments = Comments::default();
    for enumeration in &schema.enums {
        comments.say(
            &format!("TYPE {}", enumeration.name),
            enumeration.comment.as_ref(),
        );
    }
    for domain in &schema.domains {
        if gaps.in_type(&domain.base).is_none() {
            comments.say(&format!("DOMAIN {}", domain.name), domain.comment.as_ref());
        }
    }
    for composite in &schema.composites {
        let mut fields = composite.fields.iter();
        if fields.all(|(_, ty)| gaps.in_type(ty).is_none()) {
            comments.say(
                &format!("TYPE {}", composite.name),
                composite.comment.as_ref(),
            );
        }
    }
    for sequence in &schema.sequences {
        comments.say(
            &format!("SEQUENCE {}", sequence.name),
            sequence.comment.as_ref(),
        );
    }
    for table in &schema.tables {
        comments.of_table(table, context);
    }
    for view in &schema.views {
        if view::gap(view).is_some() {
            continue;
        }
        comments.say(
            &format!("{} {}", view::word(view), view.name),
            view.comment.as_ref(),
        );
        for trigger in &view.triggers {
            if gaps.in_trigger(None, trigger, schema).is_none() {
                let object = format!("TRIGGER {} ON {}", trigger.name, view.name);
                comments.say(&object, trigger.comment.as_ref());
            }
        }
    }
    for function in &schema.functions {
        if gaps.in_function(function).is_none() {
            comments.say(&function::reference(function), function.comment.as_ref());
        }
    }
    comments.statements
}

#[derive(Default)]
struct Comments {
    statements: Vec<String>,
}

impl Comments {
    fn say(&mut self, object: &str, comment: Option<&String>) {
        if let Some(comment) = comment {
            self.statements
                .push(format!("COMMENT ON {object} IS {};", literal(comment)));
        }
    }

    fn of_table(&mut self, table: &Table, context: &Context<'_>) {
        let Context { schema, gaps, .. } = context;
        let name = &table.name;
        self.say(&format!("TABLE {name}"), table.comment.as_ref());
        for column in &table.columns {
            if gaps.in_columns(table, [&column.name]).is_none() {
                self.say(
                    &format!("COLUMN {name}.{}", column.name),
                    column.comment.as_ref(),
                );
            }
        }
        for trigger in &table.triggers {
            if gaps.in_trigger(Some(table), trigger, schema).is_none() {
                self.say(
                    &format!("TRIGGER {} ON {name}", trigger.name),
                    trigger.comment.as_ref(),
                );
            }
        }
        for policy in &table.policies {
            if gaps.in_policy(table, policy).is_none() {
                self.say(
                    &format!("POLICY {} ON {name}", policy.name),
                    policy.comment.as_ref(),
                );
            }
        }
    }
}
