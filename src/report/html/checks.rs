//! A page of checks: a block a group, opened where one fails.

use super::{Frame, code, prose, text};
use crate::report::findings::{Check, Findings, Outcome};
use crate::report::standing::count;

/// Findings of one check before the rest is only counted.
const SHOWN: usize = 50;

/// The whole page; `before` stands above the checks, as HTML.
pub(crate) fn page(findings: &Findings, again: &str, before: &[String]) -> String {
    let title = format!("align {}", findings.command);
    let about = match &findings.file {
        Some(file) => format!(
            "<p class=\"about\">{}, mapped by {}.</p>",
            code(&findings.subject),
            code(file)
        ),
        None => format!("<p class=\"about\">{}.</p>", code(&findings.subject)),
    };
    let frame = Frame {
        title: &title,
        about: &about,
        again,
    };
    let sections = [before, &[sum(findings)], &groups(findings)].concat();
    frame.around(&sections)
}

fn sum(findings: &Findings) -> String {
    let passed = findings.count(|outcome| *outcome == Outcome::Passed);
    let failed = findings.count(|outcome| *outcome == Outcome::Failed);
    let skipped = findings.count(|outcome| matches!(outcome, Outcome::Skipped(_)));
    let all = count(findings.checks.len(), "check", "checks");
    let class = if failed > 0 { "no" } else { "yes" };
    let mut words = format!("{passed} of {all} pass");
    for (n, word) in [(failed, "fail"), (skipped, "skipped")] {
        if n > 0 {
            words = format!("{words}, {n} {word}");
        }
    }
    format!("<p class=\"{class}\">{words}.</p>")
}

fn groups(findings: &Findings) -> Vec<String> {
    let mut groups: Vec<(&str, Vec<&Check>)> = Vec::new();
    for check in &findings.checks {
        match groups.iter_mut().find(|(group, _)| *group == check.group) {
            Some((_, checks)) => checks.push(check),
            None => groups.push((&check.group, vec![check])),
        }
    }
    groups
        .iter()
        .map(|(group, checks)| {
            let failed = checks
                .iter()
                .filter(|check| check.outcome == Outcome::Failed)
                .count();
            let open = if failed > 0 { " open" } else { "" };
            let (sign, class) = if failed > 0 { ("✗", "bad") } else { ("✓", "good") };
            let failing = if failed > 0 {
                format!(", {failed} fail")
            } else {
                String::new()
            };
            let lines: String = checks.iter().map(|check| line(check)).collect();
            format!(
                "<details{open}>\n<summary><span class=\"sign {class}\" aria-hidden=\"true\">{sign}</span> {} \
                 <span class=\"dim\">{}{failing}</span></summary>\n<ul class=\"checks\">\n{lines}</ul>\n</details>",
                text(group),
                count(checks.len(), "check", "checks"),
            )
        })
        .collect()
}

fn line(check: &Check) -> String {
    let (sign, class, word) = match &check.outcome {
        Outcome::Passed => ("✓", "good", String::new()),
        Outcome::Failed => ("✗", "bad", " <span class=\"bad\">fails</span>".to_owned()),
        Outcome::Skipped(why) => (
            "-",
            "dim",
            format!(" <span class=\"dim\">skipped: {}</span>", prose(why)),
        ),
    };
    let mut said: Vec<String> = check.said.iter().map(|said| text(said)).collect();
    said.extend(
        check
            .took
            .filter(|took| *took > 0)
            .map(|took| format!("{took} ms")),
    );
    let said = if said.is_empty() {
        String::new()
    } else {
        format!(" <span class=\"dim\">{}</span>", said.join(", "))
    };
    let mut findings: Vec<String> = check
        .findings
        .iter()
        .take(SHOWN)
        .map(|finding| {
            let place = finding.spots.first().map_or(String::new(), |spot| {
                let place = match spot.line {
                    Some(line) => format!("{}:{line}", spot.file),
                    None => spot.file.clone(),
                };
                format!(" <span class=\"dim\">{}</span>", text(&place))
            });
            let sql = finding.sql.as_ref().map_or(String::new(), |sql| {
                format!("<pre><code>{}</code></pre>", text(sql).replace("\\n", "\n"))
            });
            let object = if finding.object.is_empty() || finding.object == check.name {
                String::new()
            } else {
                format!("{}: ", code(&finding.object))
            };
            format!("{object}{}{place}{sql}", prose(&finding.message))
        })
        .collect();
    let more = check.findings.len().saturating_sub(SHOWN);
    if more > 0 {
        findings.push(format!("and {more} more"));
    }
    let is_short = |text: &&String| !text.contains("<pre>");
    let findings = match findings.as_slice() {
        [] => String::new(),
        [one] if is_short(&one) => format!(": {one}"),
        all => format!("\n{}\n", super::list(all)),
    };
    format!(
        "<li><span class=\"sign {class}\" aria-hidden=\"true\">{sign}</span> {}{word}{said}{findings}</li>\n",
        prose(&check.name)
    )
}
