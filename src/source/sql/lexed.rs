//! The words and signs of a text, with their places.

use std::ops::Range;

use squawk_lexer::{TokenKind, tokenize};

/// Every token, blanks and comments included.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = (TokenKind, Range<usize>)> {
    let mut at = 0_usize;
    tokenize(text).map(move |token| {
        let start = at;
        let length = usize::try_from(token.len).unwrap_or(text.len());
        at = text.ceil_char_boundary(start.saturating_add(length).min(text.len()));
        (token.kind, start..at)
    })
}

/// Every token that is no blank and no comment.
pub(super) fn words(text: &str) -> impl Iterator<Item = (TokenKind, Range<usize>)> {
    tokens(text).filter(|(kind, _)| {
        !matches!(
            kind,
            TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment { .. }
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_the_text() {
        let text = "a /* ü */ \"ä\"-- é\n'ß' €;";
        let found = |places: &mut dyn Iterator<Item = (TokenKind, Range<usize>)>| {
            places.map(|(_, place)| &text[place]).collect::<Vec<&str>>()
        };
        assert_eq!(found(&mut tokens(text)).concat(), text);
        assert_eq!(found(&mut words(text)), ["a", "\"ä\"", "'ß'", "€", ";"]);
    }
}
