//! Reports as one HTML file: no script, nothing from outside, light and dark as the reader's system is,
//! and readable on a phone and on paper.

mod checks;
mod drawing;
mod fields;
mod score;

use super::Report;
use super::markup::text;
use super::standing::{count, is_missing, select_words};
use crate::diff::{Blocker, BlockerKind, State};

pub(crate) use checks::page as checks;
pub(crate) use score::bar;

const STYLE: &str = include_str!("style.css");

/// What frames every page.
pub(crate) struct Frame<'a> {
    /// Plain text.
    pub(crate) title: &'a str,
    /// What was looked at; HTML.
    pub(crate) about: &'a str,
    /// The command that makes the page again.
    pub(crate) again: &'a str,
}

impl Frame<'_> {
    /// The page, with a line end.
    pub(crate) fn around(&self, sections: &[String]) -> String {
        let body: Vec<&str> = sections
            .iter()
            .map(String::as_str)
            .filter(|section| !section.is_empty())
            .collect();
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
             <style>\n{STYLE}</style>\n</head>\n<body>\n<header>\n<h1>{title}</h1>\n{about}\n</header>\n\
             <main>\n{body}\n</main>\n<footer>\n<p>Made by align {version}. Again:</p>\n\
             <pre><code>{again}</code></pre>\n</footer>\n</body>\n</html>\n",
            title = text(self.title),
            about = self.about,
            body = body.join("\n"),
            version = env!("CARGO_PKG_VERSION"),
            again = text(self.again),
        )
    }
}

/// The page of `align diff`.
pub(super) fn diff(report: &Report<'_>) -> String {
    let by = match report.map {
        Some(map) => format!("mapped by {}", code(map)),
        None => "compared by name alone".to_owned(),
    };
    let side = |side: super::Labelled<'_>| {
        if side.name == side.source {
            code(side.name)
        } else {
            format!("{} ({})", text(side.name), code(side.source))
        }
    };
    let about = format!(
        "<p class=\"about\">From {} to {}, {by}.</p>",
        side(report.from),
        side(report.to)
    );
    let title = format!("{} → {}", report.from.name, report.to.name);
    let frame = Frame {
        title: &title,
        about: &about,
        again: report.again,
    };
    frame.around(&comparison(report))
}

/// The sections of a comparison, for pages that hold more than one.
pub(crate) fn comparison(report: &Report<'_>) -> Vec<String> {
    vec![
        score::overall(report),
        score::categories(report),
        blockers(report),
        drawing::section(report),
        fields::section(report),
        fields::elsewhere(report),
        stale(report),
        queries(report),
        not_compared(report),
    ]
}

/// A name.
pub(crate) fn code(name: &str) -> String {
    format!("<code>{}</code>", text(name))
}

/// A sentence; what stands between backticks is a name.
pub(crate) fn prose(sentence: &str) -> String {
    let parts: Vec<&str> = sentence.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return text(sentence);
    }
    let shown = parts.iter().enumerate().map(|(at, part)| match at % 2 {
        0 => text(part),
        _ => code(part),
    });
    shown.collect()
}

pub(crate) fn list(entries: &[String]) -> String {
    let entries: String = entries
        .iter()
        .map(|entry| format!("<li>{entry}</li>\n"))
        .collect();
    format!("<ul>\n{entries}</ul>")
}

