//! Enums, domains, composites and sequences.

use crate::schema::{ColumnType, Composite, Domain, Enum, Sequence, quote};

use super::Context;
use super::constraint;
use super::literal::{literal, note};
use super::script::{Line, list, term};

pub(super) fn create_enum(enumeration: &Enum) -> String {
    let labels: Vec<Line> = enumeration
        .labels
        .iter()
        .map(|label| Line::Item(literal(label)))
        .collect();
    format!(
        "CREATE TYPE {} AS ENUM {};",
        enumeration.name,
        list(&labels)
    )
}

pub(super) fn create_domain(domain: &Domain, context: &Context<'_>) -> String {
    if let Some(why) = context.gaps.in_type(&domain.base) {
        return note(&format!("domain {} left out: {why}", domain.name));
    }
    let mut sql = format!("CREATE DOMAIN {} AS {}", domain.name, domain.base);
    if let Some(collation) = &domain.collation {
        sql.push_str(" COLLATE ");
        sql.push_str(&quote(collation));
    }
    if let Some(default) = &domain.default {
        sql.push_str(" DEFAULT ");
        sql.push_str(&term(default));
    }
    if domain.not_null {
        sql.push_str(" NOT NULL");
    }
    for check in &domain.checks {
        if !is_added_later(domain, check, context) {
            sql.push_str("\n    ");
            sql.push_str(&constraint::check(check));
        }
    }
    sql.push(';');
    sql
}

fn is_added_later(domain: &Domain, check: &crate::schema::Check, context: &Context<'_>) -> bool {
    check.not_valid || context.late.checks.contains(&(&domain.name, &check.name))
}

/// Writes the checks that `CREATE DOMAIN` could not take.
pub(super) fn late_checks(domain: &Domain, context: &Context<'_>) -> Vec<String> {
    if context.gaps.in_type(&domain.base).is_some() {
        return Vec::new();
    }
    let late = domain
        .checks
        .iter()
        .filter(|check| is_added_later(domain, check, context));
    late.map(|check| {
        format!(
            "ALTER DOMAIN {} ADD {};",
            domain.name,
            constraint::check(check)
        )
    })
    .collect()
}

pub(super) fn create_composite(composite: &Composite, context: &Context<'_>) -> String {
    let gap = composite
        .fields
        .iter()
        .find_map(|(name, ty)| Some((name, context.gaps.in_type(ty)?)));
    if let Some((field, why)) = gap {
        return note(&format!(
            "type {} left out: of field \"{}\", {why}",
            composite.name,
            field.as_str()
        ));
    }
    let fields: Vec<Line> = composite
        .fields
        .iter()
        .map(|(name, ty)| Line::Item(format!("{name} {ty}")))
        .collect();
    format!("CREATE TYPE {} AS {};", composite.name, list(&fields))
}

/// Writes what differs from the server's own choice.
pub(super) fn create_sequence(sequence: &Sequence) -> String {
    let mut sql = format!("CREATE SEQUENCE {}", sequence.name);
    if sequence.ty != ColumnType::Bigint {
        sql.push_str(" AS ");
        sql.push_str(&sequence.ty.to_string());
    }
    let (lowest, highest) = match sequence.ty {
        ColumnType::Smallint => (i64::from(i16::MIN), i64::from(i16::MAX)),
        ColumnType::Integer => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    };
    let (min, max) = if sequence.increment < 0 {
        (lowest, -1)
    } else {
        (1, highest)
    };
    let start = if sequence.increment < 0 {
        sequence.max
    } else {
        sequence.min
    };
    for (word, value, own_choice) in [
        ("INCREMENT BY", sequence.increment, 1),
        ("MINVALUE", sequence.min, min),
        ("MAXVALUE", sequence.max, max),
        ("START WITH", sequence.start, start),
        ("CACHE", sequence.cache, 1),
    ] {
        if value != own_choice {
            sql.extend([" ", word, " ", &value.to_string()]);
        }
    }
    if sequence.cycle {
        sql.push_str(" CYCLE");
    }
    sql.push(';');
    sql
}
