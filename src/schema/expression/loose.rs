//! What a person's text and the server's may differ by without a server being able to tell two
//! definitions apart from the outside: casts, and how a constant is spelled.
//!
//! The server adds a cast wherever two types meet, drops one to the type a value already has, and
//! prints a constant as its type does. Which it was depends on types that a text does not hold.

use super::literal;
use super::tree::{Node, Query};
use crate::schema::column_type::ColumnType;

/// Whether the server could have printed `deparsed` for `written`.
pub(super) fn may_agree(written: Node, deparsed: Node) -> bool {
    let (mut wrote, mut printed) = (Vec::new(), Vec::new());
    if stripped(written, &mut wrote) != stripped(deparsed, &mut printed) {
        return false;
    }
    // A cast that the server never adds must have been written.
    printed.into_iter().all(|ty| {
        let found = wrote.iter().position(|w| *w == ty);
        if let Some(at) = found {
            wrote.swap_remove(at);
        }
        found.is_some() || is_implicit(&ty)
    })
}

/// The tree without its casts, which are put into the list.
fn stripped(mut node: Node, casts: &mut Vec<ColumnType>) -> Node {
    while let Node::Cast { operand, ty, .. } = node {
        casts.push(ty);
        node = *operand;
    }
    for child in node.children_mut() {
        let old = std::mem::replace(child, Node::Null);
        *child = stripped(old, casts);
    }
    if let Some(Query::Read(select)) = node.query_mut() {
        for child in select.nodes_mut() {
            let old = std::mem::replace(child, Node::Null);
            *child = stripped(old, casts);
        }
    }
    match node {
        Node::Number(text) => Node::Text(text),
        Node::Bool(value) => Node::Text(value.to_string()),
        Node::Text(text) => Node::Text(value(text)),
        other => other,
    }
}

fn value(text: String) -> String {
    if literal::is_number(&text) {
        literal::number(&text)
    } else if let Some(words) = literal::interval(&text, "") {
        words
    } else {
        match text.as_str() {
            "t" => "true".to_owned(),
            "f" => "false".to_owned(),
            _ => text,
        }
    }
}

/// Whether the server casts to the type on its own.
fn is_implicit(ty: &ColumnType) -> bool {
    use ColumnType as T;
    match ty.element() {
        T::Text
        | T::Bigint
        | T::Double
        | T::Timestamp {
            precision: None, ..
        } => true,
        T::Varchar { limit } | T::Char { limit } => limit.is_none(),
        T::Numeric { precision, .. } => precision.is_none(),
        _ => false,
    }
}