fn blockers(report: &Report<'_>) -> String {
    let comparison = report.comparison;
    if comparison.blockers.is_empty() {
        return String::new();
    }
    let link = |blocker: &Blocker| {
        let name = match blocker.column.as_str() {
            "" => code(&blocker.table),
            column => code(&format!("{}.{column}", blocker.table)),
        };
        match comparison
            .tables
            .iter()
            .position(|t| t.name == blocker.table)
        {
            Some(at) => format!("<a href=\"#{}\">{name}</a>", fields::anchor(at)),
            None => name,
        }
    };
    let (missing, named): (Vec<&Blocker>, Vec<&Blocker>) = comparison
        .blockers
        .iter()
        .partition(|blocker| blocker.kind == BlockerKind::TableMissing);
    let mut entries = Vec::new();
    if !missing.is_empty() {
        let names: Vec<String> = missing.iter().map(|blocker| link(blocker)).collect();
        let tables = count(missing.len(), "table is", "tables are");
        entries.push(format!("{tables} missing whole: {}", names.join(", ")));
    }
    entries.extend(named.into_iter().map(|blocker| {
        let message = prose(&report.named(&blocker.message));
        format!("{}: {message}", link(blocker))
    }));
    format!(
        "<section class=\"blocks\">\n<h2>{}</h2>\n{}\n</section>",
        count(comparison.blockers.len(), "blocker", "blockers"),
        list(&entries)
    )
}

fn stale(report: &Report<'_>) -> String {
    let states = report.comparison.correspondences.iter();
    let entries: Vec<String> = states
        .filter_map(|state| match &state.state {
            State::Stale { missing, .. } => Some(format!(
                "{} → {}, line {} of the mapping: {}",
                code(&state.from),
                code(&state.to),
                state.at.line,
                prose(&report.named(missing))
            )),
            State::Open | State::Applied | State::Idle => None,
        })
        .collect();
    folded(
        "list",
        &count(
            entries.len(),
            "correspondence no longer fits",
            "correspondences no longer fit",
        ),
        &entries,
        true,
    )
}

fn queries(report: &Report<'_>) -> String {
    let selects = &report.comparison.selects;
    let mut is_open = false;
    let open: Vec<String> = selects
        .iter()
        .filter(|select| select.problems().next().is_some())
        .map(|select| {
            let known = match &select.known_failure {
                Some(why) => format!(" (known to fail: {})", prose(why)),
                None => {
                    is_open = true;
                    String::new()
                }
            };
            format!(
                "{} of {}: {}{known}",
                code(&select.select),
                code(&select.table),
                prose(&select_words(select))
            )
        })
        .collect();
    let all = count(selects.len(), "query", "queries");
    let title = format!(
        "{} of {all} of the application answered",
        selects.len() - open.len()
    );
    folded("list", &title, &open, is_open)
}

fn not_compared(report: &Report<'_>) -> String {
    let comparison = report.comparison;
    let mut entries: Vec<String> = comparison
        .unknowns
        .iter()
        .map(|unknown| {
            let message = prose(&unknown.message);
            match unknown.place().as_str() {
                "" => message,
                place => format!("{}: {message}", code(place)),
            }
        })
        .collect();
    entries.extend(comparison.unmodelled.iter().map(|seen| {
        let side = match seen.side {
            "from" => report.from.name,
            _ => report.to.name,
        };
        let end = if seen.unreadable {
            "could not be read"
        } else {
            "is not part of the comparison"
        };
        let place = match &seen.sighting.place {
            Some(place) => format!(", {}", code(&place.to_string())),
            None => String::new(),
        };
        let name = match seen.sighting.name.as_str() {
            "" => String::new(),
            name => format!(" {}", code(name)),
        };
        format!(
            "{}: {}{name}{place} {end}",
            text(side),
            text(&seen.sighting.what)
        )
    }));
    let facts = count(entries.len(), "fact was", "facts were");
    folded("list", &format!("{facts} not compared"), &entries, false)
}

/// A list that is opened where it matters; nothing where it is empty.
fn folded(class: &str, title: &str, entries: &[String], is_open: bool) -> String {
    if entries.is_empty() {
        return String::new();
    }
    let open = if is_open { " open" } else { "" };
    format!(
        "<details{open}>\n<summary>{}</summary>\n<div class=\"{class}\">\n{}\n</div>\n</details>",
        text(title),
        list(entries)
    )
}

/// Tables that only the to side has, of all of that side.
fn missing_tables(report: &Report<'_>) -> usize {
    let tables = report.comparison.tables.iter();
    tables.filter(|table| is_missing(table)).count()
}

#[cfg(test)]
mod tests;
