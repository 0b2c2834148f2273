//! Which names an SQL text mentions: enough to order statements, not to understand them.

use std::iter::Peekable;
use std::str::Chars;

/// A name within a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mention {
    /// As the catalog would store it.
    pub(super) name: String,
    /// An opening parenthesis follows.
    pub(super) called: bool,
    /// It stands where a query names what it reads.
    pub(super) read: bool,
}

enum Token {
    Word(String),
    Symbol(char),
}

/// Lists the names that a text mentions, outside of its literals and comments.
pub(super) fn mentions(text: &str) -> Vec<Mention> {
    let tokens = tokens(text);
    let symbol =
        |at: usize, wanted: char| matches!(tokens.get(at), Some(Token::Symbol(c)) if *c == wanted);
    let mut found = Vec::new();
    let mut reads = false;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Word(name) => {
                found.push(Mention {
                    name: name.clone(),
                    called: symbol(at + 1, '('),
                    read: reads,
                });
                // `FROM app.leads`: the namespace stands between.
                reads = reads && symbol(at + 1, '.') || introduces_relation(name);
            }
            Token::Symbol('.' | '(') => {}
            Token::Symbol(_) => reads = false,
        }
    }
    found
}

fn introduces_relation(word: &str) -> bool {
    matches!(word, "from" | "join" | "only" | "into" | "update" | "using")
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' => skip_until(&mut chars, '\''),
            '-' if chars.next_if_eq(&'-').is_some() => skip_until(&mut chars, '\n'),
            '"' => tokens.push(Token::Word(quoted(&mut chars))),
            c if c.is_alphabetic() || c == '_' => {
                let mut word = c.to_string();
                while let Some(c) = chars.next_if(|c| c.is_alphanumeric() || *c == '_' || *c == '$')
                {
                    word.push(c);
                }
                tokens.push(Token::Word(word.to_ascii_lowercase()));
            }
            c if c.is_whitespace() => {}
            c => tokens.push(Token::Symbol(c)),
        }
    }
    tokens
}

fn skip_until(chars: &mut Peekable<Chars<'_>>, end: char) {
    for c in chars.by_ref() {
        if c == end {
            break;
        }
    }
}

fn quoted(chars: &mut Peekable<Chars<'_>>) -> String {
    let mut name = String::new();
    while let Some(c) = chars.next() {
        if c != '"' {
            name.push(c);
        } else if chars.next_if_eq(&'"').is_some() {
            name.push('"');
        } else {
            break;
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_is_read_called_or_merely_named() {
        let all = mentions(
            "SELECT score(l.id), stage AS \"Their \"\"Stage\"\"\", 'from ghosts' -- join nothing\n\
             FROM leads l JOIN app.\"Order\" USING (id), clients",
        );
        let of = |name: &str| {
            all.iter()
                .find(|m| m.name == name)
                .map(|m| (m.called, m.read))
        };
        assert_eq!(of("score"), Some((true, false)));
        assert_eq!(of("stage"), Some((false, false)));
        assert_eq!(of("Their \"Stage\""), Some((false, false)));
        assert_eq!(of("leads"), Some((false, true)));
        assert_eq!(of("Order"), Some((false, true)));
        assert_eq!(of("clients"), Some((false, false)));
        assert_eq!(of("ghosts"), None);
        assert_eq!(of("nothing"), None);
    }

    #[test]
    fn a_join_in_parentheses_is_read() {
        let all = mentions("SELECT 1 FROM ((leads JOIN clients ON true) JOIN only_one ON true)");
        let read: Vec<&str> = all
            .iter()
            .filter(|m| m.read)
            .map(|m| m.name.as_str())
            .collect();
        assert_eq!(read, ["leads", "clients", "only_one"]);
    }
}
