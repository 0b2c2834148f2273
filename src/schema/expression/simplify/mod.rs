//! From what a person wrote, or the server printed, to the one tree both stand for.

mod cast;
mod promotion;
mod query;

use std::cell::Cell;

use super::Spelling;
use super::lexer::{Token, tokens};
use super::literal;
use super::parser::unsaid;
use super::tree::{Argument, Call, Node, Query, Test};
use crate::schema::column_type::ColumnType;
use crate::schema::ident::quote;

/// The tree in canonical form, and whether text alone does not settle what it says.
pub(super) fn simplified(node: Node, home: &str, spelling: Spelling) -> (Node, bool) {
    let rules = Rules {
        home,
        printed: spelling == Spelling::Deparsed,
        server: Cell::new(false),
    };
    let node = rules.node(node, At::Top, false);
    (node, rules.server.get())
}

/// Where a node stands, which decides what a cast on it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// Under nothing but connectives: the server shows no cast here that nobody wrote.
    Top,
    /// An argument of an operator or a function: the server adds casts here.
    Operand,
    /// An operand of arithmetic, where the type of a constant decides what is computed.
    Sum,
    /// An operand of a division, where the type of a number does too.
    Factor,
    /// Right of an operator that matches patterns: the text is not a value of another type.
    Pattern,
    /// Directly under a cast.
    Cast,
}

struct Rules<'a> {
    home: &'a str,
    /// The server printed the text, so that it may have added any cast, parentheses or not.
    printed: bool,
    server: Cell<bool>,
}

/// Functions whose first argument names a relation.
const NAME_A_RELATION: [&str; 3] = ["currval", "nextval", "setval"];

/// Functions whose first argument of several names a text search configuration.
const NAME_A_CONFIGURATION: [&str; 7] = [
    "json_to_tsvector",
    "phraseto_tsquery",
    "plainto_tsquery",
    "to_tsquery",
    "to_tsvector",
    "ts_headline",
    "websearch_to_tsquery",
];

impl Rules<'_> {
    /// The node in canonical form. `inner` is whether it is part of a sub-select over tables, where
    /// the qualifier of a column means something.
    ///
    /// Only this walks down; what rewrites a node finds everything under it rewritten.
    fn node(&self, mut node: Node, at: At, inner: bool) -> Node {
        let places = places(&node, at);
        for (child, place) in node.children_mut().into_iter().zip(places) {
            let old = std::mem::replace(child, Node::Null);
            *child = self.node(old, place, inner);
        }
        if let Some(query) = node.query_mut() {
            let old = std::mem::replace(query, Query::Raw(String::new()));
            *query = self.query(old, query::Role::Values, inner);
        }
        self.rewritten(node, at, inner)
    }

    fn rewritten(&self, node: Node, at: At, inner: bool) -> Node {
        match node {
            Node::Column(path) => Node::Column(self.column(path, inner)),
            Node::Number(text) => Node::Number(literal::number(&text)),
            Node::Text(text) if matches!(at, At::Pattern | At::Cast) => Node::Text(text),
            Node::Text(text) => Node::Text(literal::text(&text)),
            Node::Call(call) => self.call(*call),
            Node::Prefix(op, operand) => prefix(op, *operand),
            Node::Binary(op, left, right) => compared(&op, *left, *right),
            Node::Any {
                left,
                op,
                all,
                right,
            } => any(*left, op, all, *right),
            Node::In {
                left,
                list,
                negated,
            } => within(*left, list, negated),
            Node::And(list) => Node::And(flat(list, |node| match node {
                Node::And(list) => Ok(list),
                other => Err(other),
            })),
            Node::Or(list) => Node::Or(flat(list, |node| match node {
                Node::Or(list) => Ok(list),
                other => Err(other),
            })),
            Node::Not(operand) => not(*operand),
            Node::Cast {
                operand,
                ty,
                bracketed,
            } => self.cast(*operand, ty, bracketed || self.printed, at),
            Node::Collate(operand, path) => Node::Collate(operand, self.said(path)),
            Node::Form(word @ ("COALESCE" | "GREATEST" | "LEAST"), mut list) => {
                promotion::merge(list.iter_mut().collect());
                Node::Form(word, list)
            }
            Node::Is {
                operand,
                test: Test::Distinct(other),
                negated,
            } => {
                let (operand, other) = whole_rows(*operand, *other);
                Node::Is {
                    operand: operand.boxed(),
                    test: Test::Distinct(other.boxed()),
                    negated,
                }
            }
            Node::Case {
                operand,
                arms,
                otherwise,
            } => Node::Case {
                operand,
                arms,
                // The server writes out the null that a missing ELSE gives.
                otherwise: otherwise.filter(|node| **node != Node::Null),
            },
            Node::Exists(mut query) => {
                if let Query::Read(select) = &mut *query {
                    query::forget_targets(select);
                }
                Node::Exists(query)
            }
            other => other,
        }
    }

    /// Outside of sub-selects there is one table, and nobody needs its name; a trigger has two rows.
    fn column(&self, mut path: Vec<String>, inner: bool) -> Vec<String> {
        if inner {
            if path.len() == 3 && path[0] == self.home {
                path.remove(0);
            }
        } else if path.len() > 1 && !(path.len() == 2 && matches!(path[0].as_str(), "new" | "old"))
        {
            path.drain(..path.len() - 1);
        }
        path
    }

    /// The path without a namespace that goes without saying.
    fn said(&self, mut path: Vec<String>) -> Vec<String> {
        if path.len() == 2 && unsaid(&path[0], self.home) {
            path.remove(0);
        }
        path
    }

    fn call(&self, mut call: Call) -> Node {
        let name = match call.name.as_slice() {
            [name] => name.clone(),
            _ => String::new(),
        };
        let count = call.arguments.len();
        for (index, argument) in call.arguments.iter_mut().enumerate() {
            argument.value = match std::mem::replace(&mut argument.value, Node::Null) {
                Node::Text(text)
                    if index == 0
                        && (NAME_A_RELATION.contains(&name.as_str())
                            || (count > 1 && NAME_A_CONFIGURATION.contains(&name.as_str()))) =>
                {
                    Node::Text(self.object_name(&text))
                }
                value => promotion::argument(&name, value),
            };
        }
        // The server gathers what a variadic function takes.
        if let Some(Argument {
            variadic: true,
            value: Node::Array(list),
            ..
        }) = call.arguments.last_mut()
            && !list.is_empty()
        {
            let spread = std::mem::take(list);
            call.arguments.pop();
            call.arguments
                .extend(spread.into_iter().map(Argument::plain));
        }
        Node::Call(Box::new(call))
    }

    /// The name in a text such as `public."Leads_id_seq"`, without a namespace that goes without
    /// saying.
    fn object_name(&self, text: &str) -> String {
        let Some(tokens) = tokens(text) else {
            return text.to_owned();
        };
        let mut path = Vec::new();
        for (index, token) in tokens.into_iter().enumerate() {
            match token {
                Token::Word(name) | Token::Name(name) if index % 2 == 0 => path.push(name),
                Token::Symbol(dot) if dot == "." && index % 2 == 1 => {}
                _ => return text.to_owned(),
            }
        }
        let path: Vec<String> = self.said(path).iter().map(|part| quote(part)).collect();
        path.join(".")
    }
}

