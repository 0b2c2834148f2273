//! Whether a rule keeps what it converts: the way back of a rule, and which values do not come back.

use super::invert::inverse;
use super::{Kind, Shape};
use crate::mapping::{
    ColumnCorrespondence, Fallback, OnAmbiguous, OnError, OnMissing, Rule, Transform,
};
use crate::schema::ColumnType;

/// A rule backwards. Whatever it gives, the rule turns into the value it was given.
#[derive(Debug, Clone, PartialEq)]
pub struct Inverse {
    /// From the `to` column to the `from` column.
    pub correspondence: ColumnCorrespondence,
    /// Which values do not come back as they were, in words; `None` when every one does.
    pub lost: Option<String>,
}

/// Turns a rule round; `from` and `to` are the rows it stands between.
///
/// # Errors
/// Why there is no way back.
pub fn invert(rule: &ColumnCorrespondence, from: &Shape, to: &Shape) -> Result<Inverse, String> {
    if let Rule::Convert(steps) = &rule.rule
        && let [Transform::Range { .. }] = steps.as_slice()
    {
        // A number is a range too, though not the one that was written.
        let plain = ColumnCorrespondence {
            rule: Rule::Convert(Vec::new()),
            ..rule.clone()
        };
        let correspondence = inverse(&plain, from).map_err(|error| error.to_string())?;
        return Ok(Inverse {
            correspondence,
            lost: Some("a range becomes one number".to_owned()),
        });
    }
    let correspondence = inverse(rule, from).map_err(|error| error.to_string())?;
    let kind = |shape: &Shape, side: &ColumnCorrespondence| {
        let slot = side.to.first().and_then(|column| shape.slot(&column.name));
        slot.map(|slot| slot.kind.clone())
    };
    let (Some(from_kind), Some(to_kind)) = (kind(from, &correspondence), kind(to, rule)) else {
        return Err("its column is not there".to_owned());
    };
    let steps = match &rule.rule {
        Rule::Convert(steps) => steps.as_slice(),
        Rule::Keep | Rule::Archive | Rule::Drop { .. } => &[],
    };
    for (at, step) in steps.iter().enumerate() {
        let (Transform::Values { pairs, .. }, Some(then)) =
            (step, steps.get(at + 1..).and_then(|then| casts(then, to)))
        else {
            continue;
        };
        let kinds = || then.iter().chain([&to_kind]);
        let respelt = pairs
            .iter()
            .find(|(_, value)| !kinds().all(|kind| is_canonical(kind, &value.to_string())));
        if let Some((_, value)) = respelt {
            return Err(format!("`{value}` may be stored in another spelling"));
        }
    }
    Ok(Inverse {
        lost: lost(rule, steps, &from_kind, (&to_kind, to)),
        correspondence,
    })
}

/// The first loss that is found.
fn lost(
    rule: &ColumnCorrespondence,
    steps: &[Transform],
    from: &Kind,
    (to, target): (&Kind, &Shape),
) -> Option<String> {
    if steps.iter().any(|s| matches!(s, Transform::Scale { .. })) {
        if !is_number(from) {
            return Some("a number may be written in more than one way".to_owned());
        }
        let is_exact = to.plain().is_some_and(|ty| {
            let is_free = matches!(
                ty,
                ColumnType::Numeric {
                    precision: None,
                    ..
                }
            );
            is_free || is_whole(ty)
        });
        if !is_exact {
            return Some("the scaled number is rounded".to_owned());
        }
    }
    if !comes_back(from, to, steps, target) {
        return Some(format!(
            "one {} can be written in several ways as {}",
            to.sql(),
            from.sql()
        ));
    }
    if let Some(null) = rule.nulls.first() {
        return Some(format!("`{null}` became NULL"));
    }
    if let Some(default) = &rule.default {
        return Some(format!("NULL became `{default}`"));
    }
    let forgets = |step: &Transform| {
        matches!(step, Transform::Lookup(lookup)
            if lookup.on_missing == OnMissing::Null || lookup.on_ambiguous == OnAmbiguous::Null)
    };
    if steps.iter().any(forgets) {
        return Some("what was not found became NULL".to_owned());
    }
    let replaces = matches!(rule.on_error, OnError::Null | OnError::Default);
    replaces.then(|| "what could not be converted was replaced".to_owned())
}

