//! Array constants: `{a,"b c"}`.

/// The array as the server prints it; `None` when the text is none.
pub(in super::super) fn normalised(text: &str) -> Option<String> {
    let mut out = String::new();
    for item in items(text)? {
        match item {
            Item::Mark(mark) => out.push(mark),
            Item::Value { text, quoted } => {
                let special =
                    |c: char| c.is_whitespace() || matches!(c, '{' | '}' | ',' | '"' | '\\');
                let null = text.eq_ignore_ascii_case("null");
                if text.is_empty() || text.contains(special) || (null && quoted) {
                    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
                    out.push('"');
                    out.push_str(&escaped);
                    out.push('"');
                } else if null {
                    out.push_str("NULL");
                } else {
                    out.push_str(&text);
                }
            }
        }
    }
    Some(out)
}

/// The values of an array of one dimension without nulls; `None` for anything else.
pub(in super::super) fn elements(text: &str) -> Option<Vec<String>> {
    let mut values = Vec::new();
    let mut depth = 0;
    for item in items(text)? {
        match item {
            Item::Mark('{') if depth > 0 => return None,
            Item::Mark('{') => depth += 1,
            Item::Mark(_) => {}
            Item::Value { text, quoted } => {
                if !quoted && text.eq_ignore_ascii_case("null") {
                    return None;
                }
                values.push(text);
            }
        }
    }
    Some(values)
}

enum Item {
    /// `{`, `}` or `,`
    Mark(char),
    Value {
        text: String,
        quoted: bool,
    },
}

fn items(text: &str) -> Option<Vec<Item>> {
    let mut items = Vec::new();
    let mut depth = 0usize;
    let mut chars = text.trim().chars().peekable();
    let mut needs_value = false;
    while let Some(c) = chars.next() {
        match c {
            '{' => {
                if !items.is_empty() && !needs_value {
                    return None;
                }
                depth += 1;
                items.push(Item::Mark(c));
                // An empty pair of braces is an array too.
                needs_value = chars.peek() != Some(&'}');
            }
            '}' | ',' => {
                if needs_value || depth == 0 {
                    return None;
                }
                items.push(Item::Mark(c));
                needs_value = c == ',';
                depth -= usize::from(c == '}');
                if depth == 0 && chars.peek().is_some() {
                    return None;
                }
            }
            c if c.is_whitespace() => {
                // Blanks inside empty braces.
                if chars.peek() == Some(&'}') && matches!(items.last(), Some(Item::Mark('{'))) {
                    needs_value = false;
                }
            }
            c => {
                if !needs_value {
                    return None;
                }
                needs_value = false;
                let mut value = String::new();
                let quoted = c == '"';
                if quoted {
                    loop {
                        match chars.next()? {
                            '"' => break,
                            '\\' => value.push(chars.next()?),
                            c => value.push(c),
                        }
                    }
                } else {
                    value.push(c);
                    while let Some(c) = chars.next_if(|c| !matches!(c, '{' | '}' | ',' | '"')) {
                        value.push(c);
                    }
                    if value.contains('\\') {
                        return None;
                    }
                    value.truncate(value.trim_end().len());
                }
                items.push(Item::Value {
                    text: value,
                    quoted,
                });
            }
        }
    }
    (depth == 0 && !items.is_empty()).then_some(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_as_the_server_prints_them() {
        for (written, printed) in [
            ("{}", Some("{}")),
            ("{ }", Some("{}")),
            ("{a, b}", Some("{a,b}")),
            ("{\"a\", \"b c\",\"\"}", Some("{a,\"b c\",\"\"}")),
            ("{{1,2},{3,4}}", Some("{{1,2},{3,4}}")),
            ("{null,\"null\"}", Some("{NULL,\"null\"}")),
            (r#"{"a\"b"}"#, Some(r#"{"a\"b"}"#)),
            ("{a,}", None),
            ("{a}{b}", None),
            ("{a", None),
            ("{\"a", None),
            ("a", None),
        ] {
            assert_eq!(normalised(written).as_deref(), printed, "{written}");
        }
        assert_eq!(
            elements("{a, \"b c\"}"),
            Some(vec!["a".into(), "b c".into()])
        );
        assert_eq!(elements("{a,NULL}"), None);
        assert_eq!(elements("{{a}}"), None);
    }
}
