//! The few colors, each with one meaning.

use anstyle::{AnsiColor, Style};

pub(crate) const PLAIN: Style = Style::new();
pub(crate) const ADDED: Style = AnsiColor::Green.on_default();
pub(crate) const REMOVED: Style = AnsiColor::Red.on_default();
pub(crate) const CHANGED: Style = AnsiColor::Yellow.on_default();
pub(crate) const NAME: Style = AnsiColor::Cyan.on_default();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const HEADING: Style = Style::new().bold();

/// The text between the style's codes; an empty text stays empty.
pub(crate) fn paint(style: Style, text: &str) -> String {
    if text.is_empty() || style.is_plain() {
        text.to_owned()
    } else {
        format!("{style}{text}{style:#}")
    }
}
