//! Findings as `JUnit` XML: a suite for each group, a case for each check.

use std::fmt::Write;

use super::findings::{Check, Finding, Findings, Outcome};
use super::markup;

/// Findings that are told of one failure; the rest is counted.
const TOLD: usize = 50;

/// The whole document.
pub(crate) fn render(findings: &Findings) -> String {
    let mut groups: Vec<(&str, Vec<&Check>)> = Vec::new();
    for check in &findings.checks {
        match groups.iter_mut().find(|(group, _)| *group == check.group) {
            Some((_, checks)) => checks.push(check),
            None => groups.push((&check.group, vec![check])),
        }
    }
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let all: Vec<&Check> = findings.checks.iter().collect();
    let name = format!("align {}: {}", findings.command, findings.subject);
    let (tests, failures) = (all.len(), failures(&all));
    line(
        &mut xml,
        format_args!(
            "<testsuites name=\"{}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" time=\"{}\">",
            markup::text(&name),
            seconds(&all)
        ),
    );
    for (group, checks) in groups {
        suite(&mut xml, findings, group, &checks);
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn suite(xml: &mut String, findings: &Findings, group: &str, checks: &[&Check]) {
    let skipped = checks
        .iter()
        .filter(|check| matches!(check.outcome, Outcome::Skipped(_)))
        .count();
    line(
        xml,
        format_args!(
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{skipped}\" time=\"{}\">",
            markup::text(group),
            checks.len(),
            failures(checks),
            seconds(checks)
        ),
    );
    if !findings.terms.is_empty() {
        line(xml, format_args!("    <properties>"));
        for (name, value) in &findings.terms {
            let (name, value) = (markup::text(name), markup::text(value));
            line(
                xml,
                format_args!("      <property name=\"{name}\" value=\"{value}\"/>"),
            );
        }
        line(xml, format_args!("    </properties>"));
    }
    for check in checks {
        let head = format!(
            "    <testcase classname=\"{}\" name=\"{}\" time=\"{}\"",
            markup::text(&format!("align.{}.{group}", findings.command)),
            markup::text(&check.name),
            seconds(&[check])
        );
        match &check.outcome {
            Outcome::Passed if check.findings.is_empty() => line(xml, format_args!("{head}/>")),
            Outcome::Passed => {
                let told: Vec<&Finding> = check.findings.iter().collect();
                line(
                    xml,
                    format_args!(
                        "{head}>\n      <system-out>{}</system-out>\n    </testcase>",
                        body(&told)
                    ),
                );
            }
            Outcome::Skipped(why) => line(
                xml,
                format_args!(
                    "{head}>\n      <skipped>{}</skipped>\n    </testcase>",
                    markup::text(why)
                ),
            ),
            Outcome::Failed => {
                line(xml, format_args!("{head}>"));
                failure(xml, check);
                line(xml, format_args!("    </testcase>"));
            }
        }
    }
    line(xml, format_args!("  </testsuite>"));
}

fn failure(xml: &mut String, check: &Check) {
    let mut told: Vec<&Finding> = check.findings.iter().collect();
    told.sort_by_key(|finding| finding.level);
    let first = told.first();
    let message = first.map_or_else(|| "does not hold".to_owned(), |found| found.sentence());
    let rule = first.map_or("failed", |found| found.rule.as_str());
    line(
        xml,
        format_args!(
            "      <failure message=\"{}\" type=\"{}\">{}</failure>",
            markup::text(&message),
            markup::text(rule),
            body(&told)
        ),
    );
}

fn body(told: &[&Finding]) -> String {
    let mut body: Vec<String> = told.iter().take(TOLD).map(|found| told_of(found)).collect();
    if told.len() > TOLD {
        body.push(format!("and {} more", told.len() - TOLD));
    }
    body.join("\n")
}

fn told_of(finding: &Finding) -> String {
    let mut text = format!("{}: {}", finding.rule, finding.sentence());
    for spot in &finding.spots {
        let place = match spot.line {
            Some(line) => format!("{}:{line}", spot.file),
            None => spot.file.clone(),
        };
        text = format!("{text} ({place})");
    }
    markup::text(&text)
}

fn failures(checks: &[&Check]) -> usize {
    let failed = checks
        .iter()
        .filter(|check| check.outcome == Outcome::Failed);
    failed.count()
}

fn seconds(checks: &[&Check]) -> String {
    let took = checks.iter().filter_map(|check| check.took);
    let took = took.fold(0_u64, u64::saturating_add);
    format!("{}.{:03}", took / 1000, took % 1000)
}

fn line(xml: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(xml, "{line}").expect("a String takes everything");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::findings::tests::awkward;

    #[test]
    fn a_suite_for_each_group_and_a_case_for_each_check() {
        insta::assert_snapshot!(render(&awkward()), @r##"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="align diff: a → b" tests="4" failures="1" errors="0" time="1.500">
          <testsuite name="tables" tests="2" failures="1" errors="0" skipped="0" time="0.000">
            <properties>
              <property name="sample" value="a &lt;few&gt;"/>
            </properties>
            <testcase classname="align.diff.tables" name="t" time="0.000">
              <system-out>index.extra: t: only here
        column.lossy: t.c: may lose values</system-out>
            </testcase>
            <testcase classname="align.diff.tables" name="a,b:c%" time="0.000">
              <failure message="a,b:c%: &lt;x&gt; &amp; &quot;y&quot;\n::error::]]&gt; [z](http://q) \u{1b}[31m" type="domain.rejected">domain.rejected: a,b:c%: &lt;x&gt; &amp; &quot;y&quot;\n::error::]]&gt; [z](http://q) \u{1b}[31m (./a folder/50%,x:y.sql:7) (/root.ts)</failure>
            </testcase>
          </testsuite>
          <testsuite name="other" tests="2" failures="0" errors="0" skipped="1" time="1.500">
            <properties>
              <property name="sample" value="a &lt;few&gt;"/>
            </properties>
            <testcase classname="align.diff.other" name="quick &amp; easy" time="1.500"/>
            <testcase classname="align.diff.other" name="left out" time="0.000">
              <skipped>no &lt;role&gt;</skipped>
            </testcase>
          </testsuite>
        </testsuites>
        "##);
    }
}
