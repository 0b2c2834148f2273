//! Texts that are kept as tokens: one spelling of words, one space.

use super::lexer::{Token, is_keyword, tokens};

/// A text with its whitespace, its comments and the case of its words made one, and without the
/// namespace `home`.
pub(super) fn normalised(text: &str, home: &str) -> String {
    match tokens(text) {
        Some(mut tokens) => {
            while tokens.last().is_some_and(|t| t.is_symbol(";")) {
                tokens.pop();
            }
            at_home(&tokens, home)
        }
        // Where a string or a comment is left open, no blank is surely between two words.
        None => text.trim().to_owned(),
    }
}

/// Tokens as SQL, without each `home.` that starts a name.
pub(super) fn at_home(tokens: &[Token], home: &str) -> String {
    let mut out: Vec<Token> = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let named = matches!(token, Token::Word(name) | Token::Name(name) if name == home);
        let starts = !out.last().is_some_and(|t| t.is_symbol("."));
        if named && starts && tokens.get(at + 1).is_some_and(|t| t.is_symbol(".")) {
            at += 2;
        } else {
            out.push(token.clone());
            at += 1;
        }
    }
    joined(&out)
}

/// Tokens as SQL, with a space wherever a reader expects one.
pub(super) fn joined(tokens: &[Token]) -> String {
    let mut text = String::new();
    let mut before: Option<&Token> = None;
    for token in tokens {
        if let Some(before) = before
            && spaced(before, token)
        {
            text.push(' ');
        }
        text.push_str(&token.sql());
        before = Some(token);
    }
    text
}

fn spaced(before: &Token, token: &Token) -> bool {
    // A dot beside a number would be part of it, a colon before another a part of a cast.
    let beside =
        |dot: &Token, number: &Token| dot.is_symbol(".") && matches!(number, Token::Number(_));
    if beside(before, token) || beside(token, before) || before.is_symbol(":") {
        return true;
    }
    if let Token::Symbol(symbol) = token
        && matches!(symbol.as_str(), ")" | "]" | "," | ";" | "." | "::" | "[")
    {
        return false;
    }
    match before {
        Token::Symbol(symbol) => !matches!(symbol.as_str(), "(" | "[" | "." | "::"),
        Token::Word(word) => !token.is_symbol("(") || is_keyword(word),
        Token::Name(_) => !token.is_symbol("("),
        _ => true,
    }
}
