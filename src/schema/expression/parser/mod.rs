//! From tokens to a tree: operators by precedence, as the server's grammar has them.

mod depth;
mod operator;
mod primary;
mod query;
mod type_name;

use super::lexer::{Token, tokens};
use super::tree::Node;

/// The text is not an expression that this parser reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unread;

type Read<T> = Result<T, Unread>;

/// How tightly operators bind, loosest first.
pub(super) mod binds {
    pub(in super::super) const OR: u8 = 1;
    pub(in super::super) const AND: u8 = 2;
    pub(in super::super) const NOT: u8 = 3;
    pub(in super::super) const IS: u8 = 4;
    pub(in super::super) const COMPARISON: u8 = 5;
    pub(in super::super) const LIKE: u8 = 6;
    pub(in super::super) const OTHER: u8 = 7;
    pub(in super::super) const SUM: u8 = 8;
    pub(in super::super) const PRODUCT: u8 = 9;
    pub(in super::super) const POWER: u8 = 10;
    pub(in super::super) const AT: u8 = 11;
    pub(in super::super) const COLLATE: u8 = 12;
    pub(in super::super) const SIGN: u8 = 13;
    pub(in super::super) const SUBSCRIPT: u8 = 14;
    pub(in super::super) const CAST: u8 = 15;
    pub(in super::super) const PRIMARY: u8 = 16;

    /// How tightly a binary operator binds when it is written as a symbol.
    pub(in super::super) fn of(op: &str) -> u8 {
        match op {
            "=" | "<>" | "<" | ">" | "<=" | ">=" => COMPARISON,
            "+" | "-" => SUM,
            "*" | "/" | "%" => PRODUCT,
            "^" => POWER,
            _ => OTHER,
        }
    }
}

/// Symbols of the operators that have words.
pub(super) const LIKES: [(&str, &str); 4] = [
    ("~~", "LIKE"),
    ("!~~", "NOT LIKE"),
    ("~~*", "ILIKE"),
    ("!~~*", "NOT ILIKE"),
];

/// Whose name goes without saying, among functions, types and operators.
pub(super) fn unsaid(namespace: &str, home: &str) -> bool {
    namespace == home || matches!(namespace, "pg_catalog" | "public" | "extensions")
}

/// Reads a whole expression.
pub(super) fn parse(text: &str, home: &str) -> Read<Node> {
    let mut tokens = tokens(text).ok_or(Unread)?;
    while tokens.last().is_some_and(|t| t.is_symbol(";")) {
        tokens.pop();
    }
    if depth::of(&tokens) > depth::LIMIT {
        return Err(Unread);
    }
    let mut parser = Parser {
        tokens: &tokens,
        at: 0,
        home,
    };
    let node = parser.expr(0)?;
    if parser.at == tokens.len() {
        Ok(node)
    } else {
        Err(Unread)
    }
}

