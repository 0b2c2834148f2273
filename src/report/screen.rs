//! Text on a terminal: how wide it is, how it is cut and wrapped, and what of it is not printed as it
//! stands.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::Options;

/// What the reader's terminal can show.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Screen {
    pub(crate) width: usize,
    pub(crate) unicode: bool,
}

impl Screen {
    /// A screen of at least 40 columns: under that no layout helps, and the terminal wraps.
    pub(crate) fn of(options: Options) -> Self {
        Self {
            width: options.width.max(40),
            unicode: options.unicode,
        }
    }

    pub(crate) fn arrow(self) -> &'static str {
        if self.unicode { "→" } else { "->" }
    }

    fn ellipsis(self) -> &'static str {
        if self.unicode { "…" } else { "..." }
    }

    /// The text with nothing in it that a terminal would act upon, in the signs that it can show.
    pub(crate) fn clean(self, text: &str) -> String {
        let text = visible(text);
        if self.unicode {
            text
        } else {
            text.replace('→', "->").replace('…', "...")
        }
    }

    /// The text in at most so many columns, its end replaced where it is longer.
    pub(crate) fn cut(self, text: &str, columns: usize) -> String {
        if width(text) <= columns {
            return text.to_owned();
        }
        let room = columns.saturating_sub(width(self.ellipsis()));
        let (head, _) = split(text, room);
        head.to_owned() + self.ellipsis()
    }

    /// The text in lines of at most so many columns, broken at blanks; a longer word is broken
    /// anywhere.
    pub(crate) fn wrap(self, text: &str, columns: usize) -> Vec<String> {
        let columns = columns.max(8);
        let mut lines = Vec::new();
        let mut line = String::new();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            if !line.is_empty() && width(&line) + 1 + width(word) > columns {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            let mut rest = word;
            // Measuring the whole rest for every line would take a long word's length squared.
            if width(rest) > columns {
                loop {
                    let (head, tail) = split(rest, columns);
                    if tail.is_empty() {
                        break;
                    }
                    lines.push(head.to_owned());
                    rest = tail;
                }
            }
            line.push_str(rest);
        }
        if !line.is_empty() {
            lines.push(line);
        }
        lines
    }

    /// The line as it is where it fits; a longer one goes on further in.
    pub(crate) fn hang(self, line: &str) -> Vec<String> {
        if width(line) <= self.width {
            return vec![line.to_owned()];
        }
        let indent = line.len() - line.trim_start_matches(' ').len();
        let wrapped = self.wrap(line, self.width.saturating_sub(indent + 2));
        let indented = |(at, part): (usize, &String)| {
            let indent = if at == 0 { indent } else { indent + 2 };
            format!("{}{part}", " ".repeat(indent))
        };
        wrapped.iter().enumerate().map(indented).collect()
    }

    /// The first lines, the last of them cut where more follow.
    pub(crate) fn first_lines(
        self,
        lines: Vec<String>,
        limit: usize,
        columns: usize,
    ) -> Vec<String> {
        if lines.len() <= limit {
            return lines;
        }
        let mut kept: Vec<String> = lines.into_iter().take(limit).collect();
        if let Some(last) = kept.last_mut() {
            let room = columns.saturating_sub(width(self.ellipsis()));
            let (head, _) = split(last, room);
            *last = head.to_owned() + self.ellipsis();
        }
        kept
    }
}

/// Columns that the text takes.
pub(crate) fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// The text followed by blanks up to so many columns.
pub(crate) fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// The text with control characters, marks that turn the reading direction and marks that take no
/// room written as escapes.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => shown.extend(c.escape_default()),
            c if c.is_control() || is_unseen(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    shown
}

fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// The longest head of at least one character that fits in so many columns, and the rest.
fn split(text: &str, columns: usize) -> (&str, &str) {
    let mut taken = 0;
    for (at, c) in text.char_indices() {
        let wide = c.width().unwrap_or(0);
        if at > 0 && taken + wide > columns {
            return text.split_at(at);
        }
        taken += wide;
    }
    (text, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDE: Screen = Screen {
        width: 80,
        unicode: true,
    };
    const ASCII: Screen = Screen {
        width: 80,
        unicode: false,
    };

    #[test]
    fn what_a_terminal_would_act_upon_is_shown() {
        for (text, shown) in [
            ("plain größe", "plain größe"),
            ("\u{1b}[31mred", "\\u{1b}[31mred"),
            ("a\nb\tc", "a\\nb\\tc"),
            ("a\u{202e}b\u{200b}", "a\\u{202e}b\\u{200b}"),
            ("\u{9b}2J", "\\u{9b}2J"),
        ] {
            assert_eq!(visible(text), shown);
        }
        assert_eq!(ASCII.clean("a → b …"), "a -> b ...");
    }

    #[test]
    fn cutting_counts_columns_and_not_characters() {
        for (text, columns, cut) in [
            ("client_name", 11, "client_name"),
            ("client_name", 8, "client_…"),
            ("顧客名前", 8, "顧客名前"),
            ("顧客名前", 7, "顧客名…"),
            ("顧客名前", 6, "顧客…"),
            ("größe", 3, "gr…"),
        ] {
            assert_eq!(WIDE.cut(text, columns), cut, "{text} in {columns}");
        }
        assert_eq!(ASCII.cut("client_name", 8), "clien...");
    }

    #[test]
    fn wrapping_breaks_at_blanks_and_in_long_words() {
        assert_eq!(WIDE.wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(WIDE.wrap("abcdefghijkl mn", 8), ["abcdefgh", "ijkl mn"]);
        assert_eq!(WIDE.wrap("a 顧客名前名", 8), ["a", "顧客名前", "名"]);
        assert_eq!(WIDE.wrap("", 8), Vec::<String>::new());
        assert_eq!(WIDE.wrap(&"x".repeat(4_000_000), 8).len(), 500_000);
        assert_eq!(WIDE.wrap(&"x".repeat(17), 8), ["xxxxxxxx", "xxxxxxxx", "x"]);
        let lines = WIDE.wrap("one two three four", 9);
        assert_eq!(WIDE.first_lines(lines, 1, 9), ["one two…"]);
    }

    #[test]
    fn a_line_that_does_not_fit_goes_on_further_in() {
        let screen = Screen { width: 12, ..WIDE };
        assert_eq!(screen.hang("  one  two"), ["  one  two"]);
        assert_eq!(
            screen.hang("  one two three four"),
            ["  one two", "    three", "    four"]
        );
        assert_eq!(screen.hang("clients: 1 of 2"), ["clients: 1", "  of 2"]);
    }
}
