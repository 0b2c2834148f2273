//! Which columns an expression reads, and which values a check leaves to one of them.

use std::collections::BTreeSet;

use super::Expression;
use super::lexer::{Token, tokens};
use super::literal::array;
use super::tree::{Node, Test};
use super::{parser, print, words};
use crate::schema::ident::Ident;

impl Expression {
    /// The columns of the row that the expression is about. A name without a qualifier in a
    /// sub-select over tables is taken for a column of those.
    pub fn columns(&self) -> BTreeSet<Ident> {
        let mut names = BTreeSet::new();
        if let Some(mut node) = self.tree() {
            node.each_column(&mut Vec::new(), &mut |path, scopes| {
                if let Some(name) = own(path, scopes)
                    && let Ok(name) = Ident::new(name.clone())
                {
                    names.insert(name);
                }
            });
        }
        names
    }

    /// The same expression after a column of its row was renamed.
    #[must_use]
    pub fn renamed_column(&self, from: &Ident, to: &Ident) -> Self {
        let text = match self.tree() {
            Some(mut node) => {
                node.each_column(&mut Vec::new(), &mut |path, scopes| {
                    if let Some(name) = own(path, scopes)
                        && *name == from.as_str()
                    {
                        to.as_str().clone_into(name);
                    }
                });
                print::sql(&node)
            }
            None => renamed_token(&self.text, from, to),
        };
        Self {
            text,
            ..self.clone()
        }
    }

    /// The values that a check leaves to one column, nulls aside: `x IN ('a', 'b')` and what says
    /// the same.
    pub fn domain_of(&self) -> Option<(Ident, BTreeSet<String>)> {
        let (name, values) = domain(&self.tree()?)?;
        Some((Ident::new(name).ok()?, values))
    }

    /// The canonical text as a tree.
    pub(super) fn tree(&self) -> Option<Node> {
        parser::parse(&self.text, "pg_catalog").ok()
    }
}

/// The column's name, when it is one of the row that the whole expression is about.
fn own<'a>(path: &'a mut [String], scopes: &[Vec<String>]) -> Option<&'a mut String> {
    let inside = scopes.iter().any(|names| !names.is_empty());
    let outer = match path.len().checked_sub(2).and_then(|at| path.get(at)) {
        Some(qualifier) => !scopes.iter().flatten().any(|name| name == qualifier),
        None => !inside,
    };
    path.last_mut().filter(|_| outer)
}

/// Renames a column in a text that is no tree. A text with a sub-select stays as it is: whose column
/// a name is cannot be told there.
fn renamed_token(text: &str, from: &Ident, to: &Ident) -> String {
    let Some(mut tokens) = tokens(text).filter(|t| !t.iter().any(|t| t.is_word("select"))) else {
        return text.to_owned();
    };
    for at in 0..tokens.len() {
        let before = at.checked_sub(1).and_then(|at| tokens.get(at));
        let free = !before.is_some_and(|t| t.is_symbol(".") || t.is_symbol("::"));
        let row = at.checked_sub(2).and_then(|at| tokens.get(at));
        let row = row.is_some_and(|t| t.is_word("new") || t.is_word("old"));
        let name = !tokens
            .get(at + 1)
            .is_some_and(|t| t.is_symbol("(") || t.is_symbol("."));
        let same = match &tokens[at] {
            Token::Word(word) | Token::Name(word) => word == from.as_str(),
            _ => false,
        };
        if same && name && (free || row) {
            tokens[at] = Token::Name(to.as_str().to_owned());
        }
    }
    words::joined(&tokens)
}

type Domain = (String, BTreeSet<String>);

fn domain(node: &Node) -> Option<Domain> {
    match node {
        Node::In {
            left,
            list,
            negated: false,
        } => {
            let values: Option<BTreeSet<String>> = list.iter().map(value).collect();
            Some((column(left)?.to_owned(), values?))
        }
        Node::Binary(op, left, right) if op == "=" => {
            let (name, constant) = match (column(left), column(right)) {
                (Some(name), None) => (name, right),
                (None, Some(name)) => (name, left),
                _ => return None,
            };
            Some((name.to_owned(), BTreeSet::from([value(constant)?])))
        }
        Node::Any {
            left,
            op,
            all: false,
            right,
        } if op == "=" => match &**right {
            Node::Text(text) => {
                let values = array::elements(text)?;
                Some((column(left)?.to_owned(), values.into_iter().collect()))
            }
            _ => None,
        },
        Node::Or(list) => {
            let (nulls, rest): (Vec<_>, Vec<_>) =
                list.iter().partition(|n| null_test(n, false).is_some());
            let domains: Option<Vec<Domain>> = rest.into_iter().map(domain).collect();
            let mut domains = domains?.into_iter();
            let (name, mut values) = domains.next()?;
            for (other, more) in domains {
                if other != name {
                    return None;
                }
                values.extend(more);
            }
            let same = nulls.iter().all(|n| null_test(n, false) == Some(&name));
            same.then_some((name, values))
        }
        Node::And(list) => {
            let (nulls, rest): (Vec<_>, Vec<_>) =
                list.iter().partition(|n| null_test(n, true).is_some());
            let [only] = rest.as_slice() else {
                return None;
            };
            let (name, values) = domain(only)?;
            let same = nulls.iter().all(|n| null_test(n, true) == Some(&name));
            same.then_some((name, values))
        }
        _ => None,
    }
}