/// Whether a text nests no deeper than this parser goes.
pub(super) fn is_shallow(text: &str) -> bool {
    tokens(text).is_some_and(|tokens| depth::of(&tokens) <= depth::LIMIT)
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    home: &'a str,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn ahead(&self, by: usize) -> Option<&Token> {
        self.tokens.get(self.at + by)
    }

    fn next(&mut self) -> Read<Token> {
        let token = self.peek().cloned().ok_or(Unread)?;
        self.at += 1;
        Ok(token)
    }

    fn word(&self) -> Option<&str> {
        match self.peek() {
            Some(Token::Word(word)) => Some(word),
            _ => None,
        }
    }

    fn is_word(&self, word: &str) -> bool {
        self.word() == Some(word)
    }

    fn is_symbol(&self, symbol: &str) -> bool {
        self.peek().is_some_and(|t| t.is_symbol(symbol))
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }

    /// Takes all of the words, or none.
    fn eat_words(&mut self, words: &[&str]) -> bool {
        let found = words
            .iter()
            .enumerate()
            .all(|(i, word)| self.ahead(i).is_some_and(|t| t.is_word(word)));
        if found {
            self.at += words.len();
        }
        found
    }

    fn eat_symbol(&mut self, symbol: &str) -> bool {
        let found = self.is_symbol(symbol);
        self.at += usize::from(found);
        found
    }

    fn expect_word(&mut self, word: &str) -> Read<()> {
        self.eat_word(word).then_some(()).ok_or(Unread)
    }

    fn expect_symbol(&mut self, symbol: &str) -> Read<()> {
        self.eat_symbol(symbol).then_some(()).ok_or(Unread)
    }

    /// An expression whose operators all bind at least as tightly as `min`.
    fn expr(&mut self, min: u8) -> Read<Node> {
        let (left, brackets) = self.operand()?;
        self.extended(left, brackets, min)
    }

    /// Goes on from a first operand with every operator that binds tightly enough.
    fn extended(&mut self, mut left: Node, mut brackets: usize, min: u8) -> Read<Node> {
        loop {
            let before = self.at;
            left = match self.infix(left, brackets, min)? {
                Ok(longer) => longer,
                Err(done) => return Ok(done),
            };
            if self.at == before {
                return Err(Unread);
            }
            brackets = 0;
        }
    }

    /// A primary or a prefix operator with its operand, and how many pairs of parentheses are
    /// around it.
    fn operand(&mut self) -> Read<(Node, usize)> {
        let prefix = match self.peek() {
            Some(Token::Word(word)) if word == "not" => {
                self.at += 1;
                let operand = self.expr(binds::NOT)?;
                return Ok((Node::Not(operand.boxed()), 0));
            }
            Some(Token::Symbol(symbol)) if is_operator(symbol) => symbol.clone(),
            _ => return self.primary(),
        };
        self.at += 1;
        let min = match prefix.as_str() {
            "+" | "-" => binds::SIGN,
            _ => binds::OTHER + 1,
        };
        let operand = self.expr(min)?;
        Ok((Node::Prefix(prefix, operand.boxed()), 0))
    }

    /// Goes on from `left` with one operator; gives `left` back when none is here.
    fn infix(&mut self, left: Node, brackets: usize, min: u8) -> Read<Result<Node, Node>> {
        let Some(token) = self.peek() else {
            return Ok(Err(left));
        };
        match token {
            Token::Symbol(symbol) => {
                let symbol = symbol.clone();
                self.symbol_infix(left, brackets, min, &symbol)
            }
            Token::Word(word) => {
                let word = word.clone();
                self.word_infix(left, min, &word)
            }
            _ => Ok(Err(left)),
        }
    }

    fn symbol_infix(
        &mut self,
        left: Node,
        brackets: usize,
        min: u8,
        symbol: &str,
    ) -> Read<Result<Node, Node>> {
        match symbol {
            "::" => {
                self.at += 1;
                let ty = self.type_name()?;
                let bracketed = brackets > usize::from(super::print::binding(&left) < binds::CAST);
                return Ok(Ok(Node::Cast {
                    operand: left.boxed(),
                    ty,
                    bracketed,
                }));
            }
            "[" => return self.subscript(left).map(Ok),
            "." if brackets > 0 || matches!(left, Node::Subscript(..) | Node::Field(..)) => {
                self.at += 1;
                if self.eat_symbol("*") {
                    return Ok(Ok(Node::Field(left.boxed(), "*".to_owned())));
                }
                let field = self.label()?;
                return Ok(Ok(Node::Field(left.boxed(), field)));
            }
            _ if !is_operator(symbol) => return Ok(Err(left)),
            _ => {}
        }
        let binding = binds::of(symbol);
        if binding < min {
            return Ok(Err(left));
        }
        self.at += 1;
        self.binary(left, symbol, binding).map(Ok)
    }

    /// What stands right of a binary operator, `ANY (…)` included.
    fn binary(&mut self, left: Node, op: &str, binding: u8) -> Read<Node> {
        let quantified = self
            .word()
            .filter(|word| matches!(*word, "any" | "some" | "all"))
            .map(|word| word == "all");
        if let Some(all) = quantified
            && self.ahead(1).is_some_and(|t| t.is_symbol("("))
        {
            self.at += 1;
            let right = self.primary()?.0;
            return Ok(Node::Any {
                left: left.boxed(),
                op: op.to_owned(),
                all,
                right: right.boxed(),
            });
        }
        let right = self.expr(binding + 1)?;
        Ok(Node::binary(op, left, right))
    }
}

fn is_operator(symbol: &str) -> bool {
    !matches!(
        symbol,
        "(" | ")" | "[" | "]" | "," | ";" | "." | ":" | "::" | "=>"
    )
}
