//! What becomes of a value that goes from one column type to another.

use crate::schema::{ColumnType, Schema};

/// What becomes of a value that goes from one type to another, as far as the types tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Conversion {
    /// One type.
    Identical,
    /// Every value fits and keeps its meaning.
    Widening,
    /// One side cannot say its type, and what it says does not speak against it.
    Unknown,
    /// A value may be refused, cut, rounded, or read differently by another session's settings.
    Lossy,
}

impl Conversion {
    /// Whether nothing known speaks against it.
    pub fn is_compatible(self) -> bool {
        self != Self::Lossy
    }
}

/// A type with the schema that explains its name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Typed<'a> {
    pub(crate) ty: &'a ColumnType,
    pub(crate) schema: &'a Schema,
}

/// Classifies the way from one type to the other.
///
/// `timestamp` to `timestamptz` and `date` to `timestamptz` are lossy: what they mean depends on the
/// session's time zone. `json` to `jsonb` is lossy: repeated keys and their order go.
pub(crate) fn conversion(from: Typed<'_>, to: Typed<'_>) -> Conversion {
    use ColumnType as T;
    match (from.ty, to.ty) {
        (T::Unknown { family, .. }, ty) | (ty, T::Unknown { family, .. }) => {
            let both = matches!((from.ty, to.ty), (T::Unknown { .. }, T::Unknown { .. }));
            if both || family.admits(ty) {
                Conversion::Unknown
            } else {
                Conversion::Lossy
            }
        }
        (T::Array(a), T::Array(b)) => conversion(Typed { ty: a, ..from }, Typed { ty: b, ..to }),
        (T::Named(a), T::Named(b)) => named(from, a, to, b),
        (T::Named(name), _) => match from.schema.domain(name) {
            Some(domain) => widened(conversion(
                Typed {
                    ty: &domain.base,
                    ..from
                },
                to,
            )),
            None if from.schema.enumeration(name).is_some() && holds_any_text(to.ty) => {
                Conversion::Widening
            }
            None => Conversion::Lossy,
        },
        (_, T::Named(name)) => match to.schema.domain(name) {
            Some(domain) if domain.checks.is_empty() && !domain.not_null => widened(conversion(
                from,
                Typed {
                    ty: &domain.base,
                    ..to
                },
            )),
            _ => Conversion::Lossy,
        },
        (a, b) if a == b => Conversion::Identical,
        (a, b) if widens(a, b) => Conversion::Widening,
        _ => Conversion::Lossy,
    }
}

fn widened(conversion: Conversion) -> Conversion {
    if conversion == Conversion::Identical {
        Conversion::Widening
    } else {
        conversion
    }
}

fn named(
    from: Typed<'_>,
    a: &crate::schema::QualifiedName,
    to: Typed<'_>,
    b: &crate::schema::QualifiedName,
) -> Conversion {
    match (from.schema.enumeration(a), to.schema.enumeration(b)) {
        (Some(a), Some(b)) if a.labels == b.labels => Conversion::Identical,
        (Some(a), Some(b)) if a.labels.iter().all(|label| b.labels.contains(label)) => {
            Conversion::Widening
        }
        (Some(_), Some(_)) => Conversion::Lossy,
        (None, None) => match (from.schema.domain(a), to.schema.domain(b)) {
            (Some(x), Some(y))
                if x.base == y.base && x.checks == y.checks && x.not_null == y.not_null =>
            {
                Conversion::Identical
            }
            (Some(x), None) => widened(conversion(
                Typed {
                    ty: &x.base,
                    ..from
                },
                to,
            )),
            (None, None) if from.schema.show(a) == to.schema.show(b) => Conversion::Identical,
            _ => Conversion::Lossy,
        },
        _ => Conversion::Lossy,
    }
}

/// Whether any text fits, whatever its length.
fn holds_any_text(ty: &ColumnType) -> bool {
    matches!(ty, ColumnType::Text | ColumnType::Varchar { limit: None })
}

