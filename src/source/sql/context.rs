//! The Supabase dashboard's export "for context only", which is not quite SQL: an enum's type is
//! `USER-DEFINED`, an array's `ARRAY`, and lengths and precisions are left out.

use std::borrow::Cow;
use std::ops::Range;

use squawk_lexer::TokenKind;

use super::lexed::{tokens, words};
use crate::schema::{ColumnType, Facet, Family};

const WARNING: &str = "this schema is for context only";

/// Names of the same length that stand for what is no type in SQL.
const USER_DEFINED: &str = "user$defined";
const ARRAY: &str = "arra$";

/// What such an export is able to state.
pub(super) const FACETS: [Facet; 6] = [
    Facet::Defaults,
    Facet::Generation,
    Facet::PrimaryKeys,
    Facet::Uniques,
    Facet::ForeignKeys,
    Facet::Checks,
];

/// Whether the text calls itself such an export, in a comment before its first statement.
pub(super) fn is_context_only(text: &str) -> bool {
    for (kind, place) in tokens(text) {
        match kind {
            TokenKind::LineComment | TokenKind::BlockComment { .. } => {
                if text[place].to_ascii_lowercase().contains(WARNING) {
                    return true;
                }
            }
            TokenKind::Whitespace => {}
            _ => return false,
        }
    }
    false
}

/// Puts names in the place of what is no type, byte for byte, so that every position stays true.
pub(super) fn mask(text: &str) -> Cow<'_, str> {
    let tokens: Vec<(TokenKind, Range<usize>)> = words(text).collect();
    let word = |n: usize| tokens.get(n).map_or("", |(_, place)| &text[place.clone()]);
    let mut masked = String::new();
    let mut copied = 0;
    for (n, (kind, place)) in tokens.iter().enumerate() {
        let Range {
            start: from,
            end: to,
        } = place;
        let (end, stand_in) = match kind {
            TokenKind::Ident
                if word(n).eq_ignore_ascii_case("user")
                    && word(n + 1) == "-"
                    && word(n + 2).eq_ignore_ascii_case("defined") =>
            {
                (from + USER_DEFINED.len(), USER_DEFINED)
            }
            TokenKind::Ident
                if word(n).eq_ignore_ascii_case("array")
                    && word(n + 1) != "["
                    && n >= 2
                    && ["(", ","].contains(&word(n - 2)) =>
            {
                (*to, ARRAY)
            }
            _ => continue,
        };
        let spans_it_alone = end == from + stand_in.len()
            && tokens
                .iter()
                .skip(n)
                .take(3)
                .any(|(_, place)| place.end == end);
        if spans_it_alone {
            masked.push_str(&text[copied..*from]);
            masked.push_str(stand_in);
            copied = end;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    masked.push_str(&text[copied..]);
    Cow::Owned(masked)
}

/// The type such an export leaves open; `None` when it says enough.
pub(super) fn unknown_type(text: &str) -> Option<ColumnType> {
    let (family, spelling) = match text.to_ascii_lowercase().as_str() {
        USER_DEFINED => (Family::Any, "USER-DEFINED"),
        ARRAY => (Family::Array, "ARRAY"),
        "character varying" => (Family::Varchar, "character varying"),
        "numeric" => (Family::Numeric, "numeric"),
        "character" => (Family::String, "character"),
        _ => return None,
    };
    Some(ColumnType::Unknown {
        family,
        spelling: spelling.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_types_alone_and_keeps_every_position() {
        let text = "CREATE TABLE t (a USER-DEFINED, b ARRAY DEFAULT ARRAY['x'::text], c text, \
                    array text, d int[] DEFAULT ARRAY[]::int[], e ARRAY);";
        let masked = mask(text);
        assert_eq!(masked.len(), text.len());
        assert_eq!(
            masked,
            "CREATE TABLE t (a user$defined, b arra$ DEFAULT ARRAY['x'::text], c text, \
             array text, d int[] DEFAULT ARRAY[]::int[], e arra$);"
        );
    }

    #[test]
    fn the_warning_counts_before_the_first_statement_only() {
        let warning = "-- WARNING: This schema is for context only and is not meant to be run.\n";
        assert!(is_context_only(&format!(
            "-- mine\n{warning}create table a ();"
        )));
        assert!(!is_context_only(&format!("create table a ();\n{warning}")));
    }
}