/// Whether the mapping's list of values says only which values there may be.
pub fn only_restricts(step: &Transform) -> bool {
    match step {
        Transform::Values { pairs, on_unknown } => {
            matches!(on_unknown, Fallback::Error | Fallback::Keep)
                && pairs.iter().all(|(key, value)| *key == value.to_string())
        }
        _ => false,
    }
}

/// The types that steps cast to; `None` where one of them does something else.
fn casts(steps: &[Transform], target: &Shape) -> Option<Vec<Kind>> {
    let kinds = steps.iter().map(|step| match step {
        Transform::Cast { ty, .. } => Some(target.named(ty)),
        _ => None,
    });
    kinds.collect()
}

/// Whether every value of the column comes back from its text form, as far as the types tell.
fn comes_back(from: &Kind, to: &Kind, steps: &[Transform], target: &Shape) -> bool {
    // A list of values names the texts themselves, and a scaled number was looked at by its step.
    let by_step = steps.iter().position(|step| {
        matches!(
            step,
            Transform::Values { .. } | Transform::Scale { .. } | Transform::Lookup(_)
        )
    });
    let is_kept = |from: &Kind, to: &Kind| from.widens_to(to) || is_text_of(from, to);
    match by_step.and_then(|at| steps.get(..at)) {
        // Unless what they name is no longer what the column holds.
        Some(before) => match casts(before, target) {
            Some(kinds) => kinds
                .iter()
                .try_fold(from, |from, kind| is_kept(from, kind).then_some(kind))
                .is_some(),
            None => true,
        },
        None => is_kept(from, to),
    }
}

/// Whether `to` takes the text form of every value of `from`, and nothing is written in two ways.
fn is_text_of(from: &Kind, to: &Kind) -> bool {
    let Some(to) = to.plain() else {
        return false;
    };
    let is_free = matches!(to, ColumnType::Text | ColumnType::Varchar { limit: None });
    match from {
        Kind::Enum { .. } => is_free,
        _ => {
            is_free
                && from.plain().is_some_and(|ty| {
                    is_whole(ty)
                        || matches!(
                            ty,
                            ColumnType::Text
                                | ColumnType::Varchar { .. }
                                | ColumnType::Uuid
                                | ColumnType::Boolean
                                | ColumnType::Numeric { .. }
                        )
                })
        }
    }
}

fn is_whole(ty: &ColumnType) -> bool {
    matches!(
        ty,
        ColumnType::Smallint | ColumnType::Integer | ColumnType::Bigint
    )
}

fn is_number(kind: &Kind) -> bool {
    kind.plain()
        .is_some_and(|ty| is_whole(ty) || matches!(ty, ColumnType::Numeric { .. }))
}

