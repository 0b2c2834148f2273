//! The way back: what a value was before a correspondence changed it.

use super::{Kind, Shape};
use crate::mapping::{ColumnCorrespondence, Fallback, Literal, Lookup, OnError, Rule, Transform};
use crate::schema::ColumnType;

/// A correspondence backwards. Whatever it gives, the correspondence turns into the value it was given.
#[derive(Debug, Clone, PartialEq)]
pub struct Inverse {
    /// From the `to` column to the `from` column.
    pub correspondence: ColumnCorrespondence,
    /// Which values do not come back as they were, in words; `None` when every one does.
    pub lost: Option<String>,
    /// What was put in place of NULL, or NULL in place of, in words; it does not come back either.
    pub filled: Option<String>,
}

/// Turns a correspondence round; `from` and `to` are the rows it stands between.
///
/// # Errors
/// Why there is no way back, in words that fit behind "because".
pub fn invert(
    correspondence: &ColumnCorrespondence,
    from: &Shape,
    to: &Shape,
) -> Result<Inverse, String> {
    let Rule::Convert(steps) = &correspondence.rule else {
        return Err("it has no counterpart".to_owned());
    };
    for step in steps {
        is_one_way(step)?;
    }
    let (source, target) = match (correspondence.from.as_slice(), correspondence.to.as_slice()) {
        ([source], [target]) => (source, target),
        ([], _) => return Err("it is made of no column".to_owned()),
        ([_], _) => return Err("it becomes several columns".to_owned()),
        (_, _) => return Err("it is made of several columns".to_owned()),
    };
    let kind = |shape: &Shape, name| shape.slot(name).map(|slot| slot.kind.clone());
    let (Some(from_kind), Some(to_kind)) = (kind(from, &source.name), kind(to, &target.name))
    else {
        return Err("its column is not there".to_owned());
    };
    let mut way = Way {
        back: Vec::new(),
        lost: None,
    };
    for (at, step) in steps.iter().enumerate() {
        let is_last = at + 1 == steps.len();
        way.take(step, is_last.then_some(&to_kind), &from_kind)?;
    }
    way.back.reverse();
    if !comes_back(&from_kind, &to_kind, steps) {
        way.lose(format!(
            "one {} can be written in several ways as {}",
            to_kind.sql(),
            from_kind.sql()
        ));
    }
    let filled = match (correspondence.nulls.first(), &correspondence.default) {
        (Some(null), _) => Some(format!("`{null}` became NULL")),
        (None, Some(default)) => Some(format!("NULL became `{default}`")),
        (None, None) if matches!(correspondence.on_error, OnError::Null | OnError::Default) => {
            Some("what could not be converted was replaced".to_owned())
        }
        (None, None) => None,
    };
    Ok(Inverse {
        correspondence: ColumnCorrespondence {
            from: correspondence.to.clone(),
            to: correspondence.from.clone(),
            rule: Rule::Convert(way.back),
            nulls: Vec::new(),
            default: None,
            on_error: OnError::default(),
            ..correspondence.clone()
        },
        lost: way.lost,
        filled,
    })
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

/// Verbs that give nothing back.
fn is_one_way(step: &Transform) -> Result<(), String> {
    let why = match step {
        Transform::Value(_) => "a constant says nothing of it",
        Transform::Concat { .. } => "joined columns cannot be told apart",
        Transform::Split { .. } => "its parts are several columns",
        Transform::Json { .. } => "the rest of the JSON value is not kept",
        Transform::Pack(_) => "it is packed with others",
        Transform::When { .. } => "several rows may fall under one condition",
        Transform::Sql(_) => "SQL has no way back",
        Transform::Cast {
            format: Some(_), ..
        } => "a text of another format is not kept",
        Transform::Cast { zone: Some(_), .. } => "the zone it was written in is not kept",
        Transform::Cast { .. }
        | Transform::Values { .. }
        | Transform::Range { .. }
        | Transform::Lookup(_)
        | Transform::Scale { .. } => return Ok(()),
    };
    Err(why.to_owned())
}

/// The steps that lead back, the last one first.
struct Way {
    back: Vec<Transform>,
    lost: Option<String>,
}

impl Way {
    /// The first loss is the one that is told.
    fn lose(&mut self, what: String) {
        self.lost.get_or_insert(what);
    }

    /// `to` is the target's type when it is the last step.
    fn take(&mut self, step: &Transform, to: Option<&Kind>, from: &Kind) -> Result<(), String> {
        match step {
            Transform::Values { pairs, on_unknown } => self.values(pairs, on_unknown, to)?,
            Transform::Range { .. } => {
                self.lose("a range becomes one number".to_owned());
            }
            Transform::Lookup(lookup) => {
                let first = lookup.matches.first().ok_or("it looks nothing up")?;
                self.back.push(Transform::Lookup(Lookup {
                    matches: vec![lookup.take.clone()],
                    take: first.clone(),
                    trim: false,
                    lower: false,
                    ..lookup.clone()
                }));
                if lookup.trim || lookup.lower || lookup.matches.len() > 1 {
                    self.lose("a row can be found by more than one text".to_owned());
                }
            }
            Transform::Scale { factor, offset } => {
                let (factor, offset) = unscaled(factor, offset)
                    .ok_or_else(|| format!("1/{factor} has no end as a decimal, or is 1/0"))?;
                if !is_number(from) {
                    self.lose("a number may be written in more than one way".to_owned());
                }
                let is_exact = to.and_then(Kind::plain).is_some_and(|ty| {
                    matches!(
                        ty,
                        ColumnType::Numeric {
                            precision: None,
                            ..
                        }
                    ) || is_whole(ty)
                });
                if !is_exact {
                    self.lose("the scaled number is rounded".to_owned());
                }
                self.back.push(Transform::Scale { factor, offset });
            }
            // The last cast of the way back is the one to the column's own type.
            Transform::Cast { .. } => {}
            _ => is_one_way(step)?,
        }
        Ok(())
    }

    fn values(
        &mut self,
        pairs: &[(String, Literal)],
        on_unknown: &Fallback,
        to: Option<&Kind>,
    ) -> Result<(), String> {
        let mut back: Vec<(String, Literal)> = Vec::new();
        for (key, value) in pairs {
            let text = value.to_string();
            if let Some((_, other)) = back.iter().find(|(known, _)| *known == text) {
                return Err(format!("`{other}` and `{key}` both become `{text}`"));
            }
            if to.is_some_and(|kind| !is_canonical(kind, &text)) {
                return Err(format!("`{text}` may be stored in another spelling"));
            }
            back.push((text, Literal::Text(key.clone())));
        }
        let on_unknown = match on_unknown {
            Fallback::Error => Fallback::Error,
            Fallback::Null => {
                self.lose("every other value became NULL".to_owned());
                Fallback::Error
            }
            Fallback::Keep => {
                let is_key = |text: &str| pairs.iter().any(|(key, _)| key == text);
                if let Some((text, key)) = back.iter().find(|(text, _)| !is_key(text)) {
                    self.lose(format!("`{text}` may have been `{text}` or `{key}`"));
                }
                Fallback::Keep
            }
            Fallback::Value(value) => {
                return Err(format!("every other value became `{value}`"));
            }
        };
        self.back.push(Transform::Values {
            pairs: back,
            on_unknown,
        });
        Ok(())
    }
}

/// Whether every value of the column comes back from its text form, as far as the two types tell.
fn comes_back(from: &Kind, to: &Kind, steps: &[Transform]) -> bool {
    // A list of values names the texts themselves, and a scaled number was looked at by its step.
    let by_steps = steps.iter().any(|step| {
        matches!(step, Transform::Values { on_unknown, .. } if *on_unknown != Fallback::Keep)
            || matches!(step, Transform::Scale { .. })
    });
    by_steps || from.widens_to(to) || is_text_of(from, to)
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

/// The factor and the offset that undo these, where both end as decimals.
fn unscaled(factor: &str, offset: &str) -> Option<(String, String)> {
    let (factor, offset) = (super::row::decimal(factor)?, super::row::decimal(offset)?);
    let back = factor.reciprocal()?;
    let offset = offset.times(&back).negated().trimmed();
    Some((back.trimmed().to_string(), offset.to_string()))
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
                "none: `a` and `b` both become `x`",
            ),
            ("values = { a = 1, b = 2 }", "text", "integer", "exact"),
            (
                "values = { a = 1, b = 2 }",
                "text",
                "numeric(5,2)",
                "none: `1` may be stored in another spelling",
            ),
            ("values = { a = true }", "text", "boolean", "exact"),
            (
                "values = { a = 'b', b = 'a' }\non_unknown = 'keep'",
                "text",
                "text",
                "exact",
            ),
            (
                "values = { a = 'b' }\non_unknown = 'keep'",
                "text",
                "text",
                "lossy: `b` may have been `b` or `a`",
            ),
            (
                "values = { a = 'b' }\non_unknown = 'null'",
                "text",
                "text",
                "lossy: every other value became NULL",
            ),
            (
                "values = { a = 'b' }\non_unknown = { value = 'c' }",
                "text",
                "text",
                "none: every other value became `c`",
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
                "none: 1/0.3 has no end as a decimal, or is 1/0",
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
                "lossy: a row can be found by more than one text",
            ),
            ("sql = 's.a'", "text", "text", "none: SQL has no way back"),
            (
                "json = '$.a'",
                "jsonb",
                "text",
                "none: the rest of the JSON value is not kept",
            ),
            (
                "cast = 'date'\nformat = 'DD/MM/YYYY'",
                "text",
                "date",
                "none: a text of another format is not kept",
            ),
        ] {
            let found = match inverted(rule, from, to) {
                Ok(Inverse {
                    lost: None,
                    filled: None,
                    ..
                }) => "exact".to_owned(),
                Ok(Inverse {
                    lost: None,
                    filled: Some(lost),
                    ..
                }) => format!("lossy: {lost}"),
                Ok(Inverse {
                    lost: Some(lost), ..
                }) => format!("lossy: {lost}"),
                Err(why) => format!("none: {why}"),
            };
            assert_eq!(found, expected, "{rule} from {from} to {to}");
        }
    }

    #[test]
    fn scales_are_undone_to_the_digit() {
        for (factor, offset, expected) in [
            ("100", "0", Some(("0.01", "0"))),
            ("0.5", "1", Some(("2", "-2"))),
            ("1.25", "-0.5", Some(("0.8", "0.4"))),
            ("-4", "8", Some(("-0.25", "2"))),
            ("1e3", "0", Some(("0.001", "0"))),
            ("0.001", "0", Some(("1000", "0"))),
            ("3", "0", None),
            ("0", "0", None),
            ("99999999999999999999999999999999999999999", "0", None),
        ] {
            let found = unscaled(factor, offset);
            let expected = expected.map(|(a, b)| (a.to_owned(), b.to_owned()));
            assert_eq!(found, expected, "{factor} {offset}");
        }
    }

    #[test]
    fn steps_are_undone_from_the_last_on() {
        let rule =
            "steps = [{ values = { a = '1', b = '2' } }, { scale = { factor = 2, offset = 1 } }]";
        let inverse = inverted(rule, "text", "integer").unwrap();
        let Rule::Convert(steps) = &inverse.correspondence.rule else {
            panic!("no steps");
        };
        let verbs: Vec<&str> = steps.iter().map(Transform::verb).collect();
        assert_eq!(verbs, ["scale", "values"]);
        assert_eq!(inverse.correspondence.from[0].to_string(), "u.b");
        assert_eq!(inverse.correspondence.to[0].to_string(), "t.a");
    }
}
