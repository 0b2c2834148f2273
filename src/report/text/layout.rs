//! Rows under each other: a sign, names in columns of one width over the whole report, then words.

use anstyle::Style;

use crate::report::screen::{Screen, pad, width};
use crate::report::style::{ADDED, CHANGED, DIM, NAME, PLAIN, REMOVED, paint};

/// How a row stands to the reader's goal, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sign {
    /// It blocks, or loses values.
    Grave,
    /// It could not be compared.
    Unknown,
    /// Both have it, and it differs.
    Changed,
    /// Only the to side has it.
    Added,
    /// Only the from side has it.
    Removed,
    /// Nothing differs.
    Same,
}

impl Sign {
    pub(super) fn mark(self) -> &'static str {
        match self {
            Self::Grave => "!",
            Self::Unknown => "?",
            Self::Changed => "~",
            Self::Added => "+",
            Self::Removed => "-",
            Self::Same => "=",
        }
    }

    pub(super) fn style(self) -> Style {
        match self {
            Self::Grave | Self::Removed => REMOVED,
            Self::Unknown | Self::Changed => CHANGED,
            Self::Added => ADDED,
            Self::Same => DIM,
        }
    }
}

/// One row; every text is clean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) sign: Sign,
    /// A row with fewer cells than others has its words where the next cell would stand.
    pub(super) cells: Vec<String>,
    pub(super) words: String,
    /// Instead of `words` where those do not fit beside the cells.
    pub(super) short: Option<String>,
    /// Whether the cells are the user's own names, rather than words for kinds of things.
    pub(super) is_named: bool,
}

/// The widths that rows share.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    screen: Screen,
    widths: Vec<usize>,
    /// The most lines that the words of one row take.
    limit: usize,
}

/// Before the first cell: two blanks, the sign, a blank.
const INDENT: usize = 4;
const GAP: usize = 2;
/// Words are wrapped beside the cells when that many columns are left there.
const BESIDE: usize = 36;

impl Layout {
    /// As wide as the widest cell, up to a share of the screen. A row of one cell is not measured where
    /// others have more.
    pub(super) fn new<'a>(
        screen: Screen,
        rows: impl IntoIterator<Item = &'a Row> + Clone,
        limit: usize,
    ) -> Self {
        let cells = rows
            .clone()
            .into_iter()
            .map(|r| r.cells.len())
            .max()
            .unwrap_or(0);
        let mut widths = vec![0; cells];
        for row in rows.into_iter().filter(|r| r.cells.len() > 1 || cells == 1) {
            for (at, cell) in row.cells.iter().enumerate() {
                widths[at] = widths[at].max(widest_part(cell));
            }
        }
        let cap = match cells {
            0 | 1 => screen.width / 2,
            _ => screen.width / 3,
        };
        let mut widths: Vec<usize> = widths.into_iter().map(|w| w.min(cap)).collect();
        let room = screen
            .width
            .saturating_sub(INDENT + GAP * cells.saturating_sub(1));
        while widths.iter().sum::<usize>() > room {
            match widths.iter_mut().max() {
                Some(widest) => *widest -= 1,
                None => break,
            }
        }
        Self {
            screen,
            widths,
            limit,
        }
    }

    /// Where the words of a row with so many cells start.
    pub(super) fn start(&self, cells: usize) -> usize {
        INDENT
            + self
                .widths
                .iter()
                .take(cells)
                .map(|w| w + GAP)
                .sum::<usize>()
    }

    /// The row in as many lines as it takes, without blanks at their ends.
    pub(super) fn lines(&self, row: &Row) -> Vec<String> {
        let mut cells: Vec<Vec<String>> = row
            .cells
            .iter()
            .zip(&self.widths)
            .map(|(cell, width)| self.cell(cell, *width))
            .collect();
        let fits_in_cell = match (cells.as_slice(), row.cells.as_slice()) {
            ([_], [label]) => width(label) <= self.widths[0],
            _ => true,
        };
        let start = if fits_in_cell {
            self.start(row.cells.len())
        } else {
            cells = vec![row.cells.clone()];
            INDENT + width(&row.cells[0]) + GAP
        };
        let (beside, below) = self.place(row, start);
        let height = cells
            .iter()
            .map(Vec::len)
            .max()
            .unwrap_or(0)
            .max(beside.len())
            .max(1);
        let mut lines = Vec::new();
        for at in 0..height {
            let mut line = Line::default();
            line.put(
                2,
                if at == 0 { row.sign.mark() } else { "" },
                row.sign.style(),
            );
            for (index, cell) in cells.iter().enumerate() {
                let text = cell.get(at).map_or("", String::as_str);
                let style = match (row.sign, index) {
                    (Sign::Same, _) => DIM,
                    (_, 0 | 1) if row.is_named => NAME,
                    _ => PLAIN,
                };
                line.put(self.start(index), text, style);
            }
            let style = if row.sign == Sign::Same { DIM } else { PLAIN };
            line.put(start, beside.get(at).map_or("", String::as_str), style);
            lines.push(line.text);
        }
        lines.extend(
            below
                .iter()
                .map(|text| format!("{}{text}", " ".repeat(INDENT + GAP))),
        );
        lines
    }

    /// A list of names breaks at its commas; a name that is too long is cut.
    fn cell(&self, text: &str, columns: usize) -> Vec<String> {
        if width(text) <= columns {
            return vec![text.to_owned()];
        }
        let mut lines: Vec<String> = Vec::new();
        for part in text.split_inclusive(", ") {
            match lines.last_mut() {
                Some(line) if width(line) + width(part.trim_end()) <= columns => {
                    line.push_str(part)
                }
                _ => lines.push(part.to_owned()),
            }
        }
        lines
            .iter()
            .map(|line| self.screen.cut(line.trim_end(), columns))
            .collect()
    }

    /// The words beside the cells, or below them where they have no room.
    fn place(&self, row: &Row, start: usize) -> (Vec<String>, Vec<String>) {
        let room = self.screen.width.saturating_sub(start);
        let words = match &row.short {
            Some(short) if width(&row.words) > room => short,
            _ => &row.words,
        };
        if width(words) <= room || room >= BESIDE {
            let lines = self.screen.wrap(words, room);
            return (self.screen.first_lines(lines, self.limit, room), Vec::new());
        }
        let room = self.screen.width - INDENT - GAP;
        let lines = self.screen.wrap(words, room);
        (Vec::new(), self.screen.first_lines(lines, self.limit, room))
    }
}

