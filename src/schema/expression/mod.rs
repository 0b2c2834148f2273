//! Expressions: defaults, checks, predicates, policies, in one canonical spelling.
//!
//! The server rewrites what a person wrote: it adds casts and parentheses, turns `IN` into
//! `= ANY (ARRAY[…])`, names the columns of sub-selects. [`Expression::written`] and
//! [`Expression::deparsed`] bring both to one spelling, so that equal meaning is equal text wherever
//! text alone can tell.
//!
//! The text is for comparing and reading. It is SQL, but not always SQL that says the same on its
//! own: a constant has no cast, since it takes the type of where it stands (`'[]'`, `'active'`; in a
//! sum an interval and a date keep theirs, which decides what is added), and a column has no cast to
//! text within an operator or a function, since the server adds one to every `varchar`. Casts
//! between numbers go where the server adds them, and stay where they change a result. Literals are
//! spelled as the server prints them at UTC, intervals in words.
//!
//! From text to text: [`lexer`], [`parser`], [`simplify`], [`print`]. What does not parse, or nests
//! too deep, is kept as [`words`] and needs a server.

mod columns;
mod lexer;
mod literal;
mod loose;
mod parser;
mod print;
mod simplify;
mod tree;
mod words;

use serde::{Deserialize, Serialize};

use super::ident::Ident;

/// An expression in canonical spelling. Equal when the text is, whoever spelled it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Expression {
    /// The canonical text; readable SQL.
    pub text: String,
    /// Who spelled it before it was made canonical.
    pub spelling: Spelling,
    /// Whether the text holds something that only a server makes canonical, such as a sub-select.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub needs_server: bool,
}

/// Who spelled an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spelling {
    /// A person, in a file.
    Written,
    /// The server, by `pg_get_expr` and its kin.
    Deparsed,
}

/// Whether two expressions say the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreement {
    /// One canonical text.
    Same,
    /// Two texts, and text can tell.
    Different,
    /// Two texts, one a person's and one the server's, over something only a server makes canonical:
    /// a sub-select, or a cast that depends on the types of columns.
    Unresolved,
}

impl Expression {
    /// Takes what a person wrote. Names within `home` lose their namespace.
    pub fn written(text: &str, home: &Ident) -> Self {
        Self::canonical(text, home, Spelling::Written)
    }

    /// Takes what the server printed (with an empty `search_path`). Names within `home` lose their
    /// namespace.
    pub fn deparsed(text: &str, home: &Ident) -> Self {
        Self::canonical(text, home, Spelling::Deparsed)
    }

    /// Takes a whole query, such as a view's: its words are brought to one spelling, names within
    /// `home` lose their namespace, and the rest is left to a server.
    pub fn query(text: &str, spelling: Spelling, home: &Ident) -> Self {
        Self {
            text: words::normalised(text, home.as_str()),
            spelling,
            needs_server: true,
        }
    }

    fn canonical(text: &str, home: &Ident, spelling: Spelling) -> Self {
        if let Ok(node) = parser::parse(text, home.as_str()) {
            let (node, needs_server) = simplify::simplified(node, home.as_str(), spelling);
            let text = print::sql(&node);
            // What was just shallow enough may not be so with the parentheses it is printed with.
            if parser::is_shallow(&text) {
                return Self {
                    text,
                    spelling,
                    needs_server,
                };
            }
        }
        Self::query(text, spelling, home)
    }

    /// Whether both say the same, as far as text can tell.
    pub fn agrees(&self, other: &Self) -> Agreement {
        if self.text == other.text {
            Agreement::Same
        } else if self.spelling != other.spelling
            && (self.needs_server || other.needs_server || self.may_be_printed_as(other))
        {
            Agreement::Unresolved
        } else {
            Agreement::Different
        }
    }

    /// Whether only types, which text does not hold, tell a person's text from the server's.
    fn may_be_printed_as(&self, other: &Self) -> bool {
        let (written, deparsed) = match self.spelling {
            Spelling::Written => (self, other),
            Spelling::Deparsed => (other, self),
        };
        match (written.tree(), deparsed.tree()) {
            (Some(written), Some(deparsed)) => loose::may_agree(written, deparsed),
            _ => false,
        }
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Expression {}

#[cfg(test)]
mod tests;
