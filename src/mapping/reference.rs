//! Tables and columns as a mapping names them: `table.column` or `schema.table.column`, quoted as in SQL.

use std::fmt;
use std::str::FromStr;

use crate::schema::Ident;

/// A table as a mapping names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TableRef {
    /// `None` is the side's home.
    pub namespace: Option<Ident>,
    /// The table.
    pub name: Ident,
}

/// A column as a mapping names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ColumnRef {
    /// Its table.
    pub table: TableRef,
    /// The column.
    pub name: Ident,
}

impl fmt::Display for TableRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{namespace}.{}", self.name),
            None => write!(f, "{}", self.name),
        }
    }
}

impl fmt::Display for ColumnRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.table, self.name)
    }
}

/// Why a text names no table or column.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("character {at}: {message}")]
pub struct ReferenceError {
    /// The first character that is wrong, from 1; one past the last when the text ends early.
    pub at: usize,
    /// What is wrong with it.
    pub message: String,
}

impl TableRef {
    /// Its namespace on a side whose home is `home`.
    pub fn namespace_or<'a>(&'a self, home: &'a str) -> &'a str {
        self.namespace.as_ref().map_or(home, Ident::as_str)
    }

    /// Whether both name one table on a side whose home is `home`.
    pub fn is_same(&self, other: &Self, home: &str) -> bool {
        self.name == other.name && self.namespace_or(home) == other.namespace_or(home)
    }

    fn from_parts(mut parts: Vec<Ident>) -> Option<Self> {
        let name = parts.pop()?;
        let namespace = parts.pop();
        parts.is_empty().then_some(Self { namespace, name })
    }
}

impl FromStr for TableRef {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let parts = names(text)?;
        let count = parts.len();
        Self::from_parts(parts).ok_or_else(|| {
            let form = "a table is written `table` or `schema.table`";
            error(0, format!("{form}, found {count} names"))
        })
    }
}

impl FromStr for ColumnRef {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let mut parts = names(text)?;
        let count = parts.len();
        parts
            .pop()
            .zip(TableRef::from_parts(parts))
            .map(|(name, table)| Self { table, name })
            .ok_or_else(|| {
                let form = "a column is written `table.column` or `schema.table.column`";
                let names = if count == 1 { "name" } else { "names" };
                error(0, format!("{form}, found {count} {names}"))
            })
    }
}

/// Reads one name, quoted as in SQL.
///
/// # Errors
/// The text is no name, or more than one.
pub(super) fn name(text: &str) -> Result<Ident, ReferenceError> {
    let mut parts = names(text)?;
    match (parts.pop(), parts.is_empty()) {
        (Some(name), true) => Ok(name),
        _ => Err(error(
            0,
            "a name goes alone here, without its table or schema",
        )),
    }
}

fn error(index: usize, message: impl Into<String>) -> ReferenceError {
    ReferenceError {
        at: index + 1,
        message: message.into(),
    }
}

/// Names joined by dots, one or more. A name without quotes is folded to lower case, as the server does.
fn names(text: &str) -> Result<Vec<Ident>, ReferenceError> {
    let chars: Vec<char> = text.chars().collect();
    let mut names = Vec::new();
    let mut index = 0;
    loop {
        let start = index;
        let (name, end) = match chars.get(start) {
            Some('"') => quoted(&chars, start)?,
            _ => plain(&chars, start)?,
        };
        names.push(Ident::new(name).map_err(|cause| error(start, cause.to_string()))?);
        match chars.get(end) {
            None => return Ok(names),
            Some('.') => index = end + 1,
            Some(found) => {
                let found = found.escape_debug();
                let message = format!("`{found}` has no place in a name without quotes");
                return Err(error(end, message));
            }
        }
    }
}

