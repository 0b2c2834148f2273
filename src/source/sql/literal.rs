//! What SQL's quotes enclose: names and strings as the server stores them.

use squawk_syntax::decoded_text::DecodedText;
use squawk_syntax::unescape::{decode_esc_string, decode_unicode_esc_string};

use crate::schema::Ident;

/// A name as it was written, quoted or not, as the catalog stores it; `None` when it is no name.
pub(super) fn name(text: &str) -> Option<Ident> {
    let bare = if let Some(quoted) = enclosed(text, '"') {
        quoted.replace("\"\"", "\"")
    } else if let Some(quoted) = text
        .get(2..)
        .filter(|_| is_unicode_escaped(text))
        .and_then(|t| enclosed(t, '"'))
    {
        unicode(&quoted.replace("\"\"", "\""))
    } else if text.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic() || !c.is_ascii()) {
        text.to_ascii_lowercase()
    } else {
        return None;
    };
    Ident::truncating(&bare).ok()
}

/// The parts of `a.b.c`; `None` when it is anything else.
pub(super) fn path(text: &str) -> Option<Vec<Ident>> {
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let end = match rest.strip_prefix('"') {
            Some(quoted) => closing_quote(quoted)? + 2,
            None => rest
                .find(|c: char| c == '.' || c.is_whitespace())
                .unwrap_or(rest.len()),
        };
        parts.push(name(&rest[..end])?);
        rest = rest[end..].trim_start();
        match rest.strip_prefix('.') {
            Some(after) => rest = after,
            None if rest.is_empty() => return Some(parts),
            None => return None,
        }
    }
}

/// Where a quoted name ends; a doubled quote is a part of it.
fn closing_quote(quoted: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        at += quoted[at..].find('"')?;
        if !quoted[at + 1..].starts_with('"') {
            return Some(at);
        }
        at += 2;
    }
}

/// A string constant's value, whichever quotes it has; `None` when it is no string.
pub(super) fn string(text: &str) -> Option<String> {
    if text.starts_with('$') {
        return dollar_quoted(text).map(str::to_owned);
    }
    if let Some(plain) = enclosed(text, '\'') {
        return Some(plain.replace("''", "'"));
    }
    let rest = text.get(1..)?;
    match text.as_bytes().first()? {
        b'e' | b'E' => enclosed(rest, '\'').map(escaped),
        b'n' | b'N' => enclosed(rest, '\'').map(|t| t.replace("''", "'")),
        b'u' | b'U' if is_unicode_escaped(text) => enclosed(text.get(2..)?, '\'').map(unicode),
        _ => None,
    }
}

fn is_unicode_escaped(text: &str) -> bool {
    text.starts_with("U&") || text.starts_with("u&")
}

fn enclosed(text: &str, quote: char) -> Option<&str> {
    text.strip_prefix(quote)?.strip_suffix(quote)
}

fn dollar_quoted(text: &str) -> Option<&str> {
    let tag_end = text[1..].find('$')? + 2;
    text[tag_end..].strip_suffix(&text[..tag_end])
}

fn escaped(inner: &str) -> String {
    let mut out = DecodedText::new(0.into());
    decode_esc_string(inner, 0.into(), &mut out);
    out.into_text()
}

fn unicode(inner: &str) -> String {
    let mut out = DecodedText::new(0.into());
    decode_unicode_esc_string(inner, 0.into(), '\\', &mut out);
    out.into_text()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_kind_of_string() {
        for (text, value) in [
            ("'it''s'", "it's"),
            ("$$a'b$$", "a'b"),
            ("$f$ $$ $f$", " $$ "),
            ("E'a\\'b\\n'", "a'b\n"),
            ("e'a''b'", "a'b"),
            ("U&'d\\0061t'", "dat"),
            ("N'x'", "x"),
            ("''", ""),
        ] {
            assert_eq!(string(text).as_deref(), Some(value), "{text}");
        }
        for text in ["1", "abc", "", "'", "$", "é"] {
            assert_eq!(string(text), None, "{text}");
        }
    }

    #[test]
    fn reads_names_as_the_catalog_stores_them() {
        for (text, value) in [
            ("Leads", "leads"),
            ("\"Leads\"", "Leads"),
            ("\"a\"\"b\"", "a\"b"),
            ("U&\"d\\0061t\"", "dat"),
            ("GRÖSSE", "grÖsse"),
        ] {
            assert_eq!(name(text).unwrap().as_str(), value);
        }
        assert_eq!(name("\"\""), None);
    }

    #[test]
    fn cuts_paths_at_dots_outside_quotes() {
        let parts = |text| path(text).map(|p| p.iter().map(|i| i.as_str().to_owned()).collect());
        for (text, expected) in [
            (
                "a . \"b.c\"\"d\".E",
                Some(vec!["a".to_owned(), "b.c\"d".into(), "e".into()]),
            ),
            ("a.", None),
            ("a b", None),
            ("\"a", None),
            ("", None),
        ] {
            assert_eq!(parts(text), expected, "{text}");
        }
    }
}
