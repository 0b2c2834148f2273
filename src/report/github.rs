//! Findings as workflow commands of GitHub, which shows them beside the lines of a pull request.

use std::fmt::Write;

use super::findings::{Findings, Level, Outcome};
use super::screen::visible;

/// Annotations that are written; GitHub shows fewer, and stores no more.
const WRITTEN: usize = 50;

/// A line each, the worst first, and one that sums up. What merely differs is not worth an annotation.
pub(crate) fn render(findings: &Findings) -> String {
    let mut text = String::new();
    let mut line = |line: String| {
        writeln!(text, "{line}").expect("a String takes everything");
    };
    let told: Vec<_> = findings
        .by_level()
        .into_iter()
        .filter(|(_, finding)| finding.level < Level::Note)
        .collect();
    for (_, finding) in told.iter().take(WRITTEN) {
        let word = match finding.level {
            Level::Error => "error",
            Level::Warning | Level::Note => "warning",
        };
        let mut properties = Vec::new();
        let whole = findings.file.as_deref().map(|file| (file, None, None));
        let spot = finding.spots.first();
        let spot = spot.map(|spot| (spot.file.as_str(), spot.line, spot.column));
        if let Some((file, line, column)) = spot.or(whole) {
            properties.push(format!("file={}", property(file)));
            properties.extend(line.map(|line| format!("line={line}")));
            properties.extend(column.map(|column| format!("col={column}")));
        }
        let title = format!("align {}: {}", findings.command, finding.rule);
        properties.push(format!("title={}", property(&title)));
        let message = data(&finding.sentence());
        line(format!("::{word} {}::{message}", properties.join(",")));
    }
    let failed = findings.count(|outcome| *outcome == Outcome::Failed);
    let mut sum = format!("{failed} of {} checks fail", findings.checks.len());
    if told.len() > WRITTEN {
        sum = format!("{sum}; {} findings are left out here", told.len() - WRITTEN);
    }
    let title = property(&format!("align {}: {}", findings.command, findings.subject));
    line(format!("::notice title={title}::{}", data(&sum)));
    text
}

/// What stands behind the second `::`.
fn data(text: &str) -> String {
    visible(text).replace('%', "%25")
}

/// What stands behind a `=`.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::findings::tests::awkward;
    use crate::report::findings::{Check, Finding};

    #[test]
    fn a_line_each_and_no_name_begins_another() {
        insta::assert_snapshot!(render(&awkward()), @r##"
        ::error file=./a folder/50%25%2Cx%3Ay.sql,line=7,col=3,title=align diff%3A domain.rejected::a,b:c%25: <x> & "y"\n::error::]]> [z](http://q) \u{1b}[31m
        ::warning file=mapping.toml,title=align diff%3A column.lossy::t.c: may lose values
        ::notice title=align diff%3A a → b::1 of 4 checks fail
        "##);
    }

    #[test]
    fn what_is_left_out_is_counted() {
        let mut findings = awkward();
        let one = Finding::new("gate", Level::Error, "", "no");
        findings.checks = vec![Check::of("gate", "gate", vec![one; 60])];
        let text = render(&findings);
        assert_eq!(text.lines().count(), 51);
        assert!(
            text.contains("1 of 1 checks fail; 10 findings are left out here"),
            "{text}"
        );
    }
}
