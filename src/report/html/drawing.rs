//! Both schemas side by side as a drawing, a line for each column that stands for another.
//!
//! Tables that mean the same stand beside each other, so that lines stay short; what has no counterpart
//! stands below them, folded to its name. A drawing of everything would be read by nobody: past the
//! limits it says how much is hidden, and the tables below it list all.

use std::fmt::Write;

use super::text;
use crate::diff::{ColumnComparison, Object, TableComparison, What};
use crate::mapping::Class;
use crate::report::Report;
use crate::report::screen::Screen;
use crate::report::standing::{count, is_missing, is_paired, sources};

/// Pairs of tables that are drawn with their columns.
const PAIRS: usize = 20;
/// Columns of a table that are drawn, the most telling first.
const COLUMNS: usize = 12;
/// Tables without a counterpart that are drawn, on each side.
const ALONE: usize = 30;

const WIDTH: usize = 488;
const BOX: usize = 212;
const RIGHT: usize = WIDTH - BOX;
const LINE: usize = 19;
const HEAD: usize = 24;
const GAP: usize = 16;
/// Signs that a box has room for.
const SIGNS: usize = 27;

/// Two tables beside each other.
struct Pair<'a> {
    from: String,
    to: &'a str,
    left: Rows,
    right: Rows,
    links: Vec<Link>,
}

/// The columns of a box.
#[derive(Default)]
struct Rows {
    shown: Vec<Cell>,
    hidden: usize,
}

struct Cell {
    name: String,
    class: &'static str,
}

/// From a row on the left to one on the right.
struct Link {
    left: usize,
    right: usize,
    class: &'static str,
    words: String,
}

pub(super) fn section(report: &Report<'_>) -> String {
    let tables = &report.comparison.tables;
    let paired: Vec<&TableComparison> = tables.iter().filter(|t| is_paired(t)).collect();
    let only_to: Vec<&str> = tables
        .iter()
        .filter(|table| is_missing(table))
        .map(|table| table.name.as_str())
        .collect();
    let only_from: Vec<&str> = tables
        .iter()
        .filter(|table| table.to.is_none())
        .map(|table| table.name.as_str())
        .collect();
    if tables.is_empty() {
        return String::new();
    }
    let pairs: Vec<Pair<'_>> = paired.iter().take(PAIRS).map(|table| pair(table)).collect();
    let mut hidden = Vec::new();
    if paired.len() > PAIRS {
        hidden.push(count(
            paired.len() - PAIRS,
            "pair of tables",
            "pairs of tables",
        ));
    }
    let left_out = |all: usize| all.saturating_sub(ALONE);
    let alone = left_out(only_to.len()) + left_out(only_from.len());
    if alone > 0 {
        hidden.push(count(
            alone,
            "table without a counterpart",
            "tables without a counterpart",
        ));
    }
    let columns: usize = pairs.iter().map(|p| p.left.hidden + p.right.hidden).sum();
    if columns > 0 {
        hidden.push(count(columns, "column", "columns"));
    }
    let hidden = if hidden.is_empty() {
        String::new()
    } else {
        format!(
            "<p class=\"dim\">Hidden in the drawing: {}. The tables below list everything.</p>\n",
            hidden.join(", ")
        )
    };
    let drawn = draw(report, &pairs, &only_from, &only_to);
    format!(
        "<section>\n<h2>Both schemas</h2>\n{}\n\
         <section class=\"drawing\" tabindex=\"0\" aria-label=\"Drawing of both schemas\">\n\
         {drawn}</section>\n{hidden}</section>",
        legend()
    )
}

fn legend() -> String {
    let kinds = [
        ("same", "same name"),
        ("renamed", "renamed"),
        ("derived", "derived by a rule"),
        ("lossy", "may lose values"),
    ];
    let mut lines: String = kinds
        .iter()
        .map(|(class, words)| {
            format!(
                "<li><svg viewBox=\"0 0 36 10\" aria-hidden=\"true\"><line class=\"link {class}\" x1=\"0\" y1=\"5\" x2=\"36\" y2=\"5\"/></svg> {words}</li>\n"
            )
        })
        .collect();
    lines.push_str("<li><span class=\"good\">+</span> missing on the left</li>\n");
    lines.push_str("<li><span class=\"bad\">-</span> only on the left</li>\n");
    format!("<ul class=\"legend\">\n{lines}</ul>")
}

fn class(column: &ColumnComparison) -> &'static str {
    match column.class {
        Class::Missing => "gone",
        Class::Same | Class::Renamed | Class::Derived | Class::Lossy => column.class.word(),
    }
}

