//! Sub-selects: the common parts are read, anything else is kept as normalised tokens.

use super::primary::is_reserved;
use super::{Parser, Read, Unread};
use crate::schema::expression::lexer::Token;
use crate::schema::expression::tree::{FromItem, Join, Node, Query, Relation, Select, Source};
use crate::schema::expression::words;

impl Parser<'_> {
    /// What stands in the parentheses of a sub-select, up to the closing one.
    pub(super) fn query(&mut self) -> Read<Query> {
        let start = self.at;
        if let Ok(select) = self.select()
            && self.is_symbol(")")
        {
            return Ok(Query::Read(Box::new(select)));
        }
        self.at = start;
        let mut depth = 0usize;
        while let Some(token) = self.peek() {
            if token.is_symbol("(") {
                depth += 1;
            } else if token.is_symbol(")") {
                if depth == 0 {
                    let text = words::at_home(&self.tokens[start..self.at], self.home);
                    return Ok(Query::Raw(text));
                }
                depth -= 1;
            }
            self.at += 1;
        }
        Err(Unread)
    }

    fn select(&mut self) -> Read<Select> {
        let mut select = self.simple_select()?;
        while let Some(word @ ("union" | "intersect" | "except")) = self.word() {
            let mut words = word.to_uppercase();
            self.at += 1;
            if self.eat_word("all") {
                words.push_str(" ALL");
            } else {
                self.eat_word("distinct");
            }
            select.others.push((words, self.simple_select()?));
        }
        if self.eat_words(&["order", "by"]) {
            select.order = self.order_keys()?;
        }
        loop {
            if self.eat_word("limit") {
                if !self.eat_word("all") {
                    select.limit = Some(self.expr(0)?);
                }
            } else if self.eat_word("offset") {
                select.offset = Some(self.expr(0)?);
                if !self.eat_word("rows") {
                    self.eat_word("row");
                }
            } else {
                return Ok(select);
            }
        }
    }

    fn simple_select(&mut self) -> Read<Select> {
        self.expect_word("select")?;
        let mut select = Select::default();
        if self.eat_word("distinct") {
            select.distinct = Some(if self.eat_word("on") {
                self.expect_symbol("(")?;
                self.expressions(")")?
            } else {
                Vec::new()
            });
        } else {
            self.eat_word("all");
        }
        if !self.is_word("from") {
            loop {
                select.targets.push(self.target()?);
                if !self.eat_symbol(",") {
                    break;
                }
            }
        }
        if self.eat_word("from") {
            loop {
                select.from.push(self.joined_relation()?);
                if !self.eat_symbol(",") {
                    break;
                }
            }
        }
        if self.eat_word("where") {
            select.filter = Some(self.expr(0)?);
        }
        if self.eat_words(&["group", "by"]) {
            loop {
                select.group.push(self.expr(0)?);
                if !self.eat_symbol(",") {
                    break;
                }
            }
        }
        if self.eat_word("having") {
            select.having = Some(self.expr(0)?);
        }
        Ok(select)
    }

    fn target(&mut self) -> Read<(Node, Option<String>)> {
        if self.eat_symbol("*") {
            return Ok((Node::Star(Vec::new()), None));
        }
        let value = self.expr(0)?;
        Ok((value, self.alias()?))
    }

    /// `AS name`, or a bare name that is no keyword.
    fn alias(&mut self) -> Read<Option<String>> {
        if self.eat_word("as") {
            return self.label().map(Some);
        }
        match self.peek() {
            Some(Token::Name(_)) => self.label().map(Some),
            Some(Token::Word(word)) if !is_reserved(word) => self.label().map(Some),
            _ => Ok(None),
        }
    }

    fn joined_relation(&mut self) -> Read<FromItem> {
        let mut item = if self.is_symbol("(") && !self.ahead(1).is_some_and(starts_query) {
            self.at += 1;
            let inner = self.joined_relation()?;
            self.expect_symbol(")")?;
            inner
        } else {
            FromItem {
                relation: self.relation()?,
                joins: Vec::new(),
            }
        };
        while let Some(kind) = self.join_kind()? {
            let relation = self.relation()?;
            let mut join = Join {
                kind,
                relation,
                on: None,
                using: Vec::new(),
            };
            if self.eat_word("on") {
                join.on = Some(self.expr(0)?);
            } else if self.eat_word("using") {
                join.using = self.names()?;
            }
            item.joins.push(join);
        }
        Ok(item)
    }

    fn join_kind(&mut self) -> Read<Option<String>> {
        let natural = self.eat_word("natural");
        let side = match self.word() {
            Some("join") => "",
            Some("inner") => {
                self.at += 1;
                ""
            }
            Some(word @ ("cross" | "left" | "right" | "full")) => {
                let side = match word {
                    "cross" => "CROSS ",
                    "left" => "LEFT ",
                    "right" => "RIGHT ",
                    _ => "FULL ",
                };
                self.at += 1;
                self.eat_word("outer");
                side
            }
            _ if natural => return Err(Unread),
            _ => return Ok(None),
        };
        self.expect_word("join")?;
        let natural = if natural { "NATURAL " } else { "" };
        Ok(Some(format!("{natural}{side}JOIN")))
    }

    fn relation(&mut self) -> Read<Relation> {
        let lateral = self.eat_word("lateral");
        let source = if self.eat_symbol("(") {
            let query = self.query()?;
            self.expect_symbol(")")?;
            Source::Query(query)
        } else {
            let before = self.at;
            let path = self.path()?;
            if self.is_symbol("(") {
                self.at = before;
                match self.primary()?.0 {
                    call @ Node::Call(_) => Source::Function(call),
                    _ => return Err(Unread),
                }
            } else if path.len() == 1 && self.tokens.get(before).is_some_and(reserved_word) {
                return Err(Unread);
            } else {
                Source::Table(path)
            }
        };
        let joined = matches!(self.word(), Some("left" | "right"));
        let alias = if joined { None } else { self.alias()? };
        let columns = if alias.is_some() && self.is_symbol("(") {
            self.names()?
        } else {
            Vec::new()
        };
        Ok(Relation {
            lateral,
            source,
            alias,
            columns,
        })
    }

    fn names(&mut self) -> Read<Vec<String>> {
        self.expect_symbol("(")?;
        let mut names = vec![self.label()?];
        while self.eat_symbol(",") {
            names.push(self.label()?);
        }
        self.expect_symbol(")")?;
        Ok(names)
    }
}

pub(super) fn starts_query(token: &Token) -> bool {
    token.is_word("select") || token.is_word("with") || token.is_word("values")
}

fn reserved_word(token: &Token) -> bool {
    matches!(token, Token::Word(word) if is_reserved(word))
}
