//! Operands: constants, names, calls, and the forms with a syntax of their own.

use super::{Parser, Read, Unread, binds, unsaid};
use crate::schema::column_type::ColumnType;
use crate::schema::expression::lexer::Token;
use crate::schema::expression::tree::{Argument, Call, Node, OrderKey, Subscript};
use crate::schema::ident::quote;

/// Words that are neither a column nor a function, nor the start of an expression.
const RESERVED: [&str; 79] = [
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "as",
    "asc",
    "asymmetric",
    "both",
    "by",
    "check",
    "collate",
    "column",
    "constraint",
    "create",
    "cross",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "fetch",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "group",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "like",
    "limit",
    "natural",
    "not",
    "notnull",
    "offset",
    "on",
    "only",
    "operator",
    "or",
    "order",
    "outer",
    "over",
    "overlaps",
    "placing",
    "primary",
    "references",
    "returning",
    "select",
    "setof",
    "similar",
    "some",
    "symmetric",
    "table",
    "tablesample",
    "then",
    "to",
    "trailing",
    "union",
    "unique",
    "using",
    "variadic",
    "when",
    "where",
    "with",
];

/// Whether an unquoted word cannot be a name where an expression may stand.
pub(super) fn is_reserved(word: &str) -> bool {
    RESERVED.binary_search(&word).is_ok()
}

