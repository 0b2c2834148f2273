//! `/* align:window */`: the place in a statement where the window of a batch goes.

use super::directive::Batch;
use super::statement::Statement;
use super::token::{Kind, Token};
use crate::ddl::literal;
use crate::schema::{Ident, quote};

/// A part of a table: keys above `after`, up to `through`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Window<'a> {
    /// `None` begins at the first row.
    pub(super) after: Option<&'a str>,
    pub(super) through: &'a str,
    /// The key's type as the server writes it.
    pub(super) key_type: &'a str,
    /// Of all the rows between, one share.
    pub(super) pass: Pass,
}

/// The share of the rows that is next, where the key is walked through more than once. Rows of one window
/// then lie on many pages, whose old versions are gone before the next pass needs the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pass {
    pub(super) number: u32,
    /// A power of two.
    pub(super) of: u32,
    pub(super) by: Share,
}

/// How a key's bits are had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Share {
    Number,
    Uuid,
    Text,
}

impl Pass {
    fn condition(self, key: &str) -> Option<String> {
        let last = self.of.checked_sub(1).filter(|last| *last > 0)?;
        let bits = match self.by {
            Share::Number => key.to_owned(),
            Share::Uuid => format!("uuid_hash({key})"),
            Share::Text => format!("hashtext({key})"),
        };
        Some(format!("{bits} & {last} = {}", self.number))
    }
}

impl Window<'_> {
    /// The condition on the key, which the caller has written as SQL already.
    pub(super) fn condition(&self, key: &str) -> String {
        let value = |text: &str| format!("{}::{}", literal(text), self.key_type);
        let through = format!("{key} <= {}", value(self.through));
        let after = self.after.map(|after| format!("{key} > {}", value(after)));
        let parts = [after, Some(through), self.pass.condition(key)];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        format!("({})", parts.join(" AND "))
    }
}

/// Why the window cannot go where the marker is.
pub(super) fn refusal(statement: &Statement) -> Option<String> {
    let tokens = &statement.tokens;
    for (at, token) in tokens.iter().enumerate() {
        if !matches!(token.kind, Kind::Window(_)) {
            continue;
        }
        let Some(start) = clause(tokens, at) else {
            return Some("`/* align:window */` stands in no WHERE".to_owned());
        };
        let is_or = |token: &&Token| token.depth == tokens[at].depth && token.is("or");
        let rest = tokens[at..].iter();
        let end = rest.take_while(|token| token.depth >= tokens[at].depth && !ends_clause(token));
        if tokens[start..at]
            .iter()
            .chain(end)
            .any(|token| is_or(&token))
        {
            return Some(
                "an OR beside `/* align:window */` would let rows of other windows in; put it in parentheses"
                    .to_owned(),
            );
        }
    }
    None
}

/// The WHERE or ON that the marker belongs to.
fn clause(tokens: &[Token], marker: usize) -> Option<usize> {
    let depth = tokens[marker].depth;
    let before = tokens[..marker].iter().enumerate().rev();
    let mut same = before.filter(|(_, token)| token.depth == depth);
    let (at, _) =
        same.find(|(_, token)| token.is("where") || token.is("on") || token.is("select"))?;
    (!tokens[at].is("select")).then_some(at)
}

fn ends_clause(token: &Token) -> bool {
    [
        "returning",
        "group",
        "order",
        "limit",
        "union",
        "having",
        "on",
        "for",
    ]
    .iter()
    .any(|word| token.is(word))
}

/// The statement with the window in place of each marker.
pub(super) fn fill(
    file: &str,
    statement: &Statement,
    batch: &Batch,
    window: &Window<'_>,
) -> String {
    fill_with(file, statement, batch, |key| window.condition(key))
}