/// Where each of a node's children stands, in their order.
fn places(node: &Node, at: At) -> Vec<At> {
    let count = node.children().len();
    match node {
        Node::Binary(op, ..) => match op.as_str() {
            "~" | "~*" | "!~" | "!~*" | "~~" | "~~*" | "!~~" | "!~~*" => {
                vec![At::Operand, At::Pattern]
            }
            "+" | "-" | "*" => vec![At::Sum; count],
            "/" | "%" => vec![At::Factor; count],
            "AT TIME ZONE" => vec![At::Sum, At::Operand],
            // Beside a value that somebody made a text, a column is one by the same hand: `uid::text`
            // is compared with what no `uid` is.
            "=" | "<>" if node.children().into_iter().any(cast::makes_text) => vec![At::Top; count],
            _ => vec![At::Operand; count],
        },
        Node::Call(call) => {
            let mut places = vec![At::Operand; call.arguments.len()];
            places.resize(count, At::Top);
            places
        }
        Node::Extract(..) => vec![At::Sum; count],
        Node::Cast { .. } if at == At::Pattern => vec![at; count],
        Node::Cast { .. } => vec![At::Cast; count],
        Node::And(_)
        | Node::Or(_)
        | Node::Not(_)
        | Node::Field(..)
        | Node::Is {
            test: Test::Words(_),
            ..
        } => vec![At::Top; count],
        Node::Case { operand: None, .. } => {
            // Conditions and results in turn, then what is left.
            let mut places: Vec<At> = [At::Top, At::Operand]
                .into_iter()
                .cycle()
                .take(count)
                .collect();
            if count % 2 == 1 {
                places[count - 1] = At::Operand;
            }
            places
        }
        Node::Subscript(..) => {
            let mut places = vec![At::Operand; count];
            places[0] = At::Top;
            places
        }
        _ => vec![At::Operand; count],
    }
}

/// A binary operator over operands in canonical form.
fn compared(op: &str, left: Node, right: Node) -> Node {
    match (op, left, right) {
        // Rows are compared field by field, and printed so.
        ("=" | "<>", Node::Form("ROW", left), Node::Form("ROW", right))
            if left.len() == right.len() && !left.is_empty() =>
        {
            let pairs = left.into_iter().zip(right);
            let mut list: Vec<Node> = pairs.map(|(l, r)| compared(op, l, r)).collect();
            match (list.len(), op) {
                (1, _) => list.remove(0),
                (_, "=") => Node::And(list),
                _ => Node::Or(list),
            }
        }
        ("+" | "-", left, right) => {
            let (left, right) = (span(left), span(right));
            promotion::settled(op, left, right)
        }
        (_, left, right) => promotion::settled(op, left, right),
    }
}

