//! Which column of the from side stands for a column of the to side, and what it earns.
//!
//! The first that holds decides: the same name with an identical or widening type; a correspondence of
//! the mapping whose columns are there; the same name with another type; nothing.
//!
//! The class of a correspondence, unless it is stated: without steps it is a rename (or a copy, when
//! the from column also goes to a column of its own name) if the type holds every value, else lossy;
//! with steps it is what its worst step is. `value`, `concat`, `split`, `json`, `pack`, `scale`, `when`
//! and total `values` derive; `cast` to a type that does not hold every value, `range`, `lookup`, `sql`
//! and `values` with gaps lose.

use super::conversion::{Conversion, Typed, conversion};
use super::{ColumnComparison, Context, Counterpart, RuleText};
use crate::mapping::{Class, ColumnCorrespondence, ColumnRef, Fallback, Rule, Status, Transform};
use crate::schema::{Column, ColumnType, Table};

/// Compares every column of a table of the to side.
pub(crate) fn compare(context: &Context<'_>, target: &Table) -> Vec<ColumnComparison> {
    let pair = context.pairing.of(&target.name);
    let by_one_name = pair.is_some_and(|p| p.by.is_none());
    context
        .pairing
        .columns(context.to, target)
        .map(|column| match pair {
            None => missing(column),
            Some(pair) => counterpart(context, target, column, pair.from, by_one_name),
        })
        .collect()
}

/// The columns of the from side that a correspondence names, when every one is there and belongs to
/// the row that becomes the target's row.
pub(crate) fn sources<'a>(
    context: &Context<'a>,
    target: &Table,
    from: &'a Table,
    rule: &ColumnCorrespondence,
) -> Option<Vec<(&'a Table, &'a Column)>> {
    rule.from
        .iter()
        .map(|reference| {
            let table = context.pairing.source(&reference.table)?;
            (table.name == from.name || corresponds(context, table, target))
                .then(|| table.column(&reference.name).map(|column| (table, column)))
                .flatten()
        })
        .collect()
}

/// Accepted correspondences that make this column.
pub(crate) fn rules<'a>(
    context: &Context<'a>,
    target: &Table,
    column: &Column,
) -> impl Iterator<Item = &'a ColumnCorrespondence> {
    let wanted = (target.name.clone(), column.name.clone());
    let pairing = &context.pairing;
    let named: Vec<_> = context
        .mapping
        .accepted_columns()
        .filter(|rule| matches!(rule.rule, Rule::Convert(_)))
        .filter(|rule| {
            rule.to
                .iter()
                .any(|to| is(pairing.target(&to.table), to, &wanted))
        })
        .collect();
    named.into_iter()
}

fn is(
    table: Option<&Table>,
    reference: &ColumnRef,
    wanted: &(crate::schema::QualifiedName, crate::schema::Ident),
) -> bool {
    table.is_some_and(|t| t.name == wanted.0) && reference.name == wanted.1
}

fn corresponds(context: &Context<'_>, from: &Table, target: &Table) -> bool {
    context
        .mapping
        .tables
        .iter()
        .filter(|t| t.status == Status::Accepted)
        .any(|by| {
            context
                .pairing
                .source(&by.from)
                .is_some_and(|t| t.name == from.name)
                && context
                    .pairing
                    .target(&by.to)
                    .is_some_and(|t| t.name == target.name)
        })
}

fn missing(column: &Column) -> ColumnComparison {
    ColumnComparison {
        name: column.name.clone(),
        to_type: column.ty.clone(),
        counterpart: Counterpart::None,
        class: Class::Missing,
        by_name: Class::Missing,
        stated: false,
        conversion: None,
    }
}

