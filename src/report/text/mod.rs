//! The report for a terminal: one block a table, then the score, then what stands in the way.

mod bar;
mod closing;
mod layout;
mod row;
mod scores;
mod tables;

pub use closing::hints;

use super::screen::{Screen, pad, width};
use super::standing::count;
use super::style::{ADDED, CHANGED, HEADING, REMOVED, paint};
use super::{Labelled, Report};

/// The whole report; blocks are divided by blank lines.
pub(super) fn render(report: &Report<'_>) -> String {
    let screen = Screen::of(report.options);
    // A side without a name of its own goes by its source, which may be longer than a line.
    let (from, to) = (
        screen.cut(report.from.name, NAME),
        screen.cut(report.to.name, NAME),
    );
    let report = &Report {
        from: Labelled {
            name: &from,
            ..report.from
        },
        to: Labelled {
            name: &to,
            ..report.to
        },
        ..*report
    };
    let blocks = std::iter::once(opening(report, screen))
        .chain(tables::blocks(report, screen))
        .chain(scores::blocks(report, screen))
        .chain(closing::blocks(report, screen))
        .chain(report.known.map(|known| super::known::text(known, screen)));
    let mut text = String::new();
    for block in blocks.filter(|block| !block.is_empty()) {
        if !text.is_empty() {
            text.push('\n');
        }
        for line in block {
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
    text
}

/// The most columns that a side's name takes.
const NAME: usize = 28;

/// Lines of one block.
type Block = Vec<String>;

/// What is compared with what, by which mapping, and what the signs mean.
fn opening(report: &Report<'_>, screen: Screen) -> Block {
    let (from, to) = (screen.clean(report.from.name), screen.clean(report.to.name));
    let by = match report.map {
        Some(map) => format!(
            "{} from {}",
            count(
                report.comparison.correspondences.len(),
                "correspondence",
                "correspondences"
            ),
            screen.clean(map)
        ),
        None => "by name alone".to_owned(),
    };
    let title = format!("{from} {} {to}", screen.arrow());
    let widest = width(&from).max(width(&to));
    let side = |name: &str, size: crate::diff::Size, source: &str| {
        let size = format!(
            "{}, {}",
            count(size.tables, "table", "tables"),
            count(size.columns, "column", "columns")
        );
        format!(
            "  {}  {size:24}  {}",
            pad(name, widest),
            screen.clean(source)
        )
    };
    let mut block = vec![
        format!("{}, {by}", paint(HEADING, &title)),
        side(&from, report.comparison.from, report.from.source),
        side(&to, report.comparison.to, report.to.source),
    ];
    block.extend(legend(screen, &from, &to));
    block
}

/// What the signs mean, in one line where that fits.
fn legend(screen: Screen, from: &str, to: &str) -> Block {
    let signs = [
        (REMOVED, "!", "lossy or blocking".to_owned()),
        (CHANGED, "~", "differs".to_owned()),
        (ADDED, "+", format!("only in {to}")),
        (REMOVED, "-", format!("only in {from}")),
    ];
    let taken: usize = signs.iter().map(|(_, _, words)| width(words) + 4).sum();
    let signs = signs.map(|(style, sign, words)| format!("  {} {words}", paint(style, sign)));
    if taken <= screen.width {
        vec![signs.concat()]
    } else {
        signs.to_vec()
    }
}

#[cfg(test)]
mod tests;
