//! What a conversion has to know of the two rows it stands between.

use std::collections::BTreeMap;

use crate::mapping::{ColumnCorrespondence, ColumnRef, TableRef};
use crate::schema::{ColumnType, Ident, QualifiedName, Schema, Table};

/// The type of a value, with what its name alone does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A type of the server.
    Plain(ColumnType),
    /// A user's enum.
    Enum {
        /// Its name.
        name: QualifiedName,
        /// Its labels, in order.
        labels: Vec<String>,
    },
    /// A user's domain that takes any value of its base type.
    Domain {
        /// Its name.
        name: QualifiedName,
        /// What it is made of.
        base: Box<Self>,
    },
    /// A type with rules of its own, whose texts cannot be told apart beforehand.
    Opaque {
        /// As SQL writes it.
        sql: String,
        /// Why, in a few words.
        why: &'static str,
    },
}

impl Kind {
    /// The type `ty` of a column in that schema.
    pub fn of(ty: &ColumnType, schema: &Schema) -> Self {
        let ColumnType::Named(name) = ty else {
            return Self::Plain(ty.clone());
        };
        let opaque = |why| Self::Opaque {
            sql: ty.to_string(),
            why,
        };
        if let Some(found) = schema.enumeration(name) {
            return Self::Enum {
                name: name.clone(),
                labels: found.labels.clone(),
            };
        }
        match schema.domain(name) {
            // A domain over a domain would have the rules of both.
            Some(domain) if matches!(domain.base, ColumnType::Named(_)) => {
                opaque("a domain over a type of a user")
            }
            Some(domain) if domain.not_null || !domain.checks.is_empty() => {
                opaque("a domain with rules of its own")
            }
            Some(domain) => Self::Domain {
                name: name.clone(),
                base: Box::new(Self::Plain(domain.base.clone())),
            },
            None => opaque("a composite, a range, or a type that the schema does not show"),
        }
    }

    /// The type as SQL writes it, whatever the search path.
    pub fn sql(&self) -> String {
        match self {
            Self::Plain(ColumnType::Unknown { .. }) => "text".to_owned(),
            Self::Plain(ty) => ty.to_string(),
            Self::Enum { name, .. } | Self::Domain { name, .. } => name.to_string(),
            Self::Opaque { sql, .. } => sql.clone(),
        }
    }

    /// A server's type; of a domain, its base.
    pub(crate) fn plain(&self) -> Option<&ColumnType> {
        match self {
            Self::Plain(ty) => Some(ty),
            Self::Domain { base, .. } => base.plain(),
            Self::Enum { .. } | Self::Opaque { .. } => None,
        }
    }

    /// Whether its text form is all there is to it: any text is a value.
    pub(crate) fn is_text(&self) -> bool {
        match self.plain() {
            Some(ColumnType::Text | ColumnType::Varchar { .. } | ColumnType::Char { .. }) => true,
            Some(ColumnType::Other(name)) => name == "citext",
            Some(ColumnType::Unknown { .. }) => true,
            _ => false,
        }
    }

    /// Whether the server casts every value of `self` to `other` without an error and without a loss.
    pub(crate) fn widens_to(&self, other: &Self) -> bool {
        use ColumnType as T;
        if self == other {
            return true;
        }
        let (Self::Plain(from), Self::Plain(to)) = (self, other) else {
            return false;
        };
        let fits = |from: &Option<u32>, to: &Option<u32>| match (from, to) {
            (_, None) => true,
            (Some(from), Some(to)) => from <= to,
            (None, Some(_)) => false,
        };
        let digits = |precision: u32, scale: i32| i64::from(precision) - i64::from(scale);
        match (from, to) {
            (T::Smallint, T::Integer | T::Bigint | T::Real | T::Double)
            | (T::Integer, T::Bigint | T::Double)
            | (T::Real, T::Double)
            | (T::Varchar { .. }, T::Text) => true,
            (
                T::Smallint | T::Integer | T::Bigint | T::Numeric { .. },
                T::Numeric {
                    precision: None, ..
                },
            ) => true,
            (
                T::Numeric {
                    precision: Some(from),
                    scale: Some(from_scale),
                },
                T::Numeric {
                    precision: Some(to),
                    scale: Some(to_scale),
                },
            ) => to_scale >= from_scale && digits(*to, *to_scale) >= digits(*from, *from_scale),
            (T::Varchar { limit: from }, T::Varchar { limit: to }) => fits(from, to),
            (T::Text, T::Varchar { limit: None }) => true,
            (
                T::Timestamp {
                    precision: from,
                    tz: from_tz,
                },
                T::Timestamp {
                    precision: to,
                    tz: to_tz,
                },
            ) => from_tz == to_tz && fits(from, to),
            (
                T::Time {
                    precision: from,
                    tz: from_tz,
                },
                T::Time {
                    precision: to,
                    tz: to_tz,
                },
            ) => from_tz == to_tz && fits(from, to),
            _ => false,
        }
    }
}