/// The same with any condition on the key.
pub(super) fn fill_with(
    file: &str,
    statement: &Statement,
    batch: &Batch,
    condition: impl Fn(&str) -> String,
) -> String {
    let mut sql = String::new();
    let mut at = statement.start;
    let tokens = &statement.tokens;
    for (index, token) in tokens.iter().enumerate() {
        let Kind::Window(alias) = &token.kind else {
            continue;
        };
        sql.push_str(&file[at..token.start]);
        let key = match alias {
            Some(alias) => format!("{alias}.{}", batch.key),
            None => match called(tokens, token.depth, batch) {
                Some(name) => format!("{}.{}", quote(&name), batch.key),
                None => batch.key.to_string(),
            },
        };
        let condition = condition(&key);
        let opens = |token: &Token| ["where", "and", "on"].iter().any(|word| token.is(word));
        let is_first = index
            .checked_sub(1)
            .is_some_and(|before| opens(&tokens[before]));
        let follows = tokens
            .get(index + 1)
            .filter(|next| next.depth >= token.depth && !ends_clause(next));
        match (is_first, follows) {
            (true, Some(next)) if !next.is("and") && !next.is_sign(')') => {
                sql.push_str(&condition);
                sql.push_str(" AND");
            }
            (true, _) => sql.push_str(&condition),
            (false, _) => {
                if !sql.ends_with(char::is_whitespace) {
                    sql.push(' ');
                }
                sql.push_str("AND ");
                sql.push_str(&condition);
            }
        }
        at = token.end;
    }
    sql.push_str(&file[at..statement.end]);
    sql
}

/// Whether rows of the batch's own table get a new version.
pub(super) fn updates(statement: &Statement, batch: &Batch) -> bool {
    let tokens = &statement.tokens;
    let is_table = |at: usize| {
        let named = |at: usize| tokens.get(at).and_then(Token::name);
        let at = if tokens.get(at).is_some_and(|token| token.is("only")) {
            at + 1
        } else {
            at
        };
        let at = if tokens.get(at + 1).is_some_and(|token| token.is_sign('.')) {
            at + 2
        } else {
            at
        };
        named(at) == Some(batch.table.name.as_str())
    };
    (0..tokens.len()).any(|at| tokens[at].is("update") && is_table(at + 1))
}

/// What the statement calls the batch's table, where it names it once beside the marker's depth.
fn called(tokens: &[Token], depth: usize, batch: &Batch) -> Option<String> {
    let mut found = None;
    for at in 0..tokens.len() {
        if tokens[at].depth != depth || tokens[at].name() != Some(batch.table.name.as_str()) {
            continue;
        }
        let mut first = at;
        if at >= 2 && tokens[at - 1].is_sign('.') {
            let namespace = batch.table.namespace.as_ref().map(Ident::as_str);
            if namespace.is_some() && tokens[at - 2].name() != namespace {
                continue;
            }
            first = at - 2;
        }
        let Some(before) = first.checked_sub(1).map(|before| &tokens[before]) else {
            continue;
        };
        let is_relation = ["update", "from", "join", "only", "using"]
            .iter()
            .any(|word| before.is(word));
        if !is_relation && !before.is_sign(',') {
            continue;
        }
        let next = tokens.get(at + 1);
        let next = if next.is_some_and(|next| next.is("as")) {
            tokens.get(at + 2)
        } else {
            next
        };
        let alias = next.and_then(|next| match &next.kind {
            Kind::Word(word) if KEYWORDS.contains(&word.as_str()) => None,
            Kind::Word(name) | Kind::Name(name) => Some(name.clone()),
            _ => None,
        });
        found.get_or_insert(alias.unwrap_or_else(|| batch.table.name.as_str().to_owned()));
    }
    found
}

