//! What a rehearsal comes to, for the formats that other tools read: the road, then the comparison at
//! its end.

use super::super::args::CheckFormat;
use super::super::migrate::time;
use super::page::{Page, Standing};
use crate::mapping::Mapping;
use crate::report::findings::{Check, Finding, Findings, Level, checks_of_comparison};
use crate::report::html::{self, Frame, bar, code};
use crate::report::{Labelled, Places, Report, github, junit, markup, sarif};

/// What a page needs beside the rehearsal itself.
pub(super) struct About<'a> {
    pub(super) mapping: &'a Mapping,
    pub(super) label: &'a str,
    /// The mapping's file, where it has one.
    pub(super) file: Option<&'a str>,
    pub(super) again: &'a str,
}

/// The answer, in a format that is neither text nor JSON.
pub(super) fn render(page: &Page<'_>, about: &About<'_>, format: CheckFormat) -> Option<String> {
    match format {
        CheckFormat::Text | CheckFormat::Json => None,
        CheckFormat::Html => Some(written(page, about)),
        CheckFormat::Junit => Some(junit::render(&findings(page, about))),
        CheckFormat::Sarif => Some(sarif::render(&findings(page, about))),
        CheckFormat::Github => Some(github::render(&findings(page, about))),
    }
}

/// The comparison at the end of the road. The from side was changed on the way, so its files say
/// nothing of it any more.
fn report<'a>(page: &'a Page<'_>, about: &About<'a>, last: &'a Standing) -> Report<'a> {
    Report {
        comparison: &last.comparison,
        score: &last.score,
        verdict: &last.verdict,
        mapping: about.mapping,
        from: Labelled {
            name: &page.from.name,
            source: &page.from.source,
        },
        to: Labelled {
            name: &page.to.name,
            source: &page.to.source,
        },
        map: Some(about.label),
        known: None,
        places: Places {
            from: None,
            to: Some(&page.to.schema.places),
            mapping: about.file,
        },
        again: about.again,
        options: page.ui.options(),
    }
}

fn findings(page: &Page<'_>, about: &About<'_>) -> Findings {
    let mut checks: Vec<Check> = page.standings.iter().map(phase).collect();
    if let Some(last) = page.standings.last() {
        checks.extend(checks_of_comparison(&report(page, about, last)));
    }
    Findings {
        command: "rehearse",
        subject: format!("{} → {}", page.from.name, page.to.name),
        file: about.file.map(str::to_owned),
        terms: Vec::new(),
        checks,
    }
}

/// That a phase ran; what it left behind is worth a look.
fn phase(standing: &Standing) -> Check {
    let left = standing.done.quarantined.iter();
    let left = left.map(|(table, rows)| {
        let message = format!("{rows} rows went to align.quarantine");
        Finding::new("rehearse.quarantined", Level::Warning, table, message)
    });
    let mut check = Check::of("phases", standing.name.clone(), left.collect());
    check.took = Some(u64::try_from(standing.done.took.as_millis()).unwrap_or(u64::MAX));
    let blockers = standing.comparison.blockers.len();
    check.said = Some(format!(
        "score {}, {blockers} blockers",
        standing.score.printed()
    ));
    check
}

fn written(page: &Page<'_>, about: &About<'_>) -> String {
    let title = format!("{} → {}, rehearsed", page.from.name, page.to.name);
    let words = format!(
        "<p class=\"about\">From {} to {}, mapped by {}, profile {}. Every phase ran on a throw-away server.</p>",
        code(&page.from.source),
        code(&page.to.source),
        code(about.label),
        page.profile.word()
    );
    let mut sections = vec![road(page), cost(page)];
    if let Some(last) = page.standings.last() {
        sections.push("<h2>At the end of the road</h2>".to_owned());
        sections.extend(html::comparison(&report(page, about, last)));
    }
    let frame = Frame {
        title: &title,
        about: &words,
        again: about.again,
    };
    frame.around(&sections)
}

/// How far the schema to arrive at still is, after each phase.
fn road(page: &Page<'_>) -> String {
    let rows = page.standings.iter().map(|standing| {
        let printed = standing.score.printed();
        let label = format!("{printed} of 100");
        let threshold = standing.verdict.threshold;
        let permille = standing.score.permille().unwrap_or(0);
        let tables = standing.score.coverage.tables;
        let queries = standing.queries();
        vec![
            markup::text(&standing.name),
            bar(permille, Some(threshold), &label),
            printed,
            standing.comparison.blockers.len().to_string(),
            format!("{} / {}", tables.matched, tables.total),
            format!("{} / {}", queries.answered, queries.all),
        ]
    });
    let heads = ["", "Share", "Score", "Blockers", "Tables", "Queries"];
    format!(
        "<section>\n<h2>The road</h2>\n{}\n</section>",
        table("road", &heads, &rows.collect::<Vec<_>>())
    )
}

/// What each phase costs.
fn cost(page: &Page<'_>) -> String {
    let phases = page.standings.get(1..).unwrap_or_default();
    if phases.is_empty() {
        return String::new();
    }
    let rows = phases.iter().map(|standing| {
        let done = &standing.done;
        let rewrites: usize = done.watched.iter().map(|step| step.rewrites.len()).sum();
        let aside: i64 = done.quarantined.iter().map(|(_, rows)| rows).sum();
        let hazards: Vec<String> = done.hazards.iter().map(|word| code(word)).collect();
        vec![
            markup::text(&standing.name),
            hazards.join(", "),
            done.steps.to_string(),
            time(done.took),
            rewrites.to_string(),
            aside.to_string(),
        ]
    });
    let heads = ["", "Hazards", "Steps", "Time", "Rewrites", "Quarantined"];
    format!(
        "<section>\n<h2>What it costs</h2>\n{}\n</section>",
        table("road", &heads, &rows.collect::<Vec<_>>())
    )
}

/// The first column names the row, the second is wide, the others are numbers.
fn table(class: &str, heads: &[&str], rows: &[Vec<String>]) -> String {
    let kind = |at: usize| match at {
        0 => "",
        1 => " class=\"wide\"",
        _ => " class=\"n\"",
    };
    let head: String = heads
        .iter()
        .enumerate()
        .map(|(at, head)| match at {
            0 => "<td></td>".to_owned(),
            at => format!("<th scope=\"col\"{}>{head}</th>", kind(at)),
        })
        .collect();
    let body: String = rows
        .iter()
        .map(|row| {
            let cells = row.iter().zip(heads).enumerate();
            let cells = cells.map(|(at, (cell, head))| match at {
                0 => format!("<th scope=\"row\">{cell}</th>"),
                at => format!("<td{} data-head=\"{head}\">{cell}</td>", kind(at)),
            });
            format!("<tr>{}</tr>\n", cells.collect::<String>())
        })
        .collect();
    format!(
        "<table class=\"{class}\">\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>"
    )
}
