//! Text of others inside Markdown: it is shown, and does nothing.

use crate::report::screen::visible;

/// A name as inline code, whatever backticks it holds.
pub(super) fn code(text: &str) -> String {
    let text = visible(text);
    let (mut longest, mut run) = (0, 0);
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    // A blank beside a backtick inside the fence is not part of the code, nor is one on both ends.
    let needs_room = text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) || text.is_empty();
    let room = if needs_room { " " } else { "" };
    format!("{fence}{room}{text}{room}{fence}")
}

/// A sentence. What stands between backticks is code; all else is plain, and mentions nobody, links to
/// nothing and closes no issue.
pub(super) fn prose(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return plain(text);
    }
    let mut shown = String::new();
    for (at, part) in parts.iter().enumerate() {
        match (at % 2, part.is_empty()) {
            (_, true) => {}
            (0, false) => shown.push_str(&plain(part)),
            _ => shown.push_str(&code(part)),
        }
    }
    shown
}

fn plain(text: &str) -> String {
    let mut shown = String::new();
    let text = visible(text);
    let starts_like_a_list = text.starts_with(['-', '+']);
    if starts_like_a_list {
        shown.push('\\');
    }
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '$' | '~' => {
                shown.extend(['\\', c])
            }
            // GitHub looks for these in what it has rendered, so a backslash does not help.
            '@' => shown.push_str("@&#8203;"),
            '#' => shown.push_str("\\#&#8203;"),
            ':' => shown.push_str(":&#8203;"),
            c => shown.push(c),
        }
    }
    // A colon stays as it is where no address follows.
    shown
        .replace(":&#8203;//", ":\u{0}")
        .replace(":&#8203;", ":")
        .replace(":\u{0}", ":&#8203;//")
}

/// A text inside an HTML element.
pub(super) fn html(text: &str) -> String {
    visible(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('@', "@&#8203;")
}

/// A row of a table; a cell is Markdown already.
pub(super) fn row<S: AsRef<str>>(cells: impl IntoIterator<Item = S>) -> String {
    let cells: Vec<String> = cells
        .into_iter()
        .map(|c| c.as_ref().replace('|', "\\|"))
        .collect();
    format!("| {} |", cells.join(" | "))
}

/// The two lines above the rows of a table.
pub(super) fn header(titles: &[String]) -> Vec<String> {
    vec![row(titles), format!("|{}", " --- |".repeat(titles.len()))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_code_whatever_it_holds() {
        for (text, expected) in [
            ("leads", "`leads`"),
            ("a`b", "``a`b``"),
            ("`", "`` ` ``"),
            ("a``b`", "``` a``b` ```"),
            ("a\nb", "`a\\nb`"),
            ("<script>", "`<script>`"),
            ("", "`  `"),
        ] {
            assert_eq!(code(text), expected);
        }
    }

    #[test]
    fn a_sentence_does_nothing() {
        for (text, expected) in [
            ("takes no NULL", "takes no NULL"),
            ("no column `a_b` here", "no column `a_b` here"),
            ("a_b *c*", "a\\_b \\*c\\*"),
            ("<b>&amp;", "\\<b\\>\\&amp;"),
            (
                "ask @team, fixes #12",
                "ask @&#8203;team, fixes \\#&#8203;12",
            ),
            ("see https://x.y: so", "see https:&#8203;//x.y: so"),
            ("one ` alone", "one \\` alone"),
            ("`<a>` and `b`", "`<a>` and `b`"),
            ("- item", "\\- item"),
            ("\u{1b}[0m", "\\\\u{1b}\\[0m"),
        ] {
            assert_eq!(prose(text), expected);
        }
    }

    #[test]
    fn a_cell_ends_where_it_should() {
        assert_eq!(row([code("a|b"), prose("c|d")]), "| `a\\|b` | c\\|d |");
        assert_eq!(
            html("<a href=\"x\">@b"),
            "&lt;a href=&quot;x&quot;&gt;@&#8203;b"
        );
    }
}