fn counterpart(
    context: &Context<'_>,
    target: &Table,
    column: &Column,
    from: &Table,
    by_one_name: bool,
) -> ColumnComparison {
    let same = from
        .column(&column.name)
        .map(|same| (same, convert(context, &same.ty, &column.ty)));
    let mapped = rules(context, target, column)
        .find_map(|rule| sources(context, target, from, rule).map(|sources| (rule, sources)));
    let compatible = same.filter(|(_, conversion)| conversion.is_compatible());
    let by_name = if by_one_name && compatible.is_some() {
        Class::Same
    } else {
        Class::Missing
    };
    let base = ColumnComparison {
        by_name,
        ..missing(column)
    };
    if let Some((same, conversion)) = compatible {
        let own = mapped.filter(|(_, sources)| {
            sources
                .iter()
                .any(|(t, c)| t.name == from.name && c.name == same.name)
        });
        return ColumnComparison {
            counterpart: Counterpart::Same {
                from_type: same.ty.clone(),
                rule: own.map(|(rule, _)| rule_text(rule, false)),
            },
            class: Class::Same,
            conversion: Some(conversion),
            ..base
        };
    }
    if let Some((rule, sources)) = mapped {
        let copy = is_copy(context, target, from, &sources);
        let (class, conversion) = classify(context, rule, &sources, &column.ty, copy);
        let name = |(table, source): &(&Table, &Column)| {
            if table.name == from.name {
                source.name.to_string()
            } else {
                format!("{}.{}", context.from.show(&table.name), source.name)
            }
        };
        return ColumnComparison {
            counterpart: Counterpart::Mapped {
                from: sources.iter().map(name).collect(),
                from_types: sources.iter().map(|(_, c)| c.ty.clone()).collect(),
                rule: rule_text(rule, copy),
            },
            class: rule.credit.unwrap_or(class),
            stated: rule.credit.is_some_and(|stated| stated != class),
            conversion,
            ..base
        };
    }
    match same {
        Some((same, conversion)) => ColumnComparison {
            counterpart: Counterpart::Same {
                from_type: same.ty.clone(),
                rule: None,
            },
            class: Class::Lossy,
            conversion: Some(conversion),
            ..base
        },
        None => base,
    }
}

fn convert(context: &Context<'_>, from: &ColumnType, to: &ColumnType) -> Conversion {
    conversion(
        Typed {
            ty: from,
            schema: context.from,
        },
        Typed {
            ty: to,
            schema: context.to,
        },
    )
}

fn rule_text(rule: &ColumnCorrespondence, copy: bool) -> RuleText {
    let text = match &rule.rule {
        Rule::Convert(steps) if steps.is_empty() && copy => "copy".to_owned(),
        _ => rule.describe(),
    };
    RuleText {
        text,
        why: rule.note.why.clone(),
        at: rule.at,
    }
}

/// Whether the one from column also goes to a column of its own name. That is another one than the
/// correspondence makes: a compatible column of the same name needs none.
fn is_copy(
    context: &Context<'_>,
    target: &Table,
    from: &Table,
    sources: &[(&Table, &Column)],
) -> bool {
    let [(table, source)] = sources else {
        return false;
    };
    table.name == from.name
        && target
            .column(&source.name)
            .is_some_and(|own| convert(context, &source.ty, &own.ty).is_compatible())
}

fn classify(
    context: &Context<'_>,
    rule: &ColumnCorrespondence,
    sources: &[(&Table, &Column)],
    to: &ColumnType,
    copy: bool,
) -> (Class, Option<Conversion>) {
    let Rule::Convert(steps) = &rule.rule else {
        return (Class::Missing, None);
    };
    match (steps.as_slice(), sources) {
        ([], [(_, source)]) => {
            let conversion = convert(context, &source.ty, to);
            let class = match (conversion.is_compatible(), copy) {
                (false, _) => Class::Lossy,
                (true, true) => Class::Derived,
                (true, false) => Class::Renamed,
            };
            (class, Some(conversion))
        }
        (steps, sources) => {
            let first = sources.first().map(|(_, source)| &source.ty);
            let worst = steps
                .iter()
                .map(|step| class_of(context, step, first))
                .max();
            (worst.unwrap_or(Class::Derived), None)
        }
    }
}

fn class_of(context: &Context<'_>, step: &Transform, first: Option<&ColumnType>) -> Class {
    match step {
        Transform::Cast {
            ty, format: None, ..
        } => {
            let to = ColumnType::parse(ty, &|_, _| None);
            match first.map(|from| convert(context, from, &to)) {
                Some(Conversion::Identical | Conversion::Widening) => Class::Derived,
                _ => Class::Lossy,
            }
        }
        Transform::Values {
            on_unknown: Fallback::Keep | Fallback::Value(_),
            ..
        }
        | Transform::Value(_)
        | Transform::Concat { .. }
        | Transform::Split { .. }
        | Transform::Json { .. }
        | Transform::Pack(_)
        | Transform::Scale { .. }
        | Transform::When { .. } => Class::Derived,
        Transform::Cast { .. }
        | Transform::Values { .. }
        | Transform::Range { .. }
        | Transform::Lookup(_)
        | Transform::Sql(_) => Class::Lossy,
    }
}
