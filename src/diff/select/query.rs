//! The `select` parameter of `PostgREST`, as far as names in it matter.

/// A list of what is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Query {
    pub(super) items: Vec<Item>,
}

/// One thing asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    /// `*`
    All,
    /// A column, without its alias, its cast and its path into JSON.
    Column(String),
    /// `count()`, `amount.sum()`: the column of the second form is not looked at.
    Aggregate,
    /// Rows of another table.
    Embed {
        /// A table, a constraint or a column with a key.
        target: String,
        /// After `!`, unless it is `inner` or `left`.
        hint: Option<String>,
        /// What is asked of them.
        query: Query,
    },
}

/// How deep embeds may nest.
const DEEPEST: usize = 32;

/// Reads a `select` parameter.
pub(super) fn parse(text: &str) -> Result<Query, String> {
    let mut reader = Reader {
        chars: text.chars().collect(),
        at: 0,
    };
    let query = reader.list(0)?;
    if reader.at < reader.chars.len() {
        return Err(format!(
            "unexpected `{}` at character {}",
            reader.chars[reader.at],
            reader.at + 1
        ));
    }
    Ok(query)
}

struct Reader {
    chars: Vec<char>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn eat(&mut self, wanted: &str) -> bool {
        let matches = wanted
            .chars()
            .enumerate()
            .all(|(i, c)| self.chars.get(self.at + i) == Some(&c));
        if matches {
            self.at += wanted.chars().count();
        }
        matches
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    fn list(&mut self, depth: usize) -> Result<Query, String> {
        if depth > DEEPEST {
            return Err(format!("nested more than {DEEPEST} deep"));
        }
        let mut items = Vec::new();
        self.blanks();
        if matches!(self.peek(), None | Some(')')) {
            return Ok(Query { items });
        }
        loop {
            items.push(self.item(depth)?);
            self.blanks();
            if !self.eat(",") {
                return Ok(Query { items });
            }
        }
    }

    fn item(&mut self, depth: usize) -> Result<Item, String> {
        self.blanks();
        if self.eat("*") {
            return Ok(Item::All);
        }
        let spread = self.eat("...");
        let mut name = self.name()?;
        if !spread && self.peek() == Some(':') && self.chars.get(self.at + 1) != Some(&':') {
            self.at += 1;
            name = self.name()?;
        }
        if name == "count" && self.eat("()") {
            return Ok(Item::Aggregate);
        }
        let mut hint = None;
        while self.eat("!") {
            let word = self.name()?;
            if word != "inner" && word != "left" {
                hint = Some(word);
            }
        }
        if self.eat("(") {
            let query = self.list(depth + 1)?;
            self.blanks();
            if !self.eat(")") {
                return Err(format!("`)` is missing after `{name}(…`"));
            }
            return Ok(Item::Embed {
                target: name,
                hint,
                query,
            });
        }
        if self.eat(".") {
            self.name()?;
            if !self.eat("()") {
                return Err(format!("`()` is missing after an aggregate of `{name}`"));
            }
            return Ok(Item::Aggregate);
        }
        while self.eat("->>") || self.eat("->") || self.eat("::") {
            self.name()?;
        }
        Ok(Item::Column(name))
    }

    fn name(&mut self) -> Result<String, String> {
        self.blanks();
        let mut name = String::new();
        if self.eat("\"") {
            while let Some(c) = self.peek().filter(|c| *c != '"') {
                name.push(c);
                self.at += 1;
            }
            if !self.eat("\"") {
                return Err("a quoted name has no end".to_owned());
            }
        } else {
            while let Some(c) = self
                .peek()
                .filter(|c| c.is_alphanumeric() || matches!(c, '_' | ' ' | '$'))
            {
                name.push(c);
                self.at += 1;
            }
        }
        let name = name.trim_end().to_owned();
        if name.is_empty() {
            let found = self
                .peek()
                .map_or_else(|| "the end".to_owned(), |c| format!("`{c}`"));
            return Err(format!(
                "a name is expected at character {}, found {found}",
                self.at + 1
            ));
        }
        Ok(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str) -> Item {
        Item::Column(name.to_owned())
    }

    #[test]
    fn reads_what_pages_ask() {
        let query = parse(
            "*,agent:users!daily_reports_agent_id_fkey(full_name),leads!inner(id,clients(client_name))",
        );
        let expected = Query {
            items: vec![
                Item::All,
                Item::Embed {
                    target: "users".to_owned(),
                    hint: Some("daily_reports_agent_id_fkey".to_owned()),
                    query: Query {
                        items: vec![column("full_name")],
                    },
                },
                Item::Embed {
                    target: "leads".to_owned(),
                    hint: None,
                    query: Query {
                        items: vec![
                            column("id"),
                            Item::Embed {
                                target: "clients".to_owned(),
                                hint: None,
                                query: Query {
                                    items: vec![column("client_name")],
                                },
                            },
                        ],
                    },
                },
            ],
        };
        assert_eq!(query, Ok(expected));
    }

    #[test]
    fn reads_aliases_casts_paths_and_aggregates() {
        let items =
            parse("when:created_at::date, data->a->>b ,count(),amount.sum(),...users(full_name)")
                .unwrap()
                .items;
        assert_eq!(items[..2], [column("created_at"), column("data")]);
        assert_eq!(items[2..4], [Item::Aggregate, Item::Aggregate]);
        assert!(matches!(&items[4], Item::Embed { target, .. } if target == "users"));
    }

    #[test]
    fn says_what_is_wrong() {
        for (text, reason) in [
            ("id,", "a name is expected at character 4, found the end"),
            ("users(id", "`)` is missing after `users(…`"),
            ("id)", "unexpected `)` at character 3"),
            ("\"a", "a quoted name has no end"),
        ] {
            assert_eq!(parse(text), Err(reason.to_owned()), "{text}");
        }
        assert!(parse(&"a(".repeat(100_000)).is_err());
    }
}
