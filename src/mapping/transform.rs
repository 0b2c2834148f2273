//! The verbs that change a value on its way.

use std::fmt;

use super::TableRef;
use super::condition::Condition;
use super::json_path::JsonPath;
use crate::schema::Ident;

/// One step of a conversion. Steps of a correspondence run in the file's order, each on the result of
/// the one before; the first takes the `from` columns.
#[derive(Debug, Clone, PartialEq)]
pub enum Transform {
    /// To another type, by Postgres's own input rules or by a format.
    Cast {
        /// The type as SQL writes it.
        ty: String,
        /// As `to_timestamp` and `to_number` read it.
        format: Option<String>,
        /// The time zone of values that have none.
        zone: Option<String>,
    },
    /// A constant, whatever the row.
    Value(Literal),
    /// Several columns into one text.
    Concat {
        /// Between two values.
        separator: String,
        /// Whether a NULL is left out; otherwise it makes the result NULL.
        skip_null: bool,
    },
    /// One text into several columns.
    Split {
        /// A plain separator.
        on: Option<String>,
        /// Or a regular expression whose groups are the columns.
        regex: Option<String>,
        /// The most parts a separator makes.
        limit: Option<u32>,
    },
    /// One value for another. NULL stays NULL, but for [`Fallback::Value`], which takes it too.
    Values {
        /// Pairs in the file's order: the text form of a value, and what it becomes.
        pairs: Vec<(String, Literal)>,
        /// For a value that is not listed.
        on_unknown: Fallback,
    },
    /// A number out of a range written as text, such as `50-200`, `50+`, `<10`, `10k`, `1,000`.
    ///
    /// What may mean two things is not read: `1.000` is one to some and a thousand to others.
    Range {
        /// Which number of the range.
        rule: RangeRule,
        /// What an open range such as `50+` gives.
        open: OpenRange,
        /// Words that stand for a number, such as `startup`.
        words: Vec<(String, i64)>,
    },
    /// The key of the row of another table that holds the value.
    Lookup(Lookup),
    /// One member of a JSON value.
    Json {
        /// The way to it.
        path: JsonPath,
    },
    /// Several columns into one value under their own names.
    Pack(PackForm),
    /// A linear conversion of units.
    Scale {
        /// Multiplied by, as written.
        factor: String,
        /// Then added, as written.
        offset: String,
    },
    /// The first case whose condition holds for the row.
    When {
        /// Tried in order.
        cases: Vec<WhenCase>,
        /// When none holds; `None` is NULL.
        otherwise: Option<Literal>,
    },
    /// An SQL expression over the row `s`. The one verb that only a server evaluates.
    Sql(String),
}

/// A case of [`Transform::When`].
#[derive(Debug, Clone, PartialEq)]
pub struct WhenCase {
    /// When it holds.
    pub condition: Condition,
    /// What it gives.
    pub value: Literal,
}

/// A value in a mapping file.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// A TOML string, date or time, as text.
    Text(String),
    /// A TOML integer.
    Integer(i64),
    /// A TOML float.
    Float(f64),
    /// A TOML boolean.
    Boolean(bool),
}

impl Literal {
    /// The value as SQL writes it: a text in quotes.
    pub fn quoted(&self) -> String {
        match self {
            Self::Text(text) => format!("'{}'", text.replace('\'', "''")),
            // `Debug` keeps the point of `1.0`, so that it reads back as a float
            Self::Float(number) => format!("{number:?}"),
            Self::Integer(_) | Self::Boolean(_) => self.to_string(),
        }
    }
}

/// What becomes of a value that a list does not name.
#[derive(Debug, Clone, PartialEq)]
pub enum Fallback {
    /// The row is treated as the correspondence's `on_error` says.
    Error,
    /// It becomes NULL.
    Null,
    /// It stays as it is.
    Keep,
    /// It becomes this.
    Value(Literal),
}

/// Which number of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RangeRule {
    /// The lower end.
    Lower,
    /// The upper end.
    Upper,
    /// Halfway, rounded half up.
    Midpoint,
}

/// What a range with one end gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenRange {
    /// The end it has.
    End,
    /// NULL.
    Null,
    /// An error.
    Error,
}

/// The key of the row of another table that holds the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// The table of the to side.
    pub table: TableRef,
    /// Columns tried in order.
    pub matches: Vec<Ident>,
    /// Whether blanks around the value are cut.
    pub trim: bool,
    /// Whether case is ignored.
    pub lower: bool,
    /// The column whose value is taken.
    pub take: Ident,
    /// When no row holds the value.
    pub on_missing: OnMissing,
    /// When several do.
    pub on_ambiguous: OnAmbiguous,
}

/// When a lookup finds no row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnMissing {
    /// NULL, and the row is counted.
    Null,
    /// As `on_error` says.
    Error,
}

/// When a lookup finds several rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnAmbiguous {
    /// NULL, and the row is counted.
    Null,
    /// As `on_error` says.
    Error,
}

/// How several columns become one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PackForm {
    /// A JSON object.
    Json,
    /// `name: value` lines.
    Text,
}

impl Transform {
    /// The word the mapping file uses for it.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Cast { .. } => "cast",
            Self::Value(_) => "value",
            Self::Concat { .. } => "concat",
            Self::Split { .. } => "split",
            Self::Values { .. } => "values",
            Self::Range { .. } => "range",
            Self::Lookup(_) => "lookup",
            Self::Json { .. } => "json",
            Self::Pack(_) => "pack",
            Self::Scale { .. } => "scale",
            Self::When { .. } => "when",
            Self::Sql(_) => "sql",
        }
    }
}

impl fmt::Display for Literal {
    /// The value as Postgres's text form of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Float(number) => write!(f, "{number}"),
            Self::Boolean(value) => write!(f, "{value}"),
        }
    }
}
