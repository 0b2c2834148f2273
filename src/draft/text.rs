//! The draft as a mapping file.

use super::{Columns, Draft, OpenColumn, TablePair};
use crate::schema::Ident;

/// What stands above the correspondences.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// What the pair is called.
    pub pair: &'a str,
    /// The from side's source, its path counted from the file; `None` where it must not be written.
    pub from: Option<&'a str>,
    /// The to side's source.
    pub to: Option<&'a str>,
    /// Namespaces that both sides were read with, when they were named.
    pub schemas: &'a [Ident],
    /// Folder of the migrations, counted from the file.
    pub migrations: &'a str,
    /// The first phase.
    pub phase: &'a str,
}

/// Writes the mapping file.
pub fn render(draft: &Draft, head: &Head<'_>) -> String {
    let mut text = top(head);
    tables(&mut text, draft);
    text += &render_columns(&draft.tables);
    for table in &draft.only_to {
        let Some(best) = table.candidates.first() else {
            continue;
        };
        let columns = &table.columns;
        if !columns.same.is_empty() || has_questions(columns) {
            heading(&mut text, &format!("{}, if it is {}", table.to, best.from));
            open_columns(&mut text, columns);
        }
    }
    text
}

/// What is to be said of the columns of tables that mean the same.
pub fn render_columns(pairs: &[TablePair]) -> String {
    let mut text = String::new();
    for pair in pairs {
        let columns = &pair.columns;
        let title = if pair.from == pair.to {
            pair.to.clone()
        } else {
            format!("{} -> {}", pair.from, pair.to)
        };
        if !columns.same.is_empty() || has_questions(columns) {
            heading(&mut text, &title);
            self::columns(&mut text, columns);
        }
    }
    text
}

fn top(head: &Head<'_>) -> String {
    let mut text = format!(
        "# {}: which table and column means which, and how a value changes on its way.\n\
         #\n\
         # What has one name on both sides and a type that holds every value corresponds by itself, and needs\n\
         # no line. What is `undecided` is yours to decide; `align map check` lists it:\n\
         #   - it is something of the other side: take the `#` from that line, and the `status` away;\n\
         #   - a column that only the from side has: write `keep = true`, and take the `status` away;\n\
         #   - a table that only the from side has: take the whole entry away, and it stays;\n\
         #   - only the to side has it, and a migration will bring it: take the whole entry away.\n\
         # When tables are decided, `align map init --more` asks about the columns of those that have none\n\
         # in this file yet.\n\
         \n\
         format = 1\n",
        plain(head.pair)
    );
    for (side, source) in [("from", head.from), ("to", head.to)] {
        put(&mut text, &format!("\n[{side}]\n"));
        match source {
            Some(source) => put(&mut text, &format!("source = {}\n", quoted(source))),
            None => text += "# source = \"env:NAME\"\n",
        }
        if !head.schemas.is_empty() {
            let names: Vec<String> = head.schemas.iter().map(|n| quoted(n.as_str())).collect();
            put(&mut text, &format!("schemas = [{}]\n", names.join(", ")));
        }
    }
    let migrate = format!(
        "\n[migrate]\ndir = {}\nphases = [{}]\n",
        quoted(head.migrations),
        quoted(head.phase)
    );
    text += &migrate;
    text += "\n[gate]                              # what `--gate` asks\n\
             score = 90\nblockers = 0\nunknown = 0\n";
    text
}

fn tables(text: &mut String, draft: &Draft) {
    let renamed: Vec<_> = draft.tables.iter().filter(|pair| !pair.is_plain).collect();
    if renamed.is_empty() && draft.only_to.is_empty() && draft.only_from.is_empty() {
        return;
    }
    heading(text, "Tables");
    for pair in renamed {
        let (from, to) = (quoted(&pair.from), quoted(&pair.to));
        put(text, &format!("\n[[table]]\nfrom = {from}\nto = {to}\n"));
    }
    for table in &draft.only_to {
        put(
            text,
            &format!(
                "\n[[table]]\nto = {}\nstatus = \"undecided\"\n",
                quoted(&table.to)
            ),
        );
        for candidate in &table.candidates {
            let about = format!("{} of {} columns alike", candidate.alike, table.count);
            offered(text, "from", &candidate.from, &about);
        }
    }
    for table in &draft.only_from {
        let table = quoted(table);
        put(
            text,
            &format!("\n[[table]]\nfrom = {table}\nstatus = \"undecided\"\n"),
        );
    }
}

fn columns(text: &mut String, columns: &Columns) {
    for (from, to) in &columns.same {
        let (from, to) = (quoted(from), quoted(to));
        put(text, &format!("\n[[column]]\nfrom = {from}\nto = {to}\n"));
    }
    questions(text, columns);
}

/// Of tables that are no pair yet: even what has one name is a question.
fn open_columns(text: &mut String, columns: &Columns) {
    for (from, to) in &columns.same {
        let open = OpenColumn {
            to: to.clone(),
            about: String::new(),
            candidates: vec![(from.clone(), "the same name".to_owned())],
        };
        question(text, &open);
    }
    questions(text, columns);
}

fn has_questions(columns: &Columns) -> bool {
    !columns.only_to.is_empty() || !columns.only_from.is_empty()
}

fn questions(text: &mut String, columns: &Columns) {
    for column in &columns.only_to {
        question(text, column);
    }
    for (from, about) in &columns.only_from {
        let from = quoted(from);
        let about = plain(about);
        put(
            text,
            &format!("\n[[column]]  # {about}\nfrom = {from}\nstatus = \"undecided\"\n"),
        );
    }
}

fn question(text: &mut String, column: &OpenColumn) {
    let about = match column.about.as_str() {
        "" => String::new(),
        about => format!("  # {}", plain(about)),
    };
    let to = quoted(&column.to);
    put(
        text,
        &format!("\n[[column]]{about}\nto = {to}\nstatus = \"undecided\"\n"),
    );
    for (from, about) in &column.candidates {
        offered(text, "from", from, about);
    }
}

/// An answer that only needs its `#` taken away.
fn offered(text: &mut String, key: &str, name: &str, about: &str) {
    let line = format!("# {key} = {}", quoted(name));
    put(text, &format!("{line:<40}  # {}\n", plain(about)));
}

fn heading(text: &mut String, title: &str) {
    let title = plain(title);
    put(text, &format!("\n\n# ---- {title} ----\n"));
}

fn put(text: &mut String, part: &str) {
    text.push_str(part);
}

/// A TOML string; one in single quotes where the name itself is quoted, which reads better.
fn quoted(text: &str) -> String {
    if text.contains(['"', '\\']) && !text.contains(|c: char| c == '\'' || c.is_control()) {
        return format!("'{text}'");
    }
    let mut out = String::from("\"");
    for sign in text.chars() {
        match sign {
            '"' => out += "\\\"",
            '\\' => out += "\\\\",
            sign if sign.is_control() => {
                put(&mut out, &format!("\\u{:04X}", u32::from(sign)));
            }
            sign => out.push(sign),
        }
    }
    out.push('"');
    out
}

/// For a comment, which a line end would leave.
fn plain(text: &str) -> String {
    let signs = text.chars();
    signs
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}