/// Words that may follow a table where an alias could be.
const KEYWORDS: [&str; 16] = [
    "set",
    "where",
    "join",
    "left",
    "right",
    "inner",
    "full",
    "cross",
    "natural",
    "on",
    "using",
    "order",
    "group",
    "returning",
    "tablesample",
    "limit",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrate::statement::split;

    fn batch() -> Batch {
        Batch {
            table: "clients".parse().unwrap(),
            key: Ident::new("id").unwrap(),
            size: 10,
            passes: None,
        }
    }

    const ONE: Pass = Pass {
        number: 0,
        of: 1,
        by: Share::Text,
    };

    #[test]
    fn the_window_goes_where_the_marker_is() {
        let window = Window {
            after: Some("it's"),
            through: "z",
            key_type: "text",
            pass: ONE,
        };
        for (sql, expected) in [
            (
                "UPDATE clients SET a = 1 WHERE /* align:window */ b IS NULL",
                "UPDATE clients SET a = 1 WHERE (clients.id > 'it''s'::text AND clients.id <= 'z'::text) AND b IS NULL",
            ),
            (
                "UPDATE public.clients AS c SET a = 1 WHERE b IS NULL /* align:window */",
                "UPDATE public.clients AS c SET a = 1 WHERE b IS NULL AND (c.id > 'it''s'::text AND c.id <= 'z'::text)",
            ),
            (
                "UPDATE clients SET a = 1 WHERE true /* align:window x */ RETURNING 1",
                "UPDATE clients SET a = 1 WHERE true AND (x.id > 'it''s'::text AND x.id <= 'z'::text) RETURNING 1",
            ),
            (
                "UPDATE t SET a = 1 WHERE /* align:window */",
                "UPDATE t SET a = 1 WHERE (id > 'it''s'::text AND id <= 'z'::text)",
            ),
            (
                "INSERT INTO x SELECT 1 FROM y JOIN clients \"C\" ON true WHERE /* align:window */ ON CONFLICT DO NOTHING",
                "INSERT INTO x SELECT 1 FROM y JOIN clients \"C\" ON true WHERE (\"C\".id > 'it''s'::text AND \"C\".id <= 'z'::text) ON CONFLICT DO NOTHING",
            ),
            (
                "UPDATE t SET a = 1 FROM (SELECT id FROM clients WHERE /* align:window */) s WHERE s.id = t.id",
                "UPDATE t SET a = 1 FROM (SELECT id FROM clients WHERE (clients.id > 'it''s'::text AND clients.id <= 'z'::text)) s WHERE s.id = t.id",
            ),
            (
                "UPDATE t SET a = 1 WHERE b AND /* align:window */ AND c",
                "UPDATE t SET a = 1 WHERE b AND (id > 'it''s'::text AND id <= 'z'::text) AND c",
            ),
        ] {
            let statement = &split(sql)[0];
            assert_eq!(fill(sql, statement, &batch(), &window), expected);
            assert_eq!(refusal(statement), None, "{sql}");
        }
    }

    #[test]
    fn the_first_window_has_no_lower_end() {
        let window = Window {
            after: None,
            through: "7",
            key_type: "bigint",
            pass: ONE,
        };
        assert_eq!(
            window.condition("\"a\"\"b\""),
            "(\"a\"\"b\" <= '7'::bigint)"
        );
    }

    #[test]
    fn a_pass_takes_its_share() {
        for (by, expected) in [
            (Share::Number, "(id <= '7'::bigint AND id & 7 = 5)"),
            (Share::Uuid, "(id <= '7'::bigint AND uuid_hash(id) & 7 = 5)"),
            (Share::Text, "(id <= '7'::bigint AND hashtext(id) & 7 = 5)"),
        ] {
            let window = Window {
                after: None,
                through: "7",
                key_type: "bigint",
                pass: Pass {
                    number: 5,
                    of: 8,
                    by,
                },
            };
            assert_eq!(window.condition("id"), expected);
        }
    }

    #[test]
    fn knows_whose_rows_change() {
        for (sql, updated) in [
            ("UPDATE clients SET a = 1", true),
            ("UPDATE ONLY public.\"clients\" AS c SET a = 1", true),
            (
                "WITH x AS (UPDATE clients SET a = 1 RETURNING 1) SELECT 1",
                true,
            ),
            (
                "INSERT INTO t SELECT 1 FROM clients ON CONFLICT DO UPDATE SET a = 1",
                false,
            ),
            ("SELECT 1 FROM clients FOR UPDATE", false),
            ("UPDATE leads SET a = 1 FROM clients", false),
        ] {
            assert_eq!(updates(&split(sql)[0], &batch()), updated, "{sql}");
        }
    }

    #[test]
    fn refuses_what_would_reach_beyond_the_window() {
        for (sql, refused) in [
            ("UPDATE t SET a = 1 WHERE b OR c /* align:window */", true),
            ("UPDATE t SET a = 1 WHERE /* align:window */ b OR c", true),
            (
                "UPDATE t SET a = 1 WHERE (b OR c) /* align:window */",
                false,
            ),
            ("UPDATE t SET a = b OR c WHERE /* align:window */ d", false),
            ("UPDATE t SET a = 1 /* align:window */", true),
            ("INSERT INTO t SELECT 1 FROM x /* align:window */", true),
        ] {
            let statement = &split(sql)[0];
            assert_eq!(refusal(statement).is_some(), refused, "{sql}");
        }
    }
}