fn widest_part(cell: &str) -> usize {
    cell.split_inclusive(", ")
        .map(|part| width(part.trim_end()))
        .max()
        .unwrap_or(0)
}

/// A line that texts are put on at their columns.
#[derive(Default)]
struct Line {
    text: String,
    taken: usize,
}

impl Line {
    fn put(&mut self, column: usize, text: &str, style: Style) {
        if text.is_empty() {
            return;
        }
        self.text
            .push_str(&pad("", column.saturating_sub(self.taken)));
        self.text.push_str(&paint(style, text));
        self.taken = self.taken.max(column) + width(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(sign: Sign, cells: &[&str], words: &str) -> Row {
        Row {
            sign,
            cells: cells.iter().map(ToString::to_string).collect(),
            words: words.to_owned(),
            short: None,
            is_named: true,
        }
    }

    fn shown(width: usize, rows: &[Row]) -> String {
        let screen = Screen {
            width,
            unicode: true,
        };
        let layout = Layout::new(screen, rows, 2);
        let lines: Vec<String> = rows.iter().flat_map(|r| layout.lines(r)).collect();
        anstream::adapter::strip_str(&lines.join("\n")).to_string()
    }

    #[test]
    fn cells_line_up_and_words_find_their_place() {
        let mut added = row(
            Sign::Added,
            &["location", "", "text"],
            "only in the other schema",
        );
        added.short = Some(String::new());
        let rows = [
            row(
                Sign::Grave,
                &["assigned_agent", "agent_id", "varchar(50) → uuid"],
                "lossy",
            ),
            row(
                Sign::Changed,
                &["lead_score, qualification_status", "status_bucket", "text"],
                "derived: the first of several cases whose condition holds for the row as it stands there",
            ),
            added,
            row(
                Sign::Removed,
                &["index"],
                "leads_email_idx (email) only in clara",
            ),
        ];
        assert_eq!(
            shown(76, &rows),
            "\
\x20 ! assigned_agent        agent_id       varchar(50) → uuid  lossy
  ~ lead_score,           status_bucket  text
    qualification_status
      derived: the first of several cases whose condition holds for the row
      as it stands there
  + location                             text
  - index                 leads_email_idx (email) only in clara"
        );
    }

    #[test]
    fn no_line_is_wider_than_the_screen() {
        let long = "a_name_of_sixty_three_bytes_is_the_longest_that_the_server_keeps";
        let rows = [
            row(Sign::Changed, &[long, long, long], long),
            row(Sign::Changed, &["顧客", "名前", "text"], "renamed"),
            row(
                Sign::Changed,
                &[&format!("{long}, {long}"), "", "x"],
                &long.repeat(9),
            ),
        ];
        for columns in [40, 60, 80, 100, 200] {
            let text = shown(columns, &rows);
            let widest = text.lines().map(width).max();
            assert!(widest <= Some(columns), "{columns}\n{text}");
        }
    }
}
