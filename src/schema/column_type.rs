//! Column types after normalisation: one value for every spelling of one type.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ident::{Ident, QualifiedName};

/// A column type after normalisation: `varchar(255)` and `character varying(255)` are one value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// `int2`
    Smallint,
    /// `int4`
    Integer,
    /// `int8`
    Bigint,
    /// `float4`
    Real,
    /// `float8`
    Double,
    /// `numeric`, `decimal`; without a precision it holds any number.
    Numeric {
        /// Digits in all.
        precision: Option<u32>,
        /// Digits after the point; `None` exactly when `precision` is.
        scale: Option<i32>,
    },
    /// `bool`
    Boolean,
    /// `text`
    Text,
    /// `character varying`
    Varchar {
        /// In characters; `None` is unbounded.
        limit: Option<u32>,
    },
    /// `character`, blank-padded.
    Char {
        /// In characters; `None` only for `bpchar`.
        limit: Option<u32>,
    },
    /// `bytea`
    Bytea,
    /// `uuid`
    Uuid,
    /// `json`
    Json,
    /// `jsonb`
    Jsonb,
    /// `date`
    Date,
    /// `time`
    Time {
        /// Digits of a second; `None` is the server's 6.
        precision: Option<u32>,
        /// `with time zone`
        tz: bool,
    },
    /// `timestamp`
    Timestamp {
        /// Digits of a second; `None` is the server's 6.
        precision: Option<u32>,
        /// `with time zone`
        tz: bool,
    },
    /// `interval`
    Interval {
        /// What follows the word, such as `day to second(3)`; empty for a plain interval.
        fields: String,
    },
    /// An array of any number of dimensions; the server does not keep how many.
    Array(Box<Self>),
    /// An enum, a domain, a composite or a range that a user defined.
    Named(QualifiedName),
    /// The source cannot say which type it is, only of which family.
    Unknown {
        /// What the source does say.
        family: Family,
        /// The source's own word, such as `string` or `USER-DEFINED`.
        spelling: String,
    },
    /// A type this model does not interpret (`inet`, `tsvector`, an extension's type), lower-case,
    /// modifiers included, without a namespace. Equal only to itself.
    Other(String),
}

/// What a source that cannot name a type still says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Anything that travels as a JSON string: text, uuid, dates, enums, big numbers.
    String,
    /// Anything that travels as a JSON number.
    Number,
    /// A `numeric` whose precision is not told.
    Numeric,
    /// A `character varying` whose limit is not told.
    Varchar,
    /// `json` or `jsonb`.
    Json,
    /// An array whose element is not told.
    Array,
    /// Nothing is known.
    Any,
}

impl Family {
    /// Whether a column of this family may be of the given type.
    pub fn admits(self, ty: &ColumnType) -> bool {
        use ColumnType as T;
        match self {
            Self::Any => true,
            Self::Array => matches!(ty, T::Array(_)),
            Self::Json => matches!(ty, T::Json | T::Jsonb),
            Self::Varchar => matches!(ty, T::Varchar { .. }),
            Self::Numeric => matches!(ty, T::Numeric { .. }),
            Self::Number => matches!(
                ty,
                T::Smallint | T::Integer | T::Bigint | T::Real | T::Double | T::Numeric { .. }
            ),
            Self::String => !matches!(
                ty,
                T::Smallint
                    | T::Integer
                    | T::Real
                    | T::Double
                    | T::Boolean
                    | T::Json
                    | T::Jsonb
                    | T::Array(_)
            ),
        }
    }
}

/// Decides whether a type's name (with the namespace it was written with, if any) is a type that a
/// user defined, and which. `None` means that it is not.
pub type ResolveType<'a> = dyn Fn(Option<&Ident>, &Ident) -> Option<QualifiedName> + 'a;

impl ColumnType {
    /// Reads a type as SQL writes it or as the server's `format_type` prints it.
    ///
    /// Built-in names come first unless another namespace than `pg_catalog` was written; a name that
    /// is neither built in nor resolved becomes [`ColumnType::Other`]. `serial` and its kin are not
    /// types: the reader that meets them turns them into an integer with a sequence.
    pub fn parse(text: &str, resolve: &ResolveType<'_>) -> Self {
        let words = Words::of(text);
        let mut rest = words.0.as_slice();
        if rest.first().is_some_and(|w| w.is("setof")) {
            rest = &rest[1..];
        }
        let mut array = false;
        if let Some(at) = rest
            .iter()
            .position(|w| w.is("[") || (w.is("array") && !w.quoted))
        {
            array = at > 0;
            if array {
                rest = &rest[..at];
            }
        }
        let element = Self::scalar(rest, resolve);
        if array {
            Self::Array(Box::new(element))
        } else {
            element
        }
    }