impl Parser<'_> {
    /// An operand, and how many pairs of parentheses are around it.
    pub(super) fn primary(&mut self) -> Read<(Node, usize)> {
        match self.peek() {
            Some(Token::Symbol(symbol)) if symbol == "(" => self.bracketed(),
            Some(Token::Word(word)) => {
                let word = word.clone();
                Ok((self.worded(&word)?, 0))
            }
            Some(Token::Name(_)) => Ok((self.named()?, 0)),
            _ => Ok((self.constant()?, 0)),
        }
    }

    fn constant(&mut self) -> Read<Node> {
        match self.next()? {
            Token::Number(text) => Ok(Node::Number(text)),
            Token::Text(text) => Ok(Node::Text(text)),
            Token::Bits(bits) => Ok(Node::Bits(bits)),
            Token::Parameter(number) => Ok(Node::Parameter(number)),
            _ => Err(Unread),
        }
    }

    fn bracketed(&mut self) -> Read<(Node, usize)> {
        self.at += 1;
        if self.peek().is_some_and(super::query::starts_query) {
            let query = self.query()?;
            self.expect_symbol(")")?;
            return Ok((Node::Select(Box::new(query)), 0));
        }
        // Each pair of parentheses is counted here, so that a hundred of them take one frame each.
        let mut list = vec![self.counted()?];
        while self.eat_symbol(",") {
            list.push((self.expr(0)?, 0));
        }
        self.expect_symbol(")")?;
        if list.len() > 1 {
            let values = list.into_iter().map(|(node, _)| node).collect();
            return Ok((Node::Form("ROW", values), 0));
        }
        let (node, inner) = list.pop().ok_or(Unread)?;
        Ok((node, inner + 1))
    }

    /// An expression, and how many pairs of parentheses are around the whole of it.
    fn counted(&mut self) -> Read<(Node, usize)> {
        if !self.is_symbol("(") {
            return Ok((self.expr(0)?, 0));
        }
        let (node, brackets) = self.bracketed()?;
        if self.is_symbol(")") {
            return Ok((node, brackets));
        }
        Ok((self.extended(node, brackets, 0)?, 0))
    }

    fn worded(&mut self, word: &str) -> Read<Node> {
        let call = self.ahead(1).is_some_and(|t| t.is_symbol("("));
        match word {
            "null" => self.lone(Node::Null),
            "true" => self.lone(Node::Bool(true)),
            "false" => self.lone(Node::Bool(false)),
            "current_date" | "current_role" | "current_user" | "user" | "session_user"
            | "system_user" | "current_catalog" => self.special(word),
            "current_schema" if !call => self.special(word),
            "current_time" | "current_timestamp" | "localtime" | "localtimestamp" => {
                self.special(word)
            }
            "case" => self.case(),
            "array" => self.array(),
            "cast" if call => self.cast(),
            "row" if call => {
                self.at += 2;
                Ok(Node::Form("ROW", self.expressions(")")?))
            }
            "exists" if call => {
                self.at += 2;
                let query = self.query()?;
                self.expect_symbol(")")?;
                Ok(Node::Exists(Box::new(query)))
            }
            "coalesce" if call => self.form("COALESCE"),
            "nullif" if call => self.form("NULLIF"),
            "greatest" if call => self.form("GREATEST"),
            "least" if call => self.form("LEAST"),
            "extract" if call => self.extract(),
            "substring" if call => self.substring(),
            "position" if call => self.position(),
            "overlay" if call => self.overlay(),
            "trim" if call => self.trim(),
            "interval" | "timestamp" | "time" | "double" | "character" | "char" | "bit"
            | "national" | "nchar" | "varchar" | "numeric" | "decimal" => {
                let start = self.at;
                if let Ok(node) = self.typed_literal() {
                    return Ok(node);
                }
                self.at = start;
                self.named()
            }
            word if is_reserved(word) => Err(Unread),
            _ => self.named(),
        }
    }

    fn lone(&mut self, node: Node) -> Read<Node> {
        self.at += 1;
        Ok(node)
    }

    fn special(&mut self, word: &str) -> Read<Node> {
        self.at += 1;
        let digits = if self.is_symbol("(") && word.ends_with(['e', 'p']) {
            self.at += 1;
            let Token::Number(digits) = self.next()? else {
                return Err(Unread);
            };
            self.expect_symbol(")")?;
            Some(digits)
        } else {
            None
        };
        Ok(Node::Special(word.to_uppercase(), digits))
    }

    /// `timestamp with time zone '…'`, `interval '1' day`.
    fn typed_literal(&mut self) -> Read<Node> {
        let ty = self.type_name()?;
        let Token::Text(text) = self.next()? else {
            return Err(Unread);
        };
        let ty = match ty {
            ColumnType::Interval { fields } if fields.is_empty() => ColumnType::Interval {
                fields: self.interval_fields(),
            },
            ty => ty,
        };
        Ok(Node::Cast {
            operand: Node::Text(text).boxed(),
            ty,
            bracketed: false,
        })
    }

    /// A column, a call, or a constant after the name of its type.
    fn named(&mut self) -> Read<Node> {
        let start = self.at;
        let path = self.path()?;
        if self.is_symbol(".") && self.ahead(1).is_some_and(|t| t.is_symbol("*")) {
            self.at += 2;
            return Ok(Node::Star(path));
        }
        if self.is_symbol("(") {
            return self.call(path);
        }
        if matches!(self.peek(), Some(Token::Text(_))) {
            self.at = start;
            return self.typed_literal();
        }
        Ok(Node::Column(path))
    }

    /// `a.b.c`
    pub(super) fn path(&mut self) -> Read<Vec<String>> {
        let mut path = vec![self.label()?];
        while self.is_symbol(".") && matches!(self.ahead(1), Some(Token::Word(_) | Token::Name(_)))
        {
            self.at += 1;
            path.push(self.label()?);
        }
        Ok(path)
    }

    /// A name, whatever word it is.
    pub(super) fn label(&mut self) -> Read<String> {
        match self.next()? {
            Token::Word(name) | Token::Name(name) => Ok(name),
            _ => Err(Unread),
        }
    }

    fn call(&mut self, mut path: Vec<String>) -> Read<Node> {
        if path.len() == 2 && unsaid(&path[0], self.home) {
            path.remove(0);
        }
        self.expect_symbol("(")?;
        let distinct = self.eat_word("distinct");
        if !distinct {
            self.eat_word("all");
        }
        let mut call = Call {
            name: path,
            arguments: Vec::new(),
            distinct,
            order: Vec::new(),
            filter: None,
        };
        if self.eat_symbol("*") {
            call.arguments.push(Argument::plain(Node::Star(Vec::new())));
        } else {
            while !self.is_symbol(")") && !self.is_word("order") {
                call.arguments.push(self.argument()?);
                if !self.eat_symbol(",") {
                    break;
                }
            }
        }
        if self.eat_words(&["order", "by"]) {
            call.order = self.order_keys()?;
        }
        self.expect_symbol(")")?;
        if self.eat_words(&["filter"]) {
            self.expect_symbol("(")?;
            self.expect_word("where")?;
            call.filter = Some(self.expr(0)?);
            self.expect_symbol(")")?;
        }
        if self.is_word("over") || self.is_word("within") {
            return Err(Unread);
        }
        Ok(Node::Call(Box::new(call)))
    }

    fn argument(&mut self) -> Read<Argument> {
        let variadic = self.eat_word("variadic");
        let named = self.ahead(1).is_some_and(|t| t.is_symbol("=>"));
        let name = if named {
            let name = self.label()?;
            self.at += 1;
            Some(name)
        } else {
            None
        };
        Ok(Argument {
            name,
            variadic,
            value: self.expr(0)?,
        })
    }

    pub(super) fn order_keys(&mut self) -> Read<Vec<OrderKey>> {
        let mut keys = Vec::new();
        loop {
            let value = self.expr(0)?;
            let descending = self.eat_word("desc");
            if !descending {
                self.eat_word("asc");
            }
            let nulls_first = if self.eat_words(&["nulls", "first"]) {
                true
            } else {
                !self.eat_words(&["nulls", "last"]) && descending
            };
            keys.push(OrderKey {
                value,
                descending,
                nulls_first,
            });
            if !self.eat_symbol(",") {
                return Ok(keys);
            }
        }
    }

    /// Expressions up to the closing bracket, which is taken too.
    pub(super) fn expressions(&mut self, close: &str) -> Read<Vec<Node>> {
        let mut list = Vec::new();
        if self.eat_symbol(close) {
            return Ok(list);
        }
        loop {
            list.push(self.expr(0)?);
            if !self.eat_symbol(",") {
                self.expect_symbol(close)?;
                return Ok(list);
            }
        }
    }

    fn form(&mut self, word: &'static str) -> Read<Node> {
        self.at += 2;
        Ok(Node::Form(word, self.expressions(")")?))
    }

    fn case(&mut self) -> Read<Node> {
        self.at += 1;
        let operand = if self.is_word("when") {
            None
        } else {
            Some(self.expr(0)?.boxed())
        };
        let mut arms = Vec::new();
        while self.eat_word("when") {
            let when = self.expr(0)?;
            self.expect_word("then")?;
            arms.push((when, self.expr(0)?));
        }
        let otherwise = if self.eat_word("else") {
            Some(self.expr(0)?.boxed())
        } else {
            None
        };
        self.expect_word("end")?;
        Ok(Node::Case {
            operand,
            arms,
            otherwise,
        })
    }

    fn array(&mut self) -> Read<Node> {
        self.at += 1;
        if self.eat_symbol("(") {
            let query = self.query()?;
            self.expect_symbol(")")?;
            return Ok(Node::ArrayOf(Box::new(query)));
        }
        self.array_elements()
    }

    /// `[a, b]`, or `[[a], [b]]` for an array of arrays.
    fn array_elements(&mut self) -> Read<Node> {
        self.expect_symbol("[")?;
        if !self.is_symbol("[") {
            return Ok(Node::Array(self.expressions("]")?));
        }
        let mut rows = Vec::new();
        loop {
            rows.push(self.array_elements()?);
            if !self.eat_symbol(",") {
                self.expect_symbol("]")?;
                return Ok(Node::Array(rows));
            }
        }
    }

    fn cast(&mut self) -> Read<Node> {
        self.at += 2;
        let operand = self.expr(0)?.boxed();
        self.expect_word("as")?;
        let ty = self.type_name()?;
        self.expect_symbol(")")?;
        Ok(Node::Cast {
            operand,
            ty,
            bracketed: false,
        })
    }

    fn extract(&mut self) -> Read<Node> {
        self.at += 2;
        let field = match self.next()? {
            Token::Word(field) | Token::Name(field) | Token::Text(field) => field.to_lowercase(),
            _ => return Err(Unread),
        };
        self.expect_word("from")?;
        let operand = self.expr(0)?;
        self.expect_symbol(")")?;
        Ok(Node::Extract(field, operand.boxed()))
    }

    /// `SUBSTRING(x FROM a FOR b)` is a call of `substring` to the server.
    fn substring(&mut self) -> Read<Node> {
        self.at += 2;
        let mut arguments = vec![self.expr(0)?];
        if self.eat_word("similar") {
            arguments.push(self.expr(0)?);
            self.expect_word("escape")?;
            arguments.push(self.expr(0)?);
        } else if self.is_word("from") || self.is_word("for") {
            let from = if self.eat_word("from") {
                Some(self.expr(0)?)
            } else {
                None
            };
            let count = if self.eat_word("for") {
                Some(self.expr(0)?)
            } else {
                None
            };
            let from = match from {
                Some(from) => from,
                None if self.eat_word("from") => self.expr(0)?,
                None => Node::Number("1".to_owned()),
            };
            arguments.push(from);
            arguments.extend(count);
        } else {
            while self.eat_symbol(",") {
                arguments.push(self.expr(0)?);
            }
        }
        self.expect_symbol(")")?;
        Ok(Node::Call(Box::new(Call::new("substring", arguments))))
    }

    fn position(&mut self) -> Read<Node> {
        self.at += 2;
        let needle = self.expr(binds::LIKE + 1)?;
        let arguments = if self.eat_word("in") {
            vec![self.expr(binds::LIKE + 1)?, needle]
        } else {
            self.expect_symbol(",")?;
            vec![needle, self.expr(0)?]
        };
        self.expect_symbol(")")?;
        Ok(Node::Call(Box::new(Call::new("position", arguments))))
    }

    fn overlay(&mut self) -> Read<Node> {
        self.at += 2;
        let mut arguments = vec![self.expr(0)?];
        if self.eat_word("placing") {
            arguments.push(self.expr(0)?);
            self.expect_word("from")?;
            arguments.push(self.expr(0)?);
            if self.eat_word("for") {
                arguments.push(self.expr(0)?);
            }
        } else {
            while self.eat_symbol(",") {
                arguments.push(self.expr(0)?);
            }
        }
        self.expect_symbol(")")?;
        Ok(Node::Call(Box::new(Call::new("overlay", arguments))))
    }

    /// `TRIM(BOTH x FROM y)` is a call of `btrim` to the server.
    fn trim(&mut self) -> Read<Node> {
        self.at += 2;
        let function = if self.eat_word("leading") {
            "ltrim"
        } else if self.eat_word("trailing") {
            "rtrim"
        } else {
            self.eat_word("both");
            "btrim"
        };
        let mut arguments = Vec::new();
        if !self.is_word("from") {
            arguments.push(self.expr(0)?);
        }
        if self.eat_word("from") {
            // What to trim comes after what is trimmed.
            arguments.insert(0, self.expr(0)?);
        }
        while self.eat_symbol(",") {
            arguments.push(self.expr(0)?);
        }
        self.expect_symbol(")")?;
        Ok(Node::Call(Box::new(Call::new(function, arguments))))
    }

    pub(super) fn subscript(&mut self, base: Node) -> Read<Node> {
        self.expect_symbol("[")?;
        let from = if self.is_symbol(":") {
            None
        } else {
            Some(self.expr(0)?.boxed())
        };
        let subscript = if self.eat_symbol(":") {
            let to = if self.is_symbol("]") {
                None
            } else {
                Some(self.expr(0)?.boxed())
            };
            Subscript::Slice(from, to)
        } else {
            Subscript::At(from.ok_or(Unread)?)
        };
        self.expect_symbol("]")?;
        Ok(Node::Subscript(base.boxed(), subscript))
    }
}

/// Spells a path as SQL.
pub(super) fn spell(path: &[String]) -> String {
    let parts: Vec<String> = path.iter().map(|part| quote(part)).collect();
    parts.join(".")
}

#[cfg(test)]
mod tests {
    use super::RESERVED;

    #[test]
    fn reserved_words_are_sorted_for_the_search() {
        assert!(RESERVED.is_sorted());
    }
}
