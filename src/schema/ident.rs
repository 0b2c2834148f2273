//! Names as the catalog stores them, and the one function that quotes them for SQL.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest identifier Postgres keeps, in bytes (`NAMEDATALEN - 1`).
pub const MAX_BYTES: usize = 63;

/// An identifier as the catalog stores it: unquoted, case-exact, 1 to 63 bytes, no NUL.
///
/// `Display` writes it as SQL would need it written, quoted only where that is needed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Ident(String);

/// Why a text cannot be an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentError {
    /// The text has no character at all.
    #[error("an identifier cannot be empty")]
    Empty,
    /// Postgres stores names as NUL-terminated text.
    #[error("an identifier cannot contain a NUL byte")]
    Nul,
    /// The text is longer than [`MAX_BYTES`].
    #[error("`{0}` is longer than 63 bytes")]
    TooLong(String),
}

impl Ident {
    /// Takes the text as it is.
    ///
    /// # Errors
    /// Every [`IdentError`].
    pub fn new(text: impl Into<String>) -> Result<Self, IdentError> {
        let text = text.into();
        if text.is_empty() {
            return Err(IdentError::Empty);
        }
        if text.contains('\0') {
            return Err(IdentError::Nul);
        }
        if text.len() > MAX_BYTES {
            return Err(IdentError::TooLong(text));
        }
        Ok(Self(text))
    }

    /// Takes the text and cuts it to 63 bytes at a character boundary, as the server does.
    ///
    /// # Errors
    /// [`IdentError::Empty`] and [`IdentError::Nul`].
    pub fn truncating(text: &str) -> Result<Self, IdentError> {
        Self::new(&text[..text.floor_char_boundary(MAX_BYTES)])
    }

    /// The bare text, unquoted.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Ident {
    type Error = IdentError;

    fn try_from(text: String) -> Result<Self, IdentError> {
        Self::new(text)
    }
}

impl From<Ident> for String {
    fn from(ident: Ident) -> Self {
        ident.0
    }
}

impl fmt::Display for Ident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&quote(&self.0))
    }
}

/// Quotes a name for SQL where it needs quotes: anything but lower-case letters, digits and `_`,
/// and every keyword that is not plainly unreserved (the rule of the server's `quote_identifier`).
pub fn quote(name: &str) -> String {
    let mut chars = name.chars();
    let plain = chars
        .next()
        .is_some_and(|c| c.is_ascii_lowercase() || c == '_')
        && chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && KEYWORDS.binary_search(&name).is_err();
    if plain {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

/// A name within a namespace (what SQL calls a schema).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct QualifiedName {
    /// The namespace, such as `public`.
    pub namespace: Ident,
    /// The object's own name.
    pub name: Ident,
}

impl QualifiedName {
    /// Joins both parts.
    pub fn new(namespace: Ident, name: Ident) -> Self {
        Self { namespace, name }
    }

    /// How it is written where `home` is the namespace that goes without saying.
    pub fn within(&self, home: &Ident) -> String {
        if self.namespace == *home {
            self.name.to_string()
        } else {
            self.to_string()
        }
    }
}

impl fmt::Display for QualifiedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.namespace, self.name)
    }
}

/// Keywords of PostgreSQL 18 that are reserved, or may not be a column or a function name; sorted.
const KEYWORDS: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "between",
    "bigint",
    "binary",
    "bit",
    "boolean",
    "both",
    "case",
    "cast",
    "char",
    "character",
    "check",
    "coalesce",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "dec",
    "decimal",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "exists",
    "extract",
    "false",
    "fetch",
    "float",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "greatest",
    "group",
    "grouping",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "inout",
    "int",
    "integer",
    "intersect",
    "interval",
    "into",
    "is",
    "isnull",
    "join",
    "json",
    "json_array",
    "json_arrayagg",
    "json_exists",
    "json_object",
    "json_objectagg",
    "json_query",
    "json_scalar",
    "json_serialize",
    "json_table",
    "json_value",
    "lateral",
    "leading",
    "least",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "merge_action",
    "national",
    "natural",
    "nchar",
    "none",
    "normalize",
    "not",
    "notnull",
    "null",
    "nullif",
    "numeric",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "out",
    "outer",
    "overlaps",
    "overlay",
    "placing",
    "position",
    "precision",
    "primary",
    "real",
    "references",
    "returning",
    "right",
    "row",
    "select",
    "session_user",
    "setof",
    "similar",
    "smallint",
    "some",
    "substring",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "time",
    "timestamp",
    "to",
    "trailing",
    "treat",
    "trim",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "values",
    "varchar",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
    "xmlattributes",
    "xmlconcat",
    "xmlelement",
    "xmlexists",
    "xmlforest",
    "xmlnamespaces",
    "xmlparse",
    "xmlpi",
    "xmlroot",
    "xmlserialize",
    "xmltable",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_only_what_needs_it() {
        for (name, sql) in [
            ("leads", "leads"),
            ("Order", "\"Order\""),
            ("user", "\"user\""),
            ("a\"b", "\"a\"\"b\""),
            ("1st", "\"1st\""),
            ("name", "name"),
            ("größe", "\"größe\""),
        ] {
            assert_eq!(quote(name), sql);
        }
    }

    #[test]
    fn keywords_are_sorted_for_the_search() {
        assert!(KEYWORDS.is_sorted());
    }

    #[test]
    fn cuts_at_a_character_boundary() {
        let long = "ü".repeat(40);
        let ident = Ident::truncating(&long).unwrap();
        assert_eq!(ident.as_str().len(), 62);
        assert_eq!(Ident::new(long.clone()), Err(IdentError::TooLong(long)));
    }
}