fn column(node: &Node) -> Option<&str> {
    match node {
        Node::Column(path) => match path.as_slice() {
            [name] => Some(name),
            _ => None,
        },
        _ => None,
    }
}

fn value(node: &Node) -> Option<String> {
    match node {
        Node::Text(text) | Node::Number(text) => Some(text.clone()),
        _ => None,
    }
}

/// The column of `x IS NULL`, or of `x IS NOT NULL`.
fn null_test(node: &Node, not: bool) -> Option<&str> {
    match node {
        Node::Is {
            operand,
            test: Test::Words(words),
            negated,
        } if words == "NULL" && *negated == not => column(operand),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ident(text: &str) -> Ident {
        Ident::new(text).unwrap()
    }

    fn written(text: &str) -> Expression {
        Expression::written(text, &ident("public"))
    }

    #[test]
    fn a_renamed_column_is_renamed_where_it_is_a_column() {
        for (text, from, to, renamed) in [
            (
                "status IN ('status','b')",
                "status",
                "state",
                "state IN ('status', 'b')",
            ),
            (
                "status(status) = 'status'",
                "status",
                "Status",
                "status(\"Status\") = 'status'",
            ),
            (
                "\"Order\" > 0 AND \"order\" > 1",
                "Order",
                "user",
                "\"user\" > 0 AND \"order\" > 1",
            ),
            ("x::mood = mood", "mood", "feel", "x::mood = feel"),
            (
                "NEW.a IS DISTINCT FROM OLD.a",
                "a",
                "b",
                "new.b IS DISTINCT FROM old.b",
            ),
            ("a = new.b", "new", "c", "a = new.b"),
            ("f(a => a)", "a", "b", "f(a => b)"),
            (
                "(home).home = 'x'",
                "home",
                "address",
                "(address).home = 'x'",
            ),
            (
                "a = (SELECT auth.uid() = a)",
                "a",
                "b",
                "b = (SELECT auth.uid() = b)",
            ),
            (
                "EXISTS (SELECT 1 FROM users u WHERE u.id = t.id AND id = 1)",
                "id",
                "key",
                "EXISTS (SELECT 1 FROM users WHERE id = t.key AND id = 1)",
            ),
            (
                "x IN (SELECT x FROM y JOIN z ON y.x = z.x AND t.x = 1)",
                "x",
                "w",
                "w IN (SELECT x FROM y JOIN z ON y.x = z.x AND t.w = 1)",
            ),
            ("a b c.a a(", "a", "z", "z b c.a a("),
            ("a b SELECT a", "a", "c", "a b SELECT a"),
        ] {
            let renamed_text = written(text).renamed_column(&ident(from), &ident(to)).text;
            assert_eq!(renamed_text, renamed, "{text}");
        }
    }

    #[test]
    fn lists_the_columns_of_the_row() {
        for (text, columns) in [
            ("a + b * length(c)", "a b c"),
            ("'a' = \"B\"", "B"),
            ("new.a > old.b", "a b"),
            ("x IN (SELECT y FROM z WHERE z.id = t.k)", "k x"),
            ("(SELECT auth.uid()) = user_id", "user_id"),
            ("now()", ""),
        ] {
            let names: Vec<String> = written(text)
                .columns()
                .into_iter()
                .map(String::from)
                .collect();
            assert_eq!(names.join(" "), columns, "{text}");
        }
    }

    #[test]
    fn a_check_may_leave_a_column_few_values() {
        for (text, domain) in [
            ("x IN ('a','b')", Some("x: a b")),
            (
                "(x)::text = ANY ((ARRAY['a'::varchar, 'b'::varchar])::text[])",
                Some("x: a b"),
            ),
            ("x = 'a' OR 'b' = x", Some("x: a b")),
            ("x IS NULL OR x IN ('a')", Some("x: a")),
            ("x IS NOT NULL AND x IN ('a', 'b')", Some("x: a b")),
            ("x = ANY ('{a,\"b c\"}'::text[])", Some("x: a b c")),
            ("\"X\" IN (1, 2)", Some("X: 1 2")),
            ("x = 'a' OR y = 'b'", None),
            ("y IS NULL OR x IN ('a')", None),
            ("x NOT IN ('a')", None),
            ("x IN ('a', NULL)", None),
            ("x IN ('a') AND y > 0", None),
            ("lower(x) IN ('a')", None),
            ("x = y", None),
            ("x <> 'a'", None),
            ("x > 'a'", None),
            ("x IS NULL", None),
        ] {
            let found = written(text).domain_of().map(|(name, values)| {
                let values: Vec<String> = values.into_iter().collect();
                format!("{}: {}", name.as_str(), values.join(" "))
            });
            assert_eq!(found.as_deref(), domain, "{text}");
        }
    }
}