fn plain(chars: &[char], start: usize) -> Result<(String, usize), ReferenceError> {
    let starts = |c: &char| *c == '_' || c.is_alphabetic();
    let continues = |c: &&char| starts(c) || **c == '$' || c.is_numeric();
    if !chars.get(start).is_some_and(starts) {
        return Err(match chars.get(start) {
            None => error(start, "a name is missing at the end"),
            Some('.') => error(start, "a name is missing before `.`"),
            Some(found) => {
                let found = found.escape_debug();
                error(
                    start,
                    format!("a name without quotes cannot start with `{found}`"),
                )
            }
        });
    }
    let end = start + chars[start..].iter().take_while(continues).count();
    let name: String = chars[start..end].iter().collect();
    Ok((name.to_ascii_lowercase(), end))
}

fn quoted(chars: &[char], start: usize) -> Result<(String, usize), ReferenceError> {
    let mut name = String::new();
    let mut index = start + 1;
    while let Some(found) = chars.get(index) {
        if *found != '"' {
            name.push(*found);
            index += 1;
        } else if chars.get(index + 1) == Some(&'"') {
            name.push('"');
            index += 2;
        } else {
            return Ok((name, index + 1));
        }
    }
    Err(error(start, "the name that starts here has no end"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn column(text: &str) -> String {
        let read: ColumnRef = text.parse().unwrap();
        let table = &read.table;
        let namespace = table.namespace.as_ref().map_or("-", Ident::as_str);
        format!("{namespace}|{}|{}", table.name.as_str(), read.name.as_str())
    }

    #[test]
    fn reads_names_as_sql_does() {
        assert_eq!(column("leads.name"), "-|leads|name");
        assert_eq!(column("crm.leads.name"), "crm|leads|name");
        assert_eq!(column("Leads.Name"), "-|leads|name");
        assert_eq!(column("\"My Table\".\"a.b\""), "-|My Table|a.b");
        assert_eq!(column("t.\"say \"\"hi\"\"\""), "-|t|say \"hi\"");
        assert_eq!(column("user.order"), "-|user|order");
        assert_eq!(column("größe.Ümlaut"), "-|größe|Ümlaut");
        assert_eq!(column("_t.a$1"), "-|_t|a$1");
    }

    #[test]
    fn says_where_and_why_a_text_is_no_column() {
        for (text, at, part) in [
            ("", 1, "missing at the end"),
            ("leads", 1, "found 1 name"),
            ("a.b.c.d", 1, "found 4 names"),
            ("leads.", 7, "missing at the end"),
            (".name", 1, "missing before `.`"),
            ("leads..name", 7, "missing before `.`"),
            ("leads.first name", 12, "` ` has no place"),
            ("leads.*", 7, "cannot start with `*`"),
            ("leads.1st", 7, "cannot start with `1`"),
            ("leads.\"name", 7, "has no end"),
            ("leads.\"name\"x", 13, "`x` has no place"),
            ("leads.\"\"", 7, "empty"),
            ("größe.a-b", 8, "`-` has no place"),
        ] {
            let error = text.parse::<ColumnRef>().expect_err(text);
            assert_eq!(error.at, at, "`{text}`: {error}");
            assert!(error.message.contains(part), "`{text}`: {error}");
        }
        let long = format!("leads.{}", "x".repeat(64));
        let error = long.parse::<ColumnRef>().unwrap_err();
        assert!(error.message.contains("63 bytes"), "{error}");
    }

    #[test]
    fn home_goes_without_saying() {
        let plain: TableRef = "leads".parse().unwrap();
        let spelled: TableRef = "public.leads".parse().unwrap();
        assert!(plain.is_same(&spelled, "public"));
        assert!(!plain.is_same(&spelled, "crm"));
        assert!(name("public.leads").is_err());
    }

    fn ident() -> impl Strategy<Value = Ident> {
        prop_oneof!["[^\0]{1,12}", "[A-Za-z_.\" ]{1,9}"].prop_map(|name| Ident::new(name).unwrap())
    }

    proptest! {
        #[test]
        fn reads_back_hostile_names(
            namespace in proptest::option::of(ident()), table in ident(), name in ident(),
        ) {
            let table = TableRef { namespace, name: table };
            prop_assert_eq!(table.to_string().parse::<TableRef>(), Ok(table.clone()));
            let column = ColumnRef { table, name };
            prop_assert_eq!(column.to_string().parse::<ColumnRef>(), Ok(column));
        }
    }
}
