//! Rules the other way round.

use super::{Shape, TransformError};
use crate::mapping::{ColumnCorrespondence, Fallback, Literal, Lookup, Rule, Transform};

/// The rule that takes the target column's value back to the source column.
///
/// What the rule read as NULL, or filled with a default, does not come back.
///
/// # Errors
/// Why it cannot be told from the target what the source was.
pub fn inverse(
    rule: &ColumnCorrespondence,
    from: &Shape,
) -> Result<ColumnCorrespondence, TransformError> {
    let error = |why: String| TransformError::new(rule.at, why);
    let Rule::Convert(steps) = &rule.rule else {
        return Err(error("the column has no counterpart".to_owned()));
    };
    let ([source], [_]) = (rule.from.as_slice(), rule.to.as_slice()) else {
        let verb = steps.first().map_or("the rule", Transform::verb);
        let why = format!("`{verb}` does not lead from one column to one other");
        return Err(error(why));
    };
    let mut inverted = Vec::new();
    for (index, step) in steps.iter().enumerate().rev() {
        // Before the step stood what the step before it gave, or the source column.
        let before = match index.checked_sub(1).and_then(|index| steps.get(index)) {
            Some(Transform::Cast { ty, .. }) => Some(ty.clone()),
            Some(_) => None,
            None => from.slot(&source.name).map(|slot| slot.kind.sql()),
        };
        inverted.extend(undone(step, before).map_err(&error)?);
    }
    Ok(ColumnCorrespondence {
        from: rule.to.clone(),
        to: rule.from.clone(),
        rule: Rule::Convert(inverted),
        nulls: Vec::new(),
        default: None,
        ..rule.clone()
    })
}

/// What undoes the step: nothing where the cast to the column's type does it.
fn undone(step: &Transform, before: Option<String>) -> Result<Option<Transform>, String> {
    let not = |why: &str| Err(format!("`{}` has no way back: {why}", step.verb()));
    match step {
        Transform::Cast {
            format: Some(_), ..
        } => not("a format is read, and never written"),
        Transform::Cast {
            zone, format: None, ..
        } => Ok(before.map(|ty| Transform::Cast {
            ty,
            format: None,
            zone: zone.clone(),
        })),
        Transform::Values { pairs, on_unknown } => {
            if *on_unknown != Fallback::Error {
                return not("values that are not in the list cannot be told from those that are");
            }
            let mut back: Vec<(String, Literal)> = Vec::new();
            for (key, value) in pairs {
                let value = value.to_string();
                if back.iter().any(|(known, _)| *known == value) {
                    return not(&format!("several values become `{value}`"));
                }
                back.push((value, Literal::Text(key.clone())));
            }
            Ok(Some(Transform::Values {
                pairs: back,
                on_unknown: Fallback::Error,
            }))
        }
        Transform::Scale { factor, offset } => match unscaled(factor, offset) {
            Some(back) => Ok(Some(back)),
            None => not(&format!("one by {factor} has no end as a decimal")),
        },
        Transform::Lookup(lookup) => match lookup.matches.as_slice() {
            [one] if !lookup.trim && !lookup.lower => Ok(Some(Transform::Lookup(Lookup {
                matches: vec![lookup.take.clone()],
                take: one.clone(),
                ..lookup.clone()
            }))),
            [_] => not("blanks and case are lost when values are compared without them"),
            _ => not("any of several columns may have held the value"),
        },
        Transform::Value(_) => not("a constant says nothing of the row"),
        Transform::Concat { .. } => not("where one value ends and the next begins is lost"),
        Transform::Split { .. } => not("the separator may have been any that fits"),
        Transform::Range { .. } => not("a number does not tell which range it was in"),
        Transform::Json { .. } => not("the other members are lost"),
        Transform::Pack(_) => not("one column becomes several"),
        Transform::When { .. } => not("a case does not tell which values led to it"),
        Transform::Sql(_) => not("nothing is known of its expression"),
    }
}

/// The scale that leads back, where one divided by the factor is a decimal.
fn unscaled(factor: &str, offset: &str) -> Option<Transform> {
    let (factor, offset) = (super::row::decimal(factor)?, super::row::decimal(offset)?);
    let back = factor.reciprocal()?;
    Some(Transform::Scale {
        offset: offset.times(&back).negated().to_string(),
        factor: back.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::file;
    use crate::schema::{ColumnType, Ident};

    fn inverted(rule: &str) -> Result<String, String> {
        let text = format!("format = 1\n[[column]]\nfrom = 't.a'\nto = 'u.b'\n{rule}");
        let mapping = file::read(&text).unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
        let from = Shape::from_types([(Ident::new("a").unwrap(), ColumnType::Integer)]);
        let back = inverse(&mapping.columns[0], &from).map_err(|error| error.message)?;
        assert_eq!(back.from, mapping.columns[0].to);
        assert_eq!(back.to, mapping.columns[0].from);
        let Rule::Convert(steps) = back.rule else {
            return Err("no conversion".to_owned());
        };
        Ok(format!("{steps:?}"))
    }

    #[test]
    fn what_can_be_undone_is() {
        assert_eq!(inverted(""), Ok("[]".to_owned()));
        let back = inverted("scale = { factor = 0.5, offset = 3 }").unwrap();
        assert!(
            back.contains("factor: \"2.0\"") && back.contains("offset: \"-6.0\""),
            "{back}"
        );
        let back = inverted("values = { a = 1, b = 2 }").unwrap();
        assert!(
            back.contains("(\"1\", Text(\"a\")), (\"2\", Text(\"b\"))"),
            "{back}"
        );
        let back = inverted("steps = [{ cast = 'text' }, { values = { 1 = 'x' } }]").unwrap();
        assert!(
            back.starts_with("[Values") && back.ends_with("zone: None }]"),
            "{back}"
        );
        let back = inverted("lookup = { table = 'v', match = 'email', take = 'id' }").unwrap();
        assert!(back.contains("matches: [Ident(\"id\")]"), "{back}");
    }

    #[test]
    fn what_cannot_says_why() {
        for (rule, part) in [
            ("scale = { factor = 0.3 }", "no end"),
            ("values = { a = 1, b = 1 }", "several values become `1`"),
            ("values = { a = 1 }\non_unknown = 'keep'", "cannot be told"),
            ("range = { rule = 'lower' }", "which range"),
            ("json = '$.a'", "other members"),
            ("cast = 'date'\nformat = 'DD/MM/YYYY'", "never written"),
            (
                "lookup = { table = 'v', match = ['a', 'b'], take = 'id' }",
                "several columns",
            ),
            ("sql = 's.a'", "nothing is known"),
        ] {
            let why = inverted(rule).unwrap_err();
            assert!(why.contains(part), "{rule}: {why}");
        }
    }
}
