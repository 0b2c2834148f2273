//! Casts from one kind of number to another. The server adds them where two kinds meet
//! (`quantity * price` is printed as `(quantity)::numeric * price`), and a person writes them to get
//! another result (`won::numeric / total`). What the server adds goes, what a person needs stays.

use crate::schema::column_type::ColumnType;
use crate::schema::expression::tree::Node;

/// Functions over numbers that have no variant for integers, or that do not tell them apart.
const OVER_NUMBERS: [&str; 22] = [
    "abs", "acos", "asin", "atan", "atan2", "cbrt", "ceil", "ceiling", "cos", "degrees", "exp",
    "floor", "ln", "log", "mod", "pow", "power", "radians", "round", "sin", "sqrt", "trunc",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Unknown,
    Integer,
    Numeric,
    Double,
}

impl Kind {
    /// The kind that two meet in.
    fn with(self, other: Self) -> Self {
        match (self, other) {
            (Self::Double, _) | (_, Self::Double) => Self::Double,
            (Self::Numeric, _) | (_, Self::Numeric) => Self::Numeric,
            (Self::Integer, Self::Integer) => Self::Integer,
            _ => Self::Unknown,
        }
    }
}

/// A binary operator over operands in canonical form.
pub(super) fn settled(op: &str, left: Node, right: Node) -> Node {
    let (left, right) = match op {
        "+" | "-" | "*" | "/" | "%" | "=" | "<>" | "<" | ">" | "<=" | ">=" => pair(op, left, right),
        // Powers are taken of one kind only.
        "^" => (bare(left), bare(right)),
        _ => (left, right),
    };
    Node::binary(op, left, right)
}

/// An argument of a function.
pub(super) fn argument(function: &str, value: Node) -> Node {
    if OVER_NUMBERS.contains(&function) {
        bare(value)
    } else {
        value
    }
}

/// `x IN (…)` over constants.
pub(super) fn listed(left: Node, list: Vec<Node>, negated: bool) -> Node {
    let left = match promoted(&left) {
        Some(to) if list.iter().any(|n| kind(n) == to) => bare(left),
        _ => left,
    };
    Node::In {
        left: left.boxed(),
        list,
        negated,
    }
}

/// Values of which the result is one: casts to what another of them is go.
pub(super) fn merge(mut values: Vec<&mut Node>) {
    for at in 0..values.len() {
        let Some(to) = promoted(values[at]) else {
            continue;
        };
        let others = || values.iter().enumerate().filter(|(i, _)| *i != at);
        let drop = others().any(|(_, other)| implied(values[at], to, other, true));
        if drop {
            let value = std::mem::replace(values[at], Node::Null);
            *values[at] = bare(value);
        }
    }
}

fn pair(op: &str, left: Node, right: Node) -> (Node, Node) {
    match (promoted(&left), promoted(&right)) {
        // One of the two casts brings the other.
        (Some(a), Some(b)) if a == b => {
            if (is_number(&left) && !is_number(&right)) || !droppable(&right) {
                (bare(left), explicit(right))
            } else {
                (explicit(left), bare(right))
            }
        }
        (Some(to), None) => {
            let divides = matches!(op, "/" | "%") && !is_number(&left);
            if implied(&left, to, &right, !divides) {
                (bare(left), right)
            } else {
                (explicit(left), right)
            }
        }
        (None, Some(to)) => {
            if implied(&right, to, &left, true) {
                (left, bare(right))
            } else if droppable(&right) && kind(&left) == Kind::Unknown && droppable(&left) {
                (over(left, &right), bare(right))
            } else {
                (left, explicit(right))
            }
        }
        _ => (left, right),
    }
}

/// Whether the server would add the cast for the other operand's sake. `guess` is whether to think
/// so of an operand of unknown kind.
fn implied(node: &Node, to: Kind, other: &Node, guess: bool) -> bool {
    let Node::Cast { bracketed, .. } = node else {
        return false;
    };
    droppable(node)
        && match kind(other) {
            Kind::Unknown => *bracketed && guess,
            known => known == to,
        }
}

/// The kind of number a cast makes, where the server casts to it by itself.
fn promoted(node: &Node) -> Option<Kind> {
    match node {
        Node::Cast { ty, .. } if promotes(ty) => Some(kind(node)),
        _ => None,
    }
}

fn promotes(ty: &ColumnType) -> bool {
    matches!(
        ty,
        ColumnType::Double
            | ColumnType::Numeric {
                precision: None,
                ..
            }
    )
}

/// Whether what is under the cast is a number without it.
fn droppable(node: &Node) -> bool {
    let inner = match node {
        Node::Cast { operand, .. } => operand,
        other => other,
    };
    match inner {
        Node::Column(_) | Node::Number(_) => true,
        Node::Form(word, list) => {
            *word != "ROW" && list.iter().all(|n| *n == Node::Null || droppable(n))
        }
        Node::Binary(op, ..) => matches!(op.as_str(), "+" | "-" | "*" | "/" | "%"),
        Node::Prefix(op, _) => op == "-",
        Node::Call(_) | Node::Cast { .. } => kind(inner) == Kind::Integer,
        _ => false,
    }
}

fn is_number(node: &Node) -> bool {
    matches!(node, Node::Cast { operand, .. } if matches!(**operand, Node::Number(_)))
}

fn bare(node: Node) -> Node {
    match node {
        Node::Cast { operand, ty, .. } if promotes(&ty) && droppable(&operand) => *operand,
        other => other,
    }
}

fn explicit(mut node: Node) -> Node {
    if let Node::Cast { bracketed, .. } = &mut node {
        *bracketed = false;
    }
    node
}

/// The node under the other one's cast.
fn over(node: Node, cast: &Node) -> Node {
    match cast {
        Node::Cast { ty, .. } => Node::Cast {
            operand: node.boxed(),
            ty: ty.clone(),
            bracketed: false,
        },
        _ => node,
    }
}

fn kind(node: &Node) -> Kind {
    match node {
        Node::Number(text) if text.contains('.') => Kind::Numeric,
        Node::Number(_) | Node::Text(_) => Kind::Integer,
        Node::Extract(..) => Kind::Numeric,
        Node::Prefix(op, operand) if op == "-" => kind(operand),
        Node::Cast { ty, .. } => match ty {
            ColumnType::Smallint | ColumnType::Integer | ColumnType::Bigint => Kind::Integer,
            ColumnType::Numeric { .. } => Kind::Numeric,
            ColumnType::Real | ColumnType::Double => Kind::Double,
            _ => Kind::Unknown,
        },
        Node::Form(word, list) if *word != "ROW" => {
            list.iter().map(kind).fold(Kind::Integer, Kind::with)
        }
        Node::Call(call) => match call.name.as_slice() {
            [name] => match name.as_str() {
                "length" | "char_length" | "character_length" | "octet_length" | "bit_length"
                | "cardinality" | "array_length" | "jsonb_array_length" | "json_array_length"
                | "count" | "position" | "strpos" | "ascii" => Kind::Integer,
                "date_part" | "random" => Kind::Double,
                _ => Kind::Unknown,
            },
            _ => Kind::Unknown,
        },
        Node::Binary(op, left, right)
            if matches!(op.as_str(), "+" | "-" | "*" | "/" | "%" | "^") =>
        {
            kind(left).with(kind(right))
        }
        _ => Kind::Unknown,
    }
}
