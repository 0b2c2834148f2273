//! Names and texts that try to be something else.

use std::iter::Peekable;
use std::str::Chars;

use proptest::prelude::*;
use serde_json::json;

use super::{expression, schema};
use crate::ddl::write;
use crate::schema::Ident;

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Literal(String),
    Symbol(char),
}

/// Splits SQL as the server's lexer does.
fn tokens(sql: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut chars = sql.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '-' if chars.peek() == Some(&'-') => {
                while chars.next_if(|c| *c != '\n' && *c != '\r').is_some() {}
            }
            '"' => tokens.push(Token::Word(quoted(&mut chars, '"', false))),
            '\'' => tokens.push(Token::Literal(quoted(&mut chars, '\'', false))),
            'E' if chars.next_if_eq(&'\'').is_some() => {
                tokens.push(Token::Literal(quoted(&mut chars, '\'', true)));
            }
            c if c.is_ascii_whitespace() => {}
            c if c.is_alphanumeric() || c == '_' => {
                let mut word = c.to_string();
                while let Some(c) = chars.next_if(|c| c.is_alphanumeric() || *c == '_') {
                    word.push(c);
                }
                tokens.push(Token::Word(word));
            }
            c => tokens.push(Token::Symbol(c)),
        }
    }
    tokens
}

fn quoted(chars: &mut Peekable<Chars<'_>>, end: char, escapes: bool) -> String {
    let mut text = String::new();
    loop {
        match chars.next().expect("what is opened is closed") {
            c if c == end && chars.next_if_eq(&end).is_none() => return text,
            '\\' if escapes => match chars.next().unwrap() {
                'r' => text.push('\r'),
                c => text.push(c),
            },
            c => text.push(c),
        }
    }
}

fn words(text: &str) -> Vec<Token> {
    text.split(' ')
        .map(|word| Token::Word(word.to_owned()))
        .collect()
}

fn name() -> impl Strategy<Value = String> {
    let any_text = any::<String>();
    let nasty = r#"["'\\;$\-/*. \r\nA\u{0}é]{1,20}"#;
    prop_oneof![any_text, nasty.prop_map(String::from)]
        .prop_filter_map("an identifier", |text| Ident::truncating(&text).ok())
        .prop_map(String::from)
}

proptest! {
    #[test]
    fn every_name_and_text_comes_back_as_one_token(
        namespace in name(), table in name(), column in name(), role in name(),
        comment in r#"["'\\;$\-/* \r\nAé]{0,20}"#,
    ) {
        prop_assume!(namespace != "public" && namespace != "extensions" && role != "public");
        let schema = schema(&json!({
            "namespaces": [namespace],
            "tables": [{
                "name": { "namespace": namespace, "name": table },
                "columns": [{ "name": column, "type": "integer", "nullable": null, "comment": comment }],
                "policies": [{
                    "name": table, "command": "SELECT", "roles": [role], "permissive": true,
                    "using": expression("true"),
                }],
            }],
            "unmodelled": [{ "what": "rule", "name": comment }],
        }));
        let found: Vec<Vec<Token>> = tokens(&write(&schema))
            .split(|token| *token == Token::Symbol(';'))
            .map(|statement| {
                let symbols = |token: &&Token| !matches!(token, Token::Symbol('(' | ')' | '.' | ',' | '='));
                statement.iter().filter(symbols).cloned().collect()
            })
            .collect();
        let word = |text: &str| vec![Token::Word(text.to_owned())];
        let mut expected = vec![
            [words("CREATE SCHEMA IF NOT EXISTS"), word(&namespace)].concat(),
            [words("SET search_path"), word(&namespace), words("public extensions")].concat(),
            [words("CREATE TABLE"), word(&namespace), word(&table), word(&column), words("integer")].concat(),
            [
                words("CREATE POLICY"), word(&table), words("ON"), word(&namespace), word(&table),
                words("FOR SELECT TO"), word(&role), words("USING true"),
            ].concat(),
            [
                words("COMMENT ON COLUMN"), word(&namespace), word(&table), word(&column), words("IS"),
                vec![Token::Literal(comment)],
            ].concat(),
            Vec::new(),
        ];
        if found.first().is_some_and(|first| first.starts_with(&words("SET client_encoding"))) {
            expected.insert(0, [words("SET client_encoding"), vec![Token::Literal("UTF8".into())]].concat());
        }
        prop_assert_eq!(found, expected);
    }
}