/// `NEW` and `OLD` alone are whole rows.
fn whole_rows(left: Node, right: Node) -> (Node, Node) {
    let row = |node: &Node| matches!(node, Node::Column(path) if matches!(path.as_slice(), [name] if name == "new" || name == "old"));
    let star = |node: Node| match node {
        Node::Column(path) => Node::Star(path),
        other => other,
    };
    if row(&left) && row(&right) {
        (star(left), star(right))
    } else {
        (left, right)
    }
}

/// A text in a sum that can only be an interval.
fn span(node: Node) -> Node {
    match node {
        Node::Text(text) if text.contains(|c: char| c.is_ascii_alphabetic()) => {
            match literal::interval(&text, "") {
                Some(words) => Node::Cast {
                    operand: Node::Text(words).boxed(),
                    ty: ColumnType::Interval {
                        fields: String::new(),
                    },
                    bracketed: false,
                },
                None => Node::Text(text),
            }
        }
        other => other,
    }
}

fn prefix(op: String, operand: Node) -> Node {
    match (op.as_str(), operand) {
        ("-", Node::Number(text)) => Node::Number(match text.strip_prefix('-') {
            Some(positive) => positive.to_owned(),
            None => literal::number(&format!("-{text}")),
        }),
        ("+", Node::Number(text)) => Node::Number(text),
        (_, operand) => Node::Prefix(op, operand.boxed()),
    }
}

fn not(operand: Node) -> Node {
    match operand {
        Node::In {
            left,
            list,
            negated,
        } => Node::In {
            left,
            list,
            negated: !negated,
        },
        Node::InQuery {
            left,
            query,
            negated,
        } => Node::InQuery {
            left,
            query,
            negated: !negated,
        },
        // The server has no test for "not distinct".
        Node::Is {
            operand,
            test: test @ Test::Distinct(_),
            negated,
        } => Node::Is {
            operand,
            test,
            negated: !negated,
        },
        other => Node::Not(other.boxed()),
    }
}

/// `= ANY (ARRAY[…])` is how the server prints `IN (…)`.
fn any(left: Node, op: String, all: bool, right: Node) -> Node {
    let negated = match (op.as_str(), all) {
        ("=", false) => false,
        ("<>", true) => true,
        _ => {
            return Node::Any {
                left: left.boxed(),
                op,
                all,
                right: right.boxed(),
            };
        }
    };
    match right {
        Node::Array(list)
            if !list.is_empty() && !list.iter().any(|n| reads_row(n) || is_list(n)) =>
        {
            within(left, list, negated)
        }
        Node::Select(query) => Node::InQuery {
            left: left.boxed(),
            query,
            negated,
        },
        right => Node::Any {
            left: left.boxed(),
            op,
            all,
            right: right.boxed(),
        },
    }
}

fn is_list(node: &Node) -> bool {
    matches!(node, Node::Array(_))
}

fn reads_row(node: &Node) -> bool {
    node.any(&mut |node| matches!(node, Node::Column(_) | Node::Star(_)))
}

/// `IN (…)` as the server takes it apart: constants as one array, if there are several, and every
/// item that reads the row, and every row, as a comparison of its own.
fn within(left: Node, list: Vec<Node>, negated: bool) -> Node {
    let op = if negated { "<>" } else { "=" };
    let rows = matches!(left, Node::Form("ROW", _));
    let (singles, constants): (Vec<Node>, Vec<Node>) =
        list.into_iter().partition(|n| rows || reads_row(n));
    let whole = singles.is_empty() && constants.len() > 1;
    let mut parts = Vec::new();
    if whole {
        return promotion::listed(left, constants, negated);
    }
    // The order is the server's: the array first when there is one.
    if constants.len() > 1 {
        parts.push(promotion::listed(left.clone(), constants, negated));
        parts.extend(singles.into_iter().map(|n| compared(op, left.clone(), n)));
    } else {
        let items = constants.into_iter().chain(singles);
        parts.extend(items.map(|n| compared(op, left.clone(), n)));
    }
    if parts.len() == 1 {
        return parts.remove(0);
    }
    if negated {
        Node::And(parts)
    } else {
        Node::Or(parts)
    }
}

fn flat(list: Vec<Node>, open: impl Fn(Node) -> Result<Vec<Node>, Node>) -> Vec<Node> {
    let mut out = Vec::new();
    for node in list {
        match open(node) {
            Ok(inner) => out.extend(inner),
            Err(other) => out.push(other),
        }
    }
    out
}
