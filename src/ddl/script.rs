//! The text as it grows, and the small forms that many statements share.

use crate::schema::{Deferral, Expression, Ident};

/// Blocks of lines with a blank line between them.
#[derive(Debug, Default)]
pub(super) struct Script {
    text: String,
}

impl Script {
    /// Adds statements that belong together; nothing when there are none.
    pub(super) fn group(&mut self, statements: &[String]) {
        if statements.is_empty() {
            return;
        }
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        for statement in statements {
            self.text.push_str(statement);
            self.text.push('\n');
        }
    }

    /// Adds another script's text.
    pub(super) fn append(&mut self, script: &str) {
        if !self.text.is_empty() && !script.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(script);
    }

    pub(super) fn statement(&mut self, statement: String) {
        self.group(&[statement]);
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// A line of a list in parentheses.
#[derive(Debug)]
pub(super) enum Line {
    /// Followed by a comma when another item follows.
    Item(String),
    /// A comment.
    Note(String),
}

/// Writes a list in parentheses, a line each.
pub(super) fn list(lines: &[Line]) -> String {
    if lines.is_empty() {
        return "()".to_owned();
    }
    let last = lines.iter().rposition(|line| matches!(line, Line::Item(_)));
    let mut text = "(\n".to_owned();
    for (at, line) in lines.iter().enumerate() {
        text.push_str("    ");
        match line {
            Line::Item(item) => {
                text.push_str(item);
                if Some(at) != last {
                    text.push(',');
                }
            }
            Line::Note(note) => text.push_str(note),
        }
        text.push('\n');
    }
    text.push(')');
    text
}

/// Writes names with commas between them.
pub(super) fn names<'a>(names: impl IntoIterator<Item = &'a Ident>) -> String {
    let names: Vec<String> = names.into_iter().map(ToString::to_string).collect();
    names.join(", ")
}

/// Writes an expression so that what follows it is still read, even when it ends in a comment.
pub(super) fn open(expression: &Expression) -> String {
    if expression.text.contains("--") {
        format!("{}\n", expression.text)
    } else {
        expression.text.clone()
    }
}

/// Writes an expression in parentheses.
pub(super) fn closed(expression: &Expression) -> String {
    format!("({})", open(expression))
}

/// Writes an expression where the grammar takes no bare operator word, in parentheses unless it is
/// plainly one term.
pub(super) fn term(expression: &Expression) -> String {
    let mut depth = 0_i32;
    let mut quote = None;
    for c in expression.text.chars() {
        match (quote, c) {
            (Some(end), c) if c == end => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth -= 1,
            (None, c) if depth == 0 && c.is_whitespace() => return closed(expression),
            (None, _) => {}
        }
    }
    open(expression)
}

pub(super) fn deferral(deferral: Deferral) -> &'static str {
    match deferral {
        Deferral::NotDeferrable => "",
        Deferral::Deferrable => " DEFERRABLE",
        Deferral::InitiallyDeferred => " DEFERRABLE INITIALLY DEFERRED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_items_are_parted_by_commas() {
        let lines = [
            Line::Item("a integer".into()),
            Line::Note("-- b".into()),
            Line::Item("c integer".into()),
            Line::Note("-- d".into()),
        ];
        assert_eq!(
            list(&lines),
            "(\n    a integer,\n    -- b\n    c integer\n    -- d\n)"
        );
    }

    #[test]
    fn a_term_gets_parentheses_when_it_needs_them() {
        let home = Ident::new("public").unwrap();
        for (text, written) in [
            ("now()", "now()"),
            ("'a b'::text", "'a b'::text"),
            ("ARRAY['a', 'b']", "ARRAY['a', 'b']"),
            ("now() AT TIME ZONE 'utc'", "(now() AT TIME ZONE 'utc')"),
            ("a IS NULL", "(a IS NULL)"),
            ("f(a, b)", "f(a, b)"),
        ] {
            let expression = Expression {
                text: text.into(),
                ..Expression::written("1", &home)
            };
            assert_eq!(term(&expression), written);
        }
        let commented = Expression {
            text: "1 -- one".into(),
            ..Expression::written("1", &home)
        };
        assert_eq!(closed(&commented), "(1 -- one\n)");
    }
}