    fn scalar(words: &[Word], resolve: &ResolveType<'_>) -> Self {
        let (path, rest) = split_path(words);
        let (namespace, name) = match path.as_slice() {
            [] => return Self::Other(String::new()),
            [name] => (None, *name),
            [.., namespace, name] => (Some(*namespace), *name),
        };
        let built_in = namespace.is_none_or(|n| n.text == "pg_catalog");
        if built_in
            && !name.quoted
            && let Some(ty) = Self::built_in(&name.text, rest)
        {
            return ty;
        }
        let is_catalog = namespace.is_none() && CATALOG.contains(&name.text.as_str());
        let user = (!is_catalog && (!built_in || namespace.is_none()))
            .then(|| {
                let ident = Ident::truncating(&name.text).ok()?;
                let namespace = namespace.and_then(|n| Ident::truncating(&n.text).ok());
                resolve(namespace.as_ref(), &ident)
            })
            .flatten();
        match user {
            Some(name) => Self::Named(name),
            None => {
                let shown = if name.quoted {
                    super::ident::quote(&name.text)
                } else {
                    name.text.clone()
                };
                Self::Other(shown + &spell(rest))
            }
        }
    }

    fn built_in(name: &str, rest: &[Word]) -> Option<Self> {
        let args = arguments(rest);
        let first = args.first().copied();
        let limit = first.and_then(|n| u32::try_from(n).ok());
        let has = |word: &str| rest.iter().any(|w| w.is(word));
        let tz = has("with");
        Some(match name {
            "smallint" | "int2" => Self::Smallint,
            "integer" | "int" | "int4" => Self::Integer,
            "bigint" | "int8" => Self::Bigint,
            "real" | "float4" => Self::Real,
            "float8" => Self::Double,
            "double" if has("precision") => Self::Double,
            "float" => {
                if first.is_some_and(|n| n <= 24) {
                    Self::Real
                } else {
                    Self::Double
                }
            }
            "numeric" | "decimal" | "dec" => Self::Numeric {
                precision: limit,
                scale: limit.map(|_| {
                    args.get(1)
                        .and_then(|n| i32::try_from(*n).ok())
                        .unwrap_or(0)
                }),
            },
            "boolean" | "bool" => Self::Boolean,
            "text" => Self::Text,
            "varchar" => Self::Varchar { limit },
            "character" | "char" | "nchar" | "national" if has("varying") => {
                Self::Varchar { limit }
            }
            "character" | "char" | "nchar" | "national" => Self::Char {
                limit: limit.or(Some(1)),
            },
            "bpchar" => Self::Char { limit },
            "bytea" => Self::Bytea,
            "uuid" => Self::Uuid,
            "json" => Self::Json,
            "jsonb" => Self::Jsonb,
            "date" => Self::Date,
            "time" => Self::Time {
                precision: limit,
                tz,
            },
            "timetz" => Self::Time {
                precision: limit,
                tz: true,
            },
            "timestamp" => Self::Timestamp {
                precision: limit,
                tz,
            },
            "timestamptz" => Self::Timestamp {
                precision: limit,
                tz: true,
            },
            "interval" => Self::Interval {
                fields: spell(rest).trim_start().to_owned(),
            },
            "bit" if has("varying") => Self::Other(with_limit("bit varying", limit)),
            "bit" => Self::Other(with_limit("bit", limit.or(Some(1)))),
            "varbit" => Self::Other(with_limit("bit varying", limit)),
            _ => return None,
        })
    }

    /// The element of an array, the type itself otherwise.
    pub fn element(&self) -> &Self {
        match self {
            Self::Array(element) => element.element(),
            other => other,
        }
    }

    /// Whether the source could not say which type it is, as a whole or in an array's element.
    pub fn is_unknown(&self) -> bool {
        matches!(self.element(), Self::Unknown { .. })
    }

