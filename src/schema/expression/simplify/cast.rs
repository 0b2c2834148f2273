//! Casts that say nothing: on constants, which take the type of where they stand, and on columns
//! where the server adds them.

use super::{At, Rules};
use crate::schema::column_type::ColumnType;
use crate::schema::expression::literal;
use crate::schema::expression::tree::Node;

impl Rules<'_> {
    /// The operand, in canonical form, under a cast.
    pub(super) fn cast(&self, operand: Node, ty: ColumnType, bracketed: bool, at: At) -> Node {
        match operand {
            Node::Null => Node::Null,
            Node::Bool(value) if ty == ColumnType::Boolean => Node::Bool(value),
            Node::Text(text) => self.constant(text, ty, at),
            Node::Bits(bits) if matches!(&ty, ColumnType::Other(name) if matches!(name.as_str(), "\"bit\"" | "bit varying")) => {
                Node::Bits(bits)
            }
            Node::Array(list) => match ty {
                ColumnType::Array(_) if list.is_empty() => Node::Text("{}".to_owned()),
                // The server gives the cast to each element.
                ColumnType::Array(element) => {
                    let each = list.into_iter().map(|node| match node {
                        nested @ Node::Array(_) => {
                            self.cast(nested, ColumnType::Array(element.clone()), true, at)
                        }
                        node => self.cast(node, (*element).clone(), true, At::Operand),
                    });
                    Node::Array(each.collect())
                }
                ty => cast(Node::Array(list), ty, bracketed),
            },
            Node::Number(text) => number(text, ty, bracketed, at),
            Node::Cast {
                operand,
                ty: inner @ (ColumnType::Varchar { .. } | ColumnType::Char { .. }),
                bracketed,
            } if is_text(&ty) && at != At::Cast => self.cast(*operand, inner, bracketed, at),
            operand if shows_casts(at) && is_text(&ty) && is_plain(&operand) => operand,
            operand => cast(operand, ty, bracketed),
        }
    }

    /// A text under a cast. The type goes unless the text means something else without it.
    fn constant(&self, text: String, ty: ColumnType, at: At) -> Node {
        use ColumnType as T;
        let keeps = matches!(at, At::Sum | At::Factor | At::Cast);
        match &ty {
            T::Smallint | T::Integer | T::Bigint | T::Real | T::Double | T::Numeric { .. }
                if literal::is_number(text.trim()) =>
            {
                number(literal::number(text.trim()), ty, true, at)
            }
            T::Boolean => match literal::boolean(&text) {
                Some(value) => Node::Bool(value),
                None => Node::Text(text),
            },
            T::Interval { fields } => {
                let unit = fields.split(['(', ' ']).next_back().unwrap_or_default();
                let words = literal::interval(&text, unit).unwrap_or(text);
                let plain = T::Interval {
                    fields: String::new(),
                };
                if keeps {
                    cast(Node::Text(words), plain, false)
                } else {
                    Node::Text(words)
                }
            }
            T::Date | T::Time { .. } | T::Timestamp { .. } => {
                let node = Node::Text(literal::text(&text));
                let rounded = matches!(
                    ty,
                    T::Time {
                        precision: Some(_),
                        ..
                    } | T::Timestamp {
                        precision: Some(_),
                        ..
                    }
                );
                if keeps || rounded {
                    cast(node, ty, false)
                } else {
                    node
                }
            }
            T::Varchar { limit: Some(_) }
            | T::Char { limit: Some(_) }
            | T::Numeric {
                precision: Some(_), ..
            } => cast(Node::Text(text), ty, false),
            T::Other(name) if name.starts_with("reg") => {
                let node = Node::Text(self.object_name(&text));
                if at == At::Cast {
                    cast(node, ty, false)
                } else {
                    node
                }
            }
            T::Other(name)
                if name.trim_start_matches('"').starts_with("bit")
                    && text.bytes().all(|b| matches!(b, b'0' | b'1')) =>
            {
                self.cast(Node::Bits(text), ty, false, at)
            }
            T::Array(_) => Node::Text(literal::array::normalised(&text).unwrap_or(text)),
            T::Other(name) if is_rewritten(name) && !text.is_empty() => {
                self.server.set(true);
                Node::Text(text)
            }
            T::Other(name) if name.contains('(') => {
                cast(Node::Text(literal::text(&text)), ty, false)
            }
            _ if at == At::Pattern => Node::Text(text),
            _ => Node::Text(literal::text(&text)),
        }
    }
}

/// Whether the server prints constants of a type in a spelling of its own.
fn is_rewritten(name: &str) -> bool {
    const TYPES: [&str; 14] = [
        "box", "circle", "cidr", "jsonpath", "line", "lseg", "macaddr", "macaddr8", "money",
        "path", "point", "polygon", "tsquery", "tsvector",
    ];
    TYPES.contains(&name) || name.ends_with("range")
}

fn cast(operand: Node, ty: ColumnType, bracketed: bool) -> Node {
    Node::Cast {
        operand: operand.boxed(),
        ty,
        bracketed,
    }
}

/// A number under a cast to a type that holds it as it is loses the cast; in a division the type
/// decides how the quotient is rounded.
fn number(text: String, ty: ColumnType, bracketed: bool, at: At) -> Node {
    use ColumnType as T;
    let whole = !text.contains('.');
    let holds = match ty {
        T::Smallint | T::Integer | T::Bigint => whole,
        T::Real
        | T::Double
        | T::Numeric {
            precision: None, ..
        } => !(whole && at == At::Factor),
        _ => false,
    };
    if holds {
        Node::Number(text)
    } else {
        cast(Node::Number(text), ty, bracketed)
    }
}

/// Whether the server shows casts here that nobody wrote.
fn shows_casts(at: At) -> bool {
    !matches!(at, At::Top | At::Cast)
}

fn is_text(ty: &ColumnType) -> bool {
    matches!(
        ty.element(),
        ColumnType::Text | ColumnType::Varchar { limit: None }
    )
}

/// Whether the node is a value that is no column and no constant, cast to text.
pub(super) fn makes_text(node: &Node) -> bool {
    match node {
        Node::Cast { operand, ty, .. } => {
            *ty == ColumnType::Text && matches!(**operand, Node::Call(_) | Node::Select(_))
        }
        _ => false,
    }
}

/// Whether a cast of the node to text is the server's way from `varchar`, or at least says nothing
/// that its surroundings do not.
fn is_plain(node: &Node) -> bool {
    match node {
        Node::Column(_) | Node::Special(..) | Node::Case { .. } | Node::Field(..) => true,
        Node::Form(word, _) => *word != "ROW",
        Node::Subscript(base, _) => is_plain(base),
        _ => false,
    }
}
