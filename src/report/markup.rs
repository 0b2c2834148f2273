//! Text of others inside HTML and XML: it is shown, and does nothing.

use super::screen::visible;

/// A text between tags or in a quoted attribute.
pub(crate) fn text(text: &str) -> String {
    let text = visible(text);
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '"' => shown.push_str("&quot;"),
            '\'' => shown.push_str("&#39;"),
            // XML has no way to write them.
            '\u{fffe}' | '\u{ffff}' => shown.push('\u{fffd}'),
            c => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_acts() {
        for (written, shown) in [
            (
                "<b a='1' c=\"2\">&",
                "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;",
            ),
            ("\u{0}\u{1b}[31m", "\\u{0}\\u{1b}[31m"),
            ("a\u{ffff}b", "a\u{fffd}b"),
            ("größe", "größe"),
        ] {
            assert_eq!(text(written), shown);
        }
    }
}