fn pair(table: &TableComparison) -> Pair<'_> {
    let is_telling = |column: &&ColumnComparison| column.class != Class::Same;
    let telling = table.columns.iter().filter(is_telling).count();
    let mut room = (COLUMNS.min(telling), COLUMNS.saturating_sub(telling));
    let shown = table.columns.iter().filter(|column| {
        let room = if is_telling(column) {
            &mut room.0
        } else {
            &mut room.1
        };
        let has_room = *room > 0;
        *room = room.saturating_sub(1);
        has_room
    });
    let (mut left, mut right, mut links) = (Rows::default(), Rows::default(), Vec::new());
    for column in shown {
        let name = column.name.to_string();
        let from = sources(table, column).0;
        let mark = if column.class == Class::Missing {
            "+ "
        } else {
            ""
        };
        right.shown.push(Cell {
            name: format!("{mark}{name}"),
            class: match column.class {
                Class::Derived if from.is_empty() => "made",
                _ => class(column),
            },
        });
        for source in from {
            let found = left.shown.iter().position(|cell| cell.name == source);
            let at = found.unwrap_or_else(|| {
                left.shown.push(Cell {
                    name: source.clone(),
                    class: "",
                });
                left.shown.len() - 1
            });
            links.push(Link {
                left: at,
                right: right.shown.len() - 1,
                class: class(column),
                words: format!("{source} → {name}: {}", column.class.word()),
            });
        }
    }
    right.hidden = table.columns.len() - right.shown.len();
    let extra: Vec<&str> = table
        .changes
        .iter()
        .filter(|change| change.object == Object::Column && change.what == What::Extra)
        .filter_map(|change| change.from.as_deref())
        .filter(|name| left.shown.iter().all(|cell| cell.name != *name))
        .collect();
    let room = COLUMNS.saturating_sub(left.shown.len());
    left.shown.extend(extra.iter().take(room).map(|name| Cell {
        name: format!("- {name}"),
        class: "left-over",
    }));
    left.hidden = extra.len().saturating_sub(room);
    Pair {
        from: table.from_name.clone().unwrap_or_default(),
        to: &table.name,
        left,
        right,
        links,
    }
}

impl Rows {
    fn height(&self) -> usize {
        HEAD + (self.shown.len() + usize::from(self.hidden > 0)) * LINE + 6
    }
}

/// The middle of a row.
fn middle(top: usize, row: usize) -> usize {
    top + HEAD + row * LINE + LINE / 2 + 2
}

fn cut(name: &str) -> String {
    let screen = Screen {
        width: SIGNS,
        unicode: true,
    };
    text(&screen.cut(&crate::report::screen::visible(name), SIGNS))
}

fn draw(report: &Report<'_>, pairs: &[Pair<'_>], only_from: &[&str], only_to: &[&str]) -> String {
    let mut svg = String::new();
    let mut line = |line: String| {
        writeln!(svg, "{line}").expect("a String takes everything");
    };
    let mut top = 26;
    line(format!(
        "<text class=\"side\" x=\"2\" y=\"14\">{}</text><text class=\"side\" x=\"{}\" y=\"14\">{}</text>",
        cut(report.from.name),
        RIGHT + 2,
        cut(report.to.name)
    ));
    for pair in pairs {
        line(boxed(0, top, &pair.from, &pair.left, ""));
        line(boxed(RIGHT, top, pair.to, &pair.right, ""));
        for link in &pair.links {
            let (from, to) = (middle(top, link.left), middle(top, link.right));
            let half = WIDTH / 2;
            line(format!(
                "<path class=\"link {}\" d=\"M{BOX} {from} C{half} {from} {half} {to} {RIGHT} {to}\"><title>{}</title></path>",
                link.class,
                text(&link.words)
            ));
        }
        top += pair.left.height().max(pair.right.height()) + GAP;
    }
    let rows = only_from.len().min(ALONE).max(only_to.len().min(ALONE));
    for row in 0..rows {
        let y = top + row * (HEAD + 6);
        let none = Rows::default();
        if let Some(name) = only_from.get(row) {
            line(boxed(0, y, &format!("- {name}"), &none, "left-over"));
        }
        if let Some(name) = only_to.get(row) {
            line(boxed(RIGHT, y, &format!("+ {name}"), &none, "gone"));
        }
    }
    let height = top + rows * (HEAD + 6) + 4;
    let pairs = count(pairs.len(), "pair of tables", "pairs of tables");
    let words = format!(
        "{pairs} with lines between the columns that stand for each other; {} only in {}, {} only in {}.",
        count(only_to.len(), "table", "tables"),
        report.to.name,
        count(only_from.len(), "table", "tables"),
        report.from.name,
    );
    format!(
        "<svg role=\"img\" aria-labelledby=\"drawn drawn-words\" viewBox=\"-1 -1 {} {height}\">\n\
         <title id=\"drawn\">{} beside {}</title>\n<desc id=\"drawn-words\">{}</desc>\n{svg}</svg>\n",
        WIDTH + 2,
        text(report.from.name),
        text(report.to.name),
        text(&words)
    )
}

/// A table; one without a counterpart is a name alone.
fn boxed(x: usize, top: usize, name: &str, rows: &Rows, alone: &str) -> String {
    let is_alone = !alone.is_empty();
    let height = if is_alone { HEAD } else { rows.height() };
    let group = if is_alone { " class=\"alone\"" } else { "" };
    let head = if is_alone { alone } else { "head" };
    let mut svg = format!(
        "<g{group}><title>{}</title><rect class=\"box\" x=\"{x}\" y=\"{top}\" width=\"{BOX}\" height=\"{height}\" rx=\"3\"/>",
        text(name)
    );
    let mut put = |part: String| svg.push_str(&part);
    if !is_alone {
        put(format!(
            "<rect class=\"bar-of\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
            x + 1,
            top + 1,
            BOX - 2,
            HEAD - 2
        ));
    }
    put(format!(
        "<text class=\"{head}\" x=\"{}\" y=\"{}\">{}</text>",
        x + 8,
        top + 16,
        cut(name)
    ));
    for (at, cell) in rows.shown.iter().enumerate() {
        put(format!(
            "<text class=\"{}\" x=\"{}\" y=\"{}\">{}</text>",
            cell.class,
            x + 8,
            middle(top, at) + 4,
            cut(&cell.name)
        ));
    }
    if rows.hidden > 0 {
        put(format!(
            "<text class=\"quiet\" x=\"{}\" y=\"{}\">and {} more</text>",
            x + 8,
            middle(top, rows.shown.len()) + 4,
            rows.hidden
        ));
    }
    svg.push_str("</g>");
    svg
}