    /// The type as SQL writes it, where types of `home` need no namespace.
    pub fn within(&self, home: &Ident) -> String {
        match self {
            Self::Named(name) => name.within(home),
            Self::Array(element) => format!("{}[]", element.within(home)),
            other => other.to_string(),
        }
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let timed = |word: &str, precision: &Option<u32>, tz: bool| {
            let base = if tz {
                format!("{word}tz")
            } else {
                word.to_owned()
            };
            with_limit(&base, *precision)
        };
        let text = match self {
            Self::Smallint => "smallint".to_owned(),
            Self::Integer => "integer".to_owned(),
            Self::Bigint => "bigint".to_owned(),
            Self::Real => "real".to_owned(),
            Self::Double => "double precision".to_owned(),
            Self::Numeric {
                precision: Some(p),
                scale: Some(s),
            } if *s != 0 => format!("numeric({p},{s})"),
            Self::Numeric { precision, .. } => with_limit("numeric", *precision),
            Self::Boolean => "boolean".to_owned(),
            Self::Text => "text".to_owned(),
            Self::Varchar { limit } => with_limit("varchar", *limit),
            Self::Char { limit: None } => "bpchar".to_owned(),
            Self::Char { limit } => with_limit("char", *limit),
            Self::Bytea => "bytea".to_owned(),
            Self::Uuid => "uuid".to_owned(),
            Self::Json => "json".to_owned(),
            Self::Jsonb => "jsonb".to_owned(),
            Self::Date => "date".to_owned(),
            Self::Time { precision, tz } => timed("time", precision, *tz),
            Self::Timestamp { precision, tz } => timed("timestamp", precision, *tz),
            Self::Interval { fields } if fields.is_empty() => "interval".to_owned(),
            Self::Interval { fields } if fields.starts_with('(') => format!("interval{fields}"),
            Self::Interval { fields } => format!("interval {fields}"),
            Self::Array(element) => format!("{element}[]"),
            Self::Named(name) => name.to_string(),
            Self::Unknown { spelling, .. } => format!("unknown ({spelling})"),
            Self::Other(text) => text.clone(),
        };
        f.write_str(&text)
    }
}

/// Types of `pg_catalog` that [`ColumnType`] keeps by name: the catalog comes first on every search
/// path, so a user's type of such a name needs its namespace.
const CATALOG: &[&str] = &[
    "aclitem",
    "any",
    "anyarray",
    "anyelement",
    "anyenum",
    "anynonarray",
    "anyrange",
    "box",
    "cid",
    "cidr",
    "circle",
    "cstring",
    "daterange",
    "datemultirange",
    "event_trigger",
    "inet",
    "int2vector",
    "int4multirange",
    "int4range",
    "int8multirange",
    "int8range",
    "internal",
    "jsonpath",
    "line",
    "lseg",
    "macaddr",
    "macaddr8",
    "money",
    "name",
    "nummultirange",
    "numrange",
    "oid",
    "oidvector",
    "path",
    "pg_lsn",
    "pg_snapshot",
    "point",
    "polygon",
    "record",
    "refcursor",
    "regclass",
    "regcollation",
    "regconfig",
    "regdictionary",
    "regnamespace",
    "regoper",
    "regoperator",
    "regproc",
    "regprocedure",
    "regrole",
    "regtype",
    "tid",
    "trigger",
    "tsmultirange",
    "tsquery",
    "tsrange",
    "tstzmultirange",
    "tstzrange",
    "tsvector",
    "txid_snapshot",
    "void",
    "xid",
    "xid8",
    "xml",
];

fn with_limit(word: &str, limit: Option<u32>) -> String {
    match limit {
        Some(limit) => format!("{word}({limit})"),
        None => word.to_owned(),
    }
}

struct Word {
    text: String,
    quoted: bool,
}

impl Word {
    fn is(&self, text: &str) -> bool {
        !self.quoted && self.text == text
    }

    fn is_symbol(&self) -> bool {
        !self.quoted && matches!(self.text.as_str(), "(" | ")" | "," | "." | "[" | "]")
    }
}

struct Words(Vec<Word>);

