//! Operators that are words: connectives, tests, and what the server has other names for.

use super::query::starts_query;
use super::{LIKES, Parser, Read, Unread, binds, is_operator, unsaid};
use crate::schema::expression::lexer::Token;
use crate::schema::expression::tree::{Call, Node, Test};
use crate::schema::ident::quote;

impl Parser<'_> {
    /// Goes on from `left` with an operator that is a word; gives `left` back when none is here.
    pub(super) fn word_infix(
        &mut self,
        left: Node,
        min: u8,
        word: &str,
    ) -> Read<Result<Node, Node>> {
        let negated = word == "not";
        let second = match self.ahead(1) {
            Some(Token::Word(word)) => word.as_str(),
            _ => "",
        };
        let key = if negated { second } else { word };
        let binding = match key {
            "or" if !negated => binds::OR,
            "and" if !negated => binds::AND,
            "is" | "isnull" | "notnull" if !negated => binds::IS,
            "between" | "in" | "like" | "ilike" | "similar" => binds::LIKE,
            "overlaps" | "operator" if !negated => binds::OTHER,
            "at" if !negated && matches!(second, "time" | "local") => binds::AT,
            "collate" if !negated => binds::COLLATE,
            _ => return Ok(Err(left)),
        };
        if binding < min {
            return Ok(Err(left));
        }
        let key = key.to_owned();
        self.at += 1 + usize::from(negated);
        // One call for each kind: the frame of this one is under every nested operand.
        match key.as_str() {
            "or" => self.list(left, "or", binds::OR),
            "and" => self.list(left, "and", binds::AND),
            "is" => self.is(left),
            "isnull" | "notnull" => Ok(Node::Is {
                operand: left.boxed(),
                test: Test::Words("NULL".to_owned()),
                negated: key == "notnull",
            }),
            "between" => self.between(&left, negated),
            "in" => self.within(left, negated),
            "like" | "ilike" => self.like(left, &key, negated),
            "similar" => self.similar(left, negated),
            _ => self.other_word(left, &key, binding),
        }
        .map(Ok)
    }

    fn other_word(&mut self, left: Node, word: &str, binding: u8) -> Read<Node> {
        match word {
            "overlaps" => {
                let right = self.expr(binding + 1)?;
                Ok(Node::binary("OVERLAPS", left, right))
            }
            "operator" => {
                let op = self.named_operator()?;
                self.binary(left, &op, binding)
            }
            "at" if self.eat_word("local") => {
                Ok(Node::Call(Box::new(Call::new("timezone", vec![left]))))
            }
            "at" => {
                self.at += 1;
                self.expect_word("zone")?;
                let right = self.expr(binding + 1)?;
                Ok(Node::binary("AT TIME ZONE", left, right))
            }
            _ => Ok(Node::Collate(left.boxed(), self.path()?)),
        }
    }

    /// A chain of one connective, which the server keeps flat too.
    fn list(&mut self, first: Node, word: &str, binding: u8) -> Read<Node> {
        let mut list = vec![first, self.expr(binding + 1)?];
        while self.eat_word(word) {
            list.push(self.expr(binding + 1)?);
        }
        Ok(if word == "or" {
            Node::Or(list)
        } else {
            Node::And(list)
        })
    }

    fn is(&mut self, operand: Node) -> Read<Node> {
        let negated = self.eat_word("not");
        let test = if self.eat_words(&["distinct", "from"]) {
            Test::Distinct(self.expr(binds::IS + 1)?.boxed())
        } else {
            let mut words = match self.next()? {
                Token::Word(word)
                    if matches!(
                        word.as_str(),
                        "null"
                            | "true"
                            | "false"
                            | "unknown"
                            | "document"
                            | "json"
                            | "normalized"
                            | "nfc"
                            | "nfd"
                            | "nfkc"
                            | "nfkd"
                    ) =>
                {
                    word
                }
                _ => return Err(Unread),
            };
            if words == "json" {
                for kind in ["value", "object", "array", "scalar"] {
                    if self.eat_word(kind) {
                        words = format!("{words} {kind}");
                        break;
                    }
                }
            } else if words.starts_with("nf") {
                self.expect_word("normalized")?;
                words.push_str(" normalized");
            }
            Test::Words(words.to_uppercase())
        };
        Ok(Node::Is {
            operand: operand.boxed(),
            test,
            negated,
        })
    }

    /// `BETWEEN` is two comparisons to the server too.
    fn between(&mut self, operand: &Node, negated: bool) -> Read<Node> {
        let symmetric = self.eat_word("symmetric");
        if !symmetric {
            self.eat_word("asymmetric");
        }
        let low = self.expr(binds::LIKE + 1)?;
        self.expect_word("and")?;
        let high = self.expr(binds::LIKE + 1)?;
        repeatable(operand)?;
        let range = |low: Node, high: Node| {
            let (above, below) = if negated { ("<", ">") } else { (">=", "<=") };
            let list = vec![
                Node::binary(above, operand.clone(), low),
                Node::binary(below, operand.clone(), high),
            ];
            if negated {
                Node::Or(list)
            } else {
                Node::And(list)
            }
        };
        if !symmetric {
            return Ok(range(low, high));
        }
        repeatable(&low)?;
        repeatable(&high)?;
        let list = vec![range(low.clone(), high.clone()), range(high, low)];
        Ok(if negated {
            Node::And(list)
        } else {
            Node::Or(list)
        })
    }

    fn within(&mut self, left: Node, negated: bool) -> Read<Node> {
        if self.ahead(1).is_some_and(starts_query) {
            self.expect_symbol("(")?;
            let query = self.query()?;
            self.expect_symbol(")")?;
            return Ok(Node::InQuery {
                left: left.boxed(),
                query: Box::new(query),
                negated,
            });
        }
        self.expect_symbol("(")?;
        let list = self.expressions(")")?;
        if list.is_empty() {
            return Err(Unread);
        }
        Ok(Node::In {
            left: left.boxed(),
            list,
            negated,
        })
    }

    fn like(&mut self, left: Node, word: &str, negated: bool) -> Read<Node> {
        let words = if negated {
            format!("NOT {}", word.to_uppercase())
        } else {
            word.to_uppercase()
        };
        let op = LIKES
            .iter()
            .find(|(_, spelled)| *spelled == words)
            .map(|(symbol, _)| *symbol)
            .ok_or(Unread)?;
        let mut node = self.binary(left, op, binds::LIKE)?;
        if self.eat_word("escape") {
            let escape = self.expr(binds::LIKE + 1)?;
            let Node::Binary(_, _, pattern) = &mut node else {
                return Err(Unread);
            };
            let bare = std::mem::replace(&mut **pattern, Node::Null);
            **pattern = Node::Call(Box::new(Call::new("like_escape", vec![bare, escape])));
        }
        Ok(node)
    }

    fn similar(&mut self, left: Node, negated: bool) -> Read<Node> {
        self.expect_word("to")?;
        let mut arguments = vec![self.expr(binds::LIKE + 1)?];
        if self.eat_word("escape") {
            arguments.push(self.expr(binds::LIKE + 1)?);
        }
        let pattern = Call::new("similar_to_escape", arguments);
        let op = if negated { "!~" } else { "~" };
        Ok(Node::binary(op, left, Node::Call(Box::new(pattern))))
    }

    /// What follows `OPERATOR`: the bare symbol, or the whole for an operator of a namespace that has
    /// to be said.
    fn named_operator(&mut self) -> Read<String> {
        self.expect_symbol("(")?;
        let mut namespace: Option<String> = None;
        loop {
            match self.next()? {
                Token::Symbol(op) if is_operator(&op) => {
                    self.expect_symbol(")")?;
                    return Ok(match namespace {
                        Some(name) if !unsaid(&name, self.home) => {
                            format!("OPERATOR({}.{op})", quote(&name))
                        }
                        _ => op,
                    });
                }
                Token::Word(name) | Token::Name(name) => {
                    self.expect_symbol(".")?;
                    namespace = Some(name);
                }
                _ => return Err(Unread),
            }
        }
    }
}

/// Refuses to write out a large operand a second time: nested, that would double at each level.
fn repeatable(node: &Node) -> Read<()> {
    let mut budget = 64usize;
    let large = node.any(&mut |_| {
        budget = budget.saturating_sub(1);
        budget == 0
    });
    if large { Err(Unread) } else { Ok(()) }
}
