//! Texts of users within SQL: literals, bodies of functions, comments.

/// Writes a text as an SQL literal that reads back as the same text.
///
/// As the server's `quote_literal` does, a backslash makes it an `E''` literal, so that it means the
/// same whatever `standard_conforming_strings` says. Control characters are escaped too, since files
/// lose a carriage return on their way through editors, and a terminal's filter the others; line ends
/// and tabs stay. A NUL, which Postgres cannot hold, stays an escape that the server refuses.
pub fn literal(text: &str) -> String {
    let is_lost = |c: char| c.is_ascii_control() && !matches!(c, '\n' | '\t');
    let escaped = text.contains(|c| c == '\\' || is_lost(c));
    let mut sql = String::with_capacity(text.len() + 3);
    sql.push_str(if escaped { "E'" } else { "'" });
    for c in text.chars() {
        match c {
            '\'' => sql.push_str("''"),
            '\\' => sql.push_str("\\\\"),
            '\r' => sql.push_str("\\r"),
            '\0' => sql.push_str("\\000"),
            c if is_lost(c) => sql.extend(["\\x", &format!("{:02x}", u32::from(c))]),
            c => sql.push(c),
        }
    }
    sql.push('\'');
    sql
}

/// Writes the body of a function between dollars, with the first tag that the body does not end early.
pub(crate) fn body(text: &str) -> String {
    let mut tag = "$$".to_owned();
    let mut tries = 0_u32;
    while format!("{text}{tag}").find(&tag) != Some(text.len()) {
        tries += 1;
        tag = match tries {
            1 => "$body$".to_owned(),
            n => format!("$body{n}$"),
        };
    }
    format!("{tag}{text}{tag}")
}

/// Writes one comment line, whatever line ends the text holds.
pub(super) fn note(text: &str) -> String {
    let mut line = "-- ".to_owned();
    for c in text.chars() {
        if c.is_control() {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::schema::{Ident, quote};

    /// Reads the literal at the head of an SQL text as the server's lexer does with
    /// `standard_conforming_strings` on; gives its value and what follows it.
    fn read_literal(sql: &str) -> (String, String) {
        let (escapes, inner) = match sql.strip_prefix("E'") {
            Some(inner) => (true, inner),
            None => (false, sql.strip_prefix('\'').unwrap()),
        };
        let mut chars = inner.chars().peekable();
        let mut value = String::new();
        loop {
            match chars.next().expect("the literal ends") {
                '\'' if chars.next_if_eq(&'\'').is_some() => value.push('\''),
                '\'' => return (value, chars.collect()),
                '\\' if escapes => match chars.next().unwrap() {
                    'r' => value.push('\r'),
                    '0' => {
                        assert_eq!((chars.next(), chars.next()), (Some('0'), Some('0')));
                        value.push('\0');
                    }
                    'x' => {
                        let digits: String = chars.by_ref().take(2).collect();
                        let code = u8::from_str_radix(&digits, 16).expect("two digits");
                        value.push(char::from(code));
                    }
                    c => value.push(c),
                },
                c => value.push(c),
            }
        }
    }

    /// Reads the identifier at the head of an SQL text.
    fn read_identifier(sql: &str) -> (String, String) {
        let Some(inner) = sql.strip_prefix('"') else {
            let end = sql
                .find(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'))
                .unwrap_or(sql.len());
            return (sql[..end].to_owned(), sql[end..].to_owned());
        };
        let mut chars = inner.chars().peekable();
        let mut value = String::new();
        loop {
            match chars.next().expect("the identifier ends") {
                '"' if chars.next_if_eq(&'"').is_some() => value.push('"'),
                '"' => return (value, chars.collect()),
                c => value.push(c),
            }
        }
    }

    proptest! {
        #[test]
        fn a_literal_reads_back(text in any::<String>(), next in "[;,) ]") {
            let sql = literal(&text) + &next;
            prop_assert_eq!(read_literal(&sql), (text, next));
        }

        #[test]
        fn a_literal_of_quotes_and_backslashes_reads_back(text in r"['\\\r\n\x00a]{0,12}") {
            prop_assert_eq!(read_literal(&literal(&text)), (text, String::new()));
        }

        #[test]
        fn an_identifier_reads_back(text in any::<String>(), next in "[;,) .(]") {
            if let Ok(ident) = Ident::truncating(&text) {
                let sql = ident.to_string() + &next;
                prop_assert_eq!(read_identifier(&sql), (ident.as_str().to_owned(), next));
                prop_assert_eq!(quote(ident.as_str()), ident.to_string());
            }
        }

        #[test]
        fn a_body_ends_where_it_ends(text in r"[$bodya1\n']{0,20}") {
            let sql = body(&text);
            let tag = &sql[..=sql[1..].find('$').unwrap() + 1];
            let rest = &sql[tag.len()..];
            prop_assert_eq!(&rest[..rest.find(tag).unwrap()], text);
        }

        #[test]
        fn a_note_is_one_line(text in any::<String>()) {
            let line = note(&text);
            prop_assert!(line.starts_with("-- ") && !line.contains(['\n', '\r']));
        }
    }

    #[test]
    fn plain_text_stays_readable() {
        for (text, sql) in [
            ("new lead", "'new lead'"),
            ("it's", "'it''s'"),
            (r"C:\dir", r"E'C:\\dir'"),
            (
                "bell\u{7}, escape\u{1b}1\u{7f}",
                r"E'bell\x07, escape\x1b1\x7f'",
            ),
            ("two\nlines", "'two\nlines'"),
        ] {
            assert_eq!(literal(text), sql);
        }
        assert_eq!(body("SELECT 1"), "$$SELECT 1$$");
        assert_eq!(body("costs 5$"), "$body$costs 5$$body$");
        assert_eq!(body("a $$ b $body$ c"), "$body2$a $$ b $body$ c$body2$");
    }
}