impl Words {
    fn of(text: &str) -> Self {
        let mut words = Vec::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            if c == '"' {
                let mut name = String::new();
                while let Some(c) = chars.next() {
                    if c != '"' {
                        name.push(c);
                    } else if chars.next_if_eq(&'"').is_some() {
                        name.push('"');
                    } else {
                        break;
                    }
                }
                words.push(Word {
                    text: name,
                    quoted: true,
                });
            } else if "(),.[]".contains(c) {
                words.push(Word {
                    text: c.to_string(),
                    quoted: false,
                });
            } else if !c.is_whitespace() {
                let mut name = c.to_string();
                while let Some(c) =
                    chars.next_if(|c| !c.is_whitespace() && !"(),.[]\"".contains(*c))
                {
                    name.push(c);
                }
                words.push(Word {
                    text: name.to_ascii_lowercase(),
                    quoted: false,
                });
            }
        }
        Self(words)
    }
}

/// Takes the leading `a.b.c` off the words.
fn split_path(words: &[Word]) -> (Vec<&Word>, &[Word]) {
    let mut path = Vec::new();
    let mut at = 0;
    while let Some(word) = words.get(at).filter(|w| !w.is_symbol()) {
        path.push(word);
        at += 1;
        if !words.get(at).is_some_and(|w| w.is(".")) {
            break;
        }
        at += 1;
    }
    (path, &words[at.min(words.len())..])
}

/// The numbers between the first parentheses.
fn arguments(words: &[Word]) -> Vec<i64> {
    words
        .iter()
        .skip_while(|w| !w.is("("))
        .take_while(|w| !w.is(")"))
        .filter_map(|w| w.text.parse().ok())
        .collect()
}

fn spell(words: &[Word]) -> String {
    let mut text = String::new();
    for word in words {
        if !word.is_symbol() && !text.ends_with('(') && !text.ends_with(',') {
            text.push(' ');
        }
        text.push_str(&word.text);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> ColumnType {
        ColumnType::parse(text, &|namespace, name| {
            (name.as_str() == "todo_status" || namespace.is_some_and(|n| n.as_str() == "app")).then(
                || {
                    QualifiedName::new(
                        namespace
                            .cloned()
                            .unwrap_or_else(|| Ident::new("public").unwrap()),
                        name.clone(),
                    )
                },
            )
        })
    }

    #[test]
    fn one_value_for_every_spelling() {
        for (a, b) in [
            ("varchar(255)", "character varying(255)"),
            ("CHARACTER VARYING ( 255 )", "varchar(255)"),
            ("int4", "integer"),
            ("pg_catalog.int8", "bigint"),
            ("decimal(12, 2)", "numeric(12,2)"),
            ("numeric(12)", "numeric(12,0)"),
            ("timestamptz", "timestamp with time zone"),
            ("timestamptz(3)", "timestamp(3) with time zone"),
            ("timestamp without time zone", "timestamp"),
            ("char", "character(1)"),
            ("float(10)", "real"),
            ("float", "double precision"),
            ("text[][]", "text ARRAY"),
            ("integer[3]", "int4[]"),
            ("varbit(4)", "bit varying(4)"),
            ("interval day to second(3)", "INTERVAL DAY TO SECOND (3)"),
        ] {
            assert_eq!(parse(a), parse(b), "{a} and {b}");
        }
        assert_ne!(parse("varchar(255)"), parse("varchar(50)"));
        assert_ne!(parse("\"char\""), parse("char"));
    }

    #[test]
    fn prints_what_it_parses() {
        for text in [
            "smallint",
            "varchar(255)",
            "numeric(12,2)",
            "timestamptz(3)",
            "time",
            "text[]",
            "inet",
            "double precision",
            "interval day to second(3)",
            "interval(3)",
            "public.todo_status",
            "vector(1536)",
            "bit(3)",
            "bpchar",
            "\"char\"",
            "app.\"My Type\"[]",
        ] {
            assert_eq!(parse(text).to_string(), text);
        }
    }

    #[test]
    fn a_users_type_is_named_and_an_extensions_is_other() {
        assert!(matches!(parse("todo_status"), ColumnType::Named(_)));
        assert_eq!(
            parse("extensions.citext"),
            ColumnType::Other("citext".into())
        );
        assert!(matches!(parse("app.text"), ColumnType::Named(_)));
    }

    #[test]
    fn a_typescript_string_may_be_a_uuid_but_no_boolean() {
        assert!(Family::String.admits(&ColumnType::Uuid));
        assert!(!Family::String.admits(&ColumnType::Boolean));
        assert!(!Family::Number.admits(&ColumnType::Text));
    }
}