fn widens(from: &ColumnType, to: &ColumnType) -> bool {
    use ColumnType as T;
    let digits = |ty: &T| match ty {
        T::Smallint => Some(5),
        T::Integer => Some(10),
        T::Bigint => Some(19),
        _ => None,
    };
    match (from, to) {
        (T::Array(_) | T::Bytea | T::Json | T::Jsonb, _) => false,
        (_, to) if holds_any_text(to) => true,
        (
            T::Varchar { limit: Some(a) } | T::Char { limit: Some(a) },
            T::Varchar { limit: Some(b) },
        ) => a <= b,
        (T::Uuid, T::Varchar { limit: Some(limit) }) => *limit >= 36,
        (T::Smallint, T::Integer | T::Bigint | T::Real | T::Double) => true,
        (T::Integer, T::Bigint | T::Double) | (T::Real, T::Double) => true,
        (
            _,
            T::Numeric {
                precision: None, ..
            },
        ) => digits(from).is_some() || matches!(from, T::Numeric { .. }),
        (
            T::Numeric {
                precision: Some(p),
                scale: Some(s),
            },
            T::Numeric {
                precision: Some(q),
                scale: Some(t),
            },
        ) => t >= s && i64::from(*q) - i64::from(*t) >= i64::from(*p) - i64::from(*s),
        (
            _,
            T::Numeric {
                precision: Some(p),
                scale: Some(s),
            },
        ) => digits(from).is_some_and(|digits| i64::from(*p) - i64::from(*s) >= digits),
        (T::Date, T::Timestamp { tz: false, .. }) => true,
        (
            T::Time {
                precision: p,
                tz: a,
            },
            T::Time {
                precision: q,
                tz: b,
            },
        )
        | (
            T::Timestamp {
                precision: p,
                tz: a,
            },
            T::Timestamp {
                precision: q,
                tz: b,
            },
        ) => a == b && p.unwrap_or(6) <= q.unwrap_or(6),
        (T::Interval { .. }, T::Interval { fields }) => fields.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Enum, Facet, Ident, QualifiedName};

    fn schema(labels: &[&str]) -> Schema {
        let public = Ident::new("public").unwrap();
        let mut schema = Schema::new(vec![public.clone()], Facet::ALL);
        schema.enums.push(Enum {
            name: QualifiedName::new(public, Ident::new("mood").unwrap()),
            labels: labels.iter().map(ToString::to_string).collect(),
            comment: None,
        });
        schema
    }

    fn parse(text: &str) -> ColumnType {
        ColumnType::parse(text, &|_, name| {
            (name.as_str() == "mood")
                .then(|| QualifiedName::new(Ident::new("public").unwrap(), name.clone()))
        })
    }

    #[test]
    fn types_decide() {
        use Conversion::{Identical, Lossy, Widening};
        let (a, b) = (schema(&["sad", "ok"]), schema(&["sad", "ok", "glad"]));
        for (from, to, expected) in [
            ("varchar(255)", "text", Widening),
            ("varchar(50)", "varchar(255)", Widening),
            ("varchar(255)", "varchar(50)", Lossy),
            ("varchar(50)", "integer", Lossy),
            ("varchar(50)", "uuid", Lossy),
            ("char(10)", "varchar(10)", Widening),
            ("varchar(10)", "char(10)", Lossy),
            ("uuid", "varchar(36)", Widening),
            ("uuid", "varchar(35)", Lossy),
            ("integer", "bigint", Widening),
            ("bigint", "integer", Lossy),
            ("bigint", "double precision", Lossy),
            ("integer", "numeric", Widening),
            ("integer", "numeric(12,2)", Widening),
            ("integer", "numeric(11,2)", Lossy),
            ("numeric(10,2)", "numeric(12,2)", Widening),
            ("numeric(10,2)", "numeric(12,1)", Lossy),
            ("numeric(10,2)", "numeric(12,4)", Widening),
            ("numeric(10,2)", "numeric(11,4)", Lossy),
            ("numeric", "numeric(12,2)", Lossy),
            ("date", "timestamp", Widening),
            ("date", "timestamptz", Lossy),
            ("timestamp", "timestamptz", Lossy),
            ("timestamptz(3)", "timestamptz", Widening),
            ("timestamptz", "timestamptz(3)", Lossy),
            ("timestamptz(6)", "timestamptz", Widening),
            ("interval day", "interval", Widening),
            ("interval", "interval day", Lossy),
            ("json", "jsonb", Lossy),
            ("varchar(10)[]", "text[]", Widening),
            ("text[]", "text", Lossy),
            ("mood", "text", Widening),
            ("mood", "mood", Widening),
            ("text", "mood", Lossy),
            ("inet", "inet", Identical),
            ("inet", "cidr", Lossy),
        ] {
            let got = conversion(
                Typed {
                    ty: &parse(from),
                    schema: &a,
                },
                Typed {
                    ty: &parse(to),
                    schema: &b,
                },
            );
            assert_eq!(got, expected, "{from} to {to}");
        }
    }

    #[test]
    fn an_unknown_is_compatible_only_with_its_family() {
        use crate::schema::Family;
        let schema = schema(&[]);
        let string = ColumnType::Unknown {
            family: Family::String,
            spelling: "string".into(),
        };
        for (to, expected) in [
            ("uuid", Conversion::Unknown),
            ("boolean", Conversion::Lossy),
        ] {
            let to = parse(to);
            let (from, to) = (
                Typed {
                    ty: &string,
                    schema: &schema,
                },
                Typed {
                    ty: &to,
                    schema: &schema,
                },
            );
            assert_eq!(conversion(from, to), expected);
            assert_eq!(conversion(to, from), expected);
        }
    }
}