/// Whether the server prints the value with exactly that text.
fn is_canonical(kind: &Kind, text: &str) -> bool {
    if let Kind::Enum { labels, .. } = kind {
        return labels.iter().any(|label| label == text);
    }
    match kind.plain() {
        Some(ty) if is_whole(ty) => text.parse::<i64>().is_ok_and(|n| n.to_string() == text),
        Some(ColumnType::Boolean) => matches!(text, "true" | "false"),
        Some(ColumnType::Char { .. }) | None => false,
        Some(_) => kind.is_text(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::file;
    use crate::schema::Ident;

    fn shape(columns: &[(&str, &str)]) -> Shape {
        Shape::from_types(columns.iter().map(|(name, ty)| {
            (
                Ident::new(*name).unwrap(),
                ColumnType::parse(ty, &|_, _| None),
            )
        }))
    }

    fn inverted(rule: &str, from: &str, to: &str) -> Result<Inverse, String> {
        let text = format!("format = 1\n[[column]]\nfrom = 't.a'\nto = 'u.b'\n{rule}\n");
        let mapping = file::read(&text).unwrap_or_else(|errors| panic!("{errors:?}"));
        invert(
            &mapping.columns[0],
            &shape(&[("a", from)]),
            &shape(&[("b", to)]),
        )
    }

    #[test]
    fn a_way_back_is_exact_lossy_or_none() {
        for (rule, from, to, expected) in [
            ("", "text", "text", "exact"),
            ("", "varchar(50)", "text", "exact"),
            ("", "uuid", "text", "exact"),
            (
                "",
                "text",
                "integer",
                "lossy: one integer can be written in several ways as text",
            ),
            (
                "cast = 'numeric'",
                "text",
                "numeric",
                "lossy: one numeric can be written in several ways as text",
            ),
            ("values = { a = 'x', b = 'y' }", "text", "text", "exact"),
            (
                "values = { a = 'x', b = 'x' }",
                "text",
                "text",
                "none: `values` has no way back: several values become `x`",
            ),
            ("values = { a = 1, b = 2 }", "text", "integer", "exact"),
            (
                "values = { a = 1, b = 2 }",
                "text",
                "numeric(5,2)",
                "none: `1` may be stored in another spelling",
            ),
            (
                "values = { a = '01', b = '2' }",
                "text",
                "integer",
                "none: `01` may be stored in another spelling",
            ),
            ("values = { a = true }", "text", "boolean", "exact"),
            (
                "steps = [ { values = { a = '01', b = '2' } }, { cast = 'integer' } ]",
                "text",
                "integer",
                "none: `01` may be stored in another spelling",
            ),
            (
                "steps = [ { values = { a = '1', b = '2' } }, { cast = 'integer' } ]",
                "text",
                "integer",
                "exact",
            ),
            (
                "steps = [ { values = { a = '01', b = '2' } }, { cast = 'integer' } ]",
                "text",
                "text",
                "none: `01` may be stored in another spelling",
            ),
            (
                "steps = [ { cast = 'integer' }, { values = { 1 = 'x' } } ]",
                "text",
                "text",
                "lossy: one text can be written in several ways as text",
            ),
            (
                "steps = [ { cast = 'bigint' }, { values = { 1 = 'x' } } ]",
                "integer",
                "text",
                "exact",
            ),
            (
                "values = { a = 'b', b = 'a' }\non_unknown = 'keep'",
                "text",
                "text",
                "none: `values` has no way back: values that are not in the list cannot be told from those that are",
            ),
            (
                "values = { a = 'b' }\non_unknown = 'keep'",
                "text",
                "text",
                "none: `values` has no way back: values that are not in the list cannot be told from those that are",
            ),
            (
                "values = { a = 'b' }\non_unknown = 'null'",
                "text",
                "text",
                "none: `values` has no way back: values that are not in the list cannot be told from those that are",
            ),
            (
                "values = { a = 'b' }\non_unknown = { value = 'c' }",
                "text",
                "text",
                "none: `values` has no way back: values that are not in the list cannot be told from those that are",
            ),
            (
                "scale = { factor = 100, offset = 0 }",
                "numeric",
                "numeric",
                "exact",
            ),
            (
                "scale = { factor = 100, offset = 0 }",
                "integer",
                "integer",
                "exact",
            ),
            (
                "scale = { factor = 0.3, offset = 0 }",
                "numeric",
                "numeric",
                "none: `scale` has no way back: one by 0.3 has no end as a decimal",
            ),
            (
                "scale = { factor = 0.5, offset = 0 }",
                "numeric",
                "numeric(6,1)",
                "lossy: the scaled number is rounded",
            ),
            (
                "scale = { factor = 2, offset = 0 }",
                "text",
                "numeric",
                "lossy: a number may be written in more than one way",
            ),
            (
                "range = { rule = 'lower', open = 'end' }",
                "text",
                "integer",
                "lossy: a range becomes one number",
            ),
            ("nulls = ['-']", "text", "text", "lossy: `-` became NULL"),
            ("default = 'x'", "text", "text", "lossy: NULL became `x`"),
            (
                "lookup = { table = 'users', match = 'email', take = 'id' }",
                "text",
                "uuid",
                "exact",
            ),
            (
                "lookup = { table = 'users', match = 'email', take = 'id', on_missing = 'null' }",
                "text",
                "uuid",
                "lossy: what was not found became NULL",
            ),
            (
                "sql = 's.a'",
                "text",
                "text",
                "none: `sql` has no way back: nothing is known of its expression",
            ),
            (
                "json = '$.a'",
                "jsonb",
                "text",
                "none: `json` has no way back: the other members are lost",
            ),
            (
                "cast = 'date'\nformat = 'DD/MM/YYYY'",
                "text",
                "date",
                "none: `cast` has no way back: a format is read, and never written",
            ),
        ] {
            let found = match inverted(rule, from, to) {
                Ok(Inverse { lost: None, .. }) => "exact".to_owned(),
                Ok(Inverse {
                    lost: Some(lost), ..
                }) => format!("lossy: {lost}"),
                Err(why) => format!("none: {why}"),
            };
            assert_eq!(found, expected, "{rule} from {from} to {to}");
        }
    }
}