/// A column of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Its type.
    pub kind: Kind,
    /// Whether NULL is refused. What a source does not say is taken as allowed.
    pub not_null: bool,
}

/// The columns of a row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shape {
    /// Each by its name.
    pub columns: BTreeMap<Ident, Slot>,
    /// User-defined types that a `cast` may name, by the text it would name them with.
    types: BTreeMap<(Option<Ident>, Ident), (QualifiedName, Kind)>,
}

impl Shape {
    /// The rows of that table.
    pub fn of(table: &Table, schema: &Schema) -> Self {
        let columns = table.columns.iter().map(|column| {
            let slot = Slot {
                kind: Kind::of(&column.ty, schema),
                not_null: column.nullable == Some(false),
            };
            (column.name.clone(), slot)
        });
        let names = schema.enums.iter().map(|e| &e.name);
        let names = names.chain(schema.domains.iter().map(|d| &d.name));
        let mut types = BTreeMap::new();
        for name in names {
            let kind = Kind::of(&ColumnType::Named(name.clone()), schema);
            let full = (Some(name.namespace.clone()), name.name.clone());
            if schema.home() == Some(&name.namespace) {
                types.insert((None, name.name.clone()), (name.clone(), kind.clone()));
            }
            types.insert(full, (name.clone(), kind));
        }
        Self {
            columns: columns.collect(),
            types,
        }
    }

    /// A row of those columns, none of which refuses NULL.
    pub fn from_types(columns: impl IntoIterator<Item = (Ident, ColumnType)>) -> Self {
        let columns = columns.into_iter().map(|(name, ty)| {
            let kind = Kind::Plain(ty);
            (
                name,
                Slot {
                    kind,
                    not_null: false,
                },
            )
        });
        Self {
            columns: columns.collect(),
            types: BTreeMap::new(),
        }
    }

    /// The column of that name.
    pub fn slot(&self, name: &Ident) -> Option<&Slot> {
        self.columns.get(name)
    }

    /// The type that a `cast` names.
    pub(crate) fn named(&self, text: &str) -> Kind {
        let resolve = |namespace: Option<&Ident>, name: &Ident| {
            let found = self.types.get(&(namespace.cloned(), name.clone()))?;
            Some(found.0.clone())
        };
        match ColumnType::parse(text, &resolve) {
            ColumnType::Named(name) => {
                let full = (Some(name.namespace.clone()), name.name.clone());
                let known = self.types.get(&full).map(|(_, kind)| kind.clone());
                known.unwrap_or(Kind::Plain(ColumnType::Named(name)))
            }
            ty => Kind::Plain(ty),
        }
    }
}

/// The correspondence of two columns that need no rule: same meaning, perhaps another name.
pub fn straight(
    table: &TableRef,
    from: &Ident,
    to_table: &TableRef,
    to: &Ident,
) -> ColumnCorrespondence {
    let column = |table: &TableRef, name: &Ident| ColumnRef {
        table: table.clone(),
        name: name.clone(),
    };
    ColumnCorrespondence {
        from: vec![column(table, from)],
        to: vec![column(to_table, to)],
        rule: crate::mapping::Rule::Convert(Vec::new()),
        nulls: Vec::new(),
        default: None,
        on_error: crate::mapping::OnError::default(),
        status: crate::mapping::Status::Accepted,
        credit: None,
        sync: crate::mapping::Sync::Always,
        note: crate::mapping::Note::default(),
        at: crate::mapping::At::default(),
    }
}
