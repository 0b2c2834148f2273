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
    if !alike(written, deparsed, &mut wrote, &mut printed) {
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

/// Whether both are one tree when casts, which go into the lists, are not looked at.
fn alike(
    written: Node,
    deparsed: Node,
    wrote: &mut Vec<ColumnType>,
    printed: &mut Vec<ColumnType>,
) -> bool {
    let (mut written, mut deparsed) = (bare(written, wrote), bare(deparsed, printed));
    match (&written, &deparsed) {
        (Node::Text(text), Node::Number(number)) => {
            literal::is_number(text) && literal::number(text) == *number
        }
        (Node::Text(text), Node::Bool(value)) => literal::boolean(text) == Some(*value),
        (Node::Text(text), Node::Text(words)) => {
            text == words
                || literal::interval(text, "").as_ref() == Some(words)
                || literal::array::normalised(text).as_ref() == Some(words)
        }
        _ => {
            let (left, right) = (children(&mut written), children(&mut deparsed));
            written == deparsed
                && left.len() == right.len()
                && left
                    .into_iter()
                    .zip(right)
                    .all(|(w, d)| alike(w, d, wrote, printed))
        }
    }
}

/// What is under the casts.
fn bare(mut node: Node, casts: &mut Vec<ColumnType>) -> Node {
    while let Node::Cast { operand, ty, .. } = node {
        casts.push(ty);
        node = *operand;
    }
    node
}

/// Takes the children out of a node, those in a sub-select included, and leaves its shell.
fn children(node: &mut Node) -> Vec<Node> {
    let mut taken = Vec::new();
    for child in node.children_mut() {
        taken.push(std::mem::replace(child, Node::Null));
    }
    if let Some(Query::Read(select)) = node.query_mut() {
        for child in select.nodes_mut() {
            taken.push(std::mem::replace(child, Node::Null));
        }
    }
    taken
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
